//! Puts a gateway on a listener: HTTP/1.1 with limits on time and number, and a graceful end.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    Gateway,
    framing::{Verdict, Watched},
    refusal::Refusal,
};

/// Connections at one time; more wait in the listener's queue.
const CONNECTIONS: usize = 1_024;
/// How long a client may take over a request's head, and keep an idle connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// Room for a head well over API Gateway's limit, so that its refusal is the gateway's and not hyper's.
const READ_BUFFER: usize = 64 * 1024;
/// How long requests in progress may still take when the server ends.
const GRACE: Duration = Duration::from_secs(10);
/// After the system refuses a connection (no descriptors left), so that the loop does not spin.
const PAUSE: Duration = Duration::from_millis(50);

impl Gateway {
    /// Serves until `shutdown` completes, then lets the requests in progress finish, ten seconds at most.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = accept(&listener, &places) => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    tokio::spawn(connection(Arc::clone(&self), stream, peer, graceful.watcher(), place));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish and are cut off");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn connection(
    gateway: Arc<Gateway>,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    // Answers are small; waiting to fill a packet would only delay them.
    stream.set_nodelay(true).ok();
    let (stream, verdict) = Watched::new(stream);
    let count = AtomicU64::new(0);
    let service = service_fn(|request: Request<Incoming>| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let (gateway, verdict) = (Arc::clone(&gateway), verdict.clone());
        async move { Ok::<_, Infallible>(answer(&gateway, request, peer, &verdict, number).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    // One that ends early is a client's business.
    let _ = watcher.watch(served).await;
    drop(place);
}

async fn answer(
    gateway: &Gateway,
    request: Request<Incoming>,
    peer: SocketAddr,
    verdict: &Verdict,
    number: u64,
) -> Response<Full<bytes::Bytes>> {
    if verdict.condemns(number) {
        return Refusal::BadRequest.response().map(Full::new);
    }
    gateway.handle(request, peer).await
}
