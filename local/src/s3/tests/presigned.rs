//! Presigned URLs, as a browser uses them.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};

use super::{Answer, Running, start};

const HOUR: Duration = Duration::from_hours(1);

fn target(url: &str) -> &str {
    &url[url.match_indices('/').nth(2).unwrap().0..]
}

async fn put_url(s3: &Running, config: PresigningConfig) -> PresignedRequest {
    let put = s3.client.put_object().bucket("media").key("incoming/a").content_type("image/png").content_length(5);
    put.presigned(config).await.unwrap()
}

async fn send(s3: &Running, url: &str, kind: &str, body: &[u8], more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("Content-Type", kind)];
    headers.extend(more);
    s3.send("PUT", target(url), &headers, body).await
}

#[tokio::test]
async fn a_presigned_put_takes_exactly_what_was_signed() {
    let s3 = start().await;
    let url = put_url(&s3, PresigningConfig::expires_in(HOUR).unwrap()).await;
    let url = url.uri();
    assert_eq!(send(&s3, url, "text/html", b"hello", &[]).await.code(), "SignatureDoesNotMatch");
    assert_eq!(send(&s3, url, "image/png", b"hello!", &[]).await.code(), "SignatureDoesNotMatch");
    let bare = s3.send("PUT", target(url), &[], b"hello").await;
    assert_eq!((bare.status, bare.code()), (403, "SignatureDoesNotMatch"));
    let other = url.replace("incoming/a", "incoming/b");
    assert_eq!(send(&s3, &other, "image/png", b"hello", &[]).await.code(), "SignatureDoesNotMatch");
    assert_eq!(send(&s3, url, "image/png", b"hello", &[]).await.status, 200);
    // As on S3, the URL is good until it expires.
    assert_eq!(send(&s3, url, "image/png", b"world", &[]).await.status, 200);
    assert_eq!(s3.text("incoming/a").await, "world");
}

#[tokio::test]
async fn a_signed_if_none_match_makes_a_presigned_put_work_once() {
    let s3 = start().await;
    let put = s3.client.put_object().bucket("media").key("a").if_none_match("*");
    let url = put.presigned(PresigningConfig::expires_in(HOUR).unwrap()).await.unwrap();
    let put = |headers: &'static [(&str, &str)]| s3.send("PUT", target(url.uri()), headers, b"x");
    assert_eq!(put(&[]).await.code(), "SignatureDoesNotMatch");
    assert_eq!(put(&[("If-None-Match", "*")]).await.status, 200);
    let again = put(&[("If-None-Match", "*")]).await;
    assert_eq!((again.status, again.code()), (412, "PreconditionFailed"));
}

#[tokio::test]
async fn an_unsigned_amz_header_is_refused() {
    let s3 = start().await;
    s3.put("secret", "secret").await;
    let put = s3.client.put_object().bucket("media").key("mine");
    let url = put.presigned(PresigningConfig::expires_in(HOUR).unwrap()).await.unwrap();
    for header in [("x-amz-copy-source", "/media/secret"), ("x-amz-meta-owner", "root")] {
        let refused = s3.send("PUT", target(url.uri()), &[header], b"").await;
        assert_eq!((refused.status, refused.code()), (403, "AccessDenied"));
    }
    assert!(s3.client.head_object().bucket("media").key("mine").send().await.is_err());
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let s3 = start().await;
    let signed = |age: Duration| {
        PresigningConfig::builder().start_time(SystemTime::now() - age).expires_in(HOUR).build().unwrap()
    };
    let late = put_url(&s3, signed(HOUR + Duration::from_secs(2))).await;
    let late = send(&s3, late.uri(), "image/png", b"hello", &[]).await;
    assert_eq!((late.status, late.code()), (403, "AccessDenied"));
    let just = put_url(&s3, signed(HOUR / 2)).await;
    assert_eq!(send(&s3, just.uri(), "image/png", b"hello", &[]).await.status, 200);
}

#[tokio::test]
async fn a_presigned_get_overrides_the_headers() {
    let s3 = start().await;
    s3.put("a", "<b>").await;
    let get = s3.client.get_object().bucket("media").key("a").response_content_type("image/png");
    let get = get.response_content_disposition("attachment; filename=\"a.png\"").response_cache_control("private");
    let url = get.presigned(PresigningConfig::expires_in(HOUR).unwrap()).await.unwrap();
    let got = s3.send("GET", target(url.uri()), &[], b"").await;
    assert_eq!((got.status, got.body.as_str()), (200, "<b>"));
    assert_eq!(got.header("content-type"), Some("image/png"));
    assert_eq!(got.header("content-disposition"), Some("attachment; filename=\"a.png\""));
    assert_eq!(got.header("cache-control"), Some("private"));
    let tampered = url.uri().replace("image%2Fpng", "text%2Fhtml");
    assert_ne!(tampered, url.uri());
    let refused = s3.send("GET", target(&tampered), &[], b"").await;
    assert_eq!((refused.status, refused.code()), (403, "SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_presigned_head_overrides_the_headers_too() {
    let s3 = start().await;
    s3.put("a", "x").await;
    let url = s3.client.head_object().bucket("media").key("a").response_content_type("image/png");
    let url = url.presigned(PresigningConfig::expires_in(HOUR).unwrap()).await.unwrap();
    let got = s3.send("HEAD", target(url.uri()), &[], b"").await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("image/png")));
}

#[tokio::test]
async fn anonymous_and_foreign_requests_are_refused() {
    let s3 = start().await;
    s3.put("a", "x").await;
    for (method, target) in
        [("GET", "/media/a"), ("PUT", "/media/b"), ("DELETE", "/media/a"), ("GET", "/media"), ("GET", "/")]
    {
        let refused = s3.send(method, target, &[], b"").await;
        assert_eq!((refused.status, refused.code()), (403, "AccessDenied"), "{method} {target}");
    }
    let get = s3.client.get_object().bucket("media").key("a");
    let url = get.presigned(PresigningConfig::expires_in(HOUR).unwrap()).await.unwrap();
    let other = url.uri().replace(super::ACCESS_KEY, "AKIDOTHER");
    assert_eq!(s3.send("GET", target(&other), &[], b"").await.code(), "InvalidAccessKeyId");
    let old = s3.send("GET", "/media/a", &[("Authorization", "AWS AKIDLOCAL:c2lnbmF0dXJl")], b"").await;
    assert_eq!((old.status, old.code()), (400, "InvalidRequest"));
}
