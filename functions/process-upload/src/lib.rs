//! Verifies what was uploaded and publishes it: an S3 event, a look at every byte that matters, another key.
//!
//! S3 delivers its events at least once, in any order, hours late if need be. Each step is therefore a conditional
//! write that a repetition finds done, and a crash at any point is completed by the next delivery.
//!
//! Whoever was promised an upload can send it again until the promise ends, also while it is looked at, and an entity tag
//! does not tell two files of one MD5 apart. So the first step is a copy to a key that no browser can write. What is
//! scanned, verified and published is that copy. The note names it: every delivery goes on with the same one, and what is
//! sent later counts for nothing.

mod publish;
mod verify;

use portico::media::scan::{self, ScanError, ScannedBy, Verdict};
use portico::media::{Copy, HeldCopy, ReadAt as _, UNDECLARED, Upload, UploadId, UploadState};
use portico::{Error, JobContext, Jobs, ObjectCreated, Result, ScanResult, ScanStatus};

/// What this function works through.
pub fn jobs() -> Jobs {
    Jobs::on_object_created(created).and_on_object_scanned(scanned)
}

/// An object has appeared in quarantine.
async fn created(cx: JobContext, object: ObjectCreated) -> Result<&'static str> {
    let media = cx.app().media();
    let ours = object.bucket == media.bucket();
    let Some((owner, id)) = UploadId::of_quarantine(&object.key).filter(|_| ours) else { return Ok("ignored") };
    let upload = cx.store().get_upload(id).await?.filter(|upload| upload.owner == owner);
    let Some(upload) = upload else {
        // Of a deleted account, or of nobody: it is not kept. Nor is what an earlier delivery may have published in
        // the moment that the account was erased, and had no time to take back.
        media.remove(&object.key).await?;
        media.remove_published_as(owner, id, &[]).await?;
        return Ok("orphan");
    };
    if upload.is_settled() {
        return publish::clean_up_settled(&cx, &upload).await;
    }
    let upload = match hold(&cx, upload, &object).await? {
        Held::Copy(upload) => upload,
        Held::Over(outcome) => return Ok(outcome),
    };
    // Its verdict arrives as an event of its own, and until then nothing is published.
    if matches!(cx.app().scanner(), ScannedBy::GuardDuty) {
        return Ok("waits for its scan");
    }
    verify(&cx, &upload).await
}

/// `GuardDuty` has looked at a copy.
async fn scanned(cx: JobContext, result: ScanResult) -> Result<&'static str> {
    let media = cx.app().media();
    let ours = result.bucket == media.bucket() && matches!(cx.app().scanner(), ScannedBy::GuardDuty);
    let Some((owner, id)) = UploadId::of_held(&result.key).filter(|_| ours) else { return Ok("ignored") };
    let upload = cx.store().get_upload(id).await?.filter(|upload| upload.owner == owner);
    let outcome = match upload {
        None => {
            media.remove_published_as(owner, id, &[]).await?;
            "orphan"
        }
        Some(upload) if upload.is_settled() => publish::clean_up_settled(&cx, &upload).await?,
        // Copied, and not yet noted: which copy counts is not decided.
        Some(upload) if upload.state == UploadState::Pending => return Err(Error::Conflict),
        Some(upload) if upload.held_key().as_deref() != Some(&result.key) => "another was first",
        Some(upload) => return judge(&cx, &upload, &result).await,
    };
    media.remove(&result.key).await?;
    Ok(outcome)
}

/// Goes on as the verdict about the copy says.
async fn judge(cx: &JobContext, upload: &Upload, result: &ScanResult) -> Result<&'static str> {
    match result.status {
        ScanStatus::NoThreatsFound => verify(cx, upload).await,
        ScanStatus::ThreatsFound => {
            tracing::warn!(key = result.key, threats = ?result.threats, "malware was uploaded");
            publish::reject(cx, upload, scan::MALWARE).await
        }
        ScanStatus::Unsupported => publish::reject(cx, upload, scan::UNSCANNABLE).await,
        // Whoever runs the site has to see to it: the event ends in the dead-letter queue, the file stays unread.
        ScanStatus::AccessDenied | ScanStatus::Failed => {
            Err(Error::unavailable(format!("GuardDuty could not scan: {:?}", result.status)))
        }
    }
}

/// What has become of an object that arrived.
enum Held {
    /// The upload, of which a copy is held that nobody can change.
    Copy(Box<Upload>),
    /// Nothing more is to be done with it: this is what became of it.
    Over(&'static str),
}

/// Copies what has arrived, and notes that this copy counts and no other: of several that are sent under one promise the
/// first, and of one event that comes again the one that it made at first. A picture whose owner has asked for a newer one
/// since is refused.
async fn hold(cx: &JobContext, upload: Upload, object: &ObjectCreated) -> Result<Held> {
    let (media, store) = (cx.app().media(), cx.store());
    if upload.state == UploadState::Verifying {
        return Ok(Held::Copy(upload.into()));
    }
    let etag = object.etag.as_deref().ok_or_else(|| Error::internal("an S3 event without an entity tag"))?;
    let upload = Upload { held: Some(cx.app().rng().uuid(cx.now())), ..upload };
    let copy = upload.held_key().ok_or_else(|| Error::internal("a copy without a name"))?;
    if media.copy(&object.key, &copy, etag, UNDECLARED).await? == Copy::Gone {
        return Ok(Held::Over("gone"));
    }
    match store.begin_verifying(&upload).await {
        Ok(()) => return Ok(Held::Copy(Upload { state: UploadState::Verifying, ..upload }.into())),
        Err(error) if error.is_condition() => media.remove(&copy).await?,
        Err(error) => return Err(error.into()),
    }
    let newest = if upload.purpose.is_avatar() {
        store.get_user(upload.owner).await?.and_then(|user| user.avatar.upload)
    } else {
        Some(upload.id)
    };
    match store.get_upload(upload.id).await? {
        Some(upload) if newest != Some(upload.id) && !upload.is_settled() => {
            Ok(Held::Over(publish::reject(cx, &upload, "superseded").await?))
        }
        // Begun at the same time by another delivery.
        Some(upload) if upload.state == UploadState::Verifying => Ok(Held::Copy(upload.into())),
        // Settled or deleted meanwhile: the next delivery sees where it went.
        _ => Err(Error::Conflict),
    }
}

/// Verifies the copy of an upload, and publishes it or says why not.
async fn verify(cx: &JobContext, upload: &Upload) -> Result<&'static str> {
    let copy = upload.held_key().ok_or_else(|| Error::internal("an upload is verified without a copy"))?;
    let Some(source) = HeldCopy::find(cx.app().media(), &copy).await? else {
        return match cx.store().get_upload(upload.id).await? {
            // The bucket has forgotten it.
            Some(upload) if !upload.is_settled() => publish::reject(cx, &upload, "expired").await,
            // Another delivery has come to its end meanwhile.
            Some(upload) => publish::clean_up_settled(cx, &upload).await,
            None => Err(Error::Conflict),
        };
    };
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
async fn scan(cx: &JobContext, source: &HeldCopy<'_>) -> Result<Option<&'static str>> {
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
