//! Holds up calls to `DynamoDB` until a test lets them go: a slow request, without a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use local::intercept::{Interceptor, intercepted};
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
        intercepted(plain, Arc::new(self.clone()))
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

impl Interceptor for Gate {
    fn call(&self, request: HttpRequest, next: &SharedHttpConnector) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with(self.operation) {
            return next.call(request);
        }
        let one_less = |holds: usize| holds.checked_sub(1);
        if self.holds.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
            return next.call(request);
        }
        let (gate, next) = (self.clone(), next.clone());
        HttpConnectorFuture::new(async move {
            gate.arrived.add_permits(1);
            let pass = gate.open.acquire().await.unwrap();
            let response = next.call(request).await;
            drop(pass);
            response
        })
    }
}
