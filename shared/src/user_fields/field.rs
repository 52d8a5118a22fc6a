//! What a site says of a field beside its type: in which forms it stands, whether it must be filled in, its words.

use super::FieldType;
use crate::config::Config;

/// A declared field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name: in forms, in JSON and as an attribute of the user.
    pub name: &'static str,
    /// Where and how it is asked for.
    pub spec: Spec,
    /// With what it is asked for.
    pub widget: Widget,
    /// The most characters.
    pub max_length: Option<usize>,
    /// What there is to choose from.
    pub choices: &'static [&'static str],
    attributes: &'static [&'static str],
}

/// Where and how a field is asked for. Made by [`everywhere`] and its like, and refined by the functions below.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    sign_up: bool,
    profile: bool,
    pub(super) required: bool,
    pub(super) hint: Option<&'static str>,
    pub(super) autocomplete: &'static str,
    pub(super) name_part: Option<NamePart>,
}

/// A form in which users are asked for their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/signup`.
    SignUp,
    /// `/profile`.
    Profile,
}

/// With what a form asks for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Widget {
    /// A line of text.
    Text,
    /// A line for a telephone number.
    Tel,
    /// A day.
    Date,
    /// Several lines, with a counter of what is left.
    Textarea,
    /// A box to tick.
    Checkbox,
    /// A list to choose from.
    Select,
}

/// A part of somebody's name: they stand side by side, in the order of the page's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamePart {
    Given,
    Family,
}

/// Asked for at sign-up and in the profile.
pub const fn everywhere() -> Spec {
    Spec { sign_up: true, profile: true, required: false, hint: None, autocomplete: "off", name_part: None }
}

/// Asked for at sign-up alone; shown in answers, and changed by nobody afterwards.
pub const fn on_sign_up() -> Spec {
    Spec { profile: false, ..everywhere() }
}

/// Asked for in the profile alone.
pub const fn on_profile() -> Spec {
    Spec { sign_up: false, ..everywhere() }
}

/// Asked for nowhere: shown in answers, and set by code of the site.
pub const fn read_only() -> Spec {
    Spec { sign_up: false, profile: false, ..everywhere() }
}

impl Spec {
    /// It must be filled in where it is asked for; a box must be ticked. `REQUIRED_FIELDS` can say so too.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The key of a text below its label; `{ $max }` in it is the most characters.
    pub const fn hint(self, key: &'static str) -> Self {
        Self { hint: Some(key), ..self }
    }

    /// What browsers fill in by themselves: a token of HTML's `autocomplete`.
    pub const fn autocomplete(self, token: &'static str) -> Self {
        Self { autocomplete: token, ..self }
    }

    /// It is the given name: beside the family name, in the order of the page's language.
    pub const fn given_name(self) -> Self {
        Self { autocomplete: "given-name", name_part: Some(NamePart::Given), ..self }
    }

    /// It is the family name: beside the given name, in the order of the page's language.
    pub const fn family_name(self) -> Self {
        Self { autocomplete: "family-name", name_part: Some(NamePart::Family), ..self }
    }
}

impl Field {
    /// A field of type `T`.
    pub const fn new<T: FieldType>(name: &'static str, spec: Spec) -> Self {
        Self {
            name,
            spec,
            widget: T::WIDGET,
            max_length: T::MAX_LENGTH,
            choices: T::CHOICES,
            attributes: T::ATTRIBUTES,
        }
    }

    /// Whether it is asked for in this form.
    pub const fn is_on(&self, place: Place) -> bool {
        match place {
            Place::SignUp => self.spec.sign_up,
            Place::Profile => self.spec.profile,
        }
    }

    /// Whether it must be filled in: its declaration or `REQUIRED_FIELDS` says so.
    pub fn is_required(&self, config: &Config) -> bool {
        self.spec.required || config.users.required_fields.iter().any(|name| name == self.name)
    }

    /// The attributes in which it is stored.
    pub fn attributes(&self) -> impl Iterator<Item = String> {
        self.attributes.iter().map(|ending| format!("{}{ending}", self.name))
    }

    /// Whether it is stored in this attribute.
    pub fn is_stored_in(&self, attribute: &str) -> bool {
        attribute.strip_prefix(self.name).is_some_and(|ending| self.attributes.contains(&ending))
    }

    /// The key of its label: `label-first-name` for `first_name`.
    pub fn label_key(&self) -> String {
        format!("label-{}", self.name.replace('_', "-"))
    }

    /// The key of the label of one of its choices: `label-role-developer`.
    pub fn choice_key(&self, choice: &str) -> String {
        format!("{}-{}", self.label_key(), choice.replace('_', "-"))
    }
}

/// Names that a field of a site cannot have: the product's own attributes, and fields of its own in the same forms.
const RESERVED: &[&str] = &[
    "PK",
    "SK",
    "audited_until",
    "avatar",
    "avatar-clear",
    "avatar_key",
    "avatar_pending_until",
    "avatar_reason",
    "avatar_state",
    "avatar_upload",
    "csrfmiddlewaretoken",
    "date_joined",
    "deleted_at",
    "email",
    "email_verified",
    "expires_at",
    "former_emails",
    "groups",
    "id",
    "is_active",
    "is_staff",
    "is_superuser",
    "last_edit",
    "last_login",
    "last_login_ip",
    "listed_as",
    "listed_in",
    "login_count",
    "password",
    "password1",
    "password2",
    "permissions",
    "session_ends",
    "session_epoch",
    "user_permissions",
    "username",
    "version",
];

/// Whether the product uses a name itself.
#[cfg(test)]
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Refuses, when the site is compiled, a field whose name is taken: somebody could set by a form what is not theirs.
pub const fn check(fields: &[Field]) {
    let mut index = 0;
    while index < fields.len() {
        let Field { name, attributes, .. } = fields[index];
        let mut ending = 0;
        while ending < attributes.len() {
            let mut reserved = 0;
            while reserved < RESERVED.len() {
                assert!(
                    !is_joined(RESERVED[reserved].as_bytes(), name.as_bytes(), attributes[ending].as_bytes()),
                    "a field of the site has a name that the product uses itself"
                );
                reserved += 1;
            }
            let mut other = 0;
            while other < fields.len() {
                assert!(
                    other == index
                        || !is_joined(fields[other].name.as_bytes(), name.as_bytes(), attributes[ending].as_bytes()),
                    "two fields of the site are stored in one attribute"
                );
                other += 1;
            }
            ending += 1;
        }
        index += 1;
    }
}

/// Whether `whole` is `start` and then `end`.
const fn is_joined(whole: &[u8], start: &[u8], end: &[u8]) -> bool {
    if whole.len() != start.len() + end.len() {
        return false;
    }
    let mut index = 0;
    while index < whole.len() {
        let expected = if index < start.len() { start[index] } else { end[index - start.len()] };
        if whole[index] != expected {
            return false;
        }
        index += 1;
    }
    true
}
