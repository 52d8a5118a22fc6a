//! Quotas: reserved when an upload is promised, settled when it is published, given back when it is not.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use super::{TEXT, ask_for_text, ready_text, under_way, used};
use crate::site::{Site, s3};

/// Starts a system in which documents have this quota, and whose events are delivered by hand.
async fn site_with_quota(bytes: u64, more: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.deliver_events = false;
        let quota = bytes.to_string();
        options.settings = more.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        options.settings.push(("DOCUMENT_QUOTA_BYTES".into(), quota));
    })
    .await
}

#[tokio::test]
async fn of_fifty_promises_at_once_exactly_as_many_are_kept_as_fit() {
    let site = site_with_quota(10_500, &[]).await;
    let kim = site.member("kim@example.com").await;
    let token = kim.clone().json().csrf_token().await;
    let ask = async || {
        let mut program = kim.clone().json();
        let answer = program.send_with(&token, http::Method::POST, "/uploads", ask_for_text(1_000)).await;
        (answer.status.as_u16(), if answer.status == 201 { String::new() } else { answer.code() })
    };
    let answers = join_all((0..50).map(|_| ask())).await;
    let kept = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(kept, 10, "{answers:?}");
    assert!(answers.iter().all(|(status, code)| *status == 201 || (*status == 409 && code == "quota_exceeded")));
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (10_000, 10));
    assert_eq!(site.notes().len(), 10, "what was refused left nothing");
}

#[tokio::test]
async fn what_is_published_counts_by_its_bytes_and_what_is_refused_not_at_all() {
    let site = site_with_quota(100_000, &[]).await;
    let mut kim = site.member("kim@example.com").await;
    ready_text(&site, &mut kim, "a.txt").await;
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64, 0));

    let id = kim.send_file("document", "b.txt", "text/plain", b"\0\0").await;
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64 + 2, 1));
    site.deliver_next().await;
    assert_eq!(kim.state(&id).await["state"], "rejected");
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64, 0));

    // A picture is drawn anew: what counts is what is kept of it, with its smaller copies.
    let picture = crate::site::pictures::picture(900, 600, image::ImageFormat::Png);
    let id = kim.send_file("image", "c.png", "image/png", &picture).await;
    site.deliver_next().await;
    assert_eq!(kim.state(&id).await["state"], "ready");
    let bytes = async |path: String| {
        let location = kim.clone().get(&path).await.header("location").to_owned();
        s3::get(&location).await.body.len() as u64
    };
    let mut sum = bytes(format!("/media/{id}")).await;
    for side in [160, 480] {
        sum += bytes(format!("/media/{id}/thumbnails/{side}")).await;
    }
    assert_eq!(used(&site, &kim, "image"), sum);
}

#[tokio::test]
async fn deleting_and_cancelling_give_back_exactly_what_was_taken() {
    let site = site_with_quota(10_000, &[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let ready = ready_text(&site, &mut kim, "a.txt").await;
    let promised = kim.post_json("/uploads", ask_for_text(5_000)).await.json()["id"].as_str().unwrap().to_owned();
    let refused = kim.send_file("document", "b.txt", "text/plain", b"\0").await;
    site.deliver_next().await;
    for (id, left) in [(&refused, 5_000 + TEXT.len()), (&ready, 5_000), (&promised, 0)] {
        for _ in 0..2 {
            kim.clone().send_json(http::Method::DELETE, &format!("/media/{id}"), json!({})).await;
            assert_eq!(used(&site, &kim, "document"), left as u64, "once, however often it is asked for");
        }
    }
    let promised = kim.post_json("/uploads", ask_for_text(5_000)).await.json()["id"].as_str().unwrap().to_owned();
    let cancelled = kim.send_json(http::Method::DELETE, &format!("/uploads/{promised}"), json!({})).await;
    assert_eq!(cancelled.status, 204, "{}", cancelled.text());
    assert_eq!(kim.state_or_none(&promised).await, None, "nothing of it is left to look at");
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (0, 0));
}

#[tokio::test]
async fn promises_that_nobody_kept_are_in_nobodys_way() {
    let site = site_with_quota(10_000, &[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    for _ in 0..2 {
        assert_eq!(kim.post_json("/uploads", ask_for_text(5_000)).await.status, 201);
    }
    assert_eq!(kim.post_json("/uploads", ask_for_text(5_000)).await.code(), "quota_exceeded");
    site.clock.advance(SignedDuration::from_mins(16));
    for _ in 0..2 {
        assert_eq!(kim.post_json("/uploads", ask_for_text(5_000)).await.status, 201, "room again");
    }
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (10_000, 2));
    assert_eq!(site.notes().len(), 2, "what never came leaves nothing");
}

#[tokio::test]
async fn only_so_many_uploads_are_under_way_at_a_time() {
    let site = site_with_quota(1_000_000, &[("UPLOADS_PENDING_MAX", "3")]).await;
    let mut kim = site.member("kim@example.com").await.json();
    for status in [201, 201, 201, 429, 429] {
        let answer = kim.post_json("/uploads", ask_for_text(10)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    site.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(kim.post_json("/uploads", ask_for_text(10)).await.status, 201);
}

#[tokio::test]
async fn each_purpose_and_each_user_has_a_quota_of_their_own() {
    let site = site_with_quota(5_000, &[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let mut lee = site.member("lee@example.com").await.json();
    assert_eq!(kim.post_json("/uploads", ask_for_text(5_000)).await.status, 201);
    assert_eq!(kim.post_json("/uploads", ask_for_text(1)).await.code(), "quota_exceeded");
    assert_eq!(lee.post_json("/uploads", ask_for_text(5_000)).await.status, 201);
    let image = json!({ "purpose": "image", "filename": "a.png", "content_type": "image/png", "size": 6_000 });
    assert_eq!(kim.post_json("/uploads", image).await.status, 201);
    // More than the quota itself: it could never fit.
    assert_eq!(lee.post_json("/uploads", ask_for_text(5_001)).await.code(), "quota_exceeded");
    let page = kim.clone().html().post("/uploads", &[("purpose", "document")]).await;
    assert_eq!(page.status, 409, "a page says so too");
}

#[tokio::test]
async fn a_picture_that_grows_over_the_quota_is_refused_and_takes_nothing() {
    // Noise in few bytes: a JPEG of the lowest quality, which is kept at a better one, with smaller copies.
    let mut bytes = Vec::new();
    let noise = image::RgbImage::from_fn(600, 600, |x, y| {
        let mixed = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).rotate_left(13) ^ (x * y);
        image::Rgb([mixed, mixed >> 8, mixed >> 16].map(|value| u8::try_from(value % 256).unwrap()))
    });
    noise.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 5)).unwrap();
    let site = Site::start_with(|options| {
        options.deliver_events = false;
        options.settings.push(("IMAGE_QUOTA_BYTES".into(), (bytes.len() + 10).to_string()));
    })
    .await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("image", "a.jpg", "image/jpeg", &bytes).await;
    assert_eq!(site.deliver_next().await, local::Delivery::Done);
    let state = kim.state(&id).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("quota_exceeded")));
    assert_eq!((used(&site, &kim, "image"), under_way(&site, &kim)), (0, 0));
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn what_nobody_came_to_an_end_with_is_over_after_a_day() {
    let site = site_with_quota(1_500, &[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let id = kim.send_file("document", "a.txt", "text/plain", &[b'a'; 1_200]).await;
    let mut note = site.stored("accounts", &format!("MEDIA#{id}"), "META").unwrap();
    note["state"] = json!({ "S": "verifying" });
    site.put("accounts", &note);
    assert_eq!(kim.state(&id).await["state"], "verifying");
    assert_eq!(kim.post_json("/uploads", ask_for_text(1_200)).await.code(), "quota_exceeded");
    site.clock.advance(SignedDuration::from_hours(25));
    let mut kim = site.program();
    let user = kim.log_in("kim@example.com").await;
    kim.id = user["id"].clone();
    let state = kim.state(&id).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("expired")));
    assert_eq!(kim.post_json("/uploads", ask_for_text(1_200)).await.status, 201, "its bytes are free");
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (1_200, 1));
}
