//! What the tables are, and what nobody may ask of them.

use serde_json::{Value, json};

use super::{Difference, Place, item, key};

async fn described(place: &Place, table: &str) -> Value {
    place.done("DescribeTable", json!({ "TableName": table })).await["Table"].take()
}

pub(crate) async fn the_tables_are_as_the_template_says(place: &Place) {
    for table in [&place.tables.accounts, &place.tables.sessions, &place.tables.outbox] {
        let described = described(place, table).await;
        assert_eq!(described["TableStatus"], "ACTIVE");
        let keys = json!([
            { "AttributeName": "PK", "KeyType": "HASH" },
            { "AttributeName": "SK", "KeyType": "RANGE" },
        ]);
        assert_eq!(described["KeySchema"], keys, "{table}");
        let expiry = place.done("DescribeTimeToLive", json!({ "TableName": table })).await;
        let expiry = &expiry["TimeToLiveDescription"];
        assert_eq!(expiry["TimeToLiveStatus"], "ENABLED", "{table}");
        let attribute = if *table == place.tables.accounts { "audited_until" } else { "expires_at" };
        assert_eq!(expiry["AttributeName"], attribute, "{table}");
    }
    let index = &described(place, place.accounts()).await["GlobalSecondaryIndexes"][0];
    assert_eq!((&index["IndexName"], &index["IndexStatus"]), (&json!("listing"), &json!("ACTIVE")));
    let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["user_id"] });
    assert_eq!(index["Projection"], projection);
    let stream = &described(place, &place.tables.outbox).await["StreamSpecification"];
    assert_eq!(stream, &json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" }));
}

pub(crate) async fn what_has_expired_is_read_until_it_is_deleted(place: &Place) {
    let table = place.sessions();
    let past = item("A", "1", json!({ "expires_at": { "N": "1" } }));
    place.done("PutItem", json!({ "TableName": table, "Item": past })).await;
    let read = json!({ "TableName": table, "Key": key("A", "1"), "ConsistentRead": true });
    assert_eq!(place.done("GetItem", read).await["Item"], past);
}

pub(crate) async fn a_mistake_of_ours_has_the_name_that_tells_it_from_a_fault_of_theirs(place: &Place) {
    let (table, there) = (place.accounts(), key("A", "1"));
    for (case, operation, request, expected) in [
        ("no table", "GetItem", json!({ "TableName": "nobodys", "Key": there }), "ResourceNotFoundException"),
        (
            "no table in a batch",
            "BatchGetItem",
            json!({ "RequestItems": { "nobodys": { "Keys": [there] } } }),
            "ResourceNotFoundException",
        ),
        (
            "no index",
            "Query",
            json!({ "TableName": table, "IndexName": "nobodys", "KeyConditionExpression": "a = :a",
                "ExpressionAttributeValues": { ":a": { "S": "a" } } }),
            "ValidationException",
        ),
        ("half a key", "GetItem", json!({ "TableName": table, "Key": { "PK": { "S": "A" } } }), "ValidationException"),
        (
            "a key of another type",
            "GetItem",
            json!({ "TableName": table, "Key": { "PK": { "N": "1" }, "SK": { "S": "1" } } }),
            "ValidationException",
        ),
        (
            "an item without a key",
            "PutItem",
            json!({ "TableName": table, "Item": { "a": { "S": "" } } }),
            "ValidationException",
        ),
        (
            "no expression",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "SET" }),
            "ValidationException",
        ),
        (
            "a value that is not given",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "SET a = :a" }),
            "ValidationException",
        ),
        (
            "a value that is not used",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "REMOVE a",
                "ExpressionAttributeValues": { ":a": { "S": "a" } } }),
            "ValidationException",
        ),
        (
            "a name that is not used",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "REMOVE a",
                "ExpressionAttributeNames": { "#a": "a" } }),
            "ValidationException",
        ),
        (
            "a reserved word that is no placeholder's",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "REMOVE data" }),
            "ValidationException",
        ),
        (
            "another key",
            "UpdateItem",
            json!({ "TableName": table, "Key": there, "UpdateExpression": "SET SK = :a",
                "ExpressionAttributeValues": { ":a": { "S": "a" } } }),
            "ValidationException",
        ),
        (
            "a number that is none",
            "PutItem",
            json!({ "TableName": table, "Item": item("A", "1", json!({ "a": { "N": "one" } })) }),
            "ValidationException",
        ),
        ("an operation that is none", "GiveItem", json!({ "TableName": table }), "UnknownOperationException"),
    ] {
        assert_eq!(place.refused(operation, request).await, expected, "{case}");
    }
    assert_eq!(place.get("A", "1").await, Value::Null, "nothing came of it");
    let formless = place.ask("PutItem", &json!({ "TableName": table, "Item": [] })).await;
    let told = (formless.status, formless.code());
    if place.differs(Difference::FormIsNotChecked) {
        assert_eq!(told, (500, "InternalFailure"));
    } else {
        assert_eq!(told, (400, "SerializationException"));
    }
}
