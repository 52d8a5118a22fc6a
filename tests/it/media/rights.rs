//! A tour of what the functions of files may do.

use http::Method;
use serde_json::{Value, json};

use super::{TEXT, ask_for_text};
use crate::site::{Answer, Site, Visitor, pictures, s3};

const PART: usize = 5_242_880;

/// One request and no other: the token was taken earlier.
async fn send(visitor: &mut Visitor<'_>, token: &str, method: Method, path: &str, body: Value) -> Answer {
    visitor.send_with(token, method, path, body).await
}

#[tokio::test]
async fn every_call_about_files_is_one_that_its_function_may_make() {
    let part = PART.to_string();
    let site = Site::by_hand_with(&[("UPLOAD_PART_BYTES", &part), ("UPLOADS_PENDING_MAX", "2")]).await;
    site.member("lee@example.com").await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;

    // In one piece: a document and a picture, and one that is refused.
    let mut ids = Vec::new();
    for (purpose, name, content_type, bytes) in [
        ("document", "a.txt", "text/plain", TEXT.to_vec()),
        ("image", "a.png", "image/png", pictures::png()),
        ("document", "b.txt", "text/plain", vec![0; 3]),
    ] {
        let body = json!({ "purpose": purpose, "filename": name, "content_type": content_type, "size": bytes.len() });
        let promised = send(&mut kim, &token, Method::POST, "/uploads", body).await.json();
        s3::upload(&promised, &bytes).await;
        site.deliver_next().await;
        ids.push(promised["id"].as_str().unwrap().to_owned());
    }

    // In parts, to the end; and one that is given up.
    let file: Vec<u8> = TEXT.iter().copied().cycle().take(PART + 5).collect();
    for given_up in [true, false] {
        let body = ask_for_text(file.len());
        let promised = send(&mut kim, &token, Method::POST, "/uploads", body).await.json();
        let path = format!("/uploads/{}", promised["id"].as_str().unwrap());
        let numbers = json!({ "numbers": [1, 2] });
        let signed = send(&mut kim, &token, Method::POST, &format!("{path}/parts"), numbers).await.json();
        for (part, bytes) in signed["parts"].as_array().unwrap().iter().zip(file.chunks(PART)) {
            assert_eq!(s3::send(Method::PUT, part["url"].as_str().unwrap(), &[], bytes.to_vec()).await.status, 200);
        }
        kim.get(&format!("{path}/parts")).await;
        if given_up {
            assert_eq!(send(&mut kim, &token, Method::DELETE, &path, json!({})).await.status, 204);
        } else {
            let complete = format!("{path}/complete");
            assert_eq!(send(&mut kim, &token, Method::POST, &complete, json!({})).await.status, 202);
            assert_eq!(send(&mut kim, &token, Method::POST, &complete, json!({})).await.status, 202);
            site.deliver_next().await;
        }
    }

    // Promises that nobody kept are given up when they are in the way.
    for _ in 0..2 {
        assert_eq!(send(&mut kim, &token, Method::POST, "/uploads", ask_for_text(PART + 5)).await.status, 201);
    }
    site.clock.advance(jiff::SignedDuration::from_hours(25));
    let id = kim.id;
    let mut kim = site.program();
    kim.id = id;
    kim.log_in("kim@example.com").await;
    let token = kim.csrf_token().await;
    assert_eq!(send(&mut kim, &token, Method::POST, "/uploads", ask_for_text(5)).await.status, 201);

    let path = format!("/media/{}", ids[1]);
    for page in ["/media", "/media/shared", &path, &format!("{path}/thumbnails/160"), &format!("{path}/details")] {
        assert!(kim.get(page).await.status.as_u16() < 400, "{page}");
    }
    let rename = json!({ "name": "b.jpg", "version": 1 });
    assert_eq!(send(&mut kim, &token, Method::PATCH, &path, rename).await.status, 200);
    for email in ["lee@example.com", "nobody@example.com"] {
        let body = json!({ "email": email, "verb": "view" });
        let granted = send(&mut kim, &token, Method::POST, &format!("{path}/grants"), body).await;
        assert_eq!(granted.status, 201, "{}", granted.text());
        let grant = granted.json()["grant"]["id"].as_str().unwrap().to_owned();
        if email.starts_with("nobody") {
            let revoke = format!("{path}/grants/{grant}");
            assert_eq!(send(&mut kim, &token, Method::DELETE, &revoke, json!({})).await.status, 204);
        }
    }
    site.group("Friends", &[]).await;
    site.join(&kim, "Friends").await;
    let body = json!({ "group": "Friends", "verb": "view" });
    assert_eq!(send(&mut kim, &token, Method::POST, &format!("{path}/grants"), body).await.status, 201);
    let links = format!("{path}/links");
    for _ in 0..2 {
        let made = send(&mut kim, &token, Method::POST, &links, json!({ "expires_in": 60 })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let url = made.json()["url"].as_str().unwrap().to_owned();
        assert_eq!(site.visitor().get(url.strip_prefix("http://localhost:8000").unwrap()).await.status, 302);
        site.clock.advance(jiff::SignedDuration::from_secs(61));
    }
    let made = send(&mut kim, &token, Method::POST, &links, json!({ "expires_in": 60 })).await.json();
    let revoke = format!("{links}/{}", made["id"].as_str().unwrap());
    assert_eq!(send(&mut kim, &token, Method::DELETE, &revoke, json!({})).await.status, 204);
    for id in &ids {
        let deleted = send(&mut kim, &token, Method::DELETE, &format!("/media/{id}"), json!({})).await;
        assert_eq!(deleted.status, 204, "{}", deleted.text());
    }
    let promised = send(&mut kim, &token, Method::POST, "/uploads", ask_for_text(PART + 5)).await.json();
    let path = format!("/media/{}", promised["id"].as_str().unwrap());
    assert_eq!(send(&mut kim, &token, Method::DELETE, &path, json!({})).await.status, 204);
}
