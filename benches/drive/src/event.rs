//! The event of API Gateway's payload format 2.0, and the answer of a function.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::Result;
use crate::message::{Answer, Request};

const AGENT: &str = "drive";

/// The event for a request to the host.
pub(crate) fn event(request: &Request, host: &str) -> Value {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut event = json!({
        "version": "2.0",
        "routeKey": request.route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(request, host),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcde12345",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.address.to_string(),
                "userAgent": AGENT,
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": request.route,
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1_773_342_238_000_u64,
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<String> = request.cookies.pairs().collect();
    if !cookies.is_empty() {
        event["cookies"] = Value::from(cookies);
    }
    if !query.is_empty() {
        let parameters = form_urlencoded::parse(query.as_bytes());
        let parameters = parameters.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        event["queryStringParameters"] = Value::Object(parameters.collect());
    }
    if !request.body.is_empty() {
        // JSON is handed over as text, a form in base64.
        let text = request.content_type == "application/json";
        let body = if text {
            String::from_utf8_lossy(&request.body).into_owned()
        } else {
            BASE64_STANDARD.encode(&request.body)
        };
        event["body"] = Value::String(body);
        event["isBase64Encoded"] = Value::Bool(!text);
    }
    event
}

fn headers(request: &Request, host: &str) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        headers.insert(name.to_ascii_lowercase(), value.as_str().into());
    }
    if !request.content_type.is_empty() {
        headers.insert("content-type".to_owned(), request.content_type.as_str().into());
    }
    for (name, value) in [
        ("content-length", request.body.len().to_string().as_str()),
        ("host", host),
        ("user-agent", AGENT),
        ("x-amzn-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
        ("x-forwarded-for", &request.address.to_string()),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ] {
        headers.insert(name.to_owned(), value.into());
    }
    headers
}

/// What a function has answered.
pub(crate) fn answer(given: &[u8]) -> Result<Answer> {
    let shown = || String::from_utf8_lossy(&given[..given.len().min(300)]).into_owned();
    let given: Value = serde_json::from_slice(given).map_err(|error| format!("{error}: {}", shown()))?;
    let status = given["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let mut answer = Answer { status: status.ok_or_else(|| format!("no status: {}", shown()))?, ..Answer::default() };
    for (name, value) in given["headers"].as_object().into_iter().flatten() {
        answer.add_header(name, value.as_str().unwrap_or_default());
    }
    for (name, values) in given["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            answer.add_header(name, value);
        }
    }
    for cookie in given["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        answer.add_header("set-cookie", cookie);
    }
    let body = given["body"].as_str().unwrap_or_default();
    let encoded = given["isBase64Encoded"].as_bool().unwrap_or_default();
    answer.body = if encoded { BASE64_STANDARD.decode(body)? } else { body.as_bytes().to_vec() };
    Ok(answer)
}
