//! Whether the administration is open to a request, before anybody asks who has sent it. To others it is not there: what
//! answers 404 tells neither that there is one nor where.

use std::net::IpAddr;

use crate::config::Config;
use crate::request::Request;

/// Whether there is one, and the request came to its host and from a network that may reach it. Host and address are those
/// that the gateway saw, or the distribution that proved itself (`edge.rs`): no header of a visitor's changes either.
pub(crate) fn admits(config: &Config, request: &Request) -> bool {
    let admin = &config.admin;
    let is_its_host = admin.url.is_none() || config.is_admin_host(&request.host);
    admin.enabled && is_its_host && is_let_in(config, &request.source_ip)
}

/// An address that cannot be read is in no network.
fn is_let_in(config: &Config, address: &str) -> bool {
    let networks = &config.admin.allowed_networks;
    let within = |address: IpAddr| networks.iter().any(|network| network.contains(address));
    networks.is_empty() || address.parse().is_ok_and(within)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::config::{AdminSettings, Network, Origin};
    use crate::edge;
    use crate::secret::Secret;

    const OFFICE: &[&str] = &["203.0.113.0/24", "2001:db8::/32"];

    fn config(enabled: bool, url: &str, networks: &[&str]) -> Config {
        let mut config = Config::sample();
        let allowed_networks = networks.iter().map(|network| Network::parse(network).unwrap()).collect();
        config.admin = AdminSettings { enabled, url: Origin::parse(url), allowed_networks, login_age: 900 };
        config
    }

    fn request(host: &str, address: &str) -> Request {
        Request { host: host.to_owned(), source_ip: address.to_owned(), ..Request::sample() }
    }

    #[test]
    fn it_opens_where_and_to_whom_the_settings_say() {
        const ADMIN: &str = "https://admin.example.com";
        for (enabled, url, networks, host, address, expected) in [
            (true, "", &[][..], "example.com", "198.51.100.1", true),
            (true, "", &[], "", "", true),
            (false, "", &[], "example.com", "198.51.100.1", false),
            (false, ADMIN, OFFICE, "admin.example.com", "203.0.113.7", false),
            (true, ADMIN, &[], "admin.example.com", "198.51.100.1", true),
            (true, ADMIN, &[], "example.com", "198.51.100.1", false),
            (true, ADMIN, &[], "admin.example.com.", "198.51.100.1", false),
            (true, ADMIN, &[], "admin.example.com:8443", "198.51.100.1", false),
            (true, ADMIN, &[], "admin.example.com.evil.example", "198.51.100.1", false),
            (true, ADMIN, &[], "", "198.51.100.1", false),
            (true, "https://admin.example.com:8443", &[], "admin.example.com:8443", "198.51.100.1", true),
            (true, "https://admin.example.com:8443", &[], "admin.example.com", "198.51.100.1", false),
            (true, "", OFFICE, "example.com", "203.0.113.7", true),
            (true, "", OFFICE, "example.com", "::ffff:203.0.113.7", true),
            (true, "", OFFICE, "example.com", "2001:db8::7", true),
            (true, "", OFFICE, "example.com", "203.0.114.7", false),
            (true, "", OFFICE, "example.com", "2001:db9::7", false),
            (true, "", OFFICE, "example.com", "", false),
            (true, "", OFFICE, "example.com", "203.0.113.7:443", false),
            (true, "", OFFICE, "example.com", "203.0.113.7, 198.51.100.1", false),
            (true, ADMIN, OFFICE, "admin.example.com", "203.0.113.7", true),
            (true, ADMIN, OFFICE, "admin.example.com", "198.51.100.1", false),
            (true, ADMIN, OFFICE, "example.com", "203.0.113.7", false),
        ] {
            let config = config(enabled, url, networks);
            let told = format!("{enabled} {url} {networks:?} {host} {address}");
            assert_eq!(admits(&config, &request(host, address)), expected, "{told}");
        }
    }

    #[test]
    fn no_header_of_a_visitors_opens_it() {
        let config = config(true, "https://admin.example.com", OFFICE);
        let secret = [Secret::new("secret")];
        let forged = [
            ("x-forwarded-for", "203.0.113.7"),
            ("x-real-ip", "203.0.113.7"),
            ("true-client-ip", "203.0.113.7"),
            ("forwarded", "for=203.0.113.7;host=admin.example.com;proto=https"),
            ("x-forwarded-host", "admin.example.com"),
            ("x-original-host", "admin.example.com"),
            ("x-host", "admin.example.com"),
        ];
        let sent = |headers: &[(&'static str, &'static str)]| {
            let headers = forged.iter().chain(headers).map(|(name, value)| {
                let value = HeaderValue::from_static(value);
                (HeaderName::from_static(name), value)
            });
            Request { headers: headers.collect(), ..request("", "198.51.100.1") }
        };
        let site = &config.public_url;
        // Reached directly: the gateway's address, and Host.
        let past =
            [("host", "example.com"), ("x-viewer-host", "admin.example.com"), ("x-viewer-address", "203.0.113.7")];
        assert!(!admits(&config, &edge::admit(&[], site, sent(&past)).unwrap()));
        let named = edge::admit(&[], site, sent(&[("host", "admin.example.com")])).unwrap();
        assert!(!admits(&config, &named), "the host alone is not enough");
        assert!(admits(&config, &Request { source_ip: "203.0.113.7".to_owned(), ..named }));
        // Behind the distribution: what it says, and nothing else.
        let through = |host, address| {
            let headers = [("x-origin-secret", "secret"), ("x-viewer-host", host), ("x-viewer-address", address)];
            admits(&config, &edge::admit(&secret, site, sent(&headers)).unwrap())
        };
        assert!(through("admin.example.com", "203.0.113.7"));
        assert!(!through("admin.example.com", "198.51.100.1"));
        assert!(!through("example.com", "203.0.113.7"));
        let host = [("x-origin-secret", "secret"), ("host", "admin.example.com"), ("x-viewer-address", "203.0.113.7")];
        assert!(!admits(&config, &edge::admit(&secret, site, sent(&host)).unwrap()), "Host is the gateway's");
        assert!(!admits(&config, &edge::admit(&secret, site, sent(&past)).unwrap_err()));
    }
}
