//! `SECRET_KEY` from where it is kept: Secrets Manager in AWS, the environment on one machine. The password of an SMTP
//! server is kept beside it, and the key by which addresses for CloudFront are signed. What the distribution proves itself by is a secret of its own: `CloudFormation` has to read it.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use serde::Deserialize;

use super::media_cdn::StoredKeys;
use super::{PrivateKeys, SecretSource};
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
    #[serde(rename = "MEDIA_PRIVATE_KEY", default)]
    media_private_keys: Option<StoredKeys>,
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
    /// `MEDIA_PRIVATE_KEY`, where the secret has one.
    pub media_private_keys: Option<PrivateKeys>,
}

/// Where secrets are kept. Its client is made when something is asked for, and once: in AWS that is at each cold start.
#[derive(Debug)]
pub struct Vault<'a> {
    sdk: &'a SdkConfig,
    endpoint: Option<&'a str>,
    client: OnceLock<Client>,
}

impl<'a> Vault<'a> {
    /// Secrets Manager, at another endpoint than AWS's own if one is given.
    pub fn new(sdk: &'a SdkConfig, endpoint: Option<&'a str>) -> Self {
        Self { sdk, endpoint, client: OnceLock::new() }
    }

    /// The text of the secret that the setting `name` names.
    async fn read(&self, name: &str, arn: &str) -> Result<Secret, String> {
        let client = self.client.get_or_init(|| {
            let mut config = aws_sdk_secretsmanager::config::Builder::from(self.sdk);
            config.set_endpoint_url(self.endpoint.map(str::to_owned));
            Client::from_conf(config.build())
        });
        let answer = client
            .get_secret_value()
            .secret_id(arn)
            .send()
            .await
            .map_err(|error| format!("{name}: {}", aws_sdk_secretsmanager::error::DisplayErrorContext(&error)))?;
        Ok(Secret::new(answer.secret_string().unwrap_or_default()))
    }
}

/// Fetches the keys. In AWS this is one call, made while the function starts.
///
/// # Errors
/// When the secret cannot be read or is not `{"SECRET_KEY": "..", "SECRET_KEY_FALLBACKS": [".."]}` with keys of at
/// least [`SecretKeys::MIN_LENGTH`] characters. The message never holds the secret's text.
pub async fn fetch(source: &SecretSource, vault: &Vault<'_>) -> Result<Secrets, String> {
    let arn = match source {
        SecretSource::Given { current, fallbacks } => {
            let keys = SecretKeys::new(current.clone(), fallbacks.clone());
            return Ok(Secrets { keys, email_host_password: None, cache_password: None, media_private_keys: None });
        }
        SecretSource::SecretsManager(arn) => arn,
    };
    parse(&vault.read("SECRET_KEY_ARN", arn).await?).ok_or_else(|| {
        format!(
            "SECRET_KEY_ARN: the secret is not {{\"SECRET_KEY\": \"..\"}} with at least {} characters",
            SecretKeys::MIN_LENGTH
        )
    })
}

/// Fetches what the distribution proves itself by: the present secret and those before it. None where there is no source.
///
/// # Errors
/// As [`fetch`], for `{"ORIGIN_SECRET": "..", "ORIGIN_SECRET_FALLBACKS": [".."]}`.
pub async fn fetch_origin(source: Option<&SecretSource>, vault: &Vault<'_>) -> Result<Vec<Secret>, String> {
    let arn = match source {
        None => return Ok(Vec::new()),
        Some(SecretSource::Given { current, fallbacks }) => {
            return Ok(std::iter::once(current).chain(fallbacks).cloned().collect());
        }
        Some(SecretSource::SecretsManager(arn)) => arn,
    };
    parse_origin(&vault.read("ORIGIN_SECRET_ARN", arn).await?).ok_or_else(|| {
        format!(
            "ORIGIN_SECRET_ARN: the secret is not {{\"ORIGIN_SECRET\": \"..\"}} with at least {} characters",
            SecretKeys::MIN_LENGTH
        )
    })
}

/// What the distribution's secret holds there.
#[derive(Deserialize)]
struct StoredOrigin {
    #[serde(rename = "ORIGIN_SECRET")]
    current: String,
    #[serde(rename = "ORIGIN_SECRET_FALLBACKS", default)]
    fallbacks: Vec<String>,
}

fn parse_origin(text: &Secret) -> Option<Vec<Secret>> {
    let stored: StoredOrigin = serde_json::from_str(text.expose()).ok()?;
    let secrets: Vec<_> = std::iter::once(stored.current).chain(stored.fallbacks).collect();
    // Nothing shorter could be: an empty one would let everybody in.
    secrets.iter().all(|secret| is_long(secret)).then(|| secrets.into_iter().map(Secret::new).collect())
}

fn is_long(key: &str) -> bool {
    key.chars().count() >= SecretKeys::MIN_LENGTH
}

fn parse(text: &Secret) -> Option<Secrets> {
    let stored: Stored = serde_json::from_str(text.expose()).ok()?;
    let sound = is_long(&stored.current) && stored.fallbacks.iter().all(|key| is_long(key));
    sound.then(|| Secrets {
        keys: SecretKeys::new(Secret::new(stored.current), stored.fallbacks.into_iter().map(Secret::new).collect()),
        email_host_password: stored.email_host_password.map(Secret::new),
        cache_password: stored.cache_password.map(Secret::new),
        media_private_keys: stored.media_private_keys.map(StoredKeys::into_secrets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_secret_without_a_long_key_is_refused() {
        let parse = |text: &str| parse(&Secret::new(text));
        assert!(parse(&format!(r#"{{"SECRET_KEY":"{LONG}"}}"#)).is_some());
        assert!(parse(r#"{"SECRET_KEY":"short"}"#).is_none());
        assert!(parse(LONG).is_none());
    }

    #[test]
    fn a_key_for_cloudfront_stands_there_alone_or_under_the_id_of_its_public_key() {
        let parse = |keys: &str| {
            let text = format!(r#"{{"SECRET_KEY":"{LONG}","MEDIA_PRIVATE_KEY":{keys}}}"#);
            parse(&Secret::new(text)).map(|secrets| secrets.media_private_keys)
        };
        let of = |keys: &str, id: &str| parse(keys)??.of(id).map(|key| key.expose().to_owned());
        assert_eq!(of(r#""PEM""#, "K1").as_deref(), Some("PEM"));
        let both = r#"{"K1":"old","K2":"new"}"#;
        assert_eq!((of(both, "K1").as_deref(), of(both, "K2").as_deref()), (Some("old"), Some("new")));
        assert!(of(both, "K3").is_none() && parse("null").unwrap().is_none());
        assert!(parse("[1]").is_none(), "neither");
    }

    #[test]
    fn so_is_one_of_the_distribution() {
        let count = |text: &str| parse_origin(&Secret::new(text)).map(|secrets| secrets.len());
        assert_eq!(count(&format!(r#"{{"ORIGIN_SECRET":"{LONG}"}}"#)), Some(1));
        assert_eq!(count(&format!(r#"{{"ORIGIN_SECRET":"{LONG}","ORIGIN_SECRET_FALLBACKS":["{LONG}x"]}}"#)), Some(2));
        for bad in
            [r#"{"ORIGIN_SECRET":""}"#, &format!(r#"{{"ORIGIN_SECRET":"{LONG}","ORIGIN_SECRET_FALLBACKS":[""]}}"#)]
        {
            assert_eq!(count(bad), None, "{bad}");
        }
    }
}
