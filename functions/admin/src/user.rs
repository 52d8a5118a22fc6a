//! `/admin/users/{id}`: one account, and what is done to it.

use portico::accounts::{User, UserId};
use portico::administration::{self, AccountPage, Administrator, PrivilegesForm, UploadsPage, VersionForm};
use portico::permissions::Permission;
use portico::store::administration::Privileges;
use portico::{Context, Error, Next, Response, Result, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

const TEMPLATE: &str = "admin/user.html";

#[derive(Serialize)]
struct UserPage {
    account: AccountPage,
    /// What the form says: what is stored, or what was chosen when it was refused.
    form: Value,
    /// What can be chosen.
    permissions: Vec<Choice>,
    /// Groups that the account can join: the first of them, by name, for who sees groups.
    groups: Vec<String>,
    conflict: bool,
}

/// A permission to choose.
#[derive(Serialize)]
pub(crate) struct Choice {
    name: String,
    label: String,
}

impl Choice {
    /// Every declared permission, and those beside them that are stored.
    pub(crate) fn all(cx: &Context, stored: &[String]) -> Vec<Self> {
        let language = cx.language();
        let declared = Permission::all()
            .map(|permission| Self { name: permission.as_str().to_owned(), label: permission.label(language) });
        let others = stored.iter().filter(|name| Permission::parse(name).is_none());
        declared.chain(others.map(|name| Self { name: name.clone(), label: name.clone() })).collect()
    }
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (user, account) = administration::account(&cx, &by, cx.param("id")).await?;
    let form = form_of(&Privileges::of(&user), user.version);
    let page = page(&cx, &by, account, form, &user, false).await?;
    cx.page(TEMPLATE, page).await
}

pub(crate) async fn save(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (form, errors) = cx.form::<PrivilegesForm>()?;
    let (user, account) = administration::account(&cx, &by, cx.param("id")).await?;
    match administration::save_privileges(&cx, &by, &user, &form, errors).await {
        Ok(changed) => {
            cx.messages().success(if changed { "admin-saved" } else { "admin-unchanged" });
            cx.done(StatusCode::OK, &Next::to(&address(&user)), json!({ "changed": changed }))
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict)) if !cx.wants_json() => {
            // What was chosen is still there, over what is stored by now.
            let conflict = matches!(error, Error::Conflict);
            let (user, account) =
                if conflict { administration::account(&cx, &by, cx.param("id")).await? } else { (user, account) };
            let version = if conflict { user.version } else { form.version.unwrap_or(user.version) };
            let chosen = form_of(&form.over(&Privileges::of(&user)), version);
            let page = page(&cx, &by, account, chosen, &user, conflict).await?;
            cx.refuse(error, TEMPLATE, page).await
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn send_reset(cx: Context) -> Result<Response> {
    let (by, user) = administered(&cx).await?;
    administration::send_password_reset(&cx, &by, &user).await?;
    cx.messages().success("admin-reset-sent");
    done(&cx, &by, &user)
}

pub(crate) async fn end_sessions(cx: Context) -> Result<Response> {
    let (by, user) = administered(&cx).await?;
    administration::end_sessions(&cx, &by, &user).await?;
    cx.messages().success("admin-sessions-ended");
    done(&cx, &by, &user)
}

pub(crate) async fn end_session(cx: Context) -> Result<Response> {
    let (by, user) = administered(&cx).await?;
    match administration::end_session(&cx, &by, &user, cx.param("session")).await {
        Ok(()) => cx.messages().success("session-end-done"),
        // A list that was left open: what is there now is shown.
        Err(Error::NotFound) if !cx.wants_json() => cx.messages().info("session-end-gone"),
        Err(error) => return Err(error),
    }
    done(&cx, &by, &user)
}

/// Whose it is, for who need not see more of the account.
#[derive(Serialize)]
struct Whose {
    id: UserId,
    email: String,
    version: u64,
}

impl Whose {
    fn new(user: &User) -> Self {
        Self { id: user.id, email: user.email.as_str().to_owned(), version: user.version }
    }
}

/// Asks once more: what is deleted is gone.
pub(crate) async fn confirm_delete(cx: Context) -> Result<Response> {
    let (by, user) = administered(&cx).await?;
    by.may_administer(&user)?;
    cx.page("admin/delete_user.html", json!({ "account": Whose::new(&user) })).await
}

pub(crate) async fn delete(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<VersionForm>()?;
    errors.into_result()?;
    let (by, user) = administered(&cx).await?;
    match administration::delete(&cx, &by, &user, form.version).await {
        Ok(()) => {}
        Err(Error::Conflict) => {
            let page = json!({ "account": Whose::new(&user) });
            return cx.refuse(Error::Conflict, "admin/delete_user.html", page).await;
        }
        Err(error) => return Err(error),
    }
    cx.messages().success("admin-user-deleted");
    let next = if by.sees_users() { "/admin/users" } else { "/admin" };
    cx.done(StatusCode::OK, &Next::to(next), json!({}))
}

#[derive(Serialize)]
struct MediaPage {
    account: Whose,
    #[serde(flatten)]
    page: UploadsPage,
}

pub(crate) async fn media(cx: Context) -> Result<Response> {
    let user = administration::find(&cx, cx.param("id")).await?;
    let cursor = cx.request().query_param("cursor")?;
    let page = administration::uploads(&cx, &user, cursor.as_deref()).await?;
    cx.page("admin/media.html", MediaPage { account: Whose::new(&user), page }).await
}

async fn administered(cx: &Context) -> Result<(Administrator, User)> {
    let by = Administrator::of(cx).await?;
    let user = administration::find(cx, cx.param("id")).await?;
    Ok((by, user))
}

async fn page(
    cx: &Context,
    by: &Administrator,
    account: AccountPage,
    form: Value,
    user: &User,
    conflict: bool,
) -> Result<UserPage> {
    let groups = if by.sees_groups() { administration::groups(cx, None).await?.groups } else { Vec::new() };
    let groups = groups.into_iter().map(|group| group.name).collect();
    let permissions = Choice::all(cx, &Privileges::of(user).user_permissions);
    Ok(UserPage { account, form, permissions, groups, conflict })
}

fn form_of(privileges: &Privileges, version: u64) -> Value {
    json!({
        "version": version,
        "is_active": privileges.is_active,
        "is_staff": privileges.is_staff,
        "is_superuser": privileges.is_superuser,
        "groups": privileges.groups,
        "user_permissions": privileges.user_permissions,
    })
}

fn address(user: &User) -> String {
    format!("/admin/users/{}", user.id)
}

fn done(cx: &Context, by: &Administrator, user: &User) -> Result<Response> {
    let next = if by.sees_users() { address(user) } else { "/admin".to_owned() };
    cx.done(StatusCode::OK, &Next::to(&next), json!({}))
}
