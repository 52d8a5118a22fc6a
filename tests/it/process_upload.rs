//! What becomes of an uploaded picture, from S3's event to the published one.

use std::collections::BTreeSet;

use http::Method;
use image::ImageFormat;
use jiff::SignedDuration;
use local::Delivery;
use serde_json::{Value, json};

use crate::site::{Site, Visitor, pictures, s3};

/// Removes an item behind the product's back.
fn delete(site: &Site, table: &str, pk: &str, sk: &str) {
    let request = json!({ "TableName": table, "Key": { "PK": { "S": pk }, "SK": { "S": sk } } });
    site.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
}

async fn clear_avatar(kim: &mut Visitor<'_>) {
    let version = kim.whoami().await["version"].to_string();
    let answer = kim.clone().html().post("/profile", &[("version", &version), ("avatar-clear", "on")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[tokio::test]
async fn a_good_picture_of_each_format_becomes_a_square_one() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for (name, content_type, published) in [
        ("baseline.jpg", "image/jpeg", "image/jpeg"),
        ("progressive.jpg", "image/jpeg", "image/jpeg"),
        ("interlaced.png", "image/png", "image/jpeg"),
        ("lossy.webp", "image/webp", "image/jpeg"),
        ("lossless-alpha.webp", "image/webp", "image/png"),
        ("animated.gif", "image/gif", "image/jpeg"),
    ] {
        let id = kim.upload(&pictures::fixture(name), content_type).await;
        let state = kim.settled(&id).await;
        assert_eq!((&state["state"], &state["reason"]), (&json!("ready"), &Value::Null), "{name}");
        let picture = s3::get(state["url"].as_str().unwrap()).await;
        assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, published), "{name}");
        let drawn = image::load_from_memory(&picture.body).unwrap();
        assert_eq!(drawn.width(), drawn.height(), "{name}");
        let avatar = kim.avatar().await;
        assert_eq!((&avatar["state"], &avatar["reason"]), (&json!("ready"), &Value::Null));
        assert_eq!(s3::get(avatar["url"].as_str().unwrap()).await.body, picture.body);
    }
}

#[tokio::test]
async fn a_large_picture_becomes_512_pixels_wide_and_forgets_where_it_was_taken() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let large = pictures::picture(1_400, 900, ImageFormat::Jpeg);
    kim.upload(&large, "image/jpeg").await;
    assert_eq!(site.deliver_next().await, Delivery::Done);
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    let drawn = image::load_from_memory(&s3::get(&url).await.body).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (512, 512));

    let secret = "37.5665N 126.9780E";
    let file = pictures::jpeg_with_exif(secret);
    assert!(String::from_utf8_lossy(&file).contains(secret));
    kim.upload(&file, "image/jpeg").await;
    assert_eq!(site.deliver_next().await, Delivery::Done);
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    let published = s3::get(&url).await.body;
    for mark in [secret.as_bytes(), b"Exif"] {
        assert!(!published.windows(mark.len()).any(|window| window == mark));
    }
    assert_eq!(site.objects().0, [] as [String; 0], "nothing stays in quarantine");
}

#[tokio::test]
async fn what_is_not_a_picture_is_refused_with_the_reason_and_deleted() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let png = pictures::picture(300, 200, ImageFormat::Png);
    let jpeg = pictures::fixture("progressive.jpg");
    let cases: [(&str, &str, Vec<u8>, &str); 12] = [
        ("text", "image/png", b"I am a picture.".to_vec(), "not_an_image"),
        ("one byte", "image/gif", b"G".to_vec(), "not_an_image"),
        ("HTML", "image/gif", b"<html><script>alert(1)</script>".to_vec(), "not_an_image"),
        ("SVG", "image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>".to_vec(), "not_an_image"),
        ("a PNG cut short", "image/png", png[..png.len() / 2].to_vec(), "truncated"),
        ("a PNG without its end", "image/png", png[..png.len() - 5].to_vec(), "truncated"),
        ("a JPEG cut short", "image/jpeg", jpeg[..jpeg.len() - 200].to_vec(), "truncated"),
        ("a GIF that is a script", "image/gif", b"GIF89a/*\0\0\0\0*/=1;alert(1)//".to_vec(), ""),
        ("a bomb", "image/png", pictures::png_header(60_000, 60_000), "too_many_pixels"),
        ("a wide bomb", "image/png", pictures::png_header(12_001, 1), "too_many_pixels"),
        ("a JPEG that says PNG", "image/png", jpeg.clone(), "type_mismatch"),
        ("a PNG that says WebP", "image/webp", png.clone(), "type_mismatch"),
    ];
    for (what, content_type, file, reason) in cases {
        let id = kim.upload(&file, content_type).await;
        assert_eq!(site.deliver_next().await, Delivery::Done, "{what}");
        let state = kim.state(&id).await;
        assert_eq!((&state["state"], &state["url"]), (&json!("rejected"), &Value::Null), "{what}");
        let told = state["reason"].as_str().unwrap();
        assert!(told == reason || (reason.is_empty() && ["truncated", "broken"].contains(&told)), "{what}: {told}");
        let avatar = kim.avatar().await;
        assert_eq!(avatar, json!({ "state": "rejected", "url": null, "reason": told }), "{what}");
        assert_eq!(site.stack.objects(), [] as [String; 0], "{what}");
        let page = kim.get(&format!("/uploads/{id}")).await;
        assert!(page.text().contains("notice-error") && !page.text().contains("http-equiv=\"refresh\""), "{what}");
    }
}

#[tokio::test]
async fn a_picture_with_a_page_behind_it_is_refused() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    for (format, content_type) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png")] {
        let script = b"<script>alert(document.domain)</script>";
        let file = [&pictures::picture(50, 50, format)[..], script].concat();
        let id = kim.upload(&file, content_type).await;
        site.deliver_next().await;
        let state = kim.state(&id).await;
        assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("broken")));
        assert_eq!(site.stack.objects(), [] as [String; 0]);
    }
}

#[tokio::test]
async fn a_refused_picture_leaves_the_published_one_alone() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let published = site.objects().1;
    kim.upload(b"not a picture", "image/png").await;
    site.deliver_next().await;
    let avatar = kim.avatar().await;
    assert_eq!((&avatar["state"], &avatar["reason"]), (&json!("rejected"), &json!("not_an_image")));
    assert_eq!(s3::get(avatar["url"].as_str().unwrap()).await.status, 200);
    assert_eq!(site.objects(), (vec![], published));
}

#[tokio::test]
async fn an_event_that_comes_ten_times_is_the_same_as_one() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    let event = site.stack.next_s3_event().await;
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
    let (accounts, objects) = (site.items("accounts"), site.stack.objects());
    for _ in 0..9 {
        assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
        site.clock.advance(SignedDuration::from_hours(1));
    }
    assert_eq!((site.items("accounts"), site.stack.objects()), (accounts, objects));
    assert_eq!(kim.clone().log_in("kim@example.com").await["avatar"]["state"], "ready");
    let mut lately = site.program();
    lately.log_in("kim@example.com").await;
    assert_eq!(lately.state(&id).await["state"], "ready");
}

#[tokio::test]
async fn ten_deliveries_at_once_publish_one_picture() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    let event = site.stack.next_s3_event().await;
    let all = futures_util::future::join_all((0..10).map(|_| site.stack.deliver(&event))).await;
    // One that met another may ask to be tried again; then it finds the work done.
    assert!(all.contains(&Delivery::Done), "{all:?}");
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
    assert_eq!(kim.state(&id).await["state"], "ready");
    let (raw, published) = site.objects();
    assert_eq!((raw.len(), published.len()), (0, 1));
}

#[tokio::test]
async fn of_two_uploads_the_one_asked_for_last_wins_in_every_order() {
    for order in [[0, 1], [1, 0]] {
        for repeated in [false, true] {
            let site = Site::by_hand().await;
            let mut kim = site.member("kim@example.com").await;
            let ids = [
                kim.upload(&pictures::png(), "image/png").await,
                kim.upload(&pictures::fixture("baseline.jpg"), "image/jpeg").await,
            ];
            let events = [site.stack.next_s3_event().await, site.stack.next_s3_event().await];
            for &which in order.iter().chain(order.iter().filter(|_| repeated)) {
                assert_eq!(site.stack.deliver(&events[which]).await, Delivery::Done, "{order:?}");
            }
            assert_eq!(kim.avatar().await["state"], "ready", "{order:?}");
            let (first, second) = (kim.state(&ids[0]).await, kim.state(&ids[1]).await);
            assert_eq!((&first["state"], &first["reason"]), (&json!("rejected"), &json!("superseded")), "{order:?}");
            assert_eq!(second["state"], "ready", "{order:?}");
            let (raw, published) = site.objects();
            assert_eq!(raw, [] as [String; 0], "{order:?}");
            assert_eq!(published.len(), 1, "{order:?}");
            assert!(published[0].contains(&ids[1]));
        }
    }
}

#[tokio::test]
async fn what_belongs_to_nobody_is_removed() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let user = kim.whoami().await["id"].as_str().unwrap().to_owned();
    let id = kim.upload(&pictures::png(), "image/png").await;
    delete(&site, "accounts", &format!("MEDIA#{id}"), "META");
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(site.stack.objects(), [] as [String; 0], "an unknown upload");
    assert_eq!(site.notes(), [] as [Value; 0], "and it is not noted by that");

    let id = kim.upload(&pictures::png(), "image/png").await;
    delete(&site, "accounts", &format!("USER#{user}"), "PROFILE");
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(site.stack.objects(), [] as [String; 0], "of a deleted user");
    assert!(site.stored("accounts", &format!("USER#{user}"), "PROFILE").is_none(), "nobody comes back by it");
    let note = site.stored("accounts", &format!("MEDIA#{id}"), "META").unwrap();
    assert_eq!(note["state"]["S"], "rejected");
}

#[tokio::test]
async fn a_put_that_is_repeated_changes_nothing_that_is_published() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let good = pictures::png();
    let promised = kim.promise("image/png", good.len(), "PUT").await;
    let id = promised["id"].as_str().unwrap();
    assert_eq!(s3::upload(&promised, &good).await.status, 200);
    assert_eq!(site.deliver_next().await, Delivery::Done);
    let before = s3::get(kim.state(id).await["url"].as_str().unwrap()).await.body;
    let (items, published) = (site.items("accounts"), site.objects().1);

    let mut other = good.clone();
    other.reverse();
    assert_eq!(s3::upload(&promised, &other).await.status, 200, "the address is good for five minutes");
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(s3::get(kim.state(id).await["url"].as_str().unwrap()).await.body, before);
    assert_eq!((site.items("accounts"), site.objects()), (items, (vec![], published)));
}

#[tokio::test]
async fn of_two_puts_before_the_first_event_the_later_bytes_are_judged() {
    for order in [[0, 1], [1, 0]] {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let good = pictures::png();
        let promised = kim.promise("image/png", good.len(), "PUT").await;
        assert_eq!(s3::upload(&promised, &vec![b'x'; good.len()]).await.status, 200);
        let first = site.stack.next_s3_event().await;
        assert_eq!(s3::upload(&promised, &good).await.status, 200);
        let events = [first, site.stack.next_s3_event().await];
        for which in order {
            assert_eq!(site.stack.deliver(&events[which]).await, Delivery::Done);
        }
        assert_eq!(kim.avatar().await["state"], "ready", "{order:?}");
        assert_eq!(site.objects().0, [] as [String; 0]);
    }
}

#[tokio::test]
async fn a_new_picture_removes_the_old_one_and_its_note() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let first = kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let old = kim.avatar().await["url"].as_str().unwrap().to_owned();
    let second = kim.upload(&pictures::fixture("lossy.webp"), "image/webp").await;
    assert_eq!(s3::get(&old).await.status, 200, "until the new one is ready");
    site.deliver_next().await;
    assert_eq!(s3::get(&old).await.status, 403, "whoever may not list is not told what is missing");
    let published = site.objects().1;
    assert!(published.len() == 1 && published[0].contains(&second), "{published:?}");
    let notes: BTreeSet<_> = site.notes().iter().map(|note| note["PK"]["S"].as_str().unwrap().to_owned()).collect();
    assert_eq!(notes, BTreeSet::from([format!("MEDIA#{second}")]));
    assert_eq!(kim.json().get(&format!("/uploads/{first}")).await.status, 404);
}

#[tokio::test]
async fn an_object_that_is_gone_when_its_event_comes_is_no_fault() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    let waiting = site.objects().0.remove(0);
    site.stack.app().media().remove(&waiting).await.unwrap();
    assert_eq!(
        site.deliver_next().await,
        Delivery::Done,
        "it is listed, since S3 would not tell it from a forbidden one"
    );
    assert_eq!((kim.avatar().await["url"].as_str(), site.stack.objects()), (None, vec![]));
}

#[tokio::test]
async fn a_picture_that_is_removed_is_gone_for_good() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    let event = site.stack.next_s3_event().await;
    site.stack.deliver(&event).await;
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    clear_avatar(&mut kim).await;
    assert_eq!(kim.avatar().await, Value::Null);
    assert_eq!(s3::get(&url).await.status, 403, "whoever may not list is not told what is missing");
    assert_eq!((site.stack.objects(), site.notes()), (vec![], vec![]));
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
    assert_eq!((kim.avatar().await, site.stack.objects()), (Value::Null, vec![]));
}

#[tokio::test]
async fn a_picture_that_is_removed_while_a_new_one_is_on_its_way_stays_removed() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    clear_avatar(&mut kim).await;
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(kim.avatar().await, Value::Null);
    let state = kim.state(&id).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("superseded")));
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn an_event_that_fails_three_times_is_kept_and_others_go_on() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    let note = json!({
        "TableName": "accounts", "Key": { "PK": { "S": format!("MEDIA#{id}") }, "SK": { "S": "META" } },
        "UpdateExpression": "SET #o = :o", "ExpressionAttributeNames": { "#o": "owner" },
        "ExpressionAttributeValues": { ":o": { "S": "nobody" } },
    });
    site.stack.dynamodb().database().update_item(serde_json::from_value(note).unwrap()).unwrap();
    let mut poison = site.stack.next_s3_event().await;
    let mut outcomes = Vec::new();
    for attempts in 0..3 {
        poison.attempts = attempts;
        outcomes.push(site.stack.deliver(&poison).await);
        let good = lee.upload(&pictures::png(), "image/png").await;
        assert_eq!(site.deliver_next().await, Delivery::Done);
        assert_eq!(lee.state(&good).await["state"], "ready");
    }
    assert_eq!(outcomes, [Delivery::Failed, Delivery::Failed, Delivery::Dead]);
    let dead = site.stack.dead_letters();
    assert_eq!(dead.len(), 1);
    assert!(dead[0]["Records"][0]["s3"]["object"]["key"].as_str().unwrap().ends_with(&id));
}

#[tokio::test]
async fn nothing_is_readable_that_was_not_signed_and_nothing_unverified_ever() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    let bucket = format!("{}/{}", site.stack.s3_url(), site.stack.app().media().bucket());
    let raw = site.objects().0.remove(0);
    assert_eq!(s3::get(&format!("{bucket}/{raw}")).await.status, 403);
    assert_eq!(s3::get(&format!("{bucket}?list-type=2")).await.status, 403);
    assert_eq!(s3::send(Method::DELETE, &format!("{bucket}/{raw}"), &[], "").await.status, 403);
    site.deliver_next().await;
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    let published = site.objects().1.remove(0);
    assert_eq!(s3::get(&format!("{bucket}/{published}")).await.status, 403);
    // The address of one object opens no other.
    let elsewhere = url.replacen(&published, &raw, 1);
    assert_ne!(elsewhere, url);
    assert_eq!(s3::get(&elsewhere).await.status, 403);
    assert_eq!(s3::send(Method::PUT, &url, &[], "x").await.status, 403);
    assert_eq!(s3::get(&url).await.status, 200);
    let earlier = jiff::Timestamp::now() - SignedDuration::from_secs(310);
    let old = site.stack.app().media().signed_url(&published, earlier).unwrap();
    assert_eq!(s3::get(&old).await.status, 403, "five minutes later");
}
