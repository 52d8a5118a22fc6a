//! Secrets Manager, as far as a function asks it at its start: the two secrets of the template.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::front;

/// Both are of 64 characters, as the template has them generated.
const KEY: &str = "a-measurement-signs-nothing-that-leaves-the-machine-0123456789ab";
const ORIGIN: &str = "a-measurement-is-its-own-distribution-0123456789abcdefghijklmnop";

/// What the distribution adds to each request.
pub(crate) fn headers() -> Value {
    json!({ "x-origin-secret": ORIGIN, "x-viewer-address": "192.0.2.7", "x-viewer-host": "www.example.org" })
}

/// Answers `GetSecretValue`, and gives the address.
pub(crate) async fn serve(tls: TlsAcceptor) -> std::io::Result<String> {
    front::listen(tls, |stream| async move {
        let served = hyper::server::conn::http1::Builder::new();
        let served = served.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        served.map_err(std::io::Error::other)
    })
    .await
}

async fn answer(request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let asked = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&asked).unwrap_or_default();
    let name = asked["SecretId"].as_str().unwrap_or_default();
    let secret = match name.rsplit(':').next() {
        Some("origin-secret") => json!({ "ORIGIN_SECRET": ORIGIN }),
        Some("secret-key") => json!({ "SECRET_KEY": KEY }),
        _ => {
            let refusal = json!({ "__type": "ResourceNotFoundException" });
            let mut refusal = http::Response::new(Full::from(refusal.to_string()));
            *refusal.status_mut() = http::StatusCode::BAD_REQUEST;
            return Ok(refusal);
        }
    };
    let answer = json!({ "ARN": name, "Name": name, "VersionId": "1", "SecretString": secret.to_string() });
    let mut response = http::Response::new(Full::from(answer.to_string()));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.1"));
    Ok(response)
}
