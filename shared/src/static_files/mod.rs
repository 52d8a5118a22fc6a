//! Static files: which name of theirs is served ([`Assets`], [`Manifest`]), as what ([`content_type`]), and whether
//! compressed ([`compressible`]).

mod assets;
mod content_type;
mod manifest;

pub use assets::Assets;
pub use content_type::{COMPRESSIBLE, compressible, content_type};
pub use manifest::{Manifest, ManifestError};
