//! What others have shared with somebody, page by page.

use serde_json::{Value, json};

use super::{Desk, Person};

/// All pages, and how many there were.
async fn pages(person: &Person<'_>) -> (Vec<Value>, usize) {
    let (mut objects, mut count, mut path) = (Vec::new(), 0, "/shared".to_owned());
    loop {
        let page = person.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        objects.extend(page["objects"].as_array().unwrap().iter().cloned());
        count += 1;
        match page["next"].as_str() {
            Some(next) => path = format!("/shared/{next}"),
            None => return (objects, count),
        }
    }
}

#[tokio::test]
async fn all_that_is_shared_with_somebody_is_listed_once_the_newest_first_page_by_page() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    desk.join(&kim, &["a", "b"]);
    desk.join(&lee, &["a", "b"]);
    // Every third to Lee, to one group, to the other; every tenth to all of them.
    for number in 1..=100_u128 {
        let album = desk.album(&kim, number);
        if number % 3 == 0 || number % 10 == 0 {
            kim.grant(&album, "lee@example.com", "view").await;
        }
        if number % 3 == 1 || number % 10 == 0 {
            kim.grant_group(&album, "a", "edit").await;
        }
        if number % 3 == 2 || number % 10 == 0 {
            kim.grant_group(&album, "b", "manage").await;
        }
    }
    let (objects, count) = pages(&lee).await;
    let expected: Vec<_> = (1..=100)
        .rev()
        .map(|number| {
            let verb = if number % 10 == 0 { "manage" } else { ["view", "edit", "manage"][number % 3] };
            json!([format!("album {number}"), verb])
        })
        .collect();
    assert_eq!((objects, count), (expected, 3));
    assert_eq!(pages(&kim).await.0, [] as [Value; 0], "one's own is not among it, by whatever group");

    desk.join(&lee, &["a"]);
    let (objects, _) = pages(&lee).await;
    assert!(objects.iter().all(|object| object[1] != "manage"), "of a group that was left nothing is");
}

#[tokio::test]
async fn an_album_that_is_gone_or_going_is_left_out() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let albums: Vec<_> = (1..=4).map(|number| desk.album(&kim, number)).collect();
    for album in &albums {
        kim.grant(album, "lee@example.com", "view").await;
    }
    let gone = json!({ "TableName": "accounts", "Key": {
        "PK": { "S": format!("ALBUM#{}", albums[0]) }, "SK": { "S": "META" },
    } });
    desk.site.stack.dynamodb().database().delete_item(serde_json::from_value(gone).unwrap()).unwrap();
    let mut going = desk.site.stored("accounts", &format!("ALBUM#{}", albums[1]), "META").unwrap();
    going["closed_at"] = json!({ "S": "2026-01-01T00:00:00Z" });
    desk.site.put("accounts", &going);
    // An entry without its grant, and one that is none.
    for sort in [format!("ALBUM#{}", uuid::Uuid::from_u128(9)), "ALBUM#x".to_owned()] {
        let list = format!("SHARED#USER#{}", lee.visitor.id.as_str().unwrap());
        desk.site.put("accounts", &json!({ "PK": { "S": list }, "SK": { "S": sort } }));
    }
    assert_eq!(pages(&lee).await.0, [json!(["album 4", "view"]), json!(["album 3", "view"])]);
}

#[tokio::test]
async fn a_page_is_a_query_for_each_list_and_one_read_of_what_is_on_it() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    for number in 1..=3 {
        kim.grant(&desk.album(&kim, number), "lee@example.com", "view").await;
    }
    let cost = lee.get("/shared").await.cost();
    assert_eq!((cost.calls, cost.trips, cost.read_units), (3, 3, 2.0 + 1.0 + 6.0));
    desk.join(&lee, &["a", "b"]);
    let cost = lee.get("/shared").await.cost();
    assert_eq!((cost.calls, cost.trips), (5, 3), "the lists at the same time");
    let cost = kim.get("/shared").await.cost();
    assert_eq!((cost.calls, cost.trips), (2, 2), "nothing is read of nothing");
}
