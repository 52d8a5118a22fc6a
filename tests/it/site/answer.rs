//! What somebody got back.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use portico::meter::Cost;
use serde_json::Value;

use super::log::{self, Line};

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header's text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All `Set-Cookie` headers.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The code of a JSON error.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The codes of a field's errors in a JSON error.
    pub(crate) fn field(&self, name: &str) -> Vec<String> {
        let json = self.json();
        let errors = json["error"]["fields"][name].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    }

    /// The line that the log has of this request.
    pub(crate) fn line(&self) -> Line {
        log::line(self.header("x-request-id"))
    }

    /// What this request cost in `DynamoDB`.
    pub(crate) fn cost(&self) -> Cost {
        self.line().cost()
    }

    /// The value of an attribute in the HTML behind a marker: `page.after("name=\"version\" value=\"")`.
    pub(crate) fn after(&self, marker: &str) -> String {
        let text = self.text();
        let (_, rest) = text.split_once(marker).unwrap_or_else(|| panic!("no {marker} in {text}"));
        rest.split('"').next().unwrap().to_owned()
    }
}
