//! Static files: which name of theirs is served ([`Assets`], [`Manifest`]), as what ([`content_type`]), whether compressed
//! ([`compressible`]), and how whoever asks is answered ([`Asset`]): by the function `static-files` out of what was
//! collected ([`Collected`]), by the development server out of the folders.

mod accept_encoding;
mod asset;
mod assets;
mod collected;
mod compressible;
mod conditional;
mod content_type;
mod guard;
mod manifest;
mod memory;
mod range;
mod stat;
mod variant;

pub use accept_encoding::Encoding;
pub use asset::{Asked, Asset, Unanswered};
pub use assets::Assets;
pub use collected::{Collected, CollectedError, IMMUTABLE, folder_of, with_slash};
pub use compressible::{COMPRESSED, compressible};
pub use conditional::Modified;
pub(crate) use conditional::is_known;
pub use content_type::content_type;
pub use guard::Guard;
pub use manifest::{Manifest, ManifestError, ManifestReadError};
pub use memory::Memory;
pub use stat::Stat;
pub use variant::Variant;
