//! An upload in parts, from one's own browser to S3: signing them, going on after an interruption, putting them together,
//! giving up.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::upload::{Multipart, Upload, UploadState};
use super::{Completion, Part, PartChecksums, PartPlan, PartsForm, PresignedPut, release, status};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};

/// Parts that may be sent now.
#[derive(Debug, Serialize)]
pub struct SignedParts {
    /// Each with where to send it.
    pub parts: Vec<SignedPart>,
    /// Until when they must begin.
    pub expires_at: Timestamp,
}

/// A part that may be sent now.
#[derive(Debug, Serialize)]
pub struct SignedPart {
    /// Its number, from 1.
    pub number: u16,
    /// Where to send it, with what.
    #[serde(flatten)]
    pub presigned: PresignedPut,
}

/// What S3 has of an upload in parts.
#[derive(Debug, Serialize)]
pub struct PartsSoFar {
    /// How the file is cut.
    pub parts: PartPlan,
    /// What is there.
    pub uploaded: Vec<UploadedPart>,
}

/// A part that S3 has.
#[derive(Debug, Serialize)]
pub struct UploadedPart {
    /// Its number, from 1.
    pub number: u16,
    /// Its bytes.
    pub size: u64,
}

/// Signs parts of an upload that is under way.
pub async fn sign_parts(cx: &Context, user: &User, id: &str, form: &PartsForm) -> Result<SignedParts> {
    let (upload, multipart, plan) = under_way(cx, user, id).await?;
    if form.sha256.is_some() != (multipart.checksums == PartChecksums::Sha256) {
        return Err(Error::Invalid(FieldErrors::of("sha256", "invalid", "upload-sha256-of-parts")));
    }
    let planned = |number: &u64| {
        let number = u16::try_from(*number).ok()?;
        Some((number, plan.size_of(number)?))
    };
    let Some(numbers) = form.numbers.iter().map(planned).collect::<Option<Vec<_>>>() else {
        return Err(Error::Invalid(FieldErrors::of("numbers", "invalid", "upload-part-unknown")));
    };
    let (media, now) = (cx.app().media(), cx.now());
    let age = SignedDuration::from_secs(cx.config().uploads.url_age.into());
    let wanted = now.saturating_add(age).map_err(Error::internal)?.min(upload.expires(now));
    let expires_at = media.until(wanted, now)?;
    let key = upload.quarantine_key();
    let sign = |(number, size)| {
        let presigned = media.presign_part(&key, &multipart.id, number, size, form.sha256.as_ref(), expires_at, now)?;
        Ok(SignedPart { number, presigned })
    };
    Ok(SignedParts { parts: numbers.into_iter().map(sign).collect::<Result<_>>()?, expires_at })
}

/// What S3 has of an upload that is under way: an interrupted browser goes on with the rest.
pub async fn parts_so_far(cx: &Context, user: &User, id: &str) -> Result<PartsSoFar> {
    let (upload, multipart, plan) = under_way(cx, user, id).await?;
    let uploaded = cx.app().media().parts(&upload.quarantine_key(), &multipart.id).await?.ok_or(Error::NotFound)?;
    let uploaded = uploaded.iter().map(|part| UploadedPart { number: part.number, size: part.size }).collect();
    Ok(PartsSoFar { parts: plan, uploaded })
}

/// Puts an upload together. What there is, S3 itself is asked: each part, whole, and no other.
///
/// # Errors
/// [`Error::PartsMissing`] when that is not all; then nothing has changed.
pub async fn complete(cx: &Context, user: &User, id: &str) -> Result<UploadState> {
    let upload = status::find(cx, user, id).await?.ok_or(Error::NotFound)?;
    let (multipart, plan) = upload.in_parts().ok_or(Error::NotFound)?;
    let (state, _) = upload.shown(cx.now().as_second());
    if state != UploadState::Pending {
        // Asked again after a lost answer, or too late: what has become of it says the status.
        return Ok(state);
    }
    let key = upload.quarantine_key();
    let Some(parts) = cx.app().media().parts(&key, &multipart.id).await? else {
        // Put together already, and the event is on its way; or given up, and the promise will expire.
        return Ok(state);
    };
    let is_whole = |part: &Part| plan.size_of(part.number) == Some(part.size);
    if parts.len() != usize::from(plan.count) || !parts.iter().all(is_whole) {
        return Err(Error::PartsMissing);
    }
    match cx.app().media().complete_multipart(&key, &multipart.id, &parts).await? {
        // Where it is gone it has been taken and settled meanwhile, or given up: the status says which.
        Completion::Done | Completion::Already | Completion::Gone => Ok(state),
        // A part was sent once more since it was listed.
        Completion::PartsChanged => Err(Error::PartsMissing),
    }
}

/// Gives an upload up: what it has reserved is free again. One that has arrived is not an upload any more, and is
/// deleted as a file.
pub async fn abort(cx: &Context, user: &User, id: &str) -> Result<()> {
    let upload = status::find(cx, user, id).await?.ok_or(Error::NotFound)?;
    if upload.state != UploadState::Pending {
        return if upload.state == UploadState::Rejected { Ok(()) } else { Err(Error::Conflict) };
    }
    // It has arrived in the same moment: then it is a file by now, or will be.
    if release::give_up(cx.app().media(), cx.store(), &upload, "cancelled").await? {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

async fn under_way(cx: &Context, user: &User, id: &str) -> Result<(Upload, Multipart, PartPlan)> {
    let upload = status::find(cx, user, id).await?;
    // What was signed from now on could not be put together any more.
    let now = cx.now().as_second();
    let upload = upload.filter(|upload| upload.state == UploadState::Pending && now < upload.upload_until);
    let upload = upload.ok_or(Error::NotFound)?;
    let (multipart, plan) = upload.in_parts().ok_or(Error::NotFound)?;
    Ok((upload.clone(), multipart.clone(), plan))
}
