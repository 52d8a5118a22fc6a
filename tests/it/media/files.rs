//! `/media`: the lists, one file, and who may do what with it.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{TEXT, ready_text};
use crate::site::{Answer, Site, Visitor, s3};

/// What `GET` of a path answers, as a program is told.
async fn status(visitor: &mut Visitor<'_>, path: &str) -> u16 {
    visitor.clone().json().get(path).await.status.as_u16()
}

async fn share(owner: &mut Visitor<'_>, id: &str, body: Value) -> Answer {
    owner.clone().json().post_json(&format!("/media/{id}/grants"), body).await
}

#[tokio::test]
async fn my_files_are_listed_from_the_newest_page_by_page_and_my_picture_is_not_among_them() {
    let site = Site::start_with(|options| {
        options.deliver_events = false;
        options.settings.push(("MEDIA_PAGE_SIZE".into(), "2".into()));
    })
    .await;
    let mut kim = site.member("kim@example.com").await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(ready_text(&site, &mut kim, &format!("{number}.txt")).await);
        site.clock.advance(SignedDuration::from_secs(1));
    }
    kim.upload(&crate::site::pictures::png(), "image/png").await;
    site.deliver_next().await;
    let mut kim = kim.json();
    let (mut listed, mut path, mut pages) = (Vec::new(), "/media".to_owned(), 0);
    loop {
        let page = kim.get(&path).await.json();
        listed.extend(page["files"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/media?cursor={next}");
    }
    ids.reverse();
    assert_eq!((listed, pages), (ids, 3));
    for cursor in ["x", "%00", "../..", "00000000-0000-0000-0000-00000000000G"] {
        assert_eq!(status(&mut kim, &format!("/media?cursor={cursor}")).await, 404, "{cursor}");
    }
}

#[tokio::test]
async fn the_pages_show_files_in_html_too() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let page = kim.get("/media").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let id = ready_text(&site, &mut kim, "<b>notes</b> & \"x\".txt").await;
    for path in
        ["/media".to_owned(), format!("/media/{id}/details"), format!("/media/{id}/delete"), "/media/shared".into()]
    {
        let page = kim.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        assert!(!page.text().contains("<b>notes"), "{path}: names are escaped");
    }
    assert!(kim.get("/media").await.text().contains(&id));
}

#[tokio::test]
async fn strangers_learn_nothing_of_a_file() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(&site, &mut kim, "a.txt").await;
    let mut lee = site.member("lee@example.com").await.json();
    let unknown = "0197a3c9-0f1e-7d2c-8b3a-4c5d6e7f8091";
    let steps: [(Method, &str, Value); 12] = [
        (Method::GET, "", Value::Null),
        (Method::GET, "/details", Value::Null),
        (Method::GET, "/delete", Value::Null),
        (Method::GET, "/thumbnails/160", Value::Null),
        (Method::PATCH, "", json!({ "name": "b.txt", "version": 1 })),
        (Method::DELETE, "", json!({})),
        (Method::POST, "/rename", json!({ "name": "b.txt", "version": 1 })),
        (Method::POST, "/delete", json!({})),
        (Method::POST, "/grants", json!({ "email": "lee@example.com", "verb": "manage" })),
        (Method::DELETE, "/grants/0197a3c9-0f1e-7d2c-8b3a-4c5d6e7f8091", json!({})),
        (Method::POST, "/links", json!({ "expires_in": 60 })),
        (Method::DELETE, "/links/abc", json!({})),
    ];
    for (method, step, body) in steps {
        let mut answers = Vec::new();
        for id in [&*id, unknown] {
            let path = format!("/media/{id}{step}");
            let answer = match method {
                Method::GET => lee.get(&path).await,
                _ => lee.send_json(method.clone(), &path, body.clone()).await,
            };
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{method} {path}");
            let cost = answer.cost();
            answers.push((cost.calls, cost.trips, answer.header("content-length").len()));
            let mut nobody = site.program();
            let answer = match method {
                Method::GET => nobody.get(&path).await,
                _ => nobody.send_json(method.clone(), &path, body.clone()).await,
            };
            assert_eq!(answer.status, 401, "{method} {path}");
        }
        assert_eq!(answers[0], answers[1], "{method} {step}: as for one that does not exist");
    }
    assert_eq!(kim.state(&id).await["state"], "ready");
    for odd in ["x", "..%2f..%2fuploads", "%00", &"a".repeat(500), &id.to_uppercase(), "%252e%252e%252f"] {
        assert_eq!(status(&mut kim, &format!("/media/{odd}")).await, 404, "{odd}");
    }
}

#[tokio::test]
async fn a_download_is_two_reads_and_an_address_for_a_minute() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(&site, &mut kim, "a\u{202e}\"X: 1.txt").await;
    let path = format!("/media/{id}");
    for method in [Method::GET, Method::HEAD] {
        let answer = kim.send(method.clone(), &path, &[], "".into()).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (302, 0), "{method}");
        let cost = answer.cost();
        assert_eq!((cost.calls, cost.trips, cost.read_units, cost.write_units), (2, 2, 4.0, 0.0), "{method}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let url = answer.header("location").to_owned();
        assert!(url.contains("X-Amz-Expires=60"), "{url}");
        let file = s3::send(method.clone(), &url, &[], "").await;
        assert_eq!((file.status.as_u16(), file.header("content-length")), (200, &*TEXT.len().to_string()), "{method}");
        if method == Method::GET {
            assert_eq!(file.body, TEXT);
        }
        assert_eq!(s3::get(&url.replacen("/file?", "/160?", 1)).await.status, 403, "for this object alone");
        assert_eq!(s3::get(&url.replacen("attachment", "inline", 1)).await.status, 403, "in this way alone");
    }
    let disposition = s3::get(kim.get(&path).await.header("location")).await;
    let disposition = disposition.header("content-disposition");
    assert!(disposition.is_ascii() && !disposition.contains(['\r', '\n']), "{disposition:?}");
    assert_eq!(site.stack.objects().iter().filter(|key| key.starts_with("media/")).count(), 1);
}

#[tokio::test]
async fn what_is_shared_can_be_done_and_no_more_and_is_taken_back_at_once() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await.json();
    let id = ready_text(&site, &mut kim, "a.txt").await;
    let path = format!("/media/{id}");
    let rename = json!({ "name": "b.txt", "version": 1 });
    for (verb, expected) in [("view", [302, 403, 403]), ("edit", [302, 200, 403]), ("manage", [302, 409, 201])] {
        let granted = share(&mut kim, &id, json!({ "email": "Lee@Example.com", "verb": verb })).await;
        assert_eq!(granted.status, 201, "{}", granted.text());
        let statuses = [
            lee.get(&path).await.status.as_u16(),
            lee.send_json(Method::PATCH, &path, rename.clone()).await.status.as_u16(),
            lee.post_json(&format!("{path}/links"), json!({ "expires_in": 60 })).await.status.as_u16(),
        ];
        assert_eq!(statuses, expected, "{verb}");
        assert_eq!(
            lee.send_json(Method::DELETE, &path, json!({})).await.status,
            403,
            "{verb}: the owner alone deletes"
        );
        let shared = lee.get("/media/shared").await.json();
        assert_eq!((&shared["files"][0]["id"], &shared["files"][0]["verb"]), (&json!(id), &json!(verb)));
        assert_eq!(lee.get("/media").await.json()["files"], json!([]), "it is not theirs");
    }
    let details = kim.clone().json().get(&format!("{path}/details")).await.json();
    assert_eq!(details["file"]["name"], "b.txt");
    let grant = details["grants"][0].clone();
    assert_eq!((&grant["label"], &grant["kind"]), (&json!("Lee@Example.com"), &json!("user")));
    let revoke = format!("{path}/grants/{}/revoke", grant["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(kim.post(&revoke, &[]).await.status, 303);
        assert_eq!(status(&mut lee, &path).await, 404, "on the next request");
        assert_eq!(lee.get("/media/shared").await.json()["files"], json!([]));
    }
}

#[tokio::test]
async fn a_link_opens_one_file_to_whoever_has_it_until_it_ends() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let (id, other) = (ready_text(&site, &mut kim, "a.txt").await, ready_text(&site, &mut kim, "b.txt").await);
    let links = format!("/media/{id}/links");
    let made = kim.clone().json().post_json(&links, json!({ "expires_in": 3_600 })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://localhost:8000").unwrap().to_owned();
    for mut visitor in [site.visitor(), site.program(), site.member("lee@example.com").await] {
        let answer = visitor.get(&path).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        assert_eq!(s3::get(answer.header("location")).await.body, TEXT);
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let elsewhere = path.replacen(&id, &other, 1);
        assert_eq!(visitor.get(&elsewhere).await.status, 404, "no other file");
        assert_eq!(visitor.get(&path[..path.len() - 1]).await.status, 404);
        let details = visitor.clone().json().get(&path.replacen('?', "/details?", 1)).await.status;
        assert!(details == 401 || details == 404, "and nothing else of it: {details}");
    }
    let page = kim.post(&links, &[("expires_in", "86400")]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("?link=") && page.header("referrer-policy") == "no-referrer");
    assert!(!kim.get(&format!("/media/{id}/details")).await.text().contains("?link="), "shown once");
    site.clock.advance(SignedDuration::from_secs(3_601));
    assert_eq!(site.visitor().get(&path).await.status, 404, "it has ended");
    for age in [json!(0), json!(31_536_000_000_u64)] {
        let answer = kim.clone().json().post_json(&links, json!({ "expires_in": age })).await;
        assert_eq!(answer.status, 422, "{age}");
    }
}

#[tokio::test]
async fn a_name_is_cleaned_and_keeps_the_ending_of_its_type() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    let id = ready_text(&site, &mut kim, "a.txt").await;
    let path = format!("/media/{id}");
    for (version, (name, told)) in (1..).zip([
        ("Notes", "Notes.txt"),
        ("../../etc/passwd", "passwd.txt"),
        ("evil.exe", "evil.exe.txt"),
        ("gpj\u{202e}.txt", "gpj.txt"),
        ("사진.text", "사진.text"),
    ]) {
        let answer = kim.send_json(Method::PATCH, &path, json!({ "name": name, "version": version })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["file"]["name"], told);
    }
    for (body, status) in [
        (json!({ "name": "", "version": 6 }), 422),
        (json!({ "name": "a".repeat(256), "version": 6 }), 422),
        (json!({ "name": "a\0", "version": 6 }), 422),
        (json!({ "name": "b" }), 422),
        (json!({ "name": "b", "version": 5 }), 409),
        (json!({ "name": "b", "version": "6" }), 400),
    ] {
        assert_eq!(kim.send_json(Method::PATCH, &path, body.clone()).await.status, status, "{body}");
    }
    let page = kim.clone().html().post(&format!("{path}/rename"), &[("name", "mine"), ("version", "1")]).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("value=\"mine\""), "what was typed is still there");
}

#[tokio::test]
async fn what_is_deleted_is_gone_for_everybody_with_all_that_was_granted_on_it() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    let id = ready_text(&site, &mut kim, "a.txt").await;
    share(&mut kim, &id, json!({ "email": "lee@example.com", "verb": "view" })).await;
    kim.clone().json().post_json(&format!("/media/{id}/links"), json!({ "expires_in": 60 })).await;
    let url = kim.get(&format!("/media/{id}")).await.header("location").to_owned();
    assert_eq!(kim.post(&format!("/media/{id}/delete"), &[]).await.header("location"), "/media");
    for visitor in [&mut kim, &mut lee] {
        assert_eq!(status(visitor, &format!("/media/{id}")).await, 404);
    }
    assert_eq!(s3::get(&url).await.status, 403, "an address that was signed before shows nothing either");
    assert_eq!(site.stack.objects(), [] as [String; 0]);
    let left: Vec<_> = site.items("accounts").into_iter().filter(|item| item.to_string().contains(&id)).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(kim.post(&format!("/media/{id}/delete"), &[]).await.status, 404);
}

#[tokio::test]
async fn the_picture_of_a_profile_is_no_file() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.upload(&crate::site::pictures::png(), "image/png").await;
    site.deliver_next().await;
    for path in ["", "/details", "/delete", "/thumbnails/160"] {
        assert_eq!(status(&mut kim, &format!("/media/{id}{path}")).await, 404, "{path}");
    }
    assert_eq!(share(&mut kim, &id, json!({ "email": "lee@example.com", "verb": "view" })).await.status, 404);
}
