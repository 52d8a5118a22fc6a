//! Accounts: sign up, authenticate, log in, log out, with Django's verbs.

mod forms;
mod identifiers;
pub mod password;
mod user;

pub use forms::{BIO_MAX_LENGTH, LoginForm, NewAccount, ProfileForm, SignupForm};
pub use identifiers::{CanonicalEmail, CanonicalUsername, Email, Identifier, Username};
pub use password::{Hasher, Password, PasswordHash};
pub use user::{Avatar, AvatarState, ProfileChanges, PublicUser, User, UserId};

use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};

/// Whether a session outlives the browser (`remember`, off by default: computers are shared).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// For `SESSION_COOKIE_AGE`.
    Yes,
    /// Until the browser closes, and `SESSION_BROWSER_AGE` at most.
    No,
}

impl From<bool> for Remember {
    fn from(remember: bool) -> Self {
        if remember { Self::Yes } else { Self::No }
    }
}

/// Creates an account. Nobody is logged in by it.
///
/// Uniqueness is decided by one transaction, not by looking first: of a hundred identical sign-ups in parallel one
/// creates the account. That an address is taken is told, here alone: a form that kept quiet could not be used.
///
/// # Errors
/// The inner `Err` names the fields that are taken, with Django's code `unique`.
pub async fn sign_up(cx: &Context, account: NewAccount) -> Result<Result<User, FieldErrors>> {
    let hash = cx.app().hasher().hash(account.password.clone()).await?;
    let user = account.into_user(cx, hash);
    let Err(taken) = cx.store().create_user(&user).await? else {
        cx.acts_as(&user);
        return Ok(Ok(user));
    };
    let mut errors = FieldErrors::default();
    if taken.email {
        errors.add("email", "unique", "email-unique");
    }
    if taken.username {
        errors.add("username", "unique", "username-unique");
    }
    Ok(Err(errors))
}

/// Finds the user with this name and password. `None` when there is none, whatever the reason.
///
/// An unknown name, an inactive account and one without a password cost the same reads and one hash of equal cost, so
/// that neither the answer nor its time tells which names exist (ASVS 6.3.8; CVE-2016-2513, CVE-2018-6188).
pub async fn authenticate(cx: &Context, name: &str, password: &Password) -> Result<Option<User>> {
    let identifier = Identifier::parse(name);
    // The visitor's session is needed for the answer anyway; fetched now, it costs no trip of its own.
    let (found, session) = tokio::join!(find(cx, identifier.as_ref()), cx.session());
    session?;
    let id = found?;
    let user = cx.store().get_user(id.unwrap_or(UserId::nobody())).await?;
    let hash = user.as_ref().filter(|user| user.is_active).map(|user| user.password.clone());
    let verified = cx.app().hasher().verify(password.clone(), hash).await?;
    Ok(user.filter(|user| verified && user.is_active))
}

async fn find(cx: &Context, identifier: Option<&Identifier>) -> Result<Option<UserId>> {
    match identifier {
        Some(identifier) => Ok(cx.store().find_user(identifier).await?),
        // What can be nobody's name is looked for all the same.
        None => Ok(cx.store().get_user(UserId::nobody()).await?.map(|user| user.id)),
    }
}

/// Signs `user` in: a new session under a new identifier (ASVS 7.2.4), the old one gone, its values kept when it was
/// an anonymous visitor's, and the CSRF token rotated.
pub async fn login(cx: &Context, user: User, remember: Remember) -> Result<User> {
    let begun = cx.begin_session(&user, remember).await?;
    let store = cx.store();
    let address = cx.client_address();
    let now = cx.now();
    // At the same time: one trip. None of them depends on another, and each failure refuses the log-in.
    let (created, recorded, ended) = tokio::join!(
        store.create_session(&begun.key, &begun.record),
        store.record_login(user.id, now, &address),
        async {
            match &begun.replaces {
                Some(old) => store.delete_session(old).await,
                None => Ok(()),
            }
        },
    );
    created?;
    recorded?;
    ended?;
    let user = User { last_login: Some(now), ..user };
    cx.adopt_session(begun, user.clone());
    Ok(user)
}

/// Ends the session of this request, at once and on the server. Harmless when there is none.
pub async fn logout(cx: &Context) -> Result<()> {
    if let Some(key) = cx.session().await?.key() {
        cx.store().delete_session(&key).await?;
    }
    cx.drop_session();
    Ok(())
}

/// Saves an edit of one's profile. The inner `Err` is the user as stored by now, when somebody saved in between: nothing
/// of theirs is overwritten.
///
/// Removing the picture takes it from the profile first; the object behind it goes afterwards, so that what fails
/// halfway leaves an object that nobody is shown, not a picture that is missing.
pub async fn save_profile(cx: &Context, user: &User, form: &ProfileForm) -> Result<Result<User, User>> {
    let edit = cx.app().rng().token();
    let saved = match cx.store().update_profile(user, form.version, &form.changes, &edit).await {
        Ok(saved) => saved,
        Err(error) if error.is_condition() => match cx.store().get_user(user.id).await? {
            // The SDK sends a write again whose answer was lost, and meets its own work.
            Some(current) if current.last_edit.as_ref() == Some(&edit) => current,
            Some(current) => return Ok(Err(current)),
            None => return Err(Error::LoginRequired),
        },
        Err(error) => return Err(error.into()),
    };
    if form.changes.clear_avatar {
        crate::media::discard(cx, &user.avatar).await?;
    }
    Ok(Ok(saved))
}

/// Ends every session of this request's user by one write, whatever their number: the epoch moves on.
pub async fn logout_everywhere(cx: &Context, user: &User) -> Result<()> {
    cx.store().end_all_sessions(user.id).await?;
    cx.drop_session();
    Ok(())
}
