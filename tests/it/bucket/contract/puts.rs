//! Presigned PUT: a whole object.

use aws_sdk_s3::presigning::PresigningConfig;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use portico::media::{PresignedPut, Sending};

use super::{BUCKET, Place, code, forged, in_seconds, now, put, put_with, sum, text, with_parameter};
use crate::site::s3;

fn signed(place: &Place, sending: &Sending<'_>, at: Timestamp) -> PresignedPut {
    place.media.presign_put(sending, at).unwrap()
}

fn hello(key: &str) -> Sending<'_> {
    Sending { size: 5..=5, ..text(key, 5) }
}

pub(crate) async fn a_put_takes_what_was_signed(place: &Place) {
    for name in ["plain", "odd name ü+&=%2F.txt"] {
        let key = place.key(name);
        let signed = signed(place, &hello(&key), now());
        for body in ["hello", "world"] {
            let answer = put(&signed, body.as_bytes()).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            assert!(answer.header("etag").starts_with('"'));
            let stored = place.stored(&key).await;
            assert_eq!(stored, Some((body.as_bytes().to_vec(), "text/plain".to_owned())), "{name}");
        }
    }
}

pub(crate) async fn a_put_takes_nothing_else(place: &Place) {
    let (key, other, secret) = (place.key("a"), place.key("b"), place.key("secret"));
    place.media.store(&secret, b"other".to_vec(), "text/plain").await.unwrap();
    let signed = signed(place, &hello(&key), now());
    let at = |url: String| PresignedPut { url, headers: signed.headers.clone() };
    let source = format!("/{BUCKET}/{secret}");
    for (case, signed, body, changes) in [
        ("nothing", at(signed.url.clone()), "", [("", "")].as_slice()),
        ("less", at(signed.url.clone()), "hell", &[]),
        ("more", at(signed.url.clone()), "hello!", &[]),
        ("another type", at(signed.url.clone()), "hello", &[("Content-Type", "text/html")]),
        ("no type", at(signed.url.clone()), "hello", &[("Content-Type", "")]),
        ("another key", at(signed.url.replace("/a?", "/b?")), "hello", &[]),
        ("another signature", at(forged(&signed.url)), "hello", &[]),
        ("a longer time", at(with_parameter(&signed.url, "X-Amz-Expires", "3600")), "hello", &[]),
        ("a later time", at(with_parameter(&signed.url, "X-Amz-Date", &stamp(60))), "hello", &[]),
        ("fewer headers", at(with_parameter(&signed.url, "X-Amz-SignedHeaders", "host")), "hello", &[]),
        ("a part of something", at(format!("{}&partNumber=1&uploadId=x", signed.url)), "hello", &[]),
        ("a list of rights", at(format!("{}&acl=", signed.url)), "hello", &[]),
        ("no signature", at(signed.url.split('?').next().unwrap().to_owned()), "hello", &[]),
        ("somebody's object", at(signed.url.clone()), "hello", &[("x-amz-copy-source", &*source)]),
        ("metadata", at(signed.url.clone()), "hello", &[("x-amz-meta-owner", "me")]),
        ("rights", at(signed.url.clone()), "hello", &[("x-amz-acl", "public-read")]),
    ] {
        let changes: Vec<_> = changes.iter().copied().filter(|(name, _)| !name.is_empty()).collect();
        let answer = put_with(&signed, body.as_bytes(), &changes).await;
        assert_eq!(answer.status, 403, "{case}: {}", answer.text());
        place.holds(&key, None, case).await;
        place.holds(&other, None, case).await;
    }
    for method in [Method::GET, Method::DELETE, Method::POST] {
        let answer = s3::send(method.clone(), &signed.url, &[("Content-Type", "text/plain")], "hello").await;
        assert!(matches!(answer.status.as_u16(), 403 | 405), "{method}: {}", answer.text());
    }
    place.holds(&key, None, "another method").await;
}

pub(crate) async fn a_put_ends(place: &Place) {
    let key = place.key("a");
    let before = now() - SignedDuration::from_mins(10);
    let over = Sending { expires: in_seconds(-60), ..hello(&key) };
    let answer = put(&signed(place, &over, before), b"hello").await;
    assert_eq!((answer.status.as_u16(), &*code(&answer)), (403, "AccessDenied"), "{}", answer.text());
    place.holds(&key, None, "over").await;
    let still = Sending { expires: in_seconds(60), ..hello(&key) };
    assert_eq!(put(&signed(place, &still, before), b"hello").await.status, 200);
}

pub(crate) async fn a_put_holds_the_file_to_its_checksum(place: &Place) {
    let (key, sum) = (place.key("a"), sum());
    let signed = signed(place, &Sending { sha256: Some(&sum), ..hello(&key) }, now());
    let wrong = put(&signed, b"jello").await;
    assert_eq!((wrong.status.as_u16(), &*code(&wrong)), (400, "BadDigest"), "{}", wrong.text());
    place.holds(&key, None, "what does not fit is not kept").await;
    assert_eq!(put(&signed, b"hello").await.status, 200);
    assert_eq!(put(&signed, b"jello").await.status, 400);
    // Of `jello`.
    let other = "GHybzuuRnhs+bSD6UOyr99nVC1ND6Pmj2RKrsTkpEC4=";
    for (case, changes) in
        [("no checksum", [("x-amz-checksum-sha256", "")]), ("another checksum", [("x-amz-checksum-sha256", other)])]
    {
        assert_eq!(put_with(&signed, b"jello", &changes).await.status, 403, "{case}");
    }
    place.holds(&key, Some("hello"), "what does not fit replaces nothing").await;
}

pub(crate) async fn a_put_of_something_new_takes_nothing_that_is_there(place: &Place) {
    let key = place.key("a");
    let request = place.client.put_object().bucket(BUCKET).key(&key).if_none_match("*");
    let age = PresigningConfig::expires_in(std::time::Duration::from_mins(5)).unwrap();
    let url = request.presigned(age).await.unwrap().uri().to_owned();
    let once = PresignedPut { url, headers: vec![("If-None-Match", "*".to_owned())] };
    assert_eq!(put_with(&once, b"zero", &[("If-None-Match", "")]).await.status, 403, "the condition is signed");
    assert_eq!(put(&once, b"one").await.status, 200);
    assert_eq!(put(&once, b"two").await.status, 412);
    place.holds(&key, Some("one"), "the first one stays").await;
}

fn stamp(seconds: i64) -> String {
    in_seconds(seconds).strftime("%Y%m%dT%H%M%SZ").to_string()
}
