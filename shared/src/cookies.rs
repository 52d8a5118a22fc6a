//! Cookies: read defensively, written with every attribute that protects them. `docs/cookies.md` lists them all.

use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use jiff::Timestamp;

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
            Self::Session => &*config.cookies.session_name,
            Self::Csrf => &*config.cookies.csrf_name,
            Self::Messages => "messages",
            Self::Device => "device",
        };
        format!("{}{name}", config.cookie_prefix())
    }

    fn same_site(self, config: &Config) -> SameSite {
        match self {
            // Django's messages follow the session's cookie too.
            Self::Session | Self::Messages => config.cookies.session_same_site,
            Self::Csrf => config.cookies.csrf_same_site,
            Self::Device => SameSite::Lax,
        }
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

/// Writes a `Set-Cookie` header: `max_age` in seconds from `now`, or until the browser closes.
///
/// Path=/ and no Domain for all of them, SameSite as configured; HttpOnly for all but the CSRF cookie, which a page's own
/// script sends back; Secure on https, where the name says so too. `None` when it would not fit into what browsers keep.
pub(crate) fn set(
    config: &Config,
    name: Name,
    value: &str,
    max_age: Option<i64>,
    now: Timestamp,
) -> Option<HeaderValue> {
    let mut cookie = attributes(config, name, value);
    if let Some(seconds) = max_age {
        cookie.set_max_age(Duration::seconds(seconds));
        // For those who know no Max-Age, as Django does; whoever knows both follows Max-Age (RFC 6265, 5.3).
        cookie.set_expires(OffsetDateTime::from_unix_timestamp(now.as_second().saturating_add(seconds)).ok());
    }
    header(&cookie)
}

/// Writes a `Set-Cookie` header that deletes: the same attributes, no value, no age, and an end that is past on every
/// clock.
pub(crate) fn delete(config: &Config, name: Name) -> Option<HeaderValue> {
    let mut cookie = attributes(config, name, "");
    cookie.set_max_age(Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    header(&cookie)
}

fn attributes(config: &Config, name: Name, value: &str) -> Cookie<'static> {
    Cookie::build((name.full(config), value.to_owned()))
        .path("/")
        .http_only(name != Name::Csrf)
        .same_site(name.same_site(config))
        .secure(config.public_url.is_https())
        .build()
}

fn header(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let text = cookie.to_string();
    (text.len() <= MOST_BYTES).then(|| HeaderValue::from_str(&text).ok()).flatten()
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
        let now = Timestamp::from_second(1_795_651_200).unwrap();
        let header = set(&Config::sample(), Name::Session, "v", Some(60), now).unwrap();
        let attributes = "HttpOnly; SameSite=Lax; Secure; Path=/";
        let ends = "Max-Age=60; Expires=Thu, 26 Nov 2026 00:01:00 GMT";
        assert_eq!(header, format!("__Host-sessionid=v; {attributes}; {ends}"));
        let header = set(&Config::sample(), Name::Session, "v", None, now).unwrap();
        assert_eq!(header, format!("__Host-sessionid=v; {attributes}"), "until the browser closes");
        let header = delete(&Config::sample(), Name::Session).unwrap();
        let ends = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(header, format!("__Host-sessionid=; {attributes}; {ends}"), "deleted by the same attributes");
    }

    #[test]
    fn a_cookie_that_browsers_would_not_keep_is_not_sent() {
        assert!(set(&Config::sample(), Name::Messages, &"x".repeat(4_096), None, Timestamp::UNIX_EPOCH).is_none());
    }
}
