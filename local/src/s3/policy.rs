//! A POST policy: what the owner of the key allows a form to contain.
//!
//! `s3s` knows policies too, but refuses every form older than fifteen minutes whatever its policy says,
//! answers a broken condition with 400 and lets encryption fields pass unlisted. This is S3's behaviour:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::dto::{Timestamp, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result};
use serde::Deserialize;
use serde_json::Value;

use super::form::Form;

/// A parsed policy.
#[derive(Debug)]
pub(crate) struct Policy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Equal { field: String, value: String },
    StartsWith { field: String, prefix: String },
    Length { least: u64, most: u64 },
}

#[derive(Deserialize)]
struct Document {
    expiration: String,
    conditions: Vec<Value>,
}

impl Policy {
    /// Parses the `policy` field. `InvalidPolicyDocument` for anything S3 does not know.
    pub(crate) fn parse(base64: &str) -> S3Result<Self> {
        let bytes = STANDARD.decode(base64).map_err(|_| invalid("Invalid Policy: not base64."))?;
        let document: Document = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("Invalid Policy: Invalid JSON: {error}.")))?;
        let expiration = Timestamp::parse(TimestampFormat::DateTime, &document.expiration)
            .map_err(|_| invalid("Invalid Policy: Invalid 'expiration' value."))?;
        let conditions = document.conditions.iter().map(Condition::parse).collect::<S3Result<_>>()?;
        Ok(Self { expiration, conditions })
    }

    /// Holds a form against the policy. `AccessDenied`, `EntityTooLarge`, `EntityTooSmall`.
    pub(crate) fn check(&self, form: &Form, bucket: &str, now: &Timestamp) -> S3Result<()> {
        if *now >= self.expiration {
            return Err(denied("Policy expired."));
        }
        let size = form.file.len() as u64;
        for condition in &self.conditions {
            condition.check(form, bucket, size)?;
        }
        let extra = form.fields.iter().map(|(name, _)| name.as_str()).find(|name| !self.lists(name));
        extra.map_or(Ok(()), |name| Err(denied(format!("Extra input fields: {name}"))))
    }

    /// Whether a form may have that field at all.
    fn lists(&self, name: &str) -> bool {
        matches!(name, "policy" | "x-amz-signature" | "file")
            || name.starts_with("x-ignore-")
            || self.conditions.iter().any(|condition| match condition {
                Condition::Equal { field, .. } | Condition::StartsWith { field, .. } => field == name,
                Condition::Length { .. } => false,
            })
    }
}

impl Condition {
    fn parse(value: &Value) -> S3Result<Self> {
        match value {
            Value::Object(map) => {
                let mut pairs = map.iter();
                match (pairs.next(), pairs.next()) {
                    (Some((field, Value::String(value))), None) => {
                        Ok(Self::Equal { field: field.to_ascii_lowercase(), value: value.clone() })
                    }
                    _ => Err(invalid(
                        "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                    )),
                }
            }
            Value::Array(items) => Self::parse_list(items),
            _ => Err(invalid("Invalid Policy: Invalid Condition.")),
        }
    }

    fn parse_list(items: &[Value]) -> S3Result<Self> {
        let [operator, second, third] = items else {
            return Err(invalid("Invalid Policy: Invalid Condition: wrong number of arguments."));
        };
        let operator = operator.as_str().unwrap_or_default().to_ascii_lowercase();
        if operator == "content-length-range" {
            let (Some(least), Some(most)) = (number(second), number(third)) else {
                return Err(invalid("Invalid Policy: Invalid content-length-range."));
            };
            return Ok(Self::Length { least, most });
        }
        let (Some(field), Some(value)) = (second.as_str().and_then(|field| field.strip_prefix('$')), third.as_str())
        else {
            return Err(invalid("Invalid Policy: Invalid Condition: a `$field` and a string are expected."));
        };
        let (field, value) = (field.to_ascii_lowercase(), value.to_owned());
        match operator.as_str() {
            "eq" => Ok(Self::Equal { field, value }),
            "starts-with" => Ok(Self::StartsWith { field, prefix: value }),
            _ => Err(invalid(format!("Invalid Policy: Invalid Condition: unknown operation '{operator}'."))),
        }
    }

    fn check(&self, form: &Form, bucket: &str, size: u64) -> S3Result<()> {
        // The bucket is the one in the URL, whatever the form says.
        let actual = |field: &str| {
            if field == "bucket" { Some(bucket) } else { form.field(field) }
        };
        match self {
            Self::Equal { field, value } if actual(field) != Some(value) => {
                Err(failed(&["eq", &format!("${field}"), value]))
            }
            // A field that is missing fulfils nothing, not even an empty prefix.
            Self::StartsWith { field, prefix } if !actual(field).is_some_and(|value| value.starts_with(prefix)) => {
                Err(failed(&["starts-with", &format!("${field}"), prefix]))
            }
            Self::Length { most, .. } if size > *most => Err(S3Error::with_message(
                S3ErrorCode::EntityTooLarge,
                "Your proposed upload exceeds the maximum allowed size",
            )),
            Self::Length { least, .. } if size < *least => Err(S3Error::with_message(
                S3ErrorCode::EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size",
            )),
            _ => Ok(()),
        }
    }
}

/// S3 takes numbers and strings of digits.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn failed(condition: &[&str]) -> S3Error {
    denied(format!("Policy Condition failed: {condition:?}"))
}

fn denied(why: impl std::fmt::Display) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, format!("Invalid according to Policy: {why}"))
}

fn invalid(why: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidPolicyDocument, why)
}
