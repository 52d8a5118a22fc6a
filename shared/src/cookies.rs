//! Cookies: read defensively, written with every attribute that protects them.

use cookie::{Cookie, SameSite};
use http::HeaderValue;

use crate::config::Config;
use crate::secret::Secret;

/// The cookies of the site, without the prefix that https gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Names the session.
    Session,
    /// Holds the CSRF secret.
    Csrf,
    /// Holds messages that survive a redirect.
    Messages,
    /// Names the accounts that know the browser.
    Device,
}

impl Name {
    /// The whole name under `config`: `sessionid`, or `__Host-sessionid` on https.
    pub fn full(self, config: &Config) -> String {
        let name = match self {
            Self::Session => "sessionid",
            Self::Csrf => "csrftoken",
            Self::Messages => "messages",
            Self::Device => "device",
        };
        format!("{}{name}", config.cookie_prefix())
    }
}

/// The most bytes that a browser must keep for one cookie (RFC 6265, 6.1), name and attributes included.
pub(crate) const MOST_BYTES: usize = 4_096;

/// Finds a cookie in a `Cookie` header. One that stands there twice counts as absent: somebody else planted one of
/// them, and which comes first is up to the browser. Quotes are part of the value, as browsers treat them.
pub(crate) fn find(header: &str, name: &str) -> Option<Secret> {
    let mut values = header.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(n, _)| *n == name);
    let value = values.next()?.1;
    (values.next().is_none() && value.len() <= MOST_BYTES).then(|| Secret::new(value))
}

/// Writes a `Set-Cookie` header: `max_age` in seconds, or until the browser closes.
///
/// SameSite=Lax, Path=/ and no Domain for all of them; HttpOnly for all but the CSRF cookie, which a page's own script
/// sends back; Secure on https, where the name says so too. `None` when it would not fit into what browsers keep.
pub(crate) fn set(config: &Config, name: Name, value: &str, max_age: Option<i64>) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((name.full(config), value))
        .path("/")
        .http_only(name != Name::Csrf)
        .same_site(SameSite::Lax)
        .secure(config.public_url.is_https());
    if let Some(seconds) = max_age {
        cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
    }
    let text = cookie.build().to_string();
    (text.len() <= MOST_BYTES).then(|| HeaderValue::from_str(&text).ok()).flatten()
}

/// Writes a `Set-Cookie` header that deletes: the same attributes, no value, no age.
pub(crate) fn delete(config: &Config, name: Name) -> Option<HeaderValue> {
    set(config, name, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_stands_twice_is_absent() {
        assert_eq!(find("a=1; b=2", "b").unwrap().expose(), "2");
        assert!(find("b=1; a=3; b=2", "b").is_none());
        assert!(find("ab=1", "b").is_none());
        assert_eq!(find("b=\"1\"", "b").unwrap().expose(), "\"1\"");
        assert_eq!(find("b=x=y", "b").unwrap().expose(), "x=y");
    }

    #[test]
    fn a_cookie_on_https_is_bound_to_its_host() {
        let header = set(&Config::sample(), Name::Session, "v", Some(60)).unwrap();
        assert_eq!(header, "__Host-sessionid=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    }

    #[test]
    fn a_cookie_that_browsers_would_not_keep_is_not_sent() {
        assert!(set(&Config::sample(), Name::Messages, &"x".repeat(4_096), None).is_none());
    }
}
