//! A deployed stack: which tables and which bucket are its own, asked of CloudFormation with the ordinary credentials of a shell.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::Stack;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use portico::config::Timeouts;
use portico::config::aws::AwsSettings;

use crate::Failure;

/// What a command needs to know of a stack.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// The stack's name.
    pub name: String,
    /// The durable table.
    pub accounts: String,
    /// The table of what expires.
    pub sessions: String,
    /// The table of promised mails.
    pub outbox: String,
    /// The bucket of what people upload; a stack of an older version does not tell it.
    pub media_bucket: Option<String>,
    /// The bucket of the static files; a stack of an older version does not tell it.
    pub static_bucket: Option<String>,
    /// Where the site is: its own address, else `CloudFront`'s.
    pub site_url: Option<String>,
    /// The parameter `DefaultFromEmail`: from whom mails come, where any are sent.
    pub sender: Option<String>,
}

/// Credentials and region as the AWS CLI finds them: environment, profiles, single sign-on, the machine's own role.
pub async fn credentials(
    region: Option<&str>,
    profile: Option<&str>,
    timeouts: Timeouts,
) -> Result<SdkConfig, Failure> {
    let timeout = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(timeouts.attempt_ms))
        .operation_attempt_timeout(Duration::from_millis(timeouts.attempt_ms))
        .operation_timeout(Duration::from_millis(timeouts.operation_ms))
        .build();
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeout)
        // A table that has just been made grows into its load: it refuses first, and takes more minutes later.
        .retry_config(RetryConfig::standard().with_max_attempts(8));
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    let sdk = loader.load().await;
    match sdk.region() {
        Some(_) => Ok(sdk),
        None => Err(Failure::new("no region is set: give --region, or set AWS_REGION, or one in the profile")),
    }
}

/// What was found of credentials and region, as the functions have it.
pub async fn settings(sdk: &SdkConfig) -> Result<AwsSettings, Failure> {
    let provider = sdk.credentials_provider().ok_or_else(|| Failure::new("there are no credentials"))?;
    let credentials = provider.provide_credentials().await;
    let credentials = credentials.map_err(|error| Failure::new(portico::log::chain(&error)))?;
    Ok(AwsSettings {
        region: sdk.region().map(Region::to_string).unwrap_or_default(),
        credentials,
        dynamodb_endpoint: None,
        s3_endpoint: None,
        secrets_endpoint: None,
        ses_endpoint: None,
        native_roots: false,
        http_client: None,
    })
}

/// A client of S3, at AWS's own endpoint or at this one (`AWS_ENDPOINT_URL_S3`).
pub fn s3(sdk: &SdkConfig, endpoint: Option<&str>) -> aws_sdk_s3::Client {
    let mut s3 = aws_sdk_s3::config::Builder::from(sdk);
    s3.set_endpoint_url(endpoint.map(str::to_owned));
    // An endpoint of its own has no host name for each bucket.
    s3.set_force_path_style(Some(endpoint.is_some()));
    aws_sdk_s3::Client::from_conf(s3.build())
}

/// Asks for the stack's tables and its bucket.
pub async fn describe(sdk: &SdkConfig, name: &str) -> Result<Outputs, Failure> {
    let region = sdk.region().map_or("?", |region| region.as_ref());
    let asked = Client::new(sdk).describe_stacks().stack_name(name).send().await;
    let answer = asked.map_err(|error| {
        Failure::new(match (error.code(), error.message()) {
            // "Stack with id NAME does not exist", ".. is not authorized to perform ..", "The security token .. is expired"
            (Some(_), Some(message)) => format!("CloudFormation in {region}: {message}"),
            _ => format!("CloudFormation in {region} cannot be asked: {}", portico::log::chain(&error)),
        })
    })?;
    let outputs = answer.stacks().first().map(Stack::outputs).unwrap_or_default();
    let parameters = answer.stacks().first().map(Stack::parameters).unwrap_or_default();
    let sender = parameters.iter().find(|parameter| parameter.parameter_key() == Some("DefaultFromEmail"));
    let sender = sender.and_then(|parameter| parameter.parameter_value()).filter(|value| !value.is_empty());
    let told = |key: &str| {
        let value = outputs.iter().find(|output| output.output_key() == Some(key)).and_then(|o| o.output_value());
        value.map(str::to_owned)
    };
    let output = |key: &str| {
        told(key).ok_or_else(|| {
            Failure::new(format!(
                "the stack {name} has no output {key}: it is another product's, or of an older version"
            ))
        })
    };
    Ok(Outputs {
        name: name.to_owned(),
        accounts: output("AccountsTable")?,
        sessions: output("SessionsTable")?,
        outbox: output("OutboxTable")?,
        media_bucket: told("MediaBucket"),
        static_bucket: told("StaticBucket"),
        // Without a PublicUrl SiteUrl is a sentence.
        site_url: told("SiteUrl").filter(|url| url.starts_with("https://")).or_else(|| told("DistributionUrl")),
        sender: sender.map(str::to_owned),
    })
}

/// What a resource of the stack is called in AWS, by its logical id: what `!Ref` gives.
///
/// # Errors
/// That there is none, or that the caller may not ask.
pub async fn resource(sdk: &SdkConfig, stack: &str, logical_id: &str) -> Result<String, Failure> {
    let asked =
        Client::new(sdk).describe_stack_resource().stack_name(stack).logical_resource_id(logical_id).send().await;
    let answer = asked.map_err(|error| {
        Failure::new(match (error.code(), error.message()) {
            (Some(_), Some(message)) => message.to_owned(),
            _ => portico::log::chain(&error),
        })
    })?;
    let name = answer.stack_resource_detail().and_then(|detail| detail.physical_resource_id());
    name.map(str::to_owned).ok_or_else(|| Failure::new(format!("{logical_id} has no name yet")))
}
