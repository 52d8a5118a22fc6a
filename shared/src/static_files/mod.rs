//! Static files: which name of theirs is served ([`Manifest`]), and as what ([`content_type`]).

mod content_type;
mod manifest;

pub use content_type::content_type;
pub use manifest::{Manifest, ManifestError};
