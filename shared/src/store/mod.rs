//! DynamoDB: the only module that names its SDK. Each file below speaks for one kind of item.

pub mod addresses;
pub mod administration;
mod audit;
pub mod bundles;
mod call;
pub mod credentials;
pub mod erasure;
mod expression;
pub(crate) mod grants;
pub mod groups;
pub mod hashes;
pub mod keys;
pub mod listing;
pub mod logins;
mod orders;
pub mod outbox;
mod partition;
mod plain;
pub mod reckoning;
pub mod reconcile;
pub mod records;
pub mod reindex;
pub mod sessions;
mod shared;
pub mod throttle;
pub mod tokens;
pub mod uploads;
pub mod usage;
pub mod users;
mod values;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;

pub use call::StoreError;
pub use values::SessionValues;

use crate::accounts::password::Costs;
use crate::config::Tables;
use crate::meter::{Cost, Meter};

/// The connection of a process to its tables.
#[derive(Debug)]
pub struct Database {
    client: Client,
    tables: Tables,
}

impl Database {
    /// Builds the client; no request is made.
    pub fn new(sdk: &SdkConfig, endpoint: Option<&str>, tables: Tables) -> Self {
        let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint.map(str::to_owned));
        // Both time limits are on whole answers. What watches slow streams beside them costs each call some 15 µs.
        config.set_stalled_stream_protection(Some(StalledStreamProtectionConfig::disabled()));
        Self { client: Client::from_conf(config.build()), tables }
    }

    /// Opens the connection ahead of the first request, by reading what each process needs to know.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses the read. The first request will then find out for itself.
    pub async fn warm_up(self: &Arc<Self>) -> Result<Costs, StoreError> {
        Store::new(self.clone(), Arc::default()).hash_costs().await
    }
}

/// The tables as one request sees them: what it reads and writes is counted in its meter.
#[derive(Debug, Clone)]
pub struct Store {
    database: Arc<Database>,
    meter: Arc<Meter>,
}

impl Store {
    /// A view for one request.
    pub fn new(database: Arc<Database>, meter: Arc<Meter>) -> Self {
        Self { database, meter }
    }

    /// What was asked of the tables through this so far.
    pub fn cost(&self) -> Cost {
        self.meter.cost()
    }

    fn client(&self) -> &Client {
        &self.database.client
    }

    fn accounts(&self) -> &str {
        &self.database.tables.accounts
    }

    fn sessions(&self) -> &str {
        &self.database.tables.sessions
    }

    fn outbox(&self) -> &str {
        &self.database.tables.outbox
    }
}
