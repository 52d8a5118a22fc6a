//! The way in through `CloudFront`: whose address a request has, and that it came that way.
//!
//! Behind a distribution the gateway sees `CloudFront`'s addresses, which many visitors share, so that every limit of a
//! network would be theirs together. The distribution therefore says whose request it is in a header of ours, which it
//! overwrites whatever the visitor has sent, and proves itself by a secret in another one. Without the secret the header
//! is anybody's, and so is the way: the gateway's own address is open to the world, and who came by it would have as many
//! networks as they like.

use std::net::IpAddr;

use http::HeaderName;

use crate::request::Request;
use crate::secret::{Secret, same};

/// Whose request it is: an address alone, written by the distribution's function.
const VIEWER: HeaderName = HeaderName::from_static("x-viewer-address");
/// What only the distribution knows.
const SECRET: HeaderName = HeaderName::from_static("x-origin-secret");

/// Takes a request as it came through the distribution that knows one of `secrets`; as it is, where there are none.
///
/// # Errors
/// The request, when it did not come that way.
pub(crate) fn admit(secrets: &[Secret], mut request: Request) -> Result<Request, Box<Request>> {
    // Nobody behind this needs them, and neither shall be logged or shown.
    let secret = request.headers.remove(SECRET);
    let viewer = request.headers.remove(VIEWER);
    if secrets.is_empty() {
        return Ok(request);
    }
    let told = secret.as_ref().map(http::HeaderValue::as_bytes).unwrap_or_default();
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
    Ok(request)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;

    fn request(headers: &[(HeaderName, &str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        Request {
            id: String::new(),
            method: Method::GET,
            path: "/".to_owned(),
            query: String::new(),
            headers: map,
            body: bytes::Bytes::new(),
            source_ip: "130.176.0.1".to_owned(),
        }
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
                let admitted = admit(&secrets, request(&[(SECRET, known), (VIEWER, viewer)])).unwrap();
                assert_eq!(admitted.source_ip, address, "{viewer}");
                assert!(admitted.headers.is_empty(), "neither goes further");
            }
        }
        assert_eq!(admit(&secrets, request(&[(SECRET, "new")])).unwrap().source_ip, "130.176.0.1");
    }

    #[test]
    fn who_does_not_know_it_is_not_let_in() {
        let secrets = [Secret::new("secret")];
        for told in [None, Some(""), Some("secre"), Some("secrets"), Some("SECRET"), Some("secret, secret")] {
            let mut headers = vec![(VIEWER, "203.0.113.7")];
            headers.extend(told.map(|told| (SECRET, told)));
            assert_eq!(admit(&secrets, request(&headers)).unwrap_err().source_ip, "130.176.0.1", "{told:?}");
        }
    }

    #[test]
    fn without_a_secret_the_header_says_nothing() {
        let admitted = admit(&[], request(&[(VIEWER, "203.0.113.7"), (SECRET, "")])).unwrap();
        assert_eq!(admitted.source_ip, "130.176.0.1");
    }
}
