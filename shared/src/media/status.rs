//! How far an upload is, as its owner is told.

use jiff::Timestamp;
use serde::Serialize;

use super::upload::{Upload, UploadId, UploadState};
use super::{FILE, FileName, Purpose};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};

/// What an upload's owner is told of it.
#[derive(Debug, Serialize)]
pub struct UploadStatus {
    /// Identifier.
    pub id: UploadId,
    /// What it is for.
    pub purpose: Purpose,
    /// What its owner calls it.
    pub name: FileName,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Bytes: the most that were signed, then what is published.
    pub bytes: u64,
    /// Where the published file is; of its owner's picture a short-lived address of the object.
    pub url: Option<String>,
    /// After how many milliseconds it is worth asking again; `null` when nothing more will change.
    pub poll_after_ms: Option<u64>,
}

/// The distances at which to ask, milliseconds: a quarter of the time that has passed, within these.
const POLL: (u64, u64) = (400, 5_000);

impl UploadStatus {
    /// What there is to tell of `upload` at `now`.
    fn new(cx: &Context, upload: &Upload, now: Timestamp) -> Self {
        let (state, reason) = upload.shown(now.as_second());
        let waiting = matches!(state, UploadState::Pending | UploadState::Verifying);
        let waited = u64::try_from(now.as_millisecond() - upload.created_at * 1_000).unwrap_or_default();
        let media = cx.app().media();
        let address = || {
            if !upload.purpose.is_avatar() {
                return Some(format!("/media/{}", upload.id));
            }
            media.signed_url(&media.published_key(upload.owner, upload.id, FILE), now).ok()
        };
        let url = upload.ready().and_then(|_| address());
        Self {
            id: upload.id,
            purpose: upload.purpose,
            name: upload.name.clone(),
            state,
            reason: reason.map(str::to_owned),
            bytes: upload.ready().map_or(upload.max_bytes, |published| published.bytes),
            url,
            poll_after_ms: waiting.then_some((waited / 4).clamp(POLL.0, POLL.1)),
        }
    }

    /// What an entity tag of it holds: it changes with everything that is told but the address's signature and the
    /// advice when to ask again.
    ///
    /// # Errors
    /// None that can happen: each of it is a word or a number.
    pub fn etag(&self) -> Result<String> {
        let told = serde_json::to_vec(&(self.state, &self.reason, &self.name, self.bytes)).map_err(Error::internal)?;
        Ok(format!("{:08x}", crc32fast::hash(&told)))
    }
}

/// The upload of this identifier, if it is `user`'s and not deleted. `None` for everybody else: whether it exists is
/// not theirs to know.
pub(super) async fn find(cx: &Context, user: &User, id: &str) -> Result<Option<Upload>> {
    let Some(id) = UploadId::parse(id) else { return Ok(None) };
    let upload = cx.store().get_upload(id).await?;
    Ok(upload.filter(|upload| upload.owner == user.id && upload.state != UploadState::Deleted))
}

/// Tells the owner how far an upload is; `None` for everybody else.
pub async fn status(cx: &Context, user: &User, id: &str) -> Result<Option<UploadStatus>> {
    let upload = find(cx, user, id).await?;
    Ok(upload.map(|upload| UploadStatus::new(cx, &upload, cx.now())))
}
