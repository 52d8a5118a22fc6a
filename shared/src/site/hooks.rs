//! What this site does when somebody logs in, fails to, logs out or signs up (`docs/hooks.md`).

use std::sync::Arc;

use crate::accounts::Hooks;

/// The site's hooks, in the order in which they run: `vec![Arc::new(Welcome)]`.
pub(super) fn hooks() -> Vec<Arc<dyn Hooks>> {
    vec![
        // Yours.
    ]
}
