//! Files that are no pictures, and pictures as files: what is published of each, and what is refused.

use image::ImageFormat;
use local::Delivery;
use serde_json::json;

use super::TEXT;
use crate::site::{Site, pictures, s3};

const PDF: &[u8] = include_bytes!("../../fixtures/files/table.pdf");

#[tokio::test]
async fn a_document_is_published_as_it_is_and_always_an_attachment() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    for (name, content_type, bytes, served) in [
        ("r\u{e9}sum\u{e9}.pdf", "application/pdf", PDF, "application/pdf"),
        ("notes.txt", "text/plain", TEXT, "text/plain; charset=utf-8"),
        ("table.csv", "text/csv", b"a,b\n1,2\n", "text/csv; charset=utf-8"),
    ] {
        let id = kim.send_file("document", name, content_type, bytes).await;
        assert_eq!(site.deliver_next().await, Delivery::Done, "{name}");
        let state = kim.state(&id).await;
        assert_eq!((&state["state"], &state["reason"]), (&json!("ready"), &json!(null)), "{name}");
        assert_eq!(state["url"], format!("/media/{id}"));
        let answer = kim.get(&format!("/media/{id}")).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        let file = s3::get(answer.header("location")).await;
        assert_eq!((file.status.as_u16(), file.header("content-type")), (200, served), "{name}");
        assert!(file.header("content-disposition").starts_with("attachment; filename="), "{name}");
        assert_eq!(file.body, bytes, "{name}");
    }
    assert_eq!(site.objects().0, [] as [String; 0], "nothing stays in quarantine");
}

#[tokio::test]
async fn a_picture_is_drawn_anew_with_its_smaller_copies_and_shown_in_place() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("image", "sea.png", "image/png", &pictures::picture(1_200, 800, ImageFormat::Png)).await;
    site.deliver_next().await;
    let page = kim.clone().json().get("/media").await.json();
    let file = &page["files"][0];
    assert_eq!((&file["id"], &file["state"], &file["verb"]), (&json!(id), &json!("ready"), &json!("own")));
    assert_eq!((&file["width"], &file["height"]), (&json!(1_200), &json!(800)));
    assert_eq!((&file["content_type"], &file["name"]), (&json!("image/jpeg"), &json!("sea.jpg")), "as it is by now");
    let sides: Vec<_> = file["thumbnails"].as_array().unwrap().iter().map(|one| one["side"].clone()).collect();
    assert_eq!(sides, [json!(160), json!(480)]);
    for thumbnail in file["thumbnails"].as_array().unwrap() {
        let drawn = image::load_from_memory(&s3::get(thumbnail["url"].as_str().unwrap()).await.body).unwrap();
        assert_eq!(json!(drawn.width()), thumbnail["side"]);
        let answer = kim.get(&format!("/media/{id}/thumbnails/{}", thumbnail["side"])).await;
        assert_eq!(s3::get(answer.header("location")).await.status, 200);
    }
    for side in ["0160", "161", "file", "..", "%2e%2e", "-1", ""] {
        assert_eq!(kim.get(&format!("/media/{id}/thumbnails/{side}")).await.status, 404, "{side:?}");
    }
    let shown = s3::get(kim.get(&format!("/media/{id}")).await.header("location")).await;
    assert!(shown.header("content-disposition").starts_with("inline; filename=\"sea.jpg\""));
    let kept = s3::get(kim.get(&format!("/media/{id}?download")).await.header("location")).await;
    assert!(kept.header("content-disposition").starts_with("attachment; filename=\"sea.jpg\""));
}

#[tokio::test]
async fn an_animation_of_a_picture_that_is_a_file_goes_on_moving() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("image", "a.gif", "image/gif", &pictures::fixture("animated.gif")).await;
    site.deliver_next().await;
    assert_eq!(kim.state(&id).await["state"], "ready");
    let file = s3::get(kim.get(&format!("/media/{id}")).await.header("location")).await;
    assert_eq!(file.header("content-type"), "image/gif");
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(file.body)).unwrap();
    let frames = image::AnimationDecoder::into_frames(decoder).collect_frames().unwrap();
    assert!(frames.len() > 1, "{} frames", frames.len());
}

#[tokio::test]
async fn what_is_not_what_it_says_is_refused_with_the_reason() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let png = pictures::png();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let zip = b"PK\x03\x04\x14\0\0\0\0\0";
    let cases: [(&str, &str, &str, &[u8], &str); 12] = [
        ("image", "a.jpg", "image/jpeg", zip, "not_an_image"),
        ("image", "a.png", "image/png", PDF, "not_an_image"),
        ("image", "a.png", "image/png", svg, "not_an_image"),
        ("image", "a.jpg", "image/jpeg", &png, "type_mismatch"),
        ("image", "a.jpg", "image/jpeg", b"P6 1 1 255 \0\0\0", "not_an_image"),
        ("image", "a.jpg", "image/jpeg", b"II*\0\x08\0\0\0\0\0", "not_an_image"),
        ("document", "a.pdf", "application/pdf", TEXT, "wrong_format"),
        ("document", "a.pdf", "application/pdf", &PDF[..PDF.len() - 20], "truncated"),
        ("document", "a.txt", "text/plain", PDF, "type_mismatch"),
        ("document", "a.txt", "text/plain", svg, "wrong_format"),
        ("document", "a.txt", "text/plain", b"\xff\xfe\0", "wrong_format"),
        ("video", "a.mp4", "video/mp4", zip, "wrong_format"),
    ];
    for (purpose, name, content_type, bytes, reason) in cases {
        let id = kim.send_file(purpose, name, content_type, bytes).await;
        assert_eq!(site.deliver_next().await, Delivery::Done, "{name}");
        let state = kim.state(&id).await;
        assert_eq!((&state["state"], &state["url"]), (&json!("rejected"), &json!(null)), "{name}: {state}");
        assert_eq!(state["reason"], reason, "{name}");
        let page = kim.get(&format!("/uploads/{id}")).await;
        assert!(page.text().contains("notice-error"), "{name}: {reason}");
        assert_eq!(kim.get(&format!("/media/{id}")).await.status, 404, "{name}");
        assert_eq!(site.stack.objects(), [] as [String; 0], "{name}");
    }
}

#[tokio::test]
async fn a_page_without_a_script_declares_nothing_and_the_content_decides() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    for (purpose, bytes, state) in [
        ("document", PDF, "ready"),
        ("document", TEXT, "ready"),
        ("document", &*pictures::png(), "rejected"),
        ("image", TEXT, "rejected"),
        ("image", &*pictures::png(), "ready"),
        ("video", PDF, "rejected"),
    ] {
        let page = kim.post("/uploads", &[("purpose", purpose)]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let fields = crate::uploads::hidden_fields(&page.text());
        let url = page.after("<form class=\"form\" method=\"post\" action=\"").replace("&#x2f;", "/");
        assert_eq!(s3::post(&url, &fields, bytes).await.status, 303);
        let key = &fields.iter().find(|(name, _)| name == "key").unwrap().1;
        let id = key.rsplit('/').next().unwrap();
        site.deliver_next().await;
        let known = kim.state(id).await;
        assert_eq!(known["state"], state, "{purpose}: {known}");
    }
}
