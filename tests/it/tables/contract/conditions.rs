//! Conditions: what holds, what does not, and that of many at the same time one wins.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Place, item, key, names};

/// A put of an item where there is none.
fn put_new(place: &Place, item: &Value) -> Value {
    json!({ "TableName": place.accounts(), "Item": item, "ConditionExpression": "attribute_not_exists(PK)" })
}

pub(crate) async fn each_condition_holds_where_it_should_and_nowhere_else(place: &Place) {
    place
        .put(&item(
            "A",
            "1",
            json!({
                "number": { "N": "5" },
                "name": { "S": "kim" },
                "flag": { "BOOL": true },
                "names": { "L": [{ "S": "a" }, { "S": "b" }] },
                "none": { "L": [] },
                "former": { "L": [{ "M": { "email": { "S": "a@b.c" }, "until": { "N": "7" } } }] },
                "cost": { "M": { "work": { "N": "10" }, "memory": { "N": "1" } } },
            }),
        ))
        .await;
    let (number, text) = (|value: &str| json!({ "N": value }), |value: &str| json!({ "S": value }));
    for (sk, condition, value, holds) in [
        ("1", "attribute_exists(#PK)", Value::Null, true),
        ("2", "attribute_exists(#PK)", Value::Null, false),
        ("1", "attribute_not_exists(#PK)", Value::Null, false),
        ("2", "attribute_not_exists(#PK)", Value::Null, true),
        ("1", "attribute_exists(#absent)", Value::Null, false),
        ("1", "attribute_not_exists(#absent)", Value::Null, true),
        ("1", "attribute_exists(#cost.#memory)", Value::Null, true),
        ("1", "attribute_not_exists(#cost.#absent)", Value::Null, true),
        ("1", "attribute_not_exists(#absent.#absent)", Value::Null, true),
        ("1", "#number = :v", number("5"), true),
        ("1", "#number = :v", number("5.0"), true),
        ("1", "#number = :v", number("6"), false),
        ("1", "#number = :v", text("5"), false),
        ("1", "#number < :v", number("10"), true),
        ("1", "#number < :v", number("5"), false),
        ("1", "#number <= :v", number("5"), true),
        ("1", "#number <= :v", number("-1"), false),
        ("1", "#number > :v", number("4"), true),
        ("1", "#number > :v", number("5"), false),
        ("1", "#number < :v", text("zzz"), false),
        ("1", "#absent < :v", number("10"), false),
        ("1", "#absent = :v", number("0"), false),
        ("1", "#number <> :v", number("5"), false),
        ("1", "#number <> :v", number("6"), true),
        ("1", "#number <> :v", text("5"), true),
        ("1", "#absent <> :v", number("5"), true),
        ("2", "#absent <> :v", number("5"), true),
        ("1", "#name = :v", text("kim"), true),
        ("1", "#name = :v", text("Kim"), false),
        ("1", "#flag = :v", json!({ "BOOL": true }), true),
        ("1", "#flag = :v", json!({ "BOOL": false }), false),
        ("1", "#names = :v", json!({ "L": [{ "S": "a" }, { "S": "b" }] }), true),
        ("1", "#names = :v", json!({ "L": [{ "S": "b" }, { "S": "a" }] }), false),
        ("1", "#names = :v", json!({ "L": [{ "S": "a" }] }), false),
        ("1", "#none = :v", json!({ "L": [] }), true),
        ("1", "#former = :v", json!({ "L": [{ "M": { "until": { "N": "7" }, "email": { "S": "a@b.c" } } }] }), true),
        ("1", "#former = :v", json!({ "L": [{ "M": { "until": { "N": "8" }, "email": { "S": "a@b.c" } } }] }), false),
        ("1", "#cost.#work < :v", number("11"), true),
        ("1", "#cost.#work < :v", number("10"), false),
        ("1", "(attribute_not_exists(#number) OR #number < :v)", number("6"), true),
        ("1", "(attribute_not_exists(#number) OR #number < :v)", number("5"), false),
        ("2", "(attribute_not_exists(#number) OR #number < :v)", number("0"), true),
        ("1", "(attribute_not_exists(#absent.#work) OR #absent.#work < :v)", number("0"), true),
        ("1", "attribute_exists(#PK) AND attribute_not_exists(#absent) AND #number = :v", number("5"), true),
        ("1", "attribute_exists(#absent) AND attribute_exists(#PK) OR #number = :v", number("5"), true),
        ("1", "attribute_exists(#absent) AND (attribute_exists(#PK) OR #number = :v)", number("5"), false),
    ] {
        let mut request = json!({
            "TableName": place.accounts(),
            "Key": key("A", sk),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names([condition]),
        });
        if !value.is_null() {
            request["ExpressionAttributeValues"] = json!({ ":v": value });
        }
        // A check alone: nothing is changed by it, whether it holds or not.
        let answer =
            place.ask("TransactWriteItems", &json!({ "TransactItems": [{ "ConditionCheck": request }] })).await;
        if holds {
            assert_eq!(answer.status, 200, "{sk} {condition} {value}: {}", answer.body);
        } else {
            assert_eq!(answer.reasons(), ["ConditionalCheckFailed"], "{sk} {condition} {value}");
        }
    }
}

pub(crate) async fn a_refused_put_or_delete_changes_nothing(place: &Place) {
    let before = item("A", "1", json!({ "owner": { "S": "kim" } }));
    place.put(&before).await;
    let request = put_new(place, &key("A", "1"));
    assert_eq!(place.refused("PutItem", request).await, "ConditionalCheckFailedException");
    let delete = |sk: &str, owner: &str| {
        json!({
            "TableName": place.accounts(),
            "Key": key("A", sk),
            "ConditionExpression": "(attribute_not_exists(#o) OR #o = :o)",
            "ExpressionAttributeNames": { "#o": "owner" },
            "ExpressionAttributeValues": { ":o": { "S": owner } },
        })
    };
    assert_eq!(place.refused("DeleteItem", delete("1", "lee")).await, "ConditionalCheckFailedException");
    assert_eq!(place.get("A", "1").await, before);
    place.done("DeleteItem", delete("1", "kim")).await;
    assert_eq!(place.get("A", "1").await, Value::Null);
    place.done("DeleteItem", delete("2", "kim")).await;
    place.done("DeleteItem", json!({ "TableName": place.accounts(), "Key": key("A", "1") })).await;
}

pub(crate) async fn of_many_puts_of_something_new_one_wins(place: &Place) {
    let puts = (0..20).map(|number| {
        let item = item("A", "1", json!({ "by": { "N": number.to_string() } }));
        async move {
            let answer = place.ask("PutItem", &put_new(place, &item)).await;
            (item, answer)
        }
    });
    let answers = join_all(puts).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.status == 200);
    assert!(lost.iter().all(|(_, answer)| answer.code() == "ConditionalCheckFailedException"));
    assert_eq!(won.len(), 1);
    assert_eq!(place.get("A", "1").await, won[0].0);
}
