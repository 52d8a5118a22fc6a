//! Promising an upload: its bytes are reserved of the quota, it is noted, and what the browser needs is signed.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::upload::{Multipart, Upload, UploadId, UploadState};
use super::{
    Afterwards, FileName, PageUploadForm, PartPlan, PresignedPost, PresignedPut, Purpose, Sending, UNDECLARED,
    UploadForm, UploadMethod, release,
};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::store::uploads::Refused;

/// What a client is told of a promised upload.
#[derive(Debug, Serialize)]
pub struct Promised {
    /// Identifier.
    pub id: UploadId,
    /// How to send it.
    pub method: UploadMethod,
    /// Where to, with what.
    #[serde(flatten)]
    pub presigned: Presigned,
    /// Until when it must begin; in parts, be complete.
    pub expires_at: Timestamp,
}

/// What a browser needs to upload one file.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Presigned {
    /// As a form.
    Post(PresignedPost),
    /// As a body.
    Put(PresignedPut),
    /// In parts, which are signed when they are asked for.
    Parts {
        /// How the file is cut.
        parts: PartPlan,
    },
}

/// Promises an upload to a program: signs for what was declared.
pub async fn begin(cx: &Context, user: &User, form: &UploadForm) -> Result<Promised> {
    let mut upload = promise(cx, user, form.purpose, form.name.clone(), form.size);
    upload.declared = Some(form.file_type);
    let (media, now) = (cx.app().media(), cx.now());
    if form.method == UploadMethod::Multipart {
        return begin_in_parts(cx, user, form, upload).await;
    }
    upload.upload_until = media.until(upload.expires(now), now)?.as_second();
    let key = upload.quarantine_key();
    let sending = Sending {
        key: &key,
        content_type: form.file_type.content_type(),
        size: form.size..=form.size,
        sha256: form.sha256.as_ref(),
        expires: upload.expires(now),
    };
    let presigned = match form.method {
        UploadMethod::Put => Presigned::Put(media.presign_put(&sending, now)?),
        _ => Presigned::Post(media.presign_post(&sending, Afterwards::NoContent, now)?),
    };
    keep(cx, user, &upload).await?;
    Ok(Promised { id: upload.id, method: form.method, presigned, expires_at: upload.expires(now) })
}

/// Promises one in parts: S3 begins it here. What nobody goes on with ends by the bucket's lifecycle rule.
async fn begin_in_parts(cx: &Context, user: &User, form: &UploadForm, mut upload: Upload) -> Result<Promised> {
    let (media, now, settings) = (cx.app().media(), cx.now(), &cx.config().uploads);
    let plan = PartPlan::new(form.size, settings.part_bytes).ok_or(Error::PayloadTooLarge)?;
    upload.upload_until = later(now, settings.multipart_age);
    let (key, content_type) = (upload.quarantine_key(), form.file_type.content_type());
    let id = media.begin_multipart(&key, content_type, form.checksums).await?;
    upload.multipart = Some(Multipart { id, part_bytes: plan.size, checksums: form.checksums });
    keep(cx, user, &upload).await?;
    let presigned = Presigned::Parts { parts: plan };
    Ok(Promised { id: upload.id, method: form.method, presigned, expires_at: upload.expires(now) })
}

/// Promises an upload to a page without JavaScript: a form cannot tell S3 the type of the file that somebody will
/// choose, so none is declared and the content alone decides. S3 sends the browser back to the upload's page.
pub async fn begin_page(
    cx: &Context,
    user: &User,
    form: &PageUploadForm,
) -> Result<(UploadId, PresignedPost, Timestamp)> {
    let most = page_max_bytes(cx, form.purpose);
    // What it is called S3 does not tell: its owner can say so afterwards.
    let name = FileName::clean(cx.text(&format!("purpose-{}", form.purpose.name()), &[]).as_str());
    let mut upload = promise(cx, user, form.purpose, name, most);
    let back = cx.site_url(&format!("/uploads/{}", upload.id));
    let (media, now) = (cx.app().media(), cx.now());
    upload.upload_until = media.until(upload.expires(now), now)?.as_second();
    let key = upload.quarantine_key();
    let sending =
        Sending { key: &key, content_type: UNDECLARED, size: 1..=most, sha256: None, expires: upload.expires(now) };
    let post = media.presign_post(&sending, Afterwards::Redirect(&back), now)?;
    keep(cx, user, &upload).await?;
    Ok((upload.id, post, upload.expires(now)))
}

/// The most bytes that a form without a script takes: it goes in one piece, cannot be gone on with, and reserves all that
/// it may send.
pub fn page_max_bytes(cx: &Context, purpose: Purpose) -> u64 {
    let settings = &cx.config().uploads;
    settings.of(purpose).max_bytes.min(settings.part_bytes)
}

fn promise(cx: &Context, user: &User, purpose: Purpose, name: FileName, max_bytes: u64) -> Upload {
    let now = cx.now();
    Upload {
        id: UploadId::new(cx.app().rng(), now),
        owner: user.id,
        purpose,
        name,
        state: UploadState::Pending,
        reason: None,
        declared: None,
        max_bytes,
        charged: max_bytes,
        held: None,
        multipart: None,
        published: None,
        replaces: None,
        version: 1,
        created_at: now.as_second(),
        upload_until: later(now, cx.config().uploads.url_age),
    }
}

fn later(now: Timestamp, seconds: u32) -> i64 {
    now.saturating_add(SignedDuration::from_secs(seconds.into())).map_or(now.as_second(), Timestamp::as_second)
}

/// Notes the upload and reserves its bytes. Promises that were not kept still hold some: they are given back when they
/// are in the way, and it is tried once more.
async fn keep(cx: &Context, user: &User, upload: &Upload) -> Result<()> {
    let settings = &cx.config().uploads;
    let quota = settings.of(upload.purpose).quota_bytes;
    let begin = || cx.store().begin_upload(upload, quota, settings.pending_max);
    let kept = match begin().await? {
        Err(Refused::Quota | Refused::Pending) if release::expired(cx, user.id).await? > 0 => begin().await?,
        kept => kept,
    };
    let refused = match kept {
        Ok(()) => return Ok(()),
        // Deleted since the session was read: nothing is promised to nobody.
        Err(Refused::Gone) => Error::LoginRequired,
        Err(Refused::Quota) => Error::QuotaExceeded,
        Err(Refused::Pending) => Error::Throttled(u64::from(settings.url_age)),
    };
    if let Some(multipart) = &upload.multipart {
        cx.app().media().abort_multipart(&upload.quarantine_key(), &multipart.id).await?;
    }
    Err(refused)
}
