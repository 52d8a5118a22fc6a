//! Put, get, head, copy and delete through the SDK.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, MetadataDirective, ObjectIdentifier};

use super::{refusal, start};

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let s3 = start().await;
    let put = s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"hello"));
    let put = put.content_type("text/plain").cache_control("no-cache").content_disposition("inline");
    let put = put.metadata("owner", "안녕").content_language("ko").send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let got = s3.client.get_object().bucket("media").key("a").send().await.unwrap();
    assert_eq!(got.content_type(), Some("text/plain"));
    assert_eq!(got.cache_control(), Some("no-cache"));
    assert_eq!(got.content_disposition(), Some("inline"));
    assert_eq!(got.content_language(), Some("ko"));
    assert_eq!(got.content_encoding(), None);
    assert_eq!(got.content_length(), Some(5));
    assert_eq!(got.e_tag(), put.e_tag());
    assert!(got.last_modified().is_some());
    // S3, too, takes UTF-8 and gives it back in RFC 2047's encoding.
    assert_eq!(got.metadata().unwrap()["owner"], "=?UTF-8?B?7JWI64WV?=");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");

    let head = s3.client.head_object().bucket("media").key("a").send().await.unwrap();
    assert_eq!(head.content_length(), Some(5));
}

#[tokio::test]
async fn a_large_object_comes_back_whole() {
    let s3 = start().await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| i.to_le_bytes()[(i % 3) as usize]).collect();
    s3.client.put_object().bucket("media").key("big").body(body.clone().into()).send().await.unwrap();
    let got = s3.client.get_object().bucket("media").key("big").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == body);
}

#[tokio::test]
async fn a_put_to_a_missing_bucket_is_no_such_bucket() {
    let s3 = start().await;
    let put = s3.client.put_object().bucket("nowhere").key("a").body(ByteStream::from_static(b"x"));
    assert_eq!(refusal(put.send().await.unwrap_err()), (404, "NoSuchBucket".to_owned()));
    let get = s3.client.get_object().bucket("nowhere").key("a").send().await.unwrap_err();
    assert_eq!(refusal(get), (404, "NoSuchBucket".to_owned()));
    s3.client.head_bucket().bucket("media").send().await.unwrap();
    let head = s3.client.head_bucket().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(refusal(head).0, 404);
}

#[tokio::test]
async fn keys_are_opaque() {
    let s3 = start().await;
    let long = "가".repeat(341);
    let keys = ["../plain/x", "a", "a/x", "a/", "/", "..", "b c+d%2F?#&", "%2e%2e/", long.as_str(), "c\\d", "ü/é"];
    for key in keys {
        let body = ByteStream::from(key.as_bytes().to_vec());
        s3.client.put_object().bucket("media").key(key).body(body).send().await.unwrap();
    }
    for key in keys {
        assert_eq!(s3.text(key).await, key);
    }
    let listed = s3.client.list_objects_v2().bucket("plain").send().await.unwrap();
    assert_eq!(listed.key_count(), Some(0));
    let too_long = s3.client.put_object().bucket("media").key("k".repeat(1025)).body(ByteStream::from_static(b""));
    assert_eq!(refusal(too_long.send().await.unwrap_err()), (400, "KeyTooLongError".to_owned()));
}

#[tokio::test]
async fn a_range_is_a_part_of_the_body() {
    let s3 = start().await;
    s3.put("a", "0123456789").await;
    for (range, body, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let got = s3.client.get_object().bucket("media").key("a").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), body.as_bytes());
    }
    let outside = s3.client.get_object().bucket("media").key("a").range("bytes=10-").send().await.unwrap_err();
    assert_eq!(refusal(outside), (416, "InvalidRange".to_owned()));
}

#[tokio::test]
async fn a_copy_keeps_or_replaces_the_headers() {
    let s3 = start().await;
    let put = s3.client.put_object().bucket("media").key("a b+c").body(ByteStream::from_static(b"hello"));
    let etag = put.content_type("text/plain").metadata("k", "v").send().await.unwrap().e_tag.unwrap();
    let copy = |key: &str| s3.client.copy_object().bucket("plain").key(key).copy_source("media/a%20b%2Bc");
    let copied = copy("kept").copy_source_if_match(&etag).send().await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), Some(etag.as_str()));
    let head = s3.client.head_object().bucket("plain").key("kept").send().await.unwrap();
    assert_eq!((head.content_type(), &*head.metadata().unwrap()["k"]), (Some("text/plain"), "v"));
    let replaced = copy("new").metadata_directive(MetadataDirective::Replace).content_type("image/png");
    replaced.send().await.unwrap();
    let head = s3.client.head_object().bucket("plain").key("new").send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/png"));
    assert!(head.metadata().unwrap().is_empty());
    let pinned = copy("no").copy_source_if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(refusal(pinned).0, 412);
    let missing = s3.client.copy_object().bucket("plain").key("x").copy_source("media/none").send().await.unwrap_err();
    assert_eq!(refusal(missing), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn deleting_what_is_not_there_is_fine() {
    let s3 = start().await;
    s3.put("a", "1").await;
    s3.put("b", "2").await;
    s3.client.delete_object().bucket("media").key("none").send().await.unwrap();
    let all = ["a", "b", "none"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let all = Delete::builder().set_objects(Some(all.to_vec())).build().unwrap();
    let deleted = s3.client.delete_objects().bucket("media").delete(all).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 3);
    let gone = s3.client.get_object().bucket("media").key("a").send().await.unwrap_err();
    assert_eq!(refusal(gone), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn an_empty_object_is_an_object() {
    let s3 = start().await;
    s3.put("empty", "").await;
    assert_eq!(s3.text("empty").await, "");
}
