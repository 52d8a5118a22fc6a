//! What becomes of an upload: published under another key, or refused; and the end of what nobody needs any more.

use portico::media::image::{Drawing, Encoded};
use portico::media::{self, Copy, FILE, FileType, HeldCopy, Published, ReadAt as _, Thumbnail, Upload, UploadState};
use portico::store::StoreError;
use portico::{Error, JobContext, Result};

use crate::verify::Verified;

/// Puts a verified file where it is read, and makes it its owner's.
pub(crate) async fn publish(
    cx: &JobContext,
    upload: &Upload,
    source: &HeldCopy<'_>,
    verified: Verified,
) -> Result<&'static str> {
    let published = match verified {
        Verified::Drawn(drawing) => store(cx, upload, drawing).await?,
        Verified::Sound(file_type) => match copy(cx, upload, source, file_type).await? {
            Some(published) => published,
            None => return Ok("gone"),
        },
    };
    if upload.purpose.is_avatar() {
        return publish_avatar(cx, upload, &published).await;
    }
    let quota = cx.app().config().uploads.of(upload.purpose).quota_bytes;
    match cx.store().publish_file(upload, &published, quota).await {
        Ok(()) => clean_up(cx, upload, "published").await,
        // What is kept of it is more than was sent, and does not fit into the quota.
        Err(StoreError::Condition { failed }) if failed == [1] => take_back(cx, upload, "quota_exceeded").await,
        // Deleted by its owner, or settled by another delivery, or the account is gone: the next one sees which, and
        // takes away what was put there for nobody.
        Err(error) if error.is_condition() => Err(Error::Conflict),
        Err(error) => Err(error.into()),
    }
}

async fn store(cx: &JobContext, upload: &Upload, drawing: Drawing) -> Result<Published> {
    let media = cx.app().media();
    let put = async |name: String, picture: Encoded| {
        let (key, file_type) = (media.published_key(upload.owner, upload.id, &name), picture.file_type);
        let bytes = picture.bytes.len() as u64;
        media.store(&key, picture.bytes, file_type.content_type()).await?;
        Ok::<_, Error>((file_type, bytes))
    };
    let (width, height) = (Some(drawing.main.width), Some(drawing.main.height));
    let (file_type, bytes) = put(FILE.to_owned(), drawing.main).await?;
    let mut thumbnails = Vec::new();
    for (side, picture) in drawing.thumbnails {
        let (file_type, bytes) = put(side.to_string(), picture).await?;
        thumbnails.push(Thumbnail { side, file_type, bytes });
    }
    Ok(Published { file_type, bytes, width, height, thumbnails })
}

/// Has S3 copy what was looked at. `None` when another delivery has come to its end, and taken it away.
async fn copy(
    cx: &JobContext,
    upload: &Upload,
    source: &HeldCopy<'_>,
    file_type: FileType,
) -> Result<Option<Published>> {
    let media = cx.app().media();
    let to = media.published_key(upload.owner, upload.id, FILE);
    if media.copy(source.key(), &to, source.etag(), file_type.content_type()).await? == Copy::Gone {
        return Ok(None);
    }
    let bytes = source.size();
    Ok(Some(Published { file_type, bytes, width: None, height: None, thumbnails: Vec::new() }))
}

async fn publish_avatar(cx: &JobContext, upload: &Upload, published: &Published) -> Result<&'static str> {
    let (media, store) = (cx.app().media(), cx.store());
    let owner = store.get_user(upload.owner).await?;
    let Some(owner) = owner.filter(|owner| owner.avatar.upload == Some(upload.id)) else {
        return take_back(cx, upload, "superseded").await;
    };
    let key = media.published_key(upload.owner, upload.id, FILE);
    let old = owner.avatar.key.filter(|old| *old != key);
    let replaced = match old.as_deref().and_then(media::UploadId::of_key) {
        Some(id) => store.get_upload(id).await?,
        None => None,
    };
    let before = old.as_deref().map(|old| (old, replaced.as_ref()));
    match store.publish_avatar(upload, published, &key, before).await {
        Ok(()) => {
            let upload = Upload { replaces: replaced.map(|replaced| replaced.id), ..upload.clone() };
            clean_up(cx, &upload, "published").await
        }
        // Something moved between the read and the write: the next delivery sees where it went.
        Err(error) if error.is_condition() => Err(Error::Conflict),
        Err(error) => Err(error.into()),
    }
}

/// Refuses an upload of which something is published already that nobody may read. Where another delivery has made it its
/// owner's in the same moment, it stays.
async fn take_back(cx: &JobContext, upload: &Upload, reason: &'static str) -> Result<&'static str> {
    if cx.store().reject_upload(upload, reason).await? {
        cx.app().media().remove_published(upload).await?;
    }
    clean_up(cx, upload, reason).await
}

/// Refuses an upload, and says why.
pub(crate) async fn reject(cx: &JobContext, upload: &Upload, reason: &'static str) -> Result<&'static str> {
    cx.store().reject_upload(upload, reason).await?;
    clean_up(cx, upload, reason).await
}

/// An upload that was over before: what came of it late, or again, goes. Of one that was refused or deleted also what
/// another delivery may have published in the same moment.
pub(crate) async fn clean_up_settled(cx: &JobContext, upload: &Upload) -> Result<&'static str> {
    let outcome = match upload.state {
        UploadState::Ready => return clean_up(cx, upload, "ready already").await,
        UploadState::Rejected => "rejected already",
        _ => "deleted already",
    };
    cx.app().media().remove_published(upload).await?;
    clean_up(cx, upload, outcome).await
}

/// Deletes what nobody needs any more: the uploaded object, the copy, and the picture that was replaced.
pub(crate) async fn clean_up(cx: &JobContext, upload: &Upload, outcome: &'static str) -> Result<&'static str> {
    let media = cx.app().media();
    media.remove(&upload.quarantine_key()).await?;
    if let Some(copy) = upload.held_key() {
        media.remove(&copy).await?;
    }
    if let Some(replaced) = upload.replaces {
        media.remove_published_as(upload.owner, replaced, &[]).await?;
    }
    Ok(outcome)
}
