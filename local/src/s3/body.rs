//! A request's body that cannot hang: a client that pauses too long loses the connection, and what a
//! refused request has not yet sent is read and dropped, so that the client gets to see the refusal.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use s3s::StdError;
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How much of a refused body is read, and for how long.
const DRAIN_BYTES: u64 = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The body as the handler sees it.
pub(crate) struct Guarded {
    shared: Shared,
    idle: Duration,
    timer: Pin<Box<Sleep>>,
}

/// What is left of the body once the handler is done with it.
pub(crate) struct Rest(Shared);

/// Empty once the client was given up.
type Shared = Arc<Mutex<Option<Incoming>>>;

/// Guards a body; a pause longer than `idle` is an error of kind `TimedOut`.
pub(crate) fn guard(body: Incoming, idle: Duration) -> (Guarded, Rest) {
    let shared = Arc::new(Mutex::new(Some(body)));
    let rest = Rest(Arc::clone(&shared));
    (Guarded { shared, idle, timer: Box::pin(sleep(idle)) }, rest)
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let polled = poll(&self.shared, cx);
        let this = &mut *self;
        if polled.is_ready() {
            let deadline = Instant::now() + this.idle;
            this.timer.as_mut().reset(deadline);
            return polled.map_err(Into::into);
        }
        ready!(this.timer.as_mut().poll(cx));
        held(&this.shared).take();
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        held(&self.shared).as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        held(&self.shared).as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Rest {
    /// Reads and drops what is left, within bounds: a client that is still sending reads no answer.
    pub(crate) async fn drain(self) {
        let drain = async {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(frame)) = poll_fn(|cx| poll(&self.0, cx)).await {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(less) = left.checked_sub(size) else {
                    return;
                };
                left = less;
            }
        };
        let _ = timeout(DRAIN_TIME, drain).await;
    }
}

fn poll(shared: &Mutex<Option<Incoming>>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    match held(shared).as_mut() {
        Some(body) if !body.is_end_stream() => Pin::new(body).poll_frame(cx),
        _ => Poll::Ready(None),
    }
}

fn held(shared: &Mutex<Option<Incoming>>) -> MutexGuard<'_, Option<Incoming>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
