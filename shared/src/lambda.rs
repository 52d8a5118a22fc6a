//! The way in, in AWS and on one machine: a Lambda event, decoded by `lambda_http`, answered by the pipeline.
//!
//! `lambda_http`'s decoder is hidden from its documentation and may change: it is used here and nowhere else, and its
//! version is pinned.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_http::request::LambdaRequest;
use lambda_http::service_fn;
use lambda_runtime::LambdaEvent;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::edge;
use crate::error::{BoxError, Error};
use crate::job::Jobs;
use crate::permissions::Missing;
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
    serve(routes.into()).await
}

/// Answers events until the runtime ends. Behind a pointer and without a type parameter, so that it is compiled with this crate:
/// what lacks either is compiled with each function, as that is.
fn serve(routes: Arc<Routes>) -> LocalBoxFuture<'static, Result<(), BoxError>> {
    async move {
        crate::log::init_json();
        let app = if routes.know_nobody() {
            App::for_everybody().await?
        } else {
            App::from_env(routes.page_to_parse()).await?
        };
        routes.start(&app)?;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
            let (app, routes) = (app.clone(), routes.clone());
            // Behind a pointer: the compiler follows the types of what is not only so deep.
            async move { Ok::<Value, Infallible>(answer(&app, &routes, event.payload).await) }.boxed()
        }))
        .await
    }
    .boxed_local()
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
    work_through(jobs).await
}

/// Works through events until the runtime ends; compiled as [`serve`] is.
fn work_through(jobs: Jobs) -> LocalBoxFuture<'static, Result<(), BoxError>> {
    async move {
        crate::log::init_json();
        let app = App::for_jobs().await?;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
            let (app, jobs) = (app.clone(), jobs.clone());
            async move { jobs.run(&app, event.payload).await }
        }))
        .await
    }
    .boxed_local()
}

/// Answers one API Gateway v2 event with one response of the same format.
pub async fn answer(app: &Arc<App>, routes: &Arc<Routes>, event: Value) -> Value {
    // Only what a client cannot choose names the request.
    let id = request_id(app, &event);
    let preferences = preferences(&event);
    let path = path(&event).to_owned();
    let checked = match crate::event::check(event) {
        Ok(event) => event,
        Err(why) => return refuse(app, routes, id, preferences, why).await,
    };
    let Ok(request) = serde_json::from_value::<LambdaRequest>(checked) else {
        return refuse(app, routes, id, preferences, "an event that cannot be read").await;
    };
    let request = decode(request.into(), id, path);
    match edge::admit(app.origin_secrets(), &app.config().public_url, request) {
        Ok(request) => encode(pipeline::respond(app, routes, request).await),
        Err(request) => encode(pipeline::reject(app, routes, *request, Error::PermissionDenied(Missing::Right)).await),
    }
}

/// The path, as the gateway found the route by it. `lambda_http` makes an address of it, and `/a/../b` would be `/b` there.
///
/// An HTTP API has no routes with a slash at their end. Where it leads `/a/` to the route `/a`, which is not documented, the
/// path is still called `/a/`.
fn path(event: &Value) -> &str {
    let path = event.get("rawPath").and_then(Value::as_str).unwrap_or_default();
    let route = event.get("routeKey").and_then(Value::as_str).unwrap_or_default();
    // What is found by `$default` has no path, and the rest of a path is whatever it is.
    let is_whole = route.split_once(' ').is_some_and(|(_, path)| path != "/" && !path.ends_with("+}"));
    path.strip_suffix('/').filter(|_| is_whole).unwrap_or(path)
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

fn decode(request: lambda_http::Request, id: String, path: String) -> Request {
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
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_vec().into(),
        source_ip,
        // Whose word that is, `edge` knows.
        host: String::new(),
    }
}

/// The answer as API Gateway reads it. Not by `lambda_http`: it takes bytes for text by their type alone, drops a byte
/// order mark and replaces what is not UTF-8, so that part of a file would not be that part any more.
fn encode(mut response: Response) -> Value {
    let cookies: Vec<_> = response.headers.get_all(SET_COOKIE).iter().map(text).collect();
    response.headers.remove(SET_COOKIE);
    let (body, encoded) = match response.body {
        Body::Empty => (None, false),
        // What has a coding is no text, whoever wrote it down as one.
        Body::Text(text) if !response.headers.contains_key(CONTENT_ENCODING) => (Some(text), false),
        Body::Text(text) => (Some(STANDARD.encode(text)), true),
        Body::Binary(bytes) => {
            response.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
            (Some(STANDARD.encode(bytes)), true)
        }
    };
    let headers: Map<_, _> = response
        .headers
        .keys()
        .map(|name| {
            let lines: Vec<_> = response.headers.get_all(name).iter().map(text).collect();
            (name.to_string(), Value::String(lines.join(", ")))
        })
        .collect();
    let mut answer = json!({
        "statusCode": response.status.as_u16(),
        "headers": headers,
        "cookies": cookies,
        "isBase64Encoded": encoded,
    });
    // A text, or absent: of null the format says nothing.
    if let Some(body) = body {
        answer["body"] = Value::String(body);
    }
    answer
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// 400 for an event that is none, through the pipeline's last steps.
async fn refuse(app: &Arc<App>, routes: &Routes, id: String, headers: HeaderMap, why: &'static str) -> Value {
    let request = Request {
        id,
        method: Method::GET,
        path: "/".to_owned(),
        query: String::new(),
        headers,
        body: bytes::Bytes::new(),
        source_ip: String::new(),
        host: String::new(),
    };
    encode(pipeline::reject(app, routes, request, Error::bad_request(why)).await)
}
