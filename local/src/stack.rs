//! Puts the system together: template, engines, functions, gateway.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use portico::clock::{Clock, SystemClock};
use portico::config::aws::AwsSettings;
use portico::site::Site;
use portico::{App, BoxError};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::deliveries::{self, Delivery};
use crate::dynamodb::DynamoDb;
use crate::folder::{Folder, FolderError};
use crate::gateway::{self, Gateway, InvokeError, Route};
use crate::iam::Roles;
use crate::mail::{self, Mail, SesServer, Tray, TrayPages};
use crate::processes::{Builder, Functions, has_secret_key};
use crate::s3::{self, S3Server, Sweeper};
use crate::s3_events::S3Events;
use crate::secrets;
use crate::static_files::StaticFiles;
use crate::stream_events::StreamEvents;
use crate::template::{self, Resolver, Template};

/// Where and how a system runs.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, named where it is set")]
pub struct Options {
    /// The address of the site; `None` opens no port: [`Stack::handle`] is the door then.
    pub address: Option<SocketAddr>,
    /// The address of S3.
    pub s3_address: SocketAddr,
    /// The folder that keeps everything; `None` keeps it in memory.
    pub data: Option<PathBuf>,
    /// The project's folder, with `template.yaml`: those of static files are named from here.
    pub root: PathBuf,
    /// The template's parameters that differ from their defaults, as `--parameter-overrides` gives them.
    pub parameters: Vec<(String, String)>,
    /// Settings that differ from the template's.
    pub settings: Vec<(String, String)>,
    /// Whether S3's events are carried to the functions as they come.
    pub deliver_events: bool,
    /// Whether changes of tables, and with them mails, are carried to the functions as they come.
    pub deliver_changes: bool,
    /// Whether static files are served as deployed: what `collectstatic` left in `STATIC_ROOT`, by the function
    /// `static-files`. Else out of their folders, without a collect step.
    pub collected: bool,
    /// Whether there is an administration.
    pub admin: bool,
    /// The name by which it is reached on this machine, at the site's port, as `admin.localhost`; `None` for a part of the
    /// site.
    pub admin_host: Option<String>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The site's own code.
    pub site: Site,
    /// The tables of another system that this one is a further process of; `None` for tables of its own.
    pub tables: Option<Arc<DynamoDb>>,
    /// The HTTP client of the AWS SDK, if not a plain one: a test puts faults into it.
    pub http_client: Option<SharedHttpClient>,
}

impl Options {
    /// In memory, without a port, mails delivered by hand: for tests.
    pub fn in_memory(root: impl Into<PathBuf>) -> Self {
        Self {
            address: None,
            s3_address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            root: root.into(),
            parameters: Vec::new(),
            settings: Vec::new(),
            deliver_events: true,
            deliver_changes: false,
            collected: false,
            admin: false,
            admin_host: None,
            clock: Arc::new(SystemClock),
            site: portico::site::site(),
            tables: None,
            http_client: None,
        }
    }

    /// Gives these settings other values than the template's.
    pub fn set(&mut self, settings: &[(&str, &str)]) {
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }
}

/// Why a system could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens there, perhaps an earlier `runserver`.
    #[error("{0} is taken")]
    AddressInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] io::Error),
    /// The site is for this machine: it has no TLS, and is reached as localhost.
    #[error("{0} is not 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The data folder cannot be used.
    #[error("the data folder {0} cannot be used")]
    Data(PathBuf, #[source] io::Error),
    /// The data folder cannot be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] template::TemplateError),
    /// The template names a function that is not linked in.
    #[error("template.yaml names the function {0}, which local/src/functions.rs does not know")]
    UnknownFunction(String),
    /// The routes contradict each other.
    #[error(transparent)]
    Route(#[from] gateway::RouteError),
    /// The embedded DynamoDB.
    #[error(transparent)]
    DynamoDb(#[from] crate::dynamodb::Error),
    /// The embedded S3.
    #[error(transparent)]
    S3(#[from] s3::Error),
    /// The tray for mails.
    #[error("the tray for mails cannot be used: {0}")]
    Mail(String),
    /// A function could not be built.
    #[error("the function {0} cannot start")]
    Function(String, #[source] BoxError),
}

/// A running system.
pub struct Stack {
    gateway: Arc<Gateway>,
    listener: Option<TcpListener>,
    url: String,
    admin_url: Option<String>,
    s3: S3Server,
    s3_events: S3Events,
    stream_events: StreamEvents,
    tray: Tray,
    ses: SesServer,
    functions: Functions,
    dynamodb: Arc<DynamoDb>,
    template: Template,
    roles: Arc<Roles>,
    app: Arc<App>,
    aws: AwsSettings,
    clock: Arc<dyn Clock>,
    tasks: Vec<JoinHandle<()>>,
    /// Given back when all else has ended.
    _folder: Option<Folder>,
}

pub(crate) const REGION: &str = "us-east-1";

/// The port that stands in the site's address when none is open.
const NOMINAL_PORT: u16 = 8000;

/// From whom mails come while the template names nobody: Django's default.
const SENDER: &str = "webmaster@localhost";

/// How often expired items are deleted.
const SWEEP: Duration = Duration::from_mins(1);

impl Stack {
    /// Starts everything. Requests are served once [`Self::serve`] is polled.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = match options.address {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let port = listener.as_ref().and_then(|listener| listener.local_addr().ok()).map_or(NOMINAL_PORT, |a| a.port());
        let url = format!("http://localhost:{port}");
        let mut resolver = Resolver::local().parameter("PublicUrl", &url).fallback("DefaultFromEmail", SENDER);
        for (name, value) in &options.parameters {
            resolver = resolver.parameter(name, value);
        }
        if options.collected {
            resolver = resolver.parameter("StaticFiles", "function");
        }
        if options.admin {
            resolver = resolver.parameter("Admin", "on");
        }
        let admin_url = options.admin_host.as_ref().map(|host| format!("http://{host}:{port}"));
        if let Some(url) = &admin_url {
            resolver = resolver.parameter("AdminUrl", url);
        }
        let admin_url = options.admin.then(|| format!("{}/admin", admin_url.as_ref().unwrap_or(&url)));
        let template = Template::load(&options.root.join("template.yaml"), &resolver)?;

        let folder = options.data.as_deref().map(Folder::take).transpose()?;
        let needed = template.functions.iter().any(|function| !has_secret_key(&function.environment));
        let secret_key = needed.then(|| secret(options.data.as_deref(), "secret-key")).transpose()?;
        // Kept too: a signed address or an open upload form stays good over a restart.
        let storage_key = secret(options.data.as_deref(), "storage-key")?;
        let roles = Arc::new(Roles::of(&template));
        let s3 = start_s3(&options, &template, &roles, &storage_key, port).await?;
        let file = folder.as_ref().map(Folder::database);
        let dynamodb = match &options.tables {
            Some(tables) => tables.clone(),
            None => Arc::new(DynamoDb::start(file.as_deref(), &template.tables)?),
        };
        let tray = Tray::open(options.data.as_ref().map(|data| data.join("mail.db")).as_deref());
        let tray = tray.map_err(StartError::Mail)?;
        let ses = SesServer::start(tray.clone(), ACCESS_KEY, roles.clone()).await;
        let ses = ses.map_err(|error| StartError::Mail(error.to_string()))?;
        if let Some(folder) = &folder {
            folder.publish(&dynamodb.url(), &s3.url())?;
        }
        let aws = AwsSettings {
            region: REGION.to_owned(),
            credentials: Credentials::new(ACCESS_KEY, storage_key, None, None, "local"),
            dynamodb_endpoint: Some(dynamodb.url()),
            s3_endpoint: Some(s3.url()),
            secrets_endpoint: None,
            ses_endpoint: Some(ses.url()),
            native_roots: false,
            http_client: Some(
                options.http_client.clone().unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http()),
            ),
        };
        let changed = Arc::new(Notify::new());
        let (functions, app) = Builder {
            options: &options,
            template: &template,
            roles: &roles,
            aws: &aws,
            secret_key: secret_key.as_deref(),
            changed: &changed,
        }
        .build()
        .await?;
        let gateway_options = gateway::Options { port, ..gateway::Options::default() };
        let mut gateway = Gateway::new(routes(&template), functions.clone(), gateway_options)?;
        if !options.collected {
            gateway = gateway.front(StaticFiles::new(app.config(), &options.root));
        }
        let gateway = gateway.front(TrayPages::new(tray.clone()));
        let s3_events = S3Events::new(s3.events(), &template, &functions, REGION);
        let stream_events = StreamEvents::new(dynamodb.clone(), &template, &functions, changed);
        let mut tasks = vec![tokio::spawn(sweep(dynamodb.clone(), s3.sweeper(), options.clock.clone()))];
        if options.deliver_events {
            tasks.push(tokio::spawn(s3_events.clone().run()));
        }
        if options.deliver_changes {
            tasks.push(tokio::spawn(stream_events.clone().run()));
        }
        Ok(Self {
            gateway: Arc::new(gateway),
            listener,
            url,
            admin_url,
            s3,
            s3_events,
            stream_events,
            tray,
            ses,
            functions,
            dynamodb,
            template,
            roles,
            app,
            aws,
            clock: options.clock,
            tasks,
            _folder: folder,
        })
    }

    /// Where the site is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the administration is reached, if there is one.
    pub fn admin_url(&self) -> Option<&str> {
        self.admin_url.as_deref()
    }

    /// Where the mails that were sent can be read.
    pub fn mail_url(&self) -> String {
        format!("{}{}", self.url, mail::PATH)
    }

    /// Where SES is reached.
    pub fn ses_url(&self) -> String {
        self.ses.url()
    }

    /// Where S3 is reached.
    pub fn s3_url(&self) -> String {
        self.s3.url()
    }

    /// Answers one request as if it came from `peer`, without a port.
    pub async fn handle(&self, request: Request<Full<Bytes>>, peer: SocketAddr) -> Response<Full<Bytes>> {
        self.gateway.handle(request, peer).await
    }

    /// Serves the port until `shutdown`, then lets the requests under way end. Meanwhile the system stays in the
    /// caller's hands.
    pub fn serve<F>(&mut self, shutdown: F) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Future<Output = ()> + Send,
    {
        let listener = self.listener.take();
        let gateway = self.gateway.clone();
        async move {
            match listener {
                Some(listener) => gateway.serve(listener, shutdown).await,
                None => shutdown.await,
            }
        }
    }

    /// Stops everything, S3 gracefully.
    pub async fn shutdown(self) {
        for task in &self.tasks {
            task.abort();
        }
        self.ses.stop();
        self.s3.shutdown().await;
    }

    /// What the functions may do, and have done of it.
    pub fn roles(&self) -> &Arc<Roles> {
        &self.roles
    }

    /// The parts of a process as handlers have them, for the operator: who may do everything.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// How the operator reaches the engines.
    pub fn aws(&self) -> &AwsSettings {
        &self.aws
    }

    /// The template that the system was built from.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The embedded DynamoDB: for looking at what is stored.
    pub fn dynamodb(&self) -> &Arc<DynamoDb> {
        &self.dynamodb
    }

    /// The keys of the objects in the bucket of the pictures: for looking at what is stored.
    pub fn objects(&self) -> Vec<String> {
        self.s3.keys(self.app.media().bucket())
    }

    /// Carries out the lifecycle rules of the buckets by hand, at the system's time: what S3 does at midnight. Gives how
    /// many objects and unfinished uploads ended.
    pub async fn sweep_objects(&self) -> usize {
        self.s3.sweep(self.clock.now().as_millisecond()).await
    }

    /// The next S3 event, taken by hand where events are not delivered as they come.
    pub async fn next_s3_event(&self) -> s3::Event {
        self.s3_events.next().await
    }

    /// Delivers an event by hand, once.
    pub async fn deliver(&self, event: &s3::Event) -> Delivery {
        self.s3_events.deliver(event).await
    }

    /// S3 events that were given up.
    pub fn dead_letters(&self) -> Vec<Value> {
        self.s3_events.dead_letters()
    }

    /// Delivers what waits in the streams of the tables by hand, once, where that is not done as it comes.
    pub async fn deliver_changes(&self) -> Vec<Delivery> {
        self.stream_events.deliver_waiting().await
    }

    /// How many records wait in the streams of the tables.
    pub fn waiting_changes(&self) -> usize {
        self.dynamodb.waiting_changes()
    }

    /// Records of streams that were given up.
    pub fn dead_changes(&self) -> Vec<Value> {
        self.stream_events.dead_letters()
    }

    /// Delivers an event of EventBridge by hand, once, to every function that has a rule for it, whether the rule is
    /// switched on or not: on one machine there is nobody else who would send one.
    pub async fn put_event(&self, event: &Value) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for function in &self.template.functions {
            let told = function.rule_events.iter().any(|rule| rule.takes(event));
            let Some(invoke) = self.functions.get(&function.name).filter(|_| told) else { continue };
            deliveries.push(match deliveries::invoke(invoke, event.clone()).await {
                Ok(_) => Delivery::Done,
                Err(error) => {
                    tracing::error!(function = function.name, error, "an event of EventBridge was not worked through");
                    Delivery::Failed
                }
            });
        }
        deliveries
    }

    /// Invokes a function by hand, whatever its events are.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let function = self.functions.get(function).ok_or_else(|| InvokeError::failed("there is no such function"))?;
        function.invoke(event).await
    }

    /// The mails that were sent, the oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.tray.mails()
    }
}

/// The operator's.
pub(crate) const ACCESS_KEY: &str = "LOCALPORTICO";

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    // Other loopback addresses exist, but nobody who asks for localhost is led there.
    if address.ip() != Ipv4Addr::LOCALHOST && address.ip() != Ipv6Addr::LOCALHOST {
        return Err(StartError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse(address),
        _ => StartError::Listen(address, error),
    })
}

fn secret(data: Option<&Path>, name: &str) -> Result<String, StartError> {
    let key = match data {
        None => secrets::random(),
        Some(data) => secrets::create_private(data).and_then(|()| secrets::load_or_create(&data.join(name))),
    };
    key.map_err(|error| StartError::Data(data.unwrap_or(Path::new("")).to_owned(), error))
}

async fn start_s3(
    options: &Options,
    template: &Template,
    roles: &Arc<Roles>,
    storage_key: &str,
    port: u16,
) -> Result<S3Server, StartError> {
    let mut s3 = s3::Options::new(ACCESS_KEY, storage_key);
    s3.roles = roles.clone();
    s3.address = options.s3_address;
    s3.data = options.data.as_ref().map(|data| data.join("s3"));
    if let Some(data) = &s3.data {
        secrets::make_private(data).map_err(|error| StartError::Data(data.clone(), error))?;
    }
    s3.buckets = template.buckets.iter().map(|bucket| declare(bucket, template, port)).collect();
    S3Server::start(s3).await.map_err(|error| match error {
        s3::Error::AddressInUse(address) => StartError::AddressInUse(address),
        other => StartError::S3(other),
    })
}

/// A bucket of the template. People reach the site as localhost and by its address: both are the site.
fn declare(bucket: &template::Bucket, template: &Template, port: u16) -> s3::Bucket {
    let site = format!("http://localhost:{port}");
    let origins = |rule: &template::CorsRule| {
        let mut origins = rule.allowed_origins.clone();
        if origins.contains(&site) {
            origins.push(format!("http://127.0.0.1:{port}"));
            origins.push(format!("http://[::1]:{port}"));
        }
        origins
    };
    let cors = bucket.cors.iter().map(|rule| s3::CorsRule {
        allowed_origins: origins(rule),
        allowed_methods: rule.allowed_methods.clone(),
        allowed_headers: rule.allowed_headers.clone(),
        exposed_headers: rule.exposed_headers.clone(),
        max_age: rule.max_age,
    });
    let events = template.functions.iter().flat_map(|function| &function.s3_events);
    let notifications = events.filter(|event| event.bucket == bucket.name).flat_map(|event| {
        event.events.iter().map(|name| s3::Notification {
            event: name.clone(),
            prefix: event.prefix.clone(),
            suffix: event.suffix.clone(),
        })
    });
    let lifecycle = bucket.lifecycle.iter().map(|rule| s3::Lifecycle {
        prefix: rule.prefix.clone(),
        expiration_days: rule.expiration_days,
        abort_multipart_days: rule.abort_multipart_days,
    });
    s3::Bucket {
        name: bucket.name.clone(),
        cors: cors.collect(),
        notifications: notifications.collect(),
        lifecycle: lifecycle.collect(),
    }
}

fn routes(template: &Template) -> Vec<Route> {
    let functions = template.functions.iter();
    functions
        .flat_map(|function| function.routes.iter().map(|route| Route::new(&route.method, &route.path, &function.name)))
        .collect()
}

/// Deletes expired items now and then, as TTL does, and what the buckets' lifecycle rules say is over. Whether an item is
/// expired is decided at each read all the same.
async fn sweep(dynamodb: Arc<DynamoDb>, s3: Sweeper, clock: Arc<dyn Clock>) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        let dynamodb = dynamodb.clone();
        let _ = tokio::task::spawn_blocking(move || dynamodb.sweep()).await;
        s3.sweep(clock.now().as_millisecond()).await;
    }
}
