//! A whole system on real ports, and the people who visit it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use local::{Delivery, Options, Stack};
use portico::accounts::Identifier;
use portico::audit::{Actor, Author};
use tokio::task::JoinHandle;

use crate::person::Person;

/// A password that the rules accept.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running system of one test.
pub(crate) struct Site {
    stack: Stack,
    server: JoinHandle<()>,
}

impl Site {
    /// Starts a system that works by itself.
    pub(crate) async fn start() -> Self {
        Self::start_with(true, false, &[]).await
    }

    /// Starts a system with the administration on.
    pub(crate) async fn start_with_admin() -> Self {
        Self::start_with(true, true, &[]).await
    }

    /// Starts one with other settings.
    pub(crate) async fn start_set(settings: &[(&str, &str)]) -> Self {
        Self::start_with(true, false, settings).await
    }

    /// Starts a system in which an uploaded file is looked at when [`Self::verify_upload`] says so: what a page shows
    /// meanwhile can be looked at in peace.
    pub(crate) async fn start_with_slow_verification() -> Self {
        Self::start_with(false, false, &[]).await
    }

    async fn start_with(deliver_events: bool, admin: bool, settings: &[(&str, &str)]) -> Self {
        let mut options = Options {
            address: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            deliver_events,
            admin,
            ..Options::in_memory(root())
        };
        options.set(settings);
        let mut stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", portico::log::chain(&error)));
        let server = tokio::spawn(stack.serve(std::future::pending()));
        Self { stack, server }
    }

    /// Where S3 is reached.
    pub(crate) fn s3_url(&self) -> String {
        self.stack.s3_url()
    }

    /// Somebody with an empty browser.
    pub(crate) async fn visitor(&self) -> Person {
        Person::arrive(self.stack.url()).await
    }

    /// Somebody who has signed up as `name` and is logged in, at the home page.
    pub(crate) async fn member(&self, name: &str) -> Person {
        let mut person = self.visitor().await;
        person.goes_to("/signup").await;
        person.types("#id_email", &format!("{name}@example.com")).await;
        person.types("#id_username", name).await;
        person.types("#id_password1", PASSWORD).await;
        person.types("#id_password2", PASSWORD).await;
        person.presses("Create account").await;
        person.logs_in(name).await;
        person
    }

    /// Makes whoever signed up as `name` a superuser, as the command line does.
    pub(crate) async fn makes_superuser(&self, name: &str) {
        let app = self.stack.app();
        let store = app.store(Arc::default());
        let id = store.find_user(&Identifier::parse(name).unwrap()).await.unwrap().unwrap();
        let user = store.get_user(id).await.unwrap().unwrap();
        let (now, rng, actor) = (app.clock().now(), app.rng(), Actor::Command);
        let author = Author { actor, address: None, user_agent: None, now, witness: None, max_age: None, rng };
        user.change_privileges(&store, &author, |to| (to.is_staff, to.is_superuser) = (true, true)).await.unwrap();
    }

    /// Waits for the next file to arrive in S3 and has it looked at.
    pub(crate) async fn verify_upload(&self) {
        self.verify_next().await;
    }

    /// The same until a picture is published: an upload that was cancelled at its last bytes may have arrived all the
    /// same, and is not the one that is waited for.
    pub(crate) async fn verify_uploads(&self) {
        let published = async {
            let mut upload = self.verify_next().await;
            while !self.stack.objects().iter().any(|key| key.starts_with("media/") && key.contains(&upload)) {
                upload = self.verify_next().await;
            }
        };
        tokio::time::timeout(PATIENCE, published).await.expect("no picture came");
    }

    /// Gives the upload's id.
    async fn verify_next(&self) -> String {
        let event = self.stack.next_s3_event().await;
        let delivery = self.stack.deliver(&event).await;
        assert!(matches!(delivery, Delivery::Done), "the file was not looked at");
        event.key.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

/// Whatever a function was refused fails the test in which it was, also where the page shows nothing of it.
impl Drop for Site {
    fn drop(&mut self) {
        let denied = self.stack.roles().denied();
        assert!(std::thread::panicking() || denied.is_empty(), "{denied:#?}");
        self.server.abort();
    }
}

/// How long a picture may take to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
