//! The types of settings: origins, buckets, paths, keys.

use url::{Host, Position, Url};

use crate::secret::{Secret, SecretKeys};

/// A scheme, a host and a port: `https://example.com`, `http://localhost:8000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// Parses an origin: an http(s) address without path, query, fragment or user.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (bare && anonymous && web).then_some(Self(url))
    }

    /// As [`Self::parse`], and plain http only on a loopback host: cookies would be sent in the clear elsewhere.
    pub(super) fn public(text: &str) -> Option<Self> {
        Self::parse(text).filter(|origin| origin.is_https() || origin.is_loopback())
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether `other` is this origin. On loopback `localhost`, `127.0.0.1` and `[::1]` of one port are one site:
    /// people type either.
    pub fn same_site_as(&self, other: &Self) -> bool {
        let port = self.0.port_or_known_default() == other.0.port_or_known_default();
        self == other || (self.is_loopback() && other.is_loopback() && port && self.0.scheme() == other.0.scheme())
    }

    /// The origin as a browser writes it: no trailing slash, no default port.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The host and the port, unless that is the scheme's default, as a browser writes them into Host.
    pub fn authority(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// An absolute address on this origin.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

/// `MEDIA_ROOT`: a bucket and the prefix under which published media lives in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRoot {
    /// The bucket's name.
    pub bucket: String,
    /// The prefix, with its slash: `media/`.
    pub prefix: String,
}

impl MediaRoot {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (bucket, prefix) = text.strip_prefix("s3://")?.split_once('/')?;
        let prefix = prefix.trim_matches('/');
        // Uploads wait in `uploads/` and are verified in `held/`; nothing that is published may share their prefixes.
        let apart =
            !prefix.is_empty() && prefix.split('/').next().is_none_or(|first| !["uploads", "held"].contains(&first));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '/' | '_');
        let sound = apart && !bucket.is_empty() && bucket.chars().all(plain) && prefix.chars().all(plain);
        sound.then(|| Self { bucket: bucket.to_owned(), prefix: format!("{prefix}/") })
    }
}

/// `STATIC_URL`: a path on the site or an address elsewhere; it ends in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticUrl(String);

impl StaticUrl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let sound = text.ends_with('/') && !text.contains(['"', '\'', '<', '>', ';', ' ', '\\', '?', '#']);
        let local = text.starts_with('/') && !text.starts_with("//");
        let remote = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        (sound && (local || remote)).then(|| Self(text.to_owned()))
    }

    /// The address of an asset, from its name under the static root.
    pub fn join(&self, name: &str) -> String {
        format!("{}{}", self.0, name.trim_start_matches('/'))
    }

    /// The path of the assets, with a slash at both ends.
    pub fn path(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| self.0.clone(), |url| url.path().to_owned())
    }

    /// The origin of the assets when it is not the site's own.
    pub fn origin(&self) -> Option<String> {
        Url::parse(&self.0).ok().map(|url| url.origin().ascii_serialization())
    }

    /// The setting's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may be empty, as a template leaves it.
#[expect(clippy::option_option, reason = "malformed, empty or given")]
pub(super) fn optional<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    }
}

pub(super) fn name(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

pub(super) fn path(text: &str) -> Option<String> {
    let sound =
        text.starts_with('/') && !text.starts_with("//") && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    sound.then(|| text.to_owned())
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

pub(super) fn secret(text: &str) -> Option<Secret> {
    (text.chars().count() >= SecretKeys::MIN_LENGTH).then(|| Secret::new(text))
}

pub(super) fn secrets(text: &str) -> Option<Vec<Secret>> {
    items(text).map(secret).collect()
}

/// The items of a comma-separated list.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_its_addresses_are_one_site_on_one_port() {
        let site = Origin::parse("http://localhost:8000").unwrap();
        assert!(site.same_site_as(&Origin::parse("http://127.0.0.1:8000").unwrap()));
        assert!(site.same_site_as(&Origin::parse("http://[::1]:8000").unwrap()));
        assert!(!site.same_site_as(&Origin::parse("http://localhost:8001").unwrap()));
        assert!(!site.same_site_as(&Origin::parse("https://localhost:8000").unwrap()));
        assert!(!site.same_site_as(&Origin::parse("http://localhost.evil.com:8000").unwrap()));
    }

    #[test]
    fn published_media_keeps_apart_from_uploads() {
        assert_eq!(MediaRoot::parse("s3://b/media").unwrap().prefix, "media/");
        assert!(MediaRoot::parse("s3://b/uploads/media").is_none());
        assert!(MediaRoot::parse("s3://b/").is_none());
        assert!(MediaRoot::parse("b/media").is_none());
    }

    #[test]
    fn an_origin_has_no_path_and_no_user() {
        assert!(Origin::parse("https://example.com/x").is_none());
        assert!(Origin::parse("https://me@example.com").is_none());
        assert!(Origin::parse("ftp://example.com").is_none());
        assert_eq!(Origin::parse("https://example.com:443/").unwrap().as_str(), "https://example.com");
    }
}
