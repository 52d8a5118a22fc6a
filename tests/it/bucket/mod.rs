//! What the product relies on between itself and its bucket, held against the embedded S3. `tests/peers` holds another
//! server against the same.

pub(crate) mod contract;
mod embedded;
