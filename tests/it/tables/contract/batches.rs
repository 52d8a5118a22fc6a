//! Batches: many items in one call, and what does not fit into it.

use serde_json::{Value, json};

use super::items::of_size;
use super::{Place, item, key};

fn read(table: &str, keys: &[Value]) -> Value {
    json!({ "RequestItems": { table: { "Keys": keys, "ConsistentRead": true } } })
}

pub(crate) async fn items_of_several_tables_are_read_at_once_and_what_is_absent_is_left_out(place: &Place) {
    let (accounts, sessions) = (place.accounts(), place.sessions());
    place.put(&item("A", "1", json!({ "a": { "S": "" } }))).await;
    place.done("PutItem", json!({ "TableName": sessions, "Item": key("A", "2") })).await;
    let request = json!({ "RequestItems": {
        accounts: { "Keys": [key("A", "1"), key("A", "2")], "ConsistentRead": true },
        sessions: { "Keys": [key("A", "1"), key("A", "2")], "ConsistentRead": true },
    } });
    let answer = place.done("BatchGetItem", request).await;
    assert_eq!(answer["Responses"][accounts], json!([item("A", "1", json!({ "a": { "S": "" } }))]));
    assert_eq!(answer["Responses"][sessions], json!([key("A", "2")]));
    assert!(answer["UnprocessedKeys"].as_object().is_none_or(serde_json::Map::is_empty), "{answer}");
    let answer = place.done("BatchGetItem", read(accounts, &[key("B", "1")])).await;
    assert!(answer["Responses"][accounts].as_array().is_none_or(Vec::is_empty), "{answer}");
}

pub(crate) async fn a_hundred_keys_are_read_at_once_each_named_once(place: &Place) {
    let keys: Vec<_> = (0..101).map(|number| key("A", &format!("{number:03}"))).collect();
    for key in &keys[..3] {
        place.put(key).await;
    }
    let answer = place.done("BatchGetItem", read(place.accounts(), &keys[..100])).await;
    assert_eq!(answer["Responses"][place.accounts()].as_array().unwrap().len(), 3);
    for keys in [&keys[..], &[], &[keys[0].clone(), keys[0].clone()]] {
        let refused = place.refused("BatchGetItem", read(place.accounts(), keys)).await;
        assert_eq!(refused, "ValidationException", "{}", keys.len());
    }
}

pub(crate) async fn what_is_too_much_for_one_answer_is_left_to_be_asked_for_again(place: &Place) {
    let keys: Vec<_> = (0..50).map(|number| key("A", &format!("{number:03}"))).collect();
    for key in &keys {
        place.put(&of_size("A", key["SK"]["S"].as_str().unwrap(), 390_000)).await;
    }
    let (mut request, mut calls, mut seen) = (read(place.accounts(), &keys), 0, Vec::new());
    loop {
        let mut answer = place.done("BatchGetItem", request).await;
        calls += 1;
        let items = answer["Responses"][place.accounts()].as_array().cloned().unwrap_or_default();
        assert!(!items.is_empty(), "there is some progress");
        seen.extend(items.iter().map(|item| item["SK"]["S"].as_str().unwrap().to_owned()));
        let rest = answer["UnprocessedKeys"].take();
        if rest.as_object().is_none_or(serde_json::Map::is_empty) {
            break;
        }
        // The rest is a request as it stands, as strongly consistent as the first.
        assert_eq!(rest[place.accounts()]["ConsistentRead"], true);
        request = json!({ "RequestItems": rest });
    }
    seen.sort();
    assert!(seen.iter().map(String::as_str).eq(keys.iter().map(|key| key["SK"]["S"].as_str().unwrap())));
    assert_eq!(calls, 2, "16 MB at a time");
}

pub(crate) async fn twenty_five_are_deleted_at_once_whether_they_exist_or_not(place: &Place) {
    let delete = |number: usize| json!({ "DeleteRequest": { "Key": key("A", &format!("{number:03}")) } });
    let request = |count: usize| {
        let deletions: Vec<_> = (0..count).map(delete).collect();
        json!({ "RequestItems": { place.accounts(): deletions } })
    };
    for number in 0..10 {
        place.put(&key("A", &format!("{number:03}"))).await;
    }
    assert_eq!(place.refused("BatchWriteItem", request(26)).await, "ValidationException");
    let twice = json!({ "RequestItems": { place.accounts(): [delete(0), delete(0)] } });
    assert_eq!(place.refused("BatchWriteItem", twice).await, "ValidationException");
    assert_eq!(place.get("A", "000").await, key("A", "000"));
    let answer = place.done("BatchWriteItem", request(25)).await;
    assert!(answer["UnprocessedItems"].as_object().is_none_or(serde_json::Map::is_empty), "{answer}");
    for number in 0..10 {
        assert_eq!(place.get("A", &format!("{number:03}")).await, Value::Null);
    }
}
