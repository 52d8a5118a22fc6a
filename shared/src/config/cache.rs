//! Settings of the cache, a Redis or Valkey: where it is, and how long it may keep anybody waiting.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::reader::Reader;
use super::values;
use crate::secret::Secret;

/// The cache.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// `CACHE_LOCATION`: its addresses. Of several the first that is a primary is used; of a cluster they are where to
    /// ask for the others.
    pub locations: Vec<Url>,
    /// `CACHE_CLUSTER`: whether it is a cluster.
    pub cluster: bool,
    /// `CACHE_USERNAME`: as whom to log in there; empty for the default user.
    pub username: Option<String>,
    /// `CACHE_PASSWORD`, where it does not come from Secrets Manager.
    pub password: Option<Secret>,
    /// `CACHE_CA_FILE`: the certificates to trust instead of Amazon's, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// `CACHE_KEY_PREFIX`: what the keys begin with.
    pub key_prefix: String,
    /// `CACHE_CONNECT_TIMEOUT_MS`: how long connecting may take.
    pub connect_timeout: Duration,
    /// `CACHE_TIMEOUT_MS`: how long an answer may take.
    pub timeout: Duration,
    /// `CACHE_RETRY_MS`: how long nobody waits for a cache that did not answer.
    pub retry: Duration,
    /// `SESSION_CACHE_AGE`: how long `cached_db` keeps a copy, seconds.
    pub session_age: i64,
}

impl CacheSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let accepts = "rediss://HOST:PORT, or redis:// on a loopback host, comma-separated; no password in it";
        let locations = env.or("CACHE_LOCATION", accepts, "", parse_locations);
        let cluster = env.or("CACHE_CLUSTER", "true or false", "false", values::boolean);
        let username = env.or("CACHE_USERNAME", "a user's name", "", |text| match text.trim() {
            "" => Some(None),
            text => values::name(text).map(Some),
        });
        let password = env.optional("CACHE_PASSWORD", "a password; in AWS it stands in the secret", parse_password)?;
        let ca_file = env.optional("CACHE_CA_FILE", "the path of a PEM file", |text| Some(PathBuf::from(text)))?;
        let key_prefix = env.or("CACHE_KEY_PREFIX", "letters, digits, -, _ and .", "portico", parse_prefix);
        let connect_timeout = env.number("CACHE_CONNECT_TIMEOUT_MS", "milliseconds", 10, 10_000, 500);
        let timeout = env.number("CACHE_TIMEOUT_MS", "milliseconds", 10, 10_000, 250);
        let retry = env.number("CACHE_RETRY_MS", "milliseconds", 0, 60_000, 1_000);
        let session_age = env.number("SESSION_CACHE_AGE", "seconds", 1, 86_400, 300);
        Some(Self {
            locations: locations?,
            cluster: cluster?,
            username: username?,
            password,
            ca_file,
            key_prefix: key_prefix?,
            connect_timeout: Duration::from_millis(connect_timeout),
            timeout: Duration::from_millis(timeout),
            retry: Duration::from_millis(retry),
            session_age,
        })
    }
}

/// An unencrypted connection is for this machine alone: sessions travel on it.
fn parse_locations(text: &str) -> Option<Vec<Url>> {
    let parse = |text: &str| {
        let url = Url::parse(text.trim()).ok()?;
        let is_loopback = match url.host()? {
            // Of a scheme that it does not know `Url` leaves a host as it stands.
            url::Host::Domain(name) => {
                name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            }
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        let is_scheme = url.scheme() == "rediss" || (url.scheme() == "redis" && is_loopback);
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (is_scheme && is_bare && url.fragment().is_none()).then_some(url)
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(parse).collect()
}

fn parse_password(text: &str) -> Option<Secret> {
    (!text.is_empty()).then(|| Secret::new(text))
}

fn parse_prefix(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_connection_is_for_this_machine_alone() {
        for good in [
            "rediss://cache.example.com:6379",
            "rediss://cache.example.com:6379/1",
            "redis://localhost:6379",
            "redis://127.0.0.1:6379, redis://[::1]:6380",
            "",
        ] {
            assert!(parse_locations(good).is_some(), "{good}");
        }
        for bad in [
            "redis://cache.example.com:6379",
            "redis://10.0.0.1:6379",
            "http://localhost:6379",
            "rediss://kim:secret@cache.example.com:6379",
            "rediss://:secret@cache.example.com:6379",
            "cache.example.com:6379",
            "rediss://",
            "rediss://a.example.com, redis://b.example.com",
        ] {
            assert!(parse_locations(bad).is_none(), "{bad}");
        }
    }
}
