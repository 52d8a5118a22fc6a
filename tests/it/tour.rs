//! A tour of what each function may do: whatever its role does not allow, the engines refuse, and the end of a test tells.

use http::Method;
use local::Delivery;
use portico::accounts::Email;
use portico::mail::{Client, Letter};
use portico::site::shop::Order;
use serde_json::{Value, json};

use crate::site::{Fault, PASSWORD, Site, pictures};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a tour of the whole site, in the order of a visit")]
async fn every_call_of_every_function_is_one_that_it_may_make() {
    let (site, faults) = Site::with_faults(&[]).await;

    // Somebody who is not signed in and has chosen a theme: a session of a visitor.
    let mut visitor = site.program();
    visitor.get("/").await;
    let token = visitor.csrf_token().await;
    visitor.send_with(&token, Method::POST, "/preferences/theme", json!({ "theme": "dark" })).await;
    visitor.get("/").await;
    let token = visitor.csrf_token().await;
    visitor.send_with(&token, Method::POST, "/preferences/language", json!({ "language": "ko" })).await;

    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    let created = visitor.send_with(&token, Method::POST, "/signup", body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(visitor.send_with(&token, Method::POST, "/signup", body).await.status, 422);
    visitor.get("/signup").await;

    // Brought along from Django, so that the log-in upgrades it.
    let (_, hash) = crate::passwords::django().swap_remove(0);
    site.amend(&created.json()["user"]["id"], "password", json!({ "S": hash }));
    for (name, status) in [("nobody@example.com", 401), ("\0", 422), ("a b c", 401), ("kim", 200)] {
        let body = json!({ "username": name, "password": PASSWORD });
        assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, status, "{name:?}");
    }
    let token = visitor.csrf_token().await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, 200);
    visitor.csrf_token().await;

    let token = visitor.csrf_token().await;
    visitor.get("/reauthenticate").await;
    for (password, status) in [("wrong wrong wrong", 422), (PASSWORD, 200)] {
        let body = json!({ "password": password });
        assert_eq!(visitor.send_with(&token, Method::POST, "/reauthenticate", body).await.status, status);
    }

    let token = visitor.csrf_token().await;
    visitor.get("/").await;
    visitor.send_with(&token, Method::POST, "/preferences/theme", json!({ "theme": "light" })).await;
    site.clock.advance(jiff::SignedDuration::from_hours(5));
    visitor.get("/").await;

    for (version, status) in [(1, 200), (1, 409)] {
        let body = json!({ "version": version, "bio": format!("{status}") });
        assert_eq!(visitor.send_with(&token, Method::PATCH, "/profile", body).await.status, status);
    }
    let form = format!("csrfmiddlewaretoken={token}&version=1&bio=x");
    let conflict = visitor.clone().html().post_raw("/profile", "application/x-www-form-urlencoded", form).await;
    assert_eq!(conflict.status, 409);

    for _ in ["the first picture", "one in its place"] {
        let body = json!({
            "purpose": "avatar", "filename": "a.png", "content_type": "image/png", "size": pictures::png().len(), "method": "POST",
        });
        let promised = visitor.send_with(&token, Method::POST, "/uploads", body).await;
        assert_eq!(promised.status, 201);
        visitor.get(&format!("/uploads/{}", promised.json()["id"].as_str().unwrap())).await;
        crate::site::s3::upload(&promised.json(), &pictures::png()).await;
        site.deliver_next().await;
    }
    visitor.upload(b"not a picture", "image/png").await;
    site.deliver_next().await;

    let version = visitor.whoami().await["version"].clone();
    let body = json!({ "version": version, "avatar-clear": true });
    assert_eq!(visitor.send_with(&token, Method::PATCH, "/profile", body).await.status, 200);

    visitor.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    visitor.get("/profile/export").await;
    visitor.get("/profile/delete").await;
    let proof = json!({ "password": PASSWORD, "confirm": true });
    assert_eq!(visitor.send_with(&token, Method::POST, "/profile/export", proof.clone()).await.status, 200);

    let user: portico::accounts::UserId = serde_json::from_value(visitor.whoami().await["id"].clone()).unwrap();
    let (kim, new) = ["kim@example.com", "new@example.com"].map(|text| Email::parse(text).unwrap()).into();
    let client = Client { address: "192.0.2.1".to_owned(), user_agent: String::new() };
    for letter in [
        Letter::ConfirmEmail { user, email: kim.clone() },
        Letter::AccountExists { email: kim.clone() },
        Letter::ResetPassword { email: kim.clone() },
        Letter::ResetPassword { email: new.clone() },
        Letter::PasswordChanged { user, client: Some(client.clone()) },
        Letter::ChangeEmail { user, old: kim.clone(), new: new.clone(), epoch: 1 },
        Letter::EmailChanged { user, old: kim.clone(), new, proven: true, client: client.clone() },
        Letter::NewDevice { user, client },
        Letter::AccountDeleted { email: kim, name: None },
    ] {
        let kind = letter.kind();
        site.promise(letter).await;
        site.amend(&json!(user), "email_verified", json!({ "BOOL": kind == "new_device" }));
        if kind == "new_device" {
            faults.next("POST email", 1, Fault::internal());
            assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
        }
        site.deliver_mail().await;
    }
    visitor.get("/email").await;
    let posted = async |person: &mut crate::site::Visitor<'_>, token: &str, path: &str, body: Value| {
        person.send_with(token, Method::POST, path, body).await.status.as_u16()
    };
    assert_eq!(posted(&mut visitor, &token, "/email/resend", json!({})).await, 202);
    let confirm = site.link_to("kim@example.com", "/email/confirm/").await;
    let mut phone = site.program();
    phone.get(&confirm).await;
    phone.get("/email/confirm").await;
    let phones = phone.csrf_token().await;
    assert_eq!(posted(&mut phone, &phones, "/email/confirm", json!({})).await, 200);
    for (new, old) in [("new@example.com", "kim@example.com"), ("kim@example.com", "new@example.com")] {
        let body = json!({ "email": new, "password": PASSWORD });
        assert_eq!(posted(&mut visitor, &token, "/email", body).await, 202, "{old}");
        let change = site.link_to(new, "/email/change/").await;
        visitor.get(&change).await;
        visitor.get("/email/change/confirm").await;
        assert_eq!(posted(&mut visitor, &token, "/email/change/confirm", json!({})).await, 200, "{old}");
    }
    let mut owner = site.program();
    let undo = site.link_to("new@example.com", "/email/undo/").await;
    owner.get(&undo).await;
    let owners = owner.csrf_token().await;
    owner.get(&undo).await;
    owner.get("/email/undo").await;
    assert_eq!(posted(&mut owner, &owners, "/email/undo", json!({})).await, 200);

    for body in [json!({ "email": "nobody@example.com" }), json!({ "email": "new@example.com" })] {
        assert_eq!(posted(&mut owner, &owners, "/password/reset", body).await, 202);
    }
    let reset = site.link_to("new@example.com", "/password/reset/").await;
    owner.get(&reset).await;
    owner.get("/password/reset/confirm").await;
    let new = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(posted(&mut owner, &owners, "/password/reset/confirm", new).await, 200);
    let mut visitor = site.program();
    visitor.log_in("kim").await;
    let token = visitor.csrf_token().await;
    visitor.get("/password/change").await;
    let body = json!({ "old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(posted(&mut visitor, &token, "/password/change", body).await, 200);
    let token = visitor.csrf_token().await;

    assert_eq!(visitor.clone().send_with(&token, Method::POST, "/logout", json!({})).await.status, 200);
    visitor.get("/logout").await;
    let mut again = site.program();
    again.log_in("kim").await;
    let token = again.csrf_token().await;
    assert_eq!(again.send_with(&token, Method::POST, "/logout/all", json!({})).await.status, 200);

    let member = again.log_in("kim").await;
    let token = again.csrf_token().await;
    assert_eq!(again.send_with(&token, Method::POST, "/profile/delete", proof).await.status, 200);
    assert!(site.erase(&member["id"]).await);
}

#[tokio::test]
async fn reading_what_groups_permit_is_allowed_where_it_is_asked() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    site.group("Staff", &[Order::VIEW, Order::ADD]).await;
    site.join(&kim, "Staff").await;
    let token = kim.csrf_token().await;
    let body = json!({ "customer": "Lee", "what": "A hat" });
    let added = kim.send_with(&token, Method::POST, "/staff/orders", body).await;
    assert_eq!(added.status, 201);
    assert_eq!(kim.get("/staff/orders").await.status, 200);
    let id = added.json()["order"]["id"].as_str().unwrap().to_owned();
    assert_eq!(kim.get(&format!("/staff/orders/{id}")).await.status, 200);
}

#[tokio::test]
async fn signing_up_quietly_and_a_log_in_that_must_wait_are_allowed_too() {
    let site = Site::by_hand_with(&[("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]).await;
    let mut visitor = site.program();
    let token = visitor.csrf_token().await;
    for username in ["kim", "lee"] {
        let body =
            json!({ "email": "kim@example.com", "username": username, "password1": PASSWORD, "password2": PASSWORD });
        assert_eq!(visitor.send_with(&token, Method::POST, "/signup", body).await.status, 201, "{username}");
    }
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, 401);
    site.deliver_mail().await;
}

#[tokio::test]
async fn what_becomes_of_sessions_is_allowed_with_the_engines_that_need_no_cache() {
    for engine in ["dynamodb", "signed_cookies"] {
        crate::sessions::rights::tour(&[("SESSION_ENGINE", engine)]).await;
    }
}

/// `cached_db` without its cache: the table serves alone, and everything is asked of it.
fn without_the_cache() -> [(&'static str, &'static str); 5] {
    [
        ("SESSION_ENGINE", "cached_db"),
        ("CACHE_LOCATION", "redis://127.0.0.1:1"),
        ("CACHE_TIMEOUT_MS", "100"),
        ("CACHE_CONNECT_TIMEOUT_MS", "100"),
        ("CACHE_RETRY_MS", "0"),
    ]
}

#[tokio::test]
async fn what_becomes_of_sessions_is_allowed_where_their_values_stand_apart() {
    crate::sessions::rights::tour(&without_the_cache()).await;

    // Kept by one engine, and then by the other.
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    kim.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    let later = site.beside(&without_the_cache()).await;
    let mut kim = kim.at(&later);
    assert_eq!(kim.post_json("/preferences/theme", json!({ "theme": "light" })).await.status, 200);

    let site = crate::admin::site_with(&without_the_cache()).await;
    let root = site.member("root@example.com").await;
    site.raise(&root, |to| (to.is_staff, to.is_superuser) = (true, true)).await;
    let mut root = root.json();
    let mut kim = site.member("kim@example.com").await.json();
    let session = kim.get("/sessions").await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/users/{}/sessions/{session}/end", kim.id.as_str().unwrap());
    assert_eq!(root.post_json(&path, json!({})).await.status, 200);
    assert_eq!(kim.whoami().await, Value::Null);
}
