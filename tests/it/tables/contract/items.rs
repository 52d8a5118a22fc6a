//! Items: what they hold, how large they may be, and that they are read as soon as they are written.

use serde_json::{Value, json};

use super::{Place, item, key};

pub(crate) async fn an_item_is_read_as_it_was_written_at_once(place: &Place) {
    assert_eq!(place.get("A", "1").await, Value::Null);
    let written = item(
        "A",
        "1",
        json!({
            "empty": { "S": "" },
            "text": { "S": "kim \u{1f600} \u{0} \" \\ \u{2028} </script> 가나다" },
            "largest": { "N": "9223372036854775807" },
            "smallest": { "N": "-9223372036854775808" },
            "unsigned": { "N": "18446744073709551615" },
            "38 digits": { "N": "12345678901234567890123456789012345678" },
            "fraction": { "N": "0.1" },
            "zero": { "N": "0" },
            "yes": { "BOOL": true },
            "no": { "BOOL": false },
            "nothing": { "NULL": true },
            "list": { "L": [{ "S": "a" }, { "L": [] }, { "M": {} }, { "N": "1" }] },
            "map": { "M": { "a.b = :x": { "S": "1" }, "$N": { "S": "2" } } },
            "bytes": { "B": "AP8H" },
            "no bytes": { "B": "" },
            "texts": { "SS": ["x"] },
            "numbers": { "NS": ["2.5"] },
            "many bytes": { "BS": ["AQ=="] },
            "until#01a2-b3": { "N": "1" },
            "bytes#image": { "N": "2" },
        }),
    );
    place.put(&written).await;
    assert_eq!(place.get("A", "1").await, written);
    place.put(&key("A", "1")).await;
    assert_eq!(place.get("A", "1").await, key("A", "1"), "a put replaces the whole item");
}

pub(crate) async fn a_number_is_stored_in_one_way(place: &Place) {
    for (written, read) in [("1E+3", "1000"), ("-0", "0"), ("007", "7"), ("1.50", "1.5"), ("1e-3", "0.001")] {
        place.put(&item("A", "1", json!({ "a": { "N": written } }))).await;
        assert_eq!(place.get("A", "1").await["a"]["N"], read, "{written}");
    }
    let longer = json!({ "a": { "N": "123456789012345678901234567890123456789" } });
    let request = json!({ "TableName": place.accounts(), "Item": item("B", "1", longer) });
    assert_eq!(place.refused("PutItem", request).await, "ValidationException");
}

pub(crate) async fn a_set_holds_each_value_once_and_is_not_empty(place: &Place) {
    place.put(&item("A", "1", json!({ "a": { "SS": ["y", "x", "z"] } }))).await;
    let mut read = place.get("A", "1").await["a"]["SS"].take();
    read.as_array_mut().unwrap().sort_by_key(ToString::to_string);
    assert_eq!(read, json!(["x", "y", "z"]));
    for set in [json!({ "SS": [] }), json!({ "SS": ["x", "x"] }), json!({ "NS": ["1", "1.0"] })] {
        let request = json!({ "TableName": place.accounts(), "Item": item("A", "2", json!({ "a": set })) });
        assert_eq!(place.refused("PutItem", request).await, "ValidationException", "{set}");
    }
}

pub(crate) async fn an_attribute_has_a_name(place: &Place) {
    for attributes in [json!({ "": { "S": "x" } }), json!({ "map": { "M": { "": { "S": "x" } } } })] {
        let request = json!({ "TableName": place.accounts(), "Item": item("A", "1", attributes.clone()) });
        assert_eq!(place.refused("PutItem", request).await, "ValidationException", "{attributes}");
    }
}

pub(crate) async fn a_key_has_a_length(place: &Place) {
    let letters = |count: usize| "k".repeat(count);
    // A letter is as long as its bytes.
    let hangul = "가".repeat(341);
    for (pk, sk) in [(letters(2_048), letters(1_024)), (letters(1), format!("{hangul}k"))] {
        place.put(&key(&pk, &sk)).await;
        assert_eq!(place.get(&pk, &sk).await, key(&pk, &sk));
    }
    for (pk, sk) in [
        (String::new(), letters(1)),
        (letters(1), String::new()),
        (letters(2_049), letters(1)),
        (letters(1), letters(1_025)),
        (letters(1), format!("{hangul}kk")),
    ] {
        let case = format!("{} {}", pk.len(), sk.len());
        let put = json!({ "TableName": place.accounts(), "Item": key(&pk, &sk) });
        assert_eq!(place.refused("PutItem", put).await, "ValidationException", "{case}");
        let get = json!({ "TableName": place.accounts(), "Key": key(&pk, &sk) });
        assert_eq!(place.refused("GetItem", get).await, "ValidationException", "{case}");
    }
}

/// What an item holds at most, in bytes of its names and values.
pub(super) const MOST: usize = 400 * 1_024;

/// An item of exactly so many bytes.
pub(super) fn of_size(pk: &str, sk: &str, bytes: usize) -> Value {
    let named = "PKSKtext".len() + pk.len() + sk.len();
    item(pk, sk, json!({ "text": { "S": "x".repeat(bytes - named) } }))
}

pub(crate) async fn an_item_holds_400_kilobytes_and_no_more(place: &Place) {
    place.put(&of_size("A", "1", MOST)).await;
    let larger = json!({ "TableName": place.accounts(), "Item": of_size("A", "2", MOST + 1) });
    assert_eq!(place.refused("PutItem", larger).await, "ValidationException");
    let grown = json!({
        "TableName": place.accounts(),
        "Key": key("A", "1"),
        "UpdateExpression": "SET #a = :a",
        "ExpressionAttributeNames": { "#a": "a" },
        "ExpressionAttributeValues": { ":a": { "S": "" } },
    });
    assert_eq!(place.refused("UpdateItem", grown).await, "ValidationException");
    assert_eq!(place.get("A", "1").await, of_size("A", "1", MOST));
    assert_eq!(place.get("A", "2").await, Value::Null);
}
