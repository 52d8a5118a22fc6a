//! `SeaweedFS` through the contract of all buckets: what is signed is what an S3 takes that is not ours.

#[path = "../../it/bucket/contract/mod.rs"]
pub(crate) mod contract;

use crate::weed::Weed;

contract::contract!(Weed::shared());
