//! `SECRET_KEY` from where it is kept: Secrets Manager in AWS, the environment on one machine. The password of an SMTP
//! server is kept beside it.

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
    #[serde(rename = "EMAIL_HOST_PASSWORD", default)]
    email_host_password: Option<String>,
    #[serde(rename = "CACHE_PASSWORD", default)]
    cache_password: Option<String>,
}

/// What a process keeps secret.
#[derive(Debug)]
pub struct Secrets {
    /// What signs.
    pub keys: SecretKeys,
    /// `EMAIL_HOST_PASSWORD`, where the secret has one.
    pub email_host_password: Option<Secret>,
    /// `CACHE_PASSWORD`, where the secret has one.
    pub cache_password: Option<Secret>,
}

/// Fetches the keys. In AWS this is one call, made while the function starts.
///
/// # Errors
/// When the secret cannot be read or is not `{"SECRET_KEY": "..", "SECRET_KEY_FALLBACKS": [".."]}` with keys of at
/// least [`SecretKeys::MIN_LENGTH`] characters. The message never holds the secret's text.
pub async fn fetch(source: &SecretSource, sdk: &SdkConfig, endpoint: Option<&str>) -> Result<Secrets, String> {
    let arn = match source {
        SecretSource::Given { current, fallbacks } => {
            let keys = SecretKeys::new(current.clone(), fallbacks.clone());
            return Ok(Secrets { keys, email_host_password: None, cache_password: None });
        }
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

fn parse(text: &str) -> Option<Secrets> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    let long = |key: &String| key.chars().count() >= SecretKeys::MIN_LENGTH;
    let sound = long(&stored.current) && stored.fallbacks.iter().all(long);
    sound.then(|| Secrets {
        keys: SecretKeys::new(Secret::new(stored.current), stored.fallbacks.into_iter().map(Secret::new).collect()),
        email_host_password: stored.email_host_password.map(Secret::new),
        cache_password: stored.cache_password.map(Secret::new),
    })
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
