//! What administrators do to groups.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};

use super::people::{find, limit, read_joined, save};
use super::{AccountRow, Administrator, GroupForm, NewGroupForm};
use crate::accounts::{Identifier, User, UserId};
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::permissions::{Group, GroupName, Permission, groups as verbs};
use crate::store::StoreError;
use crate::store::administration::Privileges;
use crate::store::listing::{Listing, Order};

/// A group's name as it stands in the path of an address, whatever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHandle(String);

impl GroupHandle {
    /// Of a group.
    pub fn of(name: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(name))
    }

    /// The name that it stands for.
    fn parse(text: &str) -> Option<String> {
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // Longer than a key of the table, none is.
        (!name.is_empty() && name.len() <= 4 * Group::NAME_MAX_LENGTH).then_some(name)
    }
}

impl fmt::Display for GroupHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for GroupHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A group in a list.
#[derive(Debug, Serialize)]
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// How it is called in addresses.
    pub handle: GroupHandle,
    /// What it permits, as `app.codename`.
    pub permissions: Vec<String>,
    /// Counts the changes of that.
    pub version: u64,
}

impl GroupRow {
    fn new(group: Group) -> Self {
        let handle = GroupHandle::of(&group.name);
        Self { handle, name: group.name, permissions: group.permissions, version: group.version }
    }
}

/// A page of groups.
#[derive(Debug, Serialize)]
pub struct GroupsPage {
    /// The groups, by name.
    pub groups: Vec<GroupRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<GroupHandle>,
}

/// A group, with a page of who is in it.
#[derive(Debug, Serialize)]
pub struct GroupPage {
    /// The group.
    pub group: GroupRow,
    /// Who is in it; `None` for who may see no accounts.
    pub members: Option<Vec<AccountRow>>,
    /// After whom the next page begins, if there is one.
    pub next: Option<UserId>,
}

/// How many are on a page.
const PAGE: usize = 50;

/// The groups, by name.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that no page has given.
pub async fn groups(cx: &Context, cursor: Option<&str>) -> Result<GroupsPage> {
    let after = cursor.map(|text| GroupHandle::parse(text).ok_or(Error::NotFound)).transpose()?;
    let (entries, more) = cx.store().listed(Listing::Groups, "", after.as_deref(), PAGE, Order::First).await?;
    let names: Vec<_> = entries.into_iter().map(|entry| entry.name).collect();
    let mut groups = cx.store().get_groups(&names).await?;
    groups.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let next = names.last().filter(|_| more).map(|name| GroupHandle::of(name));
    Ok(GroupsPage { groups: groups.into_iter().map(GroupRow::new).collect(), next })
}

/// The name of the group that an address names, whether or not there is one.
///
/// # Errors
/// [`Error::NotFound`] when it names none.
pub fn group_name(handle: &str) -> Result<String> {
    GroupHandle::parse(handle).ok_or(Error::NotFound)
}

/// The group that an address names.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn group(cx: &Context, handle: &str) -> Result<Group> {
    cx.store().get_group(&group_name(handle)?).await?.ok_or(Error::NotFound)
}

/// A group, with a page of who is in it for whoever sees accounts: two calls.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that no page has given.
pub async fn members_of(cx: &Context, by: &Administrator, group: Group, cursor: Option<&str>) -> Result<GroupPage> {
    if !by.sees_users() {
        return Ok(GroupPage { group: GroupRow::new(group), members: None, next: None });
    }
    let after = cursor.map(|text| UserId::parse(text).ok_or(Error::NotFound)).transpose()?;
    let (ids, more) = cx.store().members(&group.name, after, PAGE).await?;
    let mut members = cx.store().get_users(ids.iter().copied()).await?;
    members.retain(|user| user.groups.contains(&group.name));
    members.sort_unstable_by_key(|user| user.id);
    let members = Some(members.iter().map(AccountRow::new).collect());
    Ok(GroupPage { group: GroupRow::new(group), members, next: ids.last().copied().filter(|_| more) })
}

/// Makes a group that permits nothing.
///
/// # Errors
/// [`Error::Invalid`] for a name that no group can have, or that one has.
pub async fn create_group(
    cx: &Context,
    by: &Administrator,
    form: &NewGroupForm,
    mut errors: FieldErrors,
) -> Result<Group> {
    let name = GroupName::parse(&form.name);
    if name.is_none() && !errors.contains("name") {
        errors.add("name", "invalid", "admin-group-name");
    }
    let Some(name) = name.filter(|_| errors.is_empty()) else { return Err(Error::Invalid(errors)) };
    match verbs::create(cx.store(), &by.author(cx), &name).await {
        Err(StoreError::Condition { failed }) if failed.contains(&3) => Err(Error::Conflict),
        Err(error) if error.is_condition() => {
            Err(Error::Invalid(FieldErrors::of("name", "unique", "admin-group-taken")))
        }
        other => Ok(other?),
    }
}

/// Gives a group other permissions. Whether anything has changed.
///
/// # Errors
/// [`Error::Invalid`] for what is unknown, for more than there may be, and for what the administrator cannot give;
/// [`Error::Conflict`] when the group is not the version that was edited.
pub async fn save_group(
    cx: &Context,
    by: &Administrator,
    group: &Group,
    form: &GroupForm,
    mut errors: FieldErrors,
) -> Result<bool> {
    let given = Privileges::added(&form.permissions, &group.permissions);
    if given.iter().any(|name| Permission::parse(name).is_none()) {
        errors.add("permissions", "invalid_choice", "admin-unknown-permission");
    }
    by.check_given("permissions", given, &mut errors);
    limit(&mut errors, "permissions", form.permissions.len(), cx.config().groups.permissions);
    errors.into_result()?;
    if form.version != Some(group.version) {
        return Err(Error::Conflict);
    }
    let permissions = form.permissions.clone();
    match verbs::set_permissions(cx.store(), &by.author(cx), group, permissions).await {
        Err(error) if error.is_condition() => Err(Error::Conflict),
        other => Ok(other?),
    }
}

/// Puts the account of this address, user name or identifier into a group. Whether it was not in it yet. Who is called by an
/// address must have proven that it is theirs: anybody may have signed up with it.
///
/// # Errors
/// [`Error::Invalid`] when there is no such account, when the address is not proven, when it is in as many groups as there may be, or when the group
/// permits what the administrator cannot give; the errors of [`Administrator::may_administer`].
pub async fn add_member(cx: &Context, by: &Administrator, group: &Group, whom: &str) -> Result<bool> {
    // A user name has no case, so an identifier has none either: nobody is called by another one's.
    let id = match (UserId::parse(&whom.to_lowercase()), Identifier::parse(whom)) {
        (Some(id), _) => Some(id),
        (None, Some(identifier)) => cx.store().find_user(&identifier).await?,
        (None, None) => None,
    };
    let user = match id {
        Some(id) => cx.store().get_user(id).await?,
        None => None,
    };
    let Some(user) = user else { return Err(Error::Invalid(FieldErrors::of("user", "invalid", "admin-unknown-user"))) };
    by.may_administer(&user)?;
    if matches!(Identifier::parse(whom), Some(Identifier::Email(_))) && !user.email_verified {
        return Err(Error::Invalid(FieldErrors::of("user", "unverified", "admin-unproven-user")));
    }
    let mut to = Privileges::of(&user);
    if to.groups.contains(&group.name) {
        return Ok(false);
    }
    to.groups.push(group.name.clone());
    let mut errors = FieldErrors::default();
    limit(&mut errors, "user", to.groups.len(), cx.config().groups.per_user);
    let joined = read_joined(cx, by, std::slice::from_ref(&group.name), "user", &mut errors).await?;
    errors.into_result()?;
    save(cx, by, &user, &to, &joined).await
}

/// Takes an account out of a group. Whether it was in it.
///
/// # Errors
/// Those of [`Administrator::may_administer`]; [`Error::NotFound`] when there is no such account.
pub async fn remove_member(cx: &Context, by: &Administrator, group: &Group, id: &str) -> Result<bool> {
    let user: User = find(cx, id).await?;
    by.may_administer(&user)?;
    let mut to = Privileges::of(&user);
    to.groups.retain(|name| *name != group.name);
    save(cx, by, &user, &to, &[]).await
}

/// Deletes a group.
///
/// # Errors
/// [`Error::Invalid`] while somebody is in it or something is shared with it: what that was good for is not taken from
/// them unseen.
pub async fn delete_group(cx: &Context, by: &Administrator, group: &Group) -> Result<()> {
    if verbs::is_in_use(cx.store(), &group.name).await? {
        return Err(Error::Invalid(FieldErrors::of(FieldErrors::ALL, "in_use", "admin-group-in-use")));
    }
    match verbs::delete(cx.store(), &by.author(cx), &group.name).await {
        Ok(_) => Ok(()),
        Err(StoreError::Condition { failed }) if failed.contains(&2) => Err(Error::Conflict),
        Err(error) if error.is_condition() => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}
