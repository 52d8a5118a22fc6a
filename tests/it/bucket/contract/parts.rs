//! Uploads in parts, each with an address of its own.

use portico::media::{Completion, MultipartId, Part, PartChecksums, PresignedPut, Sha256};
use sha2::Digest as _;

use super::{Difference, Place, code, forged, in_seconds, now, put, put_with, with_parameter};

/// The least that all parts but the last must have.
const PART: usize = 5 * 1024 * 1024;

async fn begin(place: &Place, key: &str, checksums: PartChecksums) -> MultipartId {
    place.media.begin_multipart(key, "video/mp4", checksums).await.unwrap()
}

fn signed(
    place: &Place,
    (key, upload): (&str, &MultipartId),
    number: u16,
    size: usize,
    sum: Option<&Sha256>,
) -> PresignedPut {
    let size = u64::try_from(size).unwrap();
    place.media.presign_part(key, upload, number, size, sum, in_seconds(300), now()).unwrap()
}

fn sum(body: &[u8]) -> Sha256 {
    Sha256::from(<[u8; 32]>::from(sha2::Sha256::digest(body)))
}

async fn send(place: &Place, upload: (&str, &MultipartId), number: u16, body: &[u8]) {
    let answer = put(&signed(place, upload, number, body.len(), None), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn parts(place: &Place, (key, upload): (&str, &MultipartId)) -> Option<Vec<Part>> {
    place.media.parts(key, upload).await.unwrap()
}

fn numbers(parts: &[Part]) -> Vec<(u16, u64)> {
    parts.iter().map(|part| (part.number, part.size)).collect()
}

pub(crate) async fn parts_in_any_order_become_one_object(place: &Place) {
    let key = place.key("video");
    let id = begin(place, &key, PartChecksums::None).await;
    let upload = (&*key, &id);
    assert_eq!(parts(place, upload).await, Some(Vec::new()));
    let (first, second, third) = (vec![b'a'; PART], vec![b'b'; PART + 1], b"ccc".to_vec());
    let put_first = signed(place, upload, 1, PART, None);
    let (one, three) = tokio::join!(put(&put_first, &first), send(place, upload, 3, &third));
    assert_eq!((one.status.as_u16(), three), (200, ()));
    assert!(one.header("etag").starts_with('"'), "the browser may look at it");
    place.holds(&key, None, "nothing is there before it is complete").await;
    // What is there already is known: after a reload only the rest is sent.
    assert_eq!(numbers(&parts(place, upload).await.unwrap()), [(1, PART as u64), (3, 3)]);
    if !place.differs(Difference::ReplacedPartsStay) {
        send(place, upload, 2, &vec![b'x'; PART + 1]).await;
    }
    send(place, upload, 2, &second).await;
    let all = parts(place, upload).await.unwrap();
    assert_eq!(numbers(&all), [(1, PART as u64), (2, PART as u64 + 1), (3, 3)]);
    assert_eq!(place.media.complete_multipart(&key, &id, &all).await.unwrap(), Completion::Done);
    let (bytes, content_type) = place.stored(&key).await.unwrap();
    assert_eq!(content_type, "video/mp4");
    assert!(bytes == [first, second, third].concat());

    let again = place.media.complete_multipart(&key, &id, &all).await.unwrap();
    let repeats = place.differs(Difference::CompletionsRepeat);
    assert_eq!(again, if repeats { Completion::Done } else { Completion::Already }, "after a lost answer");
    assert_eq!(parts(place, upload).await, None);
    let late = put(&signed(place, upload, 1, 3, None), b"xxx").await;
    assert_eq!((late.status.as_u16(), &*code(&late)), (404, "NoSuchUpload"));
    place.media.abort_multipart(&key, &id).await.unwrap();
    assert_eq!(place.stored(&key).await.unwrap().0.len(), 2 * PART + 4, "what is complete is not given up");
    place.media.remove(&key).await.unwrap();
    assert_eq!(place.media.complete_multipart(&key, &id, &all).await.unwrap(), Completion::Gone);
}

pub(crate) async fn a_part_is_what_was_signed(place: &Place) {
    let (key, other) = (place.key("a"), place.key("b"));
    let (id, others) = (begin(place, &key, PartChecksums::None).await, begin(place, &other, PartChecksums::None).await);
    let signed = signed(place, (&key, &id), 1, 5, None);
    let at = |url: String| PresignedPut { url, headers: signed.headers.clone() };
    let encoded = |id: &MultipartId| {
        percent_encoding::utf8_percent_encode(id.as_str(), percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    for (case, signed, body) in [
        ("less", at(signed.url.clone()), "hell"),
        ("more", at(signed.url.clone()), "hello!"),
        ("another part", at(with_parameter(&signed.url, "partNumber", "2")), "hello"),
        ("another upload", at(with_parameter(&signed.url, "uploadId", &encoded(&others))), "hello"),
        ("another key", at(signed.url.replace("/a?", "/b?")), "hello"),
        ("another signature", at(forged(&signed.url)), "hello"),
        ("a longer time", at(with_parameter(&signed.url, "X-Amz-Expires", "3600")), "hello"),
        ("a whole object", at(signed.url.replace("partNumber=1&", "")), "hello"),
    ] {
        let answer = put(&signed, body.as_bytes()).await;
        assert_eq!(answer.status, 403, "{case}: {}", answer.text());
        assert_eq!(parts(place, (&key, &id)).await, Some(Vec::new()), "{case}");
    }
    let before = now() - jiff::SignedDuration::from_mins(10);
    let over = place.media.presign_part(&key, &id, 1, 5, None, in_seconds(-60), before).unwrap();
    assert_eq!(put(&over, b"hello").await.status, 403);
    let copied = put_with(&signed, b"hello", &[("x-amz-copy-source", &format!("/{}/{other}", super::BUCKET))]).await;
    assert_eq!(copied.status, 403);
    assert_eq!(parts(place, (&key, &id)).await, Some(Vec::new()));
    assert_eq!(parts(place, (&other, &others)).await, Some(Vec::new()));
    place.holds(&key, None, "a part is no object").await;
}

pub(crate) async fn parts_are_held_to_their_checksums(place: &Place) {
    let key = place.key("a");
    let id = begin(place, &key, PartChecksums::Sha256).await;
    let upload = (&*key, &id);
    let (first, second) = (vec![b'a'; PART], b"bbb".to_vec());
    for (number, body) in [(1, &first), (2, &second)] {
        let sum = sum(body);
        let signed = signed(place, upload, number, body.len(), Some(&sum));
        let wrong = put(&signed, &vec![b'x'; body.len()]).await;
        assert_eq!((wrong.status.as_u16(), &*code(&wrong)), (400, "BadDigest"), "{}", wrong.text());
        let bare = put_with(&signed, body, &[("x-amz-checksum-sha256", "")]).await;
        assert_eq!(bare.status, 403);
        let answer = put(&signed, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let again = put(&signed, &vec![b'x'; body.len()]).await;
        assert_eq!(again.status, 400);
    }
    let mut all = parts(place, upload).await.unwrap();
    assert_eq!(numbers(&all), [(1, PART as u64), (2, 3)]);
    let told: Vec<_> = all.iter().map(|part| part.sha256).collect();
    if place.differs(Difference::PartChecksumsAreNotTold) {
        assert_eq!(told, [None, None]);
        all.iter_mut().zip([&first, &second]).for_each(|(part, body)| part.sha256 = Some(sum(body)));
    } else {
        assert_eq!(told, [Some(sum(&first)), Some(sum(&second))]);
    }
    let bare: Vec<_> = all.iter().map(|part| Part { sha256: None, ..part.clone() }).collect();
    assert!(place.media.complete_multipart(&key, &id, &bare).await.is_err(), "a checksum is given with each part");
    place.holds(&key, None, "not without checksums").await;
    assert_eq!(place.media.complete_multipart(&key, &id, &all).await.unwrap(), Completion::Done);
    assert!(place.stored(&key).await.unwrap().0 == [first, second].concat());
}

pub(crate) async fn a_completion_that_does_not_fit_changes_nothing(place: &Place) {
    let key = place.key("a");
    let id = begin(place, &key, PartChecksums::None).await;
    let upload = (&*key, &id);
    send(place, upload, 1, b"small").await;
    send(place, upload, 2, b"last").await;
    let all = parts(place, upload).await.unwrap();
    let (first, second) = (all[0].clone(), all[1].clone());
    let unknown = Part { etag: format!("\"{}\"", "0".repeat(32)), ..first.clone() };
    let missing = Part { number: 7, ..second.clone() };
    for (case, parts) in [
        ("a part too small", vec![first.clone(), second.clone()]),
        ("another order", vec![second.clone(), first.clone()]),
        ("another part", vec![unknown, second.clone()]),
        ("a part that is not there", vec![first.clone(), missing]),
        ("nothing", Vec::new()),
    ] {
        let outcome = place.media.complete_multipart(&key, &id, &parts).await.unwrap();
        assert_eq!(outcome, Completion::PartsChanged, "{case}");
        place.holds(&key, None, case).await;
        assert_eq!(super::parts::parts(place, upload).await.as_ref(), Some(&all), "{case}");
    }
    send(place, upload, 1, &vec![b'a'; PART]).await;
    let all = parts(place, upload).await.unwrap();
    if place.differs(Difference::ReplacedPartsStay) {
        assert_eq!(all.len(), 3);
        return place.media.abort_multipart(&key, &id).await.unwrap();
    }
    assert_eq!(numbers(&all), [(1, PART as u64), (2, 4)]);
    assert_eq!(place.media.complete_multipart(&key, &id, &all).await.unwrap(), Completion::Done);
}

pub(crate) async fn what_was_given_up_is_gone(place: &Place) {
    let key = place.key("a");
    let id = begin(place, &key, PartChecksums::None).await;
    let upload = (&*key, &id);
    send(place, upload, 1, b"hello").await;
    let all = parts(place, upload).await.unwrap();
    for _ in ["once", "and again"] {
        place.media.abort_multipart(&key, &id).await.unwrap();
        assert_eq!(parts(place, upload).await, None);
    }
    let late = put(&signed(place, upload, 2, 5, None), b"hello").await;
    assert_eq!((late.status.as_u16(), &*code(&late)), (404, "NoSuchUpload"), "{}", late.text());
    assert_eq!(place.media.complete_multipart(&key, &id, &all).await.unwrap(), Completion::Gone);
    place.holds(&key, None, "given up").await;
    let unknown = MultipartId::from("none-of-ours".to_owned());
    assert_eq!(place.media.parts(&key, &unknown).await.unwrap(), None);
}
