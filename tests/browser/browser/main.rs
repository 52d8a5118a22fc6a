//! People at a real browser: Chromium in front of a whole system, over real ports, with S3 as a host of its own. What
//! no other test can see is here: scripts, focus, the content security policy, cross-origin uploads, how it looks.
//!
//! Each test has its own system, its own Chromium and its own profile. Every page that a person looks at is held to the
//! same: nothing in the console, no request that failed but the expected, no sideways scrolling, and nothing serious
//! that axe-core finds in the light or the dark theme.

#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it failed, and so do its helpers")]

mod axe;
mod chromium;
mod person;
mod pictures;
mod screen;
mod site;
mod watch;

mod account;
mod admin;
mod forms;
mod keyboard;
mod leaving;
mod media;
mod phone;
mod preferences;
mod screenshots;
mod upload;
