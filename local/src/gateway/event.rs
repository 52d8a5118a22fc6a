//! The event of API Gateway's payload format 2.0, made of an HTTP request.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::cell::RefCell;
use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Options, routes::Match, target::Target};

/// Headers that are about one connection, not about the request: they end at the gateway.
pub(super) const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that was read whole.
pub(super) struct Received<'r> {
    pub(super) id: &'r str,
    pub(super) parts: &'r Parts,
    pub(super) target: &'r Target,
    pub(super) body: &'r [u8],
    pub(super) peer: SocketAddr,
    pub(super) now: Timestamp,
}

impl Received<'_> {
    /// The event for the route that was found.
    pub(super) fn event(&self, route: &Match<'_>, options: &Options) -> Value {
        let (parts, target) = (self.parts, self.target);
        let mut event = json!({
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": target.path,
            "rawQueryString": target.query,
            "headers": self.headers(options),
            "requestContext": self.context(route, options),
            "isBase64Encoded": false,
        });
        // What is empty is absent: an empty list of cookies would become an empty header in lambda_http.
        let cookies = cookies(&parts.headers);
        if !cookies.is_empty() {
            event["cookies"] = Value::from(cookies);
        }
        let query = query(&target.query);
        if !query.is_empty() {
            event["queryStringParameters"] = Value::Object(query);
        }
        if !route.parameters.is_empty() {
            let parameters = route.parameters.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
            event["pathParameters"] = Value::Object(parameters.collect());
        }
        if !self.body.is_empty() {
            let (body, encoded) = body(parts.headers.get(header::CONTENT_TYPE), self.body);
            event["body"] = Value::String(body);
            event["isBase64Encoded"] = Value::Bool(encoded);
        }
        event
    }

    /// Names in small letters, repeats joined with commas, cookies apart; then what API Gateway adds.
    fn headers(&self, options: &Options) -> Map<String, Value> {
        let mut headers = Map::new();
        for name in self.parts.headers.keys() {
            let skipped = name == header::COOKIE || name == header::EXPECT || HOP_BY_HOP.contains(&name.as_str());
            if !skipped {
                headers.insert(name.to_string(), Value::String(joined(&self.parts.headers, name)));
            }
        }
        let forwarded = match headers.get("x-forwarded-for").and_then(Value::as_str) {
            Some(claimed) => format!("{claimed}, {}", self.peer.ip()),
            None => self.peer.ip().to_string(),
        };
        headers.insert("x-forwarded-for".to_owned(), forwarded.into());
        headers.insert("x-forwarded-proto".to_owned(), options.scheme.as_str().into());
        headers.insert("x-forwarded-port".to_owned(), options.port.to_string().into());
        headers.insert("host".to_owned(), self.target.host.as_str().into());
        // Also without a body, as AWS has it: "0".
        headers.insert("content-length".to_owned(), self.body.len().to_string().into());
        headers.entry("x-amzn-trace-id").or_insert_with(|| trace_id(self.now).into());
        headers
    }

    fn context(&self, route: &Match<'_>, options: &Options) -> Value {
        let agent = self.parts.headers.get(header::USER_AGENT).map(text).unwrap_or_default();
        let domain = self.target.domain();
        json!({
            "accountId": options.account_id,
            "apiId": options.api_id,
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": self.parts.method.as_str(),
                "path": self.target.path,
                "protocol": format!("{:?}", self.parts.version),
                "sourceIp": self.peer.ip().to_string(),
                "userAgent": agent,
            },
            "requestId": self.id,
            "routeKey": route.key,
            "stage": "$default",
            "time": self.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": self.now.as_millisecond(),
        })
    }
}

/// A request id in API Gateway's shape, as `JKJaXmPLvHcESHA=`.
pub(super) fn request_id() -> String {
    BASE64_STANDARD.encode(random::<11>())
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",")
}

/// UTF-8 where it is, and otherwise Latin-1, in which every byte means something.
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(header::COOKIE).iter().map(text);
    lines
        .flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded, repeats joined with commas.
fn query(raw: &str) -> Map<String, Value> {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        match parameters.get_mut(name.as_ref()) {
            Some(Value::String(earlier)) => {
                earlier.push(',');
                earlier.push_str(&value);
            }
            _ => {
                parameters.insert(name.into_owned(), value.into_owned().into());
            }
        }
    }
    parameters
}

/// The body and whether it is in base64. API Gateway takes as text what is `text/*`, JSON, JavaScript or
/// XML by its exact name; a form (`application/x-www-form-urlencoded`) and what names no type is base64.
fn body(content_type: Option<&HeaderValue>, bytes: &[u8]) -> (String, bool) {
    let content_type = content_type.map(text).unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let names_text = essence.starts_with("text/")
        || matches!(essence, "application/json" | "application/javascript" | "application/xml");
    match std::str::from_utf8(bytes) {
        Ok(text) if names_text => (text.to_owned(), false),
        _ => (BASE64_STANDARD.encode(bytes), true),
    }
}

/// As `Root=1-67891233-abcdef012345678912345678`: the second, then 12 random bytes.
fn trace_id(now: Timestamp) -> String {
    let random: String = random::<12>().map(|byte| format!("{byte:02x}")).concat();
    format!("Root=1-{:08x}-{random}", now.as_second())
}

/// Ids want to be different, not secret: without the system's randomness they are zeroes. It is asked for a page at a time,
/// since asking costs as much as answering with a small file.
fn random<const N: usize>() -> [u8; N] {
    const PAGE: usize = 4_096;
    thread_local! {
        static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    POOL.with_borrow_mut(|pool| {
        if pool.len() < N {
            pool.resize(PAGE, 0);
            if getrandom::fill(pool).is_err() {
                tracing::warn!("the system gives no random bytes; request ids repeat");
                pool.fill(0);
            }
        }
        let mut bytes = [0; N];
        let rest = pool.len().saturating_sub(N);
        bytes.iter_mut().zip(pool.drain(rest..)).for_each(|(place, byte)| *place = byte);
        bytes
    })
}
