//! What is done to an account, and what cannot be done.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::{at, change, group, site, site_with, site_with_faults, version};
use crate::site::{Fault, PASSWORD, Site, pictures};

#[tokio::test]
async fn flags_groups_and_permissions_are_saved_and_hold_on_the_next_request() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await.json();
    group(&mut root, "Staff", &["auth.view_user"]).await;
    assert_eq!(kim.get("/admin/users").await.status, 403);
    let body = json!({ "is_staff": true, "groups": ["Staff"], "user_permissions": ["auth.view_group"] });
    let saved = change(&mut root, &kim, body).await;
    assert_eq!((saved.status.as_u16(), &saved.json()["changed"]), (200, &json!(true)));
    assert_eq!(kim.get("/admin/users").await.status, 200);
    assert_eq!(kim.get("/admin/groups").await.status, 200);
    let account = root.get(&at(&kim, "")).await.json()["account"].clone();
    assert_eq!(account["groups"], json!(["Staff"]));
    assert_eq!(account["user_permissions"], json!(["auth.view_group"]));
    let same = change(&mut root, &kim, json!({ "is_staff": true })).await;
    assert_eq!(same.json()["changed"], json!(false), "what is absent stays, and what is the same writes nothing");
    assert_eq!(version(&mut root, &kim).await, account["version"]);

    // As a page sends it: a box that is not ticked is not chosen.
    let version = account["version"].to_string();
    let form = [("version", &*version), ("is_active", "on"), ("user_permissions:auth.view_user", "on"), ("join", "")];
    let page = root.clone().html().post(&at(&kim, "/privileges"), &form).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, &*at(&kim, "")));
    let account = root.get(&at(&kim, "")).await.json()["account"].clone();
    assert_eq!(account["groups"], json!([]));
    assert_eq!((&account["is_staff"], &account["user_permissions"]), (&json!(false), &json!(["auth.view_user"])));
}

#[tokio::test]
async fn nobody_raises_others_above_themselves_nor_themselves() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    let mine = ["auth.view_user", "auth.change_user", "auth.delete_user", "sessions.delete_session", "shop.view_order"];
    let mut lee = site.staff("lee@example.com", &mine).await;
    group(&mut root, "Orders", &["shop.view_order"]).await;
    group(&mut root, "All", &["shop.view_order", "shop.delete_order"]).await;
    let state = site.state();
    for (body, field, code) in [
        (json!({ "is_superuser": true }), "is_superuser", "above_yourself"),
        (json!({ "user_permissions": ["shop.delete_order"] }), "user_permissions", "above_yourself"),
        (json!({ "groups": ["All"] }), "groups", "above_yourself"),
        (json!({ "groups": ["Nowhere"] }), "groups", "invalid_choice"),
        (json!({ "groups": ["Orders", "Ord\u{435}rs"] }), "groups", "invalid_choice"),
        (json!({ "user_permissions": ["shop.view_orders"] }), "user_permissions", "invalid_choice"),
        (json!({ "user_permissions": ["x".repeat(1_000)] }), "user_permissions", "invalid"),
        (json!({ "groups": ["x".repeat(1_000)] }), "groups", "invalid"),
        (json!({ "version": null, "is_staff": true }), "", ""),
    ] {
        let refused = change(&mut lee, &kim, body.clone()).await;
        if field.is_empty() {
            // The version is filled in: this one is permitted, and taken back.
            assert_eq!(refused.status, 200, "{}", refused.text());
            assert_eq!(change(&mut lee, &kim, json!({ "is_staff": false })).await.status, 200);
            continue;
        }
        assert_eq!(refused.status, 422, "{body}: {}", refused.text());
        assert!(refused.field(field).contains(&code.to_owned()), "{body}: {}", refused.text());
    }
    let trail = |state: Vec<String>| state.into_iter().filter(|item| item.contains("AUDIT#")).count();
    assert_eq!(trail(site.state()), trail(state) + 2, "of what was refused nothing is told");
    assert_eq!(change(&mut lee, &kim, json!({ "groups": ["Orders"] })).await.status, 200, "what one has one may give");

    // Superusers are for superusers.
    let before = site.state();
    for (path, body) in [
        ("/privileges", json!({ "version": 2, "is_active": false })),
        ("/password-reset", json!({})),
        ("/sessions/end", json!({})),
        ("/delete", json!({ "version": 2 })),
    ] {
        let refused = lee.post_json(&at(&root, path), body.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "permission_denied"), "{path}");
        // Nor does anybody administer themselves, a superuser least of all.
        for one in [&mut lee, &mut root] {
            let own = one.clone();
            let refused = one.post_json(&at(&own, path), body.clone()).await;
            assert_eq!(
                (refused.status.as_u16(), refused.field("__all__")),
                (422, vec!["own_account".to_owned()]),
                "{path}"
            );
        }
    }
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_form_changes_what_it_names_and_nothing_else() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    let forged = json!({
        "version": 1, "is_staff": true, "id": root.id, "email": "eve@example.com", "email_verified": true, "username": "eve",
        "password": "!", "session_epoch": 9, "former_emails": [], "date_joined": "2000-01-01T00:00:00Z", "avatar_key": "media/x",
        "listed_in": "STAFF#00", "deleted_at": "2000-01-01T00:00:00Z", "login_count": 7,
    });
    let before = site.user(&kim.id);
    assert_eq!(root.post_json(&at(&kim, "/privileges"), forged.clone()).await.status, 200);
    let after = site.user(&kim.id);
    for (name, value) in before.as_object().unwrap() {
        let changed = ["is_staff", "version", "listed_in", "listed_as"].contains(&name.as_str());
        assert!(changed || after[name] == *value, "{name}");
    }
    // Nor does any form of the account's owner.
    let mut body = forged;
    body["is_superuser"] = json!(true);
    body["groups"] = json!(["Staff"]);
    body["user_permissions"] = json!(["auth.change_user"]);
    body["version"] = json!(2);
    for (method, path) in [(Method::PATCH, "/profile"), (Method::POST, "/profile")] {
        kim.clone().json().send_json(method, path, body.clone()).await;
    }
    body["password1"] = json!(PASSWORD);
    body["password2"] = json!(PASSWORD);
    let created = site.program().post_json("/signup", body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    for id in [&kim.id, &created.json()["user"]["id"]] {
        let user = site.user(id);
        assert!(user["is_superuser"]["BOOL"] != json!(true) && user["groups"].is_null(), "{user}");
        assert!(user["user_permissions"].is_null() && user["email_verified"]["BOOL"] != json!(true), "{user}");
    }
    assert_eq!(kim.get("/profile").await.status, 200);
}

#[tokio::test]
async fn of_two_administrators_at_once_one_saves_and_the_other_sees_what_is_there() {
    let site = site().await;
    let (root, mut lee) = (site.root("root@example.com").await, site.root("lee@example.com").await);
    let kim = site.member("kim@example.com").await;
    group(&mut lee, "Staff", &[]).await;
    let both = [
        (root.clone(), json!({ "version": 1, "is_staff": true })),
        (lee.clone(), json!({ "version": 1, "groups": ["Staff"] })),
    ];
    let answers = join_all(both.map(|(mut one, body)| {
        let path = at(&kim, "/privileges");
        async move { one.post_json(&path, body).await.status.as_u16() }
    }))
    .await;
    let mut sorted = answers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409], "{answers:?}");
    assert_eq!(site.user(&kim.id)["version"]["N"], "2");
    // The page keeps what was chosen, tells what is stored, and can be saved over that.
    let form = [("version", "1"), ("is_active", "on"), ("user_permissions:auth.view_user", "on")];
    let page = lee.clone().html().post(&at(&kim, "/privileges"), &form).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("Somebody else has saved"), "{}", page.text());
    assert!(page.text().contains("name=\"user_permissions:auth.view_user\" value=\"on\" checked"), "{}", page.text());
    assert_eq!(page.after("name=\"version\" value=\""), "2");
    // So it is with who changes their own profile meanwhile.
    let mut kim = kim.json();
    let body = json!({ "version": 2, "bio": "x" });
    assert_eq!(kim.send_json(Method::PATCH, "/profile", body).await.status, 200);
    assert_eq!(change(&mut lee, &kim, json!({ "version": 2, "is_active": false })).await.status, 409);
    for odd in
        [json!({}), json!({ "version": "2" }), json!({ "version": -1 }), json!({ "version": 3, "groups": "Staff" })]
    {
        let refused = lee.post_json(&at(&kim, "/privileges"), odd.clone()).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{odd}: {}", refused.text());
    }
}

#[tokio::test]
async fn the_last_superuser_stays() {
    let site = site().await;
    for round in 0..10 {
        let names = [format!("a{round}@example.com"), format!("b{round}@example.com")];
        let both = [site.root(&names[0]).await, site.root(&names[1]).await];
        let [one, other] = &both;
        let take = async |by: &crate::site::Visitor<'_>, from: &crate::site::Visitor<'_>| {
            let mut by = by.clone();
            let body = json!({ "version": 2, "is_superuser": false, "is_active": round % 2 == 0 });
            by.post_json(&at(from, "/privileges"), body).await.status.as_u16()
        };
        let (first, second) = tokio::join!(take(one, other), take(other, one));
        let superusers = both.iter().filter(|one| {
            let user = site.user(&one.id);
            user["is_superuser"]["BOOL"] == json!(true) && user["is_active"]["BOOL"] == json!(true)
        });
        assert_eq!(superusers.count(), 1, "round {round}: {first} {second}");
        assert!([first, second].contains(&200), "round {round}: {first} {second}");
    }
}

#[tokio::test]
async fn a_superuser_leaves_only_where_another_one_can_enter() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let other = site.root("other@example.com").await;
    let consent = json!({ "password": PASSWORD, "confirm": true });
    for (attribute, odd, sound) in [
        ("is_staff", json!({ "BOOL": false }), json!({ "BOOL": true })),
        ("is_active", json!({ "BOOL": false }), json!({ "BOOL": true })),
        ("password", json!({ "S": "!unusable" }), site.user(&other.id)["password"].clone()),
    ] {
        site.amend(&other.id, attribute, odd);
        let refused = root.post_json("/profile/delete", consent.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.field("__all__")),
            (422, vec!["last_superuser".to_owned()]),
            "{attribute}"
        );
        site.amend(&other.id, attribute, sound);
    }
    assert_eq!(root.post_json("/profile/delete", consent).await.status, 200);
}

#[tokio::test]
async fn a_reset_goes_to_the_owner_and_a_password_is_never_set() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    let hash = site.user(&kim.id)["password"].clone();
    let sent = root
        .post_json(
            &at(&kim, "/password-reset"),
            json!({ "password": "another pass phrase", "email": "eve@example.com" }),
        )
        .await;
    assert_eq!(sent.status, 200);
    assert!(!sent.text().contains("/password/reset/"), "{}", sent.text());
    assert_eq!(site.user(&kim.id)["password"], hash);
    assert!(site.mails_to("eve@example.com").await.is_empty());
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    assert_eq!(site.visitor().get(&link).await.status, 303);
    assert_eq!(change(&mut root, &kim, json!({ "is_active": false })).await.status, 200);
    let refused = root.post_json(&at(&kim, "/password-reset"), json!({})).await;
    assert_eq!(refused.field("__all__"), ["inactive"]);
    let strict = site_with(&[("THROTTLE_ENABLED", "true")]).await;
    let mut root = strict.root("root@example.com").await;
    let lee = strict.member("lee@example.com").await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(root.post_json(&at(&lee, "/password-reset"), json!({})).await.status.as_u16());
    }
    assert!(statuses.contains(&429), "nobody is flooded with mails by an administrator either: {statuses:?}");
}

#[tokio::test]
async fn sessions_are_seen_and_ended_one_or_all() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let (mut kim, mut phone) = (site.member("kim@example.com").await, site.visitor());
    phone.log_in("kim@example.com").await;
    let account = root.get(&at(&kim, "")).await.json()["account"].clone();
    assert_eq!((account["sessions"].as_array().unwrap().len(), account["logins"].as_array().unwrap().len()), (2, 2));
    let id = account["sessions"][0]["id"].as_str().unwrap().to_owned();
    let end = |id: &str| at(&kim, &format!("/sessions/{id}/end"));
    assert_eq!(root.post_json(&end(&id), json!({})).await.status, 200);
    assert_eq!(root.post_json(&end(&id), json!({})).await.status, 404, "once");
    let living = [kim.whoami().await, phone.whoami().await].iter().filter(|user| !user.is_null()).count();
    assert_eq!(living, 1);
    let (own, other) = (root.get(&at(&root, "")).await.json(), site.member("lee@example.com").await);
    let foreign = own["account"]["sessions"][0]["id"].as_str().unwrap();
    assert_eq!(root.post_json(&at(&other, &format!("/sessions/{foreign}/end")), json!({})).await.status, 404);
    assert_eq!(root.post_json(&at(&kim, "/sessions/end"), json!({})).await.status, 200);
    assert!(kim.whoami().await.is_null() && phone.whoami().await.is_null());
    assert!(!root.whoami().await.is_null());
    // Who may not see sessions is shown none.
    let mut lee = site.staff("staff@example.com", &["auth.view_user"]).await;
    let seen = lee.get(&at(&kim, "")).await.json()["account"].clone();
    assert!(seen["sessions"].is_null() && seen["logins"].is_null(), "{seen}");
    assert_eq!(lee.clone().html().get(&at(&kim, "")).await.status, 200);
}

#[tokio::test]
async fn an_account_is_deleted_as_its_owner_would() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    group(&mut root, "Staff", &[]).await;
    assert_eq!(change(&mut root, &kim, json!({ "groups": ["Staff"] })).await.status, 200);
    let page = root.clone().html().get(&at(&kim, "/delete")).await;
    assert!(page.status == 200 && page.text().contains("kim@example.com"));
    let stale = root.post_json(&at(&kim, "/delete"), json!({ "version": 1 })).await;
    assert_eq!((stale.status.as_u16(), kim.get("/profile").await.status.as_u16()), (409, 200));
    assert_eq!(root.post_json(&at(&kim, "/delete"), json!({ "version": 2 })).await.status, 200);
    assert!(kim.whoami().await.is_null());
    assert_eq!(root.get(&at(&kim, "")).await.status, 404);
    assert!(site.mails_to("kim@example.com").await.iter().any(|mail| mail.subject.contains("deleted")));
    assert!(site.erase(&kim.id).await);
    let left = site.state().into_iter().filter(|item| item.contains(kim.id.as_str().unwrap()));
    assert!(left.clone().all(|item| item.contains("\"AUDIT#USER#")), "{:?}", left.collect::<Vec<_>>());
    assert_eq!(root.get(&at(&kim, "/audit")).await.status, 200, "what was done to them is still told");
}

#[tokio::test]
async fn of_files_it_is_seen_that_they_are_there() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    let page = root.get(&at(&kim, "/media")).await;
    assert_eq!(page.json()["uploads"].as_array().unwrap().len(), 1);
    for secret in ["X-Amz", "http://", "url"] {
        assert!(!page.text().contains(secret), "{}", page.text());
    }
    let id = page.json()["uploads"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(root.get(&format!("/media/{id}")).await.status, 404, "whoever administers does not read people's files");
    assert_eq!(root.clone().html().get(&at(&kim, "/media")).await.status, 200);
}

#[tokio::test]
async fn a_crash_at_any_call_leaves_all_or_nothing_and_every_call_is_permitted() {
    let (site, faults) = site_with_faults().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    let group = group(&mut root, "Staff", &["auth.view_user"]).await;
    let told = |site: &Site| {
        site.state().iter().filter(|item| item.contains("\"AUDIT#USER#") && item.contains("user_changed")).count()
    };
    for step in 0..6 {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let (before, events) = (site.user(&kim.id)["version"].clone(), told(&site));
            let body: Value = json!({ "version": before["N"].as_str().unwrap().parse::<u64>().unwrap(), "is_staff": step % 2 == 0, "groups": if step % 2 == 0 { vec!["Staff"] } else { vec![] } });
            let token = root.csrf_token().await;
            faults.clear();
            faults.after("", step, fault.clone());
            let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
            root.send(Method::POST, &at(&kim, "/privileges"), &headers, body.to_string().into()).await;
            faults.clear();
            let changed = site.user(&kim.id)["version"] != before;
            assert_eq!(told(&site) - events, usize::from(changed), "step {step} {fault:?}");
            let member = site.stored("accounts", "GROUP#Staff", &format!("MEMBER#{}", kim.id.as_str().unwrap()));
            let in_group = site.user(&kim.id)["groups"]["L"].as_array().is_some_and(|groups| !groups.is_empty());
            assert_eq!(member.is_some(), in_group, "step {step} {fault:?}");
        }
    }
    let id = kim.id.as_str().unwrap();
    let email = json!({ "user": "kim@example.com" });
    for (method, path, body) in [
        ("GET", "/admin/users".to_owned(), Value::Null),
        ("GET", "/admin/users?by=username".to_owned(), Value::Null),
        ("GET", "/admin/users?state=staff".to_owned(), Value::Null),
        ("GET", "/admin/users?state=inactive".to_owned(), Value::Null),
        ("GET", at(&kim, ""), Value::Null),
        ("GET", at(&kim, "/media"), Value::Null),
        ("GET", at(&kim, "/audit"), Value::Null),
        ("GET", "/admin/groups".to_owned(), Value::Null),
        ("GET", group.clone(), Value::Null),
        ("GET", format!("{group}/audit"), Value::Null),
        ("GET", "/admin/audit".to_owned(), Value::Null),
        ("POST", "/admin/groups".to_owned(), json!({ "name": "Others" })),
        ("POST", format!("{group}/members"), email.clone()),
        ("POST", format!("{group}/members/{id}/remove"), json!({})),
        ("POST", format!("{group}/members"), json!({ "user": "nobody" })),
        ("POST", format!("{group}/permissions"), json!({ "version": 1, "permissions": [] })),
        ("POST", at(&kim, "/password-reset"), json!({})),
        ("POST", at(&kim, "/sessions/end"), json!({})),
        ("POST", format!("{group}/delete"), json!({})),
        ("POST", at(&kim, "/delete"), json!({ "version": 0 })),
    ] {
        let mut body = body;
        if path.ends_with("/delete") && body["version"].is_number() {
            body["version"] = version(&mut root, &kim).await;
        }
        let token = root.csrf_token().await;
        faults.clear();
        let answer = if method == "GET" {
            root.get(&path).await
        } else {
            let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
            root.send(Method::POST, &path, &headers, body.to_string().into()).await
        };
        assert!(answer.status.is_success() || answer.status == 422, "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_deleted_account_gives_its_user_name_back() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let body = |email: &str| json!({ "email": email, "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    let created = site.program().post_json("/signup", body("kim@example.com")).await;
    assert_eq!(created.status, 201);
    let mut kim = site.program();
    kim.id = created.json()["user"]["id"].clone();
    site.prove(&kim.id);
    let version = version(&mut root, &kim).await;
    assert_eq!(root.post_json(&at(&kim, "/delete"), json!({ "version": version })).await.status, 200);
    assert_eq!(site.program().post_json("/signup", body("lee@example.com")).await.status, 201);
}
