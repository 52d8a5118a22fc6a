//! How far an administrator reaches: what they give, whom they wake, what they see.

use serde_json::{Value, json};

use super::{at, change, group, site, version};
use crate::site::Site;

/// Shares something with a group, behind the product's back.
fn share_with_group(site: &Site, name: &str) {
    let entry = json!({ "PK": { "S": format!("SHARED#GROUP#{name}") }, "SK": { "S": "MEDIA#x" } });
    site.put("accounts", &entry);
}

#[tokio::test]
async fn who_wakes_an_account_gives_all_that_lay_in_it() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    group(&mut root, "Deleters", &["shop.delete_order"]).await;
    let mut lee = site.staff("lee@example.com", &["auth.view_user", "auth.change_user", "shop.view_order"]).await;
    let own = json!({ "is_staff": false, "user_permissions": ["shop.delete_order"] });
    let through_a_group = json!({ "is_staff": false, "groups": ["Deleters"] });
    let asleep = json!({ "is_staff": true, "is_active": false, "user_permissions": ["shop.delete_order"] });
    for (number, (laid_up, wake, field)) in [
        (own, json!({ "is_staff": true }), "is_staff"),
        (through_a_group, json!({ "is_staff": true }), "is_staff"),
        (asleep, json!({ "is_active": true }), "is_active"),
    ]
    .into_iter()
    .enumerate()
    {
        let zed = site.member(&format!("zed{number}@example.com")).await;
        assert_eq!(change(&mut root, &zed, laid_up).await.status, 200);
        let before = site.user(&zed.id);
        let refused = change(&mut lee, &zed, wake.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.field(field)), (422, vec!["above_yourself".to_owned()]), "{wake}");
        assert_eq!(site.user(&zed.id), before, "{wake}");
        assert_eq!(change(&mut root, &zed, wake).await.status, 200, "who has it all gives it");
    }
    let kim = site.member("kim@example.com").await;
    assert_eq!(change(&mut root, &kim, json!({ "user_permissions": ["shop.view_order"] })).await.status, 200);
    assert_eq!(change(&mut lee, &kim, json!({ "is_staff": true })).await.status, 200, "nothing that lee does not have");
}

#[tokio::test]
async fn what_is_shared_with_a_group_is_for_its_members_to_let_others_see() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let address = group(&mut root, "Family", &[]).await;
    let kim = site.member("kim@example.com").await;
    let mut lee = site.staff("lee@example.com", &["auth.view_user", "auth.change_user", "auth.view_group"]).await;
    share_with_group(&site, "Family");
    let join = json!({ "user": kim.id });
    let refused = lee.post_json(&format!("{address}/members"), join.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.field("user")), (422, vec!["above_yourself".to_owned()]));
    let refused = change(&mut lee, &kim, json!({ "groups": ["Family"] })).await;
    assert_eq!((refused.status.as_u16(), refused.field("groups")), (422, vec!["above_yourself".to_owned()]));
    assert_eq!(site.user(&kim.id)["groups"], Value::Null, "nothing was written");
    // Nor is who lies in it woken by others.
    let vic = site.member("vic@example.com").await;
    assert_eq!(change(&mut root, &vic, json!({ "groups": ["Family"], "is_active": false })).await.status, 200);
    let refused = change(&mut lee, &vic, json!({ "is_active": true })).await;
    assert_eq!((refused.status.as_u16(), refused.field("is_active")), (422, vec!["above_yourself".to_owned()]));
    assert_eq!(root.post_json(&format!("{address}/members"), json!({ "user": lee.id })).await.status, 200);
    assert_eq!(change(&mut lee, &vic, json!({ "is_active": true })).await.status, 200);
    assert_eq!(lee.post_json(&format!("{address}/members"), join).await.status, 200, "a member lets others in");
}

#[tokio::test]
async fn an_address_that_nobody_has_proven_names_nobody() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let address = group(&mut root, "Staff", &["shop.view_order"]).await;
    let members = format!("{address}/members");
    let kim = site.member("kim@example.com").await;
    for mut by in [root.clone(), root.clone().html()] {
        let refused = by.post(&members, &[("user", "KIM@example.com")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
    let refused = root.post_json(&members, json!({ "user": "kim@example.com" })).await;
    assert_eq!(refused.field("user"), ["unverified"]);
    assert_eq!(site.user(&kim.id)["groups"], Value::Null, "nothing was written");
    assert_eq!(root.post_json(&members, json!({ "user": kim.id })).await.status, 200, "an identifier is nobody else's");
    let lee = site.member("lee@example.com").await;
    site.prove(&lee.id);
    assert_eq!(root.post_json(&members, json!({ "user": "lee@example.com" })).await.status, 200);
}

#[tokio::test]
async fn nobody_is_shown_what_they_may_not_see() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let address = group(&mut root, "Staff", &[]).await;
    let kim = site.member("kim@example.com").await;
    assert_eq!(root.post_json(&format!("{address}/members"), json!({ "user": kim.id })).await.status, 200);

    // As in Django, who may change may see.
    let mut changer = site.staff("changer@example.com", &["auth.change_user", "auth.change_group"]).await;
    for path in ["/admin/users", &at(&kim, ""), "/admin/groups", &address] {
        assert_eq!(changer.get(path).await.status, 200, "{path}");
    }
    assert_eq!(changer.get(&address).await.json()["members"][0]["email"], "kim@example.com");
    assert_eq!(changer.get(&at(&kim, "")).await.json()["groups"], json!(["Staff"]));
    let mut viewer = site.staff("viewer@example.com", &["auth.view_user"]).await;
    assert_eq!(viewer.get(&at(&kim, "")).await.json()["groups"], json!([]), "which there are is for who sees groups");

    // Groups, and nobody in them.
    let mut groups = site.staff("groups@example.com", &["auth.view_group"]).await;
    assert_eq!(groups.get(&address).await.json()["members"], Value::Null);
    assert!(!groups.clone().html().get(&address).await.text().contains("kim@example.com"));

    // Who makes groups has the form, and no list, also where it is refused.
    let mut maker = site.staff("maker@example.com", &["auth.add_group"]).await;
    assert_eq!(maker.get("/admin/groups").await.json().get("groups"), None);
    let pages = [
        maker.clone().html().get("/admin/groups").await,
        maker.clone().html().post("/admin/groups", &[("name", "staff")]).await,
    ];
    for (page, status) in pages.iter().zip([200, 422]) {
        assert_eq!(page.status, status, "{}", page.text());
        assert!(page.text().contains("name=\"name\"") && !page.text().contains(&address), "{}", page.text());
    }
    assert_eq!(maker.post_json("/admin/groups", json!({ "name": "Mine" })).await.json()["next"], "/admin/groups");

    // Who puts people into groups without seeing those is told what is wrong, and is shown none.
    let mut people = site.staff("people@example.com", &["auth.view_user", "auth.change_user"]).await;
    let page = people.clone().html().post(&format!("{address}/members"), &[("user", "nobody")]).await;
    assert_eq!(page.status, 422);
    assert!(!page.text().contains("members-title"), "{}", page.text());
    assert_eq!(
        people.post_json(&format!("{address}/members"), json!({ "user": kim.id })).await.json()["next"],
        "/admin"
    );

    let mut breaker = site.staff("breaker@example.com", &["auth.delete_group"]).await;
    let which = breaker.get(&format!("{address}/delete")).await.json()["group"].clone();
    assert_eq!(which.as_object().unwrap().keys().collect::<Vec<_>>(), ["handle", "name"]);
    let gone = group(&mut root, "Gone", &[]).await;
    assert_eq!(breaker.post_json(&format!("{gone}/delete"), json!({})).await.json()["next"], "/admin");
    let trail = root.get(&format!("{gone}/audit")).await.json();
    assert_eq!(trail["events"][0]["action"], "group_deleted", "what was done to it stays");

    // Files and deletion tell whose account it is, and no more of it.
    let mut files = site.staff("files@example.com", &["media.view_upload"]).await;
    let mut ends = site.staff("ends@example.com", &["auth.delete_user"]).await;
    let answers = [files.get(&at(&kim, "/media")).await, ends.get(&at(&kim, "/delete")).await];
    for answer in answers {
        let account = answer.json()["account"].clone();
        assert_eq!(account["email"], "kim@example.com");
        let keys: Vec<_> = account.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["email", "id", "version"]);
    }
    assert_eq!(files.get(&at(&kim, "")).await.status, 403);
    let version = version(&mut root, &kim).await;
    let stale = ends.clone().html().post(&at(&kim, "/delete"), &[("version", "0")]).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    let deleted = ends.post_json(&at(&kim, "/delete"), json!({ "version": version })).await;
    assert_eq!((deleted.status.as_u16(), &deleted.json()["next"]), (200, &json!("/admin")));
}
