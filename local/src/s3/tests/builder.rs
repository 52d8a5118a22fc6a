//! A signed POST form, built and sent as a browser would.

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ACCESS_KEY, Answer, Running, SECRET_KEY, SITE, iso};

pub(super) const KEY: &str = "incoming/a b+c.png";

/// A form under construction: the policy it is signed with, and what is then sent.
pub(super) struct Form {
    pub(super) signed_at: SystemTime,
    pub(super) expires: SystemTime,
    pub(super) conditions: Vec<Value>,
    fields: Vec<(String, String)>,
    pub(super) after: Vec<(String, String)>,
    file: Vec<u8>,
}

/// A PNG of 3 to 8 bytes for one key.
pub(super) fn form() -> Form {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Form {
        signed_at: SystemTime::now(),
        expires: SystemTime::now() + Duration::from_mins(10),
        conditions: vec![
            json!({"bucket": "media"}),
            json!(["eq", "$key", KEY]),
            json!(["eq", "$Content-Type", "image/png"]),
            json!(["content-length-range", 3, 8]),
        ],
        fields: vec![field("key", KEY), field("Content-Type", "image/png")],
        after: Vec::new(),
        file: b"hello".to_vec(),
    }
}

impl Form {
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn allow(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    pub(super) fn file(mut self, file: &[u8]) -> Self {
        self.file = file.to_vec();
        self
    }

    pub(super) fn sign(mut self) -> Self {
        let date: String = iso(self.signed_at).chars().filter(char::is_ascii_alphanumeric).collect();
        let date = format!("{}Z", &date[..15]);
        let credential = format!("{ACCESS_KEY}/{}/us-east-1/s3/aws4_request", &date[..8]);
        for (name, value) in
            [("x-amz-algorithm", "AWS4-HMAC-SHA256"), ("x-amz-credential", &credential), ("x-amz-date", &date)]
        {
            self.conditions.push(json!({name: value}));
            self.fields.push((name.to_owned(), value.to_owned()));
        }
        let policy = json!({"expiration": iso(self.expires), "conditions": self.conditions});
        let policy = STANDARD.encode(policy.to_string());
        let key = generate_signing_key(SECRET_KEY, self.signed_at, "us-east-1", "s3");
        let signature = calculate_signature(key, policy.as_bytes());
        self.fields.push(("policy".to_owned(), policy));
        self.fields.push(("x-amz-signature".to_owned(), signature));
        self
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut part = |name: &str, rest: &str, value: &[u8]| {
            let head = format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        };
        self.fields.iter().for_each(|(name, value)| part(name, "", value.as_bytes()));
        part("file", "; filename=\"cat.png\"\r\nContent-Type: image/png", &self.file);
        self.after.iter().for_each(|(name, value)| part(name, "", value.as_bytes()));
        body.extend_from_slice(b"--bound--\r\n");
        body
    }

    /// Sends the form as it is now.
    pub(super) async fn post(&self, s3: &Running) -> Answer {
        self.post_to(s3, "/media").await
    }

    pub(super) async fn post_to(&self, s3: &Running, target: &str) -> Answer {
        let headers = [("Content-Type", "multipart/form-data; boundary=bound"), ("Origin", SITE)];
        s3.send("POST", target, &headers, &self.body()).await
    }
}
