//! Published files as people see them: lists of them, one of them, and where its bytes are for a minute.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::upload::{Thumbnail, Upload, UploadId, UploadState};
use super::{ContentDisposition, Disposition, FILE, FileName, FileType, Purpose, UNDECLARED, removal};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::{FieldReader, Form};
use crate::sharing::Access;

/// A file as it is shown to somebody.
#[derive(Debug, Serialize)]
pub struct File {
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
    /// The type: of what is published, or as it was declared; a page without a script declares none.
    pub content_type: &'static str,
    /// Bytes: of what is published, or the most that were signed.
    pub bytes: u64,
    /// Pixels, of a picture.
    pub width: Option<u32>,
    /// Pixels, of a picture.
    pub height: Option<u32>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Counts the changes: a change names the version it is based on.
    pub version: u64,
    /// What the person who sees it may do with it.
    pub verb: &'static str,
    /// Smaller copies, each with a short-lived address.
    pub thumbnails: Vec<ThumbnailUrl>,
    /// Where it is.
    pub url: String,
}

/// A smaller copy of a picture.
#[derive(Debug, Serialize)]
pub struct ThumbnailUrl {
    /// Its longest side, pixels.
    pub side: u32,
    /// Where it is, for a few minutes.
    pub url: String,
}

impl File {
    /// `upload` as somebody sees it who has this access to it.
    pub fn new(cx: &Context, upload: &Upload, access: Access) -> Self {
        let (media, now) = (cx.app().media(), cx.now());
        let (state, reason) = upload.shown(now.as_second());
        let published = upload.ready();
        let thumbnail = |side: u32| {
            let key = media.published_key(upload.owner, upload.id, &side.to_string());
            Some(ThumbnailUrl { side, url: media.signed_url(&key, now).ok()? })
        };
        let thumbnails =
            published.map(|published| published.thumbnails.iter().filter_map(|known| thumbnail(known.side)));
        Self {
            id: upload.id,
            purpose: upload.purpose,
            name: upload.shown_name(),
            state,
            reason: reason.map(str::to_owned),
            content_type: upload.file_type().map_or(UNDECLARED, FileType::content_type),
            bytes: published.map_or(upload.max_bytes, |published| published.bytes),
            width: published.and_then(|published| published.width),
            height: published.and_then(|published| published.height),
            created_at: Timestamp::from_second(upload.created_at).unwrap_or(now),
            version: upload.version,
            verb: access.as_str(),
            thumbnails: thumbnails.map(Iterator::collect).unwrap_or_default(),
            url: format!("/media/{}", upload.id),
        }
    }
}

/// A page of a list of files.
#[derive(Debug, Serialize)]
pub struct Files {
    /// The files.
    pub files: Vec<File>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// What somebody has uploaded, the newest first; their picture is on their profile and not among it.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that no page has given.
pub async fn mine(cx: &Context, user: &User, cursor: Option<&str>) -> Result<Files> {
    let after = cursor.map(|text| UploadId::parse(text).ok_or(Error::NotFound)).transpose()?;
    let (ids, more) = cx.store().uploads_of(user.id, after, cx.config().uploads.page_size).await?;
    let uploads = cx.store().get_uploads(&ids).await?;
    let files =
        uploads.iter().filter(|upload| upload.is_file()).map(|upload| File::new(cx, upload, Access::Owner)).collect();
    Ok(Files { files, next: ids.last().filter(|_| more).map(UploadId::to_string) })
}

/// What the files of a purpose take.
#[derive(Debug, Serialize)]
pub struct PurposeUsage {
    /// Its name.
    pub purpose: Purpose,
    /// Bytes of all of them, those included that are on their way.
    pub bytes: u64,
    /// The most that they may take.
    pub quota: u64,
    /// The most that one may have.
    pub max_bytes: u64,
    /// The types that it takes, as a file input's `accept`.
    pub accept: String,
    /// The longest side of a picture worth sending, pixels: a larger one is made smaller anyway.
    pub max_side: Option<u32>,
}

/// What somebody's files take, by purpose.
pub async fn usage(cx: &Context, user: &User) -> Result<Vec<PurposeUsage>> {
    let usage = cx.store().usage(user.id).await?;
    let purposes = Purpose::all().filter(|purpose| !purpose.is_avatar());
    Ok(purposes
        .map(|purpose| {
            let limits = cx.config().uploads.of(purpose);
            PurposeUsage {
                purpose,
                bytes: usage.bytes(purpose),
                quota: limits.quota_bytes,
                max_bytes: limits.max_bytes,
                accept: purpose.accept(),
                max_side: purpose.max_side(),
            }
        })
        .collect())
}

/// An address of the file's bytes, good for a minute: under its name and type, shown in place where that is safe.
///
/// # Errors
/// [`Error::NotFound`] where there is nothing to read.
pub fn download_url(cx: &Context, upload: &Upload, as_attachment: bool) -> Result<String> {
    let published = upload.ready().ok_or(Error::NotFound)?;
    let name = upload.shown_name();
    let inline = published.file_type.disposition() == Disposition::Inline && !as_attachment;
    let disposition =
        if inline { ContentDisposition::inline(name.as_str()) } else { ContentDisposition::attachment(name.as_str()) };
    let key = cx.app().media().published_key(upload.owner, upload.id, FILE);
    sign(cx, &key, &disposition, published.file_type)
}

/// The same of the smaller copy of this side.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn thumbnail_url(cx: &Context, upload: &Upload, side: &str) -> Result<String> {
    let published = upload.ready().ok_or(Error::NotFound)?;
    // Written as we write it: another spelling is another name.
    let named = |thumbnail: &&Thumbnail| thumbnail.side.to_string() == side;
    let thumbnail = published.thumbnails.iter().find(named).ok_or(Error::NotFound)?;
    let name = upload.name.for_type(thumbnail.file_type);
    let key = cx.app().media().published_key(upload.owner, upload.id, side);
    sign(cx, &key, &ContentDisposition::inline(name.as_str()), thumbnail.file_type)
}

fn sign(cx: &Context, key: &str, disposition: &ContentDisposition, file_type: FileType) -> Result<String> {
    let age = SignedDuration::from_secs(cx.config().uploads.download_url_age.into());
    // What was verified as UTF-8 says so; a browser that had to guess could take it for another encoding.
    let content_type = file_type.served_as();
    let method = if cx.request().method == Method::HEAD { Method::HEAD } else { Method::GET };
    cx.app().media().signed_download(key, disposition, content_type, &method, age, cx.now())
}

/// `{name, version}`: another name for a file.
#[derive(Debug)]
pub struct RenameForm {
    /// The name.
    pub name: FileName,
    /// The version that it was based on.
    pub version: u64,
}

impl Form for RenameForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let name = fields.required_line("name", FileName::MAX_LENGTH);
        let version = fields.number("version");
        if version.is_none() && !fields.errors().contains("version") {
            fields.errors().add("version", "required", "field-required");
        }
        Self { name: FileName::clean(&name), version: version.unwrap_or_default() }
    }
}

/// Gives a file another name; its ending stays the one of its type.
///
/// # Errors
/// [`Error::Conflict`] when somebody has changed it since that version.
pub async fn rename(cx: &Context, upload: &Upload, form: &RenameForm) -> Result<Upload> {
    let published = upload.ready().ok_or(Error::NotFound)?;
    let name = form.name.for_type(published.file_type);
    match cx.store().rename_upload(upload, form.version, &name).await {
        Ok(renamed) => Ok(renamed),
        Err(error) if error.is_condition() => Err(Error::Conflict),
        Err(error) => Err(error.into()),
    }
}

/// Deletes a file in any state, with everything that was granted on it.
///
/// # Errors
/// [`Error::Conflict`] when it has gone on meanwhile, from waiting to ready for one.
pub async fn delete(cx: &Context, upload: &Upload) -> Result<()> {
    removal::delete(cx, upload).await
}
