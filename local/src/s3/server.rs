//! The port: accepting connections on loopback, and letting go of them at the end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::events::Events;
use super::front::Front;
use super::options::{Error, Options};
use super::store::{Entry, Listing, Store, blocking};

/// How long requests under way may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// A running S3. Dropping it stops it at once; [`shutdown`](Self::shutdown) lets requests end.
pub struct S3Server {
    address: SocketAddr,
    store: Arc<Store>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl S3Server {
    /// Opens the data, binds the address and serves it from tasks of the current tokio runtime.
    pub async fn start(options: Options) -> Result<Self, Error> {
        options.check()?;
        let listener = listen(options.address).await?;
        let address = listener.local_addr().map_err(|source| Error::Bind { address: options.address, source })?;
        let (data, buckets) = (options.data.clone(), options.buckets.clone());
        let store = match data {
            None => Store::open(None, &buckets)?,
            Some(folder) => tokio::task::spawn_blocking(move || Store::open(Some(&folder), &buckets))
                .await
                .map_err(|error| Error::Bind { address, source: io::Error::other(error) })??,
        };
        let store = Arc::new(store);
        let front = Arc::new(Front::new(&options, Arc::clone(&store)));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, front, options.head_timeout, stopped));
        Ok(Self { address, store, stop: Some(stop), serving })
    }

    /// The bound address, with the port that was really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for an SDK with path-style addressing, such as `http://localhost:8001`.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// The events of new objects, for whoever delivers them.
    pub fn events(&self) -> Events {
        Events::of(Arc::clone(&self.store))
    }

    /// The keys of a bucket's objects in byte order, the first thousand: for looking at what is stored.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let all = Listing { bucket, prefix: "", delimiter: None, after: None, limit: 1_000 };
        let entries = self.store.list(&all).map(|(entries, _)| entries).unwrap_or_default();
        let keys = entries.into_iter().filter_map(|entry| match entry {
            Entry::Object { key, .. } => Some(key),
            Entry::Prefix(_) => None,
        });
        keys.collect()
    }

    /// Deletes what the lifecycle rules of the buckets say is over at `now`, milliseconds since the epoch. Gives how many
    /// objects and unfinished uploads that were.
    pub async fn sweep(&self, now: i64) -> usize {
        Sweeper { store: Arc::clone(&self.store) }.sweep(now).await
    }

    /// The same, for a task that outlives this handle.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper { store: Arc::clone(&self.store) }
    }

    /// Stops accepting, lets requests end for up to five seconds, and closes the data.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.serving).await;
        self.store.close();
    }
}

/// Carries out the lifecycle rules.
pub struct Sweeper {
    store: Arc<Store>,
}

impl Sweeper {
    /// As [`S3Server::sweep`].
    pub async fn sweep(&self, now: i64) -> usize {
        // The store has logged a failure; the next sweep is the next try.
        blocking(&self.store, move |store| store.sweep(now)).await.unwrap_or_default()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
        self.store.close();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::AddressInUse(address),
        _ => Error::Bind { address, source },
    })
}

/// Accepts until told to stop. The connections are tasks of its set, and end when it does.
async fn serve(listener: TcpListener, front: Arc<Front>, head_timeout: Duration, mut stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.map(|(stream, _)| stream),
            Some(_) = connections.join_next() => continue,
            _ = &mut stopped => break,
        };
        let Ok(stream) = stream else {
            // Most likely out of file descriptors: others have to be closed before the next try.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        connections.spawn(connection(stream, Arc::clone(&front), head_timeout, &graceful));
    }
    drop(listener);
    let _ = timeout(GRACE, graceful.shutdown()).await;
    connections.shutdown().await;
}

fn connection(
    stream: TcpStream,
    front: Arc<Front>,
    head_timeout: Duration,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Without this, a small answer waits up to 40 ms for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(connection);
    async move {
        // One that ends early is a client's business.
        let _ = watched.await;
    }
}
