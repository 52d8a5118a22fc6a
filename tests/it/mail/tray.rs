//! The tray of one machine: what it shows, and to whom.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::{reset, site};
use crate::site::Site;

async fn with_a_mail() -> Site {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    site.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
    site.amend(&kim.id, "first_name", json!({ "S": "<script>alert(1)</script>" }));
    site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    site
}

#[tokio::test]
async fn the_newest_mail_is_first_and_each_can_be_read() {
    let site = with_a_mail().await;
    site.member("lee@example.com").await;
    site.promise(reset("lee@example.com")).await;
    site.deliver_mail().await;
    let mut person = site.visitor();
    let list = person.get("/__local/mail").await;
    assert_eq!(list.status, 200);
    let text = list.text();
    assert!(text.find("lee@example.com").unwrap() < text.find("kim@example.com").unwrap(), "{text}");
    let mail = person.get("/__local/mail/1").await.text();
    assert!(mail.contains("Set a new password for Portico") && mail.contains("Auto-Submitted"), "{mail}");
    assert!(mail.contains("<iframe") && mail.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert!(mail.contains("<a href=\"http:&#x2f;&#x2f;localhost:8000&#x2f;password&#x2f;reset&#x2f;"), "{mail}");
    assert!(!mail.contains("<script"), "{mail}");
    let html = person.get("/__local/mail/1/html").await;
    assert!(html.text().contains("<base target=\"_blank\">") && html.text().contains("&lt;script&gt;"));
    let raw = person.get("/__local/mail/1/raw").await;
    assert!(raw.header("content-type").starts_with("text/plain") && raw.text().contains("\r\nSubject: "));
    for missing in
        ["/__local/mail/7", "/__local/mail/x", "/__local/mail/1/x", "/__local/mail/1/html/x", "/__local/mail/"]
    {
        assert_eq!(person.get(missing).await.status, 404, "{missing}");
    }
    assert_eq!(person.get("/__local/mailx").await.status, 404);
}

#[tokio::test]
async fn a_program_reads_json() {
    let site = with_a_mail().await;
    let mut program = site.program();
    let list = program.get("/__local/mail").await.json();
    assert_eq!(list["mails"][0]["to"], "kim@example.com");
    let mail = program.get("/__local/mail/1").await.json();
    assert_eq!(mail["subject"], "Set a new password for Portico");
    assert_eq!(mail["from"], "Portico <webmaster@localhost>", "Django's default, while the template names nobody");
    assert!(mail["text"].as_str().unwrap().contains("/password/reset/"));
    assert_eq!(mail, list["mails"][0]);
}

#[tokio::test]
async fn what_is_in_a_mail_runs_nothing_and_no_other_site_sees_it() {
    let site = with_a_mail().await;
    let mut person = site.visitor();
    for path in ["/__local/mail", "/__local/mail/1", "/__local/mail/1/html", "/__local/mail/1/raw"] {
        let answer = person.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(policy.contains("; sandbox allow-popups"), path.ends_with("html"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert!(answer.header("set-cookie").is_empty());
        // A name of somebody else's that leads to this machine (DNS rebinding).
        for host in ["evil.example", "evil.example:8000", "localhost.evil.example:8000", "a@localhost"] {
            let foreign = person.send(Method::GET, path, &[("host", host)], Bytes::default()).await;
            assert_eq!(foreign.status, 403, "{path} under {host}");
        }
    }
    for host in ["127.0.0.1:8000", "[::1]:8000", "localhost"] {
        assert_eq!(person.send(Method::GET, "/__local/mail", &[("host", host)], Bytes::default()).await.status, 200);
    }
}

#[tokio::test]
async fn only_the_page_itself_clears_the_tray() {
    let site = with_a_mail().await;
    let mut person = site.visitor();
    let clear = "/__local/mail/clear";
    assert_eq!(person.get(clear).await.status, 404);
    for headers in [
        [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")],
        [("origin", "http://localhost:9000"), ("sec-fetch-site", "same-site")],
        [("origin", "null"), ("sec-fetch-site", "same-origin")],
        [("origin", "http://localhost:8000"), ("sec-fetch-site", "none")],
    ] {
        assert_eq!(person.send(Method::POST, clear, &headers, Bytes::default()).await.status, 403, "{headers:?}");
    }
    assert_eq!(site.mails().len(), 1);
    let own = [("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")];
    let cleared = person.send(Method::POST, clear, &own, Bytes::default()).await;
    assert_eq!((cleared.status.as_u16(), cleared.header("location")), (303, "/__local/mail"));
    assert_eq!(site.mails().len(), 0);
    assert!(person.get("/__local/mail").await.text().contains("Nothing yet"));
    assert_eq!(person.get("/__local/mail/1").await.status, 404);
    assert_eq!(person.post_raw("/__local/mail", "text/plain", "x").await.status, 405);
}

#[tokio::test]
async fn the_tray_takes_mail_from_the_site_alone() {
    let site = site().await;
    let raw = "RnJvbTogYQ0KDQp4";
    let body =
        json!({ "Destination": { "ToAddresses": ["x@y.z"] }, "Content": { "Raw": { "Data": raw } } }).to_string();
    let url = format!("{}/v2/email/outbound-emails", site.stack.ses_url());
    let answer = crate::site::s3::send(Method::POST, &url, &[("content-type", "text/plain")], body.clone()).await;
    assert_eq!(answer.status, 403);
    let own = [("authorization", "AWS4-HMAC-SHA256 Credential=LOCALPORTICO/20250701/us-east-1/ses/aws4_request")];
    for (bad, status) in [("{}", 400), ("x", 400), (&*body.replace(raw, "!"), 400), (&*body.replace("x@y.z", ""), 200)]
    {
        assert_eq!(crate::site::s3::send(Method::POST, &url, &own, bad.to_owned()).await.status, status, "{bad}");
    }
    assert_eq!(crate::site::s3::send(Method::GET, &url, &own, "").await.status, 404);
    assert_eq!(crate::site::s3::send(Method::POST, &url, &own, body).await.status, 200);
    assert_eq!(site.mails().last().unwrap().recipients, ["x@y.z"]);
}
