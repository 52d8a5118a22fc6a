//! Faults between the product and AWS: an HTTP client around the SDK's own that can be told which call shall fail, and
//! how. It also notes every call, so that a test can say what was asked for.
//!
//! A call is named as its service does: `PutItem` for `DynamoDB`, `GET uploads` for S3 (the method, and the first folder
//! of the key), `LIST uploads` for a listing of what is in it, and `BEGIN`, `PARTS`, `COMPLETE`, `ABORT`, `UNFINISHED` for
//! uploads in parts, `COPY media` for a copy that goes there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use local::intercept::{Interceptor, intercepted, json_answer};
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection breaks before anything is sent. The SDK tries again.
    NotSent,
    /// It is carried out, and the answer is lost. The SDK tries again.
    ReplyLost,
    /// The process ends before it is sent: nobody tries again.
    CrashBefore,
    /// The process ends after it was carried out: nobody tries again.
    CrashAfter,
    /// It is never answered.
    Silence,
    /// An answer of the service's own instead: status and body.
    Answer(u16, Value),
}

impl Fault {
    /// `DynamoDB` asks to slow down.
    pub(crate) fn throttled() -> Self {
        Self::error("ProvisionedThroughputExceededException")
    }

    /// An error of `DynamoDB` by its name.
    pub(crate) fn error(name: &str) -> Self {
        Self::Answer(400, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": name }))
    }

    /// The service has an error of its own.
    pub(crate) fn internal() -> Self {
        Self::Answer(500, json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" }))
    }

    /// A transaction that met another one.
    pub(crate) fn transaction_conflict() -> Self {
        let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let reasons = [json!({ "Code": "TransactionConflict" }), json!({ "Code": "None" })];
        Self::Answer(400, json!({ "__type": name, "message": "canceled", "CancellationReasons": reasons }))
    }
}

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// As `PutItem`, or `GET uploads`.
    pub(crate) name: String,
    /// What was sent to `DynamoDB`; for S3 the path and the query.
    pub(crate) body: Value,
}

impl Call {
    /// Whether what was sent has this text in it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.body.to_string().contains(text)
    }
}

/// The faults of one system.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    name: String,
    text: String,
    skip: usize,
    times: usize,
    fault: Fault,
}

impl Faults {
    /// The client to give to the system: `options.http_client = Some(faults.client())`.
    pub(crate) fn client(&self) -> SharedHttpClient {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        intercepted(inner, Arc::new(self.clone()))
    }

    /// From now on every call of this name fails; an empty name is any call.
    pub(crate) fn always(&self, name: &str, fault: Fault) {
        self.add(name, 0, usize::MAX, fault);
    }

    /// The next `times` calls of this name fail.
    pub(crate) fn next(&self, name: &str, times: usize, fault: Fault) {
        self.add(name, 0, times, fault);
    }

    /// After `skip` more calls of this name, every further one fails.
    pub(crate) fn after(&self, name: &str, skip: usize, fault: Fault) {
        self.add(name, skip, usize::MAX, fault);
    }

    /// From now on every call of this name fails whose body holds this text.
    pub(crate) fn on(&self, name: &str, text: &str, fault: Fault) {
        self.lock().rules.push(Rule {
            name: name.to_owned(),
            text: text.to_owned(),
            skip: 0,
            times: usize::MAX,
            fault,
        });
    }

    /// Nothing fails any more, and the calls so far are forgotten.
    pub(crate) fn clear(&self) {
        *self.lock() = State::default();
    }

    /// The calls so far are forgotten; what fails goes on failing.
    pub(crate) fn clear_calls(&self) {
        self.lock().calls.clear();
    }

    /// The calls since [`Self::clear`].
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls had this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.lock().calls.iter().filter(|call| call.name == name).count()
    }

    fn add(&self, name: &str, skip: usize, times: usize, fault: Fault) {
        self.lock().rules.push(Rule { name: name.to_owned(), text: String::new(), skip, times, fault });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, and says what goes wrong with it.
    fn note(&self, call: Call) -> Option<Fault> {
        let mut state = self.lock();
        let rule = state
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && matches(&rule.name, &call.name) && call.holds(&rule.text));
        let fault = rule.and_then(|rule| {
            if rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            rule.times -= 1;
            Some(rule.fault.clone())
        });
        state.calls.push(call);
        fault
    }
}

fn matches(rule: &str, name: &str) -> bool {
    rule.is_empty() || rule == name
}

impl Interceptor for Faults {
    fn call(&self, request: HttpRequest, next: &SharedHttpConnector) -> HttpConnectorFuture {
        let Some(fault) = self.note(read(&request)) else { return next.call(request) };
        let next = next.clone();
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::NotSent => Err(ConnectorError::io("the connection broke".into())),
                Fault::ReplyLost => {
                    next.call(request).await?;
                    Err(ConnectorError::io("the answer was lost".into()))
                }
                Fault::CrashBefore => Err(ConnectorError::other("crashed".into(), None)),
                Fault::CrashAfter => {
                    next.call(request).await?;
                    Err(ConnectorError::other("crashed".into(), None))
                }
                Fault::Silence => std::future::pending().await,
                Fault::Answer(status, body) => json_answer(status, &body),
            }
        })
    }
}

fn read(request: &HttpRequest) -> Call {
    if let Some(target) = request.headers().get("x-amz-target") {
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let name = target.rsplit('.').next().unwrap_or_default().to_owned();
        return Call { name, body: body.unwrap_or_default() };
    }
    let path = request.uri().split("://").nth(1).unwrap_or_default();
    let query: Vec<_> = path.split(['?', '&']).skip(1).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let given = |name: &str| query.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let method = request.method();
    let verb = match method {
        "GET" if given("list-type").is_some() => "LIST",
        "GET" if given("uploads").is_some() => "UNFINISHED",
        "GET" if given("uploadId").is_some() => "PARTS",
        "POST" if given("uploads").is_some() => "BEGIN",
        "POST" if given("uploadId").is_some() => "COMPLETE",
        "DELETE" if given("uploadId").is_some() => "ABORT",
        "PUT" if request.headers().contains_key("x-amz-copy-source") => "COPY",
        plain => plain,
    };
    let folder = match verb {
        "LIST" | "UNFINISHED" => given("prefix").unwrap_or_default().split("%2F").next(),
        _ => path.split(['/', '?']).nth(2),
    };
    let name = format!("{verb} {}", folder.unwrap_or_default());
    let source = request.headers().get("x-amz-copy-source").unwrap_or_default();
    Call { name, body: Value::from(format!("{path} {source}").trim_end()) }
}
