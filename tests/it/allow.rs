//! What a route declares of whom it answers, by routes of the tests' own: what no route of the product's has an example of.

use std::sync::Arc;

use jiff::SignedDuration;
use portico::sharing::{self, Kind, Object, Verb};
use portico::site::shop::Order;
use portico::{Allow, Context, Error, Response, Result, Routes, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::site::{Answer, Sent, Site, Visitor};

async fn answered(_: Context) -> Result<Response> {
    Response::json(StatusCode::OK, &json!({ "secret": "what it is about" }))
}

async fn not_found(_: Context) -> Result<Response> {
    Err(Error::NotFound)
}

/// Asks, and does not care for the answer: that is another mistake, which nobody sees from outside.
async fn asks(cx: Context) -> Result<Response> {
    let user = cx.user().await?;
    sharing::can(&cx, user.as_deref(), Verb::View, Object { kind: Kind::MEDIA, id: Uuid::nil() }).await?;
    answered(cx).await
}

async fn get(site: &Site, routes: &Arc<Routes>, visitor: &Visitor<'_>, path: &str, accept: &str) -> Answer {
    site.answer_by(routes, visitor, Sent { method: "GET", path, headers: &[("accept", accept)], body: "" }).await
}

#[tokio::test]
async fn a_handler_that_does_not_ask_about_its_object_is_not_heard() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    for verb in Verb::ALL {
        let allow = Allow::object(verb);
        let routes =
            Routes::new().get("/forgets", allow, answered).get("/asks", allow, asks).get("/refuses", allow, not_found);
        let routes = Arc::new(routes);
        for accept in ["application/json", "text/html"] {
            let answer = get(&site, &routes, &kim, "/forgets", accept).await;
            assert_eq!(answer.status, 500, "{verb:?}");
            assert!(!answer.text().contains("what it is about"));
            let line = answer.line().0;
            assert!(line["error"].as_str().unwrap().contains("has not asked who may do this"), "{line}");
            assert_eq!(get(&site, &routes, &kim, "/asks", accept).await.status, 200, "{verb:?}");
            assert_eq!(get(&site, &routes, &kim, "/refuses", accept).await.status, 404, "{verb:?}");
        }
        let nobody = get(&site, &routes, &site.visitor(), "/asks", "application/json").await;
        assert_eq!(nobody.status, if verb == Verb::View { 200 } else { 401 }, "who comes with a link is nobody");
    }
}

#[tokio::test]
async fn one_of_several_permissions_is_enough() {
    let site = Site::start().await;
    let any = Allow::any_of(&[Order::CHANGE, Order::DELETE]);
    let routes = Arc::new(Routes::new().get("/any", any, answered));
    for (email, permission, status) in [
        ("kim@example.com", Order::CHANGE, 200),
        ("lee@example.com", Order::DELETE, 200),
        ("park@example.com", Order::VIEW, 403),
    ] {
        let member = site.member(email).await;
        site.permit(&member, &[permission]).await;
        let answer = get(&site, &routes, &member, "/any", "application/json").await;
        assert_eq!(answer.status, status, "{permission}");
        if status == 403 {
            assert_eq!(answer.json()["error"]["missing"], json!(["shop.change_order", "shop.delete_order"]));
        }
    }
}

#[tokio::test]
async fn a_recent_log_in_is_asked_for_after_the_right() {
    let site = Site::start().await;
    let (users, readers) = (Allow::USERS.fresh(10), Allow::permission(Order::VIEW).fresh(10));
    let routes = Arc::new(Routes::new().get("/users", users, answered).get("/readers", readers, answered));
    let kim = site.member("kim@example.com").await;
    site.permit(&kim, &[Order::VIEW]).await;
    let lee = site.member("lee@example.com").await;
    let all = async |visitor: &Visitor<'_>| {
        let mut codes = Vec::new();
        for path in ["/users", "/readers"] {
            let answer = get(&site, &routes, visitor, path, "application/json").await;
            codes.push(answer.line().0["code"].as_str().unwrap().to_owned());
        }
        codes
    };
    assert_eq!(all(&kim).await, ["", ""]);
    site.clock.advance(SignedDuration::from_mins(9));
    assert_eq!(all(&kim).await, ["", ""], "so old it may be");
    site.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(all(&kim).await, ["fresh_login_required"; 2]);
    assert_eq!(all(&lee).await, ["fresh_login_required", "permission_denied"], "nobody proves anything for nothing");
    assert_eq!(all(&site.visitor()).await, ["login_required"; 2]);
    let page = get(&site, &routes, &kim, "/users?of=all", "text/html").await;
    assert_eq!(page.header("location"), "/reauthenticate?next=%2Fusers%3Fof%3Dall");
}
