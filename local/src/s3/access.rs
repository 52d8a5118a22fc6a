//! Who has a key, and what it is good for: the operator's opens everything, a function's what its role allows. A signed
//! address and a signed form have the rights of who signed them, when they are used.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::dto::CopySource;
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::signed::parameter;
use crate::iam::{Denied, Need, PREFIX, Roles};

/// The keys that the server knows; they have one secret.
#[derive(Clone)]
pub(crate) struct Keys {
    operator: String,
    secret: SecretKey,
    roles: Arc<Roles>,
}

impl Keys {
    pub(crate) fn new(operator: &str, secret: &str, roles: Arc<Roles>) -> Self {
        Self { operator: operator.to_owned(), secret: SecretKey::from(secret), roles }
    }

    /// The secret key of an access key.
    pub(crate) fn secret(&self, access_key: &str) -> Option<&SecretKey> {
        (access_key == self.operator || self.roles.knows(access_key)).then_some(&self.secret)
    }

    /// Whether this key is good for an upload by a form.
    pub(crate) fn check_post(&self, access_key: &str, bucket: &str, key: &str) -> S3Result<()> {
        self.check(access_key, &[object("PutObject", bucket, key)])
    }

    /// What is missing, to who asks: whoever may not list a bucket is not told what is not in it (`GetObject` in the Amazon S3
    /// API Reference). Reading has no prefix to list by, so that a right to list what is under one is none to be told.
    pub(crate) fn missing(&self, error: S3Error, credentials: Option<&Credentials>, bucket: &str) -> S3Error {
        let may_list =
            |who: &Credentials| self.roles.would_allow(&who.access_key, &Need::new("s3:ListBucket", arn(bucket)));
        if *error.code() == S3ErrorCode::NoSuchKey && !credentials.is_some_and(may_list) {
            return S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied");
        }
        error
    }

    fn check(&self, access_key: &str, needs: &[Need]) -> S3Result<()> {
        self.roles.check(access_key, needs).map_err(|denied| refusal(&denied))
    }
}

/// `s3s`'s own answers `NotSignedUp` where S3 answers `InvalidAccessKeyId`.
#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.secret(access_key).cloned().ok_or_else(|| S3ErrorCode::InvalidAccessKeyId.into())
    }
}

#[async_trait::async_trait]
impl S3Access for Keys {
    /// Comes after the signature.
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = cx.credentials() else {
            return Err(S3Error::with_message(S3ErrorCode::AccessDenied, "Signature is required"));
        };
        if self.roles.knows(&credentials.access_key) {
            return Self::check(self, &credentials.access_key, &needs(cx));
        }
        Ok(())
    }
}

/// "Actions, resources, and condition keys for Amazon S3", Service Authorization Reference.
fn needs(cx: &S3AccessContext<'_>) -> Vec<Need> {
    let operation = cx.s3_op().name();
    let (bucket, key) = match cx.s3_path() {
        S3Path::Root => ("", None),
        S3Path::Bucket { bucket } => (&**bucket, None),
        S3Path::Object { bucket, key } => (&**bucket, Some(&**key)),
    };
    let on_object = |action: &str| object(action, bucket, key.unwrap_or_default());
    match operation {
        "GetObject" | "HeadObject" => vec![on_object("GetObject")],
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => {
            vec![on_object("PutObject")]
        }
        "CopyObject" | "UploadPartCopy" => {
            let source = cx.headers().get("x-amz-copy-source").and_then(|source| source.to_str().ok());
            let source = match source.and_then(|source| CopySource::parse(source).ok()) {
                Some(CopySource::Bucket { bucket, key, .. }) => object("GetObject", &bucket, &key),
                _ => object("GetObject", "", ""),
            };
            vec![on_object("PutObject"), source]
        }
        "ListParts" => vec![on_object("ListMultipartUploadParts")],
        "ListObjectsV2" | "ListObjects" | "HeadBucket" => {
            let prefix = cx.uri().query().and_then(|query| parameter(query, "prefix"));
            let need = Need::new("s3:ListBucket", arn(bucket));
            vec![match prefix {
                Some(prefix) => need.about(PREFIX, vec![prefix]),
                None => need,
            }]
        }
        // No condition on its prefix.
        "ListMultipartUploads" => vec![Need::new("s3:ListBucketMultipartUploads", arn(bucket))],
        // What is not named here has mostly an action of its own name.
        other => match key {
            Some(_) => vec![on_object(other)],
            None => vec![Need::new(format!("s3:{other}"), arn(bucket))],
        },
    }
}

fn object(action: &str, bucket: &str, key: &str) -> Need {
    Need::new(format!("s3:{action}"), arn(&format!("{bucket}/{key}")))
}

/// Names of buckets are nobody's account's, and in no region.
fn arn(resource: &str) -> String {
    format!("arn:aws:s3:::{resource}")
}

fn refusal(denied: &Denied) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, denied.to_string())
}
