//! Stands between the AWS SDK and the network: for roles, and for tests that let calls fail, wait or be held against others.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use bytes::Bytes;
use serde_json::Value;

/// What becomes of each call.
pub trait Interceptor: fmt::Debug + Send + Sync + 'static {
    /// Answers it, or lets `next` do so.
    fn call(&self, request: HttpRequest, next: &SharedHttpConnector) -> HttpConnectorFuture;
}

/// A client whose calls pass the interceptor first.
pub fn intercepted(inner: SharedHttpClient, interceptor: Arc<dyn Interceptor>) -> SharedHttpClient {
    SharedHttpClient::new(Client { inner, interceptor })
}

/// An answer in DynamoDB's JSON that no service has given.
///
/// # Errors
/// For a number that is no status.
pub fn json_answer(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, Bytes::from(body.to_string()).into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    interceptor: Arc<dyn Interceptor>,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let next = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Connector { next, interceptor: self.interceptor.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    next: SharedHttpConnector,
    interceptor: Arc<dyn Interceptor>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.interceptor.call(request, &self.next)
    }
}
