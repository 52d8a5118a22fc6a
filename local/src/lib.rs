//! The whole system on one machine, built from `template.yaml`: the HTTP gateway in front of the functions, the
//! embedded DynamoDB and S3 behind them, S3's events, the static files.
//!
//! Nothing here is a second implementation: the functions are the ones that AWS runs, they get the events that API
//! Gateway sends, and they speak to the engines through the unmodified AWS SDK. [`Stack::start`] is the way in.

pub mod dynamodb;
pub mod functions;
pub mod gateway;
pub mod s3;
mod s3_events;
mod secrets;
mod stack;
pub mod static_files;
pub mod template;

pub use s3_events::Delivery;
pub use stack::{Options, Stack, StartError};
