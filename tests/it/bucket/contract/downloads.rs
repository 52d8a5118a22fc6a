//! Presigned GET: what a browser is shown, and what it keeps.

use http::Method;
use jiff::SignedDuration;
use portico::media::ContentDisposition;

use super::{Place, code, forged, now, with_parameter};
use crate::site::s3;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(crate) async fn a_download_is_as_it_was_signed(place: &Place) {
    let key = place.key("odd name ü+&=.bin");
    place.media.store(&key, b"<script>".to_vec(), "text/html").await.unwrap();
    for name in ["report.pdf", "보고서 100% \"a\"; b=c.pdf", "a\r\nX-Other: 1\0../b.pdf", &"가".repeat(1_000)] {
        let disposition = ContentDisposition::attachment(name);
        let url = place
            .media
            .signed_download(&key, &disposition, "application/pdf", &http::Method::GET, MINUTE, now())
            .unwrap();
        let answer = s3::get(&url).await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, "<script>"), "{name:?}");
        assert_eq!(answer.header("content-disposition"), disposition.as_str());
        assert_eq!(answer.header("content-type"), "application/pdf");
        assert_eq!(answer.header("cache-control"), "private, max-age=60");
        assert_eq!(answer.header("x-other"), "");
    }
    let shown = s3::get(&place.media.signed_url(&key, now()).unwrap()).await;
    assert_eq!((shown.status.as_u16(), shown.header("content-disposition")), (200, "inline"));

    let disposition = ContentDisposition::attachment("a.pdf");
    let url =
        place.media.signed_download(&key, &disposition, "application/pdf", &http::Method::GET, MINUTE, now()).unwrap();
    for (case, url) in [
        ("shown in place", with_parameter(&url, "response-content-disposition", "inline")),
        ("as a page", with_parameter(&url, "response-content-type", "text%2Fhtml")),
        ("kept for longer", with_parameter(&url, "response-cache-control", "public")),
        ("with a language", format!("{url}&response-content-language=ko")),
        ("another key", url.replace(".bin?", ".txt?")),
        ("another signature", forged(&url)),
        ("no signature", url.split('?').next().unwrap().to_owned()),
    ] {
        let answer = s3::get(&url).await;
        assert_eq!(answer.status, 403, "{case}: {}", answer.text());
    }
}

pub(crate) async fn a_download_ends_and_is_for_reading_alone(place: &Place) {
    let key = place.key("a");
    place.media.store(&key, b"hello".to_vec(), "text/plain").await.unwrap();
    let disposition = ContentDisposition::inline("a.txt");
    let signed = |ago| {
        place.media.signed_download(&key, &disposition, "text/plain", &http::Method::GET, MINUTE, now() - ago).unwrap()
    };
    assert_eq!(s3::get(&signed(SignedDuration::from_secs(50))).await.status, 200);
    let over = s3::get(&signed(SignedDuration::from_secs(70))).await;
    assert_eq!((over.status.as_u16(), &*code(&over)), (403, "AccessDenied"), "{}", over.text());
    for method in [Method::PUT, Method::DELETE, Method::POST] {
        let answer = s3::send(method.clone(), &signed(SignedDuration::ZERO), &[], "other").await;
        assert!(matches!(answer.status.as_u16(), 403 | 405), "{method}: {}", answer.text());
    }
    place.holds(&key, Some("hello"), "for reading").await;
}

pub(crate) async fn a_look_at_a_file_is_signed_as_one(place: &Place) {
    let key = place.key("a");
    place.media.store(&key, b"hello".to_vec(), "text/plain").await.unwrap();
    let disposition = ContentDisposition::attachment("a.pdf");
    let signed = |key: &str, method: &Method| {
        place.media.signed_download(key, &disposition, "application/pdf", method, MINUTE, now()).unwrap()
    };
    let (look, read) = (signed(&key, &Method::HEAD), signed(&key, &Method::GET));
    let answer = s3::send(Method::HEAD, &look, &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), "5");
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("content-disposition"), disposition.as_str());
    assert_eq!(s3::get(&look).await.status, 403, "it is not for reading");
    assert_eq!(s3::send(Method::HEAD, &read, &[], "").await.status, 403);
    let part = s3::send(Method::GET, &read, &[("range", "bytes=1-3")], "").await;
    assert_eq!((part.status.as_u16(), &*part.text()), (206, "ell"), "a player asks for ranges");
    for method in [Method::HEAD, Method::GET] {
        let answer = s3::send(method.clone(), &signed(&place.key("none"), &method), &[], "").await;
        assert_eq!(answer.status, 404, "{method}");
    }
}
