//! The kinds of this site's own objects that can be shared (`docs/sharing.md`).

use crate::sharing::Kind;

/// The site's kinds, beside `MEDIA`: `&[Kind::new("ALBUM")]`. An object `ALBUM#<id>` is then shared as a file is.
pub const KINDS: &[Kind] = &[
    // Yours.
];
