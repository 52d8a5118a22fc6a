//! What can be chosen about cookies. What protects them cannot: `__Host-` and Secure on https, `Path=/`, no Domain.

use cookie::SameSite;

use super::reader::Reader;

/// The names and attributes of cookies that a site chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieSettings {
    /// `SESSION_COOKIE_NAME`, without the prefix that https gives it.
    pub session_name: String,
    /// `CSRF_COOKIE_NAME`, the same.
    pub csrf_name: String,
    /// `SESSION_COOKIE_SAMESITE`.
    pub session_same_site: SameSite,
    /// `CSRF_COOKIE_SAMESITE`.
    pub csrf_same_site: SameSite,
    /// `CSRF_COOKIE_AGE`, seconds.
    pub csrf_age: i64,
}

/// The names of the site's other cookies.
const TAKEN: [&str; 2] = ["messages", "device"];

impl CookieSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let accepts = "1 to 64 of A-Z a-z 0-9 _ . -, no prefix of browsers', no other cookie's name";
        let session_name = env.or("SESSION_COOKIE_NAME", accepts, "sessionid", name);
        let csrf_name = env.or("CSRF_COOKIE_NAME", accepts, "csrftoken", name);
        let session_same_site = env.or("SESSION_COOKIE_SAMESITE", "Lax or Strict", "Lax", same_site);
        let csrf_same_site = env.or("CSRF_COOKIE_SAMESITE", "Lax or Strict", "Lax", same_site);
        let csrf_age = env.number("CSRF_COOKIE_AGE", "seconds", 3_600, 34_560_000, 31_449_600);
        let (session_name, csrf_name) = (session_name?, csrf_name?);
        if session_name == csrf_name {
            return env.fail("CSRF_COOKIE_NAME", "it is SESSION_COOKIE_NAME too");
        }
        Some(Self {
            session_name,
            csrf_name,
            session_same_site: session_same_site?,
            csrf_same_site: csrf_same_site?,
            csrf_age,
        })
    }
}

fn name(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let lower = text.to_ascii_lowercase();
    // A prefix promises a browser something: `__Host-` is given where it holds, and nothing else is promised.
    let prefixed = lower.starts_with("__host-") || lower.starts_with("__secure-") || lower.starts_with("__http-");
    let sound = (1..=64).contains(&text.len()) && text.bytes().all(plain) && !prefixed;
    (sound && !TAKEN.contains(&text)).then(|| text.to_owned())
}

/// `None` is none of the two: a cookie that other sites' requests carry asks for trouble and gains us nothing.
fn same_site(text: &str) -> Option<SameSite> {
    match text.trim().to_ascii_lowercase().as_str() {
        "lax" => Some(SameSite::Lax),
        "strict" => Some(SameSite::Strict),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, tests::vars};
    use super::*;

    #[test]
    fn names_and_same_site_can_be_chosen() {
        let config = Config::from_vars(vars(&[
            ("SESSION_COOKIE_NAME", "app.session"),
            ("SESSION_COOKIE_SAMESITE", "strict"),
            ("CSRF_COOKIE_AGE", "86400"),
        ]));
        let cookies = config.unwrap().cookies;
        assert_eq!((cookies.session_name.as_str(), cookies.csrf_name.as_str()), ("app.session", "csrftoken"));
        assert_eq!((cookies.session_same_site, cookies.csrf_same_site), (SameSite::Strict, SameSite::Lax));
        assert_eq!(cookies.csrf_age, 86_400);
    }

    #[test]
    fn what_would_weaken_a_cookie_stops_the_start() {
        for (name, value) in [
            ("SESSION_COOKIE_SAMESITE", "None"),
            ("CSRF_COOKIE_SAMESITE", "None"),
            ("CSRF_COOKIE_SAMESITE", ""),
            ("SESSION_COOKIE_NAME", ""),
            ("SESSION_COOKIE_NAME", "session id"),
            ("SESSION_COOKIE_NAME", "a;b"),
            ("SESSION_COOKIE_NAME", "a=b"),
            ("SESSION_COOKIE_NAME", "세션"),
            ("SESSION_COOKIE_NAME", "__Host-sessionid"),
            ("SESSION_COOKIE_NAME", "__secure-sessionid"),
            ("SESSION_COOKIE_NAME", "messages"),
            ("SESSION_COOKIE_NAME", "csrftoken"),
            ("CSRF_COOKIE_NAME", "device"),
            ("CSRF_COOKIE_NAME", "sessionid"),
            ("CSRF_COOKIE_AGE", "0"),
        ] {
            let error = Config::from_vars(vars(&[(name, value)])).unwrap_err().to_string();
            assert!(error.contains(if value == "csrftoken" { "CSRF_COOKIE_NAME" } else { name }), "{error}");
        }
    }
}
