//! Signature Version 4 for browsers: POST policies, and addresses for PUT and GET. No request is made for any of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_types::base64;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::{Media, Upload};
use crate::config::aws::AwsSettings;
use crate::error::{Error, Result};

const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const KEY: AsciiSet = UNRESERVED.remove(b'/');

/// Signs in the name of the function.
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
    /// Where the bucket is addressed, without a trailing slash.
    base: String,
    origin: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Signer {
    pub(super) fn new(aws: &AwsSettings, bucket: &str) -> Self {
        let region = aws.region.clone();
        let base = match &aws.s3_endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        };
        let origin = Url::parse(&base).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        Self { credentials: aws.credentials.clone(), region, base, origin }
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Signs an address for `method` with these headers, good for `age`.
    fn url(
        &self,
        method: &str,
        url: String,
        headers: &[(&str, &str)],
        age: Duration,
        now: Timestamp,
    ) -> Result<String> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.expires_in = Some(age);
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::from(now))
            .settings(settings)
            .build()
            .map_err(Error::internal)?
            .into();
        let request = SignableRequest::new(method, &url, headers.iter().copied(), SignableBody::UnsignedPayload);
        let (instructions, _) = sign(request.map_err(Error::internal)?, &params).map_err(Error::internal)?.into_parts();
        let mut signed = url;
        for (name, value) in instructions.params() {
            signed.push(if signed.contains('?') { '&' } else { '?' });
            signed.push_str(name);
            signed.push('=');
            signed.extend(utf8_percent_encode(value, &UNRESERVED));
        }
        Ok(signed)
    }
}

/// What a browser needs to upload one object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Presigned {
    /// As a form.
    Post(PresignedPost),
    /// As a body.
    Put(PresignedPut),
}

/// A form for S3: `fields` first, then the file as `file`.
#[derive(Debug, Serialize)]
pub struct PresignedPost {
    /// Where to send it.
    pub url: String,
    /// The fields of the form, in order.
    #[serde(serialize_with = "as_map")]
    pub fields: Vec<(&'static str, String)>,
}

impl PresignedPost {
    /// The fields as a map, for templates.
    pub fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        self.fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }
}

/// A request for S3: the file as the body, with exactly these headers.
#[derive(Debug, Serialize)]
pub struct PresignedPut {
    /// Where to send it.
    pub url: String,
    /// The headers that were signed.
    #[serde(serialize_with = "as_map")]
    pub headers: Vec<(&'static str, String)>,
}

/// What S3 answers when it has taken the object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Afterwards<'a> {
    /// 204.
    NoContent,
    /// 303 to this address.
    Redirect(&'a str),
}

impl Media {
    /// A short-lived address of a published object, for GET.
    ///
    /// # Errors
    /// When the signature cannot be made.
    pub fn signed_url(&self, key: &str, now: Timestamp) -> Result<String> {
        let key = utf8_percent_encode(key, &KEY);
        // What S3 answers is pinned, whatever is stored: shown in place, never guessed at, kept by one browser only.
        let pinned = "response-cache-control=private%2C%20max-age%3D300&response-content-disposition=inline";
        let url = format!("{}/{key}?{pinned}", self.signer.base);
        let host = host(&url);
        self.signer.url("GET", url, &[("host", &host)], Duration::from_secs(self.url_age.into()), now)
    }

    /// A POST policy: exact key, exact type, and a size from 1 byte to `max_bytes` that S3 itself enforces.
    pub(super) fn presign_post(
        &self,
        upload: &Upload,
        content_type: &str,
        max_bytes: u64,
        afterwards: Afterwards<'_>,
        now: Timestamp,
    ) -> PresignedPost {
        let signer = &self.signer;
        let date = now.strftime("%Y%m%d").to_string();
        let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let credential = format!("{}/{date}/{}/s3/aws4_request", signer.credentials.access_key_id(), signer.region);
        let mut fields = vec![("key", upload.quarantine_key()), ("Content-Type", content_type.to_owned())];
        fields.push(match afterwards {
            Afterwards::NoContent => ("success_action_status", "204".to_owned()),
            Afterwards::Redirect(url) => ("success_action_redirect", url.to_owned()),
        });
        fields.push(("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()));
        fields.push(("x-amz-credential", credential));
        fields.push(("x-amz-date", stamp));
        if let Some(token) = signer.credentials.session_token() {
            fields.push(("x-amz-security-token", token.to_owned()));
        }
        let mut conditions: Vec<_> = fields.iter().map(|(name, value)| json!({ *name: value })).collect();
        conditions.push(json!({ "bucket": self.root.bucket }));
        conditions.push(json!(["content-length-range", 1, max_bytes]));
        let expiration = upload.expires(now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let policy = base64::encode(json!({ "expiration": expiration, "conditions": conditions }).to_string());
        let key = v4::generate_signing_key(
            signer.credentials.secret_access_key(),
            SystemTime::from(now),
            &signer.region,
            "s3",
        );
        let signature = v4::calculate_signature(key, policy.as_bytes());
        fields.push(("policy", policy));
        fields.push(("x-amz-signature", signature));
        PresignedPost { url: signer.base.clone(), fields }
    }

    /// An address for PUT of exactly `size` bytes of exactly this type.
    pub(super) fn presign_put(
        &self,
        upload: &Upload,
        content_type: &str,
        size: u64,
        now: Timestamp,
    ) -> Result<PresignedPut> {
        let url = format!("{}/{}", self.signer.base, upload.quarantine_key());
        let size = size.to_string();
        let host = host(&url);
        let signed = [("content-length", &*size), ("content-type", content_type), ("host", &*host)];
        let url = self.signer.url("PUT", url.clone(), &signed, Duration::from_secs(self.upload_age.into()), now)?;
        Ok(PresignedPut { url, headers: vec![("Content-Type", content_type.to_owned()), ("Content-Length", size)] })
    }
}

/// The host of an address as a client's Host header names it.
fn host(url: &str) -> String {
    url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default().to_owned()
}

fn as_map<S: serde::Serializer>(pairs: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
