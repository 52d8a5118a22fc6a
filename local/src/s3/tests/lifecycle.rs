//! What a bucket forgets by itself, and what is unfinished in it.

use aws_sdk_s3::operation::list_multipart_uploads::ListMultipartUploadsOutput;

use super::{Running, start};

const DAY: i64 = 24 * 60 * 60 * 1_000;

async fn begin(s3: &Running, key: &str) -> String {
    let begun = s3.client.create_multipart_upload().bucket("media").key(key).send().await.unwrap();
    begun.upload_id.unwrap()
}

fn lines(page: &ListMultipartUploadsOutput) -> Vec<(String, String)> {
    let line = |upload: &aws_sdk_s3::types::MultipartUpload| {
        assert!(upload.initiated().is_some());
        (upload.key().unwrap().to_owned(), upload.upload_id().unwrap().to_owned())
    };
    page.uploads().iter().map(line).collect()
}

#[tokio::test]
async fn what_is_over_is_deleted_and_nothing_else() {
    let s3 = start().await;
    s3.put("incoming/a", "1").await;
    s3.put("kept/a", "2").await;
    begin(&s3, "kept/b").await;
    let now = super::super::store::now();
    assert_eq!(s3.server.sweep(now).await, 0);
    assert_eq!(s3.server.sweep(now + DAY - 1_000).await, 0, "a day is not over before it is");
    assert_eq!(s3.server.sweep(now + 2 * DAY).await, 2);
    assert_eq!(s3.server.keys("media"), ["kept/a"]);
    assert_eq!(lines(&s3.client.list_multipart_uploads().bucket("media").send().await.unwrap()), []);
}

#[tokio::test]
async fn unfinished_uploads_are_listed_a_page_at_a_time() {
    let s3 = start().await;
    let mut all = Vec::new();
    for key in ["a/1", "a/1", "a/1", "a/2", "a/가 b+c", "b/1"] {
        all.push((key.to_owned(), begin(&s3, key).await));
    }
    all.sort();
    all.retain(|(key, _)| key.starts_with("a/"));
    let mut listed = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let page = s3.client.list_multipart_uploads().bucket("media").prefix("a/").max_uploads(2);
        let page = page.set_key_marker(key).set_upload_id_marker(id).send().await.unwrap();
        listed.extend(lines(&page));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(listed, all);
    let behind = s3.client.list_multipart_uploads().bucket("media").prefix("a/").key_marker("a/1");
    assert_eq!(lines(&behind.send().await.unwrap()), all[3..], "a key alone leaves all its uploads behind");
}
