//! Presigned POST: a form with its policy.

use jiff::{SignedDuration, Timestamp};
use portico::media::{Afterwards, PresignedPost, Sending};

use super::{BUCKET, Difference, Place, code, in_seconds, now, post, sum, text};
use crate::site::s3;

fn signed(place: &Place, sending: &Sending<'_>, at: Timestamp) -> PresignedPost {
    place.media.presign_post(sending, Afterwards::NoContent, at).unwrap()
}

pub(crate) async fn a_form_takes_what_was_signed(place: &Place) {
    for (name, file) in [("least", "h"), ("most", "hello"), ("odd name ü+&=.txt", "abc")] {
        let key = place.key(name);
        let answer = post(&signed(place, &text(&key, 5), now()), file.as_bytes()).await;
        assert_eq!(answer.status, 204, "{name}: {}", answer.text());
        assert_eq!(place.stored(&key).await, Some((file.as_bytes().to_vec(), "text/plain".to_owned())), "{name}");
    }
}

pub(crate) async fn a_form_takes_nothing_else(place: &Place) {
    let (key, other) = (place.key("a"), place.key("b"));
    let form = signed(place, &text(&key, 5), now());
    let elsewhere = signed(place, &text(&other, 5_000), now());
    let of_other = |name: &str| elsewhere.fields.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let set = |name: &'static str, value: &str| {
        let mut fields = form.fields.clone();
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => {
                assert_ne!(old, value);
                value.clone_into(old);
            }
            None => fields.insert(1, (name, value.to_owned())),
        }
        PresignedPost { url: form.url.clone(), fields }
    };
    let without = |name: &str| {
        let fields = form.fields.iter().filter(|(known, _)| *known != name).cloned().collect();
        PresignedPost { url: form.url.clone(), fields }
    };
    for (case, form, file, status) in [
        ("nothing", set("x-ignore-a", ""), "", 400),
        ("too much", set("x-ignore-a", ""), "hello!", 400),
        ("another key", set("key", &other), "hello", 403),
        ("another type", set("Content-Type", "text/html"), "hello", 403),
        ("no type", without("Content-Type"), "hello", 403),
        ("another answer", set("success_action_status", "200"), "hello", 403),
        ("another form's policy", set("policy", &of_other("policy")), "hello", 403),
        ("another form's signature", set("x-amz-signature", &of_other("x-amz-signature")), "hello", 403),
        ("no signature of anything", set("x-amz-signature", &"0".repeat(64)), "hello", 403),
        ("a stranger's key", set("x-amz-credential", "STRANGER/20260131/us-east-1/s3/aws4_request"), "hello", 403),
    ] {
        let answer = post(&form, file.as_bytes()).await;
        assert_eq!(answer.status, status, "{case}: {}", answer.text());
        place.holds(&key, None, case).await;
        place.holds(&other, None, case).await;
    }
    for (name, is_plain) in [("x-amz-meta-owner", false), ("acl", true), ("Content-Disposition", true)] {
        let answer = post(&set(name, "other"), b"hello").await;
        if is_plain && place.differs(Difference::UnlistedFieldsPass) {
            assert_eq!(answer.status, 204, "{name}: {}", answer.text());
            place.media.remove(&key).await.unwrap();
        } else {
            assert_eq!(answer.status, 403, "a field that nobody signed: {name}");
            place.holds(&key, None, name).await;
        }
    }
    for name in ["x-amz-signature", "policy", "x-amz-credential", "x-amz-date", "x-amz-algorithm"] {
        let answer = post(&without(name), b"hello").await;
        assert!(matches!(answer.status.as_u16(), 400 | 403), "{name}: {}", answer.status);
        place.holds(&key, None, name).await;
    }
}

pub(crate) async fn a_form_may_be_sent_again_until_it_ends(place: &Place) {
    let key = place.key("a");
    let form = signed(place, &text(&key, 5), now());
    for file in ["one", "two"] {
        assert_eq!(post(&form, file.as_bytes()).await.status, 204);
        place.holds(&key, Some(file), "as long as it is good").await;
    }
    let before = now() - SignedDuration::from_mins(10);
    let over = Sending { expires: in_seconds(-60), ..text(&key, 5) };
    let answer = post(&signed(place, &over, before), b"three").await;
    assert_eq!((answer.status.as_u16(), &*code(&answer)), (403, "AccessDenied"));
    let still = Sending { expires: in_seconds(60), ..text(&key, 5) };
    assert_eq!(post(&signed(place, &still, before), b"four").await.status, 204, "what is old is not over");
    place.holds(&key, Some("four"), "what is over changes nothing").await;
}

pub(crate) async fn a_form_leads_back_where_that_was_signed(place: &Place) {
    let key = place.key("a");
    let back = "http://localhost:8000/uploads/1";
    let form = place.media.presign_post(&text(&key, 5), Afterwards::Redirect(back), now()).unwrap();
    let answer = post(&form, b"hello").await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.header("location");
    assert!(location.starts_with(&format!("{back}?")) && location.contains(&format!("bucket={BUCKET}")), "{location}");
    let mut fields: Vec<_> = form.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    for (name, value) in &mut fields {
        if name == "success_action_redirect" {
            "http://localhost:8000/elsewhere".clone_into(value);
        }
    }
    assert_eq!(s3::post(&form.url, &fields, b"other").await.status, 403);
    place.holds(&key, Some("hello"), "another address").await;
}

pub(crate) async fn a_form_holds_the_file_to_its_checksum(place: &Place) {
    let (key, sum) = (place.key("a"), sum());
    let sending = Sending { sha256: Some(&sum), ..text(&key, 5) };
    let form = signed(place, &sending, now());
    let wrong = post(&form, b"jello").await;
    assert_eq!((wrong.status.as_u16(), &*code(&wrong)), (400, "BadDigest"), "{}", wrong.text());
    place.holds(&key, None, "what does not fit is not kept").await;
    assert_eq!(post(&form, b"hello").await.status, 204);
    assert_eq!(post(&form, b"jello").await.status, 400);
    place.holds(&key, Some("hello"), "what does not fit replaces nothing").await;
    for name in ["x-amz-checksum-sha256", "x-amz-checksum-algorithm"] {
        let fields = form.fields.iter().filter(|(known, _)| *known != name).cloned().collect();
        let bare = PresignedPost { url: form.url.clone(), fields };
        assert_eq!(post(&bare, b"jello").await.status, 403, "{name}");
    }
    place.holds(&key, Some("hello"), "a checksum cannot be left out").await;
}
