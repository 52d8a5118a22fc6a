//! The integration tests: everything through the gateway, in process, each test on its own in-memory system. One
//! binary, a module per function and per concern.

#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it failed, and so do its helpers")]

mod site;

mod admin;
mod admin_host;
mod allow;
mod backends;
mod bad_input;
mod bucket;
mod budgets;
mod configuration;
mod cookies;
mod crashes;
mod csrf;
mod csrf_exempt;
mod csrf_matrix;
mod deletion;
mod edge;
mod email;
mod export;
mod faults;
mod gateway;
mod guards;
mod headers;
mod hooks;
mod log;
mod login;
mod logout;
mod mail;
mod manage;
mod matrix;
mod media;
mod messages;
mod negotiation;
mod outlived;
mod page_rights;
mod password;
mod passwords;
mod permissions_scale;
mod preferences;
mod process_upload;
mod profile;
mod reauthenticate;
mod release;
mod roles;
mod rotation;
mod security;
mod sessions;
mod sharing;
mod signup;
mod staff_orders;
mod stale_form;
mod static_edge;
mod static_files;
mod tables;
mod template;
mod throttle;
mod tour;
mod uploads;
