//! What people fill in. Each form has its own struct: a field that is not in it cannot be set by it.

use super::{Avatar, Email, Password, PasswordHash, ProfileChanges, Remember, User, UserId, Username};
use crate::context::Context;
use crate::error::{Arg, FieldError, FieldErrors};
use crate::fields::{FieldReader, Form};

/// Most characters of a name (Django's `first_name` and `last_name`).
const NAME: usize = 150;
/// Most characters of a telephone number.
const PHONE: usize = 20;
/// Most characters of the words about oneself.
pub const BIO_MAX_LENGTH: usize = 160;

/// `POST /signup`.
#[derive(Debug)]
pub struct SignupForm {
    /// Address as typed.
    pub email: String,
    /// User name as typed; may be empty.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Telephone number.
    pub phone: String,
    /// Consent to marketing.
    pub is_marketing_agreed: bool,
    /// The password.
    pub password: Password,
    parsed_email: Option<Email>,
    parsed_username: Option<Username>,
}

impl Form for SignupForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let email = fields.required_line("email", Email::MAX_LENGTH);
        let parsed_email = Email::parse(&email);
        if !email.is_empty() && !Email::is_well_formed(&email) && !fields.errors().has("email", "invalid") {
            fields.errors().add("email", "invalid", "email-invalid");
        }
        let username = fields.line("username", Username::MAX_LENGTH).unwrap_or_default();
        let parsed_username = Username::parse(&username);
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
        let password = new_password(fields);
        Self {
            first_name: fields.line("first_name", NAME).unwrap_or_default(),
            last_name: fields.line("last_name", NAME).unwrap_or_default(),
            phone: phone(fields).unwrap_or_default(),
            is_marketing_agreed: fields.flag("is_marketing_agreed").unwrap_or(false),
            email,
            username,
            password,
            parsed_email,
            parsed_username,
        }
    }
}

impl SignupForm {
    /// The account that a form without errors describes.
    ///
    /// # Errors
    /// The errors, when there are any.
    pub fn check(self, errors: FieldErrors) -> Result<NewAccount, FieldErrors> {
        let (true, Some(email)) = (errors.is_empty(), self.parsed_email) else { return Err(errors) };
        Ok(NewAccount {
            email,
            username: self.parsed_username,
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone,
            is_marketing_agreed: self.is_marketing_agreed,
            password: self.password,
        })
    }
}

/// An account about to be created: everything in it was checked.
#[derive(Debug)]
pub struct NewAccount {
    email: Email,
    username: Option<Username>,
    first_name: String,
    last_name: String,
    phone: String,
    is_marketing_agreed: bool,
    pub(super) password: Password,
}

impl NewAccount {
    /// The user to store. Everything that no form holds has the value of a newcomer.
    pub(super) fn into_user(self, cx: &Context, password: PasswordHash) -> User {
        let now = cx.now();
        User {
            id: UserId::new(cx.app().rng().uuid(now)),
            email: self.email,
            email_verified: false,
            username: self.username,
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone,
            bio: String::new(),
            is_marketing_agreed: self.is_marketing_agreed,
            password,
            is_active: true,
            is_staff: false,
            is_superuser: false,
            session_epoch: 1,
            version: 1,
            last_edit: None,
            date_joined: now,
            last_login: None,
            last_login_ip: None,
            avatar: Avatar::default(),
        }
    }
}

/// `POST /login`.
#[derive(Debug)]
pub struct LoginForm {
    /// Address or user name as typed.
    pub username: String,
    /// The password.
    pub password: Password,
    /// Whether the session outlives the browser.
    pub remember: Remember,
    /// Where to go afterwards, unchecked.
    pub next: Option<String>,
}

impl Form for LoginForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            username: fields.required_line("username", Email::MAX_LENGTH),
            password: fields.password("password"),
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
            first_name: fields.line("first_name", NAME),
            last_name: fields.line("last_name", NAME),
            phone: phone(fields),
            bio: fields.lines("bio", BIO_MAX_LENGTH),
            is_marketing_agreed: fields.flag("is_marketing_agreed"),
            clear_avatar: fields.flag("avatar-clear").unwrap_or(false),
        };
        // A browser leaves out a box that is not ticked. It sends the texts, though: that is how the whole form is
        // told from the small one that removes the picture, and from JSON, where absent means unchanged.
        if !fields.is_json() && changes.texts().next().is_some() {
            changes.is_marketing_agreed.get_or_insert(false);
        }
        Self { version: version.unwrap_or_default(), changes }
    }
}

fn phone(fields: &mut FieldReader<'_>) -> Option<String> {
    let phone = fields.line("phone", PHONE)?;
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | ' ' | '/' | '#' | '*');
    if !phone.chars().all(allowed) && !fields.errors().has("phone", "invalid") {
        fields.errors().add("phone", "invalid", "phone-invalid");
    }
    Some(phone)
}

/// `password1` and `password2`: the rules of a password are told on the second, as in Django.
fn new_password(fields: &mut FieldReader<'_>) -> Password {
    let password = fields.password_told_on("password1", "password2");
    let repeated = fields.password("password2");
    if fields.errors().contains("password1") || fields.errors().contains("password2") {
        return password;
    }
    if !password.same_as(&repeated) {
        fields.errors().add("password2", "password_mismatch", "password-mismatch");
    }
    let least = fields.config().passwords.min_length;
    if password.length() < least {
        let args = vec![("min", Arg::Number(least as u64))];
        fields
            .errors()
            .add_with("password2", FieldError { code: "password_too_short", key: "password-too-short", args });
    }
    password
}
