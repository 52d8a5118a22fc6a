//! Giving back what promises hold that nobody kept.

use super::{Media, Upload, UploadState};
use crate::accounts::UserId;
use crate::context::Context;
use crate::error::Result;
use crate::store::Store;

/// Gives up the uploads of a user that did not arrive in time, and those that nobody came to an end with. Gives how many
/// there were.
pub(super) async fn expired(cx: &Context, owner: UserId) -> Result<usize> {
    let now = cx.now().as_second();
    let mut released = 0;
    for id in cx.store().usage(owner).await?.expired(now) {
        // One that has arrived a moment ago is being checked, and will be settled.
        let over = |upload: &Upload| !upload.is_settled() && upload.shown(now).0 == UploadState::Rejected;
        if let Some(upload) = cx.store().get_upload(id).await?.filter(over) {
            released += usize::from(give_up(cx.app().media(), cx.store(), &upload, "expired").await?);
        }
    }
    Ok(released)
}

/// Gives up an upload that will not come any more: what was sent of it is removed, what it has reserved is free, and
/// nothing is left to look at. Gives whether it is given up: it may have gone on since it was read.
pub async fn give_up(media: &Media, store: &Store, upload: &Upload, reason: &str) -> Result<bool> {
    let key = upload.quarantine_key();
    if let Some(multipart) = &upload.multipart {
        media.abort_multipart(&key, &multipart.id).await?;
    }
    let over = if upload.state == UploadState::Pending {
        store.abandon_upload(upload, reason).await?
    } else {
        store.reject_upload(upload, reason).await?
    };
    if over {
        // A form that is sent all the same, within the minutes that it is good for: its event finds no promise.
        media.remove(&key).await?;
    }
    Ok(over)
}
