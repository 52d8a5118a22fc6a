//! The way in, in AWS and on one machine: a Lambda event, decoded by `lambda_http`, answered by the pipeline.
//!
//! `lambda_http`'s decoder is hidden from its documentation and may change: it is used here and nowhere else, and its
//! version is pinned.

use std::convert::Infallible;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service, service_fn};
use lambda_runtime::{Context as Invocation, LambdaEvent};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::app::App;
use crate::edge;
use crate::error::{BoxError, Error};
use crate::job::Jobs;
use crate::pipeline;
use crate::request::Request;
use crate::response::{Body, Response};
use crate::routes::Routes;
use crate::static_files::Assets;

/// Runs a function that answers HTTP: `main` of every page.
///
/// # Errors
/// When the configuration cannot be used or the runtime ends.
pub async fn run<R: Into<Arc<Routes>>>(routes: R) -> Result<(), BoxError> {
    let () = Deployed::<R>::HAS_A_MANIFEST;
    crate::log::init_json();
    let app = App::from_env().boxed().await?;
    let routes = routes.into();
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (app, routes) = (app.clone(), routes.clone());
        // Behind a pointer: the compiler follows the types of what is not only so deep.
        async move { Ok::<Value, Infallible>(answer(&app, &routes, event.payload).await) }.boxed()
    }))
    .await
}

/// Stops the build of a function, and of nothing else, that would be deployed without its static files: a constant of a
/// generic type is computed only for who uses it.
struct Deployed<R>(PhantomData<R>);

impl<R> Deployed<R> {
    const HAS_A_MANIFEST: () = assert!(
        Assets::are_ready(),
        "there is no staticfiles.json in STATIC_ROOT: run `cargo manage collectstatic` before a release build"
    );
}

/// Runs a function that works through events: `main` of `process-upload` and `mailer`.
///
/// # Errors
/// When the configuration cannot be used or the runtime ends.
pub async fn run_jobs(jobs: Jobs) -> Result<(), BoxError> {
    crate::log::init_json();
    let app = App::for_jobs().boxed().await?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let (app, jobs) = (app.clone(), jobs.clone());
        async move { jobs.run(&app, event.payload).await }
    }))
    .await
}

/// Answers one API Gateway v2 event with one response of the same format.
pub async fn answer(app: &Arc<App>, routes: &Arc<Routes>, event: Value) -> Value {
    // Only what a client cannot choose names the request.
    let id = request_id(app, &event);
    let preferences = preferences(&event);
    let checked = match crate::event::check(event) {
        Ok(event) => event,
        Err(why) => return refuse(app, id, preferences, why).await,
    };
    let Ok(request) = serde_json::from_value::<LambdaRequest>(checked) else {
        return refuse(app, id, preferences, "an event that cannot be read").await;
    };
    let (app, routes) = (app.clone(), routes.clone());
    let service = service_fn(move |request: lambda_http::Request| {
        let (app, routes, id) = (app.clone(), routes.clone(), id.clone());
        async move {
            let response = match edge::admit(app.origin_secrets(), decode(request, id)) {
                Ok(request) => pipeline::respond(&app, &routes, request).await,
                Err(request) => pipeline::reject(&app, *request, Error::PermissionDenied).await,
            };
            Ok::<_, Infallible>(encode(response))
        }
    });
    let mut adapter = Adapter::from(service);
    let Ok(()) = poll_fn(|cx| Service::<LambdaEvent<LambdaRequest>>::poll_ready(&mut adapter, cx)).await;
    let Ok(response) = adapter.call(LambdaEvent::new(request, Invocation::default())).await;
    serde_json::to_value(response).unwrap_or_else(|_| json!({ "statusCode": 500 }))
}

/// The gateway's identifier of the request, which its own log has too; else a new one.
fn request_id(app: &App, event: &Value) -> String {
    let id = event.pointer("/requestContext/requestId").and_then(Value::as_str).unwrap_or_default();
    let sound = (8..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'=' | b'_' | b'+' | b'/'));
    if sound { id.to_owned() } else { app.rng().uuid(app.clock().now()).to_string() }
}

/// What the client reads, as far as it says so: also the answer to an event that is none takes a rendering.
fn preferences(event: &Value) -> HeaderMap {
    let read = |name: HeaderName| {
        let value = event.get("headers")?.get(name.as_str())?.as_str()?;
        Some((name, HeaderValue::from_str(value).ok()?))
    };
    [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE].into_iter().filter_map(read).collect()
}

fn decode(request: lambda_http::Request, id: String) -> Request {
    use lambda_http::RequestExt as _;
    use lambda_http::request::RequestContext;
    let source_ip = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let (parts, body) = request.into_parts();
    Request {
        id,
        method: parts.method,
        path: percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_vec().into(),
        source_ip,
    }
}

fn encode(response: Response) -> http::Response<lambda_http::Body> {
    let body = match response.body {
        Body::Empty => lambda_http::Body::Empty,
        Body::Text(text) => lambda_http::Body::Text(text),
        Body::Binary(bytes) => lambda_http::Body::Binary(bytes),
    };
    let mut encoded = http::Response::new(body);
    *encoded.status_mut() = response.status;
    *encoded.headers_mut() = response.headers;
    if matches!(encoded.body(), lambda_http::Body::Binary(_)) {
        // Without a type lambda_http takes bytes for text, and what is not UTF-8 in them is lost.
        let unknown = HeaderValue::from_static("application/octet-stream");
        encoded.headers_mut().entry(CONTENT_TYPE).or_insert(unknown);
    }
    encoded
}

/// 400 for an event that is none: the pipeline's last steps, and an answer put together without `lambda_http`.
async fn refuse(app: &Arc<App>, id: String, headers: HeaderMap, why: &'static str) -> Value {
    let request = Request {
        id,
        method: Method::GET,
        path: "/".to_owned(),
        query: String::new(),
        headers,
        body: bytes::Bytes::new(),
        source_ip: String::new(),
    };
    let response = pipeline::reject(app, request, Error::bad_request(why)).await;
    let headers: serde_json::Map<_, _> = response
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    let body = match response.body {
        Body::Text(text) => text,
        _ => String::new(),
    };
    json!({ "statusCode": response.status.as_u16(), "headers": headers, "body": body, "isBase64Encoded": false })
}
