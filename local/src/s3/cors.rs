//! Cross-origin requests, answered by a bucket's rules as S3 answers them.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::options::CorsRule;

/// What a browser tells of a cross-origin request.
#[derive(Clone, Debug)]
pub(crate) struct CrossOrigin {
    origin: String,
    method: String,
    /// The headers a preflight asks for, as written.
    headers: Option<String>,
}

impl CrossOrigin {
    /// The origin of an actual request; `None` when there is none.
    pub(crate) fn of_request(method: &http::Method, headers: &HeaderMap) -> Option<Self> {
        let origin = text(headers, ORIGIN)?;
        Some(Self { origin, method: method.as_str().to_owned(), headers: None })
    }

    /// What a preflight asks for; `None` when it says too little.
    pub(crate) fn of_preflight(headers: &HeaderMap) -> Option<Self> {
        Some(Self {
            origin: text(headers, ORIGIN)?,
            method: text(headers, ACCESS_CONTROL_REQUEST_METHOD)?,
            headers: text(headers, ACCESS_CONTROL_REQUEST_HEADERS),
        })
    }

    /// Adds what the first matching rule allows. `false` when no rule matches.
    pub(crate) fn allow(&self, rules: &[CorsRule], response: &mut HeaderMap) -> bool {
        let Some((rule, origin)) = rules.iter().find_map(|rule| Some((rule, self.matching_origin(rule)?))) else {
            return false;
        };
        // An origin that was let in by a bare `*` is not named, and may not send cookies.
        let any = origin == "*";
        set(response, ACCESS_CONTROL_ALLOW_ORIGIN, if any { "*" } else { &self.origin });
        if !any {
            set(response, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        set(response, ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
        if let Some(headers) = &self.headers {
            set(response, ACCESS_CONTROL_ALLOW_HEADERS, &headers.to_ascii_lowercase());
        }
        if !rule.exposed_headers.is_empty() {
            set(response, ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed_headers.join(", "));
        }
        if let Some(seconds) = rule.max_age {
            response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
        vary(response);
        true
    }

    fn matching_origin<'a>(&self, rule: &'a CorsRule) -> Option<&'a str> {
        if !rule.allowed_methods.contains(&self.method) {
            return None;
        }
        let asked = self.headers.iter().flat_map(|headers| headers.split(',')).map(str::trim);
        for header in asked.filter(|header| !header.is_empty()) {
            let header = header.to_ascii_lowercase();
            if !rule.allowed_headers.iter().any(|allowed| wildcard(&allowed.to_ascii_lowercase(), &header)) {
                return None;
            }
        }
        rule.allowed_origins.iter().find(|allowed| wildcard(allowed, &self.origin)).map(String::as_str)
    }
}

/// A cache must not give one origin's answer to another.
fn vary(response: &mut HeaderMap) {
    const NAMES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    response.append(VARY, HeaderValue::from_static(NAMES));
}

/// Whether `text` is `pattern`, in which one `*` stands for anything.
fn wildcard(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_stands_for_anything_and_only_once() {
        assert!(wildcard("*", "http://a"));
        assert!(wildcard("http://*.example.com", "http://a.example.com"));
        assert!(!wildcard("http://*.example.com", "http://example.com"));
        assert!(!wildcard("http://a", "http://a.evil"));
        assert!(!wildcard("ab*ba", "aba"));
    }
}
