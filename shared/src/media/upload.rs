//! An upload as it is noted, from the promise to the published file, and how far it is.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FileName, FileType, HELD, MultipartId, PartChecksums, PartPlan, Purpose, QUARANTINE};
use crate::accounts::UserId;
use crate::rng::Rng;

/// An upload's identifier, chosen by the server; the published file keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(Uuid);

impl UploadId {
    /// A fresh one; those of later uploads are greater.
    pub(super) fn new(rng: &dyn Rng, now: Timestamp) -> Self {
        Self(rng.uuid(now))
    }

    /// Parses the form that [`fmt::Display`] writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.to_string() == text).then_some(id)
    }

    /// The upload that a key belongs to, waiting or published.
    pub fn of_key(key: &str) -> Option<Self> {
        let mut steps = key.rsplit('/');
        let last = steps.next()?;
        Self::parse(last).or_else(|| Self::parse(steps.next()?))
    }

    /// Whose upload waits under this key, and which: what [`Upload::quarantine_key`] made.
    pub fn of_quarantine(key: &str) -> Option<(UserId, Self)> {
        let (owner, id) = key.strip_prefix(QUARANTINE)?.split_once('/')?;
        Some((UserId::parse(owner)?, Self::parse(id)?))
    }

    /// Whose upload is verified under this key, and which: what [`Upload::held_key`] made.
    pub fn of_held(key: &str) -> Option<(UserId, Self)> {
        let mut steps = key.strip_prefix(HELD)?.split('/');
        let (owner, id) = (UserId::parse(steps.next()?)?, Self::parse(steps.next()?)?);
        Self::parse(steps.next()?)?;
        steps.next().is_none().then_some((owner, id))
    }

    /// Its bytes as a UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
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
    /// Deleted by its owner, and not yet gone: nobody is told of it any more.
    Deleted,
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
    /// What its owner calls it.
    pub name: FileName,
    /// How far it is.
    pub state: UploadState,
    /// Why it was refused: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The type that was declared and signed; absent where a form without a script could declare none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<FileType>,
    /// The most bytes that were signed.
    pub max_bytes: u64,
    /// What it takes of its owner's quota, bytes: what was signed, then what is published, then nothing.
    pub charged: u64,
    /// The name of the copy that is verified: of several files that were sent, the one that came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Uuid>,
    /// Where it is sent in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<Multipart>,
    /// What it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// The upload that it replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<UploadId>,
    /// Counts the changes that its owner makes.
    pub version: u64,
    /// When it was promised, epoch seconds.
    pub created_at: i64,
    /// Until when it must begin (in parts: be complete), epoch seconds.
    pub upload_until: i64,
}

/// How a file is sent in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Multipart {
    /// S3's name of it.
    pub id: MultipartId,
    /// Bytes of a part.
    pub part_bytes: u64,
    /// Whether each part comes with its digest.
    pub checksums: PartChecksums,
}

/// What an upload became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The type of what is published: a picture is drawn anew, maybe as one of another type.
    pub file_type: FileType,
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels, of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels, of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Smaller copies of a picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thumbnails: Vec<Thumbnail>,
}

/// A smaller copy of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// The longest side that was asked for, pixels: its name.
    pub side: u32,
    /// Its type.
    pub file_type: FileType,
    /// Its bytes.
    pub bytes: u64,
}

impl Published {
    /// Bytes of the file and its smaller copies: what counts against the quota.
    pub fn total_bytes(&self) -> u64 {
        self.bytes + self.thumbnails.iter().map(|thumbnail| thumbnail.bytes).sum::<u64>()
    }

    /// The smaller copy of this side.
    pub fn thumbnail(&self, side: u32) -> Option<&Thumbnail> {
        self.thumbnails.iter().find(|thumbnail| thumbnail.side == side)
    }
}

/// Seconds that an upload which began in time may take to arrive.
pub(super) const GRACE: i64 = 600;
/// Seconds for which the bucket keeps what waits in quarantine.
const DAY: i64 = 86_400;

impl Upload {
    /// The key that it is uploaded to: made by the server, of the letters of two UUIDs (ASVS 5.3.2).
    pub fn quarantine_key(&self) -> String {
        format!("{QUARANTINE}{}/{}", self.owner, self.id)
    }

    /// The key of the copy that is verified, once there is one: no browser can write there.
    pub fn held_key(&self) -> Option<String> {
        Some(format!("{HELD}{}/{}/{}", self.owner, self.id, self.held?.hyphenated()))
    }

    pub(super) fn expires(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_second(self.upload_until).unwrap_or(now)
    }

    /// How it is sent in parts, and how it is cut into them; `None` where it goes in one piece.
    pub(super) fn in_parts(&self) -> Option<(&Multipart, PartPlan)> {
        let multipart = self.multipart.as_ref()?;
        Some((multipart, PartPlan::new(self.max_bytes, multipart.part_bytes)?))
    }

    /// Until when the promise holds, epoch seconds: from then on what it reserved can be given back.
    pub fn pending_until(&self) -> i64 {
        self.upload_until + GRACE
    }

    /// The state to show. A promise that was not kept is over; so is what nobody came to an end with in a day, when what
    /// was sent is forgotten too.
    pub fn shown(&self, now: i64) -> (UploadState, Option<&str>) {
        let late = now - self.pending_until();
        if (self.state == UploadState::Pending && late > 0) || (self.state == UploadState::Verifying && late > DAY) {
            return (UploadState::Rejected, Some("expired"));
        }
        (self.state, self.reason.as_deref())
    }

    /// Whether it is over: published, refused or deleted.
    pub fn is_settled(&self) -> bool {
        !matches!(self.state, UploadState::Pending | UploadState::Verifying)
    }

    /// Whether it is one of its owner's files, and not deleted: not the picture on their profile.
    pub fn is_file(&self) -> bool {
        !self.purpose.is_avatar() && self.state != UploadState::Deleted
    }

    /// Its type: of what is published, or as it was declared.
    pub fn file_type(&self) -> Option<FileType> {
        self.ready().map(|published| published.file_type).or(self.declared)
    }

    /// What it is called: of what is published, with the ending of its type.
    pub fn shown_name(&self) -> FileName {
        self.ready().map_or_else(|| self.name.clone(), |published| self.name.for_type(published.file_type))
    }

    /// What is published, where it is and its owner has not deleted it.
    pub fn ready(&self) -> Option<&Published> {
        self.published.as_ref().filter(|_| self.state == UploadState::Ready)
    }
}
