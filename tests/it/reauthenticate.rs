//! `/reauthenticate`: what asks for a recent log-in, and how one proves anew who one is.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use portico::{Allow, Context, Response, Result, Routes, StatusCode};
use serde_json::json;

use crate::site::{Answer, Fault, PASSWORD, Sent, Site, Visitor};

const WRONG: &str = "wrong wrong wrong";
const HERE: &str = "/vault?shelf=3&label=a%2Fb";
const THERE: &str = "/reauthenticate?next=%2Fvault%3Fshelf%3D3%26label%3Da%252Fb";

/// What the product has no example of: a page for whoever has proven within ten minutes who they are.
fn routes() -> Arc<Routes> {
    async fn open(cx: Context) -> Result<Response> {
        let user = cx.require_fresh(Duration::from_mins(10)).await?;
        Response::json(StatusCode::OK, &json!({ "opened_by": user.email.as_str() }))
    }
    Arc::new(Routes::new().get("/vault", Allow::ANYONE, open).post("/vault", Allow::ANYONE, open).post(
        "/vault/empty",
        Allow::ANYONE,
        open,
    ))
}

async fn knock(visitor: &mut Visitor<'_>, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let sent = Sent { method, path, headers, body: "" };
    let answer = visitor.site().answer_by(&routes(), visitor, sent).await;
    visitor.keep_cookies(&answer);
    answer
}

/// Whether the vault opens.
async fn opens(visitor: &mut Visitor<'_>) -> bool {
    let answer = knock(visitor, "GET", HERE, &[("accept", "application/json")]).await;
    match answer.status.as_u16() {
        200 => true,
        403 if answer.code() == "fresh_login_required" => false,
        other => panic!("{other}: {}", answer.text()),
    }
}

fn leads_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

/// A member whose log-in was eleven minutes ago.
async fn stale(site: &Site) -> Visitor<'_> {
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    assert!(opens(&mut kim).await, "after the log-in");
    site.clock.advance(SignedDuration::from_mins(9));
    assert!(opens(&mut kim).await);
    site.clock.advance(SignedDuration::from_mins(2));
    assert!(!opens(&mut kim).await);
    kim
}

#[tokio::test]
async fn what_asks_for_a_recent_log_in_leads_to_the_page_that_makes_it_one_and_back() {
    let site = Site::start().await;
    let mut kim = stale(&site).await;
    assert_eq!(leads_to(&knock(&mut kim, "GET", HERE, &[("accept", "text/html")]).await), (303, THERE));
    let page = kim.get(THERE).await;
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(text.contains("Confirm that it is you") && text.contains("kim@example.com"), "{text}");
    let next = page.after("type=\"hidden\" name=\"next\" value=\"").replace("&#x2f;", "/").replace("&#x3d;", "=");
    let next = next.replace("&amp;", "&");
    assert_eq!(next, HERE);
    let answer = kim.post("/reauthenticate", &[("password", PASSWORD), ("next", &next)]).await;
    assert_eq!(leads_to(&answer), (303, HERE));
    assert!(opens(&mut kim).await);
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn a_program_is_told_and_proves_it_by_itself() {
    let site = Site::start().await;
    let mut kim = stale(&site).await.json();
    let answer = knock(&mut kim, "GET", "/vault", &[("accept", "application/json"), ("accept-language", "en")]).await;
    let error = answer.json()["error"].clone();
    assert_eq!((answer.status.as_u16(), &error["code"]), (403, &json!("fresh_login_required")));
    assert_eq!(error["message"], "You need to confirm your password to do this.");
    assert_eq!(kim.get(THERE).await.json(), json!({ "username": "kim@example.com", "next": HERE }));
    let answer = kim.post_json(THERE, json!({ "password": PASSWORD })).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "next": HERE })));
    assert!(opens(&mut kim).await);
    let answer = kim.post_json("/reauthenticate", json!({ "password": PASSWORD, "next": "/media" })).await;
    assert_eq!(answer.json(), json!({ "next": "/media" }));
}

#[tokio::test]
async fn the_session_goes_on_under_another_name_and_the_one_before_is_dead() {
    let site = Site::start().await;
    let mut kim = stale(&site).await;
    let mut phone = site.program();
    phone.log_in("kim@example.com").await;
    site.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(kim.post("/preferences/theme", &[("theme", "dark")]).await.status, 303);
    let (mut before, token) = (kim.clone(), kim.csrf_token().await);
    assert_eq!(kim.post("/reauthenticate", &[("password", PASSWORD)]).await.status, 303);
    assert_ne!(kim.session_cookie(), before.session_cookie());
    assert!(before.whoami().await.is_null());
    let ended = site.session_items().into_iter().find(|item| item["ended"].is_object()).unwrap();
    assert_eq!(ended["ended"]["M"]["why"]["S"], "renamed");
    // What was in it is, and its forms have another token.
    assert!(kim.get("/").await.text().contains("data-theme=\"dark\""));
    let theme = |token: &str| format!("theme=light&csrfmiddlewaretoken={token}");
    let form = "application/x-www-form-urlencoded";
    assert_eq!(kim.post_raw("/preferences/theme", form, theme(&token)).await.status, 403);
    let token = kim.csrf_token().await;
    assert_eq!(kim.post_raw("/preferences/theme", form, theme(&token)).await.status, 303);
    // It is this session alone that was proven, and no other has ended.
    assert!(opens(&mut kim).await);
    assert!(!opens(&mut phone).await);
    assert_eq!(phone.whoami().await["email"], "kim@example.com");
    assert_eq!(site.sessions().len(), 2);
}

#[tokio::test]
async fn a_wrong_password_changes_nothing_and_counts_as_a_guess() {
    let site = Site::start_with(|options| {
        options.settings.push(("CONFIRM_PASSWORD_RATE".to_owned(), "2/h".to_owned()));
    })
    .await;
    let mut kim = stale(&site).await;
    let (cookie, before) = (kim.session_cookie(), site.state());
    let page = kim.post("/reauthenticate", &[("password", WRONG), ("next", HERE)]).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(text.contains("This is not your current password.") && !text.contains(WRONG), "{text}");
    assert!(text.contains("name=\"next\" value=\"&#x2f;vault?shelf"), "it still leads back: {text}");
    let answer = kim.clone().json().post_json("/reauthenticate", json!({ "password": "" })).await;
    assert_eq!((answer.status.as_u16(), answer.field("password")), (422, vec!["required".to_owned()]));
    let answer = kim.clone().json().post_json("/reauthenticate", json!({ "password": WRONG })).await;
    assert_eq!((answer.status.as_u16(), answer.field("password")), (422, vec!["password_incorrect".to_owned()]));
    let page = kim.post("/reauthenticate", &[("password", PASSWORD), ("next", HERE)]).await;
    assert_eq!((page.status.as_u16(), page.header("retry-after").is_empty()), (429, false));
    assert_eq!((kim.session_cookie(), site.state()), (cookie, before));
    assert!(!opens(&mut kim).await);
}

#[tokio::test]
async fn looking_at_the_page_changes_nothing() {
    let site = Site::start().await;
    let mut kim = stale(&site).await;
    let (cookie, before) = (kim.session_cookie(), site.state());
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(kim.send(method, THERE, &[], bytes::Bytes::new()).await.status, 200);
    }
    assert_eq!((kim.session_cookie(), site.state()), (cookie, before));
    assert!(!opens(&mut kim).await);
}

#[tokio::test]
async fn an_account_without_a_password_is_led_to_one() {
    let site = Site::start().await;
    let mut kim = stale(&site).await;
    site.amend(&kim.id.clone(), "password", json!({ "S": "!" }));
    let page = kim.post("/reauthenticate", &[("password", PASSWORD)]).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(text.contains("This account has no password yet.") && text.contains("href=\"/password/reset\""), "{text}");
    let answer = kim.clone().json().post_json("/reauthenticate", json!({ "password": PASSWORD })).await;
    assert_eq!(answer.field("password"), ["password_unusable"]);
}

#[tokio::test]
async fn it_leads_to_pages_of_this_site_alone() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for foreign in ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "profile"] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", foreign).finish();
        let page = kim.clone().json().get(&format!("/reauthenticate?{query}")).await;
        assert_eq!(page.json()["next"], "", "{foreign}");
        let answer = kim.post("/reauthenticate", &[("password", PASSWORD), ("next", foreign)]).await;
        assert_eq!(leads_to(&answer), (303, "/"), "{foreign}");
        let answer = kim.post(&format!("/reauthenticate?{query}"), &[("password", PASSWORD)]).await;
        assert_eq!(leads_to(&answer), (303, "/"), "{foreign}");
        let answer = site.visitor().get(&format!("/reauthenticate?{query}")).await;
        assert_eq!(leads_to(&answer), (303, "/login"), "{foreign}");
    }
}

#[tokio::test]
async fn nobody_logs_in_instead_and_is_not_asked_twice() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let mut visitor = site.visitor();
    assert_eq!(leads_to(&knock(&mut visitor, "GET", "/vault", &[]).await), (303, "/login?next=%2Fvault"));
    assert_eq!(leads_to(&visitor.get("/reauthenticate?next=/vault").await), (303, "/login?next=%2Fvault"));
    let answer = visitor.post("/reauthenticate", &[("password", PASSWORD), ("next", "/vault")]).await;
    assert_eq!(leads_to(&answer), (303, "/login?next=%2Fvault"));
    for method in [Method::GET, Method::POST] {
        let answer = site.program().send_json(method, "/reauthenticate", json!({ "password": PASSWORD })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    }
    visitor.log_in("kim@example.com").await;
    assert!(opens(&mut visitor).await);
}

#[tokio::test]
async fn a_form_that_was_turned_away_is_said_not_to_be_saved() {
    let site = Site::start().await;
    let mut kim = stale(&site).await;
    let token = kim.csrf_token().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let ours = [form, ("x-csrftoken", &*token), ("sec-fetch-site", "same-origin"), ("accept", "text/html")];
    let answer = knock(&mut kim, "POST", "/vault", &ours).await;
    assert_eq!(leads_to(&answer), (303, "/reauthenticate?next=%2Fvault"));
    let text = kim.get("/reauthenticate?next=%2Fvault").await.text();
    assert!(text.contains("Nothing was saved yet."), "{text}");
    assert!(!kim.get("/reauthenticate").await.text().contains("Nothing was saved yet."), "said once");
    // Where nothing can be read, back to the page that the form was on.
    let from = [&ours[..], &[("referer", "http://localhost:8000/vault?shelf=3")]].concat();
    let answer = knock(&mut kim, "POST", "/vault/empty", &from).await;
    assert_eq!(leads_to(&answer), (303, "/reauthenticate?next=%2Fvault%3Fshelf%3D3"));
    assert_eq!(leads_to(&knock(&mut kim, "POST", "/vault/empty", &ours).await), (303, "/reauthenticate?next=%2F"));
}

#[tokio::test]
async fn a_proof_that_could_not_be_kept_is_none() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = stale(&site).await.json();
    let (cookie, token) = (kim.session_cookie(), kim.csrf_token().await);
    faults.on("TransactWriteItems", "SESSION#", Fault::internal());
    let body = json!({ "password": PASSWORD });
    let answer = kim.send_with(&token, Method::POST, "/reauthenticate", body.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    assert_eq!(kim.session_cookie(), cookie);
    assert!(!opens(&mut kim).await);
    faults.clear();
    assert_eq!(kim.post_json("/reauthenticate", body).await.status, 200);
    assert!(opens(&mut kim).await);
}

#[tokio::test]
async fn a_proof_is_one_read_three_counts_that_are_given_back_and_one_transaction() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let cost = |calls, trips, write_units| Cost { calls, trips, read_units: 2.0, write_units };
    assert_eq!(kim.get("/reauthenticate").await.cost(), cost(1, 1, 0.0));
    for (password, expected) in [(PASSWORD, cost(8, 6, 10.0)), (WRONG, cost(4, 4, 3.0))] {
        let token = kim.csrf_token().await;
        let body = json!({ "password": password });
        let answer = kim.send_with(&token, Method::POST, "/reauthenticate", body).await;
        assert_eq!(answer.cost(), expected, "{}", answer.status);
    }
}
