//! Updates: single attributes set, counted and removed, under a condition.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Place, item, key, names};

/// An update of an item of the table of accounts; each word that begins with `#` stands for the name after it.
fn update(place: &Place, sk: &str, expression: &str, condition: &str, values: Value) -> Value {
    let mut request = json!({
        "TableName": place.accounts(),
        "Key": key("A", sk),
        "UpdateExpression": expression,
        "ExpressionAttributeNames": names([expression, condition]),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    if !condition.is_empty() {
        request["ConditionExpression"] = json!(condition);
    }
    if values.as_object().is_some_and(|values| !values.is_empty()) {
        request["ExpressionAttributeValues"] = values;
    }
    request
}

/// The same, with what it is to give.
fn giving(mut request: Value, what: &str) -> Value {
    request["ReturnValues"] = json!(what);
    request
}

fn number(value: i64) -> Value {
    json!({ "N": value.to_string() })
}

pub(crate) async fn what_is_not_there_is_made_and_a_counter_begins_at_zero(place: &Place) {
    let request = update(place, "1", "SET #last = :l ADD #count :c", "", json!({ ":l": number(7), ":c": number(2) }));
    let answer = place.done("UpdateItem", giving(request.clone(), "ALL_NEW")).await;
    let made = item("A", "1", json!({ "last": number(7), "count": number(2) }));
    assert_eq!(answer["Attributes"], made);
    let answer = place.done("UpdateItem", giving(request.clone(), "ALL_OLD")).await;
    assert_eq!(answer["Attributes"], made, "what was there before");
    assert_eq!(place.get("A", "1").await["count"], number(4));
    let request = update(place, "2", "ADD #count :c", "", json!({ ":c": number(-2) }));
    let answer = place.done("UpdateItem", giving(request, "ALL_OLD")).await;
    let before = answer["Attributes"].as_object().cloned().unwrap_or_default();
    assert!(before.keys().all(|name| name == "PK" || name == "SK"), "nothing was there before: {answer}");
    assert_eq!(place.get("A", "2").await["count"], number(-2));
}

pub(crate) async fn counts_at_the_same_time_are_counted_one_by_one(place: &Place) {
    let most = json!({ ":c": number(1), ":m": number(15) });
    let limited = "(attribute_not_exists(#count) OR #count < :m)";
    let counts = (0..25).map(|_| {
        let request = update(place, "1", "ADD #count :c", limited, most.clone());
        async move { place.ask("UpdateItem", &request).await }
    });
    let answers = join_all(counts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 15);
    assert_eq!(place.get("A", "1").await["count"], number(15));
}

pub(crate) async fn a_refused_update_changes_nothing_and_says_what_was_there(place: &Place) {
    let before = item("A", "1", json!({ "count": number(5), "data": { "M": { "a": { "S": "" } } } }));
    place.put(&before).await;
    let request = |sk| update(place, sk, "ADD #count :c", "#count < :c", json!({ ":c": number(1) }));
    let answer = place.ask("UpdateItem", &request("1")).await;
    assert_eq!((answer.status, answer.code()), (400, "ConditionalCheckFailedException"));
    assert_eq!(answer.body["Item"], before);
    let answer = place.ask("UpdateItem", &request("2")).await;
    assert_eq!((answer.status, answer.code()), (400, "ConditionalCheckFailedException"));
    assert!(answer.body["Item"].as_object().is_none_or(serde_json::Map::is_empty), "{}", answer.body);
    assert_eq!(place.get("A", "1").await, before);
    assert_eq!(place.get("A", "2").await, Value::Null);
}

pub(crate) async fn single_keys_of_a_map_are_set_and_removed(place: &Place) {
    place.put(&item("A", "1", json!({ "data": { "M": { "a": { "S": "1" }, "b": { "S": "2" } } } }))).await;
    let mut request =
        update(place, "1", "SET #data.#x = :x REMOVE #data.#b, #data.#absent", "", json!({ ":x": { "S": "3" } }));
    request["ExpressionAttributeNames"]["#x"] = json!("a.b = :x");
    place.done("UpdateItem", request).await;
    assert_eq!(place.get("A", "1").await["data"], json!({ "M": { "a": { "S": "1" }, "a.b = :x": { "S": "3" } } }));
    // Two at the same time keep each other's.
    let set = |name: &str| update(place, "1", &format!("SET #data.#{name} = :x"), "", json!({ ":x": { "S": name } }));
    let names = ["k1", "k2", "k3", "k4", "k5", "k6"];
    for answer in join_all(names.map(|name| async move { place.ask("UpdateItem", &set(name)).await })).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let data = place.get("A", "1").await;
    assert!(names.iter().all(|name| data["data"]["M"][name]["S"] == *name), "{data}");
}

pub(crate) async fn a_map_that_is_gone_is_no_place_and_a_condition_comes_first(place: &Place) {
    let ended = item("A", "1", json!({ "ended": { "S": "x" } }));
    place.put(&ended).await;
    let value = json!({ ":x": { "S": "3" } });
    let request = update(place, "1", "SET #data.#a = :x", "attribute_not_exists(#ended)", value.clone());
    let answer = place.ask("UpdateItem", &request).await;
    assert_eq!((answer.status, answer.code()), (400, "ConditionalCheckFailedException"));
    let request = update(place, "1", "SET #data.#a = :x", "", value.clone());
    assert_eq!(place.refused("UpdateItem", request).await, "ValidationException");
    let request = update(place, "2", "SET #data.#a = :x", "attribute_exists(#ended)", value);
    assert_eq!(place.refused("UpdateItem", request).await, "ConditionalCheckFailedException");
    assert_eq!(place.get("A", "1").await, ended);
}

pub(crate) async fn what_is_there_is_kept_where_that_is_asked_for(place: &Place) {
    let request = |until| {
        update(
            place,
            "1",
            "SET #until = if_not_exists(#until, :u) ADD #count :c",
            "",
            json!({ ":u": number(until), ":c": number(1) }),
        )
    };
    for until in [7, 8] {
        place.done("UpdateItem", request(until)).await;
        assert_eq!(place.get("A", "1").await["until"], number(7));
    }
}

pub(crate) async fn attributes_are_set_removed_and_counted_in_one_step(place: &Place) {
    place.put(&item("A", "1", json!({ "count": number(1), "old": { "S": "x" }, "data": { "M": {} } }))).await;
    let all = "SET #email = :e, #list = :l REMOVE #old, #absent, #data ADD #count :c, #other :c ";
    let values = json!({ ":e": { "S": "" }, ":l": { "L": [{ "M": { "a": { "N": "1" } } }] }, ":c": number(-1) });
    place.done("UpdateItem", update(place, "1", all, "attribute_exists(#PK)", values)).await;
    let after = json!({
        "email": { "S": "" },
        "list": { "L": [{ "M": { "a": { "N": "1" } } }] },
        "count": number(0),
        "other": number(-1),
    });
    assert_eq!(place.get("A", "1").await, item("A", "1", after));
}

pub(crate) async fn an_update_that_makes_no_sense_changes_nothing(place: &Place) {
    let before = item("A", "1", json!({ "name": { "S": "kim" }, "count": number(1), "data": { "M": {} } }));
    place.put(&before).await;
    for (case, expression, values) in [
        ("a text is counted", "ADD #name :v", json!({ ":v": number(1) })),
        ("a text is added", "ADD #count :v", json!({ ":v": { "S": "1" } })),
        ("set and removed", "SET #count = :v REMOVE #count", json!({ ":v": number(1) })),
        ("a map and its key", "SET #data = :v, #data.#a = :v", json!({ ":v": number(1) })),
        ("a key of a text", "SET #name.#a = :v", json!({ ":v": number(1) })),
        ("twice", "SET #a = :v SET #b = :v", json!({ ":v": number(1) })),
        ("too many digits", "SET #a = :v", json!({ ":v": { "N": "1".repeat(39) } })),
    ] {
        let request = update(place, "1", expression, "", values);
        assert_eq!(place.refused("UpdateItem", request).await, "ValidationException", "{case}");
    }
    assert_eq!(place.get("A", "1").await, before);
}
