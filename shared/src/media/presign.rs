//! What a browser is given to send a file with: POST policies, and addresses for PUT, of a whole object or of a part.
//! No request is made for any of it.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use aws_sigv4::sign::v4;
use aws_smithy_types::base64;
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde::Serialize;
use serde_json::json;

use super::signer::UNRESERVED;
use super::{Media, MultipartId, Sha256};
use crate::error::{Error, Result};

/// What may be sent, and where to: what is signed.
#[derive(Debug, Clone)]
pub struct Sending<'a> {
    /// The key that it gets.
    pub key: &'a str,
    /// Its type.
    pub content_type: &'a str,
    /// How many bytes it may have. A PUT takes one size alone.
    pub size: RangeInclusive<u64>,
    /// Its checksum, if the sender has told it: S3 then takes nothing else.
    pub sha256: Option<&'a Sha256>,
    /// Until when it must begin: what [`Media::until`] gave.
    pub expires: Timestamp,
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

/// A request for S3: the file, or a part of it, as the body, with exactly these headers.
#[derive(Debug, Serialize)]
pub struct PresignedPut {
    /// Where to send it.
    pub url: String,
    /// The headers that were signed.
    #[serde(serialize_with = "as_map")]
    pub headers: Vec<(&'static str, String)>,
}

/// What S3 answers when it has taken a form.
#[derive(Debug, Clone, Copy)]
pub enum Afterwards<'a> {
    /// 204.
    NoContent,
    /// 303 to this address.
    Redirect(&'a str),
}

impl Media {
    /// When a signature that is wanted until `wanted` is over: not later than the credentials that sign.
    ///
    /// # Errors
    /// 503 when they end too soon for a signature to be of use.
    pub fn until(&self, wanted: Timestamp, now: Timestamp) -> Result<Timestamp> {
        self.signer.until(wanted, now)
    }

    /// A POST policy: exact key, exact type, a size in this range, and the checksum if one is given, all of which S3
    /// itself enforces.
    ///
    /// # Errors
    /// 503 when the credentials are about to expire.
    pub fn presign_post(
        &self,
        sending: &Sending<'_>,
        afterwards: Afterwards<'_>,
        now: Timestamp,
    ) -> Result<PresignedPost> {
        let signer = &self.signer;
        let until = signer.until(sending.expires, now)?;
        let date = now.strftime("%Y%m%d").to_string();
        let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let credential = format!("{}/{date}/{}/s3/aws4_request", signer.credentials.access_key_id(), signer.region);
        let mut fields = vec![("key", sending.key.to_owned()), ("Content-Type", sending.content_type.to_owned())];
        fields.push(match afterwards {
            Afterwards::NoContent => ("success_action_status", "204".to_owned()),
            Afterwards::Redirect(url) => ("success_action_redirect", url.to_owned()),
        });
        if let Some(sum) = sending.sha256 {
            fields.push(("x-amz-checksum-algorithm", "SHA256".to_owned()));
            fields.push(("x-amz-checksum-sha256", sum.to_string()));
        }
        fields.push(("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()));
        fields.push(("x-amz-credential", credential));
        fields.push(("x-amz-date", stamp));
        if let Some(token) = signer.credentials.session_token() {
            fields.push(("x-amz-security-token", token.to_owned()));
        }
        let mut conditions: Vec<_> = fields.iter().map(|(name, value)| json!({ *name: value })).collect();
        conditions.push(json!({ "bucket": self.root.bucket }));
        conditions.push(json!(["content-length-range", sending.size.start(), sending.size.end()]));
        let expiration = until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
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
        Ok(PresignedPost { url: signer.base.clone(), fields })
    }

    /// An address for PUT of exactly so many bytes of exactly this type, and with this checksum if one is given.
    ///
    /// # Errors
    /// 503 when the credentials are about to expire; 500 when the size is not one.
    pub fn presign_put(&self, sending: &Sending<'_>, now: Timestamp) -> Result<PresignedPut> {
        let size = *sending.size.end();
        if *sending.size.start() != size {
            return Err(Error::internal(format!("a PUT has one length: {:?}", sending.size)));
        }
        let url = self.signer.address(sending.key);
        self.put(url, size, Some(sending.content_type), sending.sha256, sending.expires, now)
    }

    /// An address for PUT of one part of an upload in parts: exactly so many bytes, and with this checksum if one is
    /// given. Whether the parts of an upload have one is decided by [`Media::begin_multipart`].
    ///
    /// # Errors
    /// 503 when the credentials are about to expire.
    #[expect(clippy::too_many_arguments, reason = "each is one fact of the request that is signed")]
    pub fn presign_part(
        &self,
        key: &str,
        upload: &MultipartId,
        number: u16,
        size: u64,
        sha256: Option<&Sha256>,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<PresignedPut> {
        let id = utf8_percent_encode(upload.as_str(), &UNRESERVED);
        let url = format!("{}?partNumber={number}&uploadId={id}", self.signer.address(key));
        self.put(url, size, None, sha256, expires, now)
    }

    fn put(
        &self,
        url: String,
        size: u64,
        content_type: Option<&str>,
        sha256: Option<&Sha256>,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<PresignedPut> {
        let mut headers = vec![("Content-Length", size.to_string())];
        headers.extend(content_type.map(|content_type| ("Content-Type", content_type.to_owned())));
        headers.extend(sha256.map(|sum| ("x-amz-checksum-sha256", sum.to_string())));
        let names: Vec<_> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let signed: Vec<_> = names.iter().zip(&headers).map(|(name, (_, value))| (&**name, &**value)).collect();
        let url = self.signer.url("PUT", url, &signed, expires, now)?;
        Ok(PresignedPut { url, headers })
    }
}

fn as_map<S: serde::Serializer>(pairs: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
