//! Requests through the gateway, in process.

mod samples;
mod wire;

use std::sync::Mutex;

use http::StatusCode;
use http_body_util::BodyExt;
use serde_json::json;

use super::*;

/// Answers every event with what it was given, and keeps the events.
struct Probe {
    answer: Box<dyn Fn() -> Result<Value, InvokeError> + Send + Sync>,
    delay: Duration,
    events: Mutex<Vec<Value>>,
}

impl Probe {
    fn answering(answer: impl Fn() -> Result<Value, InvokeError> + Send + Sync + 'static) -> Arc<Self> {
        let (delay, events) = (Duration::ZERO, Mutex::default());
        Arc::new(Self { answer: Box::new(answer), delay, events })
    }

    fn ok() -> Arc<Self> {
        Self::answering(|| Ok(json!({"statusCode": 200, "body": "ok"})))
    }

    fn event(&self) -> Value {
        self.events.lock().unwrap().last().cloned().unwrap()
    }

    fn count(&self) -> usize {
        self.events.lock().unwrap().len()
    }
}

#[async_trait]
impl Invoke for Probe {
    async fn invoke(&self, event: Value) -> Result<Value, InvokeError> {
        self.events.lock().unwrap().push(event);
        tokio::time::sleep(self.delay).await;
        (self.answer)()
    }
}

fn gateway(probe: &Arc<Probe>, routes: &[(&str, &str)]) -> Gateway {
    let routes = routes.iter().map(|(method, path)| Route::new(*method, *path, "f"));
    let function: Arc<dyn Invoke> = Arc::clone(probe) as _;
    Gateway::new(routes, [("f".to_owned(), function)], Options::default()).unwrap()
}

fn everything(probe: &Arc<Probe>) -> Gateway {
    gateway(probe, &[("ANY", "/uploads/{id}"), ("ANY", "$default")])
}

fn peer() -> SocketAddr {
    "203.0.113.9:4711".parse().unwrap()
}

async fn send(
    gateway: &Gateway,
    request: http::request::Builder,
    body: impl Into<Bytes>,
) -> (StatusCode, Parts2, String) {
    let request = request.body(Full::new(body.into())).unwrap();
    let (parts, body) = gateway.handle(request, peer()).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts, String::from_utf8(body.to_vec()).unwrap())
}

type Parts2 = http::response::Parts;

fn get(uri: &str) -> http::request::Builder {
    Request::get(uri).header("host", "localhost:8000")
}

fn post(uri: &str, kind: &str) -> http::request::Builder {
    Request::post(uri).header("host", "localhost:8000").header("content-type", kind)
}

async fn event_of(request: http::request::Builder, body: impl Into<Bytes>) -> Value {
    let probe = Probe::ok();
    send(&everything(&probe), request, body).await;
    probe.event()
}

#[tokio::test]
async fn the_event_has_every_field_that_aws_sends() {
    let request = get("/uploads/a%20b?x=1&x=2&y=%2C")
        .header("cookie", "a=1; b=2")
        .header("cookie", "c=3")
        .header("Accept", "text/html")
        .header("accept", "application/json")
        .header("user-agent", "probe");
    let mut event = event_of(request, "").await;
    let context = event["requestContext"].as_object_mut().unwrap();
    let id = context.remove("requestId").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 16);
    assert!(context.remove("timeEpoch").unwrap().as_i64().unwrap() > 1_700_000_000_000);
    let time = context.remove("time").unwrap();
    assert!(time.as_str().unwrap().ends_with(" +0000") && time.as_str().unwrap().len() == 26, "{time}");
    let trace = event["headers"].as_object_mut().unwrap().remove("x-amzn-trace-id").unwrap();
    assert_eq!(trace.as_str().unwrap().len(), "Root=1-67891233-abcdef012345678912345678".len());
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "ANY /uploads/{id}",
            "rawPath": "/uploads/a b",
            "rawQueryString": "x=1&x=2&y=%2C",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "accept": "text/html,application/json",
                "content-length": "0",
                "host": "localhost:8000",
                "user-agent": "probe",
                "x-forwarded-for": "203.0.113.9",
                "x-forwarded-port": "8000",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"x": "1,2", "y": ","},
            "pathParameters": {"id": "a b"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "local",
                "domainName": "localhost",
                "domainPrefix": "localhost",
                "http": {
                    "method": "GET",
                    "path": "/uploads/a b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.9",
                    "userAgent": "probe",
                },
                "routeKey": "ANY /uploads/{id}",
                "stage": "$default",
            },
            "isBase64Encoded": false,
        })
    );
}

#[tokio::test]
async fn what_is_empty_is_absent() {
    let event = event_of(get("/?"), "").await;
    for field in ["cookies", "queryStringParameters", "pathParameters", "body"] {
        assert!(event.get(field).is_none(), "{field}");
    }
    assert_eq!(event["routeKey"], "$default");
    assert_eq!(event["rawQueryString"], "");
}

#[tokio::test]
async fn text_is_text_and_a_form_is_base64_as_in_aws() {
    let cases = [
        ("application/json", "{}", false),
        ("Application/JSON; charset=utf-8", "{}", false),
        ("text/plain", "한", false),
        ("application/xml", "<a/>", false),
        ("application/x-www-form-urlencoded", "a=1", true),
        ("multipart/form-data; boundary=x", "--x--", true),
        ("application/octet-stream", "x", true),
        ("", "x", true),
    ];
    for (kind, body, encoded) in cases {
        let event = event_of(post("/", kind), body).await;
        assert_eq!(event["isBase64Encoded"], encoded, "{kind}");
        assert_eq!(event["body"] == body, !encoded, "{kind}");
        assert_eq!(event["headers"]["content-length"], body.len().to_string());
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_base64_whatever_it_claims() {
    let event = event_of(post("/", "text/plain"), vec![0xff, 0xfe]).await;
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
}

#[tokio::test]
async fn forwarded_headers_are_not_the_clients_to_write() {
    let request = get("/")
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-forwarded-proto", "gopher")
        .header("x-forwarded-port", "1")
        .header("x_forwarded_for", "10.0.0.2");
    let event = event_of(request, "").await;
    assert_eq!(event["headers"]["x-forwarded-for"], "10.0.0.1, 203.0.113.9");
    assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    assert_eq!(event["headers"]["x-forwarded-port"], "8000");
    assert_eq!(event["headers"]["x_forwarded_for"], "10.0.0.2");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "203.0.113.9");
}

#[tokio::test]
async fn headers_of_the_connection_end_at_the_gateway() {
    let request = get("/").header("connection", "keep-alive").header("te", "trailers").header("upgrade", "h2c");
    let event = event_of(request, "").await;
    for name in ["connection", "te", "upgrade"] {
        assert!(event["headers"].get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn without_a_default_an_unknown_route_is_not_found() {
    let probe = Probe::ok();
    let gateway = gateway(&probe, &[("POST", "/x")]);
    for request in [get("/y"), get("/x"), get("/x/")] {
        let (status, parts, body) = send(&gateway, request, "").await;
        assert_eq!((status.as_u16(), body.as_str()), (404, r#"{"message":"Not Found"}"#));
        assert_eq!(parts.headers["content-type"], "application/json");
    }
    assert_eq!(probe.count(), 0);
}

#[tokio::test]
async fn head_is_answered_without_a_body_and_with_its_length() {
    let probe = Probe::ok();
    let request = Request::head("/").header("host", "a");
    let (status, parts, body) = send(&everything(&probe), request, "").await;
    assert_eq!((status.as_u16(), body.as_str()), (200, ""));
    assert_eq!(parts.headers["content-length"], "2");
    assert_eq!(probe.event()["requestContext"]["http"]["method"], "HEAD");
}

#[tokio::test]
async fn each_response_carries_the_id_of_its_event() {
    let probe = Probe::ok();
    let (_, parts, _) = send(&everything(&probe), get("/"), "").await;
    assert_eq!(parts.headers["apigw-requestid"], probe.event()["requestContext"]["requestId"].as_str().unwrap());
}

#[tokio::test]
async fn failures_panics_and_malformed_answers_are_one_and_the_same_500() {
    let big = "x".repeat(limits::PAYLOAD);
    let probes = [
        Probe::answering(|| Err(InvokeError::failed("secret"))),
        Probe::answering(|| Err(InvokeError::TimedOut)),
        Probe::answering(|| panic!("secret")),
        Probe::answering(|| Ok(json!({"statusCode": "secret"}))),
        Probe::answering(move || Ok(json!({"statusCode": 200, "body": big}))),
    ];
    for probe in probes {
        let (status, _, body) = send(&everything(&probe), get("/"), "").await;
        assert_eq!((status.as_u16(), body.as_str()), (500, r#"{"message":"Internal Server Error"}"#));
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_slower_than_the_gateway_is_503_and_still_runs_to_its_end() {
    let finished = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&finished);
    let mut probe = Probe::answering(move || {
        *seen.lock().unwrap() = true;
        Ok(json!({}))
    });
    Arc::get_mut(&mut probe).unwrap().delay = Duration::from_secs(40);
    let (status, _, body) = send(&everything(&probe), get("/"), "").await;
    assert_eq!((status.as_u16(), body.as_str()), (503, r#"{"message":"Service Unavailable"}"#));
    assert!(!*finished.lock().unwrap());
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(*finished.lock().unwrap());
}

#[tokio::test]
async fn request_line_and_headers_end_at_10_240_bytes() {
    let probe = Probe::ok();
    let gateway = everything(&probe);
    // `GET / HTTP/1.1` and `host: a` with their line breaks, and `x: ` with its own.
    let room = 10_240 - 16 - 9 - 5;
    let request = |length: usize| Request::get("/").header("host", "a").header("x", "v".repeat(length));
    assert_eq!(send(&gateway, request(room), "").await.0, 200);
    let (status, _, body) = send(&gateway, request(room + 1), "").await;
    assert_eq!((status.as_u16(), body.as_str()), (431, r#"{"message":"Request Header Fields Too Large"}"#));
}

#[tokio::test]
async fn bodies_end_at_10_mb_and_events_at_lambdas_6_mb() {
    let probe = Probe::ok();
    let gateway = everything(&probe);
    let plain = |length: usize| send(&gateway, post("/", "text/plain"), vec![b'x'; length]);
    assert_eq!(plain(6_000_000).await.0, 200);
    assert_eq!(plain(limits::PAYLOAD).await.0, 413);
    let (status, _, body) = plain(limits::BODY + 1).await;
    assert_eq!((status.as_u16(), body.as_str()), (413, r#"{"message":"Request Entity Too Large"}"#));
    // In base64 a third more: 4.8 MB of bytes are over 6 MB of event.
    let bytes = send(&gateway, post("/", "image/png"), vec![0xff; 4_800_000]).await;
    assert_eq!(bytes.0, 413);
    assert_eq!(probe.count(), 1);
}

#[tokio::test]
async fn a_route_to_a_missing_function_is_refused_at_the_start() {
    let error = Gateway::new([Route::new("ANY", "/x", "g")], [], Options::default()).err().unwrap();
    assert_eq!(error.to_string(), "the route `ANY /x` names the function `g`, which is not there");
}

#[tokio::test]
async fn a_front_answers_before_the_functions_do() {
    struct Door;

    #[async_trait]
    impl Front for Door {
        async fn answer(&self, request: &Parts, _: SocketAddr) -> Option<Response<Bytes>> {
            (request.uri.path() == "/door").then(|| Response::new(Bytes::from_static(b"door")))
        }
    }

    let probe = Probe::ok();
    let gateway = everything(&probe).front(Door);
    assert_eq!(send(&gateway, get("/door"), "").await.2, "door");
    assert_eq!(probe.count(), 0);
    let (_, parts, body) = send(&gateway, Request::head("/door"), "").await;
    assert_eq!((parts.headers["content-length"].to_str().unwrap(), body.as_str()), ("4", ""));
    assert_eq!(send(&gateway, get("/other"), "").await.2, "ok");
}
