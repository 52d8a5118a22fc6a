//! What the server is told at its start: where to listen, where to keep the data, which buckets exist.

use std::collections::HashSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::iam::Roles;

/// Everything [`S3Server::start`](super::S3Server::start) needs. Begin with [`Options::new`].
#[derive(Clone)]
pub struct Options {
    /// The loopback address to listen on. Port 0 takes any free port.
    pub address: SocketAddr,
    /// The folder of the index and the bodies; `None` keeps everything in memory and writes no file.
    pub data: Option<PathBuf>,
    /// The access key id of who may do everything.
    pub access_key: String,
    /// The secret key of `access_key`, and of the functions'.
    pub secret_key: String,
    /// The functions that have keys of their own, and what they may do.
    pub roles: Arc<Roles>,
    /// The region named in events and by `HeadBucket`, such as `ap-northeast-2`.
    pub region: String,
    /// The buckets that exist. Objects of a bucket that is no longer declared stay, unreachable.
    pub buckets: Vec<Bucket>,
    /// The largest POST form in bytes, all fields together: forms are held in memory.
    pub max_form: u64,
    /// How long a client may take to send the head of a request.
    pub head_timeout: Duration,
    /// How long a client may pause while it sends a body.
    pub idle_timeout: Duration,
}

impl Options {
    /// In memory, on a free loopback port, in `us-east-1`, with no bucket and forms of up to 1 GiB.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            roles: Arc::default(),
            region: "us-east-1".to_owned(),
            buckets: Vec::new(),
            max_form: 1024 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.address.ip().is_loopback() {
            return Err(Error::NotLoopback(self.address));
        }
        let mut seen = HashSet::new();
        for bucket in &self.buckets {
            if !s3s::path::check_bucket_name(&bucket.name) {
                return Err(Error::BucketName(bucket.name.clone()));
            }
            if !seen.insert(&bucket.name) {
                return Err(Error::BucketTwice(bucket.name.clone()));
            }
        }
        Ok(())
    }
}

/// Without the secret: options end up in logs.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("address", &self.address)
            .field("data", &self.data)
            .field("buckets", &self.buckets)
            .field("secret_key", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// A declared bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The name, by S3's rules: 3 to 63 lower-case letters, digits, dots and hyphens.
    pub name: String,
    /// Which pages may reach the bucket from a browser; the first matching rule counts.
    pub cors: Vec<CorsRule>,
    /// Which new objects are announced.
    pub notifications: Vec<Notification>,
    /// What is forgotten by itself, whenever [`S3Server::sweep`](super::S3Server::sweep) is called.
    pub lifecycle: Vec<Lifecycle>,
}

impl Bucket {
    /// A bucket without any rules.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// One CORS rule, with the fields of `CloudFormation`'s `CorsRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// Origins such as `http://localhost:8000`; each may hold one `*`.
    pub allowed_origins: Vec<String>,
    /// Methods such as `PUT`.
    pub allowed_methods: Vec<String>,
    /// Request headers a preflight may ask for, in any case; each may hold one `*`.
    pub allowed_headers: Vec<String>,
    /// Response headers the page may read.
    pub exposed_headers: Vec<String>,
    /// How long a browser may remember the preflight, in seconds.
    pub max_age: Option<u32>,
}

/// One lifecycle rule, with the fields of `CloudFormation`'s `Rule`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// What the keys it is about begin with; empty for all.
    pub prefix: String,
    /// After how many days objects are deleted.
    pub expiration_days: Option<u32>,
    /// After how many days unfinished uploads in parts are given up.
    pub abort_multipart_days: Option<u32>,
}

/// One notification rule. An object is announced when at least one rule of its bucket matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// `s3:ObjectCreated:*`, or one event such as `s3:ObjectCreated:Put`.
    pub event: String,
    /// What the key has to begin with; empty for any.
    pub prefix: String,
    /// What the key has to end with; empty for any.
    pub suffix: String,
}

impl Notification {
    /// Announces every new object whose key begins with `prefix`.
    pub fn created(prefix: impl Into<String>) -> Self {
        Self { event: "s3:ObjectCreated:*".to_owned(), prefix: prefix.into(), suffix: String::new() }
    }

    /// Whether the rule covers the event `name` (without the `s3:`) of the object `key`.
    pub(crate) fn matches(&self, name: &str, key: &str) -> bool {
        let event = self.event.strip_prefix("s3:").unwrap_or(&self.event);
        let covers = match event.strip_suffix('*') {
            Some(stem) => name.starts_with(stem),
            None => name == event,
        };
        covers && key.starts_with(&self.prefix) && key.ends_with(&self.suffix)
    }
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something else listens there.
    #[error("{0} is already in use by another program")]
    AddressInUse(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The store has one static key and no TLS: it must not be reachable from another machine.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// A declared name breaks S3's naming rules.
    #[error("`{0}` is not a valid bucket name")]
    BucketName(String),
    /// The same name was declared more than once.
    #[error("the bucket `{0}` is declared twice")]
    BucketTwice(String),
    /// A running server holds the folder.
    #[error("the S3 data in {0} is in use by another process")]
    DataInUse(PathBuf),
    /// The folder or one of its files cannot be read or written.
    #[error("the S3 data in {path} cannot be used")]
    Data {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The index of the objects cannot be opened.
    #[error("the index of the S3 data cannot be opened")]
    Index(#[from] rusqlite::Error),
}
