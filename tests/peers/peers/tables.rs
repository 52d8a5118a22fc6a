//! AWS's `DynamoDB` Local through the contract of all tables: what the product relies on is so where others have built it.

#[path = "../../it/tables/contract/mod.rs"]
pub(crate) mod contract;

use crate::dynamodb_local::DynamoDbLocal;

contract::contract!(DynamoDbLocal::shared());
