//! Pictures: uploaded straight to S3, readable by nobody until they are verified, published under another key.
//! The only module that names the SDK of S3.

pub mod image;
mod object;
mod presign;
mod upload;

pub use object::{Fetched, MediaError};
pub use presign::{Presigned, PresignedPost, PresignedPut};
pub use upload::{
    AVATAR, PageUploadForm, Promised, Purpose, Upload, UploadForm, UploadId, UploadMethod, UploadState, UploadStatus,
    begin, begin_page, mebibytes, status,
};

pub(crate) use upload::discard;

use aws_config::SdkConfig;

use crate::accounts::UserId;
use crate::config::aws::AwsSettings;
use crate::config::{Config, MediaRoot};
use presign::Signer;

/// The prefix under which uploads wait to be verified. Nothing under it is ever readable from outside.
pub const QUARANTINE: &str = "uploads/";

/// The connection of a process to its bucket.
#[derive(Debug)]
pub struct Media {
    client: aws_sdk_s3::Client,
    signer: Signer,
    root: MediaRoot,
    url_age: u32,
    upload_age: u32,
}

impl Media {
    /// Builds the client; no request is made.
    pub fn new(sdk: &SdkConfig, aws: &AwsSettings, config: &Config) -> Self {
        let mut s3 = aws_sdk_s3::config::Builder::from(sdk);
        s3.set_endpoint_url(aws.s3_endpoint.clone());
        // An endpoint of its own has no host name for each bucket.
        s3.set_force_path_style(Some(aws.s3_endpoint.is_some()));
        let root = config.media_root.clone();
        Self {
            client: aws_sdk_s3::Client::from_conf(s3.build()),
            signer: Signer::new(aws, &root.bucket),
            root,
            url_age: config.uploads.media_url_age,
            upload_age: config.uploads.url_age,
        }
    }

    /// The origin that browsers send uploads to and load pictures from.
    pub fn origin(&self) -> &str {
        self.signer.origin()
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.root.bucket
    }

    /// The key under which an avatar is published: never the one it was uploaded to.
    pub fn avatar_key(&self, owner: UserId, upload: UploadId) -> String {
        format!("{}{upload}", self.avatar_folder(owner))
    }

    /// What the keys of a user's published avatars begin with.
    fn avatar_folder(&self, owner: UserId) -> String {
        format!("{}avatars/{owner}/", self.root.prefix)
    }
}
