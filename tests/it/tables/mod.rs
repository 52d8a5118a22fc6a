//! What the product relies on between itself and its tables, held against the embedded `DynamoDB`. `tests/peers` holds
//! another server against the same.

pub(crate) mod contract;
mod embedded;
