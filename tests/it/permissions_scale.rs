//! What a group of a hundred thousand members costs: no more than one of none.

use std::sync::Arc;

use portico::meter::Cost;
use portico::permissions::{GroupName, Permission, groups};
use portico::store::Store;
use portico::{Allow, Context, Response, Routes, StatusCode};
use serde_json::json;

use crate::site::{Sent, Site, author};

const MEMBERS: usize = 100_000;

/// Puts this many into a group, straight through the engine.
fn crowd(site: &Site, group: &str) {
    let table = &site.stack.app().config().tables.accounts;
    let numbers: Vec<_> = (0..MEMBERS).collect();
    for batch in numbers.chunks(25) {
        let puts = batch.iter().map(|number| {
            let id = format!("01931a2b-0000-7000-8000-{number:012x}");
            let item = json!({ "PK": { "S": format!("GROUP#{group}") }, "SK": { "S": format!("MEMBER#{id}") } });
            json!({ "PutRequest": { "Item": item } })
        });
        let request = json!({ "RequestItems": { table: puts.collect::<Vec<_>>() } });
        site.stack.dynamodb().database().batch_write_item(serde_json::from_value(request).unwrap()).unwrap();
    }
}

fn fresh(site: &Site) -> Store {
    site.stack.app().store(Arc::default())
}

fn cost(calls: u32, trips: u32, read_units: f64, write_units: f64) -> Cost {
    Cost { calls, trips, read_units, write_units }
}

#[tokio::test]
async fn a_group_of_a_hundred_thousand_members_changes_its_permissions_by_one_write() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let name = GroupName::parse("Crowd").unwrap();
    groups::create(&fresh(&site), &author(), &name).await.unwrap();
    site.managed()
        .find("kim@example.com")
        .await
        .unwrap()
        .add_to_group(&fresh(&site), &author(), "Crowd")
        .await
        .unwrap();
    crowd(&site, "Crowd");

    let view = Permission::parse("shop.view_order").unwrap();
    let store = fresh(&site);
    assert!(groups::grant(&store, &author(), "Crowd", &[view]).await.unwrap());
    assert_eq!(
        store.cost(),
        cost(2, 2, 1.0, 5.0),
        "the group is read; it and the event are one transaction, and the event is listed"
    );

    // Whether a member is permitted it costs one read of the group, beside that of session and user.
    let asks = Routes::new().get("/asks", Allow::ANYONE, async |cx: Context| {
        let may = cx.has_perm(Permission::parse("shop.view_order").unwrap()).await?;
        Response::json(StatusCode::OK, &may)
    });
    let asks = Arc::new(asks);
    let sent = Sent { method: "GET", path: "/asks", headers: &[("accept", "application/json")], body: "" };
    let answer = site.answer_by(&asks, &kim, sent).await;
    assert_eq!((answer.text().as_str(), answer.cost()), ("true", cost(2, 2, 3.0, 0.0)));

    let store = fresh(&site);
    let (page, more) = store.members("Crowd", None, 100).await.unwrap();
    assert_eq!((page.len(), more, store.cost().calls), (100, true, 1));
    assert!(store.cost().read_units < 3.0, "a page, not the group: {:?}", store.cost());
    let (mut count, mut after, mut pages) = (0, None, 0);
    let store = fresh(&site);
    loop {
        let (page, more) = store.members("Crowd", after, 5_000).await.unwrap();
        (count, after, pages) = (count + page.len(), page.last().copied(), pages + 1);
        if !more {
            break;
        }
    }
    assert_eq!((count, store.cost().calls), (MEMBERS + 1, pages));
    assert!(groups::revoke(&fresh(&site), &author(), "Crowd", &[view]).await.unwrap());
    let answer = site.answer_by(&asks, &kim, sent).await;
    assert_eq!(answer.text(), "false", "on the very next request");
}
