//! `/profile`.

use futures_util::future::join_all;
use http::Method;
use portico::site::UserFields;
use portico::user_fields::FieldSet as _;
use serde_json::{Value, json};

use crate::site::{Answer, Site, Visitor};

async fn patch(visitor: &mut Visitor<'_>, body: Value) -> Answer {
    visitor.clone().json().send_json(Method::PATCH, "/profile", body).await
}

async fn user(visitor: &mut Visitor<'_>) -> Value {
    visitor.clone().json().get("/profile").await.json()["user"].clone()
}

#[tokio::test]
async fn a_program_reads_exactly_the_fields_of_its_user() {
    let site = Site::start().await;
    let mut kim = site.member("Kim@example.com").await.json();
    let body = kim.get("/profile").await.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"]);
    let mut fields: Vec<_> = body["user"].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let own = ["id", "email", "email_verified", "username", "avatar", "version", "date_joined", "last_login"];
    let mut expected: Vec<_> = own.into_iter().chain(UserFields::FIELDS.iter().map(|field| field.name)).collect();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!((&body["user"]["avatar"], &body["user"]["version"]), (&Value::Null, &json!(1)));
    for time in ["date_joined", "last_login"] {
        let time = body["user"][time].as_str().unwrap();
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
}

#[tokio::test]
async fn the_page_holds_the_stored_values_and_their_version() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    patch(&mut kim, json!({ "version": 1, "first_name": "<b>Kim</b>", "bio": "one\ntwo" })).await;
    let page = kim.get("/profile").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.after("name=\"version\" value=\""), "2");
    assert!(page.text().contains("&lt;b&gt;Kim") && !page.text().contains("<b>Kim"));
    assert!(page.text().contains("one\ntwo</textarea>"));
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let first = json!({
        "version": 1, "first_name": "Kim", "last_name": "Lee", "phone": "+82 10-1234-5678", "bio": "Hello",
        "is_marketing_agreed": true,
    });
    let saved = patch(&mut kim, first.clone()).await;
    assert_eq!((saved.status.as_u16(), &saved.json()["user"]["version"]), (200, &json!(2)));
    let saved = patch(&mut kim, json!({ "version": 2, "bio": "" })).await.json();
    for field in ["first_name", "last_name", "phone", "is_marketing_agreed"] {
        assert_eq!(saved["user"][field], first[field], "{field}");
    }
    assert_eq!((&saved["user"]["bio"], &saved["user"]["version"]), (&json!(""), &json!(3)));
    assert_eq!(user(&mut kim).await, saved["user"]);
}

#[tokio::test]
async fn a_form_is_saved_and_leads_back_with_a_message_that_shows_once() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let form = [
        ("version", "1"),
        ("first_name", " Kim "),
        ("last_name", "\u{ae40}"),
        ("phone", ""),
        ("bio", "a\r\nb"),
        ("is_marketing_agreed", "on"),
    ];
    let answer = kim.post("/profile", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/profile"));
    let page = kim.get("/profile").await.text();
    assert!(page.contains("value=\"Kim\"") && page.contains("\u{ae40}") && page.contains("a\nb</textarea>"));
    let messages = |page: &str| page.matches("class=\"message ").count();
    assert_eq!(messages(&page), 1);
    assert_eq!(messages(&kim.get("/profile").await.text()), 0);
    assert_eq!(user(&mut kim).await["is_marketing_agreed"], true);
}

#[tokio::test]
async fn json_may_be_posted_as_well() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let answer = kim.post_json("/profile", json!({ "version": 1, "bio": "posted" })).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["user"]["bio"]), (200, &json!("posted")));
    assert_eq!(answer.json()["next"], "/profile");
}

#[tokio::test]
async fn an_edit_without_a_version_is_refused() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let answer = patch(&mut kim, json!({ "bio": "lost" })).await;
    assert_eq!((answer.status.as_u16(), answer.field("version")), (422, vec!["required".to_owned()]));
    let answer = patch(&mut kim, json!({ "bio": "lost", "version": null })).await;
    assert_eq!((answer.status.as_u16(), answer.field("version")), (422, vec!["required".to_owned()]));
    for version in ["", "x", "-1", "1.0", "4294967296"] {
        let answer = kim.post("/profile", &[("bio", "lost but shown"), ("version", version)]).await;
        assert_eq!(answer.status, 422, "{version:?}");
        assert!(answer.text().contains("lost but shown"));
    }
    let answer = kim.post("/profile", &[("bio", "lost but shown")]).await;
    assert_eq!(answer.status, 422);
    assert_eq!((&user(&mut kim).await["bio"], &user(&mut kim).await["version"]), (&json!(""), &json!(1)));
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_a_conflict_and_loses_nothing() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    patch(&mut kim, json!({ "version": 1, "bio": "theirs", "first_name": "Their" })).await;
    let answer = patch(&mut kim, json!({ "version": 1, "bio": "mine" })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "conflict"));
    let ahead = patch(&mut kim, json!({ "version": 7, "bio": "mine" })).await;
    assert_eq!(ahead.status, 409, "a version that never was");
    let stored = user(&mut kim).await;
    assert_eq!(
        (&stored["bio"], &stored["first_name"], &stored["version"]),
        (&json!("theirs"), &json!("Their"), &json!(2))
    );
}

#[tokio::test]
async fn a_conflict_shows_both_texts_and_saving_again_is_a_decision() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    patch(&mut kim, json!({ "version": 1, "bio": "what they wrote" })).await;
    let mine = [("version", "1"), ("first_name", "Kim"), ("last_name", ""), ("phone", ""), ("bio", "what I wrote")];
    let page = kim.post("/profile", &mine).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("what I wrote</textarea>"), "what was typed stays in the form");
    assert!(page.text().contains("what they wrote"), "what was saved meanwhile is beside it");
    let form = page.text();
    let (_, form) = form.rsplit_once("<form class=\"form\"").unwrap();
    assert!(form.contains("name=\"version\" value=\"2\""), "{form}");
    let again = [("version", "2"), ("bio", "what I wrote")];
    assert_eq!(kim.post("/profile", &again).await.status, 303);
    assert_eq!(user(&mut kim).await["bio"], "what I wrote");
}

#[tokio::test]
async fn of_twenty_edits_of_one_version_one_wins() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let edits = (0..20).map(|number| {
        let mut editor = kim.clone();
        async move { patch(&mut editor, json!({ "version": 1, "bio": format!("edit {number}") })).await }
    });
    let answers = join_all(edits).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 19));
    assert!(lost.iter().all(|answer| answer.status == 409), "{lost:?}");
    let stored = user(&mut kim).await;
    assert_eq!(stored["version"], 2);
    assert_eq!(stored["bio"], won[0].json()["user"]["bio"]);
}

#[tokio::test]
async fn a_bio_has_160_characters_whatever_they_are() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for (version, character) in [(1, "a"), (2, "\u{ac00}"), (3, "\u{1f984}"), (4, "\u{301}")] {
        let bio = character.repeat(160);
        let answer = patch(&mut kim, json!({ "version": version, "bio": bio })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["user"]["bio"]), (200, &json!(bio)), "{character}");
        let answer = patch(&mut kim, json!({ "version": version + 1, "bio": character.repeat(161) })).await;
        assert_eq!((answer.status.as_u16(), answer.field("bio")), (422, vec!["max_length".to_owned()]), "{character}");
    }
    // A browser sends a line break as two characters and counts it as one.
    let lines = format!("{}\r\n{}", "a".repeat(79), "b".repeat(80));
    assert_eq!(kim.post("/profile", &[("version", "5"), ("bio", &lines)]).await.status, 303);
    assert_eq!(user(&mut kim).await["bio"], lines.replace("\r\n", "\n"));
    let answer = kim.post("/profile", &[("version", "6"), ("bio", &format!("{lines}c"))]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains('c') && answer.text().contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn a_field_over_its_length_or_with_a_control_character_is_refused() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for (field, value, code) in [
        ("phone", "1".repeat(21), "max_length"),
        ("phone", "call me".to_owned(), "invalid"),
        ("phone", "1\n2".to_owned(), "invalid"),
        ("phone", "1\u{0}2".to_owned(), "null_characters_not_allowed"),
        ("first_name", "x".repeat(151), "max_length"),
        ("first_name", "a\u{1b}[31m".to_owned(), "invalid"),
        ("first_name", "a\tb".to_owned(), "invalid"),
        ("last_name", "a\0".to_owned(), "null_characters_not_allowed"),
        ("last_name", "a\u{85}b".to_owned(), "invalid"),
        ("bio", "a\0b".to_owned(), "null_characters_not_allowed"),
    ] {
        let answer = patch(&mut kim, json!({ "version": 1, field: value })).await;
        assert_eq!(answer.status, 422, "{field} {value:?}");
        assert!(answer.field(field).contains(&code.to_owned()), "{field} {value:?}: {}", answer.text());
        let answer = kim.post("/profile", &[("version", "1"), (field, &value)]).await;
        assert_eq!(answer.status, 422, "{field} {value:?}");
    }
    assert_eq!(user(&mut kim).await["version"], 1);
    let most = json!({ "version": 1, "phone": "1".repeat(20), "first_name": "\u{1f984}".repeat(150) });
    assert_eq!(patch(&mut kim, most).await.status, 200);
}

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let answer = patch(&mut kim, json!({ "phone": "x".repeat(21), "bio": "\0".repeat(161) })).await;
    assert_eq!(answer.field("version"), ["required"]);
    assert_eq!(answer.field("phone"), ["max_length", "invalid"]);
    assert_eq!(answer.field("bio"), ["null_characters_not_allowed", "max_length"]);
}

#[tokio::test]
async fn a_box_that_is_not_ticked_is_a_no_in_a_form_and_nothing_in_json() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    patch(&mut kim, json!({ "version": 1, "is_marketing_agreed": true })).await;
    patch(&mut kim, json!({ "version": 2, "bio": "json" })).await;
    assert_eq!(user(&mut kim).await["is_marketing_agreed"], true);
    // The small form that removes the picture has no box, and no opinion.
    kim.post("/profile", &[("version", "3"), ("avatar-clear", "on")]).await;
    assert_eq!(user(&mut kim).await["is_marketing_agreed"], true);
    kim.post("/profile", &[("version", "4"), ("first_name", ""), ("last_name", ""), ("phone", ""), ("bio", "")]).await;
    assert_eq!(user(&mut kim).await["is_marketing_agreed"], false);
    let answer = patch(&mut kim, json!({ "version": 5, "is_marketing_agreed": "maybe" })).await;
    assert_eq!((answer.status.as_u16(), answer.field("is_marketing_agreed")), (422, vec!["invalid".to_owned()]));
}

#[tokio::test]
async fn a_consent_is_stored_with_the_day_it_was_given_or_withdrawn() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.id.clone();
    let date = || site.user(&id).get("is_marketing_agreed_at").map(|at| at["S"].as_str().unwrap().to_owned());
    assert_eq!(date(), None, "nobody was asked twice");
    let mut dates = Vec::new();
    for (version, agreed) in [(1, true), (2, true), (3, false)] {
        site.clock.advance(jiff::SignedDuration::from_hours(1));
        let saved = patch(&mut kim, json!({ "version": version, "is_marketing_agreed": agreed })).await;
        assert_eq!(saved.json()["user"]["is_marketing_agreed"], agreed);
        dates.push(date().unwrap());
    }
    assert_eq!(dates[0], dates[1], "saying it again makes it no younger");
    assert!(dates[1] < dates[2], "{dates:?}");
}

#[tokio::test]
async fn a_user_who_was_stored_without_a_field_sees_it_empty_and_can_fill_it_in() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let mut item = site.user(&kim.id);
    for field in UserFields::FIELDS {
        item.as_object_mut().unwrap().remove(field.name);
    }
    site.put("accounts", &item);
    assert_eq!(kim.get("/profile").await.status, 200);
    assert_eq!(
        (&user(&mut kim).await["phone"], &user(&mut kim).await["is_marketing_agreed"]),
        (&json!(""), &json!(false))
    );
    let saved = patch(&mut kim, json!({ "version": 1, "phone": "+82 10" })).await;
    assert_eq!((saved.status.as_u16(), &saved.json()["user"]["phone"]), (200, &json!("+82 10")));
    assert!(site.user(&kim.id).get("bio").is_none(), "and nothing else was written");
}

#[tokio::test]
async fn what_a_profile_does_not_hold_cannot_be_changed_through_it() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let before = user(&mut kim).await;
    let body = json!({
        "version": 1, "id": "x", "email": "other@example.com", "username": "root", "is_staff": true,
        "is_superuser": true, "session_epoch": 9, "avatar_key": "media/avatars/x", "date_joined": "2000-01-01T00:00:00Z",
    });
    let saved = patch(&mut kim, body).await;
    assert_eq!(saved.status, 200);
    let mut after = saved.json()["user"].clone();
    after["version"] = json!(1);
    assert_eq!(after, before);
    let pk = format!("USER#{}", before["id"].as_str().unwrap());
    let stored = site.stored("accounts", &pk, "PROFILE").unwrap();
    assert_eq!((&stored["is_superuser"]["BOOL"], &stored["session_epoch"]["N"]), (&json!(false), &json!("1")));
}

#[tokio::test]
async fn nobody_sees_or_edits_a_profile_without_a_login() {
    let site = Site::start().await;
    let answer = site.visitor().get("/profile").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fprofile"));
    let answer = site.visitor().get("/profile?tab=1&x=%2F").await;
    assert_eq!(answer.header("location"), "/login?next=%2Fprofile%3Ftab%3D1%26x%3D%252F");
    let answer = site.visitor().post("/profile", &[("version", "1")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fprofile"));
    let answer = site.program().get("/profile").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    let answer = patch(&mut site.program(), json!({ "version": 1 })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
}

#[tokio::test]
async fn another_method_is_told_the_right_ones() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let answer = kim.send_json(Method::DELETE, "/profile", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "method_not_allowed"));
    let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PATCH", "POST"]);
}

#[tokio::test]
async fn an_edit_takes_two_trips_and_a_look_takes_one() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let look = kim.clone().json().get("/profile").await.cost();
    assert_eq!((look.calls, look.trips, look.read_units, look.write_units), (1, 1, 2.0, 0.0));
    let edit = patch(&mut kim, json!({ "version": 1, "bio": "cheap" })).await.cost();
    assert_eq!((edit.calls, edit.trips, edit.read_units, edit.write_units), (2, 2, 2.0, 1.0));
}

#[tokio::test]
async fn who_has_no_user_name_sees_no_empty_row_for_one() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    assert!(!kim.get("/profile").await.text().contains("<dt>Username</dt>"));
    site.amend(&kim.id, "username", json!({ "S": "kim" }));
    assert!(kim.get("/profile").await.text().contains("<dt>Username</dt><dd>kim</dd>"));
}
