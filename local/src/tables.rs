//! The tables of a data folder for a command: through the server that has the folder, else opened for the command alone.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use portico::config::aws::AwsSettings;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::dynamodb::{self, DynamoDb};
use crate::folder::{Folder, FolderError};
use crate::stack::{ACCESS_KEY, REGION};
use crate::template::Table;

/// Tables that are reached; what serves them ends with this, if it was begun for this.
pub struct Tables {
    url: String,
    /// The engine goes before the folder is given back.
    own: Option<(DynamoDb, Folder)>,
}

/// Why the tables cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] dynamodb::Error),
}

/// How long a folder that is just being taken or given back is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl Tables {
    /// Reaches the tables in `folder`. Whoever has the folder is the one to ask: if it is a server, it says where; if
    /// nobody has it, this process takes it. Another command is waited for, but not for long.
    ///
    /// # Errors
    /// [`FolderError::InUse`] when another command keeps the folder.
    pub async fn open(folder: &Path, tables: &[Table]) -> Result<Self, TablesError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match Folder::take(folder) {
                Ok(taken) => {
                    let engine = DynamoDb::start(Some(&taken.database()), tables)?;
                    return Ok(Self { url: engine.url(), own: Some((engine, taken)) });
                }
                Err(FolderError::InUse(_)) if Instant::now() < deadline => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(url) = Folder::published(folder)
                && answers(&url).await
            {
                return Ok(Self { url, own: None });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether they are served by this process, for this alone.
    pub(crate) fn are_own(&self) -> bool {
        self.own.is_some()
    }

    /// The endpoint for the SDK.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// How the SDK reaches the tables at `url`.
pub fn dynamodb_at(url: &str) -> AwsSettings {
    AwsSettings {
        region: REGION.to_owned(),
        // The engine checks no signature; the SDK wants something to sign with.
        credentials: Credentials::new(ACCESS_KEY, "local", None, None, "local"),
        dynamodb_endpoint: Some(url.to_owned()),
        s3_endpoint: None,
        secrets_endpoint: None,
        ses_endpoint: None,
        native_roots: false,
        http_client: Some(aws_smithy_http_client::Builder::new().build_http()),
    }
}

async fn answers(url: &str) -> bool {
    match url.strip_prefix("http://").and_then(|address| address.parse::<SocketAddr>().ok()) {
        Some(address) if address.ip().is_loopback() => TcpStream::connect(address).await.is_ok(),
        _ => false,
    }
}
