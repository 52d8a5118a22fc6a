//! What each call is said to consume: the product's budgets are held to these numbers.

use serde_json::{Value, json};

use super::items::of_size;
use super::{Difference, Place, item, key};

/// What an answer says was consumed of all tables.
fn units(answer: &Value) -> f64 {
    let units = |told: &Value| told["CapacityUnits"].as_f64().expect("the capacity is told");
    match &answer["ConsumedCapacity"] {
        Value::Array(all) => all.iter().map(units).sum(),
        one => units(one),
    }
}

/// Does something, and gives what it consumed.
async fn price(place: &Place, operation: &str, mut request: Value) -> Value {
    request["ReturnConsumedCapacity"] = json!("TOTAL");
    units(&place.done(operation, request).await).into()
}

fn put(place: &Place, item: &Value) -> Value {
    json!({ "TableName": place.accounts(), "Item": item })
}

fn update(place: &Place, sk: &str, expression: &str, values: Value) -> Value {
    let mut request = json!({ "TableName": place.accounts(), "Key": key("A", sk), "UpdateExpression": expression });
    if values != json!({}) {
        request["ExpressionAttributeValues"] = values;
    }
    request
}

fn listed(sk: &str, place: &str) -> Value {
    item("A", sk, json!({ "listed_in": { "S": "EMAIL#00" }, "listed_as": { "S": place }, "user_id": { "S": "kim" } }))
}

pub(crate) async fn a_write_costs_a_unit_for_each_kilobyte(place: &Place) {
    for (bytes, expected) in [(100, 1.0), (1_024, 1.0), (1_025, 2.0), (3_000, 3.0)] {
        let sk = bytes.to_string();
        assert_eq!(price(place, "PutItem", put(place, &of_size("A", &sk, bytes))).await, expected, "{bytes}");
        let delete = json!({ "TableName": place.accounts(), "Key": key("A", &sk) });
        assert_eq!(price(place, "DeleteItem", delete.clone()).await, expected, "{bytes}");
        assert_eq!(price(place, "DeleteItem", delete).await, 1.0, "there is nothing any more");
    }
    assert_eq!(price(place, "PutItem", put(place, &of_size("A", "1", 2_000))).await, 2.0);
    assert_eq!(price(place, "PutItem", put(place, &of_size("A", "1", 100))).await, 2.0, "what is replaced counts too");
    assert_eq!(price(place, "PutItem", put(place, &of_size("A", "1", 2_000))).await, 2.0);
    let small = || update(place, "1", "SET a = :a", json!({ ":a": { "N": "1" } }));
    assert_eq!(price(place, "UpdateItem", small()).await, 2.0, "a change is of the whole item");
    let text = json!({ ":t": { "S": "x" } });
    let shorter = json!({ "TableName": place.accounts(), "Key": key("A", "1"), "UpdateExpression": "SET #t = :t",
        "ExpressionAttributeNames": { "#t": "text" }, "ExpressionAttributeValues": text });
    assert_eq!(price(place, "UpdateItem", shorter).await, 2.0, "of the larger of both");
    assert_eq!(price(place, "UpdateItem", small()).await, 1.0);
}

pub(crate) async fn an_entry_of_the_index_costs_what_changes_in_it(place: &Place) {
    assert_eq!(price(place, "PutItem", put(place, &listed("1", "a"))).await, 2.0, "item and entry");
    let other = update(place, "1", "SET bio = :b", json!({ ":b": { "S": "x" } }));
    assert_eq!(price(place, "UpdateItem", other).await, 1.0, "what it does not show changes nothing in it");
    let moved = update(place, "1", "SET listed_as = :a", json!({ ":a": { "S": "b" } }));
    assert_eq!(price(place, "UpdateItem", moved).await, 3.0, "one entry goes, another one comes");
    let out = update(place, "1", "REMOVE listed_in, listed_as", json!({}));
    assert_eq!(price(place, "UpdateItem", out).await, 2.0);
    let absent = update(place, "1", "REMOVE listed_in, listed_as", json!({}));
    assert_eq!(price(place, "UpdateItem", absent).await, 1.0);
    place.put(&listed("2", "c")).await;
    let delete = json!({ "TableName": place.accounts(), "Key": key("A", "2") });
    assert_eq!(price(place, "DeleteItem", delete).await, 2.0);
}

pub(crate) async fn a_strong_read_costs_a_unit_for_each_four_kilobytes(place: &Place) {
    let get = |sk: &str, strong: bool| json!({ "TableName": place.accounts(), "Key": key("A", sk), "ConsistentRead": strong });
    assert_eq!(price(place, "GetItem", get("absent", true)).await, 1.0);
    assert_eq!(price(place, "GetItem", get("absent", false)).await, 0.5);
    for (bytes, expected) in [(100, 1.0), (4_096, 1.0), (4_097, 2.0), (9_000, 3.0)] {
        place.put(&of_size("A", &bytes.to_string(), bytes)).await;
        assert_eq!(price(place, "GetItem", get(&bytes.to_string(), true)).await, expected, "{bytes}");
        assert_eq!(price(place, "GetItem", get(&bytes.to_string(), false)).await, expected / 2.0, "{bytes}");
    }
}

pub(crate) async fn a_batch_costs_what_its_items_cost(place: &Place) {
    place.put(&of_size("A", "1", 100)).await;
    place.put(&of_size("A", "2", 4_097)).await;
    let sessions = place.sessions();
    place.done("PutItem", json!({ "TableName": sessions, "Item": key("A", "1") })).await;
    let request = json!({ "RequestItems": {
        place.accounts(): { "Keys": [key("A", "1"), key("A", "2"), key("A", "absent")], "ConsistentRead": true },
        sessions: { "Keys": [key("A", "1")], "ConsistentRead": true },
    } });
    let differs = place.differs(Difference::AbsentKeysHaveAnotherPrice);
    let expected = if differs { 4.0 } else { 5.0 };
    assert_eq!(price(place, "BatchGetItem", request).await, expected, "each is rounded up, an absent one too");
    place.put(&of_size("A", "3", 2_000)).await;
    place.put(&listed("4", "a")).await;
    let deletions = ["1", "3", "4", "absent"].map(|sk| json!({ "DeleteRequest": { "Key": key("A", sk) } }));
    let request = json!({ "RequestItems": { place.accounts(): deletions } });
    let expected = if differs { 7.0 } else { 6.0 };
    assert_eq!(price(place, "BatchWriteItem", request).await, expected, "one, two, one with its entry, and nothing");
}

pub(crate) async fn a_transaction_costs_twice_as_much(place: &Place) {
    let (accounts, sessions) = (place.accounts(), place.sessions());
    place.put(&key("A", "there")).await;
    let transact = |writes: &[Value]| json!({ "TransactItems": writes });
    let put = |table: &str, item: &Value| json!({ "Put": { "TableName": table, "Item": item } });
    let count = json!({ "Update": { "TableName": accounts, "Key": key("A", "count"), "UpdateExpression": "ADD c :c",
        "ExpressionAttributeValues": { ":c": { "N": "1" } } } });
    let delete = |sk: &str| json!({ "Delete": { "TableName": accounts, "Key": key("A", sk) } });
    let check = |sk: &str, condition: &str| json!({ "ConditionCheck": { "TableName": accounts, "Key": key("A", sk), "ConditionExpression": condition } });
    let two = [put(accounts, &key("A", "4")), put(accounts, &key("A", "5"))];
    if place.differs(Difference::TransactionsHaveOnePrice) {
        for writes in [&two[..1], &two] {
            assert_eq!(price(place, "TransactWriteItems", transact(writes)).await, 4.0);
        }
        return;
    }
    assert_eq!(price(place, "TransactWriteItems", transact(&two)).await, 4.0);
    for (case, write, expected) in [
        ("a put", put(accounts, &key("A", "1")), 2.0),
        ("in another table", put(sessions, &key("A", "1")), 2.0),
        ("of two kilobytes", put(accounts, &of_size("A", "2", 2_000)), 4.0),
        ("an update", count, 2.0),
        ("a delete", delete("1"), 2.0),
        ("of nothing", delete("1"), 2.0),
        ("a check", check("there", "attribute_exists(PK)"), 2.0),
        ("of nothing", check("absent", "attribute_not_exists(PK)"), 2.0),
        ("with an entry", put(accounts, &listed("3", "a")), 3.0),
    ] {
        assert_eq!(price(place, "TransactWriteItems", transact(&[write])).await, expected, "{case}");
    }
    let both = [put(accounts, &key("A", "4")), put(sessions, &key("A", "4")), check("there", "attribute_exists(PK)")];
    assert_eq!(price(place, "TransactWriteItems", transact(&both)).await, 6.0);
}

pub(crate) async fn a_page_costs_what_was_read_for_it(place: &Place) {
    for number in 0..10 {
        place.put(&of_size("A", &format!("{number:02}"), 1_000)).await;
    }
    let query = |pk: &str| {
        json!({
            "TableName": place.accounts(),
            "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": { "#p": "PK" },
            "ExpressionAttributeValues": { ":p": { "S": pk } },
            "ConsistentRead": true,
        })
    };
    assert_eq!(price(place, "Query", query("A")).await, 3.0, "10,000 bytes, rounded up once");
    let expected = if place.differs(Difference::EmptyPagesCostNothing) { 0.0 } else { 1.0 };
    assert_eq!(price(place, "Query", query("B")).await, expected, "nothing is not for nothing");
    let mut limited = query("A");
    limited["Limit"] = json!(4);
    assert_eq!(price(place, "Query", limited).await, 1.0);
    let mut keys = query("A");
    keys["ProjectionExpression"] = json!("#p");
    assert_eq!(price(place, "Query", keys).await, 3.0, "what is not shown was read");
    assert_eq!(price(place, "Scan", json!({ "TableName": place.accounts(), "ConsistentRead": true })).await, 3.0);
    for number in 0..3 {
        place.put(&listed(&format!("l{number}"), "a")).await;
    }
    let index = json!({
        "TableName": place.accounts(),
        "IndexName": "listing",
        "KeyConditionExpression": "listed_in = :p",
        "ExpressionAttributeValues": { ":p": { "S": "EMAIL#00" } },
    });
    assert_eq!(price(place, "Query", index).await, 0.5);
}
