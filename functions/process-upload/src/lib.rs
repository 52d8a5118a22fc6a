//! Verifies what was uploaded and publishes it: an S3 event, a look at every byte that matters, another key.
//!
//! S3 delivers its events at least once, in any order, hours late if need be. Each step is therefore a conditional
//! write that a repetition finds done, and a crash at any point is completed by the next delivery.

mod publish;
mod verify;

use portico::media::scan::{self, ScanError, ScannedBy, Verdict};
use portico::media::{self, Quarantined, ReadAt as _, Upload, UploadId, UploadState};
use portico::{Error, JobContext, Jobs, ObjectCreated, Result, ScanResult, ScanStatus};

/// What this function works through.
pub fn jobs() -> Jobs {
    Jobs::on_object_created(created).and_on_object_scanned(scanned)
}

/// An object has appeared in quarantine.
async fn created(cx: JobContext, object: ObjectCreated) -> Result<&'static str> {
    match take(&cx, &object.bucket, &object.key).await? {
        Taken::Over(outcome) => Ok(outcome),
        // Its verdict arrives as an event of its own, and until then nothing is published.
        Taken::Verifying(_) if matches!(cx.app().scanner(), ScannedBy::GuardDuty) => Ok("waits for its scan"),
        Taken::Verifying(upload) => verify(&cx, &upload, &object.key, object.etag.as_deref()).await,
    }
}

/// `GuardDuty` has looked at an object in quarantine. Its event may be here before that of S3.
async fn scanned(cx: JobContext, result: ScanResult) -> Result<&'static str> {
    if !matches!(cx.app().scanner(), ScannedBy::GuardDuty) {
        return Ok("ignored");
    }
    let upload = match take(&cx, &result.bucket, &result.key).await? {
        Taken::Over(outcome) => return Ok(outcome),
        Taken::Verifying(upload) => upload,
    };
    // A verdict is about the bytes that were looked at, and about no others that were sent to the same key since.
    let Some(etag) = result.etag.as_deref() else {
        return Err(Error::internal("a verdict that does not say of which bytes"));
    };
    if Quarantined::find(cx.app().media(), &result.key, Some(etag)).await?.is_none() {
        return Ok("gone");
    }
    match result.status {
        ScanStatus::NoThreatsFound => verify(&cx, &upload, &result.key, Some(etag)).await,
        ScanStatus::ThreatsFound => {
            tracing::warn!(key = result.key, threats = ?result.threats, "malware was uploaded");
            publish::reject(&cx, &upload, scan::MALWARE).await
        }
        ScanStatus::Unsupported => publish::reject(&cx, &upload, scan::UNSCANNABLE).await,
        // Whoever runs the site has to see to it: the event ends in the dead-letter queue, the file stays unread.
        ScanStatus::AccessDenied | ScanStatus::Failed => {
            Err(Error::unavailable(format!("GuardDuty could not scan: {:?}", result.status)))
        }
    }
}

/// What is to be done with an object.
enum Taken {
    /// Nothing more: this is what became of it.
    Over(&'static str),
    /// It is to be verified.
    Verifying(Box<Upload>),
}

/// Finds the upload that an object belongs to, and marks it as here.
async fn take(cx: &JobContext, bucket: &str, key: &str) -> Result<Taken> {
    let media = cx.app().media();
    let ours = bucket == media.bucket();
    let Some((owner, id)) = UploadId::of_quarantine(key).filter(|_| ours) else { return Ok(Taken::Over("ignored")) };
    let upload = cx.store().get_upload(id).await?.filter(|upload| upload.owner == owner);
    let Some(upload) = upload else {
        // Of a deleted account, or of nobody: it is not kept. Nor is what an earlier delivery may have published in
        // the moment that the account was erased, and had no time to take back.
        media.remove(key).await?;
        media.remove_published(owner, id).await?;
        return Ok(Taken::Over("orphan"));
    };
    let outcome = match upload.state {
        UploadState::Pending => return begin(cx, upload).await,
        // Begun by an earlier delivery that did not come to its end.
        UploadState::Verifying => return Ok(Taken::Verifying(upload.into())),
        UploadState::Ready => publish::clean_up(cx, &upload, "ready already").await?,
        UploadState::Rejected => publish::clean_up(cx, &upload, "rejected already").await?,
        UploadState::Deleted => {
            media::remove_objects(media, &upload).await?;
            "deleted already"
        }
    };
    Ok(Taken::Over(outcome))
}

/// Marks the upload as here. A picture whose owner has asked for a newer one since is refused.
async fn begin(cx: &JobContext, upload: Upload) -> Result<Taken> {
    match cx.store().begin_verifying(&upload).await {
        Ok(()) => Ok(Taken::Verifying(Upload { state: UploadState::Verifying, ..upload }.into())),
        Err(error) if error.is_condition() => {
            // Begun at the same time by another delivery is fine; superseded is not.
            let newest = match upload.purpose.is_avatar() {
                true => cx.store().get_user(upload.owner).await?.and_then(|user| user.avatar.upload),
                false => Some(upload.id),
            };
            match cx.store().get_upload(upload.id).await? {
                Some(upload) if newest != Some(upload.id) => {
                    Ok(Taken::Over(publish::reject(cx, &upload, "superseded").await?))
                }
                Some(upload) if upload.state == UploadState::Verifying => Ok(Taken::Verifying(upload.into())),
                // Settled or deleted meanwhile: the next delivery sees where it went.
                _ => Err(Error::Conflict),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Verifies what has arrived, and publishes it or says why not.
async fn verify(cx: &JobContext, upload: &Upload, key: &str, etag: Option<&str>) -> Result<&'static str> {
    let Some(source) = Quarantined::find(cx.app().media(), key, etag).await? else { return Ok("gone") };
    if source.size() > upload.max_bytes {
        return publish::reject(cx, upload, "too_large").await;
    }
    if let Some(reason) = scan(cx, &source).await? {
        return publish::reject(cx, upload, reason).await;
    }
    match verify::verify(cx, upload, &source).await? {
        Ok(verified) => publish::publish(cx, upload, &source, verified).await,
        Err(rejection) => publish::reject(cx, upload, rejection.code()).await,
    }
}

/// Has the scanner look at it, where there is one that is asked. Gives why it is refused, if it is.
async fn scan(cx: &JobContext, source: &Quarantined<'_>) -> Result<Option<&'static str>> {
    let ScannedBy::Scanner(scanner) = cx.app().scanner() else { return Ok(None) };
    match scanner.scan(source).await {
        Ok(Verdict::Clean) => Ok(None),
        Ok(Verdict::Infected { name }) => {
            tracing::warn!(key = source.key(), threat = name, "malware was uploaded");
            Ok(Some(scan::MALWARE))
        }
        Err(ScanError::TooLarge) => Ok(Some(scan::UNSCANNABLE)),
        Err(error) => Err(error.into()),
    }
}
