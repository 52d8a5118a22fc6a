//! Published media behind CloudFront, on a host of its own: where that is, and by which key its addresses are signed.

use std::collections::HashMap;

use serde::Deserialize;

use super::reader::Reader;
use super::values::Origin;
use super::{SecretSource, values};
use crate::secret::Secret;

/// The distribution that published media is served by. Without one S3 serves it.
#[derive(Debug, Clone)]
pub struct MediaCdnSettings {
    /// `MEDIA_URL`: its origin.
    pub origin: Origin,
    /// `MEDIA_KEY_PAIR_ID`: how CloudFront calls the public key.
    pub key_pair_id: String,
    /// `MEDIA_PRIVATE_KEY`, where it does not come from Secrets Manager.
    pub private_key: Option<Secret>,
}

impl MediaCdnSettings {
    #[expect(clippy::option_option, reason = "malformed, absent or given: the reader's own three answers")]
    pub(super) fn read(
        env: &mut Reader,
        public_url: Option<&Origin>,
        secret_key: Option<&SecretSource>,
    ) -> Option<Option<Self>> {
        let accepts = "an https origin without a path, as https://media.example.org";
        let origin = env.or("MEDIA_URL", accepts, "", |text| values::optional(text, parse_origin));
        let key_pair_id = env.or("MEDIA_KEY_PAIR_ID", "the id of a public key in CloudFront", "", |text| {
            values::optional(text, parse_key_pair_id)
        });
        let accepts = "a private key in PEM; in AWS it stands in the secret";
        let private_key = env.optional("MEDIA_PRIVATE_KEY", accepts, parse_private_key);
        let (Some(origin), key_pair_id, private_key) = (origin?, key_pair_id?, private_key?) else { return Some(None) };
        let Some(key_pair_id) = key_pair_id else {
            return env.fail("MEDIA_KEY_PAIR_ID", "MEDIA_URL needs the key by which its addresses are signed");
        };
        // Cookies know hosts, and no ports (RFC 6265, 8.5): a host of its own is one that is sent none of the site's.
        if public_url.is_some_and(|site| site.url().host() == origin.url().host()) {
            return env.fail("MEDIA_URL", "it must be on another host than PUBLIC_URL, whose cookies it is not to see");
        }
        if private_key.is_none() && matches!(secret_key, Some(SecretSource::Given { .. })) {
            return env.fail("MEDIA_PRIVATE_KEY", "MEDIA_URL needs the private key to MEDIA_KEY_PAIR_ID");
        }
        Some(Some(Self { origin, key_pair_id, private_key }))
    }
}

/// `MEDIA_PRIVATE_KEY` as a secret in Secrets Manager has it: one key; or, while they are changed, each under the id of its
/// public key, so that a function finds the one that its `MEDIA_KEY_PAIR_ID` names, whichever was deployed when.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum StoredKeys {
    One(String),
    ById(HashMap<String, String>),
}

impl StoredKeys {
    pub(super) fn into_secrets(self) -> PrivateKeys {
        match self {
            Self::One(key) => PrivateKeys::One(Secret::new(key)),
            Self::ById(keys) => PrivateKeys::ById(keys.into_iter().map(|(id, key)| (id, Secret::new(key))).collect()),
        }
    }
}

/// The private keys that were fetched.
#[derive(Debug)]
pub enum PrivateKeys {
    /// One, for whichever id.
    One(Secret),
    /// Each for the id of its public key.
    ById(HashMap<String, Secret>),
}

impl PrivateKeys {
    /// The private key to this public key.
    pub fn of(&self, key_pair_id: &str) -> Option<&Secret> {
        match self {
            Self::One(key) => Some(key),
            Self::ById(keys) => keys.get(key_pair_id),
        }
    }
}

fn parse_origin(text: &str) -> Option<Origin> {
    Origin::parse(text).filter(Origin::is_https)
}

/// It becomes part of addresses.
fn parse_key_pair_id(text: &str) -> Option<String> {
    values::name(text).filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

/// Whether it is a key of a kind that CloudFront takes is for `media::CloudFront` to say, wherever it comes from.
fn parse_private_key(text: &str) -> Option<Secret> {
    text.trim_start().starts_with("-----BEGIN ").then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::super::tests::vars;
    use super::super::{Config, ConfigErrors};

    const KEY: &str = include_str!("../../../tests/fixtures/cloudfront/ecdsa.pem");

    fn config(changes: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
        let all = [
            &[("MEDIA_URL", "https://media.example.org"), ("MEDIA_KEY_PAIR_ID", "K2"), ("MEDIA_PRIVATE_KEY", KEY)],
            changes,
        ]
        .concat();
        Config::from_vars(vars(&all))
    }

    #[test]
    fn without_an_address_s3_serves_what_is_published() {
        for changes in [
            &[("MEDIA_URL", "-"), ("MEDIA_KEY_PAIR_ID", "-"), ("MEDIA_PRIVATE_KEY", "-")][..],
            &[("MEDIA_URL", ""), ("MEDIA_KEY_PAIR_ID", ""), ("MEDIA_PRIVATE_KEY", "-")],
        ] {
            assert!(config(changes).unwrap().media_cdn.is_none());
        }
        let cdn = config(&[]).unwrap().media_cdn.unwrap();
        assert_eq!((cdn.origin.as_str(), &*cdn.key_pair_id), ("https://media.example.org", "K2"));
    }

    #[test]
    fn what_does_not_fit_together_stops_the_start_and_says_which() {
        for (changes, name) in [
            (&[("MEDIA_URL", "http://media.example.org")][..], "MEDIA_URL"),
            (&[("MEDIA_URL", "https://media.example.org/files")], "MEDIA_URL"),
            (&[("MEDIA_URL", "media.example.org")], "MEDIA_URL"),
            (&[("MEDIA_URL", "https://example.com")], "MEDIA_URL: it must be on another host"),
            (&[("MEDIA_URL", "https://example.com:8443")], "MEDIA_URL: it must be on another host"),
            (&[("MEDIA_KEY_PAIR_ID", "-")], "MEDIA_KEY_PAIR_ID: MEDIA_URL needs"),
            (&[("MEDIA_KEY_PAIR_ID", "K2&Expires=9")], "MEDIA_KEY_PAIR_ID"),
            (&[("MEDIA_PRIVATE_KEY", "-")], "MEDIA_PRIVATE_KEY: MEDIA_URL needs"),
            (&[("MEDIA_PRIVATE_KEY", "key.pem")], "MEDIA_PRIVATE_KEY"),
        ] {
            let error = config(changes).unwrap_err().to_string();
            assert!(error.contains(&format!("\n  {name}")), "{error}");
            assert!(!error.contains("BEGIN") && !error.contains("key.pem"), "{error}");
        }
        let in_the_secret = [("SECRET_KEY", "-"), ("SECRET_KEY_ARN", "arn:aws:x"), ("MEDIA_PRIVATE_KEY", "-")];
        assert!(config(&in_the_secret).unwrap().media_cdn.unwrap().private_key.is_none());
    }
}
