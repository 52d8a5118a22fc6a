//! The functions of the site by their package's name: the one place where they are linked in. The template says which
//! routes and events lead to them; a test holds the two against each other.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use portico::{App, Jobs, Routes};
use serde_json::Value;
use tokio::sync::Notify;

use crate::gateway::{Invoke, InvokeError};

/// What a function does with its events.
#[derive(Debug, Clone)]
pub enum Handler {
    /// Answers requests.
    Http(Routes),
    /// Works through events.
    Jobs(Jobs),
}

impl Handler {
    /// Whether it answers everybody alike, and so reads neither a key nor a table.
    pub(crate) fn knows_nobody(&self) -> bool {
        matches!(self, Self::Http(routes) if routes.know_nobody())
    }
}

/// Every function, by name.
pub fn all() -> Vec<(&'static str, Handler)> {
    vec![
        ("email", Handler::Http(email::routes())),
        ("admin", Handler::Http(admin::routes())),
        ("account", Handler::Http(account::routes())),
        ("erase-account", Handler::Jobs(erase_account::jobs())),
        ("home", Handler::Http(home::routes())),
        ("login", Handler::Http(login::routes())),
        ("logout", Handler::Http(logout::routes())),
        ("mailer", Handler::Jobs(mailer::jobs())),
        ("media", Handler::Http(media::routes())),
        ("password", Handler::Http(password::routes())),
        ("presign-upload", Handler::Http(presign_upload::routes())),
        ("process-upload", Handler::Jobs(process_upload::jobs())),
        ("profile", Handler::Http(profile::routes())),
        ("signup", Handler::Http(signup::routes())),
        ("staff-orders", Handler::Http(staff_orders::routes())),
        ("static-files", Handler::Http(static_files::routes())),
    ]
}

/// A function with its environment, ready to be invoked.
pub struct Function {
    app: Arc<App>,
    handler: Invocation,
    timeout: Duration,
    changed: Arc<Notify>,
}

enum Invocation {
    Http(Arc<Routes>),
    Jobs(Jobs),
}

impl Function {
    /// Puts a function together. `timeout` is the template's; `changed` is told when it has run, since it may have
    /// written.
    pub fn new(app: Arc<App>, handler: Handler, timeout: Duration, changed: Arc<Notify>) -> Self {
        let handler = match handler {
            Handler::Http(routes) => Invocation::Http(Arc::new(routes)),
            Handler::Jobs(jobs) => Invocation::Jobs(jobs),
        };
        Self { app, handler, timeout, changed }
    }
}

#[async_trait]
impl Invoke for Function {
    async fn invoke(&self, event: Value) -> Result<Value, InvokeError> {
        let work = async {
            match &self.handler {
                Invocation::Http(routes) => Ok(portico::lambda::answer(&self.app, routes, event).await),
                Invocation::Jobs(jobs) => jobs.run(&self.app, event).await.map_err(InvokeError::Failed),
            }
        };
        let answer = tokio::time::timeout(self.timeout, work).await.unwrap_or(Err(InvokeError::TimedOut));
        self.changed.notify_one();
        answer
    }
}
