//! An upload, from the promise to the picture: what may be sent for which purpose, and how far it is.

use std::fmt;
use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Afterwards, Presigned, PresignedPost, QUARANTINE, Sending};
use crate::accounts::{User, UserId};
use crate::context::Context;
use crate::error::{Arg, Error, FieldError, Result};
use crate::fields::{FieldReader, Form};

/// An upload's identifier, chosen by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(transparent)]
pub struct UploadId(Uuid);

impl UploadId {
    /// Parses the form that [`fmt::Display`] writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.to_string() == text).then_some(id)
    }

    /// The identifier itself.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// The upload that a key belongs to: what stands behind its owner.
    pub fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/').skip_while(|part| UserId::parse(part).is_none());
        Self::parse(parts.nth(1)?)
    }

    /// Whose upload waits under this key, and which: what [`Upload::quarantine_key`] made.
    pub fn of_quarantine(key: &str) -> Option<(UserId, Self)> {
        let (owner, id) = key.strip_prefix(QUARANTINE)?.split_once('/')?;
        Some((UserId::parse(owner)?, Self::parse(id)?))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// What an upload is for. Each purpose has its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A user's picture.
    Avatar,
}

/// The types that a purpose takes, each with the endings that its files may have.
#[derive(Debug)]
pub struct Rule {
    /// Media type and endings.
    pub types: &'static [(&'static str, &'static [&'static str])],
}

/// What a user's picture may be. Its size is `AVATAR_MAX_BYTES`.
pub const AVATAR: Rule = Rule {
    types: &[
        ("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
        ("image/png", &["png"]),
        ("image/webp", &["webp"]),
        ("image/gif", &["gif"]),
    ],
};

impl Purpose {
    fn parse(text: &str) -> Option<Self> {
        (text == "avatar").then_some(Self::Avatar)
    }

    fn rule(self) -> &'static Rule {
        match self {
            Self::Avatar => &AVATAR,
        }
    }
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadState {
    /// Promised.
    Pending,
    /// Here, being checked.
    Verifying,
    /// Published.
    Ready,
    /// Refused.
    Rejected,
}

/// An upload as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// Identifier.
    pub id: UploadId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The type that was declared and signed; `application/octet-stream` declares nothing.
    pub content_type: String,
    /// The most bytes that were signed.
    pub max_bytes: u64,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The object that it replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// When it was promised, epoch seconds.
    pub created_at: i64,
    /// Until when it must begin, epoch seconds.
    pub upload_until: i64,
}

/// Seconds that an upload which began in time may take to arrive and be checked.
const GRACE: i64 = 600;

impl Upload {
    /// The key that it is uploaded to: made by the server, of the letters of two UUIDs (ASVS 5.3.2).
    pub fn quarantine_key(&self) -> String {
        format!("{QUARANTINE}{}/{}", self.owner, self.id)
    }

    fn sending<'a>(&'a self, key: &'a str, size: RangeInclusive<u64>, now: Timestamp) -> Sending<'a> {
        Sending { key, content_type: &self.content_type, size, sha256: None, expires: self.expires(now) }
    }

    fn expires(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_second(self.upload_until).unwrap_or(now)
    }

    /// The state to show. A promise that was not kept is over.
    pub fn shown(&self, now: i64) -> (UploadState, Option<String>) {
        if self.state == UploadState::Pending && now > self.upload_until + GRACE {
            return (UploadState::Rejected, Some("expired".to_owned()));
        }
        (self.state, self.reason.clone())
    }
}

/// How an upload is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UploadMethod {
    /// As a form, under a policy.
    #[serde(rename = "POST")]
    Post,
    /// As a body, with signed length and type.
    #[serde(rename = "PUT")]
    Put,
}

/// `POST /uploads` from a program: what it is about to send.
#[derive(Debug)]
pub struct UploadForm {
    /// What for.
    pub purpose: Purpose,
    /// Declared type.
    pub content_type: String,
    /// Declared size, bytes.
    pub size: u64,
    /// How it will be sent.
    pub method: UploadMethod,
}

/// Most characters of a file's name.
const FILENAME: usize = 255;

impl Form for UploadForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let purpose = read_purpose(fields);
        let filename = fields.required_line("filename", FILENAME);
        let content_type = fields.required_line("content_type", 127).to_ascii_lowercase();
        let size = fields.number("size");
        if size.is_none() && !fields.errors().contains("size") {
            fields.errors().add("size", "required", "field-required");
        }
        if let Some(size) = size {
            check_size(fields, size);
        }
        check_type(fields, purpose, &content_type, &filename);
        let method = match fields.line("method", 8).as_deref() {
            None | Some("" | "POST") => UploadMethod::Post,
            Some("PUT") => UploadMethod::Put,
            Some(_) => {
                fields.errors().add("method", "invalid_choice", "field-choice");
                UploadMethod::Post
            }
        };
        Self { purpose, content_type, size: size.unwrap_or_default(), method }
    }
}

/// `POST /uploads` from a page without JavaScript: nothing is known of the file yet.
#[derive(Debug)]
pub struct PageUploadForm {
    /// What for.
    pub purpose: Purpose,
}

impl Form for PageUploadForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { purpose: read_purpose(fields) }
    }
}

/// The purpose; with an error noted it does not matter which.
fn read_purpose(fields: &mut FieldReader<'_>) -> Purpose {
    let text = fields.required_line("purpose", 32);
    let purpose = Purpose::parse(&text);
    if purpose.is_none() && !fields.errors().contains("purpose") {
        fields.errors().add("purpose", "invalid_choice", "field-choice");
    }
    purpose.unwrap_or(Purpose::Avatar)
}

fn check_size(fields: &mut FieldReader<'_>, size: u64) {
    let most = fields.config().uploads.avatar_max_bytes;
    if size == 0 {
        fields.errors().add("size", "min_value", "upload-size-invalid");
    } else if size > most {
        let args = vec![("max", Arg::Text(mebibytes(most)))];
        fields.errors().add_with("size", FieldError { code: "max_value", key: "upload-size-too-large", args });
    }
}

fn check_type(fields: &mut FieldReader<'_>, purpose: Purpose, content_type: &str, filename: &str) {
    let Some((_, endings)) = purpose.rule().types.iter().find(|(known, _)| *known == content_type) else {
        if !fields.errors().contains("content_type") {
            fields.errors().add("content_type", "invalid_choice", "upload-type-invalid");
        }
        return;
    };
    let ending = filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if !endings.contains(&&*ending) && !fields.errors().contains("filename") {
        fields.errors().add("filename", "invalid_extension", "upload-extension-mismatch");
    }
}

/// `2 MiB`, `1.5 MiB`, `700 KiB`.
pub fn mebibytes(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    match bytes {
        bytes if bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
        #[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
        bytes if bytes > MIB => format!("{:.1} MiB", bytes as f64 / MIB as f64),
        bytes if bytes >= KIB => format!("{} KiB", bytes / KIB),
        bytes => format!("{bytes} B"),
    }
}

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
    /// Until when it must begin.
    pub expires_at: Timestamp,
}

/// Promises an upload to a program: signs for the declared type.
pub async fn begin(cx: &Context, user: &User, form: &UploadForm) -> Result<Promised> {
    let upload = promise(cx, user, form.purpose, &form.content_type)?;
    let (media, now, key) = (cx.app().media(), cx.now(), upload.quarantine_key());
    let presigned = match form.method {
        UploadMethod::Post => Presigned::Post(media.presign_post(
            &upload.sending(&key, 1..=upload.max_bytes, now),
            Afterwards::NoContent,
            now,
        )?),
        UploadMethod::Put => Presigned::Put(media.presign_put(&upload.sending(&key, form.size..=form.size, now), now)?),
    };
    keep(cx, &upload).await?;
    Ok(Promised { id: upload.id, method: form.method, presigned, expires_at: upload.expires(now) })
}

/// Promises an upload to a page without JavaScript: a form cannot tell S3 the type of the file that somebody will
/// choose, so none is declared and the content alone decides. S3 sends the browser back to the upload's page.
pub async fn begin_page(cx: &Context, user: &User, purpose: Purpose) -> Result<(UploadId, PresignedPost, Timestamp)> {
    const UNDECLARED: &str = "application/octet-stream";
    let upload = promise(cx, user, purpose, UNDECLARED)?;
    let back = cx.site_origin().join(&format!("/uploads/{}", upload.id));
    let (media, now, key) = (cx.app().media(), cx.now(), upload.quarantine_key());
    let sending = upload.sending(&key, 1..=upload.max_bytes, now);
    let post = media.presign_post(&sending, Afterwards::Redirect(&back), now)?;
    keep(cx, &upload).await?;
    Ok((upload.id, post, upload.expires(now)))
}

fn promise(cx: &Context, user: &User, purpose: Purpose, content_type: &str) -> Result<Upload> {
    let now = cx.now();
    let age = SignedDuration::from_secs(cx.config().uploads.url_age.into());
    let until = cx.app().media().until(now.saturating_add(age).map_err(Error::internal)?, now)?;
    Ok(Upload {
        id: UploadId(cx.app().rng().uuid(now)),
        owner: user.id,
        purpose,
        state: UploadState::Pending,
        reason: None,
        content_type: content_type.to_owned(),
        max_bytes: cx.config().uploads.avatar_max_bytes,
        key: None,
        replaces: None,
        created_at: now.as_second(),
        upload_until: until.as_second(),
    })
}

async fn keep(cx: &Context, upload: &Upload) -> Result<()> {
    match cx.store().begin_avatar_upload(upload, upload.upload_until + GRACE).await {
        Ok(()) => Ok(()),
        // Deleted since the session was read: nothing is promised to nobody.
        Err(error) if error.is_condition() => Err(Error::LoginRequired),
        Err(error) => Err(error.into()),
    }
}

/// Deletes the object of a picture that its owner has removed, and the note of it.
pub(crate) async fn discard(cx: &Context, owner: &User) -> Result<()> {
    let Some(key) = &owner.avatar.key else { return Ok(()) };
    // The note goes last: an object that S3 did not delete can still be found by it.
    cx.app().media().remove(key).await?;
    if let Some(id) = UploadId::of_key(key) {
        cx.store().delete_upload(owner.id, id).await?;
    }
    Ok(())
}

/// What an upload's owner is told of it.
#[derive(Debug, Serialize)]
pub struct UploadStatus {
    /// Identifier.
    pub id: UploadId,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused.
    pub reason: Option<String>,
    /// A short-lived address of the published object.
    pub url: Option<String>,
}

/// Tells the owner how far an upload is. `None` for everybody else: whether it exists is not theirs to know.
pub async fn status(cx: &Context, user: &User, id: &str) -> Result<Option<UploadStatus>> {
    let Some(id) = UploadId::parse(id) else { return Ok(None) };
    let upload = cx.store().get_upload(id).await?;
    Ok(upload.filter(|upload| upload.owner == user.id).map(|upload| {
        let now = cx.now();
        let (state, reason) = upload.shown(now.as_second());
        let url = upload.key.as_deref().and_then(|key| cx.app().media().signed_url(key, now).ok());
        UploadStatus { id, state, reason, url }
    }))
}
