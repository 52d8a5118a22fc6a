//! `SECRET_KEY` from where it is kept: Secrets Manager in AWS, the environment on one machine.

use aws_config::SdkConfig;
use serde::Deserialize;

use super::SecretSource;
use crate::secret::{Secret, SecretKeys};

/// What the secret's text holds in Secrets Manager.
#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "SECRET_KEY")]
    current: String,
    #[serde(rename = "SECRET_KEY_FALLBACKS", default)]
    fallbacks: Vec<String>,
}

/// Fetches the keys. In AWS this is one call, made while the function starts.
///
/// # Errors
/// When the secret cannot be read or is not `{"SECRET_KEY": "..", "SECRET_KEY_FALLBACKS": [".."]}` with keys of at
/// least [`SecretKeys::MIN_LENGTH`] characters. The message never holds the secret's text.
pub async fn fetch(source: &SecretSource, sdk: &SdkConfig, endpoint: Option<&str>) -> Result<SecretKeys, String> {
    let arn = match source {
        SecretSource::Given { current, fallbacks } => return Ok(SecretKeys::new(current.clone(), fallbacks.clone())),
        SecretSource::SecretsManager(arn) => arn,
    };
    let mut config = aws_sdk_secretsmanager::config::Builder::from(sdk);
    config.set_endpoint_url(endpoint.map(str::to_owned));
    let client = aws_sdk_secretsmanager::Client::from_conf(config.build());
    let answer =
        client.get_secret_value().secret_id(arn).send().await.map_err(|error| {
            format!("SECRET_KEY_ARN: {}", aws_sdk_secretsmanager::error::DisplayErrorContext(&error))
        })?;
    parse(answer.secret_string().unwrap_or_default()).ok_or_else(|| {
        format!(
            "SECRET_KEY_ARN: the secret is not {{\"SECRET_KEY\": \"..\"}} with at least {} characters",
            SecretKeys::MIN_LENGTH
        )
    })
}

fn parse(text: &str) -> Option<SecretKeys> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    let long = |key: &String| key.chars().count() >= SecretKeys::MIN_LENGTH;
    (long(&stored.current) && stored.fallbacks.iter().all(long))
        .then(|| SecretKeys::new(Secret::new(stored.current), stored.fallbacks.into_iter().map(Secret::new).collect()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_secret_without_a_long_key_is_refused() {
        assert!(parse(r#"{"SECRET_KEY":"0123456789abcdef0123456789abcdef"}"#).is_some());
        assert!(parse(r#"{"SECRET_KEY":"short"}"#).is_none());
        assert!(parse("0123456789abcdef0123456789abcdef").is_none());
    }
}
