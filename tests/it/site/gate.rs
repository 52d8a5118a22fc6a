//! Holds up calls to `DynamoDB` until a test lets them go: a slow request, without a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Semaphore;

/// More calls than a test makes.
const MANY: usize = 1_000;

/// A gate before one operation.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    operation: &'static str,
    /// How many more calls are held up; the others pass.
    holds: Arc<AtomicUsize>,
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    /// A closed gate before `operation`, e.g. `UpdateItem`.
    pub(crate) fn before(operation: &'static str) -> Self {
        let holds = Arc::new(AtomicUsize::new(usize::MAX));
        Self { operation, holds, arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    /// From now on only the next `calls` are held up.
    pub(crate) fn hold(&self, calls: usize) {
        self.holds.store(calls, Ordering::SeqCst);
    }

    /// The client to start a site with.
    pub(crate) fn client(&self) -> SharedHttpClient {
        let plain = aws_smithy_http_client::Builder::new().build_http();
        SharedHttpClient::new(Gated { gate: self.clone(), plain })
    }

    /// Waits until a call stands before the gate.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// Opens it, until it is closed again.
    pub(crate) fn open(&self) {
        self.open.add_permits(MANY);
    }

    /// Closes it; no call must be on its way.
    pub(crate) fn close(&self) {
        self.open.forget_permits(MANY);
        self.arrived.forget_permits(MANY);
    }
}

#[derive(Debug)]
struct Gated {
    gate: Gate,
    plain: SharedHttpClient,
}

impl HttpClient for Gated {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let plain = self.plain.http_connector(settings, components);
        SharedHttpConnector::new(Connector { gate: self.gate.clone(), plain })
    }
}

#[derive(Debug)]
struct Connector {
    gate: Gate,
    plain: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with(self.gate.operation) {
            return self.plain.call(request);
        }
        let one_less = |holds: usize| holds.checked_sub(1);
        if self.gate.holds.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
            return self.plain.call(request);
        }
        let (gate, plain) = (self.gate.clone(), self.plain.clone());
        HttpConnectorFuture::new(async move {
            gate.arrived.add_permits(1);
            let pass = gate.open.acquire().await.unwrap();
            let response = plain.call(request).await;
            drop(pass);
            response
        })
    }
}
