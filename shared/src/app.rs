//! What a process holds: built once per cold start, shared by all of its requests.

use std::fmt;
use std::sync::{Arc, Once};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;

use crate::accounts::password::Breaches;
use crate::accounts::{Backends, Hasher, Password};
use crate::clock::{Clock, SystemClock};
use crate::config::aws::AwsSettings;
use crate::config::secrets::{self, Vault};
use crate::config::{Config, SecretSource};
use crate::error::{BoxError, FieldError};
use crate::mail::Mailer;
use crate::media::scan::ScannedBy;
use crate::media::{CloudFront, Media};
use crate::meter::Meter;
use crate::pages::Pages;
use crate::rng::{Rng, SystemRng};
use crate::secret::{Secret, SecretKeys};
use crate::sessions::{Engine, engine};
use crate::site::Site;
use crate::static_files::Assets;
use crate::store::{Database, Store};

/// The parts of a running process.
pub struct App {
    /// The settings.
    config: Config,
    /// The time.
    clock: Arc<dyn Clock>,
    /// Randomness.
    rng: Arc<dyn Rng>,
    /// What signs.
    keys: SecretKeys,
    /// Where sessions are kept.
    sessions: Arc<dyn Engine>,
    /// By what the distribution in front of the gateway proves itself.
    origin_secrets: Vec<Secret>,
    /// What hashes passwords.
    hasher: Hasher,
    /// What is the site's own.
    site: Site,
    /// What tells who somebody is.
    backends: Backends,
    /// Who knows stolen passwords.
    breaches: Option<Breaches>,
    /// The templates.
    pages: Pages,
    /// The connection to the tables.
    database: Arc<Database>,
    /// The connection to the bucket.
    media: Media,
    /// Who looks for malware in uploads.
    scanner: ScannedBy,
    /// The way to a mail's provider.
    mailer: Mailer,
}

/// What an [`App`] is built from.
pub struct Parts<'a> {
    /// The settings.
    pub config: Config,
    /// How AWS is reached.
    pub aws: &'a AwsSettings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub rng: Arc<dyn Rng>,
    /// What is the site's own.
    pub site: Site,
    /// The names of the static files.
    pub assets: Assets,
    /// Whether the tables may be read: their connection is opened at once then.
    pub has_tables: bool,
    /// The threads on which passwords are hashed; `None` for those of the runtime that answers requests.
    pub hashing: Option<Handle>,
    /// The page whose templates are parsed while secrets and DynamoDB are waited for.
    pub first_page: Option<&'static str>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Builds everything for a function in AWS, from its environment. The secret is fetched while the connection to
    /// DynamoDB opens; meanwhile `first_page` is parsed.
    pub async fn from_env(first_page: Option<&'static str>) -> Result<Arc<Self>, BoxError> {
        Self::of_function(from_environment()?, true, first_page).boxed().await
    }

    /// The same for a function to which nobody comes through the distribution: its secret is not fetched. Nor is anybody
    /// told an address of what is published.
    pub async fn for_jobs() -> Result<Arc<Self>, BoxError> {
        Self::of_function(Config { origin_secret: None, media_cdn: None, ..from_environment()? }, true, None)
            .boxed()
            .await
    }

    /// The same for a function that knows nobody: it may read no key and no table. Nothing that it signs leaves it, so the
    /// key is one of its own.
    pub(crate) async fn for_everybody() -> Result<Arc<Self>, BoxError> {
        let rng: &dyn Rng = &SystemRng;
        let current = Secret::new(rng.token());
        let secret_key = SecretSource::Given { current, fallbacks: Vec::new() };
        Self::of_function(Config { secret_key, media_cdn: None, ..from_environment()? }, false, None).boxed().await
    }

    async fn of_function(
        config: Config,
        has_tables: bool,
        first_page: Option<&'static str>,
    ) -> Result<Arc<Self>, BoxError> {
        let aws = AwsSettings::from_vars(|name| std::env::var(name).ok())?;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let (site, assets) = (crate::site::site(), Assets::embedded());
        Self::build(Parts { config, aws: &aws, clock, rng, site, assets, has_tables, hashing: None, first_page })
            .boxed()
            .await
    }

    /// Builds everything from its parts: what `runserver` and the tests use.
    ///
    /// # Errors
    /// When a secret cannot be had, or the settings contradict each other.
    pub async fn build(parts: Parts<'_>) -> Result<Arc<Self>, BoxError> {
        let Parts { config, aws, clock, rng, site, assets, has_tables, hashing, first_page } = parts;
        let backends = Backends::new(&config.users, &site.backends)?;
        let sdk = aws.sdk_config(config.timeouts)?;
        let database = Arc::new(Database::new(&sdk, aws.dynamodb_endpoint.as_deref(), config.tables.clone()));
        let vault = Vault::new(&sdk, aws.secrets_endpoint.as_deref());
        let pages = Pages::new(&config, assets);
        let (secrets, origin_secrets, costs, ()) = tokio::join!(
            secrets::fetch(&config.secret_key, &vault),
            secrets::fetch_origin(config.origin_secret.as_ref(), &vault),
            async { if has_tables { database.warm_up().await.map(Some) } else { Ok(None) } },
            async {
                if let Some(page) = first_page {
                    pages.parse(page).await;
                }
            },
        );
        let hasher = Hasher::new(&config.passwords, rng.clone())?.on(hashing);
        match costs {
            Ok(Some(costs)) => hasher.expect(costs),
            Ok(None) => {}
            // The first request will try again, and answer 503 if it must.
            Err(error) => tracing::warn!(error = %crate::log::chain(&error), "DynamoDB did not answer at start"),
        }
        if !config.throttle.enabled {
            // Once a process, however many functions run in it.
            static SAID: Once = Once::new();
            SAID.call_once(|| tracing::warn!("THROTTLE_ENABLED is false: tries are not limited"));
        }
        let secrets = secrets?;
        let fetched = secrets.media_private_keys.as_ref();
        let cdn = config.media_cdn.as_ref().map(|settings| CloudFront::new(settings, fetched)).transpose()?;
        Ok(Arc::new(Self {
            sessions: engine(&config, &secrets.keys, secrets.cache_password),
            hasher,
            breaches: config.passwords.breaches.clone().map(Breaches::new),
            pages,
            media: Media::new(&sdk, aws, &config).served_by(cdn),
            scanner: ScannedBy::new(&config.scanner),
            mailer: Mailer::new(sdk, aws.ses_endpoint.clone(), &config.mail, secrets.email_host_password),
            keys: secrets.keys,
            origin_secrets: origin_secrets?,
            site,
            backends,
            config,
            clock,
            rng,
            database,
        }))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Randomness.
    pub fn rng(&self) -> &dyn Rng {
        &*self.rng
    }

    /// What signs.
    pub fn keys(&self) -> &SecretKeys {
        &self.keys
    }

    /// Where sessions are kept.
    pub(crate) fn sessions(&self) -> &dyn Engine {
        &*self.sessions
    }

    /// By what the distribution in front of the gateway proves itself; none where nothing is in front of it.
    pub(crate) fn origin_secrets(&self) -> &[Secret] {
        &self.origin_secrets
    }

    /// What hashes passwords.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// What is the site's own.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What tells who somebody is.
    pub fn backends(&self) -> &Backends {
        &self.backends
    }

    /// What is wrong with a password that breaks no rule: that it was stolen elsewhere.
    pub(crate) async fn check_breaches(&self, password: &Password) -> Option<FieldError> {
        match &self.breaches {
            Some(breaches) => breaches.check(password).await,
            None => None,
        }
    }

    /// The templates.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The bucket.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// Who looks for malware in uploads.
    pub fn scanner(&self) -> &ScannedBy {
        &self.scanner
    }

    /// The way to a mail's provider. Only the function `mailer` takes it.
    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// The tables, as a request with this meter sees them.
    pub fn store(&self, meter: Arc<Meter>) -> Store {
        Store::new(self.database.clone(), meter)
    }
}

/// The settings of this process, with a warning of names that look like settings and are none.
fn from_environment() -> Result<Config, BoxError> {
    let (config, complaints) = Config::of_process(std::env::vars());
    for complaint in complaints {
        tracing::warn!("{complaint}");
    }
    Ok(config?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_page_is_parsed_when_all_is_built() {
        let aws = AwsSettings::from_vars(|name| (!name.contains("EXPIRATION")).then(|| "x".to_owned())).unwrap();
        let config = Config::sample();
        let language = config.language_code;
        let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let parts = Parts {
            config,
            aws: &aws,
            clock,
            rng,
            site: crate::site::site(),
            assets: Assets::Plain,
            has_tables: false,
            hashing: None,
            first_page: Some("home.html"),
        };
        let app = App::build(parts).boxed().await.unwrap();
        assert!(app.pages().parsed(language).contains("home.html"));
    }
}
