//! The system against programs that are not ours, started by the tests themselves: Debian's `redis-server` and `clamd`,
//! `SeaweedFS` and AWS's `DynamoDB` Local, and Node for the code of the distribution. A test whose program is not installed fails and
//! says what is missing.

#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it failed, and so do its helpers")]

mod clamd;
mod redis;
#[expect(dead_code, reason = "the integration tests need more of it than these")]
mod sessions;
#[expect(dead_code, unused_imports, reason = "the integration tests need more of it than these")]
#[path = "../../it/site/mod.rs"]
mod site;

mod bucket;
mod cache_down;
mod cache_places;
mod dynamodb_local;
mod edge_functions;
mod engines;
mod malware;
mod mirror;
mod site_on_dynamodb_local;
mod tables;
mod weed;
