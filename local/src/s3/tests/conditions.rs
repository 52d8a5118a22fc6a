//! Preconditions and digests: what a client may demand, and that a refusal changes nothing.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};

use super::{refusal, start};

#[tokio::test]
async fn of_fifty_parallel_creators_exactly_one_wins() {
    let s3 = start().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..50 {
        let body = ByteStream::from(format!("{writer}").into_bytes());
        writers.spawn(s3.client.put_object().bucket("media").key("one").body(body).if_none_match("*").send());
    }
    let results = writers.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.into_iter().filter_map(Result::err) {
        assert_eq!(refusal(refused), (412, "PreconditionFailed".to_owned()));
    }
}

#[tokio::test]
async fn a_put_and_a_delete_may_expect_an_etag() {
    let s3 = start().await;
    let first = s3.put("a", "1").await;
    let put = |etag: &str| {
        s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"2")).if_match(etag).send()
    };
    let second = put(&first).await.unwrap().e_tag.unwrap();
    assert_eq!(refusal(put(&first).await.unwrap_err()), (412, "PreconditionFailed".to_owned()));
    let delete = |etag: &str| s3.client.delete_object().bucket("media").key("a").if_match(etag).send();
    assert_eq!(refusal(delete(&first).await.unwrap_err()).0, 412);
    delete(&second).await.unwrap();
    assert_eq!(refusal(put(&second).await.unwrap_err()), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_reader_may_expect_an_etag() {
    let s3 = start().await;
    let etag = s3.put("a", "x").await;
    let get = || s3.client.get_object().bucket("media").key("a");
    get().if_match(&etag).send().await.unwrap();
    assert_eq!(refusal(get().if_match("\"other\"").send().await.unwrap_err()).0, 412);
    get().if_none_match("\"other\"").send().await.unwrap();
    let unchanged = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304);
    assert_eq!(unchanged.raw_response().unwrap().headers().get("etag"), Some(etag.as_str()));
}

#[tokio::test]
async fn a_bad_digest_leaves_the_old_object() {
    let s3 = start().await;
    s3.put("a", "old").await;
    let put = s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"new"));
    let refused = put.content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap_err();
    assert_eq!(refusal(refused), (400, "BadDigest".to_owned()));
    let put = s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"new"));
    let refused = put.checksum_sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=").send().await.unwrap_err();
    assert_eq!(refusal(refused), (400, "BadDigest".to_owned()));
    assert_eq!(s3.text("a").await, "old");
}

#[tokio::test]
async fn every_checksum_is_verified_stored_and_returned() {
    let s3 = start().await;
    for algorithm in ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"] {
        let put = s3.client.put_object().bucket("media").key(algorithm).body(ByteStream::from_static(b"hello"));
        put.checksum_algorithm(ChecksumAlgorithm::from(algorithm)).send().await.unwrap();
    }
    let head = s3.client.head_object().bucket("media").key("SHA256").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.checksum_sha256(), Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="));
    let head = s3.client.head_object().bucket("media").key("CRC32").send().await.unwrap();
    assert_eq!(head.checksum_crc32(), None);
    // The SDK verifies what it gets.
    assert_eq!(s3.text("CRC64NVME").await, "hello");
}
