//! Listing, page by page.

use super::{Running, start};

async fn pages(s3: &Running, prefix: &str, delimiter: Option<&str>, size: i32) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let list = s3.client.list_objects_v2().bucket("media").prefix(prefix).max_keys(size);
        let page = list.set_delimiter(delimiter.map(Into::into)).set_continuation_token(token).send().await.unwrap();
        let keys = page.contents().iter().filter_map(|object| object.key());
        let groups = page.common_prefixes().iter().filter_map(|group| group.prefix());
        let mut names: Vec<String> = keys.chain(groups).map(str::to_owned).collect();
        names.sort();
        assert_eq!(page.key_count(), i32::try_from(names.len()).ok());
        pages.push(names);
        token = page.next_continuation_token;
        assert_eq!(page.is_truncated, Some(token.is_some()));
        if token.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_listing_is_paged_in_byte_order() {
    let s3 = start().await;
    for key in ["b", "a/2", "a/1", "A", "ä", "a.", "a0"] {
        s3.put(key, "x").await;
    }
    assert_eq!(pages(&s3, "", None, 1000).await, [["A", "a.", "a/1", "a/2", "a0", "b", "ä"]]);
    assert_eq!(pages(&s3, "", None, 3).await, [vec!["A", "a.", "a/1"], vec!["a/2", "a0", "b"], vec!["ä"]]);
    assert_eq!(pages(&s3, "a/", None, 1).await, [["a/1"], ["a/2"]]);
    assert_eq!(pages(&s3, "none", None, 1).await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn a_delimiter_groups_keys() {
    let s3 = start().await;
    for key in ["a/1", "a/2", "a/b/3", "c", "d/1", "d/2", "e"] {
        s3.put(key, "x").await;
    }
    assert_eq!(pages(&s3, "", Some("/"), 1000).await, [["a/", "c", "d/", "e"]]);
    assert_eq!(pages(&s3, "", Some("/"), 1).await, [["a/"], ["c"], ["d/"], ["e"]]);
    assert_eq!(pages(&s3, "a/", Some("/"), 2).await, [vec!["a/1", "a/2"], vec!["a/b/"]]);
}

#[tokio::test]
async fn a_listing_may_start_after_a_key() {
    let s3 = start().await;
    for key in ["a", "b", "c"] {
        s3.put(key, "x").await;
    }
    let list = s3.client.list_objects_v2().bucket("media").start_after("a").send().await.unwrap();
    let keys: Vec<_> = list.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["b", "c"]);
    let none = s3.client.list_objects_v2().bucket("media").max_keys(0).send().await.unwrap();
    assert_eq!((none.key_count(), none.is_truncated()), (Some(0), Some(false)));
}

#[tokio::test]
async fn only_declared_buckets_are_listed() {
    let s3 = start().await;
    let listed = s3.client.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, ["media", "plain"]);
}
