//! Uploaded objects: from the promise to the published picture, each step a conditional write.

use super::call::{Write, from_item, key_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK};
use super::{Store, StoreError};
use crate::accounts::{AvatarState, UserId};
use crate::media::{Upload, UploadId, UploadState};

impl Store {
    /// Reads an upload.
    pub async fn get_upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        self.get(self.accounts(), &Key::upload(id)).await?.map(from_item).transpose()
    }

    /// Notes an upload that is about to come and makes it its owner's newest picture: the newest one asked for wins,
    /// in whatever order they arrive. It is entered in the list of what they have uploaded too.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the owner's account was deleted meanwhile.
    pub async fn begin_avatar_upload(&self, upload: &Upload, pending_until: i64) -> Result<(), StoreError> {
        let newest = Expression::new()
            .set(&["avatar_upload"], upload.id)?
            .set(&["avatar_state"], AvatarState::Pending)?
            .set(&["avatar_pending_until"], pending_until)?
            .remove(&["avatar_reason"])
            .if_living();
        let entry = key_item(&Key::owned(upload.owner, upload.id));
        let writes = [
            Write::put(self.accounts(), to_item(&Key::upload(upload.id), upload)?, Expression::new().if_absent(PK)),
            Write::put(self.accounts(), entry, Expression::new()),
            Write::update(self.accounts(), Key::user(upload.owner), newest),
        ];
        self.transact(Some(upload.id.to_string()), &writes).await
    }

    /// An object has arrived: `pending` becomes `verifying`.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the upload is no longer pending.
    pub async fn begin_verifying(&self, upload: &Upload) -> Result<(), StoreError> {
        let verifying =
            Expression::new().set(&["state"], UploadState::Verifying)?.only_if("state", "=", UploadState::Pending)?;
        let avatar = Expression::new().set(&["avatar_state"], AvatarState::Verifying)?.only_if(
            "avatar_upload",
            "=",
            upload.id,
        )?;
        let writes = [
            Write::update(self.accounts(), Key::upload(upload.id), verifying),
            Write::update(self.accounts(), Key::user(upload.owner), avatar),
        ];
        self.transact(None, &writes).await
    }

    /// The picture is good: it becomes its owner's avatar in place of `replaces`.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the upload is settled already (0 among the failed), or the owner has asked for
    /// a newer one, has another picture by now, or is gone (1 among the failed).
    pub async fn publish_avatar(&self, upload: &Upload, key: &str, replaces: Option<&str>) -> Result<(), StoreError> {
        let mut ready = Expression::new().set(&["state"], UploadState::Ready)?.set(&["key"], key)?.only_if(
            "state",
            "=",
            UploadState::Verifying,
        )?;
        if let Some(replaced) = replaces {
            ready = ready.set(&["replaces"], replaced)?;
        }
        let avatar = Expression::new()
            .set(&["avatar_state"], AvatarState::Ready)?
            .set(&["avatar_key"], key)?
            .remove(&["avatar_pending_until"])
            .remove(&["avatar_reason"])
            .only_if("avatar_upload", "=", upload.id)?
            .if_still("avatar_key", replaces)?;
        let mut writes = vec![
            Write::update(self.accounts(), Key::upload(upload.id), ready),
            Write::update(self.accounts(), Key::user(upload.owner), avatar),
        ];
        if let Some(id) = replaces.and_then(UploadId::of_key).filter(|id| *id != upload.id) {
            writes.push(Write::delete(self.accounts(), Key::upload(id)));
            writes.push(Write::delete(self.accounts(), Key::owned(upload.owner, id)));
        }
        self.transact(None, &writes).await
    }

    /// The object is refused. Its owner is told when it is still the newest one.
    ///
    /// The upload's own note comes last: until it says so the next delivery does all of this again, and an owner
    /// who was not told yet is told then.
    pub async fn reject_upload(&self, upload: &Upload, reason: &str) -> Result<(), StoreError> {
        let avatar = Expression::new()
            .set(&["avatar_state"], AvatarState::Rejected)?
            .set(&["avatar_reason"], reason)?
            .remove(&["avatar_pending_until"])
            .only_if("avatar_upload", "=", upload.id)?
            .only_if("avatar_state", "<>", AvatarState::Ready)?;
        match self.update(self.accounts(), &Key::user(upload.owner), &avatar).await {
            // A newer upload, or no user any more: nobody to tell.
            Ok(_) | Err(StoreError::Condition { .. }) => {}
            Err(error) => return Err(error),
        }
        let rejected = Expression::new()
            .set(&["state"], UploadState::Rejected)?
            .set(&["reason"], reason)?
            .only_if("state", "<>", UploadState::Ready)?
            .if_exists(PK);
        match self.update(self.accounts(), &Key::upload(upload.id), &rejected).await {
            Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Forgets an upload: the note first, since by the list it is found.
    pub async fn delete_upload(&self, owner: UserId, id: UploadId) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::upload(id)).await?;
        self.delete(self.accounts(), &Key::owned(owner, id)).await
    }
}
