//! Who has this name and this password, in equal time for everybody.

use super::{Identifier, Password, User, UserId};
use crate::context::Context;
use crate::error::Result;

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
