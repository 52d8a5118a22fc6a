//! What people fill in to change a password or an address.

use super::forms::{email, new_password};
use super::{Email, Password};
use crate::fields::{FieldReader, Form};

/// `POST /password/change`. The fields have Django's names.
#[derive(Debug)]
pub struct ChangePasswordForm {
    /// The present password.
    pub old_password: Password,
    /// The new one.
    pub new_password: Password,
}

impl Form for ChangePasswordForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            old_password: fields.password("old_password"),
            new_password: new_password(fields, "new_password1", "new_password2"),
        }
    }
}

/// `POST /password/reset/confirm`. The fields have Django's names.
#[derive(Debug)]
pub struct SetPasswordForm {
    /// The new password.
    pub new_password: Password,
}

impl Form for SetPasswordForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { new_password: new_password(fields, "new_password1", "new_password2") }
    }
}

/// `POST /password/reset`.
#[derive(Debug)]
pub struct AddressForm {
    /// The address as typed.
    pub email: String,
    /// The address; there is one when the form has no errors.
    pub parsed: Option<Email>,
}

impl Form for AddressForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let (email, parsed) = email(fields);
        Self { email, parsed }
    }
}

/// `POST /email`.
#[derive(Debug)]
pub struct ChangeEmailForm {
    /// The new address as typed.
    pub email: String,
    /// The new address; there is one when the form has no errors.
    pub parsed: Option<Email>,
    /// The present password.
    pub password: Password,
}

impl Form for ChangeEmailForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let (email, parsed) = email(fields);
        Self { email, parsed, password: fields.password("password") }
    }
}
