//! DynamoDB's door: an HTTP client around the SDK's own that asks, before a request is sent to the engine, whether who has
//! signed it may do it, and answers as DynamoDB does when not.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Denied, Roles, dynamodb};

/// A client that lets nobody do what their role does not allow.
#[derive(Debug)]
pub(crate) struct Guard {
    inner: SharedHttpClient,
    roles: Arc<Roles>,
}

impl Guard {
    pub(crate) fn client(inner: SharedHttpClient, roles: Arc<Roles>) -> SharedHttpClient {
        SharedHttpClient::new(Self { inner, roles })
    }
}

impl HttpClient for Guard {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Connector { inner, roles: self.roles.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    roles: Arc<Roles>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.check(&request) {
            Ok(()) => self.inner.call(request),
            Err(denied) => HttpConnectorFuture::ready(refusal(&denied)),
        }
    }
}

impl Connector {
    fn check(&self, request: &HttpRequest) -> Result<(), Denied> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.strip_prefix("DynamoDB_20120810."));
        // The other services have doors of their own.
        let (Some(operation), Some(access_key)) = (target, signer(request.headers().get("authorization"))) else {
            return Ok(());
        };
        if !self.roles.knows(access_key) {
            return Ok(());
        }
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        self.roles.check(access_key, &dynamodb::needs(operation, &body.unwrap_or_default(), &self.roles.tables))
    }
}

/// Who has signed, by the header `Authorization`.
pub(crate) fn signer(authorization: Option<&str>) -> Option<&str> {
    authorization?.split_once("Credential=")?.1.split('/').next()
}

fn refusal(denied: &Denied) -> Result<HttpResponse, ConnectorError> {
    let kind = "com.amazon.coral.service#AccessDeniedException";
    let body = json!({ "__type": kind, "Message": denied.to_string() }).to_string();
    let status = StatusCode::try_from(400).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, Bytes::from(body).into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
