//! Addresses of published objects, good for a short time: for a picture shown in place, and for a file to keep. The bucket
//! serves them, or CloudFront; the parameters are the same, and what they pin is signed either way.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::utf8_percent_encode;

use super::signer::UNRESERVED;
use super::{ContentDisposition, Media};
use crate::error::{Error, Result};

impl Media {
    /// A short-lived address of a published picture, for GET: shown in place, whatever is stored.
    ///
    /// # Errors
    /// When the signature cannot be made.
    pub fn signed_url(&self, key: &str, now: Timestamp) -> Result<String> {
        let kept = format!("private, max-age={}", self.url_age);
        let pinned = [("response-cache-control", &*kept), ("response-content-disposition", "inline")];
        self.signed(&Method::GET, key, &pinned, SignedDuration::from_secs(self.url_age.into()), now)
    }

    /// An address of a published object, for GET or HEAD (S3 signs the method with it) and good for `age`: how it is to be shown, under which name, and as
    /// which type is signed with it, whatever is stored. Kept by one browser, not longer than the address is good.
    ///
    /// # Errors
    /// When the signature cannot be made.
    pub fn signed_download(
        &self,
        key: &str,
        disposition: &ContentDisposition,
        content_type: &str,
        method: &Method,
        age: SignedDuration,
        now: Timestamp,
    ) -> Result<String> {
        let kept = format!("private, max-age={}", age.as_secs());
        let pinned = [
            ("response-cache-control", &*kept),
            ("response-content-disposition", disposition.as_str()),
            ("response-content-type", content_type),
        ];
        self.signed(method, key, &pinned, age, now)
    }

    fn signed(
        &self,
        method: &Method,
        key: &str,
        pinned: &[(&str, &str)],
        age: SignedDuration,
        now: Timestamp,
    ) -> Result<String> {
        let mut url = self.cdn.as_ref().map_or_else(|| self.signer.address(key), |cdn| cdn.address(key));
        for (at, (name, value)) in pinned.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, &UNRESERVED));
        }
        let wanted = now.saturating_add(age).map_err(Error::internal)?;
        match &self.cdn {
            Some(cdn) => cdn.sign(&url, wanted),
            None => self.signer.url(method.as_str(), url, &[], wanted, now),
        }
    }
}
