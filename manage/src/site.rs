//! Where a command works: the data folder of this machine, or a deployed stack. Both are the same tables, reached by the
//! same code.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::SdkConfig;
use clap::{Args as ClapArgs, Subcommand};
use jiff::Timestamp;
use local::template::{Resolver, Template};
use local::{Buckets, Folder, FolderError, Tables, TablesError};
use portico::accounts::{Hasher, Identifier, User, UserId};
use portico::audit::{Actor, Author};
use portico::clock::{Clock, SystemClock};
use portico::config::aws::AwsSettings;
use portico::config::{Config, Timeouts};
use portico::media::Media;
use portico::rng::{Rng, SystemRng};
use portico::store::{Database, Store};

use crate::{Failure, project, stack};

/// Where to work; without a word the data folder of this machine.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Target {
    /// The folder that keeps users [default: .portico beside template.yaml].
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "stack", help_heading = "Where")]
    pub data: Option<PathBuf>,
    /// The other place.
    #[command(flatten)]
    pub deployed: Deployed,
}

/// A stack in AWS, and how it is reached.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Deployed {
    /// A deployed CloudFormation stack, reached with the AWS credentials of this shell.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Where")]
    pub stack: Option<String>,
    /// The stack's region [default: that of the profile or of `AWS_REGION`].
    #[arg(long, global = true, value_name = "REGION", requires = "stack", help_heading = "Where")]
    pub region: Option<String>,
    /// The profile with the credentials [default: `AWS_PROFILE`].
    #[arg(long, global = true, value_name = "NAME", requires = "stack", help_heading = "Where")]
    pub profile: Option<String>,
}

/// What a command is told that does several things, each by a word of its own.
#[derive(ClapArgs, Debug, Clone)]
pub struct ActionArgs<A: Subcommand> {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// What to do.
    #[command(subcommand)]
    pub action: A,
}

/// A site's tables and what is needed to work on them.
pub struct Site {
    store: Store,
    config: Config,
    hasher: Hasher,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    name: String,
    /// The bucket, where it was opened too.
    media: Option<Media>,
    /// What serves the bucket, where it was begun for this: it ends before the folder is given back.
    _buckets: Option<Buckets>,
    /// What serves the tables, likewise.
    tables: Option<Tables>,
}

/// Nobody waits for a page here, and a large transaction may queue behind others.
const TIMEOUTS: Timeouts = Timeouts { attempt_ms: 20_000, operation_ms: 60_000 };

/// What `PUBLIC_URL` is where it does not matter: no command makes a link.
const NO_URL: &str = "https://public-url-not-set.invalid";

impl Target {
    /// Opens what is there.
    ///
    /// # Errors
    /// That it is not there, or cannot be reached.
    pub async fn open(&self) -> Result<Site, Failure> {
        if self.deployed.stack.is_none() {
            let folder = self.folder()?;
            if !Folder::database_in(&folder).is_file() {
                return Err(Failure::new(format!("there are no users in {}: nothing has run there", folder.display())));
            }
        }
        self.open_or_create().await
    }

    /// Opens what is there; a data folder that is missing is made.
    pub async fn open_or_create(&self) -> Result<Site, Failure> {
        // One before the subcommand and one after it: neither line of arguments sees the other.
        if self.data.is_some() && self.deployed.stack.is_some() {
            return Err(Failure::new("--data and --stack are two places: one of them"));
        }
        let root = project::root().map_err(Failure::new)?;
        match &self.deployed.stack {
            Some(name) => {
                let (sdk, stack) = self.deployed.reach(name).await?;
                let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok();
                Site::deployed(&root, &sdk, endpoint.as_deref(), &stack)
            }
            None => Site::in_folder(&root, &self.folder()?).await,
        }
    }

    /// Opens what is there, and the bucket with what people have uploaded.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with_media(&self) -> Result<Site, Failure> {
        let site = self.open().await?;
        match &self.deployed.stack {
            Some(name) => {
                let (sdk, stack) = self.deployed.reach(name).await?;
                if stack.media_bucket.is_none() {
                    let why = "has no output MediaBucket: it is another product's, or of an older version";
                    return Err(Failure::new(format!("the stack {name} {why}")));
                }
                let aws = AwsSettings {
                    s3_endpoint: std::env::var("AWS_ENDPOINT_URL_S3").ok(),
                    ..stack::settings(&sdk).await?
                };
                let media = Media::new(&sdk, &aws, &site.config);
                Ok(site.with_media(media))
            }
            None => site.with_buckets(&project::root().map_err(Failure::new)?, &self.folder()?).await,
        }
    }

    fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => Ok(project::root().map_err(Failure::new)?.join(".portico")),
        }
    }
}

impl Deployed {
    /// The stack of this name, with the credentials by which it was asked.
    pub(crate) async fn reach(&self, name: &str) -> Result<(SdkConfig, stack::Outputs), Failure> {
        let sdk = stack::credentials(self.region.as_deref(), self.profile.as_deref(), TIMEOUTS).await?;
        let stack = stack::describe(&sdk, name).await?;
        Ok((sdk, stack))
    }
}

impl Site {
    /// The tables in a data folder, also while a server has it.
    pub async fn in_folder(root: &Path, folder: &Path) -> Result<Self, Failure> {
        let template = read(root, "http://localhost:8000")?;
        let tables = Tables::open(folder, &template.tables).await.map_err(|error| explain(&error))?;
        let site = Self::served(configure(&template, None)?, tables.url(), Arc::new(SystemClock))?;
        Ok(Self { name: folder.display().to_string(), tables: Some(tables), ..site })
    }

    /// The same with the bucket of that folder.
    pub async fn with_buckets(self, root: &Path, folder: &Path) -> Result<Self, Failure> {
        let Some(tables) = &self.tables else { return Err(Failure::new("these tables are in no folder")) };
        let template = read(root, "http://localhost:8000")?;
        let buckets = Buckets::open(folder, tables, &template.buckets).await;
        let buckets = buckets.map_err(|error| Failure::new(portico::log::chain(&error)))?;
        let sdk = buckets.aws().sdk_config(TIMEOUTS).map_err(Failure::new)?;
        let media = Media::new(&sdk, buckets.aws(), &self.config);
        Ok(Self { _buckets: Some(buckets), ..self.with_media(media) })
    }

    /// The same with this bucket.
    pub fn with_media(self, media: Media) -> Self {
        Self { media: Some(media), ..self }
    }

    /// Tables of this machine that are served at `url`.
    pub fn served(config: Config, url: &str, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let sdk = local::dynamodb_at(url).sdk_config(TIMEOUTS).map_err(Failure::new)?;
        Self::build(config, &sdk, Some(url), clock, url.to_owned())
    }

    /// The tables of a deployed stack, with the settings of the template that is here.
    pub fn deployed(
        root: &Path,
        sdk: &SdkConfig,
        endpoint: Option<&str>,
        stack: &stack::Outputs,
    ) -> Result<Self, Failure> {
        let config = configure(&read(root, NO_URL)?, Some(stack))?;
        let region = sdk.region().map_or("an unknown region", |region| region.as_ref());
        let name = format!("the stack {} in {region}", stack.name);
        Self::build(config, sdk, endpoint, Arc::new(SystemClock), name)
    }

    fn build(
        config: Config,
        sdk: &SdkConfig,
        endpoint: Option<&str>,
        clock: Arc<dyn Clock>,
        name: String,
    ) -> Result<Self, Failure> {
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let hasher = Hasher::new(&config.passwords, rng.clone()).map_err(Failure::new)?;
        let store = Store::new(Arc::new(Database::new(sdk, endpoint, config.tables.clone())), Arc::default());
        Ok(Self { store, config, hasher, clock, rng, name, media: None, _buckets: None, tables: None })
    }

    /// The tables.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The bucket with what people have uploaded.
    ///
    /// # Errors
    /// That it was not opened.
    pub fn media(&self) -> Result<&Media, Failure> {
        self.media.as_ref().ok_or_else(|| Failure::new("the bucket was not opened"))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What hashes passwords.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Randomness.
    pub fn rng(&self) -> &dyn Rng {
        &*self.rng
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whoever runs this command, for the audit trail.
    pub fn author(&self) -> Author<'_> {
        let max_age = self.config.audit.max_age;
        let (address, user_agent, witness) = (None, None, None);
        Author { actor: Actor::Command, address, user_agent, now: self.now(), witness, max_age, rng: self.rng() }
    }

    /// Where it is, for people to read.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether nobody has this address or user name, nor has it kept for them.
    pub async fn is_free(&self, identifier: &str) -> Result<bool, Failure> {
        match Identifier::parse(identifier) {
            Some(Identifier::Email(email)) => Ok(!self.store.is_email_taken(&email, self.now().as_second()).await?),
            Some(name) => Ok(self.store.find_user(&name).await?.is_none()),
            None => Ok(false),
        }
    }

    /// Whether an address is enough to log in with.
    pub fn logs_in_by_address(&self) -> bool {
        self.config.users.backends.iter().any(|name| name == "email")
    }

    /// The account that an id, an address or a user name stands for.
    ///
    /// # Errors
    /// That there is none.
    pub async fn find(&self, whom: &str) -> Result<User, Failure> {
        let id = match (UserId::parse(whom), Identifier::parse(whom)) {
            (Some(id), _) => Some(id),
            (None, Some(identifier)) => self.store.find_user(&identifier).await?,
            (None, None) => None,
        };
        let user = match id {
            Some(id) => self.store.get_user(id).await?,
            None => None,
        };
        user.ok_or_else(|| Failure::new(format!("no account is called {whom:?} in {}", self.name)))
    }
}

pub(crate) fn read(root: &Path, public_url: &str) -> Result<Template, Failure> {
    read_with(root, public_url, &[])
}

/// The template with these parameters.
pub(crate) fn read_with(root: &Path, public_url: &str, parameters: &[(&str, &str)]) -> Result<Template, Failure> {
    let mut resolver = Resolver::local().parameter("PublicUrl", public_url);
    for (name, value) in parameters {
        resolver = resolver.parameter(*name, *value);
    }
    Template::load(&root.join("template.yaml"), &resolver).map_err(|error| Failure::new(portico::log::chain(&error)))
}

/// The settings of the template, for a command that touches no table.
pub(crate) fn settings(root: &Path) -> Result<Config, Failure> {
    configure(&read(root, NO_URL)?, None)
}

/// The settings of the function that makes accounts: what holds for a password there holds here.
fn configure(template: &Template, stack: Option<&stack::Outputs>) -> Result<Config, Failure> {
    let signup = template.function("signup").ok_or_else(|| Failure::new("template.yaml has no function signup"))?;
    let mut vars: HashMap<String, String> = signup.environment.clone().into_iter().collect();
    // Nothing that a command does is signed.
    vars.remove("SECRET_KEY_ARN");
    vars.remove("ORIGIN_SECRET_ARN");
    vars.remove("MEDIA_URL");
    let rng: &dyn Rng = &SystemRng;
    vars.insert("SECRET_KEY".to_owned(), rng.token());
    if let Some(stack) = stack {
        vars.insert("ACCOUNTS_TABLE".to_owned(), stack.accounts.clone());
        vars.insert("SESSIONS_TABLE".to_owned(), stack.sessions.clone());
        vars.insert("OUTBOX_TABLE".to_owned(), stack.outbox.clone());
        if let (Some(bucket), Some(root)) = (&stack.media_bucket, vars.get_mut("MEDIA_ROOT")) {
            let prefix = root.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
            *root = format!("s3://{bucket}/{prefix}");
        }
    }
    Config::from_vars(vars).map_err(|error| Failure::new(error.to_string()))
}

fn explain(error: &TablesError) -> Failure {
    Failure::new(match error {
        TablesError::Folder(FolderError::InUse(folder)) => {
            format!("another command works in {}; try again when it is done", folder.display())
        }
        other => portico::log::chain(other),
    })
}
