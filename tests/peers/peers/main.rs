//! The system against servers that are not ours, started by the tests themselves on loopback: Debian's `redis-server`.
//! A test whose server is not installed fails and says which package is missing.

#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it failed, and so do its helpers")]

mod redis;
#[expect(dead_code, reason = "the integration tests need more of it than these")]
mod sessions;
#[expect(dead_code, unused_imports, reason = "the integration tests need more of it than these")]
#[path = "../../it/site/mod.rs"]
mod site;

mod cache_down;
mod cache_places;
mod engines;
