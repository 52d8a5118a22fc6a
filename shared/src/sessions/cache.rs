//! The cache of sessions: a Redis or Valkey, the only place that names its client.
//!
//! A session is a hash: what it is under `r`, each value under `d:<key>`, a revision under `v` where the table counts
//! one. Scripts change it, so that what is decided and what is done happen at once. A connection is opened when it is
//! first needed, shared by the requests of a process, and opened anew when it breaks; a cache that did not answer is
//! left alone for `CACHE_RETRY_MS`, so that not every request waits for it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, TlsCertificates};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{SessionChanges, SessionKey, SessionRecord};
use crate::config::CacheSettings;
use crate::config::aws::AMAZON_ROOTS;
use crate::error::BoxError;
use crate::secret::Secret;

/// Changes a session: 1, or 0 when it is gone and was not to be made (the first argument).
const MERGE: &str = "
    if ARGV[1] == '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    local sets = 3 + 2 * tonumber(ARGV[3])
    for i = 4, sets, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
    for i = sets + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
    redis.call('EXPIREAT', KEYS[1], ARGV[2])
    return 1";

/// Puts a whole session, unless a newer revision of it is there.
const REPLACE: &str = "
    local known = redis.call('HGET', KEYS[1], 'v')
    if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'v', ARGV[1])
    for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
    redis.call('EXPIREAT', KEYS[1], ARGV[2])
    return 1";

/// What a server answers that is not the one to ask any more: the next request looks for the one that is.
const ELSEWHERE: [&str; 5] = ["READONLY", "MASTERDOWN", "LOADING", "NOAUTH", "CLUSTERDOWN"];

const RECORD: &str = "r";
const VALUE: &str = "d:";

/// Why the cache did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    /// It does not answer, or answers nonsense.
    #[error("the cache: {0}")]
    Unavailable(String),
    /// It did not answer a moment ago, and is left alone.
    #[error("the cache did not answer a moment ago")]
    LeftAlone,
}

/// A session as the cache has it.
pub(crate) struct Cached {
    record: Option<SessionRecord>,
    /// Its values.
    pub(crate) data: Map<String, Value>,
}

impl Cached {
    /// A visitor's session.
    pub(crate) fn into_visitors(self) -> Option<SessionRecord> {
        Some(SessionRecord { data: self.data, ..self.record? })
    }
}

/// The connection of a process to its cache.
pub(crate) struct Cache {
    settings: CacheSettings,
    password: Option<Secret>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    left_alone_until: Option<Instant>,
}

#[derive(Clone)]
enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Cache {
    /// Prepares it; no connection is made.
    pub(crate) fn new(settings: &CacheSettings, password: Option<Secret>) -> Self {
        Self { settings: settings.clone(), password, state: Mutex::default() }
    }

    /// How long a copy of what the table holds may be kept, seconds.
    pub(crate) fn copy_age(&self) -> i64 {
        self.settings.session_age
    }

    /// Reads a session.
    pub(crate) async fn get(&self, key: &SessionKey) -> Result<Option<Cached>, CacheError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.key(key));
        let fields: HashMap<String, String> = self.run(&command).await?;
        let Some(record) = fields.get(RECORD) else { return Ok(None) };
        let record = serde_json::from_str(record).map_err(|error| nonsense(&error))?;
        let mut data = Map::new();
        for (name, value) in &fields {
            if let Some(name) = name.strip_prefix(VALUE) {
                data.insert(name.to_owned(), serde_json::from_str(value).map_err(|error| nonsense(&error))?);
            }
        }
        Ok(Some(Cached { record, data }))
    }

    /// Puts a new session, until `expires_at`.
    pub(crate) async fn put(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        expires_at: i64,
    ) -> Result<(), CacheError> {
        self.write(key, record, &whole(record), expires_at, false).await.map(drop)
    }

    /// Changes what changed of a session and nothing else, until `expires_at`. `false` when it is not there.
    pub(crate) async fn merge(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        changes: &SessionChanges,
        expires_at: i64,
    ) -> Result<bool, CacheError> {
        self.write(key, record, &changes.data, expires_at, true).await
    }

    async fn write(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        data: &Values,
        expires_at: i64,
        must_exist: bool,
    ) -> Result<bool, CacheError> {
        let sets = fields(key, record, data)?;
        let removed = data.iter().filter(|(_, value)| value.is_none());
        let mut script = redis::cmd("EVAL");
        script.arg(MERGE).arg(1).arg(self.key(key)).arg(i32::from(must_exist)).arg(expires_at).arg(sets.len());
        for (name, value) in sets {
            script.arg(name).arg(value);
        }
        for (name, _) in removed {
            script.arg(format!("{VALUE}{name}"));
        }
        let done: i64 = self.run(&script).await?;
        Ok(done == 1)
    }

    /// Puts a copy of what the table holds in this revision, unless there is one of a newer revision.
    pub(crate) async fn replace(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        revision: u64,
        expires_at: i64,
    ) -> Result<(), CacheError> {
        let mut script = redis::cmd("EVAL");
        script.arg(REPLACE).arg(1).arg(self.key(key)).arg(revision).arg(expires_at);
        for (name, value) in fields(key, record, &whole(record))? {
            script.arg(name).arg(value);
        }
        let _: i64 = self.run(&script).await?;
        Ok(())
    }

    /// Removes a session.
    pub(crate) async fn delete(&self, key: &SessionKey) -> Result<(), CacheError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.key(key));
        let _: i64 = self.run(&command).await?;
        Ok(())
    }

    fn key(&self, key: &SessionKey) -> String {
        format!("{}:session:{}", self.settings.key_prefix, key.id())
    }

    /// Asks over the connection that is there, or over a new one when that has broken since.
    async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CacheError> {
        let (mut connection, is_new) = self.connection().await?;
        let mut answer = command.query_async(&mut connection).await;
        if !is_new && answer.as_ref().is_err_and(redis::RedisError::is_connection_dropped) {
            self.state.lock().await.connection = None;
            let (mut connection, _) = self.connection().await?;
            answer = command.query_async(&mut connection).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let mut state = self.state.lock().await;
                if error.is_timeout() || error.is_io_error() {
                    *state = State { connection: None, left_alone_until: Some(Instant::now() + self.settings.retry) };
                } else if error.code().is_some_and(|code| ELSEWHERE.contains(&code)) {
                    state.connection = None;
                }
                Err(CacheError::Unavailable(error.to_string()))
            }
        }
    }

    /// A connection, and whether it was made for this.
    async fn connection(&self) -> Result<(Connection, bool), CacheError> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok((connection.clone(), false));
        }
        if state.left_alone_until.is_some_and(|until| until > Instant::now()) {
            return Err(CacheError::LeftAlone);
        }
        match self.connect().await {
            Ok(connection) => {
                *state = State { connection: Some(connection.clone()), left_alone_until: None };
                Ok((connection, true))
            }
            Err(error) => {
                state.left_alone_until = Some(Instant::now() + self.settings.retry);
                Err(CacheError::Unavailable(error.to_string()))
            }
        }
    }

    async fn connect(&self) -> Result<Connection, BoxError> {
        let infos = self.infos()?;
        let settings = &self.settings;
        if settings.cluster {
            let is_tls = infos.iter().any(|info| matches!(info.addr(), redis::ConnectionAddr::TcpTls { .. }));
            let mut builder = ClusterClientBuilder::new(infos);
            if is_tls {
                builder = builder.certs(self.certificates()?);
            }
            let client = builder
                .connection_timeout(settings.connect_timeout)
                .response_timeout(settings.timeout)
                .retries(1)
                .build()?;
            return Ok(Connection::Cluster(client.get_async_connection().await?));
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(settings.timeout));
        let mut failed: BoxError = "CACHE_LOCATION names no primary".into();
        for info in infos {
            match self.primary_at(info, &config).await {
                Ok(Some(connection)) => return Ok(Connection::Single(connection)),
                Ok(None) => {}
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// A connection to this address, if a primary is there: what a replica says may be of yesterday.
    async fn primary_at(
        &self,
        info: ConnectionInfo,
        config: &AsyncConnectionConfig,
    ) -> Result<Option<MultiplexedConnection>, BoxError> {
        let client = match info.addr() {
            redis::ConnectionAddr::TcpTls { .. } => Client::build_with_tls(info, self.certificates()?)?,
            _ => Client::open(info)?,
        };
        let mut connection = client.get_multiplexed_async_connection_with_config(config).await?;
        let role: Vec<redis::Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
        let is_primary = role
            .first()
            .is_some_and(|name| redis::from_redis_value_ref::<String>(name).is_ok_and(|name| name == "master"));
        Ok(is_primary.then_some(connection))
    }

    fn infos(&self) -> Result<Vec<ConnectionInfo>, BoxError> {
        let info = |url: &url::Url| {
            let info = url.clone().into_connection_info()?;
            let mut redis = info.redis_settings().clone();
            if let Some(username) = &self.settings.username {
                redis = redis.set_username(username);
            }
            if let Some(password) = &self.password {
                redis = redis.set_password(password.expose());
            }
            Ok(info.set_redis_settings(redis))
        };
        self.settings.locations.iter().map(info).collect()
    }

    fn certificates(&self) -> Result<TlsCertificates, BoxError> {
        let root_cert = match &self.settings.ca_file {
            Some(path) => std::fs::read(path).map_err(|error| format!("CACHE_CA_FILE {}: {error}", path.display()))?,
            None => AMAZON_ROOTS.to_vec(),
        };
        Ok(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }
}

/// What of a session's values is written; `None` removes the key.
type Values = BTreeMap<String, Option<Value>>;

/// All of them.
fn whole(record: &SessionRecord) -> Values {
    record.data.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
}

/// The fields of a session: of a visitor's what it is, of a user's nothing of that, since the table says it; and these of
/// its values.
fn fields(key: &SessionKey, record: &SessionRecord, data: &Values) -> Result<Vec<(String, String)>, CacheError> {
    let visitors = key.user.is_none().then(|| SessionRecord { ip: String::new(), ..record.without_data() });
    let mut fields = vec![(RECORD.to_owned(), serde_json::to_string(&visitors).map_err(|error| nonsense(&error))?)];
    for (name, value) in data {
        if let Some(value) = value {
            fields.push((format!("{VALUE}{name}"), value.to_string()));
        }
    }
    Ok(fields)
}

fn nonsense(error: &serde_json::Error) -> CacheError {
    CacheError::Unavailable(error.to_string())
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a redis::Cmd) -> redis::RedisFuture<'a, redis::Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<redis::Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(cmd, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("settings", &self.settings).finish_non_exhaustive()
    }
}
