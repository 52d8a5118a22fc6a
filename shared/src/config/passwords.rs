//! Passwords: what their hashes cost, which hashes are accepted, what a new password must be.

use std::time::Duration;

use url::{Host, Url};

use super::Origin;
use super::reader::Reader;
use crate::accounts::password::{Accepted, Rule, Validators};
use crate::i18n::Language;

/// Hashes and rules.
#[derive(Debug, Clone)]
pub struct PasswordSettings {
    /// Argon2id's memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// By what stored hashes may be made.
    pub hashers: Accepted,
    /// How many hashes may be computed at once, 0 for one a core; the others wait for their turn.
    pub concurrency: usize,
    /// How long one may wait for its turn, milliseconds; then the visitor is asked to come back.
    pub wait_ms: u64,
    /// The most bytes: beyond them no hash is computed.
    pub max_bytes: usize,
    /// What a new password must be.
    pub validators: Validators,
    /// Whether new passwords are looked up among those that were stolen elsewhere.
    pub breaches: Option<BreachCheck>,
}

/// Where to ask whether a password was stolen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachCheck {
    /// What the first five digits of the password's SHA-1 are appended to.
    pub url: String,
    /// How long the answer may take.
    pub timeout: Duration,
}

impl PasswordSettings {
    /// `name` is what the site calls itself, `site` where it is reached: both make bad passwords.
    pub(super) fn read(env: &mut Reader, name: Option<&str>, site: Option<&Origin>) -> Option<Self> {
        let memory_kib = env.number("ARGON2_MEMORY_KIB", "KiB", 19_456, 1_048_576, 19_456);
        let iterations = env.number("ARGON2_ITERATIONS", "passes", 2, 64, 2);
        let parallelism = env.number("ARGON2_PARALLELISM", "lanes", 1, 16, 1);
        let hashers = env.or("PASSWORD_HASHERS", Accepted::ACCEPTS, Accepted::DEFAULT, Accepted::parse);
        let concurrency = env.number("PASSWORD_HASH_CONCURRENCY", "hashes at once; 0 for one a core", 0, 64, 0);
        let wait_ms = env.number("PASSWORD_HASH_WAIT_MS", "milliseconds", 100, 60_000, 10_000);
        let min_length = env.number("PASSWORD_MIN_LENGTH", "characters", 8, 128, 10);
        let max_bytes = env.number("PASSWORD_MAX_BYTES", "bytes", 256, 4_096, 4_096);
        let mut words = name.map(name_words).unwrap_or_default();
        words.extend(site.map(site_words).unwrap_or_default());
        let validators = env.or("AUTH_PASSWORD_VALIDATORS", Validators::ACCEPTS, Validators::DEFAULT, |text| {
            Validators::parse(text, min_length, &words, &crate::site::validators())
        });
        let url = env.optional(
            "PASSWORD_BREACH_CHECK_URL",
            "an address that ends in /; https, or on a loopback host",
            range_url,
        );
        let timeout_ms = env.number("PASSWORD_BREACH_CHECK_TIMEOUT_MS", "milliseconds", 50, 5_000, 1_000);
        Some(Self {
            memory_kib,
            iterations,
            parallelism,
            hashers: hashers?,
            concurrency,
            wait_ms,
            max_bytes,
            validators: validators?,
            breaches: url?.map(|url| BreachCheck { url, timeout: Duration::from_millis(timeout_ms) }),
        })
    }

    /// What a new password must be, in words.
    pub fn rules(&self, language: Language) -> Vec<Rule> {
        let breached = self
            .breaches
            .as_ref()
            .map(|_| Rule { code: "password_breached", message: language.text("password-help-breached", &[]) });
        self.validators.help(language).into_iter().chain(breached).collect()
    }
}

impl Default for PasswordSettings {
    /// What an empty environment gives.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "each default is acceptable to its own setting, and a test says so")]
        Self::read(&mut Reader::new(std::collections::HashMap::new()), None, None).expect("the defaults are acceptable")
    }
}

/// The name and each word of it, in lower case.
fn name_words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2 && *word != name);
    let words: Vec<_> = words.map(str::to_owned).collect();
    // One character is no name that anybody would be known by.
    [name].into_iter().filter(|name| name.chars().count() > 1).chain(words).collect()
}

/// The labels of the host but for the last one and `www`: `shop` and `example` of `www.shop.example.com`.
fn site_words(site: &Origin) -> Vec<String> {
    let Some(Host::Domain(host)) = site.url().host() else { return Vec::new() };
    let labels = host.rsplit_once('.').map_or(host, |(labels, _)| labels);
    labels.split('.').filter(|label| label.chars().count() > 2 && *label != "www").map(str::to_owned).collect()
}

/// The digits of a password's hash go to nobody in the clear but to this machine.
fn range_url(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let origin = Origin::public(&url.origin().ascii_serialization())?;
    // Nothing but an origin and a folder: no user, no query.
    (url.path().ends_with('/') && url.as_str() == origin.join(url.path())).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<PasswordSettings, String> {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(vars.collect());
        let site = Origin::parse("https://www.orchard.example.com");
        let settings = PasswordSettings::read(&mut reader, None, site.as_ref());
        reader.finish().map_err(|errors| errors.to_string())?;
        Ok(settings.unwrap())
    }

    #[test]
    fn the_defaults_are_djangos_rules_over_ten_characters() {
        let settings = PasswordSettings::default();
        assert_eq!(settings.validators.min_length(), 10);
        assert_eq!(settings.breaches, None);
        assert_eq!(read(&[("PASSWORD_MIN_LENGTH", "12")]).unwrap().validators.min_length(), 12);
        assert_eq!(read(&[("AUTH_PASSWORD_VALIDATORS", "strict")]).unwrap().validators.min_length(), 15);
    }

    #[test]
    fn what_is_unknown_stops_the_start() {
        for (name, value) in [
            ("AUTH_PASSWORD_VALIDATORS", "MinimumLength, Zxcvbn"),
            ("PASSWORD_HASHERS", "argon2, md5"),
            ("PASSWORD_BREACH_CHECK_URL", "http://example.com/range/"),
            ("PASSWORD_BREACH_CHECK_URL", "https://example.com/range"),
            ("PASSWORD_BREACH_CHECK_URL", "https://user@/"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().contains(name), "{value}");
        }
        let url = "https://api.pwnedpasswords.com/range/";
        assert_eq!(read(&[("PASSWORD_BREACH_CHECK_URL", url)]).unwrap().breaches.unwrap().url, url);
    }

    #[test]
    fn the_sites_name_is_known_from_its_address() {
        let words = |origin| site_words(&Origin::parse(origin).unwrap());
        assert_eq!(words("https://www.shop.example.com"), ["shop", "example"]);
        assert_eq!(words("http://localhost:8000"), ["localhost"]);
        assert!(words("http://127.0.0.1:8000").is_empty());
    }

    #[test]
    fn the_sites_name_is_known_from_what_it_calls_itself() {
        assert_eq!(name_words("Orchard"), ["orchard"]);
        assert_eq!(name_words("The Orchard & Co."), ["the orchard & co.", "the", "orchard"]);
        assert_eq!(name_words("과수원"), ["과수원"]);
        assert!(name_words("X").is_empty());
    }
}
