//! API Gateway's HTTP API on one machine: a request becomes an event of payload format 2.0, a function's
//! answer becomes a response, and what AWS refuses is refused with the same words.
//!
//! `handle` needs no socket, so tests go through the very door that `serve` puts on a port.

mod event;
mod framing;
mod invoke;
mod limits;
mod refusal;
mod response;
mod routes;
mod server;
mod target;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, request::Parts};
use http_body_util::Full;
use hyper::body::Body;
use jiff::Timestamp;
use serde_json::Value;

use self::{event::Received, refusal::Refusal, routes::Router, target::Target};
pub use self::{
    invoke::{Invoke, InvokeError},
    routes::{Route, RouteError},
};

/// What AWS knows and one machine must be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// `http` or `https`: the event's `x-forwarded-proto`.
    pub scheme: String,
    /// The port visitors connect to: `x-forwarded-port`.
    pub port: u16,
    /// `requestContext.accountId`
    pub account_id: String,
    /// `requestContext.apiId`
    pub api_id: String,
    /// How long a function may take before the visitor is told 503. API Gateway waits 30 seconds.
    pub integration_timeout: Duration,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scheme: "http".to_owned(),
            port: 8000,
            account_id: "123456789012".to_owned(),
            api_id: "local".to_owned(),
            integration_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// Something in front of the routes, as CloudFront has the static files: answers a request, or leaves it
/// to the functions. It sees no body.
#[async_trait]
pub trait Front: Send + Sync {
    /// The response to the request, where it is this front's.
    async fn answer(&self, request: &Parts, peer: SocketAddr) -> Option<Response<Bytes>>;
}

/// An HTTP API: routes, and the functions behind them.
pub struct Gateway {
    router: Router,
    functions: HashMap<String, Arc<dyn Invoke>>,
    fronts: Vec<Arc<dyn Front>>,
    options: Options,
}

impl Gateway {
    /// A gateway for the routes; `functions` has every function they name.
    pub fn new(
        routes: impl IntoIterator<Item = Route>,
        functions: impl IntoIterator<Item = (String, Arc<dyn Invoke>)>,
        options: Options,
    ) -> Result<Self, RouteError> {
        let table = Router::new(routes)?;
        let functions: HashMap<_, _> = functions.into_iter().collect();
        if let Some((route, function)) = table.functions().find(|(_, name)| !functions.contains_key(*name)) {
            return Err(RouteError::UnknownFunction { route: route.to_owned(), function: function.to_owned() });
        }
        Ok(Self { router: table, functions, fronts: Vec::new(), options })
    }

    /// Puts something in front of the routes; the first front that answers is heard.
    pub fn front(mut self, front: impl Front + 'static) -> Self {
        self.fronts.push(Arc::new(front));
        self
    }

    /// Answers one request that came from `peer`.
    pub async fn handle<B: Body>(&self, request: Request<B>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let id = event::request_id();
        let mut response = self.front_or_function(&id, &parts, body, peer).await;
        if let Ok(id) = HeaderValue::from_str(&id) {
            // What no function has answered has no name of its own: people look for one all the same.
            response.headers_mut().entry("x-request-id").or_insert_with(|| id.clone());
            response.headers_mut().insert(HeaderName::from_static("apigw-requestid"), id);
        }
        response.map(Full::new)
    }

    async fn front_or_function<B: Body>(&self, id: &str, parts: &Parts, body: B, peer: SocketAddr) -> Response<Bytes> {
        for front in &self.fronts {
            if let Some(response) = front.answer(parts, peer).await {
                return response::framed(response, &parts.method);
            }
        }
        let answered = self.answer(id, parts, body, peer).await;
        answered.unwrap_or_else(|refusal| response::framed(refusal.response(), &parts.method))
    }

    async fn answer<B: Body>(
        &self,
        id: &str,
        parts: &Parts,
        body: B,
        peer: SocketAddr,
    ) -> Result<Response<Bytes>, Refusal> {
        if !limits::head_fits(parts) {
            return Err(Refusal::HeadersTooLarge);
        }
        let target = Target::read(parts)?;
        let body = limits::read_body(&parts.headers, body, self.options.body_timeout).await?;
        let route = self.router.find(&parts.method, &target.encoded_path).ok_or(Refusal::NotFound)?;
        let received = Received { id, parts, target: &target, body: &body, peer, now: Timestamp::now() };
        let event = received.event(&route, &self.options);
        if !limits::payload_fits(&event) {
            return Err(Refusal::TooLarge);
        }
        let answer = self.invoke(route.function, event).await.inspect_err(|_| {
            let (method, path) = (parts.method.as_str(), parts.uri.path());
            tracing::error!(
                function = route.function,
                request_id = id,
                method,
                path,
                "the gateway answered for the function"
            );
        })?;
        response::respond(&answer, &parts.method).map_err(|error| {
            tracing::error!(function = route.function, request_id = id, %error);
            Refusal::InternalServerError
        })
    }

    /// As in Lambda, the function runs on when nobody waits for it any more: a visitor who leaves, or a
    /// gateway that loses patience, never stops it between two writes.
    async fn invoke(&self, name: &str, event: Value) -> Result<Value, Refusal> {
        let function = self.functions.get(name).map(Arc::clone).ok_or(Refusal::InternalServerError)?;
        let running = tokio::spawn(async move { function.invoke(event).await });
        let Ok(finished) = tokio::time::timeout(self.options.integration_timeout, running).await else {
            tracing::error!(function = name, "the function takes longer than the gateway waits");
            return Err(Refusal::ServiceUnavailable);
        };
        match finished {
            Ok(Ok(answer)) if limits::payload_fits(&answer) => Ok(answer),
            Ok(Ok(_)) => {
                tracing::error!(function = name, "the function's answer is over 6 MB");
                Err(Refusal::InternalServerError)
            }
            Ok(Err(error)) => {
                tracing::error!(function = name, %error);
                Err(Refusal::InternalServerError)
            }
            Err(panic) => {
                tracing::error!(function = name, error = %panic, "the function panicked");
                Err(Refusal::InternalServerError)
            }
        }
    }
}
