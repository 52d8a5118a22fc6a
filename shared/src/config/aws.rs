//! The AWS SDK's shared configuration: one HTTPS client, credentials and region from the environment, time limits.
//!
//! The SDK's default chain reads profile files and asks metadata services; a function has its credentials in its
//! environment, and reading them there alone saves some 40 ms of each cold start.

use std::time::{Duration, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use jiff::Timestamp;

use super::Timeouts;

/// The roots that AWS's endpoints chain to: parsing five instead of a system's three hundred saves 4 ms a cold start.
pub(crate) const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// How long the SDK waits at most before it tries again; then twice as long. Its default of a second is longer than a
/// visitor waits, and three of them are longer than an operation may take.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What the SDK needs to know about its surroundings, from the environment names that AWS sets and documents.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; and when they expire, where that is told:
    /// `AWS_CREDENTIAL_EXPIRATION`, as `aws configure export-credentials --format env` writes it. Lambda tells nothing:
    /// it gives an environment its credentials when it begins, and ends it before they do.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL_DYNAMODB`: another endpoint than AWS's own.
    pub dynamodb_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`: another endpoint than AWS's own, addressed by path.
    pub s3_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`: another endpoint than AWS's own.
    pub secrets_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SESV2`: another endpoint than AWS's own.
    pub ses_endpoint: Option<String>,
    /// `PORTICO_TRUST_STORE=native`: trust the system's certificates instead of Amazon's roots alone.
    pub native_roots: bool,
    /// The HTTP client to use instead of our own: shared by the functions of one machine, wrapped by tests.
    pub http_client: Option<SharedHttpClient>,
}

impl AwsSettings {
    /// Reads the names above.
    ///
    /// # Errors
    /// The name of the variable that is missing, or malformed.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let required =
            |name: &str| var(name).filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} is missing"));
        let region = required("AWS_REGION").or_else(|_| required("AWS_DEFAULT_REGION"))?;
        let expiry = var("AWS_CREDENTIAL_EXPIRATION").filter(|time| !time.is_empty());
        let expiry = expiry.map(|time| time.parse::<Timestamp>()).transpose();
        let expiry =
            expiry.map_err(|_| "AWS_CREDENTIAL_EXPIRATION is not a time as 2026-01-31T12:00:00Z".to_owned())?;
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            var("AWS_SESSION_TOKEN").filter(|token| !token.is_empty()),
            expiry.map(SystemTime::from),
            "environment",
        );
        Ok(Self {
            region,
            credentials,
            dynamodb_endpoint: var("AWS_ENDPOINT_URL_DYNAMODB"),
            s3_endpoint: var("AWS_ENDPOINT_URL_S3"),
            secrets_endpoint: var("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            ses_endpoint: var("AWS_ENDPOINT_URL_SESV2"),
            native_roots: var("PORTICO_TRUST_STORE").as_deref() == Some("native"),
            http_client: None,
        })
    }

    /// Builds what every client of the SDK shares.
    ///
    /// # Errors
    /// When the embedded certificates cannot be read.
    pub fn sdk_config(&self, timeouts: Timeouts) -> Result<SdkConfig, String> {
        let timeout = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(timeouts.attempt_ms))
            .operation_attempt_timeout(Duration::from_millis(timeouts.attempt_ms))
            .operation_timeout(Duration::from_millis(timeouts.operation_ms))
            .build();
        let http = match &self.http_client {
            Some(client) => client.clone(),
            None => self.https_client()?,
        };
        Ok(SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .retry_config(RetryConfig::standard().with_max_attempts(4).with_initial_backoff(FIRST_PAUSE))
            .timeout_config(timeout)
            .http_client(http)
            .build())
    }

    fn https_client(&self) -> Result<SharedHttpClient, String> {
        let trust = if self.native_roots {
            TrustStore::default()
        } else {
            TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
        };
        let tls = TlsContext::builder().with_trust_store(trust).build().map_err(|error| error.to_string())?;
        Ok(aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls)
            .build_https())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(expiration: Option<&str>) -> Result<AwsSettings, String> {
        AwsSettings::from_vars(|name| match name {
            "AWS_CREDENTIAL_EXPIRATION" => expiration.map(str::to_owned),
            "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("x".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn credentials_expire_when_the_environment_says_so() {
        for (told, seconds) in [("2026-01-31T12:00:00Z", 1_769_860_800), ("2026-01-31T21:00:00.5+09:00", 1_769_860_800)]
        {
            let expiry = settings(Some(told)).unwrap().credentials.expiry().unwrap();
            assert_eq!(Timestamp::try_from(expiry).unwrap().as_second(), seconds, "{told}");
        }
        for nothing in [None, Some("")] {
            assert_eq!(settings(nothing).unwrap().credentials.expiry(), None);
        }
        for wrong in ["soon", "1769860800", "2026-01-31 12:00", "2026-01-31T12:00:00"] {
            assert!(settings(Some(wrong)).unwrap_err().starts_with("AWS_CREDENTIAL_EXPIRATION"), "{wrong}");
        }
    }
}
