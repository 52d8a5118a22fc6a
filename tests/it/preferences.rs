//! `/preferences/theme` and `/preferences/language`, and what decides the language without a choice.

use serde_json::json;

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_theme_is_kept_for_visitors_and_members() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        assert!(visitor.get("/").await.text().contains("data-theme=\"auto\""));
        for theme in ["dark", "light", "auto"] {
            let answer = visitor.post("/preferences/theme", &[("theme", theme), ("next", "/login")]).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"));
            assert!(visitor.get("/login").await.text().contains(&format!("data-theme=\"{theme}\"")), "{theme}");
        }
    }
}

#[tokio::test]
async fn a_language_is_kept_whatever_the_browser_prefers() {
    let site = Site::start().await;
    let mut visitor = site.visitor().with("accept-language", "en");
    assert!(visitor.get("/login").await.text().contains("<html lang=\"en\""));
    let answer = visitor.post("/preferences/language", &[("language", "ko")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    let page = visitor.get("/login").await.text();
    assert!(page.contains("<html lang=\"ko\"") && page.contains("로그인"));
    let missing = visitor.get("/nowhere").await.text();
    assert!(missing.contains("<html lang=\"ko\""), "error pages too");
    visitor.post("/preferences/language", &[("language", "en")]).await;
    assert!(visitor.get("/login").await.text().contains("<html lang=\"en\""));
}

#[tokio::test]
async fn the_browser_decides_the_language_until_somebody_chooses() {
    let site = Site::start().await;
    for (accept, language) in [
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr, ko;q=0.5, en;q=0.3", "ko"),
        ("ko;q=0, en;q=0.1", "en"),
        ("fr", "en"),
        ("", "en"),
        (";;;,,q=9", "en"),
    ] {
        let page = site.visitor().with("accept-language", accept).get("/").await;
        assert!(page.text().contains(&format!("<html lang=\"{language}\"")), "{accept}");
        assert!(page.header("vary").contains("Accept-Language"));
    }
    let mut program = site.program().with("accept-language", "ko");
    let answer = program.post_json("/login", json!({})).await;
    assert!(answer.text().contains("필수 항목입니다"), "words for people are in their language: {}", answer.text());
    assert_eq!(answer.field("username"), ["required"], "codes for programs are not");
}

#[tokio::test]
async fn a_choice_that_is_not_offered_is_refused() {
    let site = Site::start().await;
    for (path, field) in [("/preferences/theme", "theme"), ("/preferences/language", "language")] {
        for bad in ["purple", "DARK", "fr", "\"><svg/onload=1>", "a\0b"] {
            let mut program = site.program();
            let answer = program.post_json(path, json!({ field: bad })).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"), "{path} {bad:?}");
            assert!(!answer.field(field).is_empty());
            let page = site.visitor().post(path, &[(field, bad)]).await;
            assert_eq!(page.status, 422);
            assert!(!page.text().contains("<svg"));
        }
        let answer = site.program().post_json(path, json!({})).await;
        assert_eq!(answer.field(field), ["required"]);
    }
    assert!(site.state().is_empty());
}

#[tokio::test]
async fn a_program_is_answered_in_json_and_next_stays_on_this_site() {
    let site = Site::start().await;
    let mut program = site.program();
    let answer = program.post_json("/preferences/theme", json!({ "theme": "dark", "next": "/profile" })).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "theme": "dark", "next": "/profile" })));
    for foreign in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let answer = program.post_json("/preferences/language", json!({ "language": "ko", "next": foreign })).await;
        assert_eq!(answer.json()["next"], "/");
    }
}

/// Chooses without a script: the buttons of the page's own form.
#[tokio::test]
async fn the_buttons_of_every_page_work_without_a_script() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let page = visitor.get("/signup").await;
    let text = page.text();
    assert!(text.contains("action=\"/preferences/theme\"") && text.contains("<button name=\"theme\" value=\"dark\""));
    assert!(
        text.contains("action=\"/preferences/language\"") && text.contains("<button name=\"language\" value=\"ko\"")
    );
    let token = page.after("name=\"csrfmiddlewaretoken\" value=\"");
    let form = format!("csrfmiddlewaretoken={token}&next=%2Fsignup&theme=dark");
    let answer = visitor.post_raw("/preferences/theme", "application/x-www-form-urlencoded", form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/signup"));
    let page = visitor.get("/signup").await.text();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("content=\"dark\""));
    assert!(
        page.contains("value=\"dark\" aria-pressed=\"true\"") && page.contains("value=\"auto\" aria-pressed=\"false\"")
    );
}

#[tokio::test]
async fn what_a_visitor_chose_goes_along_into_the_session_of_the_log_in() {
    let site = Site::start().await;
    let mut kim = site.visitor().with("accept-language", "en");
    kim.sign_up("kim@example.com").await;
    kim.post("/preferences/theme", &[("theme", "dark")]).await;
    kim.post("/preferences/language", &[("language", "ko")]).await;
    let visiting = kim.clone();
    assert_eq!(site.sessions().len(), 1);
    let answer = kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    let page = kim.get("/").await.text();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("<html lang=\"ko\""), "{page:.200}");
    let rows = site.sessions();
    assert_eq!(rows.len(), 1, "the visitor's is gone");
    assert!(rows[0]["PK"]["S"].as_str().unwrap().starts_with("USER#"));
    let mut old = visiting;
    assert!(old.get("/").await.text().contains("data-theme=\"auto\""), "and its cookie opens nothing");

    // Logging in again, over one's own session, keeps them too.
    kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    let page = kim.get("/").await.text();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("<html lang=\"ko\""));
}

#[tokio::test]
async fn what_one_person_chose_is_neither_the_next_ones_nor_left_by_a_log_out() {
    let site = Site::start().await;
    let mut browser = site.visitor().with("accept-language", "en");
    browser.sign_up("kim@example.com").await;
    browser.sign_up("lee@example.com").await;
    browser.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    browser.post("/preferences/theme", &[("theme", "dark")]).await;
    browser.post("/preferences/language", &[("language", "ko")]).await;
    let untouched = |page: &str| page.contains("data-theme=\"auto\"") && page.contains("<html lang=\"en\"");

    let mut lee = browser.clone();
    lee.post("/login", &[("username", "lee@example.com"), ("password", PASSWORD)]).await;
    assert!(untouched(&lee.get("/").await.text()), "Lee, who logged in over Kim's session");
    assert!(lee.whoami().await["email"] == "lee@example.com");

    let mut browser = site.visitor().with("accept-language", "en");
    browser.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    browser.post("/preferences/theme", &[("theme", "dark")]).await;
    browser.post("/logout", &[]).await;
    assert!(untouched(&browser.get("/").await.text()), "a log-out takes the whole session");
    assert!(!browser.cookies.contains_key("sessionid"));
    browser.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    assert!(untouched(&browser.get("/").await.text()), "a choice is a session's, not an account's");
}
