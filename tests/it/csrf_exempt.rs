//! A route that is exempt from CSRF: whoever sends, it is nobody.

use std::sync::Arc;

use portico::headers::CACHE_CONTROL;
use portico::{Allow, Context, Response, Result, Routes, StatusCode};
use serde_json::json;

use crate::site::{Sent, Site};

fn routes() -> Arc<Routes> {
    let routes = Routes::new()
        .get("/hook", Allow::ANYONE, take)
        .post("/hook", Allow::ANYONE, take)
        .patch("/hook", Allow::ANYONE, members_only)
        .csrf_exempt("/hook", "a webhook, proven by its signature")
        .post("/form", Allow::ANYONE, take);
    Arc::new(routes)
}

/// Does what a careless handler would: asks who is there, keeps something, says something, sets a cookie.
async fn take(cx: Context) -> Result<Response> {
    let user = cx.user().await?.map(|user| user.id.to_string());
    cx.session().await?.set("seen", true)?;
    cx.messages().success("login-done");
    let token = cx.csrf_token().await?;
    let cookies = cx.request().header(&http::header::COOKIE).is_some();
    let body = json!({ "user": user, "cookies": cookies, "bytes": cx.request().body.len(), "csrf_token": token });
    let response = Response::json(StatusCode::OK, &body)?;
    Ok(response.header(http::header::SET_COOKIE, "sessionid=planted").header(CACHE_CONTROL, "no-store"))
}

async fn members_only(cx: Context) -> Result<Response> {
    cx.require_login().await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

const EVIL: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("content-type", "text/plain")];

#[tokio::test]
async fn a_request_to_an_exempt_route_is_nobodys_and_leaves_nothing_in_the_browser() {
    let (site, routes) = (Site::start().await, routes());
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    let ours = [
        ("sec-fetch-site", "same-origin"),
        ("origin", "http://localhost:8000"),
        ("x-csrftoken", &*token),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let before = site.state();
    for (method, headers) in [("POST", &EVIL[..]), ("POST", &ours), ("POST", &[]), ("GET", &ours), ("GET", &EVIL)] {
        let sent = Sent { method, path: "/hook", headers, body: "\u{1}raw" };
        let answer = site.answer_by(&routes, &kim, sent).await;
        assert_eq!(answer.status, 200, "{method} {headers:?}");
        let json = answer.json();
        assert_eq!((&json["user"], &json["cookies"], &json["bytes"]), (&json!(null), &json!(false), &json!(4)));
        assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
        assert_eq!(answer.line().0["user"], "");
    }
    assert_eq!(site.state(), before, "no session was made, and none was renewed");
    assert!(!kim.whoami().await.is_null(), "and Kim is still there");
}

#[tokio::test]
async fn an_exempt_route_is_for_no_member_and_takes_no_larger_body() {
    let (site, routes) = (Site::start().await, routes());
    let kim = site.member("kim@example.com").await;
    let headers = [("accept", "application/json")];
    let sent = Sent { method: "PATCH", path: "/hook", headers: &headers, body: "" };
    let answer = site.answer_by(&routes, &kim, sent).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    let body = "x".repeat(65_537);
    let answer = site.answer_by(&routes, &kim, Sent { method: "POST", body: &body, ..sent }).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "payload_too_large"));
    let answer = site.answer_by(&routes, &kim, Sent { method: "DELETE", ..sent }).await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn the_routes_beside_it_are_protected_as_ever() {
    let (site, routes) = (Site::start().await, routes());
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    let form = "application/x-www-form-urlencoded";
    for (headers, status) in [
        (vec![("content-type", form)], 403),
        (vec![("content-type", form), ("x-csrftoken", &*token), ("origin", "https://evil.example")], 403),
        (vec![("content-type", "text/plain"), ("x-csrftoken", &*token)], 415),
        (vec![("content-type", form), ("x-csrftoken", &*token)], 200),
    ] {
        let sent = Sent { method: "POST", path: "/form", headers: &headers, body: "a=b" };
        assert_eq!(site.answer_by(&routes, &kim, sent).await.status.as_u16(), status, "{headers:?}");
    }
}
