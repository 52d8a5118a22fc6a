//! DynamoDB's door: before a request is sent to the engine, who has signed it is asked for, and whether they may do it; what
//! they may not is answered as DynamoDB does.

use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Value, json};

use super::{Denied, Roles, dynamodb};
use crate::intercept::{Interceptor, json_answer};

impl Interceptor for Roles {
    fn call(&self, request: HttpRequest, next: &SharedHttpConnector) -> HttpConnectorFuture {
        match check(self, &request) {
            Ok(()) => next.call(request),
            Err(denied) => {
                let kind = "com.amazon.coral.service#AccessDeniedException";
                let body = json!({ "__type": kind, "Message": denied.to_string() });
                HttpConnectorFuture::ready(json_answer(400, &body))
            }
        }
    }
}

fn check(roles: &Roles, request: &HttpRequest) -> Result<(), Denied> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.strip_prefix("DynamoDB_20120810."));
    // The other services have doors of their own.
    let (Some(operation), Some(access_key)) = (target, signer(request.headers().get("authorization"))) else {
        return Ok(());
    };
    if !roles.knows(access_key) {
        return Ok(());
    }
    let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    roles.check(access_key, &dynamodb::needs(operation, &body.unwrap_or_default(), &roles.tables))
}

/// Who has signed, by the header `Authorization`.
pub(crate) fn signer(authorization: Option<&str>) -> Option<&str> {
    authorization?.split_once("Credential=")?.1.split('/').next()
}
