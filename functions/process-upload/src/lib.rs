//! Verifies what was uploaded and publishes it: an S3 event, a full decode, a new picture under another key.
//!
//! S3 delivers its events at least once, in any order, hours late if need be. Each step is therefore a conditional
//! write that a repetition finds done, and a crash at any point is completed by the next delivery.

use portico::media::image::{self, Animation, Format, Recipe, Shape};
use portico::media::{Fetched, Upload, UploadId, UploadState};
use portico::{Error, JobContext, Jobs, ObjectCreated, Result};

/// What this function works through.
pub fn jobs() -> Jobs {
    Jobs::on_object_created(process)
}

async fn process(cx: JobContext, object: ObjectCreated) -> Result<&'static str> {
    let media = cx.app().media();
    let ours = object.bucket == media.bucket();
    let Some((owner, id)) = UploadId::of_quarantine(&object.key).filter(|_| ours) else { return Ok("ignored") };
    let upload = cx.store().get_upload(id).await?.filter(|upload| upload.owner == owner);
    let Some(upload) = upload else {
        // Of a deleted account, or of nobody: it is not kept. Nor is what an earlier delivery may have published in
        // the moment that the account was erased, and had no time to take back.
        media.remove(&object.key).await?;
        media.remove(&media.published_key(owner, id, "file")).await?;
        return Ok("orphan");
    };
    match upload.state {
        UploadState::Pending => {
            if !begin(&cx, &upload).await? {
                return reject(&cx, &upload, "superseded").await;
            }
            verify(cx, upload, &object).await
        }
        // Begun by an earlier delivery that did not come to its end.
        UploadState::Verifying => verify(cx, upload, &object).await,
        UploadState::Ready => clean_up(&cx, &upload, "ready already").await,
        UploadState::Rejected => clean_up(&cx, &upload, "rejected already").await,
    }
}

/// Marks the upload as here. `false` when its owner has asked for a newer one since.
async fn begin(cx: &JobContext, upload: &Upload) -> Result<bool> {
    match cx.store().begin_verifying(upload).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition() => {
            // Begun at the same time by another delivery is fine; superseded is not.
            let current = cx.store().get_user(upload.owner).await?;
            Ok(current.is_some_and(|user| user.avatar.upload == Some(upload.id)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn verify(cx: JobContext, upload: Upload, object: &ObjectCreated) -> Result<&'static str> {
    let media = cx.app().media();
    let bytes = match media.fetch(&object.key, object.etag.as_deref(), upload.max_bytes).await? {
        Fetched::Bytes(bytes) => bytes,
        Fetched::TooLarge => return reject(&cx, &upload, "too_large").await,
        Fetched::Gone => return Ok("gone"),
    };
    let declared = Format::from_content_type(&upload.content_type);
    let settings = cx.app().config().uploads;
    let recipe =
        Recipe { shape: Shape::Square(settings.avatar_side), thumbnails: &[], animation: Animation::FirstFrame };
    // Decoding is work for a thread of its own.
    let drawn = tokio::task::spawn_blocking(move || image::draw(&bytes, declared, &recipe, &settings.image));
    match drawn.await.map_err(Error::internal)? {
        Ok(drawing) => publish(&cx, &upload, drawing.main).await,
        Err(rejection) => reject(&cx, &upload, rejection.code()).await,
    }
}

async fn publish(cx: &JobContext, upload: &Upload, avatar: image::Encoded) -> Result<&'static str> {
    let media = cx.app().media();
    let key = media.published_key(upload.owner, upload.id, "file");
    media.store(&key, avatar.bytes, avatar.content_type).await?;
    let owner = cx.store().get_user(upload.owner).await?;
    let Some(owner) = owner.filter(|owner| owner.avatar.upload == Some(upload.id)) else {
        media.remove(&key).await?;
        return reject(cx, upload, "superseded").await;
    };
    let replaces = owner.avatar.key.filter(|old| *old != key);
    match cx.store().publish_avatar(upload, &key, replaces.as_deref()).await {
        Ok(()) => {
            let upload = Upload { replaces, ..upload.clone() };
            clean_up(cx, &upload, "published").await
        }
        // Something moved between the read and the write: the next delivery sees where it went.
        Err(error) if error.is_condition() => Err(Error::Conflict),
        Err(error) => Err(error.into()),
    }
}

async fn reject(cx: &JobContext, upload: &Upload, reason: &'static str) -> Result<&'static str> {
    cx.store().reject_upload(upload, reason).await?;
    clean_up(cx, upload, reason).await
}

/// Deletes what nobody needs any more: the uploaded object, and the picture that was replaced.
async fn clean_up(cx: &JobContext, upload: &Upload, outcome: &'static str) -> Result<&'static str> {
    let media = cx.app().media();
    media.remove(&upload.quarantine_key()).await?;
    if let Some(replaced) = &upload.replaces {
        media.remove(replaced).await?;
    }
    Ok(outcome)
}
