//! Signature Version 4 in the name of the function, and how long what it signs can be good for.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::config::aws::AwsSettings;
use crate::error::{Error, Result};

pub(super) const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
pub(super) const KEY: AsciiSet = UNRESERVED.remove(b'/');

/// A signature that would be dead sooner than this is not given out: nobody would get to use it.
const LEAST: SignedDuration = SignedDuration::from_secs(10);

/// The longest that S3 lets an address be good for.
const MOST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Signs in the name of the function.
pub(super) struct Signer {
    pub(super) credentials: Credentials,
    pub(super) region: String,
    /// Where the bucket is addressed, without a trailing slash.
    pub(super) base: String,
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

    /// Where an object is addressed.
    pub(super) fn address(&self, key: &str) -> String {
        format!("{}/{}", self.base, utf8_percent_encode(key, &KEY))
    }

    /// When a signature that is wanted until `wanted` is over: S3 takes none of credentials that have expired, whatever
    /// the address says.
    ///
    /// # Errors
    /// 503 when the credentials end too soon for an address to be of use; 500 when nothing was wanted.
    pub(super) fn until(&self, wanted: Timestamp, now: Timestamp) -> Result<Timestamp> {
        if wanted <= now {
            return Err(Error::internal(format!("asked at {now} for a signature until {wanted}")));
        }
        let most = now.saturating_add(MOST).map_err(Error::internal)?;
        let wanted = wanted.min(most);
        let Some(end) = self.credentials.expiry() else { return Ok(wanted) };
        let end = Timestamp::try_from(end).map_err(Error::internal)?;
        if end.duration_since(now) < LEAST {
            return Err(Error::unavailable(format!("the credentials expire at {end}: nothing is signed by them")));
        }
        Ok(wanted.min(end))
    }

    /// Signs an address for `method` with these headers and that of the host, good until `wanted`.
    pub(super) fn url(
        &self,
        method: &str,
        url: String,
        headers: &[(&str, &str)],
        wanted: Timestamp,
        now: Timestamp,
    ) -> Result<String> {
        let age = self.until(wanted, now)?.duration_since(now).as_secs().max(1);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.expires_in = Some(Duration::from_secs(age.unsigned_abs()));
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
        let host = host(&url);
        let headers = headers.iter().copied().chain([("host", &*host)]);
        let request = SignableRequest::new(method, &url, headers, SignableBody::UnsignedPayload);
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

/// The host of an address as a client's Host header names it.
fn host(url: &str) -> String {
    url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn signer(expiry: Option<&str>) -> Signer {
        let aws = AwsSettings::from_vars(|name| match name {
            "AWS_CREDENTIAL_EXPIRATION" => expiry.map(str::to_owned),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("x".to_owned()),
            _ => None,
        });
        Signer::new(&aws.unwrap(), "bucket")
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-01-31T{time}Z").parse().unwrap()
    }

    fn age(signer: &Signer, wanted: &str, now: &str) -> Result<String> {
        let url = signer.url("GET", signer.address("a b"), &[], at(wanted), at(now))?;
        let (_, rest) = url.split_once("X-Amz-Expires=").unwrap();
        Ok(rest.split('&').next().unwrap().to_owned())
    }

    #[test]
    fn a_signature_is_good_for_as_long_as_is_asked_for() {
        assert_eq!(age(&signer(None), "12:05:00", "12:00:00").unwrap(), "300");
        assert_eq!(age(&signer(Some("2026-01-31T13:00:00Z")), "12:05:00", "12:00:00").unwrap(), "300");
    }

    #[test]
    fn a_signature_does_not_outlive_the_credentials_that_made_it() {
        let signer = signer(Some("2026-01-31T12:01:30Z"));
        assert_eq!(age(&signer, "12:05:00", "12:00:00").unwrap(), "90");
        assert_eq!(age(&signer, "12:05:00", "12:00:00.7").unwrap(), "89", "not a part of a second either");
        assert_eq!(signer.until(at("12:05:00"), at("12:00:00")).unwrap(), at("12:01:30"));
        assert_eq!(signer.until(at("12:01:00"), at("12:00:00")).unwrap(), at("12:01:00"));
    }

    #[test]
    fn what_would_be_dead_at_once_is_not_signed() {
        let signer = signer(Some("2026-01-31T12:00:00Z"));
        assert_eq!(age(&signer, "12:05:00", "11:59:50").unwrap(), "10");
        for now in ["11:59:51", "12:00:00", "13:00:00"] {
            let error = age(&signer, "13:05:00", now).unwrap_err();
            assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE, "{now}");
        }
    }

    #[test]
    fn nothing_is_signed_for_a_time_that_is_over_nor_for_longer_than_s3_takes() {
        let signer = signer(None);
        assert_eq!(age(&signer, "12:00:00", "12:00:00").unwrap_err().status(), StatusCode::INTERNAL_SERVER_ERROR);
        let now = at("12:00:00");
        assert_eq!(
            signer.until("2027-01-31T12:00:00Z".parse().unwrap(), now).unwrap(),
            now + SignedDuration::from_hours(168)
        );
    }

    #[test]
    fn a_key_is_escaped_as_it_is_signed() {
        assert!(signer(None).address("a b/ü?#%").ends_with("/a%20b/%C3%BC%3F%23%25"));
    }
}
