//! Taking away what is published.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{FILE, Media, MediaError, Purpose, Upload, UploadId, UploadState};
use crate::accounts::{User, UserId};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::sharing::{self, Object};
use crate::store::Store;

/// Deletes every object that an upload may have: as it was sent, and as it was published.
pub async fn remove_objects(media: &Media, upload: &Upload) -> Result<(), MediaError> {
    media.remove(&upload.quarantine_key()).await?;
    if let Some(copy) = upload.held_key() {
        media.remove(&copy).await?;
    }
    media.remove_published(upload).await
}

impl Media {
    /// Deletes what an upload has become, with the smaller copies that were drawn of it.
    pub async fn remove_published(&self, upload: &Upload) -> Result<(), MediaError> {
        let drawn = upload.published.iter().flat_map(|published| &published.thumbnails).map(|thumbnail| thumbnail.side);
        self.remove_published_as(upload.owner, upload.id, &drawn.collect::<Vec<_>>()).await
    }

    /// The same, where nobody may know any more what it was for: the smaller copies of these sides, and of all that any
    /// purpose draws by now. The file goes last: by it a sweep of the bucket finds the others.
    pub async fn remove_published_as(&self, owner: UserId, id: UploadId, sides: &[u32]) -> Result<(), MediaError> {
        let recipes = Purpose::all().filter_map(|purpose| purpose.rule().picture.as_ref());
        let declared = recipes.flat_map(|recipe| recipe.thumbnails).copied();
        let sides: BTreeSet<u32> = sides.iter().copied().chain(declared).collect();
        for side in sides {
            self.remove(&self.published_key(owner, id, &side.to_string())).await?;
        }
        self.remove(&self.published_key(owner, id, FILE)).await
    }
}

/// Deletes a picture that its owner has removed from their profile.
pub async fn discard(cx: &Context, owner: &User) -> Result<()> {
    let Some(id) = owner.avatar.key.as_deref().and_then(UploadId::of_key) else { return Ok(()) };
    match cx.store().get_upload(id).await? {
        Some(upload) => delete(cx, &upload).await,
        None => Ok(()),
    }
}

/// Deletes an upload: nobody is told of it any more, then its objects go, and what leads to them goes last. An object
/// that S3 did not delete can still be found, and the next try goes on where this one ended.
pub(super) async fn delete(cx: &Context, upload: &Upload) -> Result<()> {
    let store = cx.store();
    if upload.state != UploadState::Deleted {
        match store.begin_deleting(upload).await {
            Ok(()) => {}
            Err(error) if error.is_condition() => return Err(Error::Conflict),
            Err(error) => return Err(error.into()),
        }
    }
    finish_deleting(cx.app().media(), store, upload, cx.now()).await
}

/// Completes the deletion of an upload that nobody is told of any more, wherever an earlier try has ended.
pub async fn finish_deleting(media: &Media, store: &Store, upload: &Upload, now: Timestamp) -> Result<()> {
    if !upload.purpose.is_avatar() {
        sharing::forget_object(store, Object::media(upload.id), now).await?;
    }
    if let Some(multipart) = &upload.multipart {
        media.abort_multipart(&upload.quarantine_key(), &multipart.id).await?;
    }
    remove_objects(media, upload).await?;
    store.delete_upload(upload.owner, upload.id).await?;
    Ok(())
}
