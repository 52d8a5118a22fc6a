//! Where to go after a log-in: only to a page of this site.

use http::HeaderValue;
use url::Url;

use crate::config::{Config, Origin};

/// A path of this site, ready for a `Location` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// Takes `text` when it leads to this site at `host`, as Django's `url_has_allowed_host_and_scheme` decides, and stricter:
    /// an absolute address of that host's own origin is cut down to its path; control characters, backslashes, user
    /// information and whatever a browser could read as another host are refused.
    pub fn parse(text: &str, config: &Config, host: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let odd = |c: char| c == '\\' || c.is_control() || c.is_whitespace() || is_invisible(c);
        if text.is_empty() || text.len() > config.limits.next_bytes || text.chars().any(odd) || text.starts_with("//") {
            return None;
        }
        if !text.starts_with('/') {
            return Self::of_own_address(text, config, host);
        }
        let site = config.origin_at(host).url();
        let url = site.join(text).ok()?;
        if url.origin() == site.origin() { Self::of_url(&url) } else { None }
    }

    /// An absolute address counts only when it is spelled out, from the scheme on, as a browser spells our origin.
    fn of_own_address(text: &str, config: &Config, host: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let origin = url.origin().ascii_serialization();
        let rest = text.strip_prefix(&origin)?;
        let ours = Origin::parse(&origin).is_some_and(|origin| config.is_own(host, &origin));
        if ours && (rest.is_empty() || rest.starts_with('/')) { Self::of_url(&url) } else { None }
    }

    /// What a visitor is sent to without a `next`.
    pub fn to(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// The same page, told to lead on to `next` when it is done.
    #[must_use]
    pub fn leading_to(self, next: Option<&Self>) -> Self {
        let Some(next) = next else { return self };
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next.as_str()).finish();
        Self(format!("{}?{query}", self.0))
    }

    /// The path with its query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of_url(url: &Url) -> Option<Self> {
        // `/.//evil.com` is a path that begins with two slashes: a browser would take it for a host.
        let path = url.path();
        if path.starts_with("//") {
            return None;
        }
        let mut location = path.to_owned();
        if let Some(query) = url.query() {
            location.push('?');
            location.push_str(query);
        }
        if let Some(fragment) = url.fragment() {
            location.push('#');
            location.push_str(fragment);
        }
        HeaderValue::from_str(&location).is_ok().then_some(Self(location))
    }
}

/// Format characters: zero-width, bidirectional, the byte order mark. They have no business in an address.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> Option<String> {
        Next::parse(text, &Config::sample(), "example.com").map(|next| next.0)
    }

    #[test]
    fn an_address_of_the_other_host_is_not_followed() {
        let mut config = Config::sample();
        config.admin.url = Origin::parse("https://admin.example.com");
        let next = |text, host| Next::parse(text, &config, host).map(|next| next.0);
        assert_eq!(next("https://admin.example.com/admin/", "admin.example.com").unwrap(), "/admin/");
        assert_eq!(next("https://example.com/profile", "example.com").unwrap(), "/profile");
        assert_eq!(next("https://example.com/profile", "admin.example.com"), None);
        assert_eq!(next("https://admin.example.com/admin/", "example.com"), None);
        assert_eq!(next("/admin/", "admin.example.com").unwrap(), "/admin/");
    }

    #[test]
    fn paths_of_this_site_are_followed() {
        assert_eq!(next("/profile").unwrap(), "/profile");
        assert_eq!(next("/a?b=c&d=%2F%2Fevil#e").unwrap(), "/a?b=c&d=%2F%2Fevil#e");
        assert_eq!(next("https://example.com/profile").unwrap(), "/profile");
        assert_eq!(next("/\u{d55c}").unwrap(), "/%ED%95%9C");
        assert_eq!(next("/a:b@c").unwrap(), "/a:b@c");
        assert_eq!(next("/a/../b").unwrap(), "/b");
    }

    #[test]
    fn a_page_leads_on_to_another_with_its_query() {
        let next = Next::to("/a?b=c&d=e");
        assert_eq!(Next::to("/login").leading_to(Some(&next)).as_str(), "/login?next=%2Fa%3Fb%3Dc%26d%3De");
        assert_eq!(Next::to("/login").leading_to(None).as_str(), "/login");
    }

    /// Django's bad addresses (`tests/utils_tests/test_http.py`), and more of their kind.
    #[test]
    fn whatever_could_leave_the_site_is_refused() {
        for bad in [
            "http://evil.com",
            "http:///evil.com",
            "https://evil.com",
            "ftp://evil.com",
            r"\\evil.com",
            r"\\\evil.com",
            r"\\//evil.com",
            r"\\\//evil.com",
            r"\evil.com",
            "//evil.com",
            "///evil.com",
            "/\\evil.com",
            "http:/\\//evil.com",
            "http:\\/evil.com",
            "http:/\\evil.com",
            "javascript:alert(\"XSS\")",
            "\njavascript:alert(x)",
            "java\nscript:alert(x)",
            "\x08//evil.com",
            r"http://otherserver\@example.com",
            r"http:\\testserver\@example.com",
            r"http://testserver\me:pass@example.com",
            r"http://testserver\@example.com",
            r"http:\\testserver\confirm\me@example.com",
            "http:999999999",
            "ftp:9999999999",
            "\n",
            "http://[2001:cdba:0000:0000:0000:0000:3257:9652/",
            "http://2001:cdba:0000:0000:0000:0000:3257:9652]/",
            "",
            " ",
            "//",
            "/.//evil.com",
            "/..//evil.com",
            "/a/../..//evil.com",
            "/%2e//evil.com",
            "https://example.com.evil.com/",
            "https://example.com@evil.com/",
            "https://me:x@example.com/",
            "http://example.com/",
            "https:example.com",
            "profile",
            "?a=b",
            "/\t/evil.com",
            "/\r\nSet-Cookie: a=b",
            "/\u{200b}/evil.com",
            "\u{ff0f}\u{ff0f}evil.com",
            "/\u{2028}evil",
            "/\0",
            "data:text/html,x",
            "vbscript:x",
            "https://example.com:444/",
            "/\u{a0}/evil.com",
        ] {
            assert_eq!(next(bad), None, "{bad:?}");
        }
        assert_eq!(next(&format!("/{}", "a".repeat(2_000))), None);
    }
}
