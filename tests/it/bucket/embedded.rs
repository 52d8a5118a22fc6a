//! The embedded S3 through the contract of all of them, and what takes too long to ask of another.

use local::s3::{Bucket, Options, S3Server};
use portico::media::PartChecksums;

use super::contract::{BUCKET, Place, contract};
use crate::site::{Site, pictures};

async fn start() -> (Place, S3Server) {
    let key = ("LOCAL", "only-for-tests");
    let options = Options { buckets: vec![Bucket::named(BUCKET)], ..Options::new(key.0, key.1) };
    let server = S3Server::start(options).await.unwrap();
    (Place::at(&server.url(), key, &[]), server)
}

contract!(start());

#[tokio::test]
async fn more_than_a_page_of_parts_and_of_objects_is_seen() {
    let (place, _server) = start().await;
    let key = place.key("many");
    let id = place.media.begin_multipart(&key, "text/plain", PartChecksums::None).await.unwrap();
    for number in 1..=1_003_u16 {
        let part = place.client.upload_part().bucket(BUCKET).key(&key).upload_id(id.as_str());
        part.part_number(number.into()).body(b"x".to_vec().into()).send().await.unwrap();
        place.media.store(&place.key(&format!("{number:04}")), Vec::new(), "text/plain").await.unwrap();
    }
    let parts = place.media.parts(&key, &id).await.unwrap().unwrap();
    assert!(parts.iter().map(|part| part.number).eq(1..=1_003));
    let first = place.media.list(&place.folder, None).await.unwrap();
    let second = place.media.list(&place.folder, first.next.as_deref()).await.unwrap();
    assert_eq!((first.objects.len(), second.objects.len(), second.next), (1_000, 3, None));
}

#[tokio::test]
async fn what_nobody_takes_out_of_quarantine_is_forgotten_after_a_day_and_what_is_published_is_kept() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    kim.upload(&pictures::png(), "image/png").await;
    let media = site.stack.app().media();
    media.begin_multipart("uploads/x/y", "video/mp4", PartChecksums::None).await.unwrap();
    assert_eq!(site.stack.sweep_objects().await, 0);
    site.clock.advance(jiff::SignedDuration::from_hours(48));
    assert_eq!(site.stack.sweep_objects().await, 2);
    let (waiting, published) = site.objects();
    assert_eq!((waiting.len(), published.len()), (0, 1));
    assert!(media.list_unfinished("", None).await.unwrap().uploads.is_empty());
}
