//! Multipart uploads through the SDK.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};

use super::{Running, refusal, start};

const KEY: &str = "incoming/video";
const PART: usize = 5 * 1024 * 1024;

async fn begin(s3: &Running, algorithm: Option<ChecksumAlgorithm>) -> String {
    let create = s3.client.create_multipart_upload().bucket("media").key(KEY).content_type("video/mp4");
    create.set_checksum_algorithm(algorithm).send().await.unwrap().upload_id.unwrap()
}

async fn part(s3: &Running, id: &str, number: i32, byte: u8, size: usize) -> CompletedPart {
    let part = s3.client.upload_part().bucket("media").key(KEY).upload_id(id).part_number(number);
    let part = part.body(vec![byte; size].into()).send().await.unwrap();
    let done = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
    done.set_checksum_crc32(part.checksum_crc32).build()
}

fn all(parts: Vec<CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts)).build()
}

#[tokio::test]
async fn parts_become_one_object_with_one_event() {
    let s3 = start().await;
    let id = begin(&s3, Some(ChecksumAlgorithm::Crc32)).await;
    let second = part(&s3, &id, 2, b'b', 3).await;
    let first = part(&s3, &id, 1, b'a', PART).await;
    let listed = s3.client.list_parts().bucket("media").key(KEY).upload_id(&id).send().await.unwrap();
    assert_eq!(listed.parts().iter().map(|part| part.size().unwrap()).collect::<Vec<_>>(), [5 * 1024 * 1024, 3]);

    let complete = s3.client.complete_multipart_upload().bucket("media").key(KEY).upload_id(&id);
    let done = complete.multipart_upload(all(vec![first, second])).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    assert!(done.checksum_crc32().unwrap().ends_with("-2"));

    let head = s3.client.head_object().bucket("media").key(KEY).checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!((head.content_type(), head.content_length()), (Some("video/mp4"), Some(5 * 1024 * 1024 + 3)));
    assert_eq!(head.checksum_crc32(), done.checksum_crc32());
    let end = s3.client.get_object().bucket("media").key(KEY).range("bytes=-5").send().await.unwrap();
    assert_eq!(end.body.collect().await.unwrap().to_vec(), b"aabbb");
    let event = s3.server.events().next().await;
    assert_eq!((event.name.as_str(), event.key.as_str()), ("ObjectCreated:CompleteMultipartUpload", KEY));
    assert_eq!(format!("\"{}\"", event.etag), head.e_tag().unwrap());

    let again = s3.client.list_parts().bucket("media").key(KEY).upload_id(&id).send().await.unwrap_err();
    assert_eq!(refusal(again), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn a_completion_that_does_not_fit_is_refused() {
    let s3 = start().await;
    let id = begin(&s3, None).await;
    let (first, second) = (part(&s3, &id, 1, b'a', 10).await, part(&s3, &id, 2, b'b', 10).await);
    let complete = |parts| {
        let complete = s3.client.complete_multipart_upload().bucket("media").key(KEY).upload_id(&id);
        complete.multipart_upload(all(parts)).send()
    };
    let code = |result: Result<_, _>| refusal(result.map(|_| ()).unwrap_err()).1;
    assert_eq!(code(complete(vec![first.clone(), second.clone()]).await), "EntityTooSmall");
    assert_eq!(code(complete(vec![second.clone(), first.clone()]).await), "InvalidPartOrder");
    let wrong = CompletedPart::builder().part_number(1).e_tag("\"0123\"").build();
    assert_eq!(code(complete(vec![wrong]).await), "InvalidPart");
    complete(vec![first]).await.unwrap();
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    let s3 = start().await;
    let id = begin(&s3, None).await;
    part(&s3, &id, 1, b'a', 10).await;
    s3.client.abort_multipart_upload().bucket("media").key(KEY).upload_id(&id).send().await.unwrap();
    let late = s3.client.upload_part().bucket("media").key(KEY).upload_id(&id).part_number(1);
    let late = late.body(b"x".to_vec().into()).send().await.unwrap_err();
    assert_eq!(refusal(late), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn a_part_has_the_kind_of_checksum_that_its_upload_was_begun_with() {
    let s3 = start().await;
    // Of "x".
    let sum = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=";
    for (begun, sent) in [(None, Some(sum.to_owned())), (Some(ChecksumAlgorithm::Sha256), None)] {
        let id = begin(&s3, begun).await;
        let part = s3.client.upload_part().bucket("media").key(KEY).upload_id(&id).part_number(1);
        let refused = part.set_checksum_sha256(sent).body(b"x".to_vec().into()).send().await.unwrap_err();
        assert_eq!(refusal(refused), (400, "InvalidRequest".to_owned()));
    }
    let id = begin(&s3, Some(ChecksumAlgorithm::Sha256)).await;
    let part = s3.client.upload_part().bucket("media").key(KEY).upload_id(&id).part_number(1);
    part.checksum_sha256(sum).body(b"x".to_vec().into()).send().await.unwrap();
}

#[tokio::test]
async fn a_completion_names_the_checksum_of_each_part_where_they_have_one() {
    let s3 = start().await;
    let id = begin(&s3, Some(ChecksumAlgorithm::Crc32)).await;
    let part = part(&s3, &id, 1, b'a', 10).await;
    let complete = |part| {
        let complete = s3.client.complete_multipart_upload().bucket("media").key(KEY).upload_id(&id);
        complete.multipart_upload(all(vec![part])).send()
    };
    let bare = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag.clone()).build();
    assert_eq!(refusal(complete(bare).await.unwrap_err()), (400, "InvalidRequest".to_owned()));
    complete(part).await.unwrap();
}
