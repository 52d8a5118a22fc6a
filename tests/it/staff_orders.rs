//! `/staff/orders`: the sample of a function that asks for a permission.

use std::sync::Arc;

use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use portico::permissions::groups;
use portico::site::shop::Order;
use portico::{Allow, Context, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

use crate::site::{Sent, Site, Visitor, author};

const PATH: &str = "/staff/orders";

fn order(customer: &str, what: &str) -> Value {
    json!({ "customer": customer, "what": what })
}

/// Somebody in the group `Staff`, which may view orders and add some.
async fn staff(site: &Site) -> Visitor<'_> {
    site.group("Staff", &[Order::VIEW, Order::ADD]).await;
    let kim = site.member("kim@example.com").await.with("accept-language", "en");
    site.join(&kim, "Staff").await;
    kim
}

/// What is asked for.
async fn status(visitor: &mut Visitor<'_>) -> u16 {
    visitor.get(PATH).await.status.as_u16()
}

#[tokio::test]
async fn nobody_is_led_to_the_log_in_page_and_back() {
    let site = Site::start().await;
    let answer = site.visitor().get(PATH).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fstaff%2Forders"));
    let answer = site.program().get(PATH).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
}

#[tokio::test]
async fn who_lacks_the_permission_is_told_which_one() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for (language, words) in [("en", "Can view orders"), ("ko", "주문을 볼 수 있음")] {
        let page = kim.clone().with("accept-language", language).get(PATH).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains(words), "{}", page.text());
        assert!(!page.text().contains("shop.view_order"), "a name for programs");
    }
    for (method, permission) in [(Method::GET, "shop.view_order"), (Method::POST, "shop.add_order")] {
        let answer = kim.clone().json().send_json(method, PATH, order("Lee", "A hat")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "permission_denied"));
        assert_eq!(answer.json()["error"]["missing"], json!([permission]));
    }
    // Whether there is such an order or not.
    assert_eq!(kim.get("/staff/orders/x").await.status, 403);
    assert!(!site.accounts().iter().any(|item| item["PK"]["S"].as_str().unwrap().starts_with("ORDERS#")));
}

#[tokio::test]
async fn a_group_permits_what_its_members_may() {
    let site = Site::start().await;
    let mut kim = staff(&site).await;
    let page = kim.get(PATH).await;
    assert!(page.text().contains("Nothing was ordered") && page.text().contains("action=\"/staff/orders\""));
    let added = kim.post(PATH, &[("customer", "Lee <lee@example.com>"), ("what", "Marble & <b>lime</b>")]).await;
    assert_eq!((added.status.as_u16(), added.header("location")), (303, PATH));
    let page = kim.get(PATH).await.text();
    assert!(page.contains("The order was added.") && page.contains("Marble &amp; &lt;b&gt;lime"), "{page}");

    let mut kim = kim.json();
    let listed = kim.get(PATH).await.json();
    let [stored] = listed["orders"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&stored["customer"], &stored["placed_by"]), (&json!("Lee <lee@example.com>"), &kim.id));
    let details = format!("{PATH}/{}", stored["id"].as_str().unwrap());
    assert_eq!(kim.get(&details).await.json(), json!({ "order": stored }));
    assert!(kim.clone().html().get(&details).await.text().contains("Marble &amp;"));
    let added = kim.post_json(PATH, order("Park", "A hat")).await;
    assert_eq!((added.status.as_u16(), &added.json()["next"]), (201, &json!(PATH)));
    assert_eq!(kim.get(PATH).await.json()["orders"][0], added.json()["order"], "the latest is the first");
    for id in ["0197a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b", "x", "ffffffff-ffff-7fff-bfff-ffffffffffff"] {
        assert_eq!(kim.get(&format!("{PATH}/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_permission_of_ones_own_is_as_good_and_includes_no_other() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.permit(&kim, &[Order::VIEW]).await;
    let page = kim.get(PATH).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("action=\"/staff/orders\""), "a form that would be refused");
    assert_eq!(kim.post(PATH, &[("customer", "Lee"), ("what", "A hat")]).await.status, 403);

    let mut lee = site.member("lee@example.com").await;
    site.permit(&lee, &[Order::ADD]).await;
    let refused = lee.post(PATH, &[("customer", "Lee"), ("what", "")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("action=\"/staff/orders\"") && !refused.text().contains("month="), "no list");
    let added = lee.post(PATH, &[("customer", "Lee"), ("what", "A hat")]).await;
    assert_eq!((added.status.as_u16(), added.header("location")), (303, "/"));
    assert_eq!(status(&mut lee).await, 403);
}

#[tokio::test]
async fn a_superuser_may_and_an_account_that_is_inactive_may_not() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.raise(&kim, |to| to.is_superuser = true).await;
    assert_eq!(kim.post(PATH, &[("customer", "Lee"), ("what", "A hat")]).await.status, 303);
    assert!(kim.get(PATH).await.text().contains("A hat"));
    site.raise(&kim, |to| to.is_active = false).await;
    let answer = kim.get(PATH).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fstaff%2Forders"));
    // Staff may nothing by that alone.
    let mut lee = site.member("lee@example.com").await;
    site.raise(&lee, |to| to.is_staff = true).await;
    assert_eq!(status(&mut lee).await, 403);
}

#[tokio::test]
async fn what_is_taken_away_is_gone_on_the_very_next_request() {
    let site = Site::start().await;
    let mut kim = staff(&site).await;
    let store = site.store();
    assert_eq!(status(&mut kim).await, 200);
    groups::revoke(&store, &author(), "Staff", &[Order::VIEW]).await.unwrap();
    assert_eq!(status(&mut kim).await, 403, "the group permits it no more");
    groups::grant(&store, &author(), "Staff", &[Order::VIEW]).await.unwrap();
    assert_eq!(status(&mut kim).await, 200);
    site.leave(&kim, "Staff").await;
    assert_eq!(status(&mut kim).await, 403, "no member any more");
    site.join(&kim, "Staff").await;
    assert_eq!(status(&mut kim).await, 200);
    groups::delete(&store, &author(), "Staff").await.unwrap();
    assert_eq!(status(&mut kim).await, 403, "there is no such group");
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_month_by_month() {
    let site = Site::start().await;
    let mut kim = staff(&site).await.json();
    let token = kim.csrf_token().await;
    for number in 0..53 {
        let sent = kim.send_with(&token, Method::POST, PATH, order("Lee", &number.to_string())).await;
        assert_eq!(sent.status, 201);
        site.clock.advance(SignedDuration::from_secs(1));
    }
    let whats = |page: &Value| -> Vec<String> {
        let orders = page["orders"].as_array().unwrap();
        orders.iter().map(|order| order["what"].as_str().unwrap().to_owned()).collect()
    };
    let first = kim.get(PATH).await.json();
    let second = kim.get(&format!("{PATH}?cursor={}", first["next"].as_str().unwrap())).await.json();
    let expected: Vec<_> = (0..53).rev().map(|number: i32| number.to_string()).collect();
    assert_eq!((whats(&first), whats(&second)), (expected[..50].to_vec(), expected[50..].to_vec()));
    assert_eq!((&second["next"], &second["month"]), (&Value::Null, &first["month"]));
    let page = kim.clone().html().get(PATH).await.text();
    assert!(page.contains(&format!("cursor={}", first["next"].as_str().unwrap())));

    let month = first["month"].as_str().unwrap();
    assert_eq!(first["after"], Value::Null, "nothing is to come");
    site.clock.advance(SignedDuration::from_hours(31 * 24));
    kim.log_in("kim@example.com").await;
    let later = kim.get(PATH).await.json();
    assert_eq!(whats(&later), [""; 0]);
    assert_eq!(later["before"], month);
    let before = kim.get(&format!("{PATH}?month={month}")).await.json();
    assert_eq!((whats(&before), &before["after"]), (whats(&first), &later["month"]));
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(whats(&kim.get(&format!("{PATH}?cursor={cursor}")).await.json()), whats(&second), "in its own month");
    for (query, status) in [
        ("month=2026-13", 404),
        ("month=", 404),
        ("month=now", 404),
        ("cursor=x", 404),
        ("cursor=", 404),
        ("month=2026-01&month=2026-02", 400),
        ("month=9999-12", 200),
    ] {
        assert_eq!(kim.get(&format!("{PATH}?{query}")).await.status.as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_and_what_is_not_asked_for_is_passed_over() {
    let site = Site::start().await;
    let kim = staff(&site).await;
    let mut program = kim.clone().json();
    for (customer, what, codes) in [
        ("", "", [vec!["required"], vec!["required"]]),
        (" ", "\t", [vec!["required"], vec!["required"]]),
        (&*"x".repeat(255), &*"x".repeat(201), [vec!["max_length"], vec!["max_length"]]),
        (&*"x".repeat(1_000), &*"\u{1f600}".repeat(1_000), [vec!["max_length"], vec!["max_length"]]),
        ("a\nb", "a\u{1b}[2Jb", [vec!["invalid"], vec!["invalid"]]),
        ("a\0b", "a hat", [vec!["null_characters_not_allowed"], vec![]]),
    ] {
        let answer = program.post_json(PATH, order(customer, what)).await;
        assert_eq!(answer.status, 422, "{customer:.20?} {what:.20?}");
        assert_eq!([answer.field("customer"), answer.field("what")], codes, "{customer:.20?} {what:.20?}");
        let page = kim.clone().post(PATH, &[("customer", customer), ("what", what)]).await;
        assert_eq!(page.status, 422, "{customer:.20?} {what:.20?}");
        assert!(page.text().contains("aria-invalid=\"true\""));
    }
    for body in [json!({}), json!({ "customer": 7 }), json!({ "what": ["a"] }), json!([])] {
        let status = program.post_json(PATH, body.clone()).await.status.as_u16();
        assert!(matches!(status, 400 | 422), "{body}: {status}");
    }
    assert_eq!(program.get(PATH).await.json()["orders"], json!([]));

    for what in ["x", &*"\u{ac00}".repeat(200)] {
        assert_eq!(program.post_json(PATH, order("y", what)).await.status, 201);
    }
    let before = site.user(&kim.id);
    let forged = json!({
        "customer": " Lee ", "what": "A hat", "id": "0197a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b", "placed_by": "nobody",
        "created_at": "1999-01-01T00:00:00Z", "PK": "USER#x", "is_superuser": true, "shop.view_order": true,
    });
    let stored = program.post_json(PATH, forged).await.json()["order"].clone();
    assert_eq!((&stored["customer"], &stored["placed_by"]), (&json!("Lee"), &kim.id));
    assert!(stored["id"] != "0197a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b" && stored["created_at"] != "1999-01-01T00:00:00Z");
    assert_eq!(stored.as_object().unwrap().len(), 5);
    assert_eq!(site.user(&kim.id), before);
}

fn cost(calls: u32, trips: u32, read_units: f64, write_units: f64) -> Cost {
    Cost { calls, trips, read_units, write_units }
}

#[tokio::test]
async fn to_ask_for_a_permission_is_one_read_of_the_groups() {
    let site = Site::start().await;
    let mut kim = staff(&site).await;
    let token = kim.csrf_token().await;
    assert_eq!(kim.get("/profile").await.cost(), cost(1, 1, 2.0, 0.0), "a page that asks for none");
    assert_eq!(kim.get(PATH).await.cost(), cost(3, 3, 4.0, 0.0), "session and user; the group; the orders");
    let added = kim.clone().send_with(&token, Method::POST, PATH, order("Lee", "A hat")).await;
    assert_eq!((added.status.as_u16(), added.cost()), (201, cost(3, 3, 3.0, 1.0)), "asked twice, and read once");
    groups::revoke(&site.store(), &author(), "Staff", &[Order::VIEW]).await.unwrap();
    assert_eq!(kim.get(PATH).await.cost(), cost(2, 2, 3.0, 0.0), "refused: nothing else is read");
    site.group("Readers", &[Order::VIEW]).await;
    site.join(&kim, "Readers").await;
    assert_eq!(kim.get(PATH).await.cost(), cost(3, 3, 5.0, 0.0), "two groups, one call");

    let mut lee = site.member("lee@example.com").await;
    assert_eq!(lee.get(PATH).await.cost(), cost(1, 1, 2.0, 0.0), "in no group: nothing to read");
    site.permit(&lee, &[Order::VIEW]).await;
    assert_eq!(lee.get(PATH).await.cost(), cost(2, 2, 3.0, 0.0), "a permission of one's own stands with the user");
    site.raise(&lee, |to| to.is_superuser = true).await;
    site.join(&lee, "Readers").await;
    assert_eq!(lee.get(PATH).await.cost(), cost(2, 2, 3.0, 0.0), "of a superuser no group is asked");
    assert_eq!(site.visitor().get(PATH).await.cost(), cost(0, 0, 0.0, 0.0), "nobody costs nothing");
}

async fn answered(_: Context) -> Result<Response> {
    Response::json(StatusCode::OK, &json!({}))
}

#[tokio::test]
async fn a_route_may_lead_to_the_log_in_page_instead() {
    let site = Site::start().await;
    let allow = Allow::permission(Order::VIEW).or_login();
    let routes =
        Arc::new(Routes::new().get("/today", allow, answered).get("/staff", Allow::STAFF.or_login(), answered));
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    for (path, login) in [("/today?of=all", "/login?next=%2Ftoday%3Fof%3Dall"), ("/staff", "/login?next=%2Fstaff")] {
        let html = Sent { method: "GET", path, headers: &[("accept", "text/html")], body: "" };
        let led = site.answer_by(&routes, &kim, html).await;
        assert_eq!((led.status.as_u16(), led.header("location")), (303, login));
        kim.keep_cookies(&led);
        let page = kim.get(led.header("location")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("You do not have permission to see that page."), "{}", page.text());
        let json = Sent { headers: &[("accept", "application/json")], ..html };
        let answer = site.answer_by(&routes, &kim, json).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "permission_denied"), "a program is told");
        let answer = site.answer_by(&routes, &site.visitor(), html).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, login), "as for nobody");
    }
    site.raise(&kim, |to| {
        to.is_staff = true;
        to.user_permissions.push(Order::VIEW.as_str().to_owned());
    })
    .await;
    for path in ["/today", "/staff"] {
        let html = Sent { method: "GET", path, headers: &[("accept", "text/html")], body: "" };
        assert_eq!(site.answer_by(&routes, &kim, html).await.status, 200);
    }
}
