//! Objects as the functions read, copy, list and erase them.

use portico::accounts::UserId;
use portico::media::{Copy, Fetched, PartChecksums, UploadId};
use uuid::Uuid;

use super::{BUCKET, Difference, Place};

async fn etag(place: &Place, key: &str) -> String {
    place.client.head_object().bucket(BUCKET).key(key).send().await.unwrap().e_tag.unwrap()
}

pub(crate) async fn a_copy_is_of_what_was_meant_and_has_its_new_type_alone(place: &Place) {
    let (from, to) = (place.key("odd name ü+&=%2F?#.bin"), place.key("copy"));
    let put = place.client.put_object().bucket(BUCKET).key(&from).body(b"one".to_vec().into());
    let put = put.content_type("text/html").content_disposition("inline").metadata("owner", "me");
    let first = put.send().await.unwrap().e_tag.unwrap();
    assert_eq!(place.media.copy(&from, &to, &first, "application/pdf").await.unwrap(), Copy::Copied);
    let copied = place.client.head_object().bucket(BUCKET).key(&to).send().await.unwrap();
    assert_eq!((copied.content_type(), copied.content_disposition()), (Some("application/pdf"), None));
    assert!(copied.metadata().is_none_or(|metadata| !metadata.contains_key("owner")));
    place.holds(&to, Some("one"), "copied").await;

    place.media.store(&from, b"two".to_vec(), "text/plain").await.unwrap();
    assert_eq!(place.media.copy(&from, &to, &first, "application/pdf").await.unwrap(), Copy::Gone, "replaced since");
    place.media.remove(&from).await.unwrap();
    assert_eq!(place.media.copy(&from, &to, &first, "application/pdf").await.unwrap(), Copy::Gone, "removed since");
    place.holds(&to, Some("one"), "what is gone replaces nothing").await;
}

pub(crate) async fn a_range_is_read_of_what_was_meant(place: &Place) {
    let key = place.key("a");
    place.media.store(&key, b"0123456789".to_vec(), "text/plain").await.unwrap();
    let etag = etag(place, &key).await;
    let bare = etag.trim_matches('"');
    for (from, length, expected) in [
        (0, 4, "0123"),
        (8, 1, "8"),
        (8, 100, "89"),
        (10, 5, ""),
        (100, 5, ""),
        (3, 0, ""),
        (0, u64::MAX / 2, "0123456789"),
    ] {
        let read = place.media.read_range(&key, Some(bare), from, length).await.unwrap();
        assert_eq!(read.as_deref(), Some(expected.as_bytes()), "{from} {length}");
    }
    assert!(matches!(place.media.fetch(&key, Some(&etag), 9).await.unwrap(), Fetched::TooLarge));
    assert!(matches!(place.media.fetch(&key, None, 10).await.unwrap(), Fetched::Bytes(all) if all == b"0123456789"));
    place.media.store(&key, b"other".to_vec(), "text/plain").await.unwrap();
    assert_eq!(place.media.read_range(&key, Some(bare), 0, 4).await.unwrap(), None, "replaced since");
    assert!(matches!(place.media.fetch(&key, Some(bare), 10).await.unwrap(), Fetched::Gone));
    assert_eq!(place.media.read_range(&place.key("none"), None, 0, 4).await.unwrap(), None);
}

pub(crate) async fn an_object_is_known_by_its_head_and_gone_once_it_is_removed(place: &Place) {
    let key = place.key("odd name ü+&=%2F?#.bin");
    assert_eq!(place.media.head(&key).await.unwrap(), None);
    for text in ["hello", "other, and longer", ""] {
        place.media.store(&key, text.into(), "text/plain").await.unwrap();
        let (size, tag) = place.media.head(&key).await.unwrap().unwrap();
        assert_eq!((size, &tag), (text.len() as u64, &etag(place, &key).await));
        place.holds(&key, Some(text), "it is replaced as a whole").await;
        let listed = place.media.list(&place.folder, None).await.unwrap().objects;
        assert_eq!(listed.iter().map(|object| (object.size, &object.etag)).collect::<Vec<_>>(), [(size, &tag)]);
        assert_eq!(place.media.read_range(&key, Some(&tag), 0, 100).await.unwrap().as_deref(), Some(text.as_bytes()));
        assert!(
            matches!(place.media.fetch(&key, Some(&tag), 100).await.unwrap(), Fetched::Bytes(all) if all == text.as_bytes())
        );
    }
    for _ in ["once", "and again"] {
        place.media.remove(&key).await.unwrap();
        assert_eq!(place.media.head(&key).await.unwrap(), None);
        assert!(matches!(place.media.fetch(&key, None, 100).await.unwrap(), Fetched::Gone));
        assert!(place.media.list(&place.folder, None).await.unwrap().objects.is_empty());
    }
}

pub(crate) async fn a_refusal_is_not_taken_for_nothing(place: &Place) {
    let key = place.key("a");
    place.media.store(&key, b"hello".to_vec(), "text/plain").await.unwrap();
    let id = place.media.begin_multipart(&key, "text/plain", PartChecksums::None).await.unwrap();
    let stranger = Place::at(place.media.origin(), ("NOBODYS", "wrong"), &[]).media;
    for key in [&key, &place.key("none")] {
        assert!(stranger.head(key).await.is_err());
        assert!(stranger.fetch(key, None, 100).await.is_err());
        assert!(stranger.read_range(key, Some("x"), 0, 4).await.is_err());
        assert!(stranger.copy(key, &place.key("copy"), "x", "text/plain").await.is_err());
        assert!(stranger.parts(key, &id).await.is_err());
        assert!(stranger.abort_multipart(key, &id).await.is_err());
        assert!(stranger.store(key, b"other".to_vec(), "text/plain").await.is_err());
        assert!(stranger.remove(key).await.is_err());
    }
    assert!(stranger.list(&place.folder, None).await.is_err());
    assert!(stranger.list_unfinished(&place.folder, None).await.is_err());
    place.holds(&key, Some("hello"), "nothing came of it").await;
    assert_eq!(place.media.parts(&key, &id).await.unwrap(), Some(Vec::new()));
    place.media.abort_multipart(&key, &id).await.unwrap();
}

pub(crate) async fn a_listing_goes_on_where_it_ended(place: &Place) {
    let keys = ["a", "a/1", "b ü+&", "c"].map(|name| place.key(name));
    for key in &keys {
        place.media.store(key, b"hello".to_vec(), "text/plain").await.unwrap();
    }
    let before = super::now() - jiff::SignedDuration::from_mins(5);
    let page = place.media.list(&place.folder, None).await.unwrap();
    assert_eq!(page.objects.iter().map(|object| &object.key).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
    assert!(page.objects.iter().all(|object| object.size == 5 && object.modified > before));
    assert_eq!(page.objects[1].etag, etag(place, &keys[1]).await);
    assert_eq!(page.next, None);
    let rest = place.media.list(&place.folder, Some(&keys[1])).await.unwrap();
    assert_eq!(rest.objects, page.objects[2..]);
    assert!(place.media.list(&place.folder, Some(&keys[3])).await.unwrap().objects.is_empty());

    let mut begun = Vec::new();
    for key in [&keys[0], &keys[2]] {
        begun.push((key.clone(), place.media.begin_multipart(key, "text/plain", PartChecksums::None).await.unwrap()));
    }
    let page = place.media.list_unfinished(&place.folder, None).await.unwrap();
    let mut found: Vec<_> = page.uploads.iter().map(|one| (one.key.clone(), one.upload.clone())).collect();
    let ordered = !place.differs(Difference::UnfinishedHaveNoOrder);
    if !ordered {
        found.sort_by(|one, other| one.0.cmp(&other.0));
    }
    assert_eq!(found, begun);
    assert!(page.uploads.iter().all(|one| one.begun > before) && page.next.is_none());
    if ordered {
        let rest = place.media.list_unfinished(&place.folder, Some(&begun[0])).await.unwrap();
        assert_eq!(rest.uploads.len(), 1);
    }
    for (key, upload) in &begun {
        place.media.abort_multipart(key, upload).await.unwrap();
    }
    assert!(place.media.list_unfinished(&place.folder, None).await.unwrap().uploads.is_empty());
}

pub(crate) async fn a_user_leaves_nothing(place: &Place) {
    let user = || UserId::parse(&Uuid::now_v7().to_string()).unwrap();
    let upload = || UploadId::parse(&Uuid::now_v7().to_string()).unwrap();
    let (kim, lee) = (user(), user());
    let (waiting, published, unfinished) = (upload(), upload(), upload());
    let unfinished_key = format!("uploads/{kim}/{unfinished}");
    let kept = place.media.published_key(lee, published, "file");
    for key in [
        format!("uploads/{kim}/{waiting}"),
        place.media.published_key(kim, published, "file"),
        place.media.published_key(kim, published, "320"),
        kept.clone(),
    ] {
        place.media.store(&key, b"x".to_vec(), "text/plain").await.unwrap();
    }
    let id = place.media.begin_multipart(&unfinished_key, "text/plain", PartChecksums::None).await.unwrap();
    let mut expected = [waiting, published, unfinished];
    expected.sort();
    assert_eq!(place.media.remove_all_of(kim).await.unwrap(), expected);
    for folder in [format!("uploads/{kim}/"), place.media.folder_of(kim)] {
        assert_eq!(place.media.list(&folder, None).await.unwrap().objects, [], "{folder}");
    }
    assert_eq!(place.media.parts(&unfinished_key, &id).await.unwrap(), None);
    assert_eq!(place.media.remove_all_of(kim).await.unwrap(), [], "once more finds nothing");
    place.holds(&kept, Some("x"), "another's").await;
}
