//! What this site asks of a new password, beside the built-in rules (`docs/password-rule.md`).

use crate::accounts::password::OwnRule;

/// The site's rules. One that stands here is asked where `AUTH_PASSWORD_VALIDATORS` lists it by its name.
pub fn validators() -> Vec<OwnRule> {
    vec![
        // Yours.
    ]
}
