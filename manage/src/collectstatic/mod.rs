//! `cargo manage collectstatic`: the static files, from where they lie to where they are served.

pub mod upload;
