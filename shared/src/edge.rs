//! The way in through `CloudFront`: whose address a request has, to which host it was sent, and that it came that way.
//!
//! Behind a distribution the gateway sees `CloudFront`'s addresses, which many visitors share, so that every limit of a
//! network would be theirs together, and the name of the gateway where the visitor's browser had the site's. The
//! distribution therefore says whose request it is, and what host they named, in headers of ours, which it overwrites
//! whatever the visitor has sent, and proves itself by a secret in another one. Without the secret the headers are
//! anybody's, and so is the way: the gateway's own address is open to the world, and who came by it would have as many
//! networks as they like.

use std::net::IpAddr;

use http::header::HOST;
use http::{HeaderName, HeaderValue};

use crate::config::Origin;
use crate::request::Request;
use crate::secret::{Secret, same};

/// Whose request it is: an address alone, written by the distribution's function.
pub const VIEWER: HeaderName = HeaderName::from_static("x-viewer-address");
/// What host they named, written by the same.
pub const VIEWER_HOST: HeaderName = HeaderName::from_static("x-viewer-host");
/// What only the distribution knows.
pub const SECRET: HeaderName = HeaderName::from_static("x-origin-secret");

/// Takes a request to `site` as it came through the distribution that knows one of `secrets`; where there are none, as it
/// is, sent to the host that it names.
///
/// # Errors
/// The request, when it did not come that way.
pub(crate) fn admit(secrets: &[Secret], site: &Origin, mut request: Request) -> Result<Request, Box<Request>> {
    // Nobody behind this needs them, and none shall be logged or shown.
    let secret = request.headers.remove(SECRET);
    let viewer = request.headers.remove(VIEWER);
    let viewer_host = request.headers.remove(VIEWER_HOST);
    if secrets.is_empty() {
        request.host = request.headers.get(HOST).and_then(|host| read_host(host, site)).unwrap_or_default();
        return Ok(request);
    }
    let told = secret.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
    // Each is compared, so that the time does not tell which of them it was.
    let known = secrets.iter().fold(false, |known, ours| same(ours.expose().as_bytes(), told) | known);
    if !known {
        return Err(Box::new(request));
    }
    // What is no address says nothing: then it counts with all that come from the same edge, which limits more, not less.
    let viewer = viewer.as_ref().and_then(|viewer| viewer.to_str().ok()?.trim().parse::<IpAddr>().ok());
    if let Some(viewer) = viewer {
        request.source_ip = viewer.to_string();
    }
    // Host is the gateway's own here. A distribution that does not say names no host, and so none that opens anything.
    request.host = viewer_host.and_then(|host| read_host(&host, site)).unwrap_or_default();
    Ok(request)
}

/// A host as it is compared: as a browser would write it, reaching it by the scheme of `site`. What no browser writes is
/// none: there are many ways to spell one host in an address.
fn read_host(header: &HeaderValue, site: &Origin) -> Option<String> {
    let text = header.to_str().ok()?.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    let scheme = if site.is_https() { "https" } else { "http" };
    let origin = Origin::parse(&format!("{scheme}://{text}")).filter(|_| plain)?;
    Some(origin.authority().to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

    fn request(headers: &[(HeaderName, &str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        Request { headers: map, source_ip: "130.176.0.1".to_owned(), ..Request::sample() }
    }

    fn site() -> Origin {
        Origin::parse("https://example.com").unwrap()
    }

    #[test]
    fn the_viewers_address_is_taken_from_who_knows_the_secret() {
        let secrets = [Secret::new("new"), Secret::new("old")];
        for known in ["new", "old"] {
            for (viewer, address) in [
                ("203.0.113.7", "203.0.113.7"),
                (" 203.0.113.7 ", "203.0.113.7"),
                ("2001:db8::7", "2001:db8::7"),
                ("2001:DB8:0::7", "2001:db8::7"),
                ("", "130.176.0.1"),
                ("unknown", "130.176.0.1"),
                ("203.0.113.7:443", "130.176.0.1"),
                ("203.0.113.7, 198.51.100.1", "130.176.0.1"),
                ("203.0.113.7; DROP TABLE", "130.176.0.1"),
            ] {
                let admitted = admit(&secrets, &site(), request(&[(SECRET, known), (VIEWER, viewer)])).unwrap();
                assert_eq!(admitted.source_ip, address, "{viewer}");
                assert!(admitted.headers.is_empty(), "neither goes further");
            }
        }
        assert_eq!(admit(&secrets, &site(), request(&[(SECRET, "new")])).unwrap().source_ip, "130.176.0.1");
    }

    #[test]
    fn who_does_not_know_it_is_not_let_in() {
        let secrets = [Secret::new("secret")];
        for told in [None, Some(""), Some("secre"), Some("secrets"), Some("SECRET"), Some("secret, secret")] {
            let mut headers = vec![(VIEWER, "203.0.113.7")];
            headers.extend(told.map(|told| (SECRET, told)));
            assert_eq!(admit(&secrets, &site(), request(&headers)).unwrap_err().source_ip, "130.176.0.1", "{told:?}");
        }
    }

    #[test]
    fn without_a_secret_the_header_says_nothing() {
        let admitted = admit(&[], &site(), request(&[(VIEWER, "203.0.113.7"), (SECRET, "")])).unwrap();
        assert_eq!(admitted.source_ip, "130.176.0.1");
    }

    #[test]
    fn the_host_is_the_distributions_to_say_where_there_is_one() {
        let secrets = [Secret::new("secret")];
        let sent = |named: &str| {
            let gateway = "abc.execute-api.us-east-1.amazonaws.com";
            let headers =
                [(SECRET, "secret"), (HOST, gateway), (VIEWER_HOST, named), (FORWARDED_HOST, "admin.example.com")];
            admit(&secrets, &site(), request(&headers)).unwrap()
        };
        for (named, host) in [
            ("admin.example.com", "admin.example.com"),
            ("Admin.EXAMPLE.com", "admin.example.com"),
            ("admin.example.com:443", "admin.example.com"),
            ("admin.example.com:8443", "admin.example.com:8443"),
            ("admin.example.com.", "admin.example.com."),
            ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
            ("", ""),
            ("admin.example.com/", ""),
            ("admin.example.com\\", ""),
            ("admin.example.com?", ""),
            ("@admin.example.com", ""),
            ("www.example.com, admin.example.com", ""),
            ("%61dmin.example.com", ""),
            ("admin.example.com:99999", ""),
        ] {
            let admitted = sent(named);
            assert_eq!(admitted.host, host, "{named}");
            assert!(!admitted.headers.contains_key(VIEWER_HOST), "it goes no further");
        }
        let silent = request(&[(SECRET, "secret"), (HOST, "admin.example.com")]);
        assert_eq!(admit(&secrets, &site(), silent).unwrap().host, "", "an older distribution names none");
        let past = request(&[(SECRET, "guessed"), (HOST, "admin.example.com"), (VIEWER_HOST, "admin.example.com")]);
        assert_eq!(admit(&secrets, &site(), past).unwrap_err().host, "");
    }

    #[test]
    fn without_one_it_is_the_requests_own() {
        for (site, host, expected) in [
            ("https://example.com", "Example.com", "example.com"),
            ("https://example.com", "example.com:443", "example.com"),
            ("https://example.com", "example.com:80", "example.com:80"),
            ("http://localhost:8000", "admin.localhost:8000", "admin.localhost:8000"),
            ("http://localhost", "admin.localhost:80", "admin.localhost"),
        ] {
            let headers = [(HOST, host), (VIEWER_HOST, "evil.example"), (FORWARDED_HOST, "evil.example")];
            let admitted = admit(&[], &Origin::parse(site).unwrap(), request(&headers)).unwrap();
            assert_eq!(admitted.host, expected, "{site} {host}");
            assert!(!admitted.headers.contains_key(VIEWER_HOST));
        }
        assert_eq!(admit(&[], &site(), request(&[])).unwrap().host, "");
    }
}
