//! The accounts that a browser is known to: a signed cookie, and nothing in the store.
//!
//! An account knows the browsers in which its owner has logged in since its sessions were last all ended: by a new
//! password or a log-out everywhere, which raise its epoch. From such a browser a log-in is not held up by what strangers
//! try (`throttle::Attempt`), and from another one it is told to the owner by mail.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

use super::{User, UserId};
use crate::rng::Rng;
use crate::secret::{Purpose, SecretKeys};

/// How long a browser keeps the cookie, and an account a browser, days: the most that browsers allow.
const DAYS: u32 = 400;

/// The most accounts that a browser is known to; of more, those whose owners were there last.
const MOST: usize = 4;

/// The layout of the cookie: this byte, the device, the accounts, and the signature of all that.
const VERSION: u8 = 1;
const DEVICE: usize = 16;
const ENTRY: usize = 16 + 4 + 8;
const SIGNATURE: usize = 32;

/// A browser as its cookie describes it.
#[derive(Debug, Clone)]
pub(crate) struct Devices {
    id: [u8; DEVICE],
    entries: Vec<Entry>,
}

/// One account that knows the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    user: UserId,
    /// The day of the last log-in.
    day: u32,
    /// The account's `session_epoch` then.
    epoch: u64,
}

impl Devices {
    /// How long the cookie is kept, seconds.
    pub(crate) const MAX_AGE: i64 = DAYS as i64 * 86_400;

    /// A browser that nobody knows.
    pub(crate) fn unknown(rng: &dyn Rng) -> Self {
        Self { id: rng.bytes(), entries: Vec::new() }
    }

    /// Reads a cookie. `None` unless we signed it; accounts that were not there for long are left out.
    pub(crate) fn parse(text: &str, keys: &SecretKeys, now: Timestamp) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        let sound = keys.verify(Purpose::Device, signed, signature);
        let (&version, rest) = signed.split_first().filter(|_| sound)?;
        let (id, rest) = rest.split_first_chunk().filter(|_| version == VERSION)?;
        let entries = rest.chunks_exact(ENTRY).filter_map(Entry::read);
        let entries = entries.filter(|entry| (entry.day..entry.day.saturating_add(DAYS)).contains(&day(now)));
        Some(Self { id: *id, entries: entries.collect() })
    }

    /// The cookie's value.
    pub(crate) fn to_cookie(&self, keys: &SecretKeys) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.id);
        for entry in &self.entries {
            bytes.extend_from_slice(entry.user.as_bytes());
            bytes.extend_from_slice(&entry.day.to_be_bytes());
            bytes.extend_from_slice(&entry.epoch.to_be_bytes());
        }
        bytes.extend_from_slice(&keys.sign(Purpose::Device, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether no account knows the browser.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The epoch of the account's sessions when it last saw this browser, if it did.
    pub(crate) fn known_since(&self, user: UserId) -> Option<u64> {
        self.entries.iter().find(|entry| entry.user == user).map(|entry| entry.epoch)
    }

    /// Whether the account knows the browser now.
    pub(crate) fn are_known_to(&self, user: &User) -> bool {
        self.known_since(user.id) == Some(user.session_epoch)
    }

    /// The same browser, known to `user` from now on.
    pub(crate) fn with(mut self, user: &User, now: Timestamp) -> Self {
        self.entries.retain(|entry| entry.user != user.id);
        self.entries.insert(0, Entry { user: user.id, day: day(now), epoch: user.session_epoch });
        self.entries.truncate(MOST);
        self
    }

    /// What tells the browser from others.
    pub(crate) fn id(&self) -> String {
        Uuid::from_bytes(self.id).simple().to_string()
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (user, rest) = bytes.split_first_chunk()?;
        let (day, epoch) = rest.split_first_chunk()?;
        Some(Self {
            user: UserId::new(Uuid::from_bytes(*user)),
            day: u32::from_be_bytes(*day),
            epoch: u64::from_be_bytes(epoch.try_into().ok()?),
        })
    }
}

fn day(now: Timestamp) -> u32 {
    u32::try_from(now.as_second() / 86_400).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;
    use crate::secret::Secret;

    fn keys(key: &str) -> SecretKeys {
        SecretKeys::new(Secret::new(key), Vec::new())
    }

    fn entry(number: u128, epoch: u64) -> Entry {
        Entry { user: UserId::new(Uuid::from_u128(number)), day: 20_000, epoch }
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn devices(entries: usize) -> Devices {
        let entries = (1..=entries as u128).map(|number| entry(number, 7)).collect();
        Devices { entries, ..Devices::unknown(&SystemRng as &dyn Rng) }
    }

    #[test]
    fn a_cookie_reads_back_and_nothing_else_reads() {
        let ours = devices(4);
        let text = ours.to_cookie(&keys("k"));
        assert!(text.len() < 400, "{}", text.len());
        let again = Devices::parse(&text, &keys("k"), at(20_000)).unwrap();
        assert_eq!((again.id(), &again.entries), (ours.id(), &ours.entries));
        assert_eq!(again.known_since(entry(3, 0).user), Some(7));
        assert_eq!(again.known_since(entry(5, 0).user), None);
        assert!(Devices::parse(&text, &keys("j"), at(20_000)).is_none());
        let changed = text.replacen(&text[30..31], if &text[30..31] == "A" { "B" } else { "A" }, 1);
        for bad in ["", "A", "AAAA", &text[1..], &text[..text.len() - 4], &changed, &"A".repeat(4_000)] {
            assert!(Devices::parse(bad, &keys("k"), at(20_000)).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_browser_is_forgotten_after_four_hundred_days() {
        let text = devices(1).to_cookie(&keys("k"));
        let known = |day| !Devices::parse(&text, &keys("k"), at(day)).unwrap().is_empty();
        assert!(known(20_000) && known(20_399));
        assert!(!known(20_400) && !known(19_999), "neither too old nor from the future");
    }

    #[test]
    fn a_rotated_key_still_knows_the_browser() {
        let text = devices(1).to_cookie(&keys("old"));
        let both = SecretKeys::new(Secret::new("new"), vec![Secret::new("old")]);
        let known = Devices::parse(&text, &both, at(20_000)).unwrap();
        assert!(Devices::parse(&known.to_cookie(&both), &keys("new"), at(20_000)).is_some(), "and is signed anew");
    }
}
