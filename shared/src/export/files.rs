//! The files of an export: what is noted of each, and each itself while there is room.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::archive::Archive;
use crate::accounts::User;
use crate::context::Context;
use crate::error::Result;
use crate::media::{ContentDisposition, FILE, Fetched, Media, Published, Upload, UploadId, UploadState};

/// How many files are fetched at once.
const AT_ONCE: usize = 8;

/// How many notes are read at once.
const PAGE: usize = 100;

/// Bytes that are kept free for each file that is an address instead, and for what is said of it.
const LINK: u64 = 1_200;

/// What a user has uploaded and not deleted, the newest first.
pub(super) struct Theirs {
    /// Each with whether it is shared.
    pub(super) uploads: Vec<(Upload, bool)>,
    /// That there are more.
    more: bool,
}

/// What is noted of a file.
#[derive(Serialize)]
struct Noted<'a> {
    id: UploadId,
    purpose: &'static str,
    name: &'a str,
    state: UploadState,
    reason: Option<&'a str>,
    content_type: Option<&'static str>,
    bytes: Option<u64>,
    width: Option<u32>,
    height: Option<u32>,
    created_at: String,
    /// Where it is in the archive.
    file: Option<String>,
}

impl Theirs {
    /// Reads the notes of up to `EXPORT_MAX_FILES` of them. No file, no call but for the list.
    pub(super) async fn read(cx: &Context, user: &User) -> Result<Self> {
        let most = cx.config().export.max_files;
        let (mut uploads, mut after, mut more) = (Vec::new(), None, true);
        while more && uploads.len() <= most {
            let (ids, cut) = cx.store().uploads_of(user.id, after, PAGE).await?;
            let page = cx.store().get_uploads_and_shared(&ids).await?;
            uploads.extend(page.into_iter().filter(|(upload, _)| upload.is_file()));
            (after, more) = (ids.last().copied(), cut);
        }
        let more = uploads.len() > most;
        uploads.truncate(most);
        Ok(Self { uploads, more })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.uploads.is_empty()
    }

    /// How many are listed, if there are more.
    pub(super) fn cut_at(&self) -> Option<usize> {
        self.more.then_some(self.uploads.len())
    }

    /// Packs what is noted, and the newest files while there is room. Gives the addresses of the others.
    pub(super) async fn pack(&self, cx: &Context, zip: &mut Archive) -> Result<Vec<Value>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let fitting = self.fitting(cx.config().export.max_bytes.saturating_sub(zip.bytes) as u64);
        let media = cx.app().media();
        let fetches = fitting.into_iter().map(|(upload, published)| async move {
            match media.fetch(&key_of(media, upload), None, published.bytes).await? {
                Fetched::Bytes(bytes) => Ok::<_, crate::Error>(Some((upload.id, bytes))),
                // Deleted since its note was read.
                Fetched::TooLarge | Fetched::Gone => Ok(None),
            }
        });
        let answers: Vec<_> = stream::iter(fetches.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
        let packed: Vec<_> = answers.into_iter().flatten().collect();
        let is_packed = |id: UploadId| packed.iter().any(|(known, _)| *known == id);

        let now = cx.now();
        let noted = self.uploads.iter().map(|(upload, _)| Noted::new(upload, is_packed(upload.id), now));
        zip.json("files.json", &noted.collect::<Vec<_>>())?;
        for (id, bytes) in &packed {
            if let Some((upload, _)) = self.ready().find(|(upload, _)| upload.id == *id) {
                zip.packed(&path_of(upload), bytes)?;
            }
        }
        let others = self.ready().filter(|(upload, _)| !is_packed(upload.id));
        others.map(|(upload, published)| link(cx, upload, published)).collect()
    }

    fn ready(&self) -> impl Iterator<Item = (&Upload, &Published)> {
        self.uploads.iter().filter_map(|(upload, _)| Some((upload, upload.ready()?)))
    }

    /// The newest of them for which there is room.
    fn fitting(&self, room: u64) -> Vec<(&Upload, &Published)> {
        let mut room = room.saturating_sub(self.uploads.len() as u64 * LINK);
        let mut fitting = Vec::new();
        for (upload, published) in self.ready() {
            if let Some(left) = room.checked_sub(published.bytes) {
                room = left;
                fitting.push((upload, published));
            }
        }
        fitting
    }
}

impl<'a> Noted<'a> {
    fn new(upload: &'a Upload, is_packed: bool, now: Timestamp) -> Self {
        let (state, reason) = upload.shown(now.as_second());
        let published = upload.ready();
        Self {
            id: upload.id,
            purpose: upload.purpose.name(),
            name: upload.name.as_str(),
            state,
            reason,
            content_type: upload.file_type().map(crate::media::FileType::content_type),
            bytes: published.map(|published| published.bytes),
            width: published.and_then(|published| published.width),
            height: published.and_then(|published| published.height),
            created_at: Timestamp::from_second(upload.created_at).unwrap_or(now).to_string(),
            file: is_packed.then(|| path_of(upload)),
        }
    }
}

/// Two files may have the same name.
fn path_of(upload: &Upload) -> String {
    format!("media/{}/{}", upload.id, upload.shown_name())
}

fn key_of(media: &Media, upload: &Upload) -> String {
    media.published_key(upload.owner, upload.id, FILE)
}

fn link(cx: &Context, upload: &Upload, published: &Published) -> Result<Value> {
    let (media, age) = (cx.app().media(), SignedDuration::from_secs(cx.config().uploads.media_url_age.into()));
    let disposition = ContentDisposition::attachment(upload.shown_name().as_str());
    let content_type = published.file_type.served_as();
    let url = media.signed_download(&key_of(media, upload), &disposition, content_type, &Method::GET, age, cx.now())?;
    Ok(json!({ "name": path_of(upload), "url": url }))
}
