//! Objects that appeared in a bucket.

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// An object that appeared in a bucket.
#[derive(Debug, Clone)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded once: S3 sends it URL-encoded, a space as `+`.
    pub key: String,
    /// Its size, bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: Option<String>,
}

impl ObjectCreated {
    /// The new objects that an event tells of.
    pub(super) fn read(event: Value) -> Result<Vec<Self>, serde_json::Error> {
        let event: S3Event = serde_json::from_value(event)?;
        let created =
            |record: &S3EventRecord| record.event_name.as_deref().unwrap_or_default().starts_with("ObjectCreated:");
        let objects = event.records.into_iter().filter(created).map(|record| Self {
            bucket: record.s3.bucket.name.unwrap_or_default(),
            key: decode_key(record.s3.object.key.as_deref().unwrap_or_default()),
            size: record.s3.object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            etag: record.s3.object.e_tag,
        });
        Ok(objects.collect())
    }
}

fn decode_key(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode_key;

    #[test]
    fn a_key_is_decoded_once() {
        assert_eq!(decode_key("a+b%20%2B%252F%ED%95%9C.png"), "a b +%2F\u{d55c}.png");
    }
}
