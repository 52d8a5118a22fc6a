//! `/logout` and `/logout/all`.

use http::Method;
use serde_json::json;

use crate::site::Site;

const CLEAR: &str = "\"cache\", \"storage\"";

#[tokio::test]
async fn a_session_is_dead_at_once() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    let token = kim.session_cookie();
    let answer = kim.post("/logout", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    assert_eq!(answer.header("clear-site-data"), CLEAR);
    assert!(answer.set_cookies().iter().any(|c| c.starts_with("sessionid=;") && c.contains("Max-Age=0")));
    assert!(site.sessions().is_empty());
    let page = kim.get("/").await.text();
    assert!(page.contains("You are logged out") && !page.contains("kim@example.com"));
    let mut thief = site.program().with_session(Some(&token));
    assert!(thief.whoami().await.is_null());
    let mut thief = site.program().with_session(Some(&token));
    assert_eq!(thief.get("/profile").await.status, 401);
}

#[tokio::test]
async fn a_program_logs_out_too() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let answer = kim.post_json("/logout", json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/")));
    assert_eq!(answer.header("clear-site-data"), CLEAR);
    assert_eq!(kim.get("/profile").await.status, 401);
}

#[tokio::test]
async fn a_link_logs_nobody_out_and_the_page_says_why() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    let before = site.state();
    let page = kim.get("/logout").await;
    assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"));
    assert!(page.text().contains("it takes a button") && page.text().contains("action=\"/logout/all\""));
    assert!(page.header("clear-site-data").is_empty());
    let head = kim.send(Method::HEAD, "/logout", &[], bytes::Bytes::new()).await;
    assert_eq!((head.status.as_u16(), head.header("allow"), head.body.len()), (405, "POST", 0));
    let all = kim.get("/logout/all").await;
    assert_eq!((all.status.as_u16(), all.header("allow")), (405, "POST"));
    let answer = kim.clone().json().get("/logout").await;
    assert_eq!((answer.code().as_str(), answer.header("allow")), ("method_not_allowed", "POST"));
    let put = kim.send(Method::PUT, "/logout", &[], bytes::Bytes::new()).await;
    assert_eq!((put.status.as_u16(), put.header("allow")), (405, "POST"));
    assert_eq!(site.state(), before);
    let stranger = site.visitor().with("accept-language", "en").get("/logout").await;
    assert_eq!((stranger.status.as_u16(), stranger.header("allow")), (405, "POST"));
    assert!(stranger.text().contains("it takes a button"));
}

#[tokio::test]
async fn logging_out_without_a_session_is_harmless() {
    let site = Site::start().await;
    let answer = site.visitor().post("/logout", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("clear-site-data")), (303, CLEAR));
    let answer = site.program().post_json("/logout", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.json()["next"].clone()), (200, json!("/")));
    let answer = site.program().post_json("/logout/all", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    assert!(site.state().is_empty());
}

#[tokio::test]
async fn logging_out_here_leaves_other_devices_alone() {
    let site = Site::start().await;
    let mut laptop = site.member("kim@example.com").await;
    let mut phone = site.visitor();
    phone.log_in("kim@example.com").await;
    laptop.post("/logout", &[]).await;
    assert!(laptop.whoami().await.is_null());
    assert_eq!(phone.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_of_the_user_and_no_other() {
    let site = Site::start().await;
    let mut laptop = site.member("kim@example.com").await.with("accept-language", "en");
    let mut phone = site.program();
    phone.log_in("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    let token = laptop.session_cookie();

    let answer = laptop.post("/logout/all", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("clear-site-data")), (303, CLEAR));
    assert!(laptop.get("/").await.text().contains("logged out on every device"));
    for cookie in [token, phone.session_cookie()] {
        let mut replayed = site.program().with_session(Some(&cookie));
        assert_eq!(replayed.get("/profile").await.status, 401);
    }
    let answer = phone.get("/").await;
    assert!(answer.json()["user"].is_null());
    assert_eq!(lee.whoami().await["email"], "lee@example.com");
    phone.log_in("kim@example.com").await;
    assert_eq!(phone.whoami().await["email"], "kim@example.com", "a new session is of the new epoch");
}
