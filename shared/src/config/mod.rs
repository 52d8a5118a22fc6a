//! Every setting and every limit, read once from the environment into types. Django's names where Django has one.

mod accounts;
mod admin;
mod audit;
pub mod aws;
mod cache;
mod cookies;
mod export;
mod groups;
mod mail;
mod media_cdn;
mod misspelt;
mod passwords;
mod reader;
mod scanner;
pub mod secrets;
mod sessions;
mod sharing;
mod static_files;
mod throttle;
mod trusted_origins;
mod uploads;
mod users;
mod values;

pub use accounts::{AccountSettings, EmailVerification};
pub use admin::{AdminSettings, Network, NetworkError};
pub use audit::AuditSettings;
pub use cache::CacheSettings;
pub use cookies::CookieSettings;
pub use export::ExportSettings;
pub use groups::GroupSettings;
pub use mail::{BackendKind, LinkAges, MailSettings, SmtpSettings, SmtpTls};
pub use media_cdn::{MediaCdnSettings, PrivateKeys};
pub use misspelt::misspelt;
pub use passwords::{BreachCheck, PasswordSettings};
pub use reader::{ConfigErrors, Setting};
pub use scanner::{ClamdSettings, ScannerKind, ScannerSettings};
pub use sessions::{SessionEngine, SessionSettings};
pub use sharing::SharingSettings;
pub use static_files::{StaticDir, StaticSettings};
pub use throttle::{LoginLimits, Rate, Rates, ThrottleSettings};
pub use trusted_origins::TrustedOrigins;
pub use uploads::{PurposeLimits, UploadSettings};
pub use users::{UserSettings, UsernameField};
pub use values::{MediaRoot, Origin, StaticUrl};

use crate::i18n::Language;
use crate::messages::Level;
use crate::secret::Secret;
use reader::Reader;

/// What a process was told by its environment. Handlers read it from [`crate::Context::config`]; nothing else
/// reads environment variables.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the site is reached, scheme and host: absolute links and cookies follow it, never the Host header.
    pub public_url: Origin,
    /// The way in to the administration.
    pub admin: AdminSettings,
    /// Where `SECRET_KEY` comes from.
    pub secret_key: SecretSource,
    /// Where that comes from by which the distribution in front of the gateway proves itself. Without one the gateway is
    /// reached directly, and its word is taken for the visitor's address.
    pub origin_secret: Option<SecretSource>,
    /// Further origins that may send unsafe requests, beside the site's own.
    pub csrf_trusted_origins: TrustedOrigins,
    /// The language of a visitor whose preferences name none that we speak.
    pub language_code: Language,
    /// The three tables.
    pub tables: Tables,
    /// Where published media lives.
    pub media_root: MediaRoot,
    /// CloudFront in front of it, for a process that signs addresses there.
    pub media_cdn: Option<MediaCdnSettings>,
    /// Static files.
    pub static_files: StaticSettings,
    /// Where to go, and from where.
    pub urls: Urls,
    /// Sessions: where they are kept, and how long they last.
    pub session: SessionSettings,
    /// The cache, where sessions are kept in one.
    pub cache: CacheSettings,
    /// What the site chooses about its cookies.
    pub cookies: CookieSettings,
    /// The least that a message must matter.
    pub message_level: Level,
    /// Strict-Transport-Security.
    pub hsts: Hsts,
    /// What a new user must say, and how people log in.
    pub users: UserSettings,
    /// Passwords: their hashes, and what they must be.
    pub passwords: PasswordSettings,
    /// The most that a request may carry.
    pub limits: Limits,
    /// Direct uploads.
    pub uploads: UploadSettings,
    /// How much may be shared, and for how long.
    pub sharing: SharingSettings,
    /// Who looks for malware in them.
    pub scanner: ScannerSettings,
    /// How much an export of one's data carries.
    pub export: ExportSettings,
    /// How long a call to AWS may take.
    pub timeouts: Timeouts,
    /// Mail.
    pub mail: MailSettings,
    /// Addresses of accounts.
    pub accounts: AccountSettings,
    /// How often something may be tried.
    pub throttle: ThrottleSettings,
    /// Groups and permissions.
    pub groups: GroupSettings,
    /// The audit trail.
    pub audit: AuditSettings,
}

/// Where the signing key comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// From the environment: on one machine, where there is no vault.
    Given {
        /// The key that signs.
        current: Secret,
        /// Older keys that still verify.
        fallbacks: Vec<Secret>,
    },
    /// From Secrets Manager, by its ARN, when the function starts.
    SecretsManager(String),
}

/// The names of the tables.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Users and what belongs to them: durable.
    pub accounts: String,
    /// Sessions and other things that expire.
    pub sessions: String,
    /// What is to be done after an answer: mails that were promised, deleted accounts to erase.
    pub outbox: String,
}

/// Paths that the flows lead to.
#[derive(Debug, Clone)]
pub struct Urls {
    /// `LOGIN_URL`: where a visitor who must log in is sent.
    pub login: String,
    /// `LOGIN_REDIRECT_URL`: after a log-in that names no `next`.
    pub login_redirect: String,
    /// `LOGOUT_REDIRECT_URL`: after a log-out.
    pub logout_redirect: String,
}

/// HTTP Strict Transport Security, sent on https only.
#[derive(Debug, Clone, Copy)]
pub struct Hsts {
    /// `SECURE_HSTS_SECONDS`.
    pub seconds: u64,
    /// `SECURE_HSTS_INCLUDE_SUBDOMAINS`.
    pub include_subdomains: bool,
    /// `SECURE_HSTS_PRELOAD`.
    pub preload: bool,
}

/// The most that a request may carry.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Fields of a form.
    pub fields: usize,
    /// Bytes of a `next` address.
    pub next_bytes: usize,
}

/// What a form of ticks has beside them: tokens, versions, flags.
const FIELDS_BESIDE_TICKS: usize = 16;

/// How long calls to AWS may take, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// One attempt.
    pub attempt_ms: u64,
    /// All attempts of one call together.
    pub operation_ms: u64,
}

impl Config {
    /// Reads the settings from `vars`, as `std::env::vars()` gives them.
    ///
    /// # Errors
    /// All that is missing or malformed, each with the variable's name and what it accepts.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigErrors> {
        Self::from_reader(&mut Reader::new(vars.into_iter().collect()))
    }

    /// The same for the environment of a process; and what to tell of those among its names that look like settings and
    /// are none, whether the settings can be used or not.
    pub fn of_process(vars: impl IntoIterator<Item = (String, String)>) -> (Result<Self, ConfigErrors>, Vec<String>) {
        let mut reader = Reader::new(vars.into_iter().collect());
        let config = Self::from_reader(&mut reader);
        let (given, settings) = reader.names();
        // A mistake may have kept the reader from settings that follow from it.
        let complaints = if config.is_ok() { misspelt::among(settings, given) } else { misspelt(given) };
        (config, complaints)
    }

    fn from_reader(reader: &mut Reader) -> Result<Self, ConfigErrors> {
        let config = Self::read(reader);
        reader.finish()?;
        config.ok_or_else(ConfigErrors::default)
    }

    /// Every setting that there is, with what it accepts and its default: the template's environment and
    /// `docs/configuration.md` are held against it by tests.
    pub fn settings() -> Vec<Setting> {
        let mut reader = Reader::listing();
        let _ = Self::read(&mut reader);
        reader.settings()
    }

    /// One line a setting. Every line runs whatever the others say, so that all mistakes are told at once.
    fn read(env: &mut Reader) -> Option<Self> {
        let public_url =
            env.required("PUBLIC_URL", "an origin: https://HOST, or http:// on a loopback host", Origin::public);
        let secret_key = read_secret_source(env);
        let csrf_trusted_origins = env.or("CSRF_TRUSTED_ORIGINS", TrustedOrigins::ACCEPTS, "", TrustedOrigins::parse);
        let origin_secret = read_origin_secret(env);
        let language_code = env.or("LANGUAGE_CODE", "ko or en", "en", Language::parse);
        let accounts = env.required("ACCOUNTS_TABLE", "a table's name", values::name);
        let sessions = env.required("SESSIONS_TABLE", "a table's name", values::name);
        let outbox = env.required("OUTBOX_TABLE", "a table's name", values::name);
        let media_root = env.required("MEDIA_ROOT", "s3://BUCKET/PREFIX", MediaRoot::parse);
        let media_cdn = MediaCdnSettings::read(env, public_url.as_ref(), secret_key.as_ref());
        let admin = AdminSettings::read(env, public_url.as_ref(), media_cdn.as_ref().and_then(Option::as_ref));
        let static_files = StaticSettings::read(env);
        let login = env.or("LOGIN_URL", "a path", "/login", values::path);
        let login_redirect = env.or("LOGIN_REDIRECT_URL", "a path", "/", values::path);
        let logout_redirect = env.or("LOGOUT_REDIRECT_URL", "a path", "/", values::path);
        let session = SessionSettings::read(env);
        let cache = CacheSettings::read(env);
        let needs_cache = session.as_ref().is_some_and(|session| session.engine.needs_cache());
        if needs_cache && cache.as_ref().is_some_and(|cache| cache.locations.is_empty()) {
            env.fail::<()>("CACHE_LOCATION", "this SESSION_ENGINE needs the address of a cache");
        }
        let cookies = CookieSettings::read(env);
        let levels = "debug, info, success, warning or error";
        let message_level = env.or("MESSAGE_LEVEL", levels, "info", Level::parse);
        let hsts_seconds = env.number("SECURE_HSTS_SECONDS", "seconds", 0, 63_072_000, 31_536_000);
        let hsts_subdomains = env.or("SECURE_HSTS_INCLUDE_SUBDOMAINS", "true or false", "true", values::boolean);
        let hsts_preload = env.or("SECURE_HSTS_PRELOAD", "true or false", "false", values::boolean);
        let users = UserSettings::read(env);
        let mail = MailSettings::read(env);
        let name = mail.as_ref().map(|mail| mail.site_name.as_str());
        let passwords = PasswordSettings::read(env, name, public_url.as_ref());
        let limits = Limits {
            body_bytes: env.number("DATA_UPLOAD_MAX_MEMORY_SIZE", "bytes", 1_024, 6_291_456, 65_536),
            fields: env.number("DATA_UPLOAD_MAX_NUMBER_FIELDS", "fields", 16, 10_000, 1_000),
            next_bytes: env.number("NEXT_MAX_BYTES", "bytes", 64, 8_192, 2_000),
        };
        let uploads = UploadSettings::read(env);
        let sharing = SharingSettings::read(env);
        let scanner = ScannerSettings::read(env);
        let export = ExportSettings::read(env);
        let timeouts = Timeouts {
            attempt_ms: env.number("AWS_ATTEMPT_TIMEOUT_MS", "milliseconds", 50, 30_000, 1_500),
            operation_ms: env.number("AWS_OPERATION_TIMEOUT_MS", "milliseconds", 50, 300_000, 4_500),
        };
        // Of its value nothing follows: another one starts every process anew, and so reads the secrets again.
        env.or("RESTART", "any text", "", |_| Some(()));
        let account_settings = AccountSettings::read(env);
        let throttle = ThrottleSettings::read(env, public_url.as_ref());
        let groups = GroupSettings::read(env);
        // A page ticks one field for each of them.
        let ticks = groups.per_user + groups.permissions;
        if limits.fields < ticks + FIELDS_BESIDE_TICKS {
            let least = format!("at least {}, for USER_GROUPS_MAX and PERMISSIONS_MAX", ticks + FIELDS_BESIDE_TICKS);
            env.fail::<()>("DATA_UPLOAD_MAX_NUMBER_FIELDS", &least);
        }
        let audit = AuditSettings::read(env);
        Some(Self {
            public_url: public_url?,
            admin: admin?,
            secret_key: secret_key?,
            origin_secret: origin_secret?,
            csrf_trusted_origins: csrf_trusted_origins?,
            language_code: language_code?,
            tables: Tables { accounts: accounts?, sessions: sessions?, outbox: outbox? },
            media_root: media_root?,
            media_cdn: media_cdn?,
            static_files: static_files?,
            urls: Urls { login: login?, login_redirect: login_redirect?, logout_redirect: logout_redirect? },
            session: session?,
            cache: cache?,
            cookies: cookies?,
            message_level: message_level?,
            hsts: Hsts { seconds: hsts_seconds, include_subdomains: hsts_subdomains?, preload: hsts_preload? },
            users: users?,
            passwords: passwords?,
            limits,
            uploads,
            sharing,
            scanner: scanner?,
            export,
            timeouts,
            mail: mail?,
            accounts: account_settings?,
            throttle: throttle?,
            groups,
            audit,
        })
    }

    /// The prefix that makes a cookie's name binding: on https a browser accepts a `__Host-` cookie only when it is
    /// Secure, for the path `/`, and without a domain, so that no other host can plant one (ASVS 3.3.3).
    pub fn cookie_prefix(&self) -> &'static str {
        if self.public_url.is_https() { "__Host-" } else { "" }
    }
}

fn read_secret_source(env: &mut Reader) -> Option<SecretSource> {
    let names = ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "SECRET_KEY_ARN"];
    let source = read_source(env, names, "older keys, comma-separated")?;
    source.or_else(|| env.fail("SECRET_KEY", "one of SECRET_KEY and SECRET_KEY_ARN must be set"))
}

#[expect(clippy::option_option, reason = "malformed, absent or given: the reader's own three answers")]
fn read_origin_secret(env: &mut Reader) -> Option<Option<SecretSource>> {
    let names = ["ORIGIN_SECRET", "ORIGIN_SECRET_FALLBACKS", "ORIGIN_SECRET_ARN"];
    read_source(env, names, "older ones, comma-separated")
}

/// A secret that is given, with those before it, or is fetched from a vault; or none.
#[expect(clippy::option_option, reason = "malformed, absent or given: the reader's own three answers")]
fn read_source(env: &mut Reader, names: [&'static str; 3], older: &str) -> Option<Option<SecretSource>> {
    let [name, fallbacks, arn] = names;
    let current =
        env.optional(name, "at least 32 characters; in AWS leave it out and name a secret", values::secret)?;
    let fallbacks = env.or(fallbacks, older, "", values::secrets)?;
    match (current, env.optional(arn, "the ARN of a secret in Secrets Manager", values::name)?) {
        (Some(current), None) => Some(Some(SecretSource::Given { current, fallbacks })),
        (None, Some(arn)) => Some(Some(SecretSource::SecretsManager(arn))),
        (None, None) => Some(None),
        (Some(_), Some(_)) => env.fail(name, &format!("only one of {name} and {arn} may be set")),
    }
}

#[cfg(test)]
impl Config {
    /// A configuration for unit tests.
    pub(crate) fn sample() -> Self {
        Self::from_vars(tests::vars(&[])).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    pub(super) fn vars(changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut vars = HashMap::from([
            ("PUBLIC_URL", "https://example.com"),
            ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
            ("ACCOUNTS_TABLE", "accounts"),
            ("SESSIONS_TABLE", "sessions"),
            ("OUTBOX_TABLE", "outbox"),
            ("MEDIA_ROOT", "s3://bucket/media"),
        ]);
        vars.extend(changes.iter().copied());
        vars.into_iter()
            .filter(|(_, value)| *value != "-")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn a_mistake_in_one_setting_makes_no_other_one_unknown() {
        let given = vars(&[("SECRET_KEY", "short"), ("SECRET_KEY_ARN", "arn"), ("LOGIN_URLS", "/in")]);
        let (config, complaints) = Config::of_process(given);
        assert!(config.is_err());
        assert_eq!(complaints, ["LOGIN_URLS is no setting, and changes nothing: did you mean LOGIN_URL?"]);
        let (config, complaints) = Config::of_process(vars(&[("LOGIN_URLS", "/in")]));
        assert!(config.is_ok() && complaints.len() == 1, "{complaints:?}");
    }

    #[test]
    fn the_defaults_are_djangos() {
        let config = Config::from_vars(vars(&[])).unwrap();
        assert_eq!(config.session.remembered, 14 * 24 * 60 * 60);
        assert_eq!(config.static_files.url.join("css/site.css"), "/static/css/site.css");
        assert_eq!(config.cookie_prefix(), "__Host-");
    }

    #[test]
    fn all_mistakes_are_told_at_once_with_the_variable_and_what_it_accepts() {
        let errors =
            Config::from_vars(vars(&[("SECRET_KEY", "short"), ("SESSION_COOKIE_AGE", "soon"), ("MEDIA_ROOT", "-")]))
                .unwrap_err()
                .to_string();
        assert!(errors.contains("SECRET_KEY") && errors.contains("at least 32 characters"), "{errors}");
        assert!(errors.contains("SESSION_COOKIE_AGE") && errors.contains("60 to 31536000"), "{errors}");
        assert!(errors.contains("MEDIA_ROOT is missing"), "{errors}");
        assert!(!errors.contains("short"), "a secret is not repeated: {errors}");
    }

    #[test]
    fn plain_http_is_for_loopback_hosts_alone() {
        assert!(Config::from_vars(vars(&[("PUBLIC_URL", "http://example.com")])).is_err());
        let local = Config::from_vars(vars(&[("PUBLIC_URL", "http://localhost:8000")])).unwrap();
        assert_eq!(local.cookie_prefix(), "");
    }

    #[test]
    fn a_star_in_the_wrong_place_stops_the_start() {
        let trusted = |origins| Config::from_vars(vars(&[("CSRF_TRUSTED_ORIGINS", origins)]));
        assert!(trusted("https://app.example.com, https://*.example.org:8443").is_ok());
        for bad in ["*.example.com", "https://a.*.example.com", "https://*.com", "example.com"] {
            let error = trusted(bad).unwrap_err().to_string();
            assert!(error.contains("CSRF_TRUSTED_ORIGINS") && error.contains("https://*.example.com"), "{error}");
        }
    }

    #[test]
    fn tries_are_counted_wherever_strangers_come() {
        let off = |site| Config::from_vars(vars(&[("PUBLIC_URL", site), ("THROTTLE_ENABLED", "false")]));
        for site in ["https://example.com", "https://localhost.example.com"] {
            let error = off(site).unwrap_err().to_string();
            assert!(error.contains("THROTTLE_ENABLED") && error.contains("loopback"), "{error}");
        }
        assert!(!off("http://localhost:8000").unwrap().throttle.enabled);
        assert!(Config::sample().throttle.enabled);
    }

    #[test]
    fn the_key_comes_from_one_place() {
        assert!(Config::from_vars(vars(&[("SECRET_KEY", "-")])).is_err());
        assert!(Config::from_vars(vars(&[("SECRET_KEY_ARN", "arn:aws:x")])).is_err());
        assert!(Config::from_vars(vars(&[("SECRET_KEY", "-"), ("SECRET_KEY_ARN", "arn:aws:x")])).is_ok());
    }
}
