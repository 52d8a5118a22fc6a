//! Checks an API Gateway v2 event before `lambda_http` reads it, which panics on bad base64, a bad Host or query, and
//! reads a decoded `?` or `#` in the path as the beginning of something else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// What a path holds besides letters and digits without being escaped (RFC 3986, 3.3), the percent sign excepted: the
/// path arrives decoded, so a percent sign in it is a percent sign.
pub(crate) const PATH: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Gives the event back in a form that `lambda_http` reads as it was meant.
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn check(mut event: Value) -> Result<Value, &'static str> {
    let object = event.as_object_mut().ok_or("the event is not an object")?;
    check_context(object)?;
    check_headers(object)?;
    let path = text(object, "rawPath").filter(|path| path.starts_with('/')).ok_or("no rawPath")?;
    let escaped = utf8_percent_encode(path, &PATH).to_string();
    let query = text(object, "rawQueryString").unwrap_or_default();
    let sound = !query.contains('#') && PathAndQuery::try_from(format!("{escaped}?{query}")).is_ok();
    if !sound {
        return Err("a malformed query");
    }
    check_body(object)?;
    object.insert("rawPath".to_owned(), Value::String(escaped));
    // AWS leaves it out when there are none; an empty list would become an empty header.
    if object.get("cookies").is_some_and(|cookies| cookies.as_array().is_none_or(Vec::is_empty)) {
        object.remove("cookies");
    }
    Ok(event)
}

fn check_context(object: &Map<String, Value>) -> Result<(), &'static str> {
    if text(object, "version") != Some("2.0") {
        return Err("not an event of version 2.0");
    }
    let http = object.get("requestContext").and_then(|context| context.get("http")).ok_or("no requestContext.http")?;
    let part = |name: &str| http.get(name).and_then(Value::as_str);
    if part("method").and_then(|method| Method::from_bytes(method.as_bytes()).ok()).is_none() {
        return Err("no method");
    }
    part("sourceIp").map(drop).ok_or("no sourceIp")
}

fn check_headers(object: &Map<String, Value>) -> Result<(), &'static str> {
    let none = Map::new();
    let headers = match object.get("headers") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(headers)) => headers,
        Some(_) => return Err("headers are not an object"),
    };
    for (name, value) in headers {
        let sound = HeaderName::from_bytes(name.as_bytes()).is_ok()
            && value.as_str().is_some_and(|value| HeaderValue::from_str(value).is_ok());
        if !sound {
            return Err("a malformed header");
        }
    }
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).and_then(|(_, value)| value.as_str());
    let domain = object.get("requestContext").and_then(|context| context.get("domainName")).and_then(Value::as_str);
    for name in [host, domain].into_iter().flatten() {
        let sound = !name.contains('@') && Authority::try_from(name).is_ok();
        if !sound {
            return Err("a malformed Host");
        }
    }
    Ok(())
}

fn check_body(object: &Map<String, Value>) -> Result<(), &'static str> {
    let encoded = object.get("isBase64Encoded").is_some_and(|flag| flag == &Value::Bool(true));
    match object.get("body") {
        Some(Value::String(body)) if encoded => {
            STANDARD.decode(body).map(drop).map_err(|_| "a body that is not base64")
        }
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(_) => Err("a body that is not text"),
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "version": "2.0", "rawPath": "/a b?c#d%2f\u{d55c}", "rawQueryString": "x=%20y", "headers": { "host": "example.com" },
            "requestContext": { "http": { "method": "GET", "sourceIp": "192.0.2.1" } }, "isBase64Encoded": false
        })
    }

    #[test]
    fn a_decoded_path_is_escaped_again() {
        assert_eq!(check(event()).unwrap()["rawPath"], "/a%20b%3Fc%23d%252f%ED%95%9C");
    }

    #[test]
    fn what_lambda_http_would_panic_on_is_refused() {
        let changes: [fn(&mut Value); 12] = [
            |event| *event = json!(null),
            |event| event["version"] = json!("1.0"),
            |event| event["rawPath"] = json!("a"),
            |event| event["rawQueryString"] = json!("a b"),
            |event| event["rawQueryString"] = json!("a#b"),
            |event| event["headers"]["host"] = json!("a b"),
            |event| event["headers"]["host"] = json!("user@example.com"),
            |event| event["headers"]["x"] = json!("a\nb"),
            |event| event["headers"] = json!([]),
            |event| (event["isBase64Encoded"], event["body"]) = (json!(true), json!("%%%")),
            |event| event["body"] = json!({}),
            |event| event["requestContext"]["http"]["method"] = json!("G T"),
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut event = event();
            change(&mut event);
            assert!(check(event).is_err(), "change {index}");
        }
    }
}
