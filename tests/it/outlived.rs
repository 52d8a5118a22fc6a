//! Forms that were left open: until the session ended, or until they were sent a second time.

use crate::site::{Answer, Site, Visitor};

/// Sends a form with this token as a browser does, which says where the form comes from.
async fn send(visitor: &mut Visitor<'_>, path: &str, token: &str, fields: &str) -> Answer {
    let body = format!("csrfmiddlewaretoken={token}&{fields}");
    let mut browser = visitor.clone().with("sec-fetch-site", "same-origin").with("origin", "http://localhost:8000");
    let answer = browser.post_raw(path, "application/x-www-form-urlencoded", body).await;
    visitor.cookies = browser.cookies;
    answer
}

#[tokio::test]
async fn a_form_whose_session_has_run_out_leads_to_the_log_in_and_says_that_nothing_was_saved() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let page = kim.get("/profile").await;
    let token = page.after("name=\"csrfmiddlewaretoken\" value=\"");
    // The browser forgets the session's cookie at its end, and keeps the token's.
    kim.cookies.remove("sessionid");
    let before = site.state();
    let answer = send(&mut kim, "/profile", &token, "version=1&bio=new").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fprofile"));
    assert_eq!(site.state(), before);
    assert!(kim.get("/login").await.text().contains("nothing was saved"));
}

#[tokio::test]
async fn a_stale_form_is_still_a_forgery_without_the_browsers_word_or_its_own_cookie() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.get("/profile").await.after("name=\"csrfmiddlewaretoken\" value=\"");
    let living = kim.clone();
    kim.cookies.remove("sessionid");
    let silent = format!("csrfmiddlewaretoken={token}&version=1&bio=new");
    let silent = kim.clone().post_raw("/profile", "application/x-www-form-urlencoded", silent).await;
    assert_eq!(silent.status, 403);
    let mut torn = kim.clone();
    torn.cookies.remove("csrftoken");
    assert_eq!(send(&mut torn, "/profile", &token, "version=1&bio=new").await.status, 403);
    // Somebody signed in, with the token of a visitor: that is what a planted pair would look like.
    let mut stranger = site.visitor();
    let theirs = stranger.get("/login").await.after("name=\"csrfmiddlewaretoken\" value=\"");
    let mut planted = living;
    planted.cookies.insert("csrftoken".to_owned(), stranger.cookies["csrftoken"].clone());
    assert_eq!(send(&mut planted, "/profile", &theirs, "version=1&bio=new").await.status, 403);
}

#[tokio::test]
async fn the_same_edit_sent_twice_is_no_conflict_in_a_page_and_one_in_a_program() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let form = [("version", "1"), ("first_name", "Kim"), ("last_name", ""), ("phone", ""), ("bio", "hello")];
    for _ in 0..2 {
        assert_eq!(kim.post("/profile", &form).await.status, 303);
    }
    let body = serde_json::json!({ "version": 1, "bio": "hello" });
    let answer = kim.json().send_json(http::Method::PATCH, "/profile", body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "conflict"));
}

#[tokio::test]
async fn a_refused_page_has_its_error_in_the_log_as_json_has() {
    let site = Site::start().await;
    let form = [("username", "nobody"), ("password", "wrong wrong wrong")];
    let page = site.visitor().post("/login", &form).await;
    let json = site.program().post("/login", &form).await;
    for answer in [page, json] {
        let line = answer.line().0;
        assert_eq!((&line["code"], &line["error"]), (&"invalid_login".into(), &"log-in refused".into()));
    }
}

#[tokio::test]
async fn who_signed_up_and_who_logged_out_is_in_the_log() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.whoami().await["id"].clone();
    assert_eq!(kim.post("/logout", &[]).await.line().0["user"], id);
}

#[tokio::test]
async fn a_form_whose_session_was_ended_elsewhere_says_so_too_and_leads_to_a_page_that_can_be_read() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.get("/profile").await.after("name=\"csrfmiddlewaretoken\" value=\"");
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    assert_eq!(elsewhere.post_json("/logout/all", serde_json::json!({})).await.status, 200);
    for (path, next) in [("/profile", "/login?next=%2Fprofile"), ("/uploads", "/login?next=%2F")] {
        let mut open = kim.clone();
        let answer = send(&mut open, path, &token, "version=1&bio=new&purpose=avatar").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, next));
        assert!(open.get("/login").await.text().contains("nothing was saved"), "{path}");
    }
    // Somebody who was never signed in has lost nothing.
    let mut stranger = site.visitor();
    stranger.post("/profile", &[("version", "1")]).await;
    assert!(!stranger.get("/login").await.text().contains("nothing was saved"));
}

#[tokio::test]
async fn null_leaves_a_field_as_it_is() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let first = serde_json::json!({ "version": 1, "first_name": "Kim", "bio": "hello" });
    assert_eq!(kim.send_json(http::Method::PATCH, "/profile", first).await.status, 200);
    let null = serde_json::json!({ "version": 2, "first_name": null, "bio": "bye" });
    let user = kim.send_json(http::Method::PATCH, "/profile", null).await.json()["user"].clone();
    assert_eq!((&user["first_name"], &user["bio"]), (&"Kim".into(), &"bye".into()));
}
