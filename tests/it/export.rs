//! `/profile/export`: everything that is kept of one, as a file.

use std::io::{Cursor, Read as _};

use serde_json::{Value, json};
use zip::ZipArchive;

use crate::media::{TEXT, ask_for_text, ready_text};
use crate::site::{Answer, PASSWORD, Site, Visitor, pictures, s3};

/// The files of an export by their names, in their order.
fn unpack(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/zip"), "{}", answer.text());
    let mut zip = ZipArchive::new(Cursor::new(answer.body.to_vec())).unwrap();
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().unwrap().into_owned(), bytes));
    }
    files
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

fn text(files: &[(String, Vec<u8>)], name: &str) -> String {
    let (_, bytes) = files.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}"));
    String::from_utf8(bytes.clone()).unwrap()
}

fn read(files: &[(String, Vec<u8>)], name: &str) -> Value {
    serde_json::from_str(&text(files, name)).unwrap()
}

async fn export(visitor: &mut Visitor<'_>) -> Vec<(String, Vec<u8>)> {
    unpack(&visitor.post("/profile/export", &[("password", PASSWORD)]).await)
}

#[tokio::test]
async fn an_export_holds_the_profile_the_sessions_and_the_picture() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut elsewhere = site.program().with("user-agent", "Elsewhere/1.0");
    elsewhere.log_in("kim@example.com").await;
    kim.post("/profile", &[("version", "1"), ("bio", "하늘 & <sea>"), ("phone", "02 123")]).await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let published = s3::get(kim.avatar().await["url"].as_str().unwrap()).await.body;

    let files = export(&mut kim).await;
    assert_eq!(
        names(&files),
        ["profile.json", "sessions.json", "logins.json", "events.json", "media/avatar.jpg", "README.txt"]
    );
    let profile = read(&files, "profile.json");
    for (name, value) in [("email", "kim@example.com"), ("bio", "하늘 & <sea>"), ("phone", "02 123")] {
        assert_eq!(profile[name], value);
    }
    assert_eq!(profile["id"], kim.id);
    assert!(profile["last_login_ip"] == "192.0.2.1" && profile["date_joined"].is_string(), "{profile}");
    let sessions = read(&files, "sessions.json");
    assert_eq!(sessions.as_array().unwrap().len(), 2, "{sessions}");
    let browsers: Vec<_> = sessions.as_array().unwrap().iter().map(|session| &session["browser"]).collect();
    assert!(browsers.contains(&&json!("Elsewhere/1.0")), "{browsers:?}");
    assert_eq!(files.iter().find(|(name, _)| name.starts_with("media/")).unwrap().1, published);
    let readme = text(&files, "README.txt");
    assert!(readme.starts_with("Everything that Portico keeps of kim@example.com"), "{readme}");
}

#[tokio::test]
async fn nothing_in_an_export_opens_the_account() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let answer = kim.post("/profile/export", &[("password", PASSWORD)]).await;
    let files = unpack(&answer);
    let everything: String = files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let hash = site.user(&kim.id)["password"]["S"].as_str().unwrap().to_owned();
    assert!(hash.starts_with("$argon2id$"));
    let digest = site.sessions()[0]["SK"]["S"].as_str().unwrap().trim_start_matches("SESSION#").to_owned();
    let secret = kim.session_cookie().split_once('.').unwrap().1.to_owned();
    for secret in [hash.as_str(), "argon2", "epoch", "last_edit", &digest, &secret] {
        assert!(!everything.contains(secret), "{secret}");
    }
    for name in ["version", "email_verified", "is_staff", "is_active", "is_marketing_agreed"] {
        assert!(!read(&files, "profile.json")[name].is_null(), "{name} is no secret");
    }
}

#[tokio::test]
async fn an_export_is_a_download_that_nobody_keeps() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for mut visitor in [kim.clone(), kim.clone().json()] {
        let answer = visitor.post("/profile/export", &[("password", PASSWORD)]).await;
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"portico-data.zip\"");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(
            names(&unpack(&answer)),
            ["profile.json", "sessions.json", "logins.json", "events.json", "README.txt"],
            "whoever asks"
        );
    }
    let answer = kim.post_json("/profile/export", json!({ "password": PASSWORD })).await;
    assert_eq!(names(&unpack(&answer)), ["profile.json", "sessions.json", "logins.json", "events.json", "README.txt"]);
}

#[tokio::test]
async fn an_export_takes_the_present_password() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let page = kim.get("/profile/export").await;
    assert!(page.text().contains("autocomplete=\"current-password\""));
    assert!(page.text().contains("value=\"kim@example.com\" autocomplete=\"username\""), "for a password manager");
    for (password, code) in [("", "required"), ("wrong wrong wrong", "password_incorrect")] {
        let page = kim.post("/profile/export", &[("password", password)]).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (422, "text/html; charset=utf-8"));
        assert!(page.text().contains("id=\"id_password-error\""), "{}", page.text());
        let answer = kim.clone().json().post_json("/profile/export", json!({ "password": password })).await;
        assert_eq!((answer.status.as_u16(), answer.field("password")), (422, vec![code.to_owned()]));
    }
    for method in [http::Method::GET, http::Method::POST] {
        let answer = site.program().send_json(method, "/profile/export", json!({ "password": PASSWORD })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    }
}

#[tokio::test]
async fn the_file_is_named_after_the_site() {
    for (name, file) in [("The Orchard & Co.", "the-orchard-co-data.zip"), ("\u{acfc}\u{c218}\u{c6d0}", "data.zip")] {
        let site = Site::start_with(|options| options.settings.push(("SITE_NAME".into(), name.into()))).await;
        let mut kim = site.member("kim@example.com").await;
        let answer = kim.post("/profile/export", &[("password", PASSWORD)]).await;
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{file}\""));
        assert!(text(&unpack(&answer), "README.txt").contains(name));
    }
}

#[tokio::test]
async fn the_words_in_an_export_are_in_the_visitors_language() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "ko");
    let readme = text(&export(&mut kim).await, "README.txt");
    assert!(readme.contains("Portico에서 보관하는 kim@example.com 님의 모든 데이터"), "{readme}");
    assert!(readme.lines().count() > 5 && readme.contains("\r\n"));
}

#[tokio::test]
async fn what_has_no_room_in_an_export_is_a_short_lived_address() {
    let settings = [
        ("EXPORT_MAX_BYTES", "1048576"),
        ("EXPORT_MAX_SESSIONS", "3"),
        ("AVATAR_MAX_BYTES", "10485760"),
        ("AVATAR_SIDE", "2048"),
    ];
    let site = Site::start_with(|options| {
        options.deliver_events = false;
        options.set(&settings);
    })
    .await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::noise(800), "image/png").await;
    site.deliver_next().await;
    site.multiply_session(20);

    let answer = kim.post("/profile/export", &[("password", PASSWORD)]).await;
    assert!(answer.body.len() < 1_048_576, "{}", answer.body.len());
    let files = unpack(&answer);
    assert_eq!(
        names(&files),
        ["profile.json", "sessions.json", "logins.json", "events.json", "media/links.json", "README.txt"]
    );
    let links = read(&files, "media/links.json");
    let picture = s3::get(links[0]["url"].as_str().unwrap()).await;
    assert!(picture.status == 200 && picture.body.len() > 1_048_576, "{}", picture.body.len());
    assert_eq!(read(&files, "sessions.json").as_array().unwrap().len(), 3);
    let readme = text(&files, "README.txt");
    assert!(readme.contains("media/links.json") && readme.contains("first 3"), "{readme}");
}

#[tokio::test]
async fn an_export_holds_the_files_and_says_of_each_what_is_noted() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(&site, &mut kim, "notes.txt").await;
    let twin = ready_text(&site, &mut kim, "notes.txt").await;
    let file = pictures::picture(900, 600, image::ImageFormat::Png);
    let image = kim.send_file("image", "하늘.png", "image/png", &file).await;
    site.deliver_next().await;
    let refused = kim.send_file("document", "odd.txt", "text/plain", b"\0").await;
    site.deliver_next().await;
    let deleted = ready_text(&site, &mut kim, "deleted.txt").await;
    kim.clone().json().post_json(&format!("/media/{deleted}/delete"), json!({})).await;
    kim.clone().json().post_json("/uploads", ask_for_text(10)).await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let location = kim.get(&format!("/media/{image}")).await.header("location").to_owned();
    let published = s3::get(&location).await.body;

    let files = export(&mut kim).await;
    let noted = read(&files, "files.json");
    let noted = noted.as_array().unwrap();
    let told: Vec<_> =
        noted.iter().map(|file| (file["name"].as_str().unwrap(), file["state"].as_str().unwrap())).collect();
    let expected = [
        ("notes.txt", "pending"),
        ("odd.txt", "rejected"),
        ("하늘.png", "ready"),
        ("notes.txt", "ready"),
        ("notes.txt", "ready"),
    ];
    assert_eq!(told, expected, "the newest first, without the picture on the profile");
    assert_eq!((&noted[1]["id"], &noted[1]["file"]), (&json!(refused), &Value::Null));
    assert_eq!((&noted[2]["width"], &noted[2]["purpose"]), (&json!(900), &json!("image")));
    let content = |name: &str| &files.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1;
    for id in [&id, &twin] {
        assert_eq!(content(&format!("media/{id}/notes.txt")), TEXT);
    }
    let path = noted[2]["file"].as_str().unwrap();
    assert!(path.starts_with(&format!("media/{image}/하늘.")), "{path}");
    assert_eq!(content(path), &published);
    assert!(names(&files).contains(&"media/avatar.jpg"));
    assert!(
        !names(&files).iter().any(|name| name.contains("links") || name.contains("shares") || name.contains(&deleted))
    );
    let readme = text(&files, "README.txt");
    assert!(readme.contains("files.json: ") && !readme.contains("shares.json: "), "{readme}");
}

#[tokio::test]
async fn files_that_have_no_room_in_an_export_are_addresses_and_of_too_many_the_newest_are_listed() {
    let site = Site::start_with(|options| {
        options.deliver_events = false;
        let settings = [("EXPORT_MAX_BYTES", "1048576"), ("EXPORT_MAX_FILES", "3")];
        options.set(&settings);
    })
    .await;
    let mut kim = site.member("kim@example.com").await;
    let large = "0123456789abcde\n".repeat(60_000);
    let mut ids = Vec::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        ids.push(kim.send_file("document", name, "text/plain", large.as_bytes()).await);
        site.deliver_next().await;
    }
    let small = ready_text(&site, &mut kim, "d.txt").await;
    let files = export(&mut kim).await;
    let noted = read(&files, "files.json");
    let told: Vec<_> = noted.as_array().unwrap().iter().map(|file| (&file["name"], file["file"].is_string())).collect();
    assert_eq!(told, [(&json!("d.txt"), true), (&json!("c.txt"), true), (&json!("b.txt"), false)]);
    assert!(names(&files).contains(&format!("media/{small}/d.txt").as_str()));
    let links = read(&files, "media/links.json");
    assert_eq!((links.as_array().unwrap().len(), &links[0]["name"]), (1, &json!(format!("media/{}/b.txt", ids[1]))));
    let answer = s3::get(links[0]["url"].as_str().unwrap()).await;
    assert!(answer.status == 200 && answer.body == large.as_bytes());
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"b.txt\"");
    let readme = text(&files, "README.txt");
    assert!(readme.contains("newest 3") && readme.contains("media/links.json"), "{readme}");
    let sum: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(sum <= 1_048_576, "{sum}");
}

#[tokio::test]
async fn an_export_says_what_is_shared_and_holds_nothing_that_opens_it() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    let (mine, theirs) =
        (ready_text(&site, &mut kim, "mine.txt").await, ready_text(&site, &mut lee, "theirs.txt").await);
    ready_text(&site, &mut kim, "private.txt").await;
    let grant = async |owner: &Visitor<'_>, id: &str, body: Value| {
        let answer = owner.clone().json().post_json(&format!("/media/{id}/grants"), body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    grant(&kim, &mine, json!({ "email": "Lee@example.com", "verb": "edit" })).await;
    grant(&lee, &theirs, json!({ "email": "kim@example.com", "verb": "view" })).await;
    let link = kim.clone().json().post_json(&format!("/media/{mine}/links"), json!({ "expires_in": 60 })).await.json();
    let secret = link["url"].as_str().unwrap().rsplit('=').next().unwrap().to_owned();

    let files = export(&mut kim).await;
    let shares = read(&files, "shares.json");
    assert_eq!(shares["by_me"].as_array().unwrap().len(), 1, "{shares}");
    let row = &shares["by_me"][0];
    assert_eq!((&row["id"], &row["grants"][0]["to"]), (&json!(mine), &json!("Lee@example.com")));
    assert_eq!((&row["grants"][0]["verb"], &row["links"][0]["expires_at"]), (&json!("edit"), &link["expires_at"]));
    assert_eq!(shares["with_me"], json!([{ "id": theirs, "name": "theirs.txt", "verb": "view" }]));
    let everything: String = files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    for hidden in [secret.as_str(), link["id"].as_str().unwrap(), lee.id.as_str().unwrap()] {
        assert!(!everything.contains(hidden), "{hidden}");
    }
    assert!(text(&files, "README.txt").contains("shares.json: "));
    assert!(!names(&files).iter().any(|name| name.contains("theirs")), "what is somebody else's stays theirs");
}

#[tokio::test]
async fn an_export_asks_for_no_more_than_its_function_may() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(&site, &mut kim, "notes.txt").await;
    kim.clone()
        .json()
        .post_json(&format!("/media/{id}/grants"), json!({ "email": "lee@example.com", "verb": "view" }))
        .await;
    assert!(names(&export(&mut kim).await).contains(&"shares.json"));
}

#[tokio::test]
async fn a_picture_that_goes_meanwhile_is_left_out() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    for published in site.objects().1 {
        site.stack.app().media().remove(&published).await.unwrap();
    }
    assert!(!names(&export(&mut kim).await).iter().any(|name| name.starts_with("media/")));
}

#[tokio::test]
async fn an_export_without_files_costs_six_reads_and_one_more_for_each_megabyte_of_sessions() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    let body = json!({ "password": PASSWORD });
    let cost = kim.send_with(&token, http::Method::POST, "/profile/export", body).await.cost();
    assert_eq!(
        (cost.read_units, cost.write_units),
        (7.0, 6.0),
        "and the try is counted thrice and given back: {cost:?}"
    );
}
