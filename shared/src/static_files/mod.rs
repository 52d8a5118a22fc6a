//! Static files: which name of theirs is served ([`Assets`], [`Manifest`]), and as what ([`content_type`]).

mod assets;
mod content_type;
mod manifest;

pub use assets::Assets;
pub use content_type::content_type;
pub use manifest::{Manifest, ManifestError};
