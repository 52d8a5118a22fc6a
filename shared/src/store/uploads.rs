//! Uploads: from the promise to the published file and its end, each step a conditional write that settles what the
//! file takes of its owner's quota in the same transaction.

use super::call::{Item, Write, from_item, key_item, to_item};
use super::expression::Expression;
use super::keys::{Key, OWNED, PK, owner_partition};
use super::{Store, StoreError};
use crate::accounts::{AvatarState, UserId};
use crate::media::{FileName, Published, Upload, UploadId, UploadState};
use crate::sharing::Head;

/// Why an upload was not promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The account is gone.
    Gone,
    /// The quota of the purpose is used up.
    Quota,
    /// Too many uploads are under way.
    Pending,
}

impl Store {
    /// Reads an upload.
    pub async fn get_upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        self.get(self.accounts(), &Key::upload(id)).await?.map(from_item).transpose()
    }

    /// Reads uploads, up to a hundred in one call, and gives those that there are in the order in which they were asked
    /// for.
    pub async fn get_uploads(&self, ids: &[UploadId]) -> Result<Vec<Upload>, StoreError> {
        Ok(self.get_uploads_and_shared(ids).await?.into_iter().map(|(upload, _)| upload).collect())
    }

    /// The same, each with whether it is granted to somebody, or a link leads to it.
    pub async fn get_uploads_and_shared(&self, ids: &[UploadId]) -> Result<Vec<(Upload, bool)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| (self.accounts(), Key::upload(*id))).collect();
        let read = |(_, item): (String, Item)| {
            let head: Head = from_item(item.clone())?;
            Ok::<(Upload, bool), StoreError>((from_item(item)?, head.share_count + head.link_count > 0))
        };
        let mut uploads = Vec::with_capacity(ids.len());
        for found in self.batch_get(&keys).await? {
            match read(found) {
                Ok(upload) => uploads.push(upload),
                // Of a purpose that the site has taken from its table, for one: the others are shown all the same.
                Err(error) => tracing::warn!(error = %crate::log::chain(&error), "an upload's note cannot be read"),
            }
        }
        uploads.sort_by_key(|(upload, _)| ids.iter().position(|id| *id == upload.id));
        Ok(uploads)
    }

    /// What somebody has uploaded, the newest first: up to `most` from the one before `after` on, and whether there are
    /// more.
    pub async fn uploads_of(
        &self,
        owner: UserId,
        after: Option<UploadId>,
        most: usize,
    ) -> Result<(Vec<UploadId>, bool), StoreError> {
        let after = after.map(|id| Key::owned(owner, id));
        let (keys, more) = self.latest_keys(self.accounts(), &owner_partition(owner), after, most).await?;
        Ok((keys.iter().filter_map(|key| UploadId::parse(key.sk.strip_prefix(OWNED)?)).collect(), more))
    }

    /// Notes an upload that is about to come, enters it in the list of what its owner has uploaded, and reserves its
    /// bytes: all of it, or nothing where the purpose's `quota` would be passed, or more than `pending_max` uploads
    /// would be under way. A picture of its owner's becomes their newest: the newest one asked for wins, in whatever
    /// order they arrive.
    pub async fn begin_upload(
        &self,
        upload: &Upload,
        quota: u64,
        pending_max: u32,
    ) -> Result<Result<(), Refused>, StoreError> {
        let Some(room) = quota.checked_sub(upload.charged) else { return Ok(Err(Refused::Quota)) };
        let table = self.accounts();
        let owner = if upload.purpose.is_avatar() {
            let newest = Expression::new()
                .set(&["avatar_upload"], upload.id)?
                .set(&["avatar_state"], AvatarState::Pending)?
                .set(&["avatar_pending_until"], upload.pending_until())?
                .remove(&["avatar_reason"])
                .if_living();
            Write::update(table, Key::user(upload.owner), newest)
        } else {
            Write::check(table, Key::user(upload.owner), Expression::new().if_living())
        };
        let writes = [
            owner,
            self.reserve_bytes(upload, room, pending_max)?,
            Write::put(table, to_item(&Key::upload(upload.id), upload)?, Expression::new().if_absent(PK)),
            Write::put(table, key_item(&Key::owned(upload.owner, upload.id)), Expression::new()),
        ];
        match self.transact(Some(upload.id.to_string()), &writes).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Condition { failed }) if failed.contains(&0) => Ok(Err(Refused::Gone)),
            Err(StoreError::Condition { failed }) if failed.contains(&1) => {
                let usage = self.usage(upload.owner).await?;
                let full = usage.bytes(upload.purpose) > room;
                Ok(Err(if full { Refused::Quota } else { Refused::Pending }))
            }
            Err(error) => Err(error),
        }
    }

    /// An object has arrived: `pending` becomes `verifying`, of the copy that is held.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the upload is no longer pending, or a newer picture was asked for.
    pub async fn begin_verifying(&self, upload: &Upload) -> Result<(), StoreError> {
        let verifying = Expression::new()
            .set(&["state"], UploadState::Verifying)?
            .set(&["held"], upload.held)?
            .only_if("state", "=", UploadState::Pending)?;
        if !upload.purpose.is_avatar() {
            return self.update(self.accounts(), &Key::upload(upload.id), &verifying).await.map(drop);
        }
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

    /// A file is good: it is its owner's from now on, if what is kept of it fits into the `quota`. A picture that is drawn
    /// anew can be larger than what was sent.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the upload is settled already (0 among the failed), or it does not fit
    /// (1 alone), or its owner is gone (2).
    pub async fn publish_file(&self, upload: &Upload, published: &Published, quota: u64) -> Result<(), StoreError> {
        let writes = [
            Write::update(self.accounts(), Key::upload(upload.id), ready(published)?),
            self.settle_bytes_within(upload, published.total_bytes(), quota)?,
            Write::check(self.accounts(), Key::user(upload.owner), Expression::new().if_living()),
        ];
        self.transact(None, &writes).await
    }

    /// A picture is good: under `key` it becomes its owner's in place of the one `before`: its key,
    /// and its upload where that is still noted.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the upload is settled already (0 among the failed), or the owner has asked for
    /// a newer one, has another picture by now, or is gone (1 among the failed).
    pub async fn publish_avatar(
        &self,
        upload: &Upload,
        published: &Published,
        key: &str,
        before: Option<(&str, Option<&Upload>)>,
    ) -> Result<(), StoreError> {
        let table = self.accounts();
        let replaced = before.and_then(|(_, upload)| upload);
        let mut note = ready(published)?;
        if let Some(replaced) = replaced {
            note = note.set(&["replaces"], replaced.id)?;
        }
        let avatar = Expression::new()
            .set(&["avatar_state"], AvatarState::Ready)?
            .set(&["avatar_key"], key)?
            .remove(&["avatar_pending_until"])
            .remove(&["avatar_reason"])
            .only_if("avatar_upload", "=", upload.id)?
            .if_still("avatar_key", before.map(|(key, _)| key))?;
        let freed = replaced.map_or(0, |replaced| replaced.charged);
        let mut writes = vec![
            Write::update(table, Key::upload(upload.id), note),
            Write::update(table, Key::user(upload.owner), avatar),
            self.settle_bytes_freeing(upload, published.total_bytes(), freed)?,
        ];
        if let Some(replaced) = replaced {
            let as_read = Expression::new().only_if("charged", "=", replaced.charged)?;
            writes.push(Write::delete_if(table, Key::upload(replaced.id), as_read));
            writes.push(Write::delete(table, Key::owned(upload.owner, replaced.id)));
        }
        self.transact(None, &writes).await
    }

    /// An upload is refused, and what it has reserved is given back. The owner of a picture is told when it is still
    /// their newest one. Gives whether it is refused by this: it may be settled already.
    ///
    /// The upload's own note comes last: until it says so the next delivery does all of this again, and an owner
    /// who was not told yet is told then.
    pub async fn reject_upload(&self, upload: &Upload, reason: &str) -> Result<bool, StoreError> {
        self.tell_owner(upload, reason).await?;
        let rejected = || {
            let unsettled = Expression::new()
                .set(&["state"], UploadState::Rejected)?
                .set(&["reason"], reason)?
                .set(&["charged"], 0)?
                .only_if("state", "=", UploadState::Pending)?
                .only_if("state", "=", UploadState::Verifying)?;
            Ok::<_, StoreError>(unsettled.any_of_last(2))
        };
        let writes =
            [Write::update(self.accounts(), Key::upload(upload.id), rejected()?), self.settle_bytes(upload, 0)?];
        match self.transact(None, &writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Condition { failed }) if failed.contains(&0) => Ok(false),
            // The account is gone, and with it what was counted.
            Err(StoreError::Condition { .. }) => {
                match self.update(self.accounts(), &Key::upload(upload.id), &rejected()?).await {
                    Ok(_) => Ok(true),
                    Err(StoreError::Condition { .. }) => Ok(false),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the owner of a picture why it is refused, while it is still their newest one.
    async fn tell_owner(&self, upload: &Upload, reason: &str) -> Result<(), StoreError> {
        if !upload.purpose.is_avatar() {
            return Ok(());
        }
        let avatar = Expression::new()
            .set(&["avatar_state"], AvatarState::Rejected)?
            .set(&["avatar_reason"], reason)?
            .remove(&["avatar_pending_until"])
            .only_if("avatar_upload", "=", upload.id)?
            .only_if("avatar_state", "<>", AvatarState::Ready)?;
        match self.update(self.accounts(), &Key::user(upload.owner), &avatar).await {
            // A newer upload, or no user any more: nobody to tell.
            Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Forgets an upload that never came, and gives back what it has reserved. One that has gone on since it was read is
    /// left alone: gives whether it is forgotten.
    pub async fn abandon_upload(&self, upload: &Upload, reason: &str) -> Result<bool, StoreError> {
        self.tell_owner(upload, reason).await?;
        let table = self.accounts();
        let as_read = Expression::new().only_if("state", "=", upload.state)?.only_if("charged", "=", upload.charged)?;
        let writes = [
            Write::delete_if(table, Key::upload(upload.id), as_read),
            self.settle_bytes(upload, 0)?,
            Write::delete(table, Key::owned(upload.owner, upload.id)),
        ];
        match self.transact(None, &writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Condition { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives a file another name, if nobody has changed it since it was read.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when somebody has, or it is not there to be renamed.
    pub async fn rename_upload(&self, upload: &Upload, version: u64, name: &FileName) -> Result<Upload, StoreError> {
        let change = Expression::new()
            .set(&["name"], name)?
            .set(&["version"], version + 1)?
            .only_if("version", "=", version)?
            .only_if("state", "=", UploadState::Ready)?;
        from_item(self.update(self.accounts(), &Key::upload(upload.id), &change).await?)
    }

    /// Deletes an upload in the state that it was read in: from here on nobody is told of it, and its bytes are given
    /// back. The note stands until its objects are gone, so that they can be found by it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it has gone on since it was read.
    pub async fn begin_deleting(&self, upload: &Upload) -> Result<(), StoreError> {
        let deleted = Expression::new()
            .set(&["state"], UploadState::Deleted)?
            .set(&["charged"], 0)?
            .only_if("state", "=", upload.state)?
            .only_if("charged", "=", upload.charged)?;
        let writes = [Write::update(self.accounts(), Key::upload(upload.id), deleted), self.settle_bytes(upload, 0)?];
        self.transact(None, &writes).await
    }

    /// Forgets an upload: the note first, since by the list it is found.
    pub async fn delete_upload(&self, owner: UserId, id: UploadId) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::upload(id)).await?;
        self.delete(self.accounts(), &Key::owned(owner, id)).await
    }
}

/// `verifying` becomes `ready`.
fn ready(published: &Published) -> Result<Expression, StoreError> {
    Expression::new()
        .set(&["state"], UploadState::Ready)?
        .set(&["published"], published)?
        .set(&["charged"], published.total_bytes())?
        .only_if("state", "=", UploadState::Verifying)
}
