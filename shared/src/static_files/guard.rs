//! What every answer with a static file carries, whatever its status: that it is what it says, runs nothing by itself, and
//! who may embed it.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::config::Config;

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// An error is kept by nobody: the file may be there with the next deployment.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The headers, computed once. CloudFront adds the same ones where the bucket serves (`StaticHeaders` of the template).
#[derive(Debug, Clone)]
pub struct Guard(HeaderMap);

impl Default for Guard {
    /// For files that are served where the pages are.
    fn default() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CORP, HeaderValue::from_static("same-origin"));
        // An SVG or HTML among them, opened by itself, runs nothing.
        let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        Self(headers)
    }
}

impl Guard {
    /// As the settings say. Where `STATIC_URL` is another origin than the pages', those may embed the files, and read
    /// them: a browser asks for fonts and modules of another origin by CORS. It is the pages' origin alone, so nothing
    /// varies by who asks.
    pub fn new(config: &Config) -> Self {
        let mut guard = Self::default();
        let pages = config.public_url.as_str();
        let elsewhere = config.static_files.url.origin().is_some_and(|origin| origin != pages);
        if let (true, Ok(pages)) = (elsewhere, HeaderValue::from_str(pages)) {
            guard.0.insert(CORP, HeaderValue::from_static("cross-origin"));
            guard.0.insert(ACCESS_CONTROL_ALLOW_ORIGIN, pages);
        }
        guard
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.0
    }

    /// An answer that is no file: a few words, kept by nobody.
    pub fn plain(&self, status: StatusCode, text: &'static str) -> Response<Bytes> {
        let mut response = self.empty(status, &NO_STORE);
        let headers = response.headers_mut();
        if !text.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
        *response.body_mut() = Bytes::from_static(text.as_bytes());
        response
    }

    /// Leads on to `location`, with the query that was sent. 302 and 307, which a browser keeps as long as it is told and
    /// not for good: where a file is may be another place with the next deployment.
    pub fn redirect(&self, status: StatusCode, location: &str, query: &str, kept: &HeaderValue) -> Response<Bytes> {
        let mut response = self.empty(status, kept);
        let separator = if query.is_empty() { "" } else { "?" };
        if let Ok(location) = HeaderValue::from_str(&format!("{location}{separator}{query}")) {
            response.headers_mut().insert(LOCATION, location);
        }
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
        response
    }

    fn empty(&self, status: StatusCode, kept: &HeaderValue) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        *response.headers_mut() = self.0.clone();
        response.headers_mut().insert(CACHE_CONTROL, kept.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StaticUrl;

    #[test]
    fn another_origin_lets_the_pages_have_the_files_and_nobody_else() {
        let mut config = Config::sample();
        for (url, corp, allowed) in [
            ("/static/", "same-origin", None),
            ("https://example.com/static/", "same-origin", None),
            ("https://example.com:443/static/", "same-origin", None),
            ("https://cdn.example.com/", "cross-origin", Some("https://example.com")),
            ("http://example.com/static/", "cross-origin", Some("https://example.com")),
        ] {
            config.static_files.url = StaticUrl::parse(url).unwrap();
            let Guard(headers) = Guard::new(&config);
            assert_eq!(headers[CORP], corp, "{url}");
            let found = headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap());
            assert_eq!(found, allowed, "{url}");
        }
    }

    #[test]
    fn a_redirect_keeps_the_query() {
        let kept = HeaderValue::from_static("no-cache");
        let guard = Guard::default();
        let response = guard.redirect(StatusCode::FOUND, "./docs/", "v=1&b", &kept);
        assert_eq!(response.headers()[LOCATION], "./docs/?v=1&b");
        assert_eq!(guard.redirect(StatusCode::FOUND, "./", "", &kept).headers()[LOCATION], "./");
    }
}
