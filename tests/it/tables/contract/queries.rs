//! Queries and scans: in which order, where a page ends and how the next one goes on.

use serde_json::{Value, json};

use super::items::of_size;
use super::{Place, item, key};

/// What is read of one partition.
fn query(place: &Place, pk: &str, prefix: &str) -> Value {
    let mut request = json!({
        "TableName": place.accounts(),
        "KeyConditionExpression": "#p = :p",
        "ExpressionAttributeNames": { "#p": "PK" },
        "ExpressionAttributeValues": { ":p": { "S": pk } },
        "ConsistentRead": true,
    });
    if !prefix.is_empty() {
        request["KeyConditionExpression"] = json!("#p = :p AND begins_with(#s, :s)");
        request["ExpressionAttributeNames"]["#s"] = json!("SK");
        request["ExpressionAttributeValues"][":s"] = json!({ "S": prefix });
    }
    request
}

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["SK"]["S"].as_str().unwrap()).collect()
}

/// All pages, each within `limit`, and how many there were.
async fn pages(place: &Place, request: &Value) -> (Vec<String>, usize) {
    let (mut seen, mut count, mut from) = (Vec::new(), 0, Value::Null);
    loop {
        let request = if from.is_null() { request.clone() } else { with(request.clone(), "ExclusiveStartKey", from) };
        let mut answer = place.done("Query", request.clone()).await;
        count += 1;
        let page = names(&answer);
        if let Some(limit) = request["Limit"].as_u64() {
            assert!(page.len() as u64 <= limit);
        }
        seen.extend(page.into_iter().map(str::to_owned));
        from = answer["LastEvaluatedKey"].take();
        if from.is_null() {
            return (seen, count);
        }
        assert_eq!(from.as_object().unwrap().len(), 2, "a place is a key: {from}");
    }
}

pub(crate) async fn a_partition_is_read_in_the_order_of_the_bytes(place: &Place) {
    let sorted = ["!", "A#1", "A#10", "A#2", "B", "a", "é", "가", "\u{ffff}", "\u{1f600}"];
    for name in sorted.iter().rev() {
        place.put(&item("A", name, json!({ "a": { "S": "x" } }))).await;
    }
    for other in ["A#", "AA", "B"] {
        place.put(&key(other, "A#1")).await;
    }
    let answer = place.done("Query", query(place, "A", "")).await;
    assert_eq!(names(&answer), sorted);
    assert_eq!(answer["Items"][0], item("A", "!", json!({ "a": { "S": "x" } })));
    let backwards = place.done("Query", with(query(place, "A", ""), "ScanIndexForward", json!(false))).await;
    assert!(names(&backwards).into_iter().rev().eq(sorted));
    let begins = place.done("Query", query(place, "A", "A#1")).await;
    assert_eq!(names(&begins), ["A#1", "A#10"]);
    let keys = with(query(place, "A", "A#"), "ProjectionExpression", json!("#p, #s"));
    assert_eq!(place.done("Query", keys).await["Items"], json!([key("A", "A#1"), key("A", "A#10"), key("A", "A#2")]));
    let nothing = place.done("Query", query(place, "C", "")).await;
    assert_eq!((&nothing["Items"], &nothing["LastEvaluatedKey"]), (&json!([]), &Value::Null));
}

pub(crate) async fn a_page_ends_at_its_limit_and_the_next_one_goes_on_there(place: &Place) {
    let sorted: Vec<_> = (0..7).map(|number| format!("A#{number}")).collect();
    for name in sorted.iter().map(String::as_str).chain(["B", "@"]) {
        place.put(&key("A", name)).await;
    }
    for limit in 1..=8 {
        let request = with(query(place, "A", "A#"), "Limit", json!(limit));
        assert_eq!(pages(place, &request).await.0, sorted, "{limit}");
        let backwards = with(request, "ScanIndexForward", json!(false));
        assert!(pages(place, &backwards).await.0.iter().rev().eq(&sorted), "{limit}");
    }
    let first = place.done("Query", with(query(place, "A", "A#"), "Limit", json!(3))).await;
    assert_eq!(first["LastEvaluatedKey"], key("A", "A#2"), "there are more");
    let cut = place.done("Query", with(query(place, "A", "A#"), "Limit", json!(7))).await;
    assert_eq!(
        cut["LastEvaluatedKey"],
        key("A", "A#6"),
        "where the limit falls on the last one, that is not known yet"
    );
    let all = place.done("Query", with(query(place, "A", "A#"), "Limit", json!(8))).await;
    assert_eq!(all["LastEvaluatedKey"], Value::Null);
}

pub(crate) async fn a_page_goes_on_after_a_place_where_nothing_is(place: &Place) {
    for name in ["1", "2", "4", "5"] {
        place.put(&key("A", name)).await;
    }
    let from = |name: &str| with(query(place, "A", ""), "ExclusiveStartKey", key("A", name));
    assert_eq!(names(&place.done("Query", from("3")).await), ["4", "5"]);
    let backwards = with(from("3"), "ScanIndexForward", json!(false));
    assert_eq!(names(&place.done("Query", backwards).await), ["2", "1"]);
    assert_eq!(place.done("Query", from("5")).await["Items"], json!([]));
    assert_eq!(place.done("Query", from("9")).await["Items"], json!([]));
}

pub(crate) async fn a_page_is_a_megabyte_whatever_is_asked_of_it(place: &Place) {
    let sorted: Vec<_> = (0..24).map(|number| format!("{number:02}")).collect();
    for name in &sorted {
        place.put(&of_size("A", name, 100_000)).await;
    }
    let (seen, count) = pages(place, &query(place, "A", "")).await;
    assert_eq!((seen, count), (sorted.clone(), 3));
    let keys = with(query(place, "A", ""), "ProjectionExpression", json!("#p, #s"));
    let keys = with(keys, "ExpressionAttributeNames", json!({ "#p": "PK", "#s": "SK" }));
    let (seen, count) = pages(place, &keys).await;
    assert_eq!((seen, count), (sorted, 3), "keys alone are no less to read");
}

pub(crate) async fn a_scan_sees_everything_once(place: &Place) {
    let mut written = Vec::new();
    for number in 0..24 {
        let item = of_size(&format!("P{}", number % 5), &format!("{number:02}"), 100_000);
        place.put(&item).await;
        written.push(item["SK"]["S"].as_str().unwrap().to_owned());
    }
    let (mut seen, mut from, mut count) = (Vec::new(), Value::Null, 0);
    loop {
        let mut request = json!({ "TableName": place.accounts(), "ConsistentRead": true });
        if !from.is_null() {
            request["ExclusiveStartKey"] = from;
        }
        let mut answer = place.done("Scan", request).await;
        count += 1;
        seen.extend(names(&answer).into_iter().map(str::to_owned));
        from = answer["LastEvaluatedKey"].take();
        if from.is_null() {
            break;
        }
    }
    seen.sort();
    assert_eq!((seen, count), (written, 3));
}
