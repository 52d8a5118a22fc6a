//! A client of the AWS SDK by which a site runs on a second `DynamoDB`: each call is made to its own engine too, and both
//! answers are held against each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::byte_stream::ByteStream;
use local::intercept::{Interceptor, intercepted, json_answer};
use serde_json::Value;

use crate::tables::contract::ask;

/// The second engine, and what became of the calls so far.
#[derive(Debug, Clone)]
pub(crate) struct Mirror(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Where the second engine is.
    endpoint: String,
    /// What its tables' names begin with: other tests have theirs in it.
    prefix: String,
    /// One call after another: both get those that come at the same time in the same order.
    order: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: BTreeMap<String, usize>,
    differences: Vec<String>,
}

impl Mirror {
    pub(crate) fn new(endpoint: String, prefix: String) -> Self {
        Self(Arc::new(Inner { endpoint, prefix, order: tokio::sync::Mutex::default(), seen: Mutex::default() }))
    }

    /// The client to give to the system: `options.http_client = Some(mirror.client())`.
    pub(crate) fn client(&self) -> SharedHttpClient {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        intercepted(inner, Arc::new(self.clone()))
    }

    /// How often each operation was asked for.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        self.seen().calls.clone()
    }

    /// The calls that were not answered alike.
    pub(crate) fn differences(&self) -> Vec<String> {
        self.seen().differences.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the call to both, and answers as the second one does.
    async fn ask(
        &self,
        operation: &str,
        request: HttpRequest,
        own: SharedHttpConnector,
    ) -> Result<HttpResponse, ConnectorError> {
        let asked: Value =
            request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let _turn = self.0.order.lock().await;
        let answer = own.call(request).await?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::other(error.into(), None))?.into_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();

        let mut peer =
            ask(&self.0.endpoint, operation, &rename(&asked, &|name| format!("{}{name}", self.0.prefix))).await;
        peer.body = rename(&peer.body, &|name| name.trim_start_matches(&self.0.prefix).to_owned());
        let (ours, theirs) = (essence(operation, status, &body), essence(operation, peer.status, &peer.body));
        let mut seen = self.seen();
        *seen.calls.entry(operation.to_owned()).or_default() += 1;
        if ours != theirs {
            seen.differences.push(format!("{operation} {asked}\n  here: {ours}\n there: {theirs}"));
        }
        drop(seen);
        json_answer(peer.status, &peer.body)
    }
}

/// A request or an answer with other names of tables.
fn rename(value: &Value, name: &impl Fn(&str) -> String) -> Value {
    let by_table = |field: &str| ["RequestItems", "Responses", "UnprocessedItems", "UnprocessedKeys"].contains(&field);
    match value {
        Value::Array(all) => all.iter().map(|one| rename(one, name)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(field, value)| match value {
                    Value::String(table) if field == "TableName" => (field.clone(), Value::String(name(table))),
                    Value::Object(tables) if by_table(field) => {
                        let tables = tables.iter().map(|(table, value)| (name(table), rename(value, name)));
                        (field.clone(), Value::Object(tables.collect()))
                    }
                    other => (field.clone(), rename(other, name)),
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// What the product makes something of in an answer, in one order.
fn essence(operation: &str, status: u16, answer: &Value) -> Value {
    let mut essence = answer.clone();
    let Some(fields) = essence.as_object_mut() else { return Value::Null };
    // What an error says is for people.
    fields.retain(|name, _| !name.eq_ignore_ascii_case("message"));
    fields.insert("status".to_owned(), status.into());
    if let Some(code) = fields.get_mut("__type") {
        *code = code.as_str().and_then(|name| name.rsplit('#').next()).unwrap_or_default().into();
    }
    if let Some(reasons) = fields.get_mut("CancellationReasons") {
        *reasons = reasons.as_array().into_iter().flatten().map(|reason| reason["Code"].clone()).collect();
    }
    // The second one has prices of its own for some: see `Difference`.
    let nothing = fields.get("Items").is_some_and(|items| *items == Value::Array(Vec::new()));
    if ["TransactWriteItems", "BatchGetItem", "BatchWriteItem"].contains(&operation) || nothing {
        fields.remove("ConsumedCapacity");
    } else if let Some(capacity) = fields.get_mut("ConsumedCapacity") {
        *capacity = capacity["CapacityUnits"].as_f64().into();
    }
    // Of an item that was not there: nothing, or its key.
    if fields.get("Attributes").is_some_and(|item| item.as_object().is_some_and(|item| item.len() == 2)) {
        fields.remove("Attributes");
    }
    for tables in ["Responses", "UnprocessedItems", "UnprocessedKeys"] {
        let Some(tables) = fields.get_mut(tables).and_then(Value::as_object_mut) else { continue };
        tables.retain(|_, items| *items != Value::Array(Vec::new()));
        for items in tables.values_mut().filter_map(Value::as_array_mut) {
            items.sort_by_key(ToString::to_string);
        }
    }
    fields.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|fields| !fields.is_empty()));
    essence
}

impl Interceptor for Mirror {
    fn call(&self, request: HttpRequest, next: &SharedHttpConnector) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let Some(operation) = target.strip_prefix("DynamoDB_20120810.").map(str::to_owned) else {
            return next.call(request);
        };
        let (mirror, own) = (self.clone(), next.clone());
        HttpConnectorFuture::new(async move { mirror.ask(&operation, request, own).await })
    }
}
