//! The audit trail: of every change that matters for security, in the same transaction, for administrators and for those
//! whom it concerns.

use std::collections::BTreeSet;

use portico::audit::Action;
use serde_json::{Value, json};

use super::{at, change, group, site};
use crate::site::{PASSWORD, Site};

const NEW: &str = "another pass phrase";

/// The events of the month, the latest first.
async fn trail(root: &mut crate::site::Visitor<'_>) -> Vec<Value> {
    root.get("/admin/audit").await.json()["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_change_is_told_with_who_what_whom_whence_and_when() {
    let site = site().await;
    let mut root =
        site.root("root@example.com").await.with("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
    let mut kim = site.member("kim@example.com").await;
    let staff = group(&mut root, "Staff", &["shop.view_order"]).await;
    let body = json!({ "is_staff": true, "groups": ["Staff"], "user_permissions": ["auth.view_user"] });
    assert_eq!(change(&mut root, &kim, body).await.status, 200);
    root.post_json(&at(&kim, "/password-reset"), json!({})).await;
    let session = root.get(&at(&kim, "")).await.json()["account"]["sessions"][0]["id"].as_str().unwrap().to_owned();
    root.post_json(&at(&kim, &format!("/sessions/{session}/end")), json!({})).await;
    root.post_json(&at(&kim, "/sessions/end"), json!({})).await;
    kim.log_in("kim@example.com").await;
    let change_password = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    let mut kim = kim.json();
    assert_eq!(kim.post_json("/password/change", change_password).await.status, 200);
    assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);

    let events = trail(&mut root).await;
    let told: Vec<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    let expected = [
        "password_changed",
        "sessions_ended",
        "session_ended",
        "password_reset_sent",
        "user_changed",
        "group_changed",
        "group_created",
    ];
    assert_eq!(told[..7], expected);
    let when = |event: &Value| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(events.windows(2).all(|pair| when(&pair[0]) >= when(&pair[1])));
    let changed = &events[4];
    assert_eq!(changed["changes"]["is_staff"], json!({ "before": false, "after": true }));
    assert_eq!(changed["changes"]["groups"], json!({ "before": [], "after": ["Staff"] }));
    assert_eq!(changed["changes"]["user_permissions"], json!({ "before": [], "after": ["auth.view_user"] }));
    assert_eq!((&changed["actor"], &changed["user"]), (&root.id, &kim.id));
    assert_eq!(
        (&changed["actor_name"], &changed["subject_name"]),
        (&json!("root@example.com"), &json!("kim@example.com"))
    );
    assert_eq!((&changed["address"], &changed["device"]), (&json!("192.0.2.1"), &json!("Firefox on Linux")));
    assert_eq!(events[5]["changes"]["permissions"], json!({ "before": [], "after": ["shop.view_order"] }));
    assert_eq!(events[5]["group"], "Staff");

    let of_kim = root.get(&at(&kim, "/audit")).await.json();
    assert_eq!(of_kim["events"].as_array().unwrap().len(), 5);
    let of_staff = root.get(&format!("{staff}/audit")).await.json();
    assert_eq!(of_staff["events"].as_array().unwrap().len(), 2);
    for path in ["/admin/audit".to_owned(), at(&kim, "/audit"), format!("{staff}/audit")] {
        assert_eq!(root.clone().html().get(&path).await.status, 200, "{path}");
    }

    // Kim is told what was done, and not which administrator did it, nor from where.
    let own = kim.clone().json().get("/profile/security").await;
    let events = own.json()["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 5);
    assert_eq!((&events[0]["by"], &events[0]["address"]), (&json!("self"), &json!("192.0.2.1")));
    assert_eq!(events[1]["by"], "administrator");
    assert!(!own.text().contains("root@example.com") && !own.text().contains(root.id.as_str().unwrap()));
    assert!(events[1].get("address").is_none() && events[1].get("device").is_none());
    let page = kim.html().get("/profile/security").await.text();
    assert!(page.contains("Rights changed") && page.contains("an administrator"), "{page}");
}

#[tokio::test]
async fn the_ways_of_passwords_and_addresses_are_told_without_their_secrets() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    kim.ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    kim.follow(&link).await;
    kim.set_password(NEW).await;
    let mut kim = kim.json();
    let answer = kim.post_json("/login", json!({ "username": "kim@example.com", "password": NEW })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = json!({ "old_password": NEW, "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(kim.post_json("/password/change", body).await.status, 200);
    kim.cookies.clear();
    let mut kim = kim.html();
    kim.log_in("kim@example.com").await;
    kim.change_address(&site, "new@example.com").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    kim.follow(&undo).await;
    kim.post("/email/undo", &[]).await;
    let events = trail(&mut root).await;
    let told: BTreeSet<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    for action in ["password_reset", "password_changed", "email_changed", "email_restored"] {
        assert!(told.contains(action), "{action}: {told:?}");
    }
    let changed = events.iter().find(|event| event["action"] == "email_changed").unwrap();
    let masked = json!({ "before": "k***@example.com", "after": "n***@example.com" });
    assert_eq!((&changed["changes"]["email"], &changed["by"]), (&masked, &json!("link")));
    let stored = site.accounts().into_iter().filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("AUDIT#"));
    let stored: String = stored.map(|item| item.to_string()).collect();
    for secret in [PASSWORD, NEW, "argon2", "kim@example.com", "new@example.com", &link, &undo] {
        assert!(!stored.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn logging_out_everywhere_and_leaving_are_told() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    assert_eq!(kim.post("/logout/all", &[]).await.status, 303);
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.post("/sessions/end-others", &[]).await.status, 303);
    assert_eq!(kim.delete_account().await.status, 303);
    let events = trail(&mut root).await;
    let told: Vec<_> = events.iter().take(3).map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["user_deleted", "sessions_ended", "sessions_ended"]);
    assert_eq!((&events[0]["actor"], events[0].get("actor_name")), (&kim.id, None), "who is gone is a number");
}

#[tokio::test]
async fn a_month_is_read_page_by_page_and_others_are_beside_it() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    for round in 0..60 {
        site.raise(&kim, |to| to.is_staff = round % 2 == 0).await;
    }
    let mut seen = Vec::new();
    let mut path = "/admin/audit".to_owned();
    loop {
        let page = root.get(&path).await.json();
        seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/admin/audit?month={}&cursor={next}", page["month"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 61, "and that root was raised");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 61);
    assert!(seen.is_sorted_by(|a, b| a > b));
    let page = root.get("/admin/audit").await.json();
    let before = root.get(&format!("/admin/audit?month={}", page["before"].as_str().unwrap())).await;
    assert_eq!((before.status.as_u16(), before.json()["events"].as_array().unwrap().len()), (200, 0));
    for odd in ["month=2999-01", "month=x", "month=2026-13", "cursor=x", "month=", "cursor="] {
        assert_eq!(root.get(&format!("/admin/audit?{odd}")).await.status, 404, "{odd}");
    }
}

#[tokio::test]
async fn no_function_may_change_or_delete_an_event() {
    let site = site().await;
    for function in &site.stack.template().functions {
        for statement in &function.statements {
            let keys = statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].to_string();
            let on_accounts = statement.resources.iter().any(|resource| resource.ends_with("/accounts"));
            if !on_accounts || !(keys.contains("AUDIT#") || keys == "null") {
                continue;
            }
            for action in ["UpdateItem", "DeleteItem", "BatchWriteItem"] {
                let action = format!("dynamodb:{action}");
                assert!(!statement.actions.contains(&action), "{}: {action} {keys}", function.name);
            }
        }
    }
}

#[tokio::test]
async fn an_event_expires_and_each_action_has_its_words() {
    let site: Site = super::site_with(&[("AUDIT_MAX_AGE", "60")]).await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    assert_eq!(change(&mut root, &kim, json!({ "is_staff": true })).await.status, 200);
    let event =
        site.accounts().into_iter().find(|item| item["PK"]["S"] == format!("AUDIT#USER#{}", kim.id.as_str().unwrap()));
    let event = event.unwrap();
    let until: i64 = event["audited_until"]["N"].as_str().unwrap().parse().unwrap();
    let at: jiff::Timestamp = event["at"]["S"].as_str().unwrap().parse().unwrap();
    assert_eq!(until, at.as_second() + 60);
    for language in portico::i18n::Language::ALL {
        for action in Action::ALL {
            let key = format!("audit-{}", action.as_str().replace('_', "-"));
            assert!(language.find(&key, &[]).is_some(), "{key}");
        }
    }
}
