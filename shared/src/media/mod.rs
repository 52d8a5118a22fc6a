//! What people upload: straight to S3, readable by nobody until it is verified, published under another key.
//! The only module that names the SDK of S3.

mod begin;
mod cloudfront;
mod disposition;
mod download;
pub mod files;
pub mod formats;
mod forms;
mod held_copy;
mod listing;
mod multipart;
mod name;
mod object;
mod part_plan;
mod parts;
mod presign;
mod purpose;
mod read_at;
mod release;
mod removal;
pub mod scan;
mod sha256;
mod signer;
mod status;
mod upload;

pub use begin::{Presigned, Promised, begin, begin_page, page_max_bytes};
pub use cloudfront::CloudFront;
pub use disposition::ContentDisposition;
pub use forms::{PageUploadForm, PartsForm, UploadForm, UploadMethod, mebibytes};
pub use held_copy::HeldCopy;
pub use listing::{Listed, Page, Unfinished, UnfinishedPage};
pub use multipart::{Completion, MultipartId, Part, PartChecksums};
pub use name::FileName;
pub use object::{Copy, Fetched, MediaError};
pub use part_plan::PartPlan;
pub use parts::{PartsSoFar, SignedPart, SignedParts, UploadedPart, abort, complete, parts_so_far, sign_parts};
pub use pictures::{Disposition, FileKind, FileType, image};
pub use presign::{Afterwards, PresignedPost, PresignedPut, Sending};
pub use purpose::{Becomes, Limit, Purpose, Rule};
pub use read_at::ReadAt;
pub use release::give_up;
pub use removal::{discard, finish_deleting, remove_objects};
pub use sha256::Sha256;
pub use status::{UploadStatus, status};
pub use upload::{Multipart, Published, Thumbnail, Upload, UploadId, UploadState};

use std::sync::OnceLock;

use aws_config::SdkConfig;

use crate::accounts::UserId;
use crate::config::aws::AwsSettings;
use crate::config::{Config, MediaRoot, Timeouts};
use signer::Signer;

/// The prefix under which uploads wait to be verified. Nothing under it is ever readable from outside.
pub const QUARANTINE: &str = "uploads/";

/// The prefix of the copies that are verified. Nobody but `process-upload` writes or reads there.
pub const HELD: &str = "held/";

/// The type of what nobody has declared a type of.
pub const UNDECLARED: &str = "application/octet-stream";

/// What a published file is called in its folder; its smaller copies are called by their sides.
pub const FILE: &str = "file";

/// The connection of a process to its bucket.
#[derive(Debug)]
pub struct Media {
    s3: aws_sdk_s3::config::Builder,
    client: OnceLock<aws_sdk_s3::Client>,
    signer: Signer,
    cdn: Option<CloudFront>,
    root: MediaRoot,
    url_age: u32,
    timeouts: Timeouts,
}

impl Media {
    /// Prepares the client; no request is made.
    pub fn new(sdk: &SdkConfig, aws: &AwsSettings, config: &Config) -> Self {
        let mut s3 = aws_sdk_s3::config::Builder::from(sdk);
        s3.set_endpoint_url(aws.s3_endpoint.clone());
        // An endpoint of its own has no host name for each bucket.
        s3.set_force_path_style(Some(aws.s3_endpoint.is_some()));
        let root = config.media_root.clone();
        Self {
            s3,
            client: OnceLock::new(),
            signer: Signer::new(aws, &root.bucket),
            cdn: None,
            root,
            url_age: config.uploads.media_url_age,
            timeouts: config.timeouts,
        }
    }

    /// Made when S3 is first asked for something: most functions only sign, and need none.
    fn client(&self) -> &aws_sdk_s3::Client {
        self.client.get_or_init(|| aws_sdk_s3::Client::from_conf(self.s3.clone().build()))
    }

    /// Has CloudFront serve what is published, if it is given. What is uploaded goes to the bucket in any case.
    pub fn served_by(self, cdn: Option<CloudFront>) -> Self {
        Self { cdn, ..self }
    }

    /// The origin that browsers send uploads to and load pictures from, unless [`Self::cdn_origin`] is another.
    pub fn origin(&self) -> &str {
        self.signer.origin()
    }

    /// The origin that browsers load pictures from, where CloudFront serves them.
    pub fn cdn_origin(&self) -> Option<&str> {
        self.cdn.as_ref().map(CloudFront::origin)
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.root.bucket
    }

    /// The key under which what an upload became is published: never the one it was uploaded to. `name` is [`FILE`], or
    /// the side of a smaller copy.
    pub fn published_key(&self, owner: UserId, upload: UploadId, name: &str) -> String {
        format!("{}{upload}/{name}", self.folder_of(owner))
    }

    /// Whose object a key is that [`Self::published_key`] has made: owner, upload and name.
    pub fn of_published(&self, key: &str) -> Option<(UserId, UploadId, String)> {
        let mut steps = key.strip_prefix(&self.root.prefix)?.splitn(3, '/');
        let owner = UserId::parse(steps.next()?)?;
        Some((owner, UploadId::parse(steps.next()?)?, steps.next()?.to_owned()))
    }

    /// What the keys of all that is published begin with.
    pub fn prefix(&self) -> &str {
        &self.root.prefix
    }

    /// What the keys of all that a user has published begin with.
    pub fn folder_of(&self, owner: UserId) -> String {
        format!("{}{owner}/", self.root.prefix)
    }
}
