//! Cross-origin requests.

use super::{Running, SITE, start};

async fn preflight(s3: &Running, target: &str, origin: &str, method: &str, asked: &str) -> super::Answer {
    let headers =
        [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", asked)];
    s3.send("OPTIONS", target, &headers, b"").await
}

#[tokio::test]
async fn a_preflight_by_the_rules_is_granted() {
    let s3 = start().await;
    let answer = preflight(&s3, "/media/incoming/a", SITE, "PUT", "Content-Type, x-amz-meta-owner").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(SITE));
    assert_eq!(answer.header("access-control-allow-methods"), Some("PUT, POST, GET"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type, x-amz-meta-owner"));
    assert_eq!(answer.header("access-control-expose-headers"), Some("ETag"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert_eq!(answer.header("vary"), Some("Origin, Access-Control-Request-Headers, Access-Control-Request-Method"));
}

#[tokio::test]
async fn a_preflight_against_the_rules_is_refused() {
    let s3 = start().await;
    for (target, origin, method, asked) in [
        ("/media/a", "http://evil.example", "PUT", "content-type"),
        ("/media/a", "http://localhost:80001", "PUT", "content-type"),
        ("/media/a", "null", "PUT", "content-type"),
        ("/media/a", SITE, "DELETE", "content-type"),
        ("/media/a", SITE, "PUT", "content-type, x-amz-copy-source"),
        ("/plain/a", SITE, "PUT", "content-type"),
        ("/nowhere/a", SITE, "PUT", "content-type"),
    ] {
        let answer = preflight(&s3, target, origin, method, asked).await;
        assert_eq!((answer.status, answer.code()), (403, "AccessForbidden"), "{target} {origin} {method} {asked}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(s3.send("OPTIONS", "/media/a", &[], b"").await.status, 400);
}

#[tokio::test]
async fn even_an_error_may_be_read_by_the_site() {
    let s3 = start().await;
    let answer = s3.send("GET", "/media/a", &[("Origin", SITE)], b"").await;
    assert_eq!((answer.status, answer.code()), (403, "AccessDenied"));
    assert_eq!(answer.header("access-control-allow-origin"), Some(SITE));
    assert_eq!(answer.header("access-control-expose-headers"), Some("ETag"));
    assert!(answer.header("x-amz-request-id").is_some());
    let other = s3.send("GET", "/media/a", &[("Origin", "http://evil.example")], b"").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
}
