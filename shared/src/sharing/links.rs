//! Links that open an object to whoever has them, for a while: to see it, and nothing else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Object;
use super::grants::too_many;
use super::shares::managed;
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Arg, Error, FieldError, FieldErrors, Result};
use crate::secret::{Secret, digest};
use crate::store::grants::LinkChange;

/// What a link opens an object by: 32 random bytes. Only its digest is stored.
#[derive(Debug, Clone)]
pub struct LinkSecret(Secret);

impl LinkSecret {
    /// What the text of a secret is long.
    const LENGTH: usize = 43;

    /// Parses what can be one.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (letters && text.len() == Self::LENGTH).then(|| Self(Secret::new(text)))
    }

    /// The text, for the address that opens the object.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// By what it is found.
    pub(crate) fn digest(&self) -> String {
        digest(self.0.expose())
    }
}

/// A link as stored, under the digest of its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    created_at: Timestamp,
    /// Epoch seconds.
    good_until: i64,
}

impl Link {
    pub(crate) fn is_good_at(self, now: i64) -> bool {
        self.good_until > now
    }
}

/// A link as those see it who may manage the object. The secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkRow {
    /// By what it is revoked: a digest, which opens nothing.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is good for nothing.
    pub expires_at: Timestamp,
}

impl LinkRow {
    pub(super) fn new(digest: &str, link: &Link) -> Self {
        let expires_at = Timestamp::from_second(link.good_until).unwrap_or(link.created_at);
        Self { id: digest.to_owned(), created_at: link.created_at, expires_at }
    }
}

/// A link that was made just now, with its secret: it is shown this once.
#[derive(Debug)]
pub struct NewLink {
    /// The secret.
    pub secret: LinkSecret,
    /// The rest.
    pub row: LinkRow,
}

/// How often a link is tried to be made or revoked that meets another change.
const ATTEMPTS: u32 = 5;

/// Makes a link that is good for `age` seconds, without which it is for `SHARE_LINK_MAX_AGE`. Links that are good no more
/// go with that. Two trips, two calls to DynamoDB.
///
/// # Errors
/// Those of [`super::require`] for [`super::Verb::Manage`]; [`Error::Invalid`] for an age that no link may have, and when
/// there are `SHARE_LINKS_MAX` links already; [`Error::Conflict`] when others change the same all the time.
pub async fn create_link(cx: &Context, user: &User, object: Object, age: Option<u64>) -> Result<NewLink> {
    cx.judge();
    let settings = cx.config().sharing;
    for _ in 0..ATTEMPTS {
        let (ledger, standing) = managed(cx.store().ledger(object).await?, user)?;
        let age = match age.map(i64::try_from) {
            None => settings.link_max_age,
            Some(Ok(age)) if (1..=settings.link_max_age).contains(&age) => age,
            Some(_) => return Err(wrong_age(settings.link_max_age)),
        };
        let now = cx.now();
        let secret = LinkSecret(Secret::new(cx.app().rng().token()));
        let link = Link { created_at: now, good_until: now.as_second() + age };
        let over = ledger.links.iter().filter(|(_, link)| !link.is_good_at(now.as_second()));
        let expired: Vec<_> = over.map(|(digest, _)| digest.clone()).collect();
        if ledger.head.link_count >= settings.links_max + expired.len() {
            return Err(too_many("sharing-too-many-links", settings.links_max));
        }
        let row = LinkRow::new(&secret.digest(), &link);
        let change = LinkChange {
            object,
            owner: ledger.head.owner,
            by: standing.by,
            put: Some((secret.digest(), link)),
            deleted: expired,
            most: settings.links_max,
        };
        match cx.store().change_links(&change).await {
            Ok(()) => return Ok(NewLink { secret, row }),
            Err(error) if error.is_condition() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict)
}

/// Revokes a link, by its row's `id`: from the next request on it opens nothing. One that is not there is revoked already.
///
/// # Errors
/// As those of [`create_link`].
pub async fn revoke_link(cx: &Context, user: &User, object: Object, id: &str) -> Result<()> {
    cx.judge();
    for _ in 0..ATTEMPTS {
        let (ledger, standing) = managed(cx.store().ledger(object).await?, user)?;
        if !ledger.links.iter().any(|(digest, _)| digest == id) {
            return Ok(());
        }
        let change = LinkChange {
            object,
            owner: ledger.head.owner,
            by: standing.by,
            put: None,
            deleted: vec![id.to_owned()],
            most: cx.config().sharing.links_max,
        };
        match cx.store().change_links(&change).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_condition() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict)
}

/// The links that are good, the oldest first, for those who may manage the object.
pub async fn links_of(cx: &Context, user: &User, object: Object) -> Result<Vec<LinkRow>> {
    cx.judge();
    Ok(managed(cx.store().ledger(object).await?, user)?.0.link_rows(cx.now()))
}

fn wrong_age(most: i64) -> Error {
    let args = vec![("limit", Arg::Number(most.unsigned_abs()))];
    let error = FieldError { code: "invalid", key: "sharing-link-age", args };
    Error::Invalid(FieldErrors::of_with("expires_in", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_nowhere_and_is_parsed_whole_or_not() {
        let text = "0123456789abcdefghijklmnopqrstuvwxyzABCD-_Z";
        let secret = LinkSecret::parse(text).unwrap();
        assert_eq!((secret.expose(), secret.digest().len()), (text, 64));
        assert!(!format!("{secret:?}").contains("0123"));
        for odd in ["", "x", &text[1..], &format!("{text}="), &text.replace('Z', "#")] {
            assert!(LinkSecret::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_link_is_good_until_its_last_second() {
        let link = Link { created_at: Timestamp::UNIX_EPOCH, good_until: 10 };
        assert!(link.is_good_at(9) && !link.is_good_at(10));
    }
}
