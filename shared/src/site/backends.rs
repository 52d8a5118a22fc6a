//! This site's own ways to tell who somebody is (`docs/custom-user.md`).

use std::sync::Arc;

use crate::accounts::Backend;

/// The site's backends by name. One that stands here is asked where `AUTHENTICATION_BACKENDS` lists it, beside the
/// built-in `email` and `username`: `("directory", Arc::new(Directory::new()))`.
pub(super) fn backends() -> Vec<(&'static str, Arc<dyn Backend>)> {
    vec![
        // Yours.
    ]
}
