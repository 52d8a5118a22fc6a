//! `signed_cookies`: the values are in the cookie itself, encrypted and authenticated, so that they cost no call. What
//! the table knows of a user's session is its entry, which a log-out ends as with any other engine.
//!
//! A cookie is what its browser sends: one that was kept can be sent again, and brings older values with it, and of two
//! requests at once the later answer wins. Both are as with Django's engine of this name.

use async_trait::async_trait;
use cookie::{Cookie, CookieJar, Key};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Claim, Engine, Saved};
use crate::accounts::User;
use crate::cookies::MOST_BYTES;
use crate::error::{Error, Result};
use crate::secret::{Purpose, Secret, SecretKeys};
use crate::sessions::record::Times;
use crate::sessions::{SessionChanges, SessionKey, SessionRecord, SessionToken};
use crate::store::Store;

/// What the encryption binds a value to, whatever prefix the cookie's name has.
const NAME: &str = "sessionid";

/// Bytes that name and attributes of the cookie take at most: 72 of the longest name with its prefix, some 110 of
/// attributes.
const ATTRIBUTES: usize = 192;

/// Sessions in cookies. The first key encrypts, all of them decrypt.
pub(crate) struct SignedCookies {
    keys: Vec<Key>,
}

/// What the cookie holds. Of a user's session the entry in the table has the last word on its times.
#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "s")]
    token: String,
    #[serde(rename = "t")]
    times: Times,
    #[serde(rename = "d")]
    data: Map<String, Value>,
}

impl SignedCookies {
    pub(crate) fn new(keys: &SecretKeys) -> Self {
        Self { keys: keys.derive(Purpose::Session).iter().map(|key| Key::from(key.as_slice())).collect() }
    }
}

#[async_trait]
impl Engine for SignedCookies {
    fn claim(&self, cookie: &str) -> Option<Claim> {
        let jar = CookieJar::new();
        let open = |key| jar.private(key).decrypt(Cookie::new(NAME, cookie.to_owned()));
        let opened = self.keys.iter().find_map(open)?;
        let content: Content = serde_json::from_str(opened.value()).ok()?;
        let token = SessionToken::parse(&content.token)?;
        Some(Claim { token, carried: Some(SessionRecord::carried(content.data, content.times)) })
    }

    fn cookie(&self, token: &SessionToken, record: &SessionRecord) -> Result<Secret> {
        let content = Content { token: token.to_cookie(), times: record.times, data: record.data.clone() };
        let text = serde_json::to_string(&content).map_err(Error::internal)?;
        let key = self.keys.first().ok_or_else(|| Error::internal("no key to encrypt with"))?;
        let mut jar = CookieJar::new();
        jar.private_mut(key).add(Cookie::new(NAME, text));
        let sealed = jar.get(NAME).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        let most = MOST_BYTES - ATTRIBUTES;
        if sealed.len() > most {
            return Err(Error::SessionTooLarge { bytes: sealed.len(), most });
        }
        Ok(Secret::new(sealed))
    }

    fn carries_values(&self) -> bool {
        true
    }

    async fn load(&self, store: &Store, claim: &Claim, _now: i64) -> Result<(Option<SessionRecord>, Option<User>)> {
        let Some(carried) = &claim.carried else { return Ok((None, None)) };
        if claim.token.user().is_none() {
            return Ok((Some(carried.clone()), None));
        }
        let (entry, user) = store.get_session(&claim.token.key()).await?;
        Ok((entry.map(|entry| SessionRecord { data: carried.data.clone(), ..entry }), user))
    }

    fn entry(&self, key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord> {
        key.user.map(|_| record.without_data())
    }

    async fn save(
        &self,
        store: &Store,
        key: &SessionKey,
        _record: &SessionRecord,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<Saved> {
        if key.user.is_none() || changes.times.is_none() {
            return Ok(Saved::Done);
        }
        Saved::of(store.save_session_times(key, changes, now).await)
    }
}

impl std::fmt::Debug for SignedCookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedCookies").field("keys", &self.keys.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SessionSettings;
    use crate::rng::{Rng, SystemRng};
    use crate::sessions::record::Origin;

    fn keys(current: &str, fallbacks: &[&str]) -> SecretKeys {
        SecretKeys::new(Secret::new(current), fallbacks.iter().map(|key| Secret::new(*key)).collect())
    }

    fn session() -> (SessionToken, SessionRecord) {
        let origin = Origin { now: 0, millis: 0, address: "192.0.2.1", user_agent: "test", is_admin_host: false };
        let mut record = SessionRecord::of_visitor(&origin, &SessionSettings::sample());
        record.data.insert("cart".to_owned(), serde_json::json!([1, 2]));
        (SessionToken::new(None, &SystemRng as &dyn Rng), record)
    }

    #[test]
    fn what_was_put_into_a_cookie_comes_back_and_nobody_reads_it_on_the_way() {
        let engine = SignedCookies::new(&keys("k", &[]));
        let (token, record) = session();
        let cookie = engine.cookie(&token, &record).unwrap();
        assert!(!cookie.expose().contains("cart"));
        let claim = engine.claim(cookie.expose()).unwrap();
        assert_eq!((claim.token.key(), claim.carried.unwrap().data), (token.key(), record.data));
    }

    #[test]
    fn a_rotated_key_still_opens_and_a_dropped_one_does_not() {
        let (token, record) = session();
        let old = SignedCookies::new(&keys("old", &[])).cookie(&token, &record).unwrap();
        assert!(SignedCookies::new(&keys("new", &["old"])).claim(old.expose()).is_some());
        assert!(SignedCookies::new(&keys("new", &[])).claim(old.expose()).is_none());
    }

    #[test]
    fn a_changed_cookie_is_nobodys() {
        let engine = SignedCookies::new(&keys("k", &[]));
        let (token, record) = session();
        let cookie = engine.cookie(&token, &record).unwrap();
        for index in 0..cookie.expose().len() {
            let mut bytes = cookie.expose().as_bytes().to_vec();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            assert!(engine.claim(std::str::from_utf8(&bytes).unwrap()).is_none(), "byte {index}");
        }
        assert!(engine.claim(&token.to_cookie()).is_none(), "another engine's");
        assert!(engine.claim("").is_none());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let engine = SignedCookies::new(&keys("k", &[]));
        let (token, mut record) = session();
        record.data.insert("cart".to_owned(), "x".repeat(4_000).into());
        assert!(matches!(engine.cookie(&token, &record), Err(Error::SessionTooLarge { .. })));
    }
}
