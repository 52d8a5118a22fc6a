//! Django's web basics for serverless Rust: accounts, sessions and cookies, CSRF, messages, uploads, pages.
//!
//! A function is a table of routes; a handler takes a [`Context`] and gives a [`Response`] or an [`Error`]:
//!
//! ```
//! use portico::{Allow, Context, Response, Result, Routes};
//!
//! pub fn routes() -> Routes {
//!     Routes::new().get("/hello", Allow::USERS, hello)
//! }
//!
//! async fn hello(cx: Context) -> Result<Response> {
//!     let user = cx.require_login().await?;
//!     cx.page("home.html", serde_json::json!({ "hello": user.display_name() })).await
//! }
//! # assert_eq!(routes().paths().collect::<Vec<_>>(), ["/hello"]);
//! ```
//!
//! In AWS `main` gives the routes to [`lambda::run`]; on one machine the crate `local` calls [`lambda::answer`] with the
//! same events. Every request passes [`pipeline::respond`].
//!
//! The map: [`pipeline`] is the order of things; [`accounts`] and [`sessions`] are who somebody is; [`csrf`] and
//! [`next`] and [`headers`] keep others out; [`media`] is pictures; [`sharing`] is who else may see them; [`Allow`] and
//! [`permissions`] are who may do what, [`administration`] changes it, [`audit`] tells what was done; [`store`] is DynamoDB;
//! [`config`] is every setting; [`site`] is what a site declares of its own.

pub mod accounts;
mod admin_door;
pub mod administration;
mod allow;
mod app;
pub mod audit;
pub mod clock;
pub mod config;
mod context;
pub mod cookies;
pub mod csrf;
pub mod edge;
mod embedded;
mod error;
mod event;
pub mod export;
pub mod fields;
pub mod headers;
pub mod i18n;
mod job;
pub mod lambda;
pub mod log;
pub mod mail;
pub mod media;
pub mod messages;
pub mod meter;
pub mod negotiation;
pub mod next;
pub mod pages;
pub mod permissions;
pub mod pipeline;
mod request;
mod response;
pub mod rng;
mod routes;
pub mod secret;
pub mod sessions;
pub mod sharing;
pub mod site;
mod stale_form;
pub mod static_files;
pub mod store;
pub mod throttle;
pub mod user_agent;
pub mod user_fields;

pub use allow::{Allow, Who};
pub use app::{App, Parts};
pub use context::Context;
pub use error::{Arg, BoxError, Error, FieldError, FieldErrors, Result};
pub use http::{Method, StatusCode};
pub use job::{Change, ItemChanged, JobContext, Jobs, ObjectCreated, ScanResult, ScanStatus};
pub use next::Next;
pub use request::Request;
pub use response::{Body, Response};
pub use routes::{CsrfPolicy, Handler, Routes};

/// The product's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
