//! The embedded `DynamoDB` through the contract of all of them.

use local::dynamodb::DynamoDb;

use super::contract::{Place, contract, tables};

fn start() -> (Place, DynamoDb) {
    let tables = tables("");
    let server = DynamoDb::start(None, &tables).unwrap();
    (Place::at(&server.url(), &tables, &[]), server)
}

contract!(async { start() });
