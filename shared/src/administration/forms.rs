//! The forms of administrators: each takes what it names, and nothing else.

use crate::fields::{FieldReader, Form};
use crate::permissions::{Group, Permission};
use crate::store::administration::Privileges;

/// What an account may from now on. In JSON what is absent stays as it is; a form says all of it.
#[derive(Debug)]
pub struct PrivilegesForm {
    /// The version of the account that was edited.
    pub version: Option<u64>,
    is_active: Option<bool>,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    groups: Option<Vec<String>>,
    user_permissions: Option<Vec<String>>,
}

impl Form for PrivilegesForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let version = required_version(fields);
        let is_form = !fields.is_json();
        let mut flag = |name| fields.flag(name).or(is_form.then_some(false));
        let (is_active, is_staff, is_superuser) = (flag("is_active"), flag("is_staff"), flag("is_superuser"));
        let mut groups = fields.choices("groups", Group::NAME_MAX_LENGTH);
        // A list can be long, so a form names the one to join.
        let joined = fields.line("join", Group::NAME_MAX_LENGTH).filter(|name| !name.is_empty() && is_form);
        if let (Some(groups), Some(joined)) = (&mut groups, joined) {
            groups.push(joined);
        }
        let user_permissions = fields.choices("user_permissions", Permission::MAX_LENGTH);
        Self { version, is_active, is_staff, is_superuser, groups, user_permissions }
    }
}

impl PrivilegesForm {
    /// What the account has afterwards, which has `before` now.
    pub fn over(&self, before: &Privileges) -> Privileges {
        Privileges {
            is_active: self.is_active.unwrap_or(before.is_active),
            is_staff: self.is_staff.unwrap_or(before.is_staff),
            is_superuser: self.is_superuser.unwrap_or(before.is_superuser),
            groups: self.groups.clone().unwrap_or_else(|| before.groups.clone()),
            user_permissions: self.user_permissions.clone().unwrap_or_else(|| before.user_permissions.clone()),
        }
        .sorted()
    }
}

/// A new group.
#[derive(Debug)]
pub struct NewGroupForm {
    /// Its name, as it was typed.
    pub name: String,
}

impl Form for NewGroupForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { name: fields.required_line("name", Group::NAME_MAX_LENGTH) }
    }
}

/// What a group permits from now on.
#[derive(Debug)]
pub struct GroupForm {
    /// The version of the group that was edited.
    pub version: Option<u64>,
    /// All that it permits.
    pub permissions: Vec<String>,
}

impl Form for GroupForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let version = required_version(fields);
        let permissions = fields.choices("permissions", Permission::MAX_LENGTH);
        if permissions.is_none() {
            fields.errors().add("permissions", "required", "field-required");
        }
        Self { version, permissions: permissions.unwrap_or_default() }
    }
}

/// Who joins a group.
#[derive(Debug)]
pub struct MemberForm {
    /// An address, a user name or an identifier.
    pub user: String,
}

impl Form for MemberForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { user: fields.required_line("user", 254) }
    }
}

/// What was looked at when it was to be deleted.
#[derive(Debug)]
pub struct VersionForm {
    /// Its version.
    pub version: Option<u64>,
}

impl Form for VersionForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { version: required_version(fields) }
    }
}

fn required_version(fields: &mut FieldReader<'_>) -> Option<u64> {
    let version = fields.number("version");
    if version.is_none() && !fields.errors().contains("version") {
        fields.errors().add("version", "required", "field-required");
    }
    version
}
