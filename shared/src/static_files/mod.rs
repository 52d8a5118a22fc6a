//! Static files: which name of theirs is served ([`Manifest`]), as what ([`content_type`]),
//! and whether compressed ([`compressible`]).

mod content_type;
mod manifest;

pub use content_type::{COMPRESSIBLE, compressible, content_type};
pub use manifest::{Manifest, ManifestError};
