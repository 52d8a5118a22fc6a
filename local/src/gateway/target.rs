//! What a request asks for and of whom: host, path and query out of any form of request target.

use http::{HeaderMap, Method, Version, header, request::Parts};
use percent_encoding::percent_decode_str;

use super::refusal::Refusal;

/// The parts of a request target.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Target {
    /// As sent, with its port where it has one.
    pub(super) host: String,
    /// As sent, percent-encoded: what routes are found by.
    pub(super) encoded_path: String,
    /// Percent-decoded: API Gateway's `rawPath`. Bytes that are not UTF-8 become U+FFFD.
    pub(super) path: String,
    /// As sent, without the `?`; empty where there is none.
    pub(super) query: String,
}

impl Target {
    /// An absolute-form target (`GET http://host/path`) overrides Host, as RFC 9112 (3.2.2) has it.
    /// Authority-form (CONNECT) and asterisk-form (`OPTIONS *`) name no path here and are refused.
    pub(super) fn read(parts: &Parts) -> Result<Self, Refusal> {
        if parts.method == Method::CONNECT {
            return Err(Refusal::BadRequest);
        }
        let host = match parts.uri.authority() {
            // A user name in a URL is for phishing; no client sends one.
            Some(authority) if authority.as_str().contains('@') => return Err(Refusal::BadRequest),
            Some(authority) => authority.to_string(),
            None => host(&parts.headers, parts.version)?,
        };
        let encoded_path = parts.uri.path().to_owned();
        if !encoded_path.starts_with('/') {
            return Err(Refusal::BadRequest);
        }
        let path = percent_decode_str(&encoded_path).decode_utf8_lossy().into_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { host, encoded_path, path, query })
    }

    /// The host without its port: API Gateway's `domainName`.
    pub(super) fn domain(&self) -> &str {
        match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &self.host,
        }
    }
}

/// The one Host header. Two of them, or none in HTTP/1.1, is how a request is made to mean one thing to
/// a proxy and another behind it.
fn host(headers: &HeaderMap, version: Version) -> Result<String, Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let host = host.to_str().map_err(|_| Refusal::BadRequest)?;
            let strange = |letter: char| letter.is_whitespace() || "/?#@,\\".contains(letter);
            if host.is_empty() || host.contains(strange) {
                return Err(Refusal::BadRequest);
            }
            Ok(host.to_owned())
        }
        (None, _) if version < Version::HTTP_11 => Ok("localhost".to_owned()),
        _ => Err(Refusal::BadRequest),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn read(request: http::request::Builder) -> Result<Target, Refusal> {
        Target::read(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_path_is_decoded_once_and_the_query_not_at_all() {
        let request = Request::get("/a%2520b/%ED%95%9C%3Fx?q=%20%2B").header("host", "localhost:8000");
        let target = read(request).unwrap();
        assert_eq!(target.path, "/a%20b/한?x");
        assert_eq!(target.query, "q=%20%2B");
        assert_eq!(target.domain(), "localhost");
    }

    #[test]
    fn an_absolute_form_target_overrides_the_host() {
        let target = read(Request::get("http://real.test:81/x?y").header("host", "other.test")).unwrap();
        assert_eq!((target.host.as_str(), target.path.as_str()), ("real.test:81", "/x"));
    }

    #[test]
    fn a_path_that_starts_with_two_slashes_is_a_path() {
        let target = read(Request::get("//evil.test/x").header("host", "a")).unwrap();
        assert_eq!((target.host.as_str(), target.path.as_str()), ("a", "//evil.test/x"));
    }

    #[test]
    fn odd_targets_and_hosts_are_refused() {
        let host = |value: &str| Request::get("/").header("host", value);
        for request in [
            Request::connect("a:443").header("host", "a"),
            Request::options("*").header("host", "a"),
            Request::get("http://user@a/"),
            Request::get("/"),
            host("a").header("host", "a"),
            host(""),
            host("a/b"),
            host("a, b"),
        ] {
            assert_eq!(read(request), Err(Refusal::BadRequest));
        }
    }

    #[test]
    fn an_ipv6_host_keeps_its_colons() {
        let target = read(Request::get("/").header("host", "[::1]:8000")).unwrap();
        assert_eq!(target.domain(), "[::1]");
    }
}
