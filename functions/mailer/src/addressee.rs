//! To whom a letter goes, or why to nobody; and what the link in it is good for.
//!
//! Mail goes to the address as it is stored, never to what somebody typed: a look-alike that compares equal finds the
//! account, and its owner gets the mail. Only active accounts get any.

use portico::accounts::tokens::{self, Grant, LinkId, Purpose};
use portico::accounts::{Email, Identifier, User, UserId};
use portico::mail::compose::{Draft, name_of};
use portico::mail::{Letter, Promise};
use portico::{JobContext, Result, throttle};

/// What becomes of a promise.
pub(crate) enum Fate<'a> {
    /// It is written.
    Write(Box<Draft<'a>>),
    /// It is not: the reason is for the log.
    Drop(&'static str),
}

/// Decides, and notes what the link is good for before anybody can have it. `attempt` is how often it was tried, this time
/// included.
pub(crate) async fn decide<'a>(cx: &JobContext, promise: &'a Promise, attempt: u64) -> Result<Fate<'a>> {
    let ages = cx.app().config().mail.ages;
    let letter = &promise.letter;
    match letter {
        Letter::ConfirmEmail { user, email } => {
            let Some(user) = active(cx, *user).await? else { return Ok(Fate::Drop("no such account")) };
            if user.email != *email || user.email_verified {
                return Ok(Fate::Drop("nothing to confirm"));
            }
            let grant = Grant::of(&user);
            with_link(cx, promise, &user, user.email.clone(), Purpose::ConfirmEmail, grant, ages.confirm_email).await
        }
        Letter::ConfirmAgain { user: None } => Ok(Fate::Drop("the log-in was refused")),
        Letter::ConfirmAgain { user: Some(user) } => {
            let Some(user) = active(cx, *user).await? else { return Ok(Fate::Drop("no such account")) };
            if user.email_verified {
                return Ok(Fate::Drop("nothing to confirm"));
            }
            if attempt == 1 && !throttle::may_confirm_again(cx, user.id).await? {
                return Ok(Fate::Drop("sent often enough"));
            }
            let grant = Grant::of(&user);
            with_link(cx, promise, &user, user.email.clone(), Purpose::ConfirmEmail, grant, ages.confirm_email).await
        }
        Letter::ResetPassword { email } => {
            let Some(user) = find(cx, email).await? else { return Ok(Fate::Drop("no such account")) };
            let password = tokens::fingerprint(cx.app().keys(), &user.password);
            let grant = Grant { password: Some(password), ..Grant::of(&user) };
            with_link(cx, promise, &user, user.email.clone(), Purpose::ResetPassword, grant, ages.reset_password).await
        }
        Letter::ChangeEmail { user, old, new, epoch } => {
            let Some(user) = active(cx, *user).await? else { return Ok(Fate::Drop("no such account")) };
            if user.email != *old || user.session_epoch != *epoch {
                return Ok(Fate::Drop("superseded"));
            }
            // Of another account: its owner has no part in this, and the link could not be used.
            let holder = cx.store().find_user(&Identifier::Email(new.canonical())).await?;
            if holder.is_some_and(|holder| holder != user.id) {
                return Ok(Fate::Drop("taken"));
            }
            let grant = Grant { new_email: Some(new.clone()), epoch: Some(*epoch), ..Grant::of(&user) };
            with_link(cx, promise, &user, new.clone(), Purpose::ChangeEmail, grant, ages.change_email).await
        }
        // It may be a stranger's, mistyped: told in plain words, without a way into the account.
        Letter::EmailChanged { user, old, proven: false, .. } => {
            let found = active(cx, *user).await?;
            let told = || Fate::Write(Box::new(draft(promise, old.clone(), None)));
            Ok(found.map_or(Fate::Drop("no such account"), |_| told()))
        }
        Letter::EmailChanged { user, old, .. } => {
            let Some(user) = active(cx, *user).await? else { return Ok(Fate::Drop("no such account")) };
            let grant = Grant { email: old.clone(), ..Grant::of(&user) };
            let age = ages.undo_email_change;
            with_link(cx, promise, &user, old.clone(), Purpose::UndoEmailChange, grant, age).await
        }
        Letter::AccountExists { email } => {
            let found = find(cx, email).await?;
            Ok(found.map_or(Fate::Drop("no such account"), |user| told(promise, &user)))
        }
        Letter::NewDevice { user, .. } => {
            let Some(user) = active(cx, *user).await? else { return Ok(Fate::Drop("no such account")) };
            if !user.email_verified {
                return Ok(Fate::Drop("the address was never proven"));
            }
            // Whoever knows the password and keeps no cookies is a new device each time. A mail that has to be tried again
            // is counted once.
            if attempt == 1 && !throttle::may_tell_of_device(cx, user.id).await? {
                return Ok(Fate::Drop("told often enough"));
            }
            Ok(told(promise, &user))
        }
        Letter::PasswordChanged { user, .. } => {
            let found = active(cx, *user).await?;
            Ok(found.map_or(Fate::Drop("no such account"), |user| told(promise, &user)))
        }
        Letter::AccountDeleted { email, name } => {
            Ok(Fate::Write(Box::new(Draft { name: name.clone(), ..draft(promise, email.clone(), None) })))
        }
    }
}

async fn active(cx: &JobContext, id: UserId) -> Result<Option<User>> {
    Ok(cx.store().get_user(id).await?.filter(|user| user.is_active))
}

/// The account with an address that compares equal to this one.
async fn find(cx: &JobContext, email: &Email) -> Result<Option<User>> {
    match cx.store().find_user(&Identifier::Email(email.canonical())).await? {
        Some(id) => active(cx, id).await,
        None => Ok(None),
    }
}

fn told<'a>(promise: &'a Promise, user: &User) -> Fate<'a> {
    Fate::Write(Box::new(Draft { name: name_of(user), ..draft(promise, user.email.clone(), None) }))
}

/// A letter with a link, good for `age` seconds from when it was promised. It can be used once: a second delivery makes
/// the same link, and leaves what is noted of it alone.
async fn with_link<'a>(
    cx: &JobContext,
    promise: &'a Promise,
    user: &User,
    to: Email,
    purpose: Purpose,
    grant: Grant,
    age: i64,
) -> Result<Fate<'a>> {
    let expires_at = promise.created_at.as_second() + age;
    if expires_at <= cx.now().as_second() {
        return Ok(Fate::Drop("expired"));
    }
    let id = LinkId::new(promise.id);
    cx.store().put_grant(purpose, id, &Grant { expires_at, ..grant }).await?;
    let page = match purpose {
        Purpose::ResetPassword => "/password/reset",
        Purpose::ConfirmEmail => "/email/confirm",
        Purpose::ChangeEmail => "/email/change",
        Purpose::UndoEmailChange => "/email/undo",
    };
    let link = tokens::link(cx.app().keys(), purpose, id);
    let link = cx.app().config().public_url.join(&format!("{page}/{}", link.expose()));
    // An address that is not theirs, or no longer, may be a stranger's: nobody writes to strangers by a name of their own.
    let name = name_of(user).filter(|_| to == user.email);
    Ok(Fate::Write(Box::new(Draft { name, ..draft(promise, to, Some((link, age))) })))
}

fn draft(promise: &Promise, to: Email, link: Option<(String, i64)>) -> Draft<'_> {
    Draft { letter: &promise.letter, to, name: None, link, language: promise.language, at: promise.created_at }
}
