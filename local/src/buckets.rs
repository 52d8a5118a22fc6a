//! The buckets of a data folder for a command: through the server that has the folder, else opened for the command alone.

use std::path::Path;

use aws_credential_types::Credentials;
use portico::config::aws::AwsSettings;

use crate::folder::Folder;
use crate::s3::{self, S3Server};
use crate::secrets;
use crate::stack::ACCESS_KEY;
use crate::tables::{Tables, dynamodb_at};
use crate::template::Bucket;

/// Buckets that are reached; what serves them ends with this, if it was begun for this.
pub struct Buckets {
    aws: AwsSettings,
    _own: Option<S3Server>,
}

/// Why the buckets cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum BucketsError {
    /// The key by which S3 is reached.
    #[error("the key of the buckets cannot be read")]
    Key(#[source] std::io::Error),
    /// The server that has the folder does not say where.
    #[error("the server that has the folder does not tell where its buckets are: it is of an older version")]
    Untold,
    /// The engine.
    #[error(transparent)]
    Engine(#[from] s3::Error),
}

impl Buckets {
    /// Reaches the buckets in `folder`, by whoever serves its tables: `tables`, which were opened before.
    ///
    /// # Errors
    /// That they cannot be reached.
    pub async fn open(folder: &Path, tables: &Tables, buckets: &[Bucket]) -> Result<Self, BucketsError> {
        let key = secrets::load_or_create(&folder.join("storage-key")).map_err(BucketsError::Key)?;
        let own = if tables.are_own() { Some(serve(folder, &key, buckets).await?) } else { None };
        let published = || Folder::published_buckets(folder).ok_or(BucketsError::Untold);
        let url = own.as_ref().map(S3Server::url).map_or_else(published, Ok)?;
        let credentials = Credentials::new(ACCESS_KEY, key, None, None, "local");
        let aws = AwsSettings { credentials, s3_endpoint: Some(url), ..dynamodb_at(tables.url()) };
        Ok(Self { aws, _own: own })
    }

    /// How the SDK reaches them.
    pub fn aws(&self) -> &AwsSettings {
        &self.aws
    }
}

/// Nobody uploads anything there, and what is announced is delivered by the next server.
async fn serve(folder: &Path, key: &str, buckets: &[Bucket]) -> Result<S3Server, BucketsError> {
    let mut options = s3::Options::new(ACCESS_KEY, key);
    options.data = Some(folder.join("s3"));
    options.buckets =
        buckets.iter().map(|bucket| s3::Bucket { name: bucket.name.clone(), ..Default::default() }).collect();
    Ok(S3Server::start(options).await?)
}
