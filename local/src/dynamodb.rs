//! The embedded DynamoDB: `dynoxide` over SQLite, on a loopback port, in a thread of its own, since SQLite works
//! synchronously and would hold up whoever shares its thread.

mod streams;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::secrets;
use crate::template::{Index, Key, KeyKind, Keys, Projection, Table};
use streams::Streams;

/// A running DynamoDB. Dropping it stops it.
pub struct DynamoDb {
    address: SocketAddr,
    database: Database,
    streams: Streams,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why it could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port, no thread.
    #[error("the embedded DynamoDB cannot listen")]
    Listen(#[from] std::io::Error),
    /// The database file cannot be used.
    #[error("the data of the embedded DynamoDB cannot be used: {0}")]
    Data(String),
    /// A table of the template cannot be created.
    #[error("the table {table} cannot be created: {why}")]
    Table {
        /// Its name.
        table: String,
        /// The engine's words.
        why: String,
    },
}

impl DynamoDb {
    /// Opens the data (in memory without a `file`), creates the tables that are missing and serves them.
    pub fn start(file: Option<&Path>, tables: &[Table]) -> Result<Self, Error> {
        let file = match file {
            Some(file) => {
                // Its log and index get the same mode: addresses and hashes are nobody else's business.
                secrets::create_private_file(file)?;
                file.to_string_lossy().into_owned()
            }
            None => in_memory(),
        };
        let database = Database::new(&file).map_err(|error| Error::Data(error.to_string()))?;
        create_missing(&database, tables)?;
        let streams = Streams::open(&file).map_err(|error| Error::Data(error.to_string()))?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = database.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("dynamodb".to_owned()).spawn(move || {
            let serving = async {
                let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
                let shutdown = async move { drop(stopped.await) };
                dynoxide::server::serve_with_shutdown(listener, served, shutdown).await
            };
            if let Err(error) = runtime.block_on(serving) {
                tracing::error!(error, "the embedded DynamoDB ended");
            }
            // Kept-alive connections must not hold up the end.
            runtime.shutdown_background();
        })?;
        Ok(Self { address, database, streams, stop: Some(stop), thread: Some(thread) })
    }

    /// The endpoint for the SDK.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Deletes what has expired, as DynamoDB's TTL does in its own time. Gives the number of items.
    pub fn sweep(&self) -> usize {
        self.database.sweep_ttl().unwrap_or_else(|error| {
            tracing::warn!(%error, "expired items could not be deleted");
            0
        })
    }

    /// The engine itself: for tests that look at what is stored.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // Graceful shutdown waits for idle connections of clients; the process does not wait for it.
        drop(self.thread.take());
    }
}

/// A name for a database in memory that this process can open twice (SQLite's VFS `memdb`): it ends with its connections.
fn in_memory() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("file:/portico-{}?vfs=memdb", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn create_missing(database: &Database, tables: &[Table]) -> Result<(), Error> {
    let known = database.list_tables(ListTablesRequest::default()).map_err(|error| Error::Data(error.to_string()))?;
    for table in tables {
        let failed = |why: String| Error::Table { table: table.name.clone(), why };
        if known.table_names.contains(&table.name) {
            complete(database, table).map_err(failed)?;
        } else {
            let request: CreateTableRequest =
                serde_json::from_value(definition(table)).map_err(|error| failed(error.to_string()))?;
            database.create_table(request).map_err(|error| failed(error.to_string()))?;
        }
        if let Some(request) = expiry(table) {
            let request = serde_json::from_value(request).map_err(|error| failed(error.to_string()))?;
            // Enabled already since an earlier start: the engine refuses to enable it twice, as AWS does.
            let _ = database.update_time_to_live(request);
        }
    }
    Ok(())
}

/// Gives a table of an earlier version the stream and the indexes that it has not got yet. A new index holds what has its
/// keys; what is to get them is for `cargo manage reindex` to say.
fn complete(database: &Database, table: &Table) -> Result<(), String> {
    let update = |changes: Value| -> Result<(), String> {
        let request = serde_json::from_value(changes).map_err(|error| error.to_string())?;
        database.update_table(request).map(drop).map_err(|error| error.to_string())
    };
    if let Some(view) = &table.stream {
        let description = json!({ "StreamEnabled": true, "StreamViewType": view });
        update(json!({ "TableName": table.name, "StreamSpecification": description }))?;
    }
    let request = DescribeTableRequest { table_name: table.name.clone() };
    let known = database.describe_table(request).map_err(|error| error.to_string())?;
    let known = serde_json::to_value(known).map_err(|error| error.to_string())?;
    let known = known["Table"]["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
    for index in table.indexes.iter().filter(|index| known.iter().all(|known| known["IndexName"] != index.name)) {
        tracing::warn!(table = table.name, index = index.name, "a new index: fill it by `cargo manage reindex`");
        update(json!({
            "TableName": table.name,
            "AttributeDefinitions": attributes([&index.keys]),
            "GlobalSecondaryIndexUpdates": [{ "Create": global_index(index) }],
        }))?;
    }
    Ok(())
}

/// The `CreateTable` request of a table of the template.
pub fn definition(table: &Table) -> Value {
    let mut request = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes(std::iter::once(&table.keys).chain(table.indexes.iter().map(|index| &index.keys))),
        "KeySchema": schema(&table.keys),
    });
    if let Some(view) = &table.stream {
        request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
    }
    if !table.indexes.is_empty() {
        request["GlobalSecondaryIndexes"] = table.indexes.iter().map(global_index).collect();
    }
    request
}

/// The `UpdateTimeToLive` request of a table whose items expire.
pub fn expiry(table: &Table) -> Option<Value> {
    let attribute = table.ttl_attribute.as_ref()?;
    Some(json!({
        "TableName": table.name,
        "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
    }))
}

fn global_index(index: &Index) -> Value {
    json!({
        "IndexName": index.name,
        "KeySchema": schema(&index.keys),
        "Projection": projection(&index.projection),
    })
}

/// What the attributes of these keys are, each once.
fn attributes<'a>(all: impl IntoIterator<Item = &'a Keys>) -> Value {
    let mut attributes: Vec<&Key> = Vec::new();
    for key in all.into_iter().flat_map(|keys| std::iter::once(&keys.partition).chain(&keys.sort)) {
        if attributes.iter().all(|known| known.name != key.name) {
            attributes.push(key);
        }
    }
    let kinds = attributes.into_iter();
    kinds.map(|key| json!({ "AttributeName": key.name, "AttributeType": kind(key.kind) })).collect()
}

fn schema(keys: &Keys) -> Value {
    let mut schema = vec![json!({ "AttributeName": keys.partition.name, "KeyType": "HASH" })];
    schema.extend(keys.sort.iter().map(|key| json!({ "AttributeName": key.name, "KeyType": "RANGE" })));
    Value::Array(schema)
}

fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::String => "S",
        KeyKind::Number => "N",
        KeyKind::Binary => "B",
    }
}

fn projection(projection: &Projection) -> Value {
    match projection {
        Projection::All => json!({ "ProjectionType": "ALL" }),
        Projection::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
        Projection::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
    }
}
