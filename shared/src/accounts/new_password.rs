//! What is wrong with a new password, told on a field of the form that asks for it.

use super::Password;
use super::password::Subject;
use crate::config::Config;
use crate::context::Context;
use crate::error::{FieldError, FieldErrors};

/// Notes on `field` each rule that `password` breaks. Where the form has nothing wrong at all, those who know stolen
/// passwords are asked, if `PASSWORD_BREACH_CHECK_URL` names any.
///
/// Where there is no password, or one that is too long to be kept, the form has told that already.
pub async fn check_new_password(
    cx: &Context,
    password: &Password,
    subject: &Subject,
    field: &str,
    errors: &mut FieldErrors,
) {
    for error in broken_rules(cx.config(), password, subject) {
        errors.add_with(field, error);
    }
    if !password.is_empty()
        && errors.is_empty()
        && let Some(error) = cx.app().check_breaches(password).await
    {
        errors.add_with(field, error);
    }
}

/// The rules that a new password breaks. Where there is no password, or one that is too long to be kept, the form has told
/// that already.
pub(super) fn broken_rules(config: &Config, password: &Password, subject: &Subject) -> Vec<FieldError> {
    if password.is_empty() { Vec::new() } else { config.passwords.validators.check(password, subject) }
}
