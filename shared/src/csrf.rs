//! Cross-site request forgery: whether an unsafe request comes from our own pages. Three questions in order, as Go
//! 1.25 and Django ask them: Sec-Fetch-Site, Origin or Referer, and a token.
//!
//! The token is a signed double submit (OWASP): the cookie holds a nonce and its HMAC over the session that it is
//! good for, so that a planted cookie is worth nothing, and no database is asked. What goes into a page is masked
//! anew each time, so that compression leaks nothing of it (BREACH).
//!
//! docs/csrf.md tells it to whoever writes a client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::{HeaderName, ORIGIN, REFERER};

use crate::config::{Config, Origin};
use crate::request::Request;
use crate::rng::Rng;
use crate::secret::{Purpose, SecretKeys, same};

/// The form field that carries the token (Django's name).
pub const FIELD: &str = "csrfmiddlewaretoken";
/// The header that carries the token (Django's name).
pub const HEADER: HeaderName = HeaderName::from_static("x-csrftoken");

const NONCE: usize = 16;
const VALUE: usize = NONCE + 32;
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The content of the CSRF cookie: a nonce, and its signature for one session.
#[derive(Debug, Clone, Copy)]
pub struct CsrfSecret([u8; VALUE]);

impl CsrfSecret {
    /// A new one, good for the session with this binding (empty for a visitor).
    pub fn new(keys: &SecretKeys, rng: &dyn Rng, binding: &str) -> Self {
        let nonce = rng.bytes::<NONCE>();
        let mut value = [0; VALUE];
        value[..NONCE].copy_from_slice(&nonce);
        value[NONCE..].copy_from_slice(&keys.sign(Purpose::Csrf, &message(&nonce, binding)));
        Self(value)
    }

    /// Reads a cookie's value. `None` unless we signed it for this binding.
    pub fn parse(text: &str, keys: &SecretKeys, binding: &str) -> Option<Self> {
        let value: [u8; VALUE] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (nonce, signature) = value.split_at(NONCE);
        keys.verify(Purpose::Csrf, &message(nonce, binding), signature).then_some(Self(value))
    }

    /// Whether `text` has the form of a page's token: something that a form of ours carries, of whatever session.
    pub(crate) fn is_token(text: &str) -> bool {
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 2 * VALUE)
    }

    /// The same secret under the key that signs today, if an older one has signed it.
    pub(crate) fn renewed(self, keys: &SecretKeys, binding: &str) -> Option<Self> {
        let (nonce, signature) = self.0.split_at(NONCE);
        let message = message(nonce, binding);
        if keys.is_current(Purpose::Csrf, &message, signature) {
            return None;
        }
        let mut value = self.0;
        value[NONCE..].copy_from_slice(&keys.sign(Purpose::Csrf, &message));
        Some(Self(value))
    }

    /// Reads a cookie's value without asking who signed it, and for which session: enough to see that a form and a
    /// cookie belong together, not to let anything through.
    pub(crate) fn unverified(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn to_cookie(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token for a page: the value under a fresh mask.
    pub fn token(self, rng: &dyn Rng) -> String {
        let mask = rng.bytes::<VALUE>();
        let mut token = [0; 2 * VALUE];
        token[..VALUE].copy_from_slice(&mask);
        for (masked, (byte, mask)) in token[VALUE..].iter_mut().zip(self.0.iter().zip(mask)) {
            *masked = byte ^ mask;
        }
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Whether `submitted` is a token of this secret, or the cookie's value itself, which scripts may send as they
    /// do with Django. Their nonces are compared: that is what is secret, and the signature beside it is another one
    /// once a new key has signed the cookie.
    pub fn accepts(self, submitted: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(submitted) else { return false };
        match bytes.len() {
            VALUE => same(&bytes[..NONCE], &self.0[..NONCE]),
            length if length == 2 * VALUE => {
                let (mask, masked) = bytes.split_at(VALUE);
                let value: Vec<u8> = mask.iter().zip(masked).map(|(mask, byte)| mask ^ byte).collect();
                same(&value[..NONCE], &self.0[..NONCE])
            }
            _ => false,
        }
    }
}

fn message(nonce: &[u8], binding: &str) -> Vec<u8> {
    [nonce, binding.as_bytes()].concat()
}

/// Whether the browser says outright that the request comes from a page of the host that it was sent to: not from one that
/// is merely trusted, not from the address bar, and silence is not enough.
pub(crate) fn is_from_here(request: &Request, config: &Config) -> bool {
    let host = &request.host;
    match (text(&request.headers, &SEC_FETCH_SITE), text(&request.headers, &ORIGIN)) {
        (Some("same-origin"), None | Some("null")) => true,
        // The site may have other names: what a browser calls the same origin is the one that it asks.
        (Some("same-origin"), Some(origin)) => is_own(origin, host, config) || is_trusted(origin, host, config),
        (None, Some(origin)) => is_own(origin, host, config),
        _ => false,
    }
}

/// Whether the browser says that the request comes from our own pages or those of a trusted origin, or is silent. Own are
/// those of the host that it was sent to: where the administration has one, a page of the site is foreign there, and the
/// other way round.
///
/// # Errors
/// What gives it away, for the log.
pub fn check_origin(request: &Request, config: &Config) -> Result<(), &'static str> {
    let host = &request.host;
    match (text(&request.headers, &SEC_FETCH_SITE), text(&request.headers, &ORIGIN)) {
        // Trusted by the settings, wherever the browser thinks it is: `cross-site`, or a sibling's `same-site`.
        (_, Some(origin)) if is_trusted(origin, host, config) => Ok(()),
        // `none`: typed or bookmarked by the visitor. And a page of ours that sends no referrer sends no origin either
        // (Fetch, 3.1): nobody else's page is same-origin.
        (Some("same-origin" | "none"), None) | (Some("same-origin"), Some("null")) => Ok(()),
        (Some("same-origin" | "none") | None, Some(origin)) if is_own(origin, host, config) => Ok(()),
        (Some("same-origin" | "none") | None, Some(_)) => Err("a foreign Origin"),
        (Some(_), _) => Err("a foreign Sec-Fetch-Site"),
        (None, None) => check_referer(request, config),
    }
}

/// On https alone: there a browser that tells neither of the others still tells the page. Without it the token decides:
/// no browser of today is that silent.
fn check_referer(request: &Request, config: &Config) -> Result<(), &'static str> {
    let referer = text(&request.headers, &REFERER).filter(|_| config.public_url.is_https());
    let Some(referer) = referer else { return Ok(()) };
    let origin = url::Url::parse(referer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    // A page that came in the clear may have been written by anybody on the way.
    let is_secure = origin.starts_with("https://");
    let host = &request.host;
    let is_ours = is_secure && (is_own(&origin, host, config) || is_trusted(&origin, host, config));
    if is_ours { Ok(()) } else { Err("a foreign Referer") }
}

fn is_own(origin: &str, host: &str, config: &Config) -> bool {
    Origin::parse(origin).is_some_and(|origin| config.is_own(host, &origin))
}

fn is_trusted(origin: &str, host: &str, config: &Config) -> bool {
    Origin::parse(origin).is_some_and(|origin| config.trusts(host, &origin))
}

/// A header's text; what cannot be read is there, and says nothing that we know.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;
    use crate::secret::Secret;

    fn keys(key: &str) -> SecretKeys {
        SecretKeys::new(Secret::new(key), vec![])
    }

    #[test]
    fn a_token_is_good_for_its_cookie_and_its_session() {
        let rng = &SystemRng as &dyn Rng;
        let secret = CsrfSecret::new(&keys("k"), rng, "session");
        let again = CsrfSecret::parse(&secret.to_cookie(), &keys("k"), "session").unwrap();
        assert!(again.accepts(&secret.token(rng)));
        assert!(again.accepts(&secret.to_cookie()));
        assert_ne!(secret.token(rng), secret.token(rng));
        assert!(CsrfSecret::parse(&secret.to_cookie(), &keys("k"), "another").is_none());
        assert!(CsrfSecret::parse(&secret.to_cookie(), &keys("j"), "session").is_none());
        let other = CsrfSecret::new(&keys("k"), rng, "session");
        assert!(other.renewed(&keys("k"), "session").is_none());
        assert!(!other.accepts(&secret.token(rng)));
        for bad in ["", " ", "AAAA", &"A".repeat(128), "\u{e9}"] {
            assert!(!secret.accepts(bad), "{bad:?}");
        }
    }

    fn request(host: &str, headers: &[(&'static str, &'static str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| {
            let value = http::HeaderValue::from_static(value);
            (HeaderName::from_static(name), value)
        });
        Request { host: host.to_owned(), headers: headers.collect(), ..Request::sample() }
    }

    #[test]
    fn only_a_page_of_this_site_is_from_here() {
        let mut config = Config::sample();
        config.csrf_trusted_origins = crate::config::TrustedOrigins::parse("https://app.example.com").unwrap();
        for (headers, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://example.com")], true),
            (&[("origin", "https://example.com")], true),
            (&[], false),
            (&[("referer", "https://example.com/profile")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "none"), ("origin", "https://example.com")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://example.com")], false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://app.example.com")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.com")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://app.example.com")], false),
            (&[("origin", "https://app.example.com")], false),
            (&[("origin", "null")], false),
        ] {
            assert_eq!(is_from_here(&request("example.com", headers), &config), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_new_key_signs_the_cookie_anew_and_an_open_page_stays_good() {
        let rng = &SystemRng as &dyn Rng;
        let old = CsrfSecret::new(&keys("old"), rng, "session");
        let both = SecretKeys::new(Secret::new("new"), vec![Secret::new("old")]);
        let cookie = CsrfSecret::parse(&old.to_cookie(), &both, "session").unwrap();
        let renewed = cookie.renewed(&both, "session").unwrap();
        let new = CsrfSecret::parse(&renewed.to_cookie(), &keys("new"), "session").unwrap();
        assert!(new.accepts(&old.token(rng)) && new.accepts(&old.to_cookie()));
        assert!(cookie.accepts(&renewed.token(rng)), "and on a server that has not seen the renewal");
        assert!(CsrfSecret::parse(&renewed.to_cookie(), &keys("new"), "another").is_none());
    }

    #[test]
    fn the_browser_tells_where_a_request_comes_from() {
        let config = Config::sample();
        let check = |headers: &[_]| check_origin(&request("example.com", headers), &config).is_ok();
        assert!(check(&[]));
        assert!(check(&[("sec-fetch-site", "same-origin"), ("origin", "https://example.com")]));
        assert!(check(&[("origin", "https://example.com")]));
        assert!(check(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(check(&[("referer", "https://example.com/login")]));
        for bad in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://example.com")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.com")],
            &[("origin", "https://evil.com")],
            &[("origin", "null")],
            &[("sec-fetch-site", "none"), ("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("origin", "null")],
            &[("origin", "http://example.com")],
            &[("origin", "https://example.com.evil.com")],
            &[("origin", "https://example.com:444")],
            &[("referer", "https://evil.com/https://example.com/")],
            &[("sec-fetch-site", "nonsense")],
        ] {
            assert!(!check(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_page_of_the_administration_acts_on_its_own_host_and_no_other_page_does() {
        const SITE: &str = "https://example.com";
        const ADMIN: &str = "https://admin.example.com";
        let mut config = Config::sample();
        config.admin.url = Origin::parse(ADMIN);
        config.csrf_trusted_origins = crate::config::TrustedOrigins::parse("https://*.example.com").unwrap();
        for (host, headers, expected) in [
            ("example.com", &[("origin", SITE), ("sec-fetch-site", "same-origin")][..], true),
            ("example.com", &[("origin", ADMIN), ("sec-fetch-site", "same-site")], false),
            ("example.com", &[("origin", ADMIN)], false),
            ("example.com", &[("referer", "https://admin.example.com/admin/")], false),
            ("example.com", &[("origin", "https://app.example.com")], true),
            ("admin.example.com", &[("origin", ADMIN), ("sec-fetch-site", "same-origin")], true),
            ("admin.example.com", &[("origin", ADMIN)], true),
            ("admin.example.com", &[("referer", "https://admin.example.com/admin/")], true),
            ("admin.example.com", &[("origin", SITE), ("sec-fetch-site", "same-site")], false),
            ("admin.example.com", &[("origin", SITE)], false),
            ("admin.example.com", &[("referer", "https://example.com/profile")], false),
            ("admin.example.com", &[("origin", "https://app.example.com")], false),
            // A host that nobody named is the site's.
            ("", &[("origin", SITE)], true),
            ("", &[("origin", ADMIN)], false),
        ] {
            let request = request(host, headers);
            assert_eq!(check_origin(&request, &config).is_ok(), expected, "{host} {headers:?}");
            if headers[0].0 == "origin" && headers[0].1 != "https://app.example.com" {
                assert_eq!(is_from_here(&request, &config), expected, "{host} {headers:?}");
            }
        }
    }
}
