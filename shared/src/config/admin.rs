//! Where the administration is reached, and by whom: on a host of its own, and from the networks that are listed.

mod hosts;
mod network;

pub use network::{Network, NetworkError};

use super::media_cdn::MediaCdnSettings;
use super::reader::Reader;
use super::values::{self, Origin};

const NETWORKS: &str = "ADMIN_ALLOWED_NETWORKS";

/// The way in to the administration. Whether somebody who came this way may do anything is for their permissions to say.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// `ADMIN_ENABLED`: whether there is one at all.
    pub enabled: bool,
    /// `ADMIN_URL`: its own origin. Without one it is a part of the site's. Every function knows it, since a page of the
    /// one host may not act on the other.
    pub url: Option<Origin>,
    /// `ADMIN_ALLOWED_NETWORKS`: from where it is reached. None: from everywhere.
    pub allowed_networks: Vec<Network>,
    /// `ADMIN_LOGIN_AGE`: how old, in seconds, a log-in may be that is good for it.
    pub login_age: i64,
}

impl AdminSettings {
    pub(super) fn read(
        env: &mut Reader,
        public_url: Option<&Origin>,
        media_cdn: Option<&MediaCdnSettings>,
    ) -> Option<Self> {
        let enabled = env.or("ADMIN_ENABLED", "true or false", "false", values::boolean);
        let accepts = "an origin: https://HOST, or http:// on a name below localhost, as http://admin.localhost:8000";
        let url = env.or("ADMIN_URL", accepts, "", |text| values::optional(text, parse_origin));
        let allowed_networks = read_networks(env);
        let login_age = env.number("ADMIN_LOGIN_AGE", "seconds", 60, 86_400, 900);
        let url = url?;
        if let Some(why) = url.as_ref().and_then(|url| misplaced(url, public_url, media_cdn)) {
            return env.fail("ADMIN_URL", why);
        }
        Some(Self { enabled: enabled?, url, allowed_networks: allowed_networks?, login_age })
    }
}

/// `localhost`, `127.0.0.1` and `[::1]` are the site itself, whichever of them people type: here it is another name.
fn parse_origin(text: &str) -> Option<Origin> {
    let below = |name: &str| name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty());
    Origin::public(text).filter(|origin| !origin.is_loopback() || origin.url().domain().is_some_and(below))
}

/// Why the administration cannot be there. Cookies know hosts, and no ports (RFC 6265, 8.5): only a host of its own has
/// sessions of its own.
fn misplaced(url: &Origin, public_url: Option<&Origin>, media_cdn: Option<&MediaCdnSettings>) -> Option<&'static str> {
    let beside = |other: &Origin| other.url().host() == url.url().host();
    if public_url.is_some_and(beside) {
        return Some("it must be on another host than PUBLIC_URL, whose sessions are not to be those of its own");
    }
    if public_url.is_some_and(|site| site.is_https() != url.is_https()) {
        return Some("it must have the scheme of PUBLIC_URL, since the cookies of both have one name");
    }
    if media_cdn.is_some_and(|media| beside(&media.origin)) {
        return Some("it must be on another host than MEDIA_URL, which shows what people have uploaded");
    }
    None
}

fn read_networks(env: &mut Reader) -> Option<Vec<Network>> {
    let accepts = "networks or addresses, IPv4 or IPv6, comma-separated: 203.0.113.0/24,2001:db8::/32";
    let mut networks = Vec::new();
    for network in env.or(NETWORKS, accepts, "", parse_networks)? {
        match network {
            Ok(network) => networks.push(network),
            Err(error) => return env.fail(NETWORKS, &error.to_string()),
        }
    }
    Some(networks)
}

/// Each of the list. One whose only mistake is its prefix stays, to be told with the network that was meant.
fn parse_networks(text: &str) -> Option<Vec<Result<Network, NetworkError>>> {
    let readable = |network: &Result<_, _>| !matches!(network, Err(NetworkError::Malformed));
    let networks: Vec<_> = values::items(text).map(Network::parse).collect();
    // An empty list lets everybody in; a comma alone is not what somebody writes who means that.
    let meant = text.trim().is_empty() || !networks.is_empty();
    (meant && networks.iter().all(readable)).then_some(networks)
}

#[cfg(test)]
mod tests {
    use super::super::tests::vars;
    use super::super::{Config, ConfigErrors};
    use super::AdminSettings;

    fn admin(changes: &[(&str, &str)]) -> Result<AdminSettings, ConfigErrors> {
        Config::from_vars(vars(changes)).map(|config| config.admin)
    }

    #[test]
    fn there_is_none_unless_somebody_says_so() {
        for changes in [&[][..], &[("ADMIN_URL", ""), ("ADMIN_ALLOWED_NETWORKS", " ")]] {
            let admin = admin(changes).unwrap();
            assert!(!admin.enabled && admin.url.is_none() && admin.allowed_networks.is_empty());
            assert_eq!(admin.login_age, 900);
        }
        let admin = admin(&[
            ("ADMIN_ENABLED", "true"),
            ("ADMIN_URL", "https://admin.example.com"),
            ("ADMIN_ALLOWED_NETWORKS", "203.0.113.0/24, 2001:db8::/32,198.51.100.7,"),
            ("ADMIN_LOGIN_AGE", "60"),
        ])
        .unwrap();
        assert!(admin.enabled);
        assert_eq!(admin.url.unwrap().as_str(), "https://admin.example.com");
        let networks: Vec<_> = admin.allowed_networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]);
        assert_eq!(admin.login_age, 60);
    }

    #[test]
    fn its_host_is_its_own() {
        for (site, url) in [
            ("https://example.com", "https://admin.example.com"),
            ("https://example.com", "https://admin.example.org:8443/"),
            ("https://admin.example.com", "https://example.com"),
            ("http://localhost:8000", "http://admin.localhost:8000"),
            ("http://127.0.0.1:8000", "http://admin.localhost:8000"),
        ] {
            assert!(admin(&[("PUBLIC_URL", site), ("ADMIN_URL", url)]).is_ok(), "{site} {url}");
        }
        for (site, url, why) in [
            ("https://example.com", "https://example.com", "another host than PUBLIC_URL"),
            ("https://example.com", "https://EXAMPLE.com:443", "another host than PUBLIC_URL"),
            ("https://example.com", "https://example.com:8443", "another host than PUBLIC_URL"),
            ("http://admin.localhost:8000", "http://admin.localhost:8001", "another host than PUBLIC_URL"),
            ("https://example.com", "http://admin.localhost:8000", "the scheme of PUBLIC_URL"),
            ("http://localhost:8000", "https://admin.example.com", "the scheme of PUBLIC_URL"),
            ("https://example.com", "http://admin.example.com", "accepts an origin"),
            ("https://example.com", "https://admin.example.com/admin", "accepts an origin"),
            ("https://example.com", "admin.example.com", "accepts an origin"),
            // All of these are the site itself.
            ("http://localhost:8000", "http://127.0.0.1:8000", "accepts an origin"),
            ("http://127.0.0.1:8000", "http://localhost:8000", "accepts an origin"),
            ("http://localhost:8000", "http://[::1]:8000", "accepts an origin"),
            ("http://localhost:8000", "http://.localhost:8000", "accepts an origin"),
        ] {
            let error = admin(&[("PUBLIC_URL", site), ("ADMIN_URL", url)]).unwrap_err().to_string();
            assert!(error.contains("\n  ADMIN_URL") && error.contains(why), "{site} {url}: {error}");
        }
        let media = [
            ("MEDIA_URL", "https://media.example.org"),
            ("MEDIA_KEY_PAIR_ID", "K2"),
            ("SECRET_KEY", "-"),
            ("SECRET_KEY_ARN", "arn:aws:x"),
            ("ADMIN_URL", "https://media.example.org"),
        ];
        assert!(admin(&media).unwrap_err().to_string().contains("another host than MEDIA_URL"));
    }

    #[test]
    fn a_wrong_network_stops_the_start() {
        for (networks, why) in [
            ("203.0.113.0/24, office", "ADMIN_ALLOWED_NETWORKS accepts networks"),
            ("203.0.113.0/24 2001:db8::/32", "ADMIN_ALLOWED_NETWORKS accepts networks"),
            (",", "ADMIN_ALLOWED_NETWORKS accepts networks"),
            ("10.0.0.0/8, 203.0.113.7/24", "ADMIN_ALLOWED_NETWORKS: 203.0.113.7 has bits beyond its prefix"),
            ("203.0.113.7/24", "write 203.0.113.0/24"),
        ] {
            let error = admin(&[("ADMIN_ALLOWED_NETWORKS", networks)]).unwrap_err().to_string();
            assert!(error.contains(why), "{networks}: {error}");
        }
        for age in ["59", "86401", "soon"] {
            assert!(admin(&[("ADMIN_LOGIN_AGE", age)]).is_err(), "{age}");
        }
        assert!(admin(&[("ADMIN_ENABLED", "perhaps")]).is_err());
    }
}
