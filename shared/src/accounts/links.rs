//! Following a link of a mail: its secret leaves the address at once, and what it permits waits in the visitor's
//! session for a button. Following it uses nothing up and changes nothing: mail scanners follow every link they see.

use super::tokens::{self, Grant, LinkId, Purpose};
use super::{User, tokens::is_fingerprint};
use crate::context::Context;
use crate::csrf::SEC_FETCH_SITE;
use crate::error::{Error, Result};

/// A link that was followed, and is still good.
#[derive(Debug, Clone)]
pub struct OpenLink {
    /// The link.
    pub id: LinkId,
    /// What it is good for.
    pub grant: Grant,
    /// Whose account it concerns, as it is now.
    pub user: User,
}

/// Whether the browser keeps the visitor's session from this request, because the page with the link is another site's
/// and `SESSION_COOKIE_SAMESITE` is `Strict`. It would keep it from a redirect as well, and a session that is begun here
/// would take the place of theirs: they are asked to go on by a link of our own.
pub fn withholds_session(cx: &Context) -> bool {
    let elsewhere = matches!(cx.request().header(&SEC_FETCH_SITE), Some("cross-site" | "same-site"));
    elsewhere && cx.config().cookies.session_same_site == cookie::SameSite::Strict && !cx.wants_json()
}

/// Takes up the link `text` into the visitor's session.
///
/// # Errors
/// [`Error::LinkInvalid`] when it is not one of ours for this purpose, or is good for nothing any more. What an earlier
/// link of this purpose had opened is closed then.
pub async fn follow_link(cx: &Context, purpose: Purpose, text: &str) -> Result<()> {
    let session = cx.session().await?;
    let Some(id) = tokens::verify(cx.app().keys(), purpose, text) else {
        session.remove(purpose.session_key());
        return Err(Error::LinkInvalid);
    };
    match look_up(cx, purpose, id).await {
        Ok(link) => session.set(purpose.session_key(), link.id),
        Err(error) => {
            if matches!(error, Error::LinkInvalid) {
                session.remove(purpose.session_key());
            }
            Err(error)
        }
    }
}

/// The link of this purpose that the visitor has followed.
///
/// # Errors
/// [`Error::LinkInvalid`] when there is none, or it is good for nothing any more.
pub async fn open_link(cx: &Context, purpose: Purpose) -> Result<OpenLink> {
    let id = cx.session().await?.get(purpose.session_key()).ok_or(Error::LinkInvalid)?;
    look_up(cx, purpose, id).await
}

/// Forgets the link of this purpose that the visitor has followed.
pub(super) async fn close_link(cx: &Context, purpose: Purpose) -> Result<()> {
    cx.session().await?.remove(purpose.session_key());
    Ok(())
}

async fn look_up(cx: &Context, purpose: Purpose, id: LinkId) -> Result<OpenLink> {
    let grant = cx.store().get_grant(purpose, id).await?.filter(|grant| grant.is_good(cx.now().as_second()));
    let grant = grant.ok_or(Error::LinkInvalid)?;
    let user = cx.store().get_user(grant.user).await?.ok_or(Error::LinkInvalid)?;
    let link = OpenLink { id, grant, user };
    if link.holds(cx, purpose) { Ok(link) } else { Err(Error::LinkInvalid) }
}

impl OpenLink {
    /// Whether the account is still what the link was made for. The transaction that uses the link asks once more.
    fn holds(&self, cx: &Context, purpose: Purpose) -> bool {
        let Self { id, grant, user } = self;
        let same_address = user.email == grant.email;
        match purpose {
            Purpose::ResetPassword => {
                let password = grant.password.as_deref().unwrap_or_default();
                user.is_active && same_address && is_fingerprint(cx.app().keys(), &user.password, password)
            }
            Purpose::ConfirmEmail => same_address,
            Purpose::ChangeEmail => {
                // A link that a thief has asked for dies with the thief's session.
                let same_epoch = grant.epoch == Some(user.session_epoch);
                user.is_active && same_address && same_epoch && grant.new_email.is_some()
            }
            Purpose::UndoEmailChange => user.former_emails.iter().any(|entry| entry.undo == *id),
        }
    }
}
