//! `CSRF_TRUSTED_ORIGINS`: other origins whose pages may send unsafe requests, by name or with all their subdomains.

use url::Host;

use super::values::{Origin, items};

/// The origins that are trusted beside the site's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedOrigins(Vec<Trusted>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Trusted {
    /// `https://app.example.com`
    Exactly(Origin),
    /// `https://*.example.com`: scheme, what the host ends with (`.example.com`), port.
    Under { scheme: String, suffix: String, port: Option<u16> },
}

impl TrustedOrigins {
    /// What the setting accepts, for whoever wrote it wrongly.
    pub(super) const ACCEPTS: &'static str = "origins with their scheme, comma-separated: https://app.example.com, or \
         https://*.example.com for all its subdomains; a star nowhere else, and not before a single label";

    /// Parses the setting.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        items(text).map(Trusted::parse).collect::<Option<_>>().map(Self)
    }

    /// Whether `origin` is one of them.
    pub fn contains(&self, origin: &Origin) -> bool {
        self.0.iter().any(|trusted| trusted.is(origin))
    }
}

impl Trusted {
    fn parse(text: &str) -> Option<Self> {
        let Some((scheme, domain)) = text.split_once("://*.") else {
            return Origin::parse(text).filter(|_| !text.contains('*')).map(Self::Exactly);
        };
        if domain.contains('*') {
            return None;
        }
        let origin = Origin::parse(&format!("{scheme}://{domain}"))?;
        let Some(Host::Domain(name)) = origin.url().host() else { return None };
        // A star before a single label trusts everybody who can register a name there.
        let is_narrow = name == "localhost" || name.trim_matches('.').contains('.');
        is_narrow.then(|| Self::Under {
            scheme: origin.url().scheme().to_owned(),
            suffix: format!(".{name}"),
            port: origin.url().port_or_known_default(),
        })
    }

    fn is(&self, origin: &Origin) -> bool {
        match self {
            Self::Exactly(trusted) => trusted == origin,
            Self::Under { scheme, suffix, port } => {
                let url = origin.url();
                let Some(Host::Domain(name)) = url.host() else { return false };
                url.scheme() == scheme
                    && url.port_or_known_default() == *port
                    && name.strip_suffix(suffix.as_str()).is_some_and(|below| !below.is_empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_labels_in_front_and_for_nothing_else() {
        let trusts = |setting: &str, origin: &str| {
            TrustedOrigins::parse(setting).unwrap().contains(&Origin::parse(origin).unwrap())
        };
        for (setting, origin, expected) in [
            ("https://app.example.com", "https://app.example.com", true),
            ("https://app.example.com/", "https://APP.example.com:443", true),
            ("https://app.example.com", "https://a.app.example.com", false),
            ("https://*.example.com", "https://app.example.com", true),
            ("https://*.example.com", "https://a.b.c.example.com", true),
            ("https://*.example.com:443", "https://app.example.com", true),
            ("https://*.EXAMPLE.com", "https://App.Example.com", true),
            ("https://*.example.com:8443", "https://app.example.com:8443", true),
            ("http://*.localhost:3000", "http://app.localhost:3000", true),
            ("https://*.xn--3e0b707e.kr", "https://a.\u{d55c}\u{ad6d}.kr", true),
            ("https://*.\u{d55c}\u{ad6d}.kr", "https://a.xn--3e0b707e.kr", true),
            ("https://x.org, https://*.example.com", "https://app.example.com", true),
            // Not the domain itself, which Django's code would take too.
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "http://app.example.com", false),
            ("http://*.example.com", "https://app.example.com", false),
            ("https://*.example.com", "https://app.example.com:8443", false),
            ("https://*.example.com:8443", "https://app.example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "https://app.example.com.evil.com", false),
            ("https://*.example.com", "https://app.example.com.", false),
            ("https://*.example.com", "https://192.0.2.1", false),
            ("", "https://example.com", false),
        ] {
            assert_eq!(trusts(setting, origin), expected, "{setting} {origin}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for bad in [
            "example.com",
            "*.example.com",
            "//*.example.com",
            "*",
            "*://example.com",
            "https://*",
            "https://*.",
            "https://*.com",
            "https://*.com.",
            "https://*example.com",
            "https://a*.example.com",
            "https://app.*.example.com",
            "https://*.*.example.com",
            "https://*.example.*",
            "https://*.192.0.2.1",
            "https://*.example.com/path",
            "https://*.example.com?x",
            "https://*.example.com#x",
            "https://*.me@example.com",
            "https://me@*.example.com",
            "https://*.example.com:99999",
            "https://*.example.com:*",
            "ftp://*.example.com",
            "https://app.example.com https://other.example.com",
            "https://app.example.com, *.example.com",
            "null",
        ] {
            assert!(TrustedOrigins::parse(bad).is_none(), "{bad}");
        }
    }
}
