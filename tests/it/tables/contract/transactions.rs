//! Transactions: all of it or nothing, why not, and once however often it is asked for.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::items::{MOST, of_size};
use super::{Place, item, key};

fn put(table: &str, item: &Value) -> Value {
    json!({ "Put": { "TableName": table, "Item": item } })
}

fn put_new(table: &str, item: &Value) -> Value {
    json!({ "Put": { "TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(PK)" } })
}

fn delete(table: &str, sk: &str) -> Value {
    json!({ "Delete": { "TableName": table, "Key": key("A", sk) } })
}

fn check(table: &str, sk: &str, condition: &str) -> Value {
    json!({ "ConditionCheck": { "TableName": table, "Key": key("A", sk), "ConditionExpression": condition } })
}

/// Counts one up.
fn count(table: &str, sk: &str) -> Value {
    json!({ "Update": {
        "TableName": table,
        "Key": key("A", sk),
        "UpdateExpression": "ADD #c :c",
        "ExpressionAttributeNames": { "#c": "count" },
        "ExpressionAttributeValues": { ":c": { "N": "1" } },
    } })
}

fn of(writes: &[Value]) -> Value {
    json!({ "TransactItems": writes })
}

/// A name of its own: all tables of an account share them.
fn token() -> String {
    Uuid::new_v4().to_string()
}

/// The same under a name.
fn named(token: &str, writes: &[Value]) -> Value {
    json!({ "TransactItems": writes, "ClientRequestToken": token })
}

pub(crate) async fn all_of_it_is_done_in_several_tables(place: &Place) {
    let (accounts, sessions) = (place.accounts(), place.sessions());
    place.put(&item("A", "old", json!({}))).await;
    place.put(&item("A", "there", json!({}))).await;
    let writes = [
        put_new(accounts, &item("A", "new", json!({ "a": { "S": "" } }))),
        count(accounts, "count"),
        delete(accounts, "old"),
        delete(accounts, "absent"),
        check(accounts, "there", "attribute_exists(PK)"),
        check(accounts, "nobody", "attribute_not_exists(PK)"),
        put(sessions, &key("A", "new")),
    ];
    place.done("TransactWriteItems", of(&writes)).await;
    assert_eq!(place.get("A", "new").await["a"]["S"], "");
    assert_eq!(place.get("A", "count").await["count"]["N"], "1");
    for gone in ["old", "absent", "nobody"] {
        assert_eq!(place.get("A", gone).await, Value::Null, "{gone}");
    }
    let read = json!({ "TableName": sessions, "Key": key("A", "new"), "ConsistentRead": true });
    assert_eq!(place.done("GetItem", read).await["Item"], key("A", "new"));
}

pub(crate) async fn a_refusal_names_each_part_in_order_and_nothing_is_done(place: &Place) {
    let accounts = place.accounts();
    place.put(&item("A", "there", json!({ "count": { "N": "1" } }))).await;
    let answer = place
        .ask(
            "TransactWriteItems",
            &of(&[
                put_new(accounts, &key("A", "new")),
                put_new(accounts, &key("A", "there")),
                count(accounts, "count"),
                check(accounts, "absent", "attribute_exists(PK)"),
                delete(accounts, "other"),
                check(accounts, "nobody", "attribute_exists(PK)"),
                put(place.sessions(), &key("A", "new")),
            ]),
        )
        .await;
    let (fails, is_good) = ("ConditionalCheckFailed", "None");
    assert_eq!(answer.reasons(), [is_good, fails, is_good, fails, is_good, fails, is_good]);
    for absent in ["new", "count"] {
        assert_eq!(place.get("A", absent).await, Value::Null, "{absent}");
    }
    let sessions = place.done("Scan", json!({ "TableName": place.sessions() })).await;
    assert_eq!(sessions["Items"], json!([]));
}

pub(crate) async fn the_same_name_does_the_same_once(place: &Place) {
    let writes = [count(place.accounts(), "1"), put(place.accounts(), &key("A", "2"))];
    let one = token();
    for _ in ["the first time", "after a lost answer", "and again"] {
        place.done("TransactWriteItems", named(&one, &writes)).await;
        assert_eq!(place.get("A", "1").await["count"]["N"], "1");
    }
    let other = [count(place.accounts(), "1"), put(place.accounts(), &key("A", "3"))];
    let answer = place.refused("TransactWriteItems", named(&one, &other)).await;
    assert_eq!(answer, "IdempotentParameterMismatchException");
    assert_eq!(place.get("A", "3").await, Value::Null);
    place.done("TransactWriteItems", named(&token(), &writes)).await;
    assert_eq!(place.get("A", "1").await["count"]["N"], "2");
}

pub(crate) async fn a_repetition_is_done_though_its_conditions_no_longer_hold(place: &Place) {
    let writes = [put_new(place.accounts(), &key("A", "1"))];
    let one = token();
    for _ in ["the first time", "after a lost answer"] {
        place.done("TransactWriteItems", named(&one, &writes)).await;
    }
    let answer = place.ask("TransactWriteItems", &named(&token(), &writes)).await;
    assert_eq!(answer.reasons(), ["ConditionalCheckFailed"]);
}

pub(crate) async fn what_was_refused_under_a_name_was_not_done_under_it(place: &Place) {
    let writes = [check(place.accounts(), "there", "attribute_exists(PK)"), count(place.accounts(), "1")];
    let one = token();
    for _ in ["the first time", "once more"] {
        let answer = place.ask("TransactWriteItems", &named(&one, &writes)).await;
        assert_eq!(answer.reasons(), ["ConditionalCheckFailed", "None"]);
    }
}

pub(crate) async fn an_item_stands_in_a_transaction_once(place: &Place) {
    let writes = [check(place.accounts(), "1", "attribute_not_exists(PK)"), put(place.accounts(), &key("A", "1"))];
    assert_eq!(place.refused("TransactWriteItems", of(&writes)).await, "ValidationException");
    assert_eq!(place.get("A", "1").await, Value::Null);
    // Of the same name in another table is another one.
    let writes = [put(place.accounts(), &key("A", "1")), put(place.sessions(), &key("A", "1"))];
    place.done("TransactWriteItems", of(&writes)).await;
}

pub(crate) async fn a_transaction_holds_a_hundred_items_and_no_more(place: &Place) {
    let writes: Vec<_> = (0..101).map(|number| put_new(place.accounts(), &key("A", &format!("{number:03}")))).collect();
    assert_eq!(place.refused("TransactWriteItems", of(&writes)).await, "ValidationException");
    assert_eq!(place.refused("TransactWriteItems", of(&[])).await, "ValidationException");
    assert_eq!(place.get("A", "000").await, Value::Null);
    place.done("TransactWriteItems", of(&writes[..100])).await;
    let answer = place.ask("TransactWriteItems", &of(&writes[1..])).await;
    let reasons = answer.reasons();
    assert_eq!((reasons.len(), reasons[98], reasons[99]), (100, "ConditionalCheckFailed", "None"));
}

pub(crate) async fn a_transaction_holds_four_megabytes_and_no_more(place: &Place) {
    let writes: Vec<_> =
        (0..11).map(|number| put(place.accounts(), &of_size("A", &number.to_string(), 395_000))).collect();
    // As much as the product puts into one, and some more.
    place.done("TransactWriteItems", of(&writes[..8])).await;
    assert_eq!(place.refused("TransactWriteItems", of(&writes)).await, "ValidationException");
}

pub(crate) async fn a_part_that_is_no_item_refuses_all_and_is_our_mistake(place: &Place) {
    let table = place.accounts();
    place.put(&item("A", "text", json!({ "count": { "S": "x" } }))).await;
    let of_map = json!({ "Update": {
        "TableName": table,
        "Key": key("A", "1"),
        "UpdateExpression": "SET #d.#a = :a",
        "ExpressionAttributeNames": { "#d": "data", "#a": "a" },
        "ExpressionAttributeValues": { ":a": { "N": "1" } },
    } });
    for (case, part) in [
        ("too large", put(table, &of_size("A", "1", MOST + 1))),
        ("a text is counted", count(table, "text")),
        ("a map that is not there", of_map),
        ("an empty key", put(table, &key("", "1"))),
    ] {
        let good = put(table, &key("A", "good"));
        let answer = place.ask("TransactWriteItems", &of(&[good, part])).await;
        assert_eq!(answer.status, 400, "{case}");
        // Told of one part, or before any part is looked at: what is made of it is the same.
        if answer.code() != "ValidationException" {
            assert_eq!(answer.reasons(), ["None", "ValidationError"], "{case}");
        }
        assert_eq!(place.get("A", "good").await, Value::Null, "{case}");
    }
}

pub(crate) async fn transactions_at_the_same_time_come_one_after_another(place: &Place) {
    let table = place.accounts();
    let tries = (0..12).map(|number| {
        let writes = [count(table, "count"), put_new(table, &key("A", &format!("guard-{}", number % 4)))];
        async move {
            loop {
                let answer = place.ask("TransactWriteItems", &of(&writes)).await;
                // Two that meet are none's fault: AWS refuses one of them then.
                if answer.status == 200 || !answer.reasons().contains(&"TransactionConflict") {
                    return answer;
                }
            }
        }
    });
    let answers = join_all(tries).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 4, "one for each guard");
    assert!(
        answers.iter().all(|answer| answer.status == 200 || answer.reasons() == ["None", "ConditionalCheckFailed"])
    );
    assert_eq!(place.get("A", "count").await["count"]["N"], "4");
}
