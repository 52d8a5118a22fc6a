//! What people fill in. Each form has its own struct: a field that is not in it cannot be set by it.

use super::new_password::broken_rules;
use super::password::Subject;
use super::{Credentials, Email, Password, PasswordHash, ProfileChanges, Remember, User, UserId, Username};
use crate::context::Context;
use crate::error::{Arg, FieldError, FieldErrors};
use crate::fields::{FieldReader, Form};
use crate::site::UserFields;
use crate::user_fields::{FieldChanges, Place};

/// `POST /signup`.
#[derive(Debug)]
pub struct SignupForm {
    /// Address as typed.
    pub email: String,
    /// User name as typed; may be empty.
    pub username: String,
    /// The site's fields.
    pub fields: FieldChanges<UserFields>,
    /// The password.
    pub password: Password,
    parsed_email: Option<Email>,
    parsed_username: Option<Username>,
}

impl Form for SignupForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let (email, parsed_email) = email(fields);
        let username = fields.line("username", Username::MAX_LENGTH).unwrap_or_default();
        let parsed_username = Username::parse(&username);
        if username.is_empty() && fields.config().users.requires_username() && !fields.errors().contains("username") {
            fields.errors().add("username", "required", "field-required");
        }
        let odd = !username.is_empty() && !Username::is_well_formed(&username);
        if odd && !fields.errors().has("username", "invalid") {
            fields.errors().add("username", "invalid", "username-invalid");
        }
        if !username.is_empty() && parsed_username.is_none() && !fields.errors().contains("username") {
            // Short as it was typed, too long in NFKC, which takes ligatures apart.
            let args = vec![("limit", Arg::Number(Username::MAX_LENGTH as u64))];
            let error = FieldError { code: "max_length", key: "field-max-length", args };
            fields.errors().add_with("username", error);
        }
        let site_fields = FieldChanges::<UserFields>::read(Some(Place::SignUp), fields);
        let password = new_password(fields, "password1", "password2");
        // What is wrong itself is empty here: it is not compared, as in Django.
        let subject = Subject::new(parsed_email.as_ref(), parsed_username.as_ref(), site_fields.sent());
        for error in broken_rules(fields.config(), &password, &subject) {
            fields.errors().add_with("password2", error);
        }
        Self { fields: site_fields, email, username, password, parsed_email, parsed_username }
    }
}

impl SignupForm {
    /// The account that a form without errors describes.
    ///
    /// # Errors
    /// The errors, when there are any.
    pub fn check(self, errors: FieldErrors) -> Result<NewAccount, FieldErrors> {
        let (true, Some(email)) = (errors.is_empty(), self.parsed_email) else { return Err(errors) };
        Ok(NewAccount { email, username: self.parsed_username, fields: self.fields, password: self.password })
    }
}

/// An account about to be created: everything in it was checked.
#[derive(Debug)]
pub struct NewAccount {
    email: Email,
    username: Option<Username>,
    fields: FieldChanges<UserFields>,
    pub(super) password: Password,
}

impl NewAccount {
    /// The address.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// The user to store.
    pub(super) fn into_user(self, cx: &Context, password: PasswordHash) -> User {
        let now = cx.now();
        let id = UserId::new(cx.app().rng().uuid(now));
        User {
            username: self.username,
            fields: self.fields.applied_to(&UserFields::default(), now),
            ..User::new(id, self.email, password, now)
        }
    }
}

/// `POST /login`.
#[derive(Debug)]
pub struct LoginForm {
    /// Name and password.
    pub credentials: Credentials,
    /// Whether the session outlives the browser.
    pub remember: Remember,
    /// Where to go afterwards, unchecked.
    pub next: Option<String>,
}

impl Form for LoginForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            credentials: Credentials {
                username: fields.required_line("username", Email::MAX_LENGTH),
                password: fields.password("password"),
            },
            remember: fields.flag("remember").unwrap_or(false).into(),
            next: fields.lines("next", usize::MAX),
        }
    }
}

/// `POST` and `PATCH /profile`.
#[derive(Debug)]
pub struct ProfileForm {
    /// The version that the edit is based on.
    pub version: u64,
    /// What changes.
    pub changes: ProfileChanges,
}

impl Form for ProfileForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let version = fields.number("version");
        if version.is_none() && !fields.errors().contains("version") {
            fields.errors().add("version", "required", "field-required");
        }
        let mut changes = ProfileChanges {
            fields: FieldChanges::read(Some(Place::Profile), fields),
            clear_avatar: fields.flag("avatar-clear").unwrap_or(false),
        };
        // The small form that removes the picture has no boxes, and in JSON absent means unchanged.
        let picture_alone = changes.clear_avatar && changes.fields.is_empty();
        if !fields.is_json() && !picture_alone {
            changes.fields.untick(fields);
        }
        Self { version: version.unwrap_or_default(), changes }
    }
}

/// `email`: as typed, and parsed.
pub(super) fn email(fields: &mut FieldReader<'_>) -> (String, Option<Email>) {
    let email = fields.required_line("email", Email::MAX_LENGTH);
    let parsed = Email::parse(&email);
    if !email.is_empty() && !Email::is_well_formed(&email) && !fields.errors().has("email", "invalid") {
        fields.errors().add("email", "invalid", "email-invalid");
    }
    (email, parsed)
}

/// A new password typed twice. Like the rules of a password, that they differ is told on the second, as in Django.
pub(super) fn new_password(fields: &mut FieldReader<'_>, first: &str, second: &str) -> Password {
    let password = fields.password_told_on(first, second);
    let repeated = fields.password(second);
    let wrong = fields.errors().contains(first) || fields.errors().contains(second);
    if !wrong && !password.same_as(&repeated) {
        fields.errors().add(second, "password_mismatch", "password-mismatch");
    }
    password
}
