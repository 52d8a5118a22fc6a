//! What every request passes, in order: preflight, POST form, signature rules, `s3s`; then CORS headers.

use std::sync::Arc;
use std::time::Duration;

use http::header::EXPECT;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use uuid::Uuid;

use super::access::Keys;
use super::api::Api;
use super::body::{Guarded, guard};
use super::cors::CrossOrigin;
use super::options::{CorsRule, Options};
use super::store::Store;
use super::{post, signed};

/// The service behind the port.
pub(crate) struct Front {
    pub(crate) store: Arc<Store>,
    pub(crate) keys: Keys,
    pub(crate) max_form: u64,
    idle_timeout: Duration,
    s3: S3Service,
}

impl Front {
    pub(crate) fn new(options: &Options, store: Arc<Store>) -> Self {
        let keys = Keys::new(&options.access_key, &options.secret_key, Arc::clone(&options.roles));
        let api = Api::new(Arc::clone(&store), options.region.clone(), keys.clone());
        let mut builder = S3ServiceBuilder::new(api);
        builder.set_auth(keys.clone());
        builder.set_access(keys.clone());
        Self { store, keys, max_form: options.max_form, idle_timeout: options.idle_timeout, s3: builder.build() }
    }

    /// Answers one request. Faults become answers too, so that CORS headers are on them.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let mut response = if request.method() == Method::OPTIONS {
            self.preflight(&request)
        } else {
            let origin = CrossOrigin::of_request(request.method(), request.headers());
            let rules = self.rules(request.uri().path()).to_vec();
            let mut response = self.respond(request).await;
            if let Some(origin) = origin {
                origin.allow(&rules, response.headers_mut());
            }
            response
        };
        let id = Uuid::new_v4().simple().to_string().to_uppercase();
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
        }
        response
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        // A client that waits for "100 Continue" has sent nothing that would have to be read.
        let waits = parts.headers.contains_key(EXPECT);
        let (body, rest) = guard(body, self.idle_timeout);
        let response = match self.dispatch(parts, body).await {
            Ok(response) => response,
            Err(error) => render(error),
        };
        if !response.status().is_success() && !waits {
            rest.drain().await;
        }
        response
    }

    async fn dispatch(&self, parts: http::request::Parts, body: Guarded) -> S3Result<Response<Body>> {
        if post::is_form(&parts) {
            return post::handle(self, &parts, body).await;
        }
        signed::check(&parts)?;
        let request = Request::from_parts(parts, Body::http_body_unsync(body));
        self.s3.call(request).await.map_err(|error| S3Error::with_source(S3ErrorCode::InternalError, error.into()))
    }

    /// Answers an OPTIONS request: a preflight, for nothing else in S3 uses the method.
    fn preflight(&self, request: &Request<Incoming>) -> Response<Body> {
        let refuse = |status, code: &str, message: &str| {
            let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message.to_owned());
            error.set_status_code(status);
            render(error)
        };
        let Some(origin) = CrossOrigin::of_preflight(request.headers()) else {
            let message = "Insufficient information. Origin and Access-Control-Request-Method headers needed.";
            return refuse(StatusCode::BAD_REQUEST, "BadRequest", message);
        };
        let rules = self.rules(request.uri().path());
        let mut response = Response::new(Body::empty());
        if origin.allow(rules, response.headers_mut()) {
            return response;
        }
        let message = if rules.is_empty() {
            "CORSResponse: CORS is not enabled for this bucket."
        } else {
            "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request \
             method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
             resource's CORS spec."
        };
        refuse(StatusCode::FORBIDDEN, "AccessForbidden", message)
    }

    /// The rules of the bucket a path begins with.
    fn rules(&self, path: &str) -> &[CorsRule] {
        let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        self.store.bucket(name).map_or(&[], |bucket| &bucket.cors)
    }
}

fn render(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
