//! Groups: what they permit, who is in them, and when they can go.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{change, group, site};

#[tokio::test]
async fn a_group_is_made_under_a_name_that_can_be_read_and_is_no_others() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let most = "a".repeat(150);
    // Six letters a syllable: what it looks like is longer than a key.
    let longest = "\u{bf85}".repeat(150);
    for name in ["a", "\u{c8fc}\u{bb38} Staff", "R&D / #1", "AI team", &most, &longest] {
        let made = root.post_json("/admin/groups", json!({ "name": name })).await;
        assert_eq!(made.status, 201, "{name}: {}", made.text());
        assert_eq!(root.get(made.json()["next"].as_str().unwrap()).await.json()["group"]["name"], name);
        let again = root.post_json("/admin/groups", json!({ "name": name })).await;
        assert_eq!((again.status.as_u16(), again.field("name")), (422, vec!["unique".to_owned()]), "{name}");
    }
    let state = site.state();
    let (long, longer) = ("a".repeat(151), "a".repeat(1_000));
    for name in [
        "",
        " ",
        "St\u{430}ff",
        "Sta\u{200b}ff",
        "Sta\u{fe0f}ff",
        "Sta\u{34f}ff",
        "\u{301}",
        "a \u{301}",
        "\u{2800}",
        "\u{ff33}taff",
        "a\nb",
        "a\0b",
        "a  b",
        &long,
        &longer,
    ] {
        let refused = root.post_json("/admin/groups", json!({ "name": name })).await;
        assert_eq!((refused.status.as_u16(), refused.field("name").len()), (422, 1), "{name:?}: {}", refused.text());
        let page = root.clone().html().post("/admin/groups", &[("name", name)]).await;
        assert_eq!(page.status, 422, "{name:?}");
    }
    // What looks like one that is there: a whole word of another script, other capitals.
    for name in ["\u{430}", "A", "r&d / #1", "Al team"] {
        let refused = root.post_json("/admin/groups", json!({ "name": name })).await;
        assert_eq!((refused.status.as_u16(), refused.field("name")), (422, vec!["unique".to_owned()]), "{name:?}");
    }
    assert_eq!(site.state(), state, "nothing was made");
    for odd in [json!({}), json!({ "name": null }), json!({ "name": ["a"] }), json!({ "name": 7 })] {
        assert!([400, 422].contains(&root.post_json("/admin/groups", odd).await.status.as_u16()));
    }
    for handle in ["x", "U3RhZmY", "%00", "U3RhZmY%3D"] {
        for path in ["", "/delete", "/audit"] {
            assert_eq!(root.get(&format!("/admin/groups/{handle}{path}")).await.status, 404, "{handle}{path}");
        }
        let body = json!({ "version": 0, "permissions": [] });
        assert_eq!(root.post_json(&format!("/admin/groups/{handle}/permissions"), body).await.status, 404);
    }
}

#[tokio::test]
async fn what_a_group_permits_is_changed_by_one_write_and_of_two_at_once_one_is_told() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.staff("kim@example.com", &["auth.view_group", "auth.change_group", "shop.view_order"]).await;
    let address = group(&mut root, "Staff", &["shop.delete_order"]).await;
    let path = format!("{address}/permissions");
    for (permissions, code) in [
        (json!(["shop.delete_order", "shop.add_order"]), "above_yourself"),
        (json!(["shop.delete_order", "shop.view_orders"]), "invalid_choice"),
        (json!(["shop.delete_order", "blog.add_post"]), "invalid_choice"),
        (json!(null), "required"),
    ] {
        let refused = kim.post_json(&path, json!({ "version": 1, "permissions": permissions })).await;
        assert_eq!(refused.status, 422, "{permissions}");
        assert!(refused.field("permissions").contains(&code.to_owned()), "{permissions}: {}", refused.text());
    }
    let both = [json!(["shop.delete_order", "shop.view_order"]), json!([])];
    let answers =
        join_all(
            both.map(|permissions| {
                let (mut kim, path) = (kim.clone(), path.clone());
                async move {
                    kim.post_json(&path, json!({ "version": 1, "permissions": permissions })).await.status.as_u16()
                }
            }),
        )
        .await;
    assert!(answers.contains(&200) && answers.contains(&409), "{answers:?}");
    assert_eq!(root.get(&address).await.json()["group"]["version"], 2);
    let form = [("version", "1"), ("permissions:shop.add_order", "on")];
    let page = root.clone().html().post(&path, &form).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("name=\"permissions:shop.add_order\" value=\"on\" checked"), "{}", page.text());
    let token = root.csrf_token().await;
    let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
    let body = json!({ "version": 2, "permissions": ["shop.add_order"] }).to_string();
    let answer = root.send(http::Method::POST, &path, &headers, body.into()).await;
    let cost = answer.cost();
    assert_eq!((cost.calls, cost.trips), (3, 3), "session and user; the group; one transaction: {}", answer.text());
}

#[tokio::test]
async fn members_come_and_go_page_by_page() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let address = group(&mut root, "Staff", &[]).await;
    let members = format!("{address}/members");
    for whom in ["nobody@example.com", "nobody", "", "x@y", "00000000-0000-0000-0000-000000000000", &"a".repeat(1_000)]
    {
        let refused = root.post_json(&members, json!({ "user": whom })).await;
        assert_eq!((refused.status.as_u16(), refused.field("user").is_empty()), (422, false), "{whom}");
        assert_eq!(root.clone().html().post(&members, &[("user", whom)]).await.status, 422, "{whom}");
    }
    let mut people = Vec::new();
    for number in 0..60 {
        let person = site.program().sign_up(&format!("user{number:02}@example.com")).await;
        site.prove(&person["id"]);
        let whom = if number % 2 == 0 { person["email"].clone() } else { person["id"].clone() };
        assert_eq!(root.post_json(&members, json!({ "user": whom })).await.status, 200);
        people.push(person);
    }
    let again = root.post_json(&members, json!({ "user": "USER00@example.com" })).await;
    assert!(again.text().contains("Nothing was changed"), "{}", again.text());
    let first = root.get(&address).await.json();
    let next = first["next"].as_str().unwrap();
    let second = root.get(&format!("{address}?cursor={next}")).await.json();
    let count = |page: &Value| page["members"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), &second["next"]), (50, 10, &Value::Null));

    let in_use = root.post_json(&format!("{address}/delete"), json!({})).await;
    assert_eq!((in_use.status.as_u16(), in_use.field("__all__")), (422, vec!["in_use".to_owned()]));
    assert_eq!(root.clone().html().post(&format!("{address}/delete"), &[]).await.status, 422);
    for person in &people {
        let path = format!("{members}/{}/remove", person["id"].as_str().unwrap());
        assert_eq!(root.post_json(&path, json!({})).await.status, 200);
    }
    assert_eq!(root.post_json(&format!("{members}/x/remove"), json!({})).await.status, 404);
    assert_eq!(root.post_json(&format!("{address}/delete"), json!({})).await.status, 200);
    assert_eq!(root.get(&address).await.status, 404);
    assert!(site.accounts().iter().all(|item| !item["PK"]["S"].as_str().unwrap().starts_with("GROUP#")));
    assert_eq!(root.post_json("/admin/groups", json!({ "name": "Staff" })).await.status, 201, "the name is free");
}

#[tokio::test]
async fn there_are_only_so_many_groups_and_permissions_of_one_account() {
    let site = super::site_with(&[("USER_GROUPS_MAX", "2"), ("PERMISSIONS_MAX", "1")]).await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    for name in ["A", "B", "C"] {
        group(&mut root, name, &[]).await;
    }
    assert_eq!(change(&mut root, &kim, json!({ "groups": ["A", "B"] })).await.status, 200);
    for (body, field) in [
        (json!({ "groups": ["A", "B", "C"] }), "groups"),
        (json!({ "user_permissions": ["shop.add_order", "shop.view_order"] }), "user_permissions"),
    ] {
        assert_eq!(change(&mut root, &kim, body).await.field(field), ["max_length"]);
    }
    let full = root.post_json("/admin/groups/Qw/members", json!({ "user": kim.id })).await;
    assert_eq!(full.field("user"), ["max_length"]);
    assert_eq!(change(&mut root, &kim, json!({ "groups": ["C", "B"] })).await.status, 200, "one for another");
}
