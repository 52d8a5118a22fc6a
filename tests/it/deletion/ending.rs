//! The moment of the deletion: one transaction, after which the account is nobody's.

use http::Method;
use jiff::SignedDuration;
use portico::clock::Clock as _;
use serde_json::{Value, json};

use super::{UNLIMITED, consent};
use crate::site::{PASSWORD, Site, pictures};

#[tokio::test]
async fn a_deleted_account_ends_at_once_and_says_farewell() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let page = kim.get("/profile/delete").await.text();
    assert!(page.contains("value=\"kim@example.com\" autocomplete=\"username\""), "for a password manager");
    assert!(page.contains("kim@example.com") && page.contains("href=\"/profile/export\""), "{page}");

    let answer = kim.delete_account().await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("sessionid=;")), "{:?}", answer.set_cookies());
    assert!(!kim.cookies.contains_key("sessionid"));
    let home = kim.get("/").await.text();
    assert!(home.contains("Your account is deleted.") && home.contains("href=\"/login\""), "{home}");
    site.guards_and_users_agree();
}

#[tokio::test]
async fn a_program_deletes_an_account_too() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    assert_eq!(kim.get("/profile/delete").await.json()["email"], "kim@example.com");
    let answer = kim.post_json("/profile/delete", consent()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/")));
    assert_eq!(kim.whoami().await, Value::Null);
}

#[tokio::test]
async fn every_session_of_a_deleted_account_is_dead_on_the_very_next_request() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut other = site.program();
        other.log_in("kim@example.com").await;
        others.push(other);
    }
    let cookie = kim.session_cookie();
    kim.delete_account().await;
    others.push(site.program().with_session(Some(&cookie)));
    assert_eq!(site.sessions().len(), 4, "they are still there, and open nothing");
    for other in &mut others {
        for path in ["/profile", "/profile/export", "/profile/delete"] {
            let answer = other.clone().get(path).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"), "{path}");
        }
        assert_eq!(other.whoami().await, Value::Null);
    }
}

#[tokio::test]
async fn nobody_logs_in_to_a_deleted_account() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.delete_account().await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    let answer = site.program().post_json("/login", body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_login"));
}

#[tokio::test]
async fn what_stands_in_a_users_place_says_nothing_of_them() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.post("/profile", &[("version", "1"), ("first_name", "Kim"), ("bio", "hello")]).await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    kim.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    let epoch = |user: &Value| user["session_epoch"]["N"].as_str().unwrap().parse::<u64>().unwrap();
    let before = epoch(&site.user(&kim.id));
    kim.delete_account().await;
    let tombstone = site.user(&kim.id);
    let mut names: Vec<_> = tombstone.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["PK", "SK", "deleted_at", "id", "is_active", "session_epoch"]);
    assert_eq!((&tombstone["is_active"]["BOOL"], epoch(&tombstone)), (&json!(false), before + 1));
}

#[tokio::test]
async fn a_deletion_orders_the_erasure_and_promises_a_mail() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    let cost = kim.send_with(&token, Method::POST, "/profile/delete", consent()).await.cost();
    assert_eq!(
        (cost.calls, cost.trips, cost.read_units),
        (8, 6, 2.0),
        "one read, three counts, given back at once, one transaction"
    );
    assert!(
        (cost.write_units - 18.0).abs() < f64::EPSILON,
        "counts, and tombstone, guard, order, event, mail; two entries of the index: {cost:?}"
    );
    assert_eq!(site.ordered_and_promised(), (1, 1));
    let outbox = site.items("outbox");
    let order = outbox.iter().find(|item| item["SK"]["S"] == "ERASE").unwrap();
    assert_eq!(order["PK"]["S"], format!("ERASE#{}", kim.id.as_str().unwrap()));
    let farewell = outbox.iter().find(|item| item["letter"]["M"]["kind"]["S"] == "account_deleted").unwrap();
    assert_eq!(farewell["letter"]["M"]["email"]["S"], "kim@example.com");
}

#[tokio::test]
async fn a_deletion_takes_the_present_password_and_a_tick() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let before = site.state();
    for (body, field, code) in [
        (json!({ "confirm": true }), "password", "required"),
        (json!({ "password": "wrong wrong wrong", "confirm": true }), "password", "password_incorrect"),
        (json!({ "password": PASSWORD }), "confirm", "required"),
        (json!({ "password": PASSWORD, "confirm": false }), "confirm", "required"),
        (json!({ "password": PASSWORD, "confirm": "perhaps" }), "confirm", "invalid"),
    ] {
        let answer = kim.clone().json().post_json("/profile/delete", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.field(field)), (422, vec![code.to_owned()]), "{body}");
    }
    let page = kim.post("/profile/delete", &[("password", "wrong wrong wrong"), ("confirm", "on")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("name=\"confirm\" value=\"on\" checked") && !page.text().contains("wrong wrong"));
    assert_eq!(site.state(), before);
    assert_eq!(kim.whoami().await["email"], "kim@example.com");

    let answer = site.program().post_json("/profile/delete", consent()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    assert_eq!(site.visitor().get("/profile/delete").await.header("location"), "/login?next=%2Fprofile%2Fdelete");
}

#[tokio::test]
async fn looking_at_the_page_deletes_nothing() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let before = site.state();
    for path in ["/profile/delete", "/profile/export"] {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(kim.send(method, path, &[], bytes::Bytes::new()).await.status, 200, "{path}");
        }
        assert_eq!(kim.send(Method::DELETE, path, &[], bytes::Bytes::new()).await.header("allow"), "GET, POST, HEAD");
    }
    let forged = kim.post_raw("/profile/delete", "application/x-www-form-urlencoded", "password=x&confirm=on").await;
    assert_eq!(forged.status, 403, "without a token");
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn the_address_and_the_name_sign_up_again_at_once_as_a_stranger() {
    let site = Site::by_hand().await;
    let mut kim = site.program();
    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(kim.post_json("/signup", body.clone()).await.status, 201);
    let old = kim.log_in("kim").await;
    kim.post_json("/profile", json!({ "version": 1, "bio": "the old one" })).await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let mut elsewhere = site.program();
    elsewhere.log_in("kim").await;
    assert_eq!(kim.post_json("/profile/delete", consent()).await.status, 200);

    site.clock.advance(SignedDuration::from_secs(1));
    let created = kim.post_json("/signup", body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let new = kim.log_in("kim@example.com").await;
    assert_ne!(new["id"], old["id"]);
    assert_eq!((&new["bio"], &new["avatar"], &new["version"]), (&json!(""), &Value::Null, &json!(1)));
    assert_eq!(elsewhere.whoami().await, Value::Null, "a session of the old account opens nothing of the new one");
    site.guards_and_users_agree();
}

#[tokio::test]
async fn an_address_that_was_kept_for_the_account_is_free_too_but_no_other() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    site.member("lee@example.com").await;
    let now = site.clock.now().as_second();
    // Three addresses before the present one: the way back to two of them has ended, and one of those is Lee's by now.
    let former = [("lee@example.com", -60), ("older@example.com", -60), ("old@example.com", 60)];
    let entry = |(email, left): &(&str, i64)| {
        let undo = json!({ "S": "01a20380-4626-78f1-a5ed-15e9409b99f1" });
        json!({ "M": { "email": { "S": email }, "undo": undo, "until": { "N": (now + left).to_string() } } })
    };
    site.amend(&kim.id, "former_emails", json!({ "L": former.iter().map(entry).collect::<Vec<_>>() }));
    for (email, left) in &former[1..] {
        let until = json!({ "N": (now + left).to_string() });
        let key = json!({ "S": format!("EMAIL#{email}") });
        let guard = json!({ "PK": key, "SK": { "S": "GUARD" }, "user_id": { "S": kim.id }, "reserved_until": until });
        site.put("accounts", &guard);
    }
    assert_eq!(kim.delete_account().await.status, 303);
    site.guards_and_users_agree();
    let guards = site.accounts().into_iter().filter(|item| item["SK"]["S"] == "GUARD");
    let guarded: Vec<_> = guards.map(|guard| guard["PK"]["S"].as_str().unwrap().to_owned()).collect();
    assert_eq!(guarded, ["EMAIL#lee@example.com"]);
    site.program().sign_up("old@example.com").await;
}

#[tokio::test]
async fn a_superuser_may_leave_but_the_last_one() {
    let site = Site::by_hand().await;
    let (mut kim, mut lee) = (site.member("kim@example.com").await, site.member("lee@example.com").await);
    for member in [&kim, &lee] {
        site.raise(member, |to| (to.is_staff, to.is_superuser) = (true, true)).await;
    }
    assert_eq!(kim.delete_account().await.status, 303);
    let refused = lee.delete_account().await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("last superuser"), "{}", refused.text());
    assert_eq!(lee.get("/profile").await.status, 200, "nothing has changed");
    site.raise(&lee, |to| to.is_superuser = false).await;
    assert_eq!(lee.delete_account().await.status, 303);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_says_farewell_twice() {
    let (site, _) = Site::with_faults(&UNLIMITED).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    let all = (0..10).map(|_| {
        let mut kim = kim.clone();
        let token = token.clone();
        async move { kim.send_with(&token, Method::POST, "/profile/delete", consent()).await }
    });
    for answer in futures_util::future::join_all(all).await {
        // One that came when the session was dead already is told so.
        assert!([200, 401].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());
    }
    assert_eq!(site.ordered_and_promised(), (1, 1), "one order and one mail");
    site.guards_and_users_agree();
}

#[tokio::test]
async fn the_last_mail_greets_by_name_who_has_proven_the_address() {
    for verified in [true, false] {
        let site = Site::start().await;
        let mut kim = site.member("kim@example.com").await;
        site.amend(&kim.id, "first_name", json!({ "S": "Haneul" }));
        site.amend(&kim.id, "email_verified", json!({ "BOOL": verified }));
        kim.delete_account().await;
        let stored = site.items("outbox").iter().any(|item| item.to_string().contains("Haneul"));
        let mail = site.mails_to("kim@example.com").await.pop().unwrap();
        assert_eq!((mail.text.contains("Haneul"), stored), (verified, verified), "{}", mail.text);
    }
}

#[tokio::test]
async fn who_could_have_taken_the_address_back_is_told_too() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    for address in ["one@example.com", "KIM@example.com", "thief@example.com"] {
        thief.change_address(&site, address).await;
    }
    let body = json!({ "password": PASSWORD, "confirm": true });
    assert_eq!(thief.clone().json().post_json("/profile/delete", body).await.status, 200);
    assert_eq!(site.ordered_and_promised(), (1, 3), "each of them once");
    for address in ["kim@example.com", "one@example.com", "thief@example.com"] {
        let mails = site.mails_to(address).await;
        let told = mails.iter().filter(|mail| mail.subject == "Your account at Portico was deleted").count();
        assert_eq!(told, 1, "{address}");
    }
}

#[tokio::test]
async fn who_cannot_take_it_back_any_more_is_not_told() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "new@example.com").await;
    site.clock.advance(SignedDuration::from_hours(8 * 24));
    kim.log_in("new@example.com").await;
    let body = json!({ "password": PASSWORD, "confirm": true });
    assert_eq!(kim.clone().json().post_json("/profile/delete", body).await.status, 200);
    assert_eq!(site.ordered_and_promised(), (1, 1));
}
