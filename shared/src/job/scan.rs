//! What GuardDuty Malware Protection for S3 has found in an object, as EventBridge tells.

use serde::Deserialize;
use serde_json::Value;

use crate::error::BoxError;

/// What EventBridge calls such an event.
const DETAIL_TYPE: &str = "GuardDuty Malware Protection Object Scan Result";

/// What a scan of an object has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanResult {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, as it is: EventBridge does not encode it.
    pub key: String,
    /// Its entity tag, without quotes.
    pub etag: Option<String>,
    /// Its version, in a bucket that keeps versions.
    pub version_id: Option<String>,
    /// What became of it.
    pub status: ScanStatus,
    /// What was found, by the names that GuardDuty gives them.
    pub threats: Vec<String>,
}

/// What became of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanStatus {
    /// The object was looked at, and nothing was found.
    NoThreatsFound,
    /// Something was found.
    ThreatsFound,
    /// It was not looked at: too large, encrypted, too deep.
    Unsupported,
    /// It was not looked at: the plan's role may not read it.
    AccessDenied,
    /// It was not looked at, by a fault of the scanner's; also whatever a later version may say.
    Failed,
}

impl ScanStatus {
    /// What the two words of an event say together. Only a scan that came to its end has found nothing.
    fn of(scan: &str, result: Option<&str>) -> Self {
        match result {
            Some("NO_THREATS_FOUND") if scan == "COMPLETED" => Self::NoThreatsFound,
            Some("THREATS_FOUND") => Self::ThreatsFound,
            Some("UNSUPPORTED") => Self::Unsupported,
            Some("ACCESS_DENIED") => Self::AccessDenied,
            _ => Self::Failed,
        }
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    source: String,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    scan_status: String,
    s3_object_details: Object,
    scan_result_details: Option<Details>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "bucketName")]
    bucket: String,
    #[serde(rename = "objectKey")]
    key: String,
    #[serde(rename = "eTag")]
    etag: Option<String>,
    #[serde(rename = "versionId")]
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    scan_result_status: Option<String>,
    threats: Option<Vec<Threat>>,
}

#[derive(Deserialize)]
struct Threat {
    name: String,
}

impl ScanResult {
    /// Whether an event comes from EventBridge: those of S3 and of tables have no such field.
    pub(super) fn is_in(event: &Value) -> bool {
        event.get("detail-type").is_some()
    }

    /// The result that an event tells of.
    pub(super) fn read(event: Value) -> Result<Self, BoxError> {
        let event: Event = serde_json::from_value(event)?;
        if event.detail_type != DETAIL_TYPE || event.source != "aws.guardduty" {
            return Err("an event of EventBridge that is no result of a scan".into());
        }
        let (object, details) = (event.detail.s3_object_details, event.detail.scan_result_details);
        let (status, threats) = details.map_or((None, None), |details| (details.scan_result_status, details.threats));
        Ok(Self {
            bucket: object.bucket,
            key: object.key,
            etag: object.etag.map(|etag| etag.trim_matches('"').to_owned()).filter(|etag| !etag.is_empty()),
            version_id: object.version.filter(|version| !version.is_empty()),
            status: ScanStatus::of(&event.detail.scan_status, status.as_deref()),
            threats: threats.unwrap_or_default().into_iter().map(|threat| threat.name).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Value {
        serde_json::from_str(include_str!("../../../events/s3-object-scanned.json")).unwrap()
    }

    #[test]
    fn a_result_is_read_as_guardduty_sends_it() {
        let result = ScanResult::read(sample()).unwrap();
        assert_eq!(result.bucket, "portico-media-123456789012");
        assert!(result.key.starts_with("held/0197a3c4-"), "{}", result.key);
        assert_eq!(result.etag.as_deref(), Some("9b2cf535f27731c974343645a3985328"));
        assert_eq!(result.version_id, None);
        assert_eq!(result.status, ScanStatus::NoThreatsFound);
        assert_eq!(result.threats, [""; 0]);
    }

    #[test]
    fn nothing_but_a_whole_scan_that_found_nothing_is_clean() {
        for (scan, result, expected) in [
            ("COMPLETED", json!("NO_THREATS_FOUND"), ScanStatus::NoThreatsFound),
            ("COMPLETED", json!("THREATS_FOUND"), ScanStatus::ThreatsFound),
            ("SKIPPED", json!("UNSUPPORTED"), ScanStatus::Unsupported),
            ("SKIPPED", json!("ACCESS_DENIED"), ScanStatus::AccessDenied),
            ("FAILED", json!("FAILED"), ScanStatus::Failed),
            ("SKIPPED", json!("NO_THREATS_FOUND"), ScanStatus::Failed),
            ("FAILED", json!("NO_THREATS_FOUND"), ScanStatus::Failed),
            ("COMPLETED", json!("no_threats_found"), ScanStatus::Failed),
            ("COMPLETED", json!("SOMETHING_NEW"), ScanStatus::Failed),
            ("COMPLETED", json!(null), ScanStatus::Failed),
        ] {
            let mut event = sample();
            event["detail"]["scanStatus"] = scan.into();
            event["detail"]["scanResultDetails"]["scanResultStatus"] = result.clone();
            assert_eq!(ScanResult::read(event).unwrap().status, expected, "{scan} {result}");
        }
        let mut event = sample();
        event["detail"].as_object_mut().unwrap().remove("scanResultDetails");
        assert_eq!(ScanResult::read(event).unwrap().status, ScanStatus::Failed);
    }

    #[test]
    fn what_was_found_is_named() {
        let mut event = sample();
        event["detail"]["scanResultDetails"] =
            json!({ "scanResultStatus": "THREATS_FOUND", "threats": [{ "name": "EICAR-Test-File" }] });
        event["detail"]["s3ObjectDetails"]["versionId"] = "d41d8cd98f00b204e9800998eEXAMPLE".into();
        let result = ScanResult::read(event).unwrap();
        assert_eq!(result.threats, ["EICAR-Test-File"]);
        assert!(result.version_id.is_some());
    }

    #[test]
    fn an_event_of_something_else_is_an_error() {
        for (pointer, value) in [
            ("/detail-type", json!("Object Created")),
            ("/detail-type", json!(1)),
            ("/source", json!("aws.s3")),
            ("/source", json!("mine")),
            ("/detail", json!({})),
            ("/detail/scanStatus", json!(null)),
            ("/detail/s3ObjectDetails", json!([])),
            ("/detail/s3ObjectDetails/objectKey", json!(null)),
            ("/detail/scanResultDetails/threats", json!([{}])),
        ] {
            let mut event = sample();
            *event.pointer_mut(pointer).unwrap() = value.clone();
            assert!(ScanResult::is_in(&event) && ScanResult::read(event).is_err(), "{pointer}: {value}");
        }
    }
}
