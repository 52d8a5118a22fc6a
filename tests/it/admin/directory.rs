//! Looking for accounts.

use std::collections::BTreeSet;

use portico::meter::Cost;
use serde_json::{Value, json};

use super::{change, site};
use crate::site::{PASSWORD, Site, Visitor};

async fn many(site: &Site, count: usize) {
    for number in 0..count {
        let mut body =
            json!({ "email": format!("user{number:03}@example.com"), "password1": PASSWORD, "password2": PASSWORD });
        if number % 3 == 0 {
            body["username"] = json!(format!("Name{number:03}"));
        }
        assert_eq!(site.program().post_json("/signup", body).await.status, 201);
    }
}

fn emails(page: &Value) -> Vec<String> {
    page["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

/// Every page of a list.
async fn all(root: &mut Visitor<'_>, query: &str) -> Vec<String> {
    let (mut found, mut path, mut pages) = (Vec::new(), format!("/admin/users?{query}"), 0);
    loop {
        let page = root.get(&path).await.json();
        found.extend(emails(&page));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/admin/users?{query}&cursor={next}");
    }
    assert!(pages <= found.len() / 50 + 1, "{pages} pages for {}", found.len());
    found
}

#[tokio::test]
async fn everybody_is_listed_once_and_in_order_page_by_page() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    many(&site, 120).await;
    let found = all(&mut root, "").await;
    assert_eq!(found.len(), 121);
    assert!(found.is_sorted(), "{found:?}");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 121);
    assert_eq!(all(&mut root, "by=username").await.len(), 40, "those who have a name");

    let begin = |numbers: std::ops::Range<u32>| numbers.map(|n| format!("user{n:03}@example.com")).collect::<Vec<_>>();
    assert_eq!(all(&mut root, "q=user01").await, begin(10..20));
    assert_eq!(all(&mut root, "q=%20USER01").await, begin(10..20), "as addresses are compared");
    assert_eq!(all(&mut root, "q=name01&by=username").await.len(), 3);
    assert_eq!(all(&mut root, "q=user").await.len(), 120);
    assert_eq!(all(&mut root, "q=user119@example.com").await, begin(119..120));
    for nobody in ["q=zzz", "q=user%23", "q=ser0", "q=user0&by=username", "q=%F4%8F%BF%BF"] {
        assert_eq!(all(&mut root, nobody).await, [""; 0], "{nobody}");
    }
    let cost = root.get("/admin/users").await.cost();
    assert_eq!((cost.calls, cost.trips), (18, 3), "session and user; the shards at once; the accounts");
    let few = root.get("/admin/users?q=user119").await.cost();
    assert_eq!(few, Cost { calls: 18, trips: 3, read_units: 2.0 + 16.0 * 0.5 + 1.0, write_units: 0.0 });
}

#[tokio::test]
async fn a_page_costs_the_same_whether_there_are_a_dozen_or_a_thousand() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.member("kim@example.com").await;
    let page = async |root: &mut Visitor<'_>, query: &str| {
        let cost = root.get(&format!("/admin/users?{query}")).await.cost();
        (cost.calls, cost.trips)
    };
    let before = [page(&mut root, "").await, page(&mut root, "q=k").await];
    // As a sign-up stores them, straight into the table: a thousand passwords would take minutes.
    let user = site.user(&kim.id);
    let guard = site.accounts().into_iter().find(|item| item["PK"]["S"] == "EMAIL#kim@example.com").unwrap();
    for number in 0..1_000_u32 {
        let id = format!("01a21b50-53f5-7000-8000-{number:012}");
        let email = format!("user{number:04}@example.com");
        let (mut user, mut guard) = (user.clone(), guard.clone());
        user["PK"]["S"] = json!(format!("USER#{id}"));
        (user["id"]["S"], user["email"]["S"]) = (json!(id), json!(email));
        guard["PK"]["S"] = json!(format!("EMAIL#{email}"));
        guard["user_id"]["S"] = json!(id);
        guard["listed_as"]["S"] = json!(email);
        let shards = guard["listed_in"]["S"].as_str().unwrap().rsplit_once('#').unwrap().0.to_owned();
        guard["listed_in"]["S"] = json!(format!("{shards}#{:02}", number % 16));
        site.put("accounts", &user);
        site.put("accounts", &guard);
    }
    assert_eq!([page(&mut root, "").await, page(&mut root, "q=k").await], before);
    assert_eq!(page(&mut root, "q=user").await, (18, 3));
    let found = all(&mut root, "q=user").await;
    assert_eq!(found.len(), 1_000);
    assert!(found.is_sorted());
}

#[tokio::test]
async fn a_state_has_a_list_of_its_own_and_can_be_looked_through_by_name() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let kim = site.staff("kim@example.com", &[]).await;
    let lee = site.member("lee@example.com").await;
    many(&site, 3).await;
    for (query, found) in [
        (
            "state=all",
            vec![
                "kim@example.com",
                "lee@example.com",
                "root@example.com",
                "user000@example.com",
                "user001@example.com",
                "user002@example.com",
            ],
        ),
        ("state=staff", vec!["kim@example.com", "root@example.com"]),
        ("state=superuser", vec!["root@example.com"]),
        ("state=inactive", vec![]),
        ("state=staff&q=k", vec!["kim@example.com"]),
        ("state=staff&q=user", vec![]),
    ] {
        let mut listed = all(&mut root, query).await;
        listed.sort();
        assert_eq!(listed, found, "{query}");
    }
    for member in [&kim, &lee] {
        assert_eq!(change(&mut root, member, json!({ "is_active": false })).await.status, 200);
    }
    assert_eq!(all(&mut root, "state=staff").await, ["root@example.com"], "of the active ones");
    let mut inactive = all(&mut root, "state=inactive").await;
    inactive.sort();
    assert_eq!(inactive, ["kim@example.com", "lee@example.com"]);
    assert_eq!(all(&mut root, "state=inactive&q=lee").await, ["lee@example.com"]);
    assert_eq!(change(&mut root, &kim, json!({ "is_active": true, "is_staff": false })).await.status, 200);
    assert_eq!(all(&mut root, "state=inactive").await, ["lee@example.com"]);
    assert_eq!(all(&mut root, "state=staff").await, ["root@example.com"]);
}

#[tokio::test]
async fn who_leaves_or_moves_is_found_where_they_are() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    assert_eq!(lee.delete_account().await.status, 303);
    assert_eq!(all(&mut root, "q=lee").await, [""; 0]);
    site.prove(&kim.id);
    kim.change_address(&site, "new@example.com").await;
    assert_eq!(all(&mut root, "q=kim").await, [""; 0], "an address that can be gone back to leads to nobody");
    assert_eq!(all(&mut root, "q=new").await, ["new@example.com"]);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_told() {
    let site = site().await;
    let mut root = site.root("root@example.com").await;
    let long = "a".repeat(255);
    for (query, field) in [
        (format!("q={long}"), "q"),
        ("q=a%00b".to_owned(), "q"),
        ("by=phone".to_owned(), "by"),
        ("state=dead".to_owned(), "state"),
    ] {
        let refused = root.get(&format!("/admin/users?{query}")).await;
        assert_eq!((refused.status.as_u16(), refused.field(field).len()), (422, 1), "{query}");
        assert_eq!(root.clone().html().get(&format!("/admin/users?{query}")).await.status, 422, "{query}");
    }
    for cursor in ["", "x", "%00", "!!!!"] {
        assert_eq!(root.get(&format!("/admin/users?cursor={cursor}")).await.status, 404, "{cursor}");
    }
    assert_eq!(root.get("/admin/users?q=a&q=b").await.status, 400);
    for id in ["x", "00000000-0000-0000-0000-000000000000", "01a21b50-53f5-73a3-a0ea-a2b5e86ca97f"] {
        for path in ["", "/delete", "/media", "/audit"] {
            assert_eq!(root.get(&format!("/admin/users/{id}{path}")).await.status, 404, "{id}{path}");
        }
        assert_eq!(root.post_json(&format!("/admin/users/{id}/password-reset"), json!({})).await.status, 404);
    }
}
