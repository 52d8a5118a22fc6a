//! Giving back what promises hold that nobody kept.

use super::{Media, Upload, UploadState};
use crate::accounts::UserId;
use crate::context::Context;
use crate::error::Result;
use crate::store::Store;

/// Refuses the uploads of a user that did not arrive in time. Gives how many there were.
pub(super) async fn expired(cx: &Context, owner: UserId) -> Result<usize> {
    let now = cx.now().as_second();
    let mut released = 0;
    for id in cx.store().usage(owner).await?.expired(now) {
        // One that has arrived and is being checked is not given up by this: it will be settled.
        let pending = |upload: &Upload| upload.state == UploadState::Pending;
        if let Some(upload) = cx.store().get_upload(id).await?.filter(pending) {
            give_up(cx.app().media(), cx.store(), &upload, "expired").await?;
            released += 1;
        }
    }
    Ok(released)
}

/// Refuses an upload that will not come any more. What was sent of it is removed.
pub async fn give_up(media: &Media, store: &Store, upload: &Upload, reason: &str) -> Result<()> {
    let key = upload.quarantine_key();
    if let Some(multipart) = &upload.multipart {
        media.abort_multipart(&key, &multipart.id).await?;
    }
    store.reject_upload(upload, reason).await?;
    // A form that is sent all the same, within the minutes that it is good for: its event finds the upload refused.
    Ok(media.remove(&key).await?)
}
