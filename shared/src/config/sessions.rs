//! Settings of sessions: where they are kept and how long they last. Django's names where Django has one.

use super::reader::Reader;
use super::values;

/// Sessions.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `SESSION_ENGINE`: where their values are kept.
    pub engine: SessionEngine,
    /// `SESSION_COOKIE_AGE`: idle time allowed to a remembered session, seconds.
    pub remembered: i64,
    /// `SESSION_BROWSER_AGE`: idle time allowed to a session that ends with the browser, seconds.
    pub browser: i64,
    /// `SESSION_ABSOLUTE_AGE`: no session outlives it, however busy; seconds.
    pub absolute: i64,
    /// `SESSION_ENDED_AGE`: for how long it is known why a session has ended, seconds.
    pub ended_age: i64,
    /// `SESSION_SAVE_EVERY_REQUEST`: whether each request renews the session, not one in a twenty-fourth of its life.
    pub save_every_request: bool,
    /// `SESSION_MAX_PER_USER`: how many living sessions a user has at most; 0 for any number.
    pub max_per_user: usize,
    /// `SESSION_LIST_MAX`: how many are listed at most.
    pub list_max: usize,
}

/// Where the values of sessions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEngine {
    /// In the table of sessions.
    DynamoDb,
    /// In the cookie, encrypted.
    SignedCookies,
    /// In the cache.
    Cache,
    /// In the table of sessions, with a copy in the cache.
    CachedDb,
}

impl SessionEngine {
    /// Whether it needs `CACHE_LOCATION`.
    pub fn needs_cache(self) -> bool {
        matches!(self, Self::Cache | Self::CachedDb)
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "dynamodb" => Some(Self::DynamoDb),
            "signed_cookies" => Some(Self::SignedCookies),
            "cache" => Some(Self::Cache),
            "cached_db" => Some(Self::CachedDb),
            _ => None,
        }
    }
}

impl SessionSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let engine =
            env.or("SESSION_ENGINE", "dynamodb, signed_cookies, cache or cached_db", "dynamodb", SessionEngine::parse);
        let remembered = env.number("SESSION_COOKIE_AGE", "seconds", 60, 31_536_000, 1_209_600);
        let browser = env.number("SESSION_BROWSER_AGE", "seconds", 60, 31_536_000, 43_200);
        let absolute = env.number("SESSION_ABSOLUTE_AGE", "seconds", 60, 31_536_000, 2_592_000);
        let ended_age = env.number("SESSION_ENDED_AGE", "seconds", 0, 31_536_000, 604_800);
        let save = env.or("SESSION_SAVE_EVERY_REQUEST", "true or false", "false", values::boolean);
        let max_per_user = env.number("SESSION_MAX_PER_USER", "sessions, 0 for any number", 0, 1_000, 0);
        let list_max = env.number("SESSION_LIST_MAX", "sessions", 1, 1_000, 100);
        Some(Self {
            engine: engine?,
            remembered,
            browser,
            absolute,
            ended_age,
            save_every_request: save?,
            max_per_user,
            list_max,
        })
    }

    /// Idle time allowed, seconds, to a session that outlives the browser or does not.
    pub fn lifetime(&self, persistent: bool) -> i64 {
        if persistent { self.remembered } else { self.browser }
    }

    /// Settings for unit tests.
    #[cfg(test)]
    pub(crate) const fn sample() -> Self {
        Self {
            engine: SessionEngine::DynamoDb,
            remembered: 2_400,
            browser: 240,
            absolute: 4_000,
            ended_age: 600,
            save_every_request: false,
            max_per_user: 0,
            list_max: 100,
        }
    }
}
