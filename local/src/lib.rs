//! The whole system on one machine, built from `template.yaml`: the HTTP gateway in front of the functions, the
//! embedded DynamoDB and S3 behind them, their events, the tray for mail, the static files.
//!
//! Nothing here is a second implementation: the functions are the ones that AWS runs, they get the events that API
//! Gateway sends, and they speak to the engines through the unmodified AWS SDK. [`Stack::start`] is the way in.

mod buckets;
mod deliveries;
pub mod dynamodb;
mod folder;
pub mod functions;
pub mod gateway;
mod hashing;
pub mod iam;
pub mod intercept;
pub mod mail;
mod processes;
pub mod routes;
pub mod s3;
mod s3_events;
mod secrets;
mod stack;
pub mod static_files;
mod stream_events;
mod tables;
pub mod template;

pub use buckets::{Buckets, BucketsError};
pub use deliveries::Delivery;
pub use folder::{Folder, FolderError};
pub use stack::{Options, Stack, StartError};
pub use tables::{Tables, TablesError, dynamodb_at};
