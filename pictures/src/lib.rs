//! The types of files that can be uploaded, and what is done with pictures. A crate of its own, so that decoding and drawing are
//! compiled for speed, whatever the rest is compiled for (`[profile.release]` in the workspace's `Cargo.toml`).

mod file_type;
pub mod image;

pub use file_type::{Disposition, FileKind, FileType};
