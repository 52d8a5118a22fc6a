//! Editing one's profile.

use super::{ProfileForm, User};
use crate::context::Context;
use crate::error::{Error, Result};

/// Saves an edit of one's profile. The inner `Err` is the user as stored by now, when somebody saved in between: nothing
/// of theirs is overwritten.
///
/// Removing the picture takes it from the profile first; the object behind it goes afterwards, so that what fails
/// halfway leaves an object that nobody is shown, not a picture that is missing.
pub async fn save_profile(cx: &Context, user: &User, form: &ProfileForm) -> Result<Result<User, User>> {
    let edit = cx.app().rng().token();
    let saved = match cx.store().update_profile(user, form.version, &form.changes, &edit, cx.now()).await {
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
        crate::media::discard(cx, user).await?;
    }
    Ok(Ok(saved))
}
