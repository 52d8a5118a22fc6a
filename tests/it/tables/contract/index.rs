//! The index `listing`: who stands in it, what it shows of them, and how it is paged through.

use serde_json::{Value, json};

use super::{Place, item, key};

/// An item that stands in the list `EMAIL#00` under its sort key.
fn listed(sk: &str) -> Value {
    let attributes = json!({
        "listed_in": { "S": "EMAIL#00" },
        "listed_as": { "S": sk },
        "user_id": { "S": "kim" },
        "other": { "S": "not shown" },
    });
    item("A", sk, attributes)
}

fn query(place: &Place, bound: &str, values: &Value) -> Value {
    let mut request = json!({
        "TableName": place.accounts(),
        "IndexName": "listing",
        "KeyConditionExpression": format!("#p = :p{bound}"),
        "ExpressionAttributeNames": { "#p": "listed_in" },
        "ExpressionAttributeValues": { ":p": { "S": "EMAIL#00" } },
    });
    if !bound.is_empty() {
        request["ExpressionAttributeNames"]["#s"] = json!("listed_as");
    }
    request["ExpressionAttributeValues"].as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    request
}

async fn names(place: &Place, request: Value) -> Vec<String> {
    let answer = place.done("Query", request).await;
    answer["Items"].as_array().unwrap().iter().map(|item| item["listed_as"]["S"].as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn an_entry_shows_its_keys_and_whose_it_is(place: &Place) {
    place.put(&listed("kim")).await;
    place.put(&item("A", "lee", json!({ "user_id": { "S": "lee" } }))).await;
    place.put(&item("A", "max", json!({ "listed_as": { "S": "max" } }))).await;
    let answer = place.done("Query", query(place, "", &json!({}))).await;
    let entry = json!({ "listed_in": { "S": "EMAIL#00" }, "listed_as": { "S": "kim" }, "user_id": { "S": "kim" } });
    assert_eq!(answer["Items"], json!([item("A", "kim", entry)]), "who lacks an attribute is not in it");
}

pub(crate) async fn an_entry_follows_its_item(place: &Place) {
    place.put(&listed("kim")).await;
    let change = |expression: &str, values: Value| {
        let mut request =
            json!({ "TableName": place.accounts(), "Key": key("A", "kim"), "UpdateExpression": expression });
        if values != json!({}) {
            request["ExpressionAttributeValues"] = values;
        }
        request
    };
    place.done("UpdateItem", change("SET listed_as = :a", json!({ ":a": { "S": "kim2" } }))).await;
    assert_eq!(names(place, query(place, "", &json!({}))).await, ["kim2"]);
    place.done("UpdateItem", change("REMOVE listed_in, listed_as", json!({}))).await;
    assert!(names(place, query(place, "", &json!({}))).await.is_empty());
    place.put(&listed("kim")).await;
    place.put(&item("A", "kim", json!({ "listed_in": { "S": "STAFF#00" }, "listed_as": { "S": "kim" } }))).await;
    assert!(names(place, query(place, "", &json!({}))).await.is_empty(), "it is in another list");
    place.put(&listed("kim")).await;
    place.done("DeleteItem", json!({ "TableName": place.accounts(), "Key": key("A", "kim") })).await;
    assert!(names(place, query(place, "", &json!({}))).await.is_empty());
}

pub(crate) async fn a_list_is_paged_through_by_its_places(place: &Place) {
    for name in ["adam", "kim", "kim@x", "kimberly", "lee", "zoe", "한"] {
        place.put(&listed(name)).await;
    }
    let all = ["adam", "kim", "kim@x", "kimberly", "lee", "zoe", "한"];
    assert_eq!(names(place, query(place, "", &json!({}))).await, all);
    let begins = query(place, " AND begins_with(#s, :s)", &json!({ ":s": { "S": "kim" } }));
    assert_eq!(names(place, begins).await, ["kim", "kim@x", "kimberly"]);
    // The product goes on from a place, not from a key: what follows it and begins with a prefix is between the two.
    let between = |after: &str, prefix: &str| {
        let last = format!("{prefix}\u{10ffff}");
        query(place, " AND #s BETWEEN :a AND :l", &json!({ ":a": { "S": after }, ":l": { "S": last } }))
    };
    assert_eq!(names(place, between("kim@x", "kim")).await, ["kim@x", "kimberly"]);
    assert_eq!(names(place, between("kimb", "")).await, ["kimberly", "lee", "zoe", "한"]);
    let mut before = query(place, " AND #s < :a", &json!({ ":a": { "S": "lee" } }));
    before["ScanIndexForward"] = json!(false);
    before["Limit"] = json!(2);
    let answer = place.done("Query", before).await;
    let items = answer["Items"].as_array().unwrap();
    assert_eq!((&items[0]["SK"]["S"], &items[1]["SK"]["S"], items.len()), (&json!("kimberly"), &json!("kim@x"), 2));
    assert!(answer["LastEvaluatedKey"].is_object(), "there are more");
}

pub(crate) async fn a_page_of_the_index_goes_on_where_it_ended(place: &Place) {
    // The same place twice is two entries.
    for (sk, name) in [("1", "a"), ("2", "a"), ("3", "b"), ("4", "c"), ("5", "d")] {
        let entry = json!({ "listed_in": { "S": "EMAIL#00" }, "listed_as": { "S": name } });
        place.put(&item("A", sk, entry)).await;
    }
    let (mut seen, mut from) = (Vec::new(), Value::Null);
    loop {
        let mut request = query(place, "", &json!({}));
        request["Limit"] = json!(2);
        if !from.is_null() {
            request["ExclusiveStartKey"] = from;
        }
        let mut answer = place.done("Query", request).await;
        let items = answer["Items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["SK"]["S"].as_str().unwrap().to_owned()));
        from = answer["LastEvaluatedKey"].take();
        if from.is_null() {
            break;
        }
        assert_eq!(from.as_object().unwrap().len(), 4, "both keys are the place: {from}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    assert_eq!(sorted, ["1", "2", "3", "4", "5"], "each once");
    assert_eq!(seen[2..], ["3", "4", "5"]);
}

pub(crate) async fn the_index_is_not_read_strongly_and_takes_texts_alone(place: &Place) {
    let mut strongly = query(place, "", &json!({}));
    strongly["ConsistentRead"] = json!(true);
    assert_eq!(place.refused("Query", strongly).await, "ValidationException");
    for value in [json!({ "N": "1" }), json!({ "S": "" }), json!({ "NULL": true })] {
        let odd = item("A", "1", json!({ "listed_in": { "S": "EMAIL#00" }, "listed_as": value }));
        let request = json!({ "TableName": place.accounts(), "Item": odd });
        assert_eq!(place.refused("PutItem", request).await, "ValidationException", "{value}");
    }
    assert_eq!(place.get("A", "1").await, Value::Null);
}
