//! Builds every function of the template as if it had a process of its own: with its own environment, and its own identity
//! towards the engines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_credential_types::Credentials;
use portico::config::aws::AwsSettings;
use portico::config::{Config, misspelt};
use portico::rng::{Rng, SystemRng};
use portico::static_files::Assets;
use portico::{App, BoxError, Parts};
use tokio::sync::Notify;

use crate::functions::{self, Function, Handler};
use crate::gateway::Invoke;
use crate::hashing;
use crate::iam::{self, Need, Roles};
use crate::intercept::intercepted;
use crate::stack::{Options, StartError};
use crate::template::{self, Template};

/// The functions, ready to be invoked, by name.
pub(crate) type Functions = HashMap<String, Arc<dyn Invoke>>;

/// What they are built from.
pub(crate) struct Builder<'a> {
    pub(crate) options: &'a Options,
    pub(crate) template: &'a Template,
    pub(crate) roles: &'a Arc<Roles>,
    /// How the operator reaches the engines: the functions do by keys of their own.
    pub(crate) aws: &'a AwsSettings,
    /// What `SECRET_KEY_ARN` names in a deployment.
    pub(crate) secret_key: Option<&'a str>,
    /// Told when a function has run, since it may have written.
    pub(crate) changed: &'a Arc<Notify>,
}

impl Builder<'_> {
    /// Gives the functions; and the parts of one of them, with which the operator works beside them.
    pub(crate) async fn build(&self) -> Result<(Functions, Arc<App>), StartError> {
        let handlers: HashMap<_, _> = functions::all().into_iter().collect();
        let given = self.template.functions.iter().flat_map(|function| function.environment.keys());
        for complaint in misspelt(given.chain(self.options.settings.iter().map(|(name, _)| name))) {
            tracing::warn!("{complaint}");
        }
        let mut built = Functions::new();
        let mut config = None;
        for function in &self.template.functions {
            let name = &function.name;
            let handler = handlers.get(name.as_str()).ok_or_else(|| StartError::UnknownFunction(name.clone()))?;
            let failed = |error: BoxError| StartError::Function(name.clone(), error);
            let own = self.config(function, handler).map_err(failed)?;
            let aws = self.identity(name);
            let has_tables = !handler.knows_nobody();
            let app = self.app(own.clone(), &aws, has_tables).await.map_err(failed)?;
            if let Handler::Http(routes) = handler {
                routes.start(&app).map_err(failed)?;
            }
            config = config.or_else(|| has_tables.then_some(own));
            let changed = self.changed.clone();
            built.insert(name.clone(), Arc::new(Function::new(app, handler.clone(), function.timeout, changed)));
        }
        let config = config.ok_or_else(|| StartError::UnknownFunction("(none)".to_owned()))?;
        let operator = self.app(config, self.aws, true).await;
        Ok((built, operator.map_err(|error| StartError::Function("(operator)".to_owned(), error))?))
    }

    async fn app(&self, config: Config, aws: &AwsSettings, has_tables: bool) -> Result<Arc<App>, BoxError> {
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let collected = self.options.collected;
        let assets = if collected { Assets::collected(&config.static_files)? } else { Assets::Plain };
        let (clock, site) = (self.options.clock.clone(), self.options.site.clone());
        // Nobody visits a system without a port: there is no page that a hash could hold up.
        let hashing = self.options.address.and_then(|_| hashing::threads());
        let parts = Parts { config, aws, clock, rng, site, assets, has_tables, hashing, first_page: None };
        Box::pin(App::build(parts)).await
    }

    /// The function's own key, and a client that holds what it asks of DynamoDB against its role.
    fn identity(&self, function: &str) -> AwsSettings {
        let secret = self.aws.credentials.secret_access_key();
        let client = self.aws.http_client.clone();
        AwsSettings {
            credentials: Credentials::new(iam::access_key(function), secret, None, None, "local"),
            http_client: client.map(|client| intercepted(client, self.roles.clone())),
            ..self.aws.clone()
        }
    }

    fn config(&self, function: &template::Function, handler: &Handler) -> Result<Config, BoxError> {
        let mut vars = function.environment.clone();
        // On one machine there is no vault: what may be read there comes from the data folder instead, where the template
        // has none, for whoever may read it there.
        if let Some(arn) = vars.remove("SECRET_KEY_ARN").filter(|_| !handler.knows_nobody()) {
            self.may_read(&function.name, &arn)?;
        }
        if let Some(key) = self.secret_key.filter(|_| !has_secret_key(&vars)) {
            vars.insert("SECRET_KEY".to_owned(), key.to_owned());
        }
        // Nor is there a distribution: the gateway sees whose request it is, and the bucket serves what is published.
        if let Some(arn) = vars.remove("ORIGIN_SECRET_ARN").filter(|_| matches!(handler, Handler::Http(_))) {
            self.may_read(&function.name, &arn)?;
        }
        vars.remove("MEDIA_URL");
        // Nor a layer: what was collected is where `collectstatic` leaves it.
        match static_root(self.template) {
            Some(root) => vars.insert("STATIC_ROOT".to_owned(), root.clone()),
            None => vars.remove("STATIC_ROOT"),
        };
        vars.extend(self.options.settings.iter().cloned());
        let mut config = Config::from_vars(vars)?;
        config.static_files.root = self.options.root.join(&config.static_files.root);
        Ok(config)
    }

    fn may_read(&self, function: &str, secret: &str) -> Result<(), BoxError> {
        let need = Need::new("secretsmanager:GetSecretValue", secret);
        Ok(self.roles.check(&iam::access_key(function), &[need])?)
    }
}

/// Whether a function's environment brings the key along; the file is not made, nor looked at, where all of them do.
pub(crate) fn has_secret_key(environment: &BTreeMap<String, String>) -> bool {
    environment.get("SECRET_KEY").is_some_and(|key| !key.is_empty())
}

/// `STATIC_ROOT` as the functions have it that no layer is laid under.
fn static_root(template: &Template) -> Option<&String> {
    let others = template.functions.iter().filter(|function| function.name != "static-files");
    others.map(|function| function.environment.get("STATIC_ROOT")).next()?
}
