//! What is in the bucket, a page at a time; and taking away all of it that is one user's.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::object::{MediaError, unavailable};
use super::{HELD, Media, MultipartId, QUARANTINE, UploadId};
use crate::accounts::UserId;

/// How many deletions are under way at once.
const REMOVALS_AT_ONCE: usize = 8;

/// An object as a listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// S3's name for what is in it.
    pub etag: String,
    /// When it was written.
    pub modified: Timestamp,
}

/// A page of a listing: up to a thousand objects, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Listed>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<String>,
}

/// An upload in parts that is neither completed nor given up.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// The key that it would get.
    pub key: String,
    /// Its name.
    pub upload: MultipartId,
    /// When it was begun.
    pub begun: Timestamp,
}

/// A page of unfinished uploads.
#[derive(Debug, Clone, Default)]
pub struct UnfinishedPage {
    /// The uploads.
    pub uploads: Vec<Unfinished>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<(String, MultipartId)>,
}

impl Media {
    /// The objects whose keys begin with `prefix` and come after the key `after`.
    pub async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Page, MediaError> {
        let request = self.client().list_objects_v2().bucket(self.bucket()).prefix(prefix);
        let request = request.set_start_after(after.map(str::to_owned));
        let output = request.send().await.map_err(|error| unavailable(&error))?;
        let objects: Vec<_> = output
            .contents
            .unwrap_or_default()
            .into_iter()
            .filter_map(|object| {
                Some(Listed {
                    key: object.key?,
                    size: u64::try_from(object.size?).ok()?,
                    etag: object.e_tag?,
                    modified: timestamp(object.last_modified?)?,
                })
            })
            .collect();
        let more = output.is_truncated == Some(true);
        let next = objects.last().filter(|_| more).map(|last| last.key.clone());
        Ok(Page { objects, next })
    }

    /// Whether there is an object of this key: for who may list, and perhaps not read.
    pub(super) async fn is_listed(&self, key: &str) -> Result<bool, MediaError> {
        Ok(self.list(key, None).await?.objects.iter().any(|object| object.key == key))
    }

    /// The unfinished uploads whose keys begin with `prefix`, after the one where the page before ended.
    pub async fn list_unfinished(
        &self,
        prefix: &str,
        after: Option<&(String, MultipartId)>,
    ) -> Result<UnfinishedPage, MediaError> {
        let request = self.client().list_multipart_uploads().bucket(self.bucket()).prefix(prefix);
        let request = request
            .set_key_marker(after.map(|(key, _)| key.clone()))
            .set_upload_id_marker(after.map(|(_, upload)| upload.as_str().to_owned()));
        let output = request.send().await.map_err(|error| unavailable(&error))?;
        let more = output.is_truncated == Some(true);
        let marker = output.next_key_marker.zip(output.next_upload_id_marker);
        let next = marker.filter(|_| more).map(|(key, upload)| (key, MultipartId::from(upload)));
        let uploads = output.uploads.unwrap_or_default().into_iter().filter_map(|upload| {
            Some(Unfinished {
                key: upload.key?,
                upload: upload.upload_id?.into(),
                begun: timestamp(upload.initiated?)?,
            })
        });
        Ok(UnfinishedPage { uploads: uploads.collect(), next })
    }

    /// Deletes every object of a user, waiting and published, a page at a time, and gives up what they have begun to
    /// send in parts. Gives what uploads it were of.
    pub async fn remove_all_of(&self, owner: UserId) -> Result<Vec<UploadId>, MediaError> {
        // One may be there twice: as it was sent, and as it was published.
        let mut uploads = BTreeSet::new();
        let quarantine = format!("{QUARANTINE}{owner}/");
        // First: one that is completed meanwhile is an object, and found as such.
        loop {
            let page = self.list_unfinished(&quarantine, None).await?;
            if page.uploads.is_empty() {
                break;
            }
            uploads.extend(page.uploads.iter().filter_map(|unfinished| UploadId::of_key(&unfinished.key)));
            let abortions = page
                .uploads
                .into_iter()
                .map(|unfinished| async move { self.abort_multipart(&unfinished.key, &unfinished.upload).await });
            stream::iter(abortions).buffer_unordered(REMOVALS_AT_ONCE).try_collect::<()>().await?;
        }
        for folder in [quarantine, format!("{HELD}{owner}/"), self.folder_of(owner)] {
            loop {
                let page = self.list(&folder, None).await?;
                if page.objects.is_empty() {
                    break;
                }
                let of = |key: &str| UploadId::of_held(key).map_or_else(|| UploadId::of_key(key), |(_, id)| Some(id));
                uploads.extend(page.objects.iter().filter_map(|object| of(&object.key)));
                let removals = page.objects.into_iter().map(|object| async move { self.remove(&object.key).await });
                stream::iter(removals).buffer_unordered(REMOVALS_AT_ONCE).try_collect::<()>().await?;
            }
        }
        Ok(uploads.into_iter().collect())
    }
}

fn timestamp(time: aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}
