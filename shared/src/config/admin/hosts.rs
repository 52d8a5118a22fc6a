//! A site has one host, or two where the administration has its own. Each is an origin of its own: which of them a request
//! was sent to says whose pages may act by it, and where its links lead.

use crate::config::{Config, Origin};

impl Config {
    /// Whether `host`, as [`crate::Request`] has it, is the administration's own.
    pub fn is_admin_host(&self, host: &str) -> bool {
        self.admin.url.as_ref().is_some_and(|admin| admin.authority() == host)
    }

    /// The origin of `host`: the administration's or, for every other host and an unknown one, the site's.
    pub fn origin_at(&self, host: &str) -> &Origin {
        self.admin.url.as_ref().filter(|_| self.is_admin_host(host)).unwrap_or(&self.public_url)
    }

    /// Whether pages of `origin` are those of `host`.
    pub(crate) fn is_own(&self, host: &str, origin: &Origin) -> bool {
        self.is_admin_host(host) == self.is_admin_origin(origin) && self.origin_at(host).same_site_as(origin)
    }

    /// Whether pages of `origin` are trusted at `host` though they are another's. The administration trusts none, and is
    /// trusted by none, whatever a star covers.
    pub(crate) fn trusts(&self, host: &str, origin: &Origin) -> bool {
        let apart = self.is_admin_host(host) || self.is_admin_origin(origin);
        !apart && self.csrf_trusted_origins.contains(origin)
    }

    fn is_admin_origin(&self, origin: &Origin) -> bool {
        self.admin.url.as_ref() == Some(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TrustedOrigins;

    fn config(public: &str, admin: Option<&str>) -> Config {
        let mut config = Config::sample();
        config.public_url = Origin::parse(public).unwrap();
        config.admin.url = admin.and_then(Origin::parse);
        config
    }

    #[test]
    fn each_host_has_its_own_pages() {
        let apart = config("https://example.com", Some("https://admin.example.com"));
        let local = config("http://localhost:8000", Some("http://admin.localhost:8000"));
        let one = config("http://localhost:8000", None);
        for (config, host, origin, expected) in [
            (&apart, "example.com", "https://example.com", true),
            (&apart, "example.com", "https://admin.example.com", false),
            (&apart, "admin.example.com", "https://admin.example.com", true),
            (&apart, "admin.example.com", "https://example.com", false),
            (&apart, "admin.example.com", "http://admin.example.com", false),
            (&apart, "admin.example.com", "https://admin.example.com:8443", false),
            (&apart, "admin.example.com:8443", "https://admin.example.com", false),
            // An unknown host is the site's.
            (&apart, "", "https://example.com", true),
            (&apart, "", "https://admin.example.com", false),
            (&apart, "evil.example", "https://evil.example", false),
            (&local, "localhost:8000", "http://127.0.0.1:8000", true),
            (&local, "127.0.0.1:8000", "http://localhost:8000", true),
            (&local, "localhost:8000", "http://admin.localhost:8000", false),
            (&local, "admin.localhost:8000", "http://admin.localhost:8000", true),
            (&local, "admin.localhost:8000", "http://localhost:8000", false),
            (&local, "admin.localhost:8000", "http://127.0.0.1:8000", false),
            (&one, "admin.localhost:8000", "http://admin.localhost:8000", true),
        ] {
            assert_eq!(config.is_own(host, &Origin::parse(origin).unwrap()), expected, "{host} {origin}");
        }
        assert_eq!(apart.origin_at("admin.example.com").as_str(), "https://admin.example.com");
        assert_eq!(apart.origin_at("evil.example").as_str(), "https://example.com");
    }

    #[test]
    fn a_star_brings_the_two_together_no_more_than_a_name() {
        let mut config = config("https://www.example.com", Some("https://admin.example.com"));
        for trusted in
            ["https://*.example.com", "https://admin.example.com, https://www.example.com, https://app.example.com"]
        {
            config.csrf_trusted_origins = TrustedOrigins::parse(trusted).unwrap();
            for (host, origin, expected) in [
                ("www.example.com", "https://app.example.com", true),
                ("www.example.com", "https://admin.example.com", false),
                ("admin.example.com", "https://app.example.com", false),
                ("admin.example.com", "https://www.example.com", false),
            ] {
                assert_eq!(config.trusts(host, &Origin::parse(origin).unwrap()), expected, "{trusted} {host} {origin}");
            }
        }
    }
}
