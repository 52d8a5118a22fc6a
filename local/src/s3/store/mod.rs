//! The objects: rows in one `SQLite` database, bodies under random names, so that a key is never a path.
//!
//! A body is written to a temporary file, verified, flushed, renamed and its folder flushed **before**
//! one transaction decides (preconditions), points the row at it and writes the event. What a crash leaves
//! is therefore at most a body nobody points at, and the next start sweeps those. Because names are never
//! shared between writers, that transaction is also the lock: fifty writers of one key have one winner.

mod bodies;
mod lifecycle;
mod list;
mod objects;
mod pending;
mod schema;
mod unfinished;
mod uploads;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use s3s::{S3Error, S3ErrorCode, S3Result};
use tokio::sync::Notify;

pub(crate) use bodies::{Draft, Finished, Reader};
pub(crate) use list::{After, Entry, Listing};
pub(crate) use objects::{Cause, Expect, Headers, Info, NewObject, precondition_failed};
pub(crate) use unfinished::{Begun, Unfinished};
pub(crate) use uploads::{Finish, PartInfo, Upload};

use super::options::{Bucket, Error};
use bodies::Bodies;
use pending::InFlight;

/// The store. All its methods block, except where they say otherwise: see [`blocking`].
pub(crate) struct Store {
    /// `None` once closed.
    database: Mutex<Option<Connection>>,
    bodies: Bodies,
    declared: HashMap<String, Bucket>,
    /// Held while this process uses the folder.
    lock: Mutex<Option<File>>,
    in_flight: Mutex<InFlight>,
    /// Wakes whoever waits for an event.
    arrived: Notify,
}

impl Store {
    /// Opens the store in `folder`, or in memory, and sweeps what a crash left behind.
    pub(crate) fn open(folder: Option<&Path>, buckets: &[Bucket]) -> Result<Self, Error> {
        let (mut database, bodies, lock) = match folder {
            None => (Connection::open_in_memory()?, Bodies::in_memory(), None),
            Some(folder) => {
                let lock = hold(folder)?;
                let bodies = Bodies::on_disk(folder).map_err(|error| unusable(folder, error))?;
                (Connection::open(folder.join("index.db"))?, bodies, Some(lock))
            }
        };
        schema::prepare(&mut database, folder.is_some())?;
        schema::declare(&database, buckets, now())?;
        if let Some(folder) = folder {
            let known = schema::known_bodies(&database)?;
            bodies.sweep(&known).map_err(|error| unusable(folder, error))?;
        }
        Ok(Self {
            database: Mutex::new(Some(database)),
            bodies,
            declared: buckets.iter().map(|bucket| (bucket.name.clone(), bucket.clone())).collect(),
            lock: Mutex::new(lock),
            in_flight: Mutex::default(),
            arrived: Notify::new(),
        })
    }

    /// The declared bucket of that name. `NoSuchBucket` for any other.
    pub(crate) fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.declared.get(name).ok_or_else(|| S3ErrorCode::NoSuchBucket.into())
    }

    /// Ends all use of the data, so that it can be opened again; whatever is still under way fails.
    pub(crate) fn close(&self) {
        held(&self.database).take();
        // Closing the file is not enough: a process that another thread is just starting has a copy of it for a moment.
        if let Some(lock) = held(&self.lock).take() {
            let _ = lock.unlock();
        }
    }

    /// A body to write into.
    pub(crate) fn draft(&self, claims: &super::checksums::Claims) -> S3Result<Draft> {
        self.bodies.draft(claims).map_err(internal)
    }

    /// Runs `work` with the database to itself. Nothing that waits for a client belongs in here.
    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> S3Result<T>) -> S3Result<T> {
        let mut guard = held(&self.database);
        let Some(connection) = guard.as_mut() else {
            return Err(S3Error::with_message(S3ErrorCode::ServiceUnavailable, "The server is shutting down."));
        };
        work(connection)
    }

    /// Runs `work` in a transaction that is committed when it succeeds and undone when it fails.
    fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>) -> S3Result<T>) -> S3Result<T> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(internal)?;
            let done = work(&transaction)?;
            transaction.commit().map_err(internal)?;
            Ok(done)
        })
    }
}

/// Runs a blocking piece of work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || work(&store)).await.map_err(internal)?
}

/// A fault of ours: the log gets the cause, the client `InternalError`.
pub(crate) fn internal<E: std::error::Error + Send + Sync + 'static>(error: E) -> S3Error {
    tracing::error!(%error, "the S3 store failed");
    S3Error::internal_error(error)
}

/// Milliseconds since the epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The guard of a mutex: what these hold stays consistent even if a holder panicked.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the folder for this process: a second server would sweep the first one's uploads away.
fn hold(folder: &Path) -> Result<File, Error> {
    let open = || {
        std::fs::create_dir_all(folder)?;
        File::options().create(true).truncate(false).write(true).open(folder.join("lock"))
    };
    let file = open().map_err(|error| unusable(folder, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::DataInUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(unusable(folder, error)),
    }
}

fn unusable(folder: &Path, source: std::io::Error) -> Error {
    Error::Data { path: PathBuf::from(folder), source }
}
