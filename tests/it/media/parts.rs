//! Large files, in parts: planned by the server, signed part by part, gone on with after an interruption.

use http::Method;
use local::Delivery;
use serde_json::{Value, json};

use super::{under_way, used};
use crate::site::{Fault, Site, Visitor, s3};

/// The least that S3 takes as a part that is not the last.
const PART: usize = 5_242_880;

async fn site() -> Site {
    Site::start_with(|options| {
        options.deliver_events = false;
        options.settings.push(("UPLOAD_PART_BYTES".into(), PART.to_string()));
    })
    .await
}

/// A text of this many bytes.
fn text(bytes: usize) -> Vec<u8> {
    b"All work and no play.\n".iter().copied().cycle().take(bytes).collect()
}

async fn begin(kim: &mut Visitor<'_>, size: usize) -> Value {
    let body = json!({ "purpose": "document", "filename": "large.txt", "content_type": "text/plain", "size": size });
    let answer = kim.post_json("/uploads", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn sign(kim: &mut Visitor<'_>, id: &str, numbers: &[u64]) -> Vec<Value> {
    let answer = kim.post_json(&format!("/uploads/{id}/parts"), json!({ "numbers": numbers })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["parts"].as_array().unwrap().clone()
}

async fn put(part: &Value, bytes: &[u8]) -> u16 {
    s3::send(Method::PUT, part["url"].as_str().unwrap(), &[], bytes.to_vec()).await.status.as_u16()
}

async fn complete(kim: &mut Visitor<'_>, id: &str) -> crate::site::Answer {
    kim.post_json(&format!("/uploads/{id}/complete"), json!({})).await
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_is_published_whole() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let file = text(2 * PART + 1_000);
    let promised = begin(&mut kim, file.len()).await;
    assert_eq!((&promised["method"], &promised["parts"]), (&json!("MULTIPART"), &json!({ "size": PART, "count": 3 })));
    let id = promised["id"].as_str().unwrap();
    // In any order, and one of them twice.
    for number in [3, 1, 2, 1] {
        let part = &sign(&mut kim, id, &[number]).await[0];
        let begin = (usize::try_from(number).unwrap() - 1) * PART;
        let end = file.len().min(begin + PART);
        assert_eq!(part["headers"]["Content-Length"], (end - begin).to_string());
        assert_eq!(put(part, &file[begin..end]).await, 200);
    }
    let so_far = kim.get(&format!("/uploads/{id}/parts")).await.json();
    let sizes: Vec<_> = so_far["uploaded"].as_array().unwrap().iter().map(|part| part["size"].clone()).collect();
    assert_eq!(sizes, [json!(PART), json!(PART), json!(1_000)]);
    for _ in 0..2 {
        let answer = complete(&mut kim, id).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(kim.state(id).await["state"], "ready");
    assert_eq!(complete(&mut kim, id).await.json()["state"], "ready", "said again when it is over");
    let location = kim.clone().html().get(&format!("/media/{id}")).await.header("location").to_owned();
    assert!(s3::get(&location).await.body == file, "byte by byte");
    assert_eq!(used(&site, &kim, "document"), file.len() as u64);
    assert_eq!(kim.get(&format!("/uploads/{id}/parts")).await.status, 404, "there is nothing to go on with");
}

#[tokio::test]
async fn what_is_not_whole_is_not_put_together() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let id = promised["id"].as_str().unwrap();
    let parts = sign(&mut kim, id, &[1, 2]).await;
    assert_eq!(complete(&mut kim, id).await.code(), "parts_missing", "nothing yet");
    assert_eq!(put(&parts[1], &text(10)).await, 200);
    assert_eq!(complete(&mut kim, id).await.code(), "parts_missing", "the first one is missing");
    for wrong in [0, 1, PART - 1, PART + 1] {
        assert_eq!(put(&parts[0], &text(wrong)).await, 403, "{wrong} bytes: the length is signed");
    }
    assert_eq!(put(&parts[1], &text(10)).await, 200);
    assert_eq!(complete(&mut kim, id).await.status, 409);
    assert_eq!(kim.state(id).await["state"], "pending", "and can be gone on with");
    assert_eq!(put(&parts[0], &text(PART)).await, 200);
    assert_eq!(complete(&mut kim, id).await.status, 202);
}

#[tokio::test]
async fn parts_that_are_not_planned_are_not_signed() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let path = format!("/uploads/{}/parts", promised["id"].as_str().unwrap());
    for (numbers, status) in [
        (json!([1]), 200),
        (json!([2, 1]), 200),
        (json!([0]), 422),
        (json!([3]), 422),
        (json!([65_537]), 422),
        (json!([]), 422),
        (json!([-1]), 400),
        (json!([1.5]), 400),
        (json!(["1"]), 400),
        (json!("1"), 400),
        (json!([[1]]), 400),
        (json!(vec![1; 101]), 422),
        (Value::Null, 422),
    ] {
        let answer = kim.post_json(&path, json!({ "numbers": numbers })).await;
        assert_eq!(answer.status, status, "{numbers}: {}", answer.text());
    }
    let sum = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let answer = kim.post_json(&path, json!({ "numbers": [1], "sha256": sum })).await;
    assert_eq!(answer.field("sha256"), ["invalid"], "it was begun without");
}

#[tokio::test]
async fn parts_can_come_with_their_digests() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let mut body = super::ask_for_text(PART + 5);
    body["part_checksums"] = json!(true);
    let promised = kim.post_json("/uploads", body).await.json();
    let id = promised["id"].as_str().unwrap();
    let (first, last) = (text(PART), b"hello".to_vec());
    let path = format!("/uploads/{id}/parts");
    assert_eq!(kim.post_json(&path, json!({ "numbers": [1] })).await.status, 422, "each of them has one");
    for (number, bytes, other) in [(1, &first, &text(PART + 1)[1..]), (2, &last, b"hallo")] {
        let sum = digest(bytes);
        let signed = kim.post_json(&path, json!({ "numbers": [number], "sha256": sum })).await.json();
        let part = signed["parts"][0].clone();
        let headers = [("x-amz-checksum-sha256", sum.as_str())];
        let url = part["url"].as_str().unwrap();
        assert_eq!(part["headers"]["x-amz-checksum-sha256"], sum);
        assert_eq!(s3::send(Method::PUT, url, &headers, other.to_vec()).await.status, 400, "other bytes");
        assert_eq!(s3::send(Method::PUT, url, &[], bytes.clone()).await.status, 403, "without it");
        assert_eq!(s3::send(Method::PUT, url, &headers, bytes.clone()).await.status, 200);
    }
    assert_eq!(complete(&mut kim, id).await.status, 202);
    site.deliver_next().await;
    assert_eq!(kim.state(id).await["state"], "ready");
}

/// The base64 of a SHA-256.
fn digest(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(bytes))
}

#[tokio::test]
async fn an_upload_that_is_cancelled_leaves_no_parts() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let id = promised["id"].as_str().unwrap();
    let parts = sign(&mut kim, id, &[1, 2]).await;
    assert_eq!(put(&parts[0], &text(PART)).await, 200);
    assert_eq!(under_way(&site, &kim), 1);
    let path = format!("/uploads/{id}");
    for status in [204, 404] {
        assert_eq!(kim.send_json(Method::DELETE, &path, json!({})).await.status, status);
    }
    assert_eq!(put(&parts[1], &text(10)).await, 404, "there is no such upload any more");
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (0, 0));
    assert_eq!(complete(&mut kim, id).await.status, 404);
    assert_eq!(kim.post_json(&format!("{path}/parts"), json!({ "numbers": [1] })).await.status, 404);
}

#[tokio::test]
async fn an_upload_in_parts_is_its_owners_alone() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let mut lee = site.member("lee@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let id = promised["id"].as_str().unwrap();
    for (method, step) in [
        (Method::GET, "/parts"),
        (Method::POST, "/parts"),
        (Method::POST, "/complete"),
        (Method::POST, "/abort"),
        (Method::DELETE, ""),
    ] {
        let path = format!("/uploads/{id}{step}");
        let answer = match method {
            Method::GET => lee.get(&path).await,
            _ => lee.send_json(method.clone(), &path, json!({ "numbers": [1] })).await,
        };
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{method} {path}");
        let mut nobody = site.program();
        let answer = match method {
            Method::GET => nobody.get(&path).await,
            _ => nobody.send_json(method.clone(), &path, json!({ "numbers": [1] })).await,
        };
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    assert_eq!(kim.state(id).await["state"], "pending");
    // One that goes in one piece has no parts.
    let small = kim.post_json("/uploads", super::ask_for_text(10)).await.json();
    assert_eq!(kim.get(&format!("/uploads/{}/parts", small["id"].as_str().unwrap())).await.status, 404);
}

#[tokio::test]
async fn a_completion_whose_answer_was_lost_is_found_to_be_done() {
    let (site, faults) = Site::with_faults(&[("UPLOAD_PART_BYTES", &PART.to_string())]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let id = promised["id"].as_str().unwrap();
    let parts = sign(&mut kim, id, &[1, 2]).await;
    assert_eq!((put(&parts[0], &text(PART)).await, put(&parts[1], &text(10)).await), (200, 200));
    faults.next("COMPLETE uploads", 1, Fault::ReplyLost);
    assert_eq!(complete(&mut kim, id).await.status, 202);
    assert_eq!(faults.count("LIST uploads"), 1, "whether it is complete is looked up");
}

#[tokio::test]
async fn an_account_that_is_erased_leaves_no_half_upload() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.json();
    let promised = begin(&mut kim, PART + 10).await;
    let parts = sign(&mut kim, promised["id"].as_str().unwrap(), &[1]).await;
    assert_eq!(put(&parts[0], &text(PART)).await, 200);
    assert_eq!(kim.delete_account().await.status, 200);
    assert!(site.erase(&kim.id).await);
    let unfinished = site.stack.app().media().list_unfinished("", None).await.unwrap();
    assert!(unfinished.uploads.is_empty());
}
