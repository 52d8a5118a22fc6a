//! Routes that a test makes of its own, in the process of a site: what the product's functions have no example of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use portico::Routes;
use serde_json::{Map, Value, json};

use super::{Answer, Site, Visitor};

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a str,
    /// With the query, if there is one.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a str,
}

impl Site {
    /// Answers `sent`, with the cookies of `visitor`, by these routes, as the gateway would have them answer.
    pub(crate) async fn answer_by(&self, routes: &Arc<Routes>, visitor: &Visitor<'_>, sent: Sent<'_>) -> Answer {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let cookies: Vec<_> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: Map<_, _> = sent.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let (path, query) = sent.path.split_once('?').unwrap_or((sent.path, ""));
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "1", "apiId": "own", "domainName": "localhost", "domainPrefix": "localhost",
                "http": {
                    "method": sent.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "",
                },
                "requestId": format!("own-routes-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
                "routeKey": "$default", "stage": "$default", "time": "22/Nov/2026:00:00:00 +0000", "timeEpoch": 1,
            },
            "body": sent.body, "isBase64Encoded": false,
        });
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        read(&portico::lambda::answer(self.stack.app(), routes, event).await)
    }
}

fn read(answer: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    let all = answer["headers"].as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value));
    let cookies = answer["cookies"].as_array().into_iter().flatten().map(|value| ("set-cookie", value));
    for (name, value) in all.chain(cookies) {
        let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
    }
    let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
    let body = Bytes::from(answer["body"].as_str().unwrap_or_default().to_owned());
    Answer { status: StatusCode::from_u16(status).unwrap(), headers, body }
}
