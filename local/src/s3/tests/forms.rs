//! POST forms with signed policies, as a browser sends them.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::builder::{KEY, form};
use super::{SITE, iso, options, read, start, start_with};

#[tokio::test]
async fn a_form_within_its_policy_is_stored_and_announced() {
    let s3 = start().await;
    let answer = form().allow(json!({"x-amz-meta-owner": "7"})).field("x-amz-meta-owner", "7").sign().post(&s3).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{answer:?}");
    assert_eq!(answer.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert!(answer.header("location").unwrap().ends_with("/media/incoming/a%20b%2Bc.png"));
    assert_eq!(answer.header("access-control-allow-origin"), Some(SITE));
    let got = s3.client.get_object().bucket("media").key(KEY).send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/png"));
    assert_eq!(got.metadata().unwrap()["owner"], "7");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    let event = s3.server.events().next().await;
    assert_eq!((event.name.as_str(), event.key.as_str(), event.size), ("ObjectCreated:Post", KEY, 5));
}

#[tokio::test]
async fn a_file_of_the_wrong_size_is_refused() {
    let s3 = start().await;
    let large = form().file(b"123456789").sign().post(&s3).await;
    assert_eq!((large.status, large.code()), (400, "EntityTooLarge"));
    assert_eq!(large.header("access-control-allow-origin"), Some(SITE));
    let small = form().file(b"12").sign().post(&s3).await;
    assert_eq!((small.status, small.code()), (400, "EntityTooSmall"));
    for exact in [b"123".as_slice(), b"12345678"] {
        assert_eq!(form().file(exact).sign().post(&s3).await.status, 204);
    }
}

#[tokio::test]
async fn what_the_policy_does_not_allow_is_refused() {
    let s3 = start().await;
    let cases = [
        ("another key", form().field("key", "incoming/other").sign()),
        ("another type", form().field("Content-Type", "text/html").sign()),
        ("an unlisted field", form().field("acl", "public-read").sign()),
        ("an unlisted encryption field", form().field("x-amz-server-side-encryption", "AES256").sign()),
        ("a condition without its field", form().allow(json!({"x-amz-meta-owner": "7"})).sign()),
        ("an empty prefix without its field", form().allow(json!(["starts-with", "$x-amz-meta-owner", ""])).sign()),
        ("an unlisted header", form().field("x-amz-meta-x", "1").sign()),
    ];
    for (case, form) in cases {
        let answer = form.post(&s3).await;
        assert_eq!((answer.status, answer.code()), (403, "AccessDenied"), "{case}");
        assert!(answer.body.contains("Invalid according to Policy"), "{case}");
    }
    let elsewhere = form().sign().post_to(&s3, "/plain").await;
    assert_eq!((elsewhere.status, elsewhere.code()), (403, "AccessDenied"));
    let nowhere = form().sign().post_to(&s3, "/nowhere").await;
    assert_eq!((nowhere.status, nowhere.code()), (404, "NoSuchBucket"));
    assert!(s3.client.list_objects_v2().bucket("media").send().await.unwrap().contents().is_empty());
}

#[tokio::test]
async fn a_tampered_or_expired_policy_is_refused() {
    let s3 = start().await;
    let mut expired = form();
    expired.expires = SystemTime::now() - Duration::from_secs(1);
    let answer = expired.sign().post(&s3).await;
    assert_eq!((answer.status, answer.code()), (403, "AccessDenied"));
    assert!(answer.body.contains("Policy expired"));

    let signed = form().sign();
    let wider = json!({"expiration": iso(signed.expires), "conditions": [["starts-with", "$key", ""]]});
    let tampered = signed.field("policy", &STANDARD.encode(wider.to_string())).post(&s3).await;
    assert_eq!((tampered.status, tampered.code()), (403, "SignatureDoesNotMatch"));
    let forged = form().sign().field("x-amz-signature", &"0".repeat(64)).post(&s3).await;
    assert_eq!((forged.status, forged.code()), (403, "SignatureDoesNotMatch"));
    let foreign =
        form().sign().field("x-amz-credential", "AKIDOTHER/20260101/us-east-1/s3/aws4_request").post(&s3).await;
    assert_eq!((foreign.status, foreign.code()), (403, "InvalidAccessKeyId"));
    let anonymous = form().post(&s3).await;
    assert_eq!((anonymous.status, anonymous.code()), (403, "AccessDenied"));
}

#[tokio::test]
async fn a_policy_s3_does_not_know_is_refused() {
    let s3 = start().await;
    let unknown = [
        json!(["ends-with", "$key", ".png"]),
        json!(["eq", "key", KEY]),
        json!({"a": "1", "b": "2"}),
        json!(["content-length-range", -1, 5]),
        json!(7),
    ];
    for condition in unknown {
        let answer = form().allow(condition.clone()).sign().post(&s3).await;
        assert_eq!((answer.status, answer.code()), (400, "InvalidPolicyDocument"), "{condition}");
    }
}

#[tokio::test]
async fn a_form_may_be_as_old_as_its_policy_allows() {
    let s3 = start().await;
    let mut old = form();
    old.signed_at = SystemTime::now() - Duration::from_hours(1);
    assert_eq!(old.sign().post(&s3).await.status, 204);
}

#[tokio::test]
async fn fields_after_the_file_are_ignored() {
    let s3 = start().await;
    let mut form = form().sign();
    form.after.push(("key".to_owned(), "incoming/other".to_owned()));
    form.after.push(("acl".to_owned(), "public-read".to_owned()));
    assert_eq!(form.post(&s3).await.status, 204);
    assert_eq!(s3.text(KEY).await, "hello");
}

#[tokio::test]
async fn a_form_chooses_its_answer() {
    let s3 = start().await;
    let status = |status: &str| {
        form().allow(json!({"success_action_status": status})).field("success_action_status", status).sign()
    };
    assert_eq!(status("200").post(&s3).await.status, 200);
    assert_eq!(status("418").post(&s3).await.status, 204);
    let created = status("201").post(&s3).await;
    assert_eq!(created.status, 201);
    assert!(created.body.contains("<Key>incoming/a b+c.png</Key>"), "{}", created.body);
    assert!(created.body.contains("<Bucket>media</Bucket>"));
    let url = "http://localhost:8000/done?x=1";
    let condition = json!({"success_action_redirect": url});
    let redirect = form().allow(condition).field("success_action_redirect", url).sign().post(&s3).await;
    assert_eq!(redirect.status, 303);
    assert_eq!(
        redirect.header("location"),
        Some(
            "http://localhost:8000/done?x=1&bucket=media&key=incoming%2Fa%20b%2Bc%2Epng&etag=%225d41402abc4b2a76b9719d911017c592%22"
        )
    );
}

#[tokio::test]
async fn the_file_name_takes_its_place_before_the_policy_is_checked() {
    let s3 = start().await;
    let mut form = form().field("key", "incoming/${filename}");
    form.conditions[1] = json!(["starts-with", "$key", "incoming/"]);
    assert_eq!(form.sign().post(&s3).await.status, 204);
    assert_eq!(s3.text("incoming/cat.png").await, "hello");
}

#[tokio::test]
async fn a_form_over_the_limit_is_refused_before_it_is_read() {
    let mut options = options();
    options.max_form = 1000;
    let s3 = start_with(options).await;
    let answer = form().file(&vec![b'x'; 3_000_000]).sign().post(&s3).await;
    assert_eq!((answer.status, answer.code()), (400, "EntityTooLarge"));
}

#[tokio::test]
async fn a_form_of_unknown_length_is_refused() {
    let s3 = start().await;
    let mut stream = TcpStream::connect(s3.server.address()).await.unwrap();
    let head = "POST /media HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
                Content-Type: multipart/form-data; boundary=b\r\n\r\n0\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read(&mut stream).await;
    assert_eq!((answer.status, answer.code()), (411, "MissingContentLength"));
}

#[tokio::test]
async fn a_broken_form_is_refused() {
    let s3 = start().await;
    let headers = [("Content-Type", "multipart/form-data; boundary=bound")];
    for body in ["", "--other\r\n", "--bound--\r\n", "--bound\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nx"]
    {
        let answer = s3.send("POST", "/media", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 400, "{body:?}");
    }
    let whole = form().sign();
    let body = whole.body();
    let cut = s3.send("POST", "/media", &headers, &body[..body.len() - 20]).await;
    assert_eq!((cut.status, cut.code()), (400, "MalformedPOSTRequest"));
}
