//! What administrators do to one account.

use jiff::Timestamp;
use serde::Serialize;

use super::{AccountRow, Administrator, PrivilegesForm};
use crate::accounts::{self, LastLogin, User, UserId, last_logins};
use crate::audit::Action;
use crate::context::Context;
use crate::error::{Arg, Error, FieldError, FieldErrors, Result};
use crate::mail::Letter;
use crate::media::{FileName, Purpose, Upload, UploadId, UploadState};
use crate::permissions::{Group, Permission, auth, sessions as permission};
use crate::sessions::{self, Device, EndReason};
use crate::sharing::Grantee;
use crate::store::administration::{NotSaved, Privileges};
use crate::throttle;

/// An account as administrators see it.
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// The account.
    #[serde(flatten)]
    pub row: AccountRow,
    /// What it is permitted itself, as `app.codename`.
    pub user_permissions: Vec<String>,
    /// Counts its changes: a change names the version it is based on.
    pub version: u64,
    /// Its living sessions; `None` for who may not see them.
    pub sessions: Option<Vec<Device>>,
    /// Whether there are more.
    pub more_sessions: bool,
    /// Its last log-ins, likewise.
    pub logins: Option<Vec<LastLogin>>,
    /// Whether the one who asks may change what it may.
    pub administrable: bool,
    /// Whether they may delete it.
    pub deletable: bool,
}

/// The account of this identifier.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn find(cx: &Context, id: &str) -> Result<User> {
    let id = UserId::parse(id).ok_or(Error::NotFound)?;
    cx.store().get_user(id).await?.ok_or(Error::NotFound)
}

/// The account, with what the administrator may see of it: three reads at most, at the same time.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn account(cx: &Context, by: &Administrator, id: &str) -> Result<(User, AccountPage)> {
    let user = find(cx, id).await?;
    let sees_sessions = by.rights().has_perm(permission::Session::VIEW);
    let devices = async { if sees_sessions { sessions::devices(cx, &user).await.map(Some) } else { Ok(None) } };
    let logins = async { if sees_sessions { last_logins(cx, &user).await.map(Some) } else { Ok(None) } };
    let (devices, logins) = tokio::try_join!(devices, logins)?;
    let more_sessions = devices.as_ref().is_some_and(|(_, more)| *more);
    let may = |permission| by.rights().has_perm(permission) && by.may_administer(&user).is_ok();
    let page = AccountPage {
        row: AccountRow::new(&user),
        user_permissions: Privileges::of(&user).user_permissions,
        version: user.version,
        sessions: devices.map(|(devices, _)| devices),
        more_sessions,
        logins,
        administrable: may(auth::User::CHANGE),
        deletable: may(auth::User::DELETE),
    };
    Ok((user, page))
}

/// Gives an account other flags, groups and permissions. Whether anything has changed.
///
/// # Errors
/// [`Error::Invalid`] for what is unknown, for more than there may be, and for what the administrator cannot give; the
/// errors of [`Administrator::may_administer`]; [`Error::Conflict`] when the account is not the version that was edited.
pub async fn save_privileges(
    cx: &Context,
    by: &Administrator,
    user: &User,
    form: &PrivilegesForm,
    mut errors: FieldErrors,
) -> Result<bool> {
    by.may_administer(user)?;
    let before = Privileges::of(user);
    let to = form.over(&before);
    let joined = Privileges::added(&to.groups, &before.groups);
    let given = Privileges::added(&to.user_permissions, &before.user_permissions);
    if to.is_superuser && !before.is_superuser && !by.user.is_superuser {
        errors.add("is_superuser", "above_yourself", "admin-above-yourself");
    }
    if given.iter().any(|name| Permission::parse(name).is_none()) {
        errors.add("user_permissions", "invalid_choice", "admin-unknown-permission");
    }
    by.check_given("user_permissions", given, &mut errors);
    limit(&mut errors, "user_permissions", to.user_permissions.len(), cx.config().groups.permissions);
    limit(&mut errors, "groups", to.groups.len(), cx.config().groups.per_user);
    let names: Vec<_> = joined.into_iter().cloned().collect();
    let groups = read_joined(cx, by, &names, "groups", &mut errors).await?;
    // What lay still comes to life with the account.
    let wakes = [("is_active", to.is_active && !before.is_active), ("is_staff", to.is_staff && !before.is_staff)];
    if let Some((field, _)) = wakes.into_iter().find(|(_, wakes)| *wakes) {
        let kept: Vec<_> = to.groups.iter().filter(|name| !names.contains(name)).cloned().collect();
        let kept = cx.store().get_groups(&kept).await?;
        check_shares(cx, by, &kept, field, &mut errors).await?;
        let theirs = to.user_permissions.iter().chain(kept.iter().flat_map(|group| &group.permissions));
        by.check_given(field, theirs, &mut errors);
    }
    errors.into_result()?;
    if form.version != Some(user.version) {
        return Err(Error::Conflict);
    }
    save(cx, by, user, &to, &groups).await
}

/// The groups that somebody is to join: each must be there, permit nothing that the administrator does not have, and let
/// nobody see what they may not.
pub(super) async fn read_joined(
    cx: &Context,
    by: &Administrator,
    names: &[String],
    field: &str,
    errors: &mut FieldErrors,
) -> Result<Vec<Group>> {
    if names.is_empty() || errors.contains(field) {
        return Ok(Vec::new());
    }
    let groups = cx.store().get_groups(names).await?;
    if groups.len() < names.len() {
        errors.add(field, "invalid_choice", "admin-unknown-group");
    }
    by.check_given(field, groups.iter().flat_map(|group| &group.permissions), errors);
    check_shares(cx, by, &groups, field, errors).await?;
    Ok(groups)
}

/// Notes that something is shared with one of the groups that the administrator is not in: what it is is for its members to
/// let others see, and a file of somebody's may be among it.
async fn check_shares(
    cx: &Context,
    by: &Administrator,
    groups: &[Group],
    field: &str,
    errors: &mut FieldErrors,
) -> Result<()> {
    for group in groups {
        let is_theirs = by.user.is_superuser || by.user.groups.contains(&group.name);
        if !is_theirs && cx.store().is_granted_anything(&Grantee::Group(group.name.clone())).await? {
            errors.add(field, "above_yourself", "admin-group-shares");
            break;
        }
    }
    Ok(())
}

pub(super) async fn save(
    cx: &Context,
    by: &Administrator,
    user: &User,
    to: &Privileges,
    joined: &[Group],
) -> Result<bool> {
    match cx.store().save_privileges(user, to, joined, &by.author(cx)).await? {
        Ok(changed) => Ok(changed),
        Err(NotSaved::Stale | NotSaved::GroupGone | NotSaved::NotAllowed) => Err(Error::Conflict),
    }
}

pub(super) fn limit(errors: &mut FieldErrors, field: &str, count: usize, most: usize) {
    if count > most {
        let args = vec![("limit", Arg::Number(most as u64))];
        errors.add_with(field, FieldError { code: "max_length", key: "admin-too-many", args });
    }
}

/// Has the link to another password sent to the account's owner, at the stored address. An administrator never sets one
/// (ASVS 6.4.6), and is not told more than that it was promised.
///
/// # Errors
/// Those of [`Administrator::may_administer`]; [`Error::Invalid`] for a deactivated account; [`Error::Throttled`] when that
/// address was written to often enough.
pub async fn send_password_reset(cx: &Context, by: &Administrator, user: &User) -> Result<()> {
    by.may_administer(user)?;
    if !user.is_active {
        // Nobody is written to who may not log in.
        return Err(Error::Invalid(FieldErrors::of(FieldErrors::ALL, "inactive", "admin-reset-inactive")));
    }
    throttle::spend(cx, throttle::Action::ResetPassword, &[user.email.canonical().as_str()]).await?;
    let mail = cx.promise(Letter::ResetPassword { email: user.email.clone() });
    let event = by.author(cx).of_user(Action::PasswordResetSent, user);
    match cx.store().promise_for(&mail, &by.user, &event).await {
        Err(error) if error.is_condition() => Err(Error::Conflict),
        other => Ok(other?),
    }
}

/// Ends every session of an account, whatever their number.
///
/// # Errors
/// Those of [`Administrator::may_administer`].
pub async fn end_sessions(cx: &Context, by: &Administrator, user: &User) -> Result<()> {
    by.may_administer(user)?;
    let event = by.author(cx).of_user(Action::SessionsEnded, user);
    match cx.store().end_all_sessions(user, EndReason::EndedByAdministrator, Some(&by.user), &event).await {
        Err(error) if error.is_condition() => Err(Error::Conflict),
        other => Ok(other?),
    }
}

/// Ends one session of an account.
///
/// # Errors
/// Those of [`Administrator::may_administer`]; [`Error::NotFound`] when none that lives is called so.
pub async fn end_session(cx: &Context, by: &Administrator, user: &User, handle: &str) -> Result<()> {
    by.may_administer(user)?;
    sessions::end_of(cx, user, handle, &by.author(cx)).await
}

/// Deletes an account, as its owner would ([`accounts::delete_account`]).
///
/// # Errors
/// Those of [`Administrator::may_administer`]; [`Error::Conflict`] when it is not this version any more.
pub async fn delete(cx: &Context, by: &Administrator, user: &User, version: Option<u64>) -> Result<()> {
    by.may_administer(user)?;
    if version != Some(user.version) {
        return Err(Error::Conflict);
    }
    accounts::end_account(cx, user, &by.user, Some(&by.user)).await
}

/// An upload as administrators see it: that it is there, not what is in it.
#[derive(Debug, Serialize)]
pub struct UploadRow {
    /// Identifier.
    pub id: UploadId,
    /// What it is for.
    pub purpose: Purpose,
    /// What its owner calls it.
    pub name: FileName,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Bytes.
    pub bytes: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// A page of what somebody has uploaded.
#[derive(Debug, Serialize)]
pub struct UploadsPage {
    /// The uploads, the newest first.
    pub uploads: Vec<UploadRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<UploadId>,
}

/// What somebody has uploaded, the newest first.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that no page has given.
pub async fn uploads(cx: &Context, user: &User, cursor: Option<&str>) -> Result<UploadsPage> {
    let after = cursor.map(|text| UploadId::parse(text).ok_or(Error::NotFound)).transpose()?;
    let (ids, more) = cx.store().uploads_of(user.id, after, cx.config().uploads.page_size).await?;
    let uploads = cx.store().get_uploads(&ids).await?;
    let now = cx.now();
    let row = |upload: &Upload| {
        let (state, reason) = upload.shown(now.as_second());
        UploadRow {
            id: upload.id,
            purpose: upload.purpose,
            name: upload.shown_name(),
            state,
            reason: reason.map(str::to_owned),
            bytes: upload.ready().map_or(upload.max_bytes, |published| published.bytes),
            created_at: Timestamp::from_second(upload.created_at).unwrap_or(now),
        }
    };
    Ok(UploadsPage { uploads: uploads.iter().map(row).collect(), next: ids.last().copied().filter(|_| more) })
}
