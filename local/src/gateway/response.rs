//! The HTTP response made of a function's answer, in payload format 2.0.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value};

use super::event::HOP_BY_HOP;

/// Why an answer makes no response; API Gateway says 500.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("the function's answer is malformed: {0}")]
pub(super) struct Malformed(String);

impl Malformed {
    fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Reads the answer; `method` decides whether the body is sent.
pub(super) fn respond(answer: &Value, method: &Method) -> Result<Response<Bytes>, Malformed> {
    let Some(fields) = answer.as_object().filter(|fields| fields.contains_key("statusCode")) else {
        return Ok(inferred(answer, method));
    };
    let status = fields.get("statusCode").and_then(Value::as_u64);
    let status = status
        .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
        .filter(|status| (200..600).contains(&status.as_u16()))
        .ok_or_else(|| Malformed::because("statusCode is not from 200 to 599"))?;
    let body = body(fields)?;
    let mut headers = headers(fields.get("headers"))?;
    for cookie in cookies(fields.get("cookies"))? {
        headers.append(header::SET_COOKIE, cookie);
    }
    if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(framed(response, method))
}

/// An answer without `statusCode` is itself the body: 200, JSON.
fn inferred(answer: &Value, method: &Method) -> Response<Bytes> {
    let body = match answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    framed(response, method)
}

/// Content-Length as the body is; no body where HTTP knows none.
pub(super) fn framed(mut response: Response<Bytes>, method: &Method) -> Response<Bytes> {
    let status = response.status();
    let length = HeaderValue::from(response.body().len());
    if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Bytes::new();
    } else if method == Method::HEAD {
        // A function that leaves the body out itself may still say how long it would be.
        if !response.body().is_empty() || !response.headers().contains_key(header::CONTENT_LENGTH) {
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
        }
        *response.body_mut() = Bytes::new();
    } else {
        response.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    response
}

fn body(fields: &Map<String, Value>) -> Result<Bytes, Malformed> {
    let text = match fields.get("body") {
        None | Some(Value::Null) => return Ok(Bytes::new()),
        Some(Value::String(text)) => text,
        Some(_) => return Err(Malformed::because("body is not a text")),
    };
    match fields.get("isBase64Encoded") {
        Some(Value::Bool(true)) => BASE64_STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|_| Malformed::because("body is not base64, as isBase64Encoded says")),
        None | Some(Value::Null | Value::Bool(false)) => Ok(Bytes::from(text.clone())),
        Some(_) => Err(Malformed::because("isBase64Encoded is not true or false")),
    }
}

/// `headers` alone: format 2.0 has no `multiValueHeaders`, and API Gateway passes over them.
fn headers(field: Option<&Value>) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::new();
    let fields = match field {
        None | Some(Value::Null) => return Ok(headers),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Malformed::because("headers is not a map")),
    };
    for (name, value) in fields {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => {
                return Err(Malformed::because(format!("the header {name} is not a text")));
            }
        };
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Malformed::because(format!("{name:?} is not a header's name")))?;
        let value = HeaderValue::from_str(&value)
            .map_err(|_| Malformed::because(format!("the header {name} has a line break or a control in it")))?;
        if !HOP_BY_HOP.contains(&key.as_str()) {
            headers.append(key, value);
        }
    }
    Ok(headers)
}

fn cookies(field: Option<&Value>) -> Result<Vec<HeaderValue>, Malformed> {
    let cookies = match field {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(cookies)) => cookies,
        Some(_) => return Err(Malformed::because("cookies is not a list")),
    };
    let read = |cookie: &Value| HeaderValue::from_str(cookie.as_str()?).ok();
    cookies
        .iter()
        .map(|cookie| read(cookie).ok_or_else(|| Malformed::because("a cookie is not a header's value")))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn get(answer: &Value) -> Result<Response<Bytes>, Malformed> {
        respond(answer, &Method::GET)
    }

    #[test]
    fn status_headers_body_and_each_cookie_reach_the_visitor() {
        let answer = json!({
            "statusCode": 201,
            "headers": {"content-type": "text/html; charset=utf-8", "x-count": 3},
            "multiValueHeaders": {"x-lost": ["1"]},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "한",
        });
        let response = get(&answer).unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-count"], "3");
        assert_eq!(response.headers()["content-length"], "3");
        assert!(!response.headers().contains_key("x-lost"));
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
    }

    #[test]
    fn a_base64_body_arrives_as_bytes() {
        let response = get(&json!({"statusCode": 200, "body": "/wA=", "isBase64Encoded": true})).unwrap();
        assert_eq!(response.body().as_ref(), [0xff, 0]);
    }

    #[test]
    fn an_answer_without_a_status_is_json_itself() {
        let response = get(&json!({"message": "hi"})).unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.body().as_ref(), br#"{"message":"hi"}"#);
        assert_eq!(get(&json!("hi")).unwrap().body().as_ref(), b"hi");
    }

    #[test]
    fn a_text_without_a_type_is_plain_text() {
        let response = get(&json!({"statusCode": 200, "body": "x"})).unwrap();
        assert_eq!(response.headers()["content-type"], "text/plain;charset=UTF-8");
        assert!(!get(&json!({"statusCode": 303})).unwrap().headers().contains_key("content-type"));
    }

    #[test]
    fn head_has_the_length_and_not_the_body() {
        let answer = json!({"statusCode": 200, "body": "12345"});
        let response = respond(&answer, &Method::HEAD).unwrap();
        assert_eq!(response.headers()["content-length"], "5");
        assert!(response.body().is_empty());
        let answer = json!({"statusCode": 200, "headers": {"content-length": "9"}});
        assert_eq!(respond(&answer, &Method::HEAD).unwrap().headers()["content-length"], "9");
    }

    #[test]
    fn a_wrong_length_is_corrected_and_connection_headers_end_here() {
        let headers = json!({"content-length": "99", "connection": "keep-alive", "transfer-encoding": "chunked"});
        let response = get(&json!({"statusCode": 200, "headers": headers, "body": "x"})).unwrap();
        assert_eq!(response.headers()["content-length"], "1");
        assert!(!response.headers().contains_key("connection"));
        assert!(!response.headers().contains_key("transfer-encoding"));
    }

    #[test]
    fn no_content_and_not_modified_have_no_body() {
        for status in [204, 304] {
            let response = get(&json!({"statusCode": status, "body": "x"})).unwrap();
            assert!(response.body().is_empty());
            assert!(!response.headers().contains_key("content-length"));
        }
    }

    #[test]
    fn malformed_answers_are_told_apart_from_responses() {
        for answer in [
            json!({"statusCode": "OK"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 100}),
            json!({"statusCode": 1200}),
            json!({"statusCode": 200.5}),
            json!({"statusCode": 200, "body": {"a": 1}}),
            json!({"statusCode": 200, "body": "%%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}),
            json!({"statusCode": 200, "headers": {"a": ["b"]}}),
            json!({"statusCode": 200, "cookies": "a=b"}),
            json!({"statusCode": 200, "cookies": ["a=b\n"]}),
        ] {
            assert!(get(&answer).is_err(), "{answer}");
        }
    }
}
