//! The code that the distribution runs, out of `template.yaml`, in Node: CloudFront's events in, what it would send on.

use std::io::Write as _;
use std::process::{Command, Stdio};

use local::template::{Resolver, Template};
use serde_json::{Value, json};

use crate::site::root;

/// Runs the code where it has nothing but the language, and calls its `handler` once for each event.
const HARNESS: &str = "
const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const handler = require('vm').runInNewContext(input.code + '\\n;handler', Object.create(null));
process.stdout.write(JSON.stringify(input.events.map((event) => handler(event))));
";

fn code(resource: &str, parameters: &[(&str, &str)]) -> String {
    let mut resolver = Resolver::local().parameter("PublicUrl", "https://www.example.org");
    for (name, value) in parameters {
        resolver = resolver.parameter(*name, *value);
    }
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let properties = Template::properties(&text, &resolver, resource);
    let properties = properties.unwrap_or_else(|error| panic!("{}", portico::log::chain(&error)));
    assert_eq!(properties["FunctionConfig"]["Runtime"], "cloudfront-js-2.0");
    properties["FunctionCode"].as_str().unwrap().to_owned()
}

fn run(code: &str, events: &[Value]) -> Vec<Value> {
    let mut node = Command::new("node")
        .args(["-e", HARNESS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("node: {error}; it is in Debian's package nodejs"));
    let input = json!({ "code": code, "events": events }).to_string();
    node.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An event as the page "CloudFront Functions event structure" of the Amazon CloudFront Developer Guide has it.
fn event(kind: &str, uri: &str, headers: Value) -> Value {
    let mut event = json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": kind,
            "requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==",
        },
        "viewer": { "ip": "203.0.113.7" },
        "request": { "method": "GET", "uri": uri, "querystring": {}, "headers": {}, "cookies": {} },
    });
    if kind == "viewer-response" {
        event["response"] = json!({ "statusCode": 200, "statusDescription": "OK", "headers": headers, "cookies": {} });
    } else {
        event["request"]["headers"] = headers;
    }
    event
}

/// Where requests with these paths and this `Accept-Encoding` are led to.
fn led(cases: &[(&str, Value)]) -> Vec<String> {
    let request = |(uri, header): &(&str, Value)| {
        let mut headers = json!({ "host": { "value": "www.example.org" } });
        match header {
            Value::Null => {}
            Value::String(value) => headers["accept-encoding"] = json!({ "value": value }),
            other => headers["accept-encoding"] = other.clone(),
        }
        event("viewer-request", uri, headers)
    };
    let events: Vec<_> = cases.iter().map(request).collect();
    let led = run(&code("StaticEncoding", &[]), &events);
    for (event, request) in events.iter().zip(&led) {
        let mut expected = event["request"].clone();
        expected["uri"] = request["uri"].clone();
        assert_eq!(*request, expected, "nothing but the path is changed");
    }
    led.iter().map(|request| request["uri"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_encoding_that_is_welcome_most_is_chosen() {
    let text = std::fs::read_to_string(root().join("tests/fixtures/accept-encoding.json")).unwrap();
    let table: Vec<Value> = serde_json::from_str(&text).unwrap();
    let cases: Vec<_> = table.iter().map(|case| ("/static/css/site.css", case["header"].clone())).collect();
    for (case, uri) in table.iter().zip(led(&cases)) {
        let ending = match case["expected"].as_str().unwrap() {
            "br" => ".br",
            "gzip" => ".gz",
            other => other,
        };
        assert_eq!(uri, format!("/static/css/site.css{ending}"), "{case}");
    }
}

#[test]
fn a_header_that_is_missing_there_twice_or_endless_is_no_trouble() {
    let twice = |values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| json!({ "value": value })).collect();
        json!({ "value": values[0]["value"], "multiValue": values })
    };
    let endless = "gzip;q=0.5,".repeat(1_000);
    let cases = [
        ("/static/a.css", Value::Null, ""),
        ("/static/a.css", twice(&["gzip", "br"]), ".br"),
        ("/static/a.css", twice(&["deflate", "gzip;q=0.5"]), ".gz"),
        ("/static/a.css", json!(endless), ""),
        ("/static/a.css", json!("br".repeat(5_000)), ""),
        ("/static/a.css", json!(";".repeat(999)), ""),
        // HTTP allows no such header.
        ("/static/a.css", json!("\u{0}br\u{7f}"), ""),
    ];
    let asked: Vec<_> = cases.iter().map(|(uri, header, _)| (*uri, header.clone())).collect();
    for ((uri, header, ending), led) in cases.iter().zip(led(&asked)) {
        assert_eq!(led, format!("{uri}{ending}"), "{header}");
    }
}

#[test]
fn a_path_is_led_to_its_sibling_only_where_it_has_one() {
    let table = [
        ("/static/css/site.css", ".br"),
        ("/static/css/site.0123456789ab.css", ".br"),
        ("/static/JS/APP.MJS", ".br"),
        ("/static/app.js.map", ".br"),
        ("/static/staticfiles.json", ".br"),
        ("/static/%EA%B0%80%20b.svg", ".br"),
        ("/static/\u{ac00}.svg", ".br"),
        ("/static/.css", ".br"),
        ("/static/a..css", ".br"),
        // What is on no list is asked for with its siblings, whatever it is.
        ("/static/LICENSE", ".br"),
        ("/static/data.tar", ".br"),
        ("/static/a.png/b", ".br"),
        ("/static/a.", ".br"),
        ("/static/a.css%00", ".br"),
        ("/static/a.png;x", ".br"),
        ("/static/a%2Ecss", ".br"),
        ("/static/a.constructor", ".br"),
        ("/static/a.__proto__", ".br"),
        ("/static/%", ".br"),
        ("/static/site.css.br", ""),
        ("/static/site.css.gz", ""),
        ("/static/img/logo.png", ""),
        ("/static/img/LOGO.PNG", ""),
        ("/static/img/logo%2Epng", ""),
        ("/static/img/logo.%70ng", ""),
        ("/static/font.woff2", ""),
        ("/static/setup.exe", ""),
        ("/static/.png", ""),
        ("/static/", ""),
        ("/static/css/", ""),
        ("/static/a.css/", ""),
        ("", ""),
    ];
    let cases: Vec<_> = table.iter().map(|(uri, _)| (*uri, json!("gzip, br"))).collect();
    for ((uri, ending), led) in table.iter().zip(led(&cases)) {
        assert_eq!(led, format!("{uri}{ending}"));
    }
}

#[test]
fn vary_is_said_of_what_was_chosen_and_beside_what_is_said_already() {
    let other = [("StaticUrl", "https://static.example.org/static/")];
    let table = [
        (false, "/static/a.css", None, Some("Accept-Encoding")),
        (false, "/static/a.css.br", None, Some("Accept-Encoding")),
        (false, "/static/a.css.gz", None, Some("Accept-Encoding")),
        (false, "/static/a.css", Some("Origin"), Some("Origin, Accept-Encoding")),
        (false, "/static/a.css", Some("accept-encoding, Origin"), Some("accept-encoding, Origin")),
        (false, "/static/a.css", Some("*"), Some("*")),
        (false, "/static/a.png", None, None),
        // It may be a form of `a.tar`.
        (false, "/static/a.tar.gz", None, Some("Accept-Encoding")),
        (false, "/static/a.png.gz", None, None),
        (false, "", None, None),
        (true, "/static/a.png", None, Some("Origin")),
        (true, "/static/a.css.br", None, Some("Accept-Encoding, Origin")),
        (true, "/static/a.css", Some("Origin"), Some("Origin, Accept-Encoding")),
    ];
    for (elsewhere, uri, before, after) in table {
        let parameters = if elsewhere { &other[..] } else { &[] };
        let mut headers = json!({ "content-type": { "value": "text/css" } });
        if let Some(before) = before {
            headers["vary"] = json!({ "value": before });
        }
        let event = event("viewer-response", uri, headers);
        let response = run(&code("StaticEncoding", parameters), std::slice::from_ref(&event)).remove(0);
        assert_eq!(response["headers"]["vary"]["value"].as_str(), after, "{uri} {before:?}");
        let mut expected = event["response"].clone();
        expected["headers"]["vary"] = response["headers"]["vary"].clone();
        let mut response = response;
        response["headers"]["vary"] = expected["headers"]["vary"].clone();
        assert_eq!(response, expected, "nothing but Vary is changed");
    }
}

#[test]
fn the_viewers_address_and_host_are_the_distributions_to_say() {
    let sent = json!({
        "x-viewer-address": { "value": "192.0.2.1" }, "x-viewer-host": { "value": "admin.example.org" },
        "x-forwarded-host": { "value": "admin.example.org" }, "host": { "value": "www.example.org" },
    });
    let code = code("ViewerHeaders", &[]);
    let events = [
        event("viewer-request", "/login", sent.clone()),
        event("viewer-request", "/login", json!({})),
        event(
            "viewer-request",
            "/",
            json!({
                "x-viewer-address": { "value": "a", "multiValue": [{ "value": "a" }, { "value": "b" }] },
                "x-viewer-host": { "value": "a", "multiValue": [{ "value": "a" }, { "value": "b" }] },
            }),
        ),
    ];
    for (event, request) in events.iter().zip(run(&code, &events)) {
        assert_eq!(request["headers"]["x-viewer-address"], json!({ "value": "203.0.113.7" }));
        // None where there is no Host, rather than the one that a visitor has sent.
        let host = event["request"]["headers"].get("host");
        assert_eq!(request["headers"].get("x-viewer-host"), host);
        assert_eq!(request["headers"].get("host"), host);
        assert_eq!(request["uri"], event["request"]["uri"]);
    }
}

/// What Node knows and CloudFront's runtime does not would be found only by a deployment.
#[test]
fn the_code_keeps_to_what_the_edge_knows() {
    for resource in ["StaticEncoding", "ViewerHeaders"] {
        let code = code(resource, &[]);
        assert!(code.len() < 10 * 1_024, "{resource}: CloudFront takes 10 KB");
        let code: String = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        for beyond in [" of ", "class ", "require", "import ", "??", "?.", "...", "matchAll", "Set(", "Map(", "console"]
        {
            assert!(!code.contains(beyond), "{resource}: {beyond}");
        }
    }
}
