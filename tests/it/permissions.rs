//! What each function asks AWS for is what the template's statements allow it: a call that works on one machine, where
//! nobody checks, would be refused there.

use http::Method;
use local::Delivery;
use portico::accounts::Email;
use portico::mail::{Client, Letter};
use portico::site::shop::Order;
use serde_json::{Value, json};

use crate::site::rights::{is_allowed, refused};
use crate::site::{Fault, Faults, PASSWORD, Site, pictures};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a tour of the whole site, in the order of a visit")]
async fn every_call_of_every_function_is_one_that_it_may_make() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut missing = Vec::new();
    let mut check = |name: &str, what: &str| {
        let function = site.stack.template().function(name).unwrap();
        missing.extend(refused(function, &faults).into_iter().map(|need| format!("{name}, {what}: {need:?}")));
    };

    // Somebody who is not signed in and has chosen a theme: a session of a visitor.
    let mut visitor = site.program();
    visitor.get("/").await;
    let token = visitor.csrf_token().await;
    visitor.send_with(&token, Method::POST, "/preferences/theme", json!({ "theme": "dark" })).await;
    visitor.get("/").await;
    let token = visitor.csrf_token().await;
    visitor.send_with(&token, Method::POST, "/preferences/language", json!({ "language": "ko" })).await;
    check("home", "a visitor");

    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    let created = visitor.send_with(&token, Method::POST, "/signup", body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(visitor.send_with(&token, Method::POST, "/signup", body).await.status, 422);
    visitor.get("/signup").await;
    check("signup", "a visitor");

    // Brought along from Django, so that the log-in upgrades it.
    let (_, hash) = crate::passwords::django().swap_remove(0);
    site.amend(&created.json()["user"]["id"], "password", json!({ "S": hash }));
    for (name, status) in [("nobody@example.com", 401), ("\0", 422), ("a b c", 401), ("kim", 200)] {
        let body = json!({ "username": name, "password": PASSWORD });
        assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, status, "{name:?}");
    }
    check("login", "a visitor");
    let token = visitor.csrf_token().await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, 200);
    visitor.csrf_token().await;
    faults.clear();

    let token = visitor.csrf_token().await;
    faults.clear();
    visitor.get("/reauthenticate").await;
    for (password, status) in [("wrong wrong wrong", 422), (PASSWORD, 200)] {
        let body = json!({ "password": password });
        assert_eq!(visitor.send_with(&token, Method::POST, "/reauthenticate", body).await.status, status);
    }
    check("login", "a proof of the password");

    let token = visitor.csrf_token().await;
    visitor.get("/").await;
    visitor.send_with(&token, Method::POST, "/preferences/theme", json!({ "theme": "light" })).await;
    site.clock.advance(jiff::SignedDuration::from_hours(5));
    visitor.get("/").await;
    check("home", "a member");

    for (version, status) in [(1, 200), (1, 409)] {
        let body = json!({ "version": version, "bio": format!("{status}") });
        assert_eq!(visitor.send_with(&token, Method::PATCH, "/profile", body).await.status, status);
    }
    let form = format!("csrfmiddlewaretoken={token}&version=1&bio=x");
    let conflict = visitor.clone().html().post_raw("/profile", "application/x-www-form-urlencoded", form).await;
    assert_eq!(conflict.status, 409);
    check("profile", "edits and conflicts");

    for replaced in [false, true] {
        faults.clear();
        let body = json!({
            "purpose": "avatar", "filename": "a.png", "content_type": "image/png", "size": pictures::png().len(), "method": "POST",
        });
        let promised = visitor.send_with(&token, Method::POST, "/uploads", body).await;
        assert_eq!(promised.status, 201);
        visitor.get(&format!("/uploads/{}", promised.json()["id"].as_str().unwrap())).await;
        check("presign-upload", "a promise and a look");
        crate::site::s3::upload(&promised.json(), &pictures::png()).await;
        site.deliver_next().await;
        site.stack.app().media();
        check("process-upload", if replaced { "a replacement" } else { "a first picture" });
    }
    visitor.upload(b"not a picture", "image/png").await;
    faults.clear();
    site.deliver_next().await;
    check("process-upload", "a refusal");

    let version = visitor.whoami().await["version"].clone();
    faults.clear();
    let body = json!({ "version": version, "avatar-clear": true });
    assert_eq!(visitor.send_with(&token, Method::PATCH, "/profile", body).await.status, 200);
    check("profile", "the removal of a picture");

    visitor.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    faults.clear();
    visitor.get("/profile/export").await;
    visitor.get("/profile/delete").await;
    let proof = json!({ "password": PASSWORD, "confirm": true });
    assert_eq!(visitor.send_with(&token, Method::POST, "/profile/export", proof.clone()).await.status, 200);
    check("account", "an export");

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
        faults.clear();
        site.amend(&json!(user), "email_verified", json!({ "BOOL": kind == "new_device" }));
        if kind == "new_device" {
            faults.next("POST email", 1, Fault::internal());
            assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
        }
        site.deliver_mail().await;
        check("mailer", kind);
    }
    visitor.get("/email").await;
    let posted = async |person: &mut crate::site::Visitor<'_>, token: &str, path: &str, body: Value| {
        person.send_with(token, Method::POST, path, body).await.status.as_u16()
    };
    assert_eq!(posted(&mut visitor, &token, "/email/resend", json!({})).await, 202);
    check("email", "another mail");
    let confirm = site.link_to("kim@example.com", "/email/confirm/").await;
    let mut phone = site.program();
    faults.clear();
    phone.get(&confirm).await;
    phone.get("/email/confirm").await;
    let phones = phone.csrf_token().await;
    faults.clear();
    assert_eq!(posted(&mut phone, &phones, "/email/confirm", json!({})).await, 200);
    check("email", "a proof");
    for (new, old) in [("new@example.com", "kim@example.com"), ("kim@example.com", "new@example.com")] {
        faults.clear();
        let body = json!({ "email": new, "password": PASSWORD });
        assert_eq!(posted(&mut visitor, &token, "/email", body).await, 202, "{old}");
        check("email", "a request for a change");
        let change = site.link_to(new, "/email/change/").await;
        faults.clear();
        visitor.get(&change).await;
        visitor.get("/email/change/confirm").await;
        assert_eq!(posted(&mut visitor, &token, "/email/change/confirm", json!({})).await, 200, "{old}");
        check("email", "a change");
    }
    let mut owner = site.program();
    let undo = site.link_to("new@example.com", "/email/undo/").await;
    owner.get(&undo).await;
    let owners = owner.csrf_token().await;
    faults.clear();
    owner.get(&undo).await;
    owner.get("/email/undo").await;
    assert_eq!(posted(&mut owner, &owners, "/email/undo", json!({})).await, 200);
    check("email", "the way back");

    for body in [json!({ "email": "nobody@example.com" }), json!({ "email": "new@example.com" })] {
        assert_eq!(posted(&mut owner, &owners, "/password/reset", body).await, 202);
    }
    check("password", "a request");
    let reset = site.link_to("new@example.com", "/password/reset/").await;
    faults.clear();
    owner.get(&reset).await;
    owner.get("/password/reset/confirm").await;
    let new = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(posted(&mut owner, &owners, "/password/reset/confirm", new).await, 200);
    check("password", "a reset");
    let mut visitor = site.program();
    visitor.log_in("kim").await;
    let token = visitor.csrf_token().await;
    faults.clear();
    visitor.get("/password/change").await;
    let body = json!({ "old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(posted(&mut visitor, &token, "/password/change", body).await, 200);
    check("password", "a change");
    let token = visitor.csrf_token().await;
    faults.clear();

    assert_eq!(visitor.clone().send_with(&token, Method::POST, "/logout", json!({})).await.status, 200);
    visitor.get("/logout").await;
    check("logout", "one session");
    let mut again = site.program();
    again.log_in("kim").await;
    let token = again.csrf_token().await;
    faults.clear();
    assert_eq!(again.send_with(&token, Method::POST, "/logout/all", json!({})).await.status, 200);
    check("logout", "all sessions");

    let member = again.log_in("kim").await;
    let token = again.csrf_token().await;
    faults.clear();
    assert_eq!(again.send_with(&token, Method::POST, "/profile/delete", proof).await.status, 200);
    check("account", "a deletion");
    faults.clear();
    assert!(site.erase(&member["id"]).await);
    check("erase-account", "an erasure");

    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[tokio::test]
async fn reading_what_groups_permit_is_allowed_where_it_is_asked() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    site.group("Staff", &[Order::VIEW, Order::ADD]).await;
    site.join(&kim, "Staff").await;
    let token = kim.csrf_token().await;
    faults.clear();
    let body = json!({ "customer": "Lee", "what": "A hat" });
    let added = kim.send_with(&token, Method::POST, "/staff/orders", body).await;
    assert_eq!(added.status, 201);
    assert_eq!(kim.get("/staff/orders").await.status, 200);
    let id = added.json()["order"]["id"].as_str().unwrap().to_owned();
    assert_eq!(kim.get(&format!("/staff/orders/{id}")).await.status, 200);
    let missing = refused(site.stack.template().function("staff-orders").unwrap(), &faults);
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn signing_up_quietly_and_a_log_in_that_must_wait_are_allowed_too() {
    let (site, faults) = Site::with_faults(&[("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]).await;
    let mut visitor = site.program();
    let token = visitor.csrf_token().await;
    let check = |name: &str| {
        let missing = refused(site.stack.template().function(name).unwrap(), &faults);
        assert!(missing.is_empty(), "{name}: {missing:?}");
    };
    for username in ["kim", "lee"] {
        let body =
            json!({ "email": "kim@example.com", "username": username, "password1": PASSWORD, "password2": PASSWORD });
        assert_eq!(visitor.send_with(&token, Method::POST, "/signup", body).await.status, 201, "{username}");
        check("signup");
    }
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(visitor.send_with(&token, Method::POST, "/login", body).await.status, 401);
    check("login");
    faults.clear();
    site.deliver_mail().await;
    check("mailer");
}

#[tokio::test]
async fn what_becomes_of_sessions_is_allowed_with_the_engines_that_need_no_cache() {
    for engine in ["dynamodb", "signed_cookies"] {
        crate::sessions::rights::tour(&[("SESSION_ENGINE", engine)]).await;
    }
}

#[tokio::test]
async fn a_cold_start_asks_for_nothing_that_a_function_may_not_have() {
    let faults = Faults::default();
    let site = Site::start_with(|options| options.http_client = Some(faults.client())).await;
    let calls = faults.calls();
    assert!(!calls.is_empty(), "the connection is opened at the start");
    for function in &site.stack.template().functions {
        for call in &calls {
            assert!(is_allowed(function, call), "{}: {call:?}", function.name);
        }
    }
}
