//! S3 on one machine: the protocol is `s3s`, the store is ours, and the unmodified AWS SDK is the client.
//!
//! [`S3Server::start`] binds a loopback port and serves the declared [`Bucket`]s from there, so that for
//! a browser it is a real foreign origin, with CORS, presigned URLs and POST policies as S3 has them.
//! An object that matches a bucket's [`Notification`] leaves an [`Event`], committed together with it.
//!
//! | module | what it knows |
//! |---|---|
//! | `access` | who has a key, and what it is good for |
//! | `front` | the order in which a request is answered: preflight, form, signature rules, `s3s` |
//! | `cors`, `form`, `policy`, `post`, `signed` | what S3 does and `s3s` does not, or does differently |
//! | `api` | the operations, from `s3s`'s types to the store's and back |
//! | `store` | rows in `SQLite`, bodies in files (or both in memory), and the events |

mod access;
mod api;
mod body;
mod checksums;
mod cors;
mod events;
mod form;
mod front;
mod options;
mod policy;
mod post;
mod server;
mod signed;
mod store;

pub use events::{Event, Events};
pub use options::{Bucket, CorsRule, Error, Lifecycle, Notification, Options};
pub use server::{S3Server, Sweeper};

#[cfg(test)]
mod tests;
