//! The sample events in `events/` are what this gateway makes of the same requests.

use std::{collections::BTreeSet, fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::*;
use crate::template::{Resolver, Template};

const MALFORMED: [&str; 3] = ["bad-base64", "bad-utf8", "bad-query"];

/// A gateway with the routes of the project.
fn project(probe: &Arc<Probe>) -> Gateway {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let template = Template::load(&path, &Resolver::local().parameter("Admin", "on")).unwrap();
    let routes: Vec<_> = template
        .functions
        .iter()
        .flat_map(|function| &function.routes)
        .map(|route| (route.method.as_str(), route.path.as_str()))
        .collect();
    gateway(probe, &routes)
}

/// The API Gateway events by name.
fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut samples = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let event: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if event.get("routeKey").is_some() {
            samples.push((name, event));
        }
    }
    assert!(samples.len() >= 19, "{}", samples.len());
    samples
}

fn body(event: &Value) -> Vec<u8> {
    let text = event["body"].as_str().unwrap_or_default();
    if event["isBase64Encoded"] == true { BASE64_STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() }
}

fn names(map: &Value) -> BTreeSet<&str> {
    map.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_sample_sent_as_a_request_becomes_the_sample_again() {
    for (name, sample) in samples() {
        if MALFORMED.contains(&name.as_str()) {
            continue;
        }
        let http = &sample["requestContext"]["http"];
        let query = sample["rawQueryString"].as_str().unwrap();
        let uri = format!("{}?{query}", sample["rawPath"].as_str().unwrap());
        let mut request = Request::builder().method(http["method"].as_str().unwrap()).uri(uri);
        for (header, value) in sample["headers"].as_object().unwrap() {
            if header != "x-forwarded-for" {
                request = request.header(header, value.as_str().unwrap());
            }
        }
        if let Some(cookies) = sample["cookies"].as_array() {
            let cookies: Vec<_> = cookies.iter().map(|cookie| cookie.as_str().unwrap()).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        let probe = Probe::ok();
        send(&project(&probe), request, body(&sample)).await;
        let event = probe.event();
        let fields =
            ["version", "routeKey", "rawPath", "rawQueryString", "cookies", "queryStringParameters", "pathParameters"];
        for field in fields {
            assert_eq!(event.get(field), sample.get(field), "{name}: {field}");
        }
        assert_eq!(body(&event), body(&sample), "{name}");
        assert_eq!(names(&event), names(&sample), "{name}");
        assert_eq!(names(&event["headers"]), names(&sample["headers"]), "{name}");
        let (context, expected) = (&event["requestContext"], &sample["requestContext"]);
        assert_eq!(names(context), names(expected), "{name}");
        assert_eq!(names(&context["http"]), names(&expected["http"]), "{name}");
        assert_eq!(context["http"]["userAgent"], expected["http"]["userAgent"], "{name}");
        assert_eq!(context["domainName"], expected["domainName"], "{name}");
    }
}

#[test]
fn every_sample_is_for_a_route_of_the_project_and_its_length_is_right() {
    let probe = Probe::ok();
    let gateway = project(&probe);
    for (name, sample) in samples() {
        let method = sample["requestContext"]["http"]["method"].as_str().unwrap();
        let path = sample["rawPath"].as_str().unwrap();
        let route = gateway.router.find(&method.parse().unwrap(), path).unwrap();
        assert_eq!(route.key, sample["routeKey"], "{name}");
        assert_eq!(route.key, sample["requestContext"]["routeKey"], "{name}");
        if name != "bad-base64" {
            let length = body(&sample).len().to_string();
            assert_eq!(sample["headers"]["content-length"], length, "{name}");
        }
    }
}
