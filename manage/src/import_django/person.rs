//! From a row of a dump to a user, or to the reason why there is none.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use portico::accounts::password::{Costs, Unreadable};
use portico::accounts::{Email, PasswordHash, User, UserId, Username};
use portico::fields::Fields;
use portico::site::UserFields;
use portico::user_fields::{FieldChanges, FieldSet as _};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid, uuid};

use super::report::{Remark, quoted};
use super::survey::{Survey, text_of};
use crate::site::Site;

/// The namespace of the ids of imported users (RFC 9562, version 5): the same row always becomes the same user, so that a
/// second run meets the work of the first.
const NAMESPACE: Uuid = uuid!("7f6dcd0c-4a64-5d0e-9c3b-3a7c3a1f5b52");

/// The most characters of a given or family name (Django's).
const NAME: usize = 150;

/// What no row of Django's own user breaks: one that does is not to be trusted in the rest.
const NAMES: [&str; 2] = ["first_name", "last_name"];

/// What Django's own user has.
const DJANGO: [&str; 12] = [
    "password",
    "username",
    "email",
    "first_name",
    "last_name",
    "is_active",
    "is_staff",
    "is_superuser",
    "date_joined",
    "last_login",
    "groups",
    "user_permissions",
];

/// Fields beyond this many are not told apart in the report.
const MOST_UNKNOWN: usize = 100;

/// A user as a row describes it.
pub(super) struct Person {
    /// What will be stored.
    pub(super) user: User,
    /// When the row says that it was created: a user from an earlier run is recognised by it, and by address and name.
    pub(super) date_joined: Option<Timestamp>,
    /// What a refusal must cost once the password's hash is stored.
    pub(super) costs: Costs,
    /// What could not be taken over.
    pub(super) notes: Vec<Remark>,
}

impl Person {
    /// Whether a user who is stored under the same id came from another row: one that was created at another moment, or
    /// has neither the address nor the user name in common. One of them may have changed since.
    pub(super) fn is_another_than(&self, stored: &User) -> bool {
        let canonical = |user: &User| user.username.as_ref().map(Username::canonical);
        let email = self.user.email.canonical();
        let former = stored.former_emails.iter().map(|former| &former.email);
        let same_email = former.chain([&stored.email]).any(|theirs| theirs.canonical() == email);
        let same_name = canonical(&self.user).is_some_and(|name| canonical(stored) == Some(name));
        self.date_joined.is_some_and(|joined| joined != stored.date_joined) || !(same_email || same_name)
    }
}

/// A row of a dump.
#[derive(Deserialize)]
pub(super) struct Entry {
    model: String,
    #[serde(default)]
    pk: Value,
    #[serde(default)]
    fields: Value,
}

impl Entry {
    /// Reads a row.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub(super) fn read(row: &[u8]) -> Result<Self, Remark> {
        serde_json::from_slice(row).map_err(|error| match serde_json::from_slice::<Value>(row) {
            Err(syntax) => Remark::new("not_json", syntax.to_string()),
            Ok(Value::Object(_)) => Remark::new("not_a_row", error.to_string()),
            Ok(_) => Remark::new("not_an_object", "the row is not an object"),
        })
    }

    /// Whether it is of this model.
    pub(super) fn is_of(&self, model: &str) -> bool {
        self.model.to_lowercase() == model
    }

    /// What it is called in its file: its primary key, or its user name where the dump has no keys.
    pub(super) fn name(&self) -> &Value {
        match (&self.pk, self.fields.get("username")) {
            (Value::Null, Some(username)) => username,
            (pk, _) => pk,
        }
    }
}

/// What rows are read with.
pub(super) struct Reader<'a> {
    pub(super) site: &'a Site,
    pub(super) survey: &'a Survey,
    /// Set before the primary keys, so that those of several projects differ.
    pub(super) source: Option<&'a str>,
    /// Whether the addresses count as confirmed.
    pub(super) verified: bool,
    /// Names of fields that have no place here.
    pub(super) unknown_fields: BTreeSet<String>,
}

impl Reader<'_> {
    /// The user that a row describes.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub(super) fn person(&mut self, entry: Entry) -> Result<Person, Remark> {
        let Entry { model, pk, fields } = entry;
        let Value::Object(fields) = fields else {
            return Err(Remark::new("fields_missing", "the row has no object \"fields\""));
        };
        self.note_unknown(&fields);
        let mut notes = Vec::new();
        let (password, costs) = password(&fields, self.site, &mut notes)?;
        let typed_name = text(&fields, "username", Username::MAX_LENGTH)?;
        let email = email(&fields, &typed_name)?;
        let username = username(&typed_name, &email, &mut notes);
        let id = self.id(&model.to_lowercase(), &pk, &typed_name, &email)?;
        let date_joined = date(&fields, "date_joined")?;
        let mut user = User::new(id, email, password, date_joined.unwrap_or_else(|| self.site.now()));
        user.email_verified = self.verified || self.survey.is_verified(&pk, &typed_name, &user.email);
        user.username = username;
        if user.username.is_none() && !self.site.logs_in_by_address() {
            notes.push(Remark::no_name());
        }
        for field in NAMES {
            text(&fields, field, NAME)?;
        }
        user.fields = self.own_fields(&fields, &mut notes);
        user.is_active = flag(&fields, "is_active", true)?;
        user.is_staff = flag(&fields, "is_staff", false)?;
        user.is_superuser = flag(&fields, "is_superuser", false)?;
        user.last_login = date(&fields, "last_login")?;
        let (groups, unknown) = self.survey.group_names(&list(&fields, "groups")?);
        notes.extend(unknown.into_iter().map(|what| Remark::new("group_unknown", what)));
        let (permissions, unknown) = self.survey.permissions(&list(&fields, "user_permissions")?);
        notes.extend(unknown.into_iter().map(|what| Remark::new("permission_unknown", what)));
        (user.groups, user.user_permissions) = (groups, permissions);
        Ok(Person { user, date_joined, costs, notes })
    }

    /// The fields that this site has of its own, under their names here, as its forms would take them. What they would
    /// not take is left out.
    fn own_fields(&self, fields: &Map<String, Value>, notes: &mut Vec<Remark>) -> UserFields {
        let own = UserFields::FIELDS.iter().filter_map(|field| fields.get_key_value(field.name));
        let own: Map<_, _> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        let (now, none) = (self.site.now(), UserFields::default());
        if let Ok(changes) = self.changes(&own) {
            return changes.applied_to(&none, now);
        }
        own.into_iter().fold(none, |taken, (name, value)| {
            match self.changes(&Map::from_iter([(name.clone(), value)])) {
                Ok(changes) => changes.applied_to(&taken, now),
                Err(why) => {
                    notes.push(Remark::new("field_left_out", format!("{name}: {why}")));
                    taken
                }
            }
        })
    }

    fn changes(&self, own: &Map<String, Value>) -> Result<FieldChanges<UserFields>, String> {
        let told = |error: portico::Error| portico::log::chain(&error);
        let body = serde_json::to_vec(own).map_err(|error| error.to_string())?;
        let (changes, errors) =
            Fields::from_json(&body, own.len()).and_then(|f| f.read(self.site.config())).map_err(told)?;
        match errors.iter().next() {
            None => Ok(changes),
            Some((_, errors)) => Err(errors.iter().map(|error| error.code).collect::<Vec<_>>().join(", ")),
        }
    }

    fn id(&self, model: &str, pk: &Value, username: &str, email: &Email) -> Result<UserId, Remark> {
        let key = match (pk, text_of(pk)) {
            (_, Some(key)) => format!(":{key}"),
            // `--natural-primary` leaves the key out: the name is the key.
            (Value::Null, _) if !username.is_empty() => format!("={username}"),
            (Value::Null, _) => format!("={}", email.as_str()),
            _ => return Err(Remark::new("wrong_type", "pk is neither a number nor a text")),
        };
        let source = self.source.map(|source| format!("{source}/")).unwrap_or_default();
        let mut hash = Sha1::new();
        hash.update(NAMESPACE.as_bytes());
        hash.update(format!("{source}{model}{key}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Ok(UserId::new(Builder::from_sha1_bytes(bytes).into_uuid()))
    }

    fn note_unknown(&mut self, fields: &Map<String, Value>) {
        for field in fields.keys() {
            let known = DJANGO.contains(&field.as_str()) || UserFields::FIELDS.iter().any(|own| own.name == field);
            if !known && self.unknown_fields.len() < MOST_UNKNOWN && !self.unknown_fields.contains(field) {
                self.unknown_fields.insert(field.clone());
            }
        }
    }
}

/// The hash, as it is, and what it costs. One that is known here but not accepted is kept for the day on which it is.
fn password(
    fields: &Map<String, Value>,
    site: &Site,
    notes: &mut Vec<Remark>,
) -> Result<(PasswordHash, Costs), Remark> {
    let text = match fields.get("password") {
        Some(Value::String(text)) => text,
        None | Some(Value::Null) => return Err(Remark::new("password_missing", "the row has no password")),
        Some(_) => return Err(wrong_type("password")),
    };
    let hash = PasswordHash::from_stored(text);
    match Costs::of(&hash, &site.config().passwords.hashers) {
        Ok(costs) if !text.is_empty() => Ok((hash, costs)),
        Err(why @ (Unreadable::NotAccepted(_) | Unreadable::TooExpensive(_))) => {
            let detail = format!("{why}: until it says otherwise, a reset gives a new password");
            notes.push(Remark::new("password_not_accepted", detail));
            Ok((hash, Costs::default()))
        }
        Ok(_) | Err(Unreadable::Malformed | Unreadable::Unusable) => {
            let what = match text.split_once('$') {
                Some((algorithm, _)) if algorithm.len() <= 30 => format!("a hash by {algorithm:?} of this form"),
                _ => "its form".to_owned(),
            };
            let detail = format!("{what} is not known here: a reset gives a new password");
            notes.push(Remark::new("password_unusable", detail));
            Ok((PasswordHash::unusable(site.rng()), Costs::default()))
        }
    }
}

fn email(fields: &Map<String, Value>, username: &str) -> Result<Email, Remark> {
    let typed = text(fields, "email", usize::MAX)?;
    // Many projects keep the address as the user name alone.
    let address = if typed.is_empty() && username.contains('@') { username } else { &typed };
    match Email::parse(address) {
        Some(email) => Ok(email),
        None if address.is_empty() => {
            Err(Remark::new("email_missing", "the row has no address, and the user name is none either"))
        }
        None if Email::is_well_formed(address) => {
            Err(Remark::new("too_long", format!("email is longer than {} characters", Email::MAX_LENGTH)))
        }
        None => Err(Remark::new("email_malformed", format!("{} is not an address", quoted(address)))),
    }
}

fn username(typed: &str, email: &Email, notes: &mut Vec<Remark>) -> Option<Username> {
    if typed.is_empty() {
        return None;
    }
    if Email::parse(typed).is_some_and(|address| address.canonical() == email.canonical()) {
        // It is typed where the address is typed, and found by it.
        return None;
    }
    let username = Username::parse(typed);
    if username.is_none() {
        let why = if typed.contains('@') {
            "a user name has no @ here"
        } else {
            "it has other characters than letters, digits and . + - _"
        };
        notes.push(Remark::new("username_left_out", format!("{}: {why}", quoted(typed))));
    }
    username
}

/// A text, trimmed as a form's; empty if it is missing.
fn text(fields: &Map<String, Value>, field: &str, most: usize) -> Result<String, Remark> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) if text.contains('\0') => {
            Err(Remark::new("null_character", format!("{field} has a null character")))
        }
        Some(Value::String(text)) if text.chars().count() > most => {
            Err(Remark::new("too_long", format!("{field} is longer than {most} characters")))
        }
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(_) => Err(wrong_type(field)),
    }
}

fn flag(fields: &Map<String, Value>, field: &str, default: bool) -> Result<bool, Remark> {
    match fields.get(field) {
        None => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong_type(field)),
    }
}

fn list(fields: &Map<String, Value>, field: &str) -> Result<Vec<Value>, Remark> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => Ok(values.clone()),
        Some(_) => Err(wrong_type(field)),
    }
}

/// An instant. One without a zone (`USE_TZ = False`) is taken as UTC.
fn date(fields: &Map<String, Value>, field: &str) -> Result<Option<Timestamp>, Remark> {
    let text = match fields.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(wrong_type(field)),
    };
    let instant = text.parse::<Timestamp>().or_else(|_| {
        let civil = text.parse::<DateTime>()?;
        TimeZone::UTC.to_timestamp(civil)
    });
    instant.map(Some).map_err(|_| Remark::new("date_malformed", format!("{field}: {} is not an instant", quoted(text))))
}

fn wrong_type(field: &str) -> Remark {
    Remark::new("wrong_type", format!("{field} has a wrong type"))
}
