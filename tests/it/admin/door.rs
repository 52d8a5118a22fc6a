//! Who gets in, and what others see.

use jiff::SignedDuration;
use serde_json::json;

use super::{at, change, site, site_with};
use crate::site::{Answer, Site};

/// What a stranger sees of an answer, without what differs each time.
fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let id = answer.header("x-request-id");
    let nonce = answer.header("content-security-policy").split("'nonce-").nth(1).unwrap_or_default();
    let nonce = nonce.split('\'').next().unwrap_or_default();
    // As the page escapes it.
    let mut text = answer.text().replace(&id.replace('/', "&#x2f;"), "ID").replace(id, "ID");
    if !nonce.is_empty() {
        text = text.replace(nonce, "NONCE");
    }
    // The token of the forms in the page's foot.
    let text = text.split("csrfmiddlewaretoken").next().unwrap().replace("/admin/users", "/admin");
    let names = answer.headers.keys().map(ToString::to_string).filter(|name| name != "set-cookie");
    (answer.status.as_u16(), text, names.collect())
}

#[tokio::test]
async fn where_it_is_off_or_closed_there_is_nothing() {
    let off = Site::start().await;
    let elsewhere = site_with(&[("ADMIN_ALLOWED_NETWORKS", "203.0.113.0/24, 2001:db8::/32")]).await;
    for site in [&off, &elsewhere] {
        let root = site.member("root@example.com").await;
        site.raise(&root, |to| (to.is_staff, to.is_superuser) = (true, true)).await;
        for visitor in [site.visitor(), root] {
            for mut visitor in [visitor.clone().html(), visitor.json()] {
                visitor.get("/").await;
                let nowhere = visitor.get("/nowhere").await;
                assert_eq!(nowhere.status, 404);
                for path in ["/admin", "/admin/", "/admin/users", "/admin/users/x", "/admin/audit"] {
                    let answer = visitor.get(path).await;
                    assert_eq!(seen(&answer), seen(&nowhere), "{path}");
                    assert_eq!(answer.line().0["route"], "-", "{path}");
                }
                // Neither a wrong method nor a missing token gives it away.
                let posted = visitor.post_raw("/admin/users", "application/json", "{}").await;
                assert_eq!(posted.status, visitor.post_raw("/nowhere", "application/json", "{}").await.status);
            }
        }
    }
    for inside in [[203, 0, 113, 7], [198, 51, 100, 1]] {
        let mut visitor = elsewhere.visitor();
        visitor.address = (inside, 50_000).into();
        for header in ["x-forwarded-for", "x-viewer-address", "forwarded"] {
            visitor = visitor.with(header, "203.0.113.9");
        }
        let expected = if inside[0] == 203 { 303 } else { 404 };
        assert_eq!(visitor.get("/admin").await.status, expected, "{inside:?}");
    }
}

#[tokio::test]
async fn staff_get_in_who_have_just_logged_in_and_see_what_they_are_permitted() {
    let site = site().await;
    let mut nobody = site.visitor();
    assert_eq!(nobody.get("/admin/users").await.header("location"), "/login?next=%2Fadmin%2Fusers");
    assert_eq!(nobody.clone().json().get("/admin").await.status, 401);

    let mut kim = site.member("kim@example.com").await;
    let refused = kim.get("/admin").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("entering the administration (staff)"), "{}", refused.text());

    // A superuser who is no staff does not get in, as in Django.
    site.raise(&kim, |to| to.is_superuser = true).await;
    assert_eq!(kim.get("/admin/users").await.status, 403);
    site.raise(&kim, |to| (to.is_superuser, to.is_staff) = (false, true)).await;
    assert_eq!(kim.clone().json().get("/admin").await.json()["sections"], json!([]));
    let refused = kim.clone().json().get("/admin/users").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["error"]["missing"]),
        (403, &json!(["auth.view_user", "auth.change_user"]))
    );
    assert!(kim.get("/admin/users").await.text().contains("Can view accounts"));

    site.raise(&kim, |to| to.user_permissions = vec!["auth.view_user".to_owned()]).await;
    assert_eq!(kim.get("/admin/users").await.status, 200, "on the very next request");
    assert_eq!(kim.clone().json().get("/admin").await.json()["sections"], json!(["users"]));
    assert_eq!(kim.get("/admin/groups").await.status, 403);

    site.clock.advance(SignedDuration::from_secs(901));
    let stale = kim.get("/admin/users?state=staff").await;
    assert_eq!(stale.header("location"), "/reauthenticate?next=%2Fadmin%2Fusers%3Fstate%3Dstaff");
    assert_eq!(kim.clone().json().get("/admin/users").await.code(), "fresh_login_required");
    let next = [("password", crate::site::PASSWORD), ("next", "/admin/users?state=staff")];
    assert_eq!(kim.post("/reauthenticate", &next).await.header("location"), "/admin/users?state=staff");
    assert_eq!(kim.get("/admin/users").await.status, 200);
}

#[tokio::test]
async fn every_unsafe_route_of_it_takes_a_token() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    let group = super::group(&mut root, "Staff", &[]).await;
    let state = site.state();
    let mut tried = 0;
    for (path, methods) in crate::negotiation::ADMIN_ROUTES {
        if !methods.contains("POST") {
            continue;
        }
        tried += 1;
        let path = path
            .replace("/admin/users/{id}", &at(&kim, ""))
            .replace("/admin/groups/{group}", &group)
            .replace("{id}", kim.id.as_str().unwrap())
            .replace("{session}", "0123456789abcdef");
        let answer = root.post_raw(&path, "application/json", json!({ "version": 1, "name": "x" }).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf_failed"), "{path}");
    }
    assert_eq!((tried, site.state()), (10, state));
}

#[tokio::test]
async fn a_right_that_is_taken_is_gone_on_the_next_request() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.staff("kim@example.com", &["auth.view_user"]).await;
    assert_eq!(kim.get("/admin/users").await.status, 200);
    assert_eq!(change(&mut root, &kim, json!({ "user_permissions": [] })).await.status, 200);
    assert_eq!(kim.get("/admin/users").await.status, 403);
    let group = super::group(&mut root, "Staff", &["auth.view_user"]).await;
    assert_eq!(change(&mut root, &kim, json!({ "groups": ["Staff"] })).await.status, 200);
    assert_eq!(kim.get("/admin/users").await.status, 200);
    let body = json!({ "version": 1, "permissions": [] });
    assert_eq!(root.post_json(&format!("{group}/permissions"), body).await.status, 200);
    assert_eq!(kim.get("/admin/users").await.status, 403);
    assert_eq!(change(&mut root, &kim, json!({ "is_active": false })).await.status, 200);
    assert_eq!(kim.get("/admin/users").await.status, 401);
}
