//! A whole system for one test, and the people who visit it.

mod answer;
pub(crate) mod faults;
mod gate;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod mail;
mod own_routes;
pub(crate) mod pictures;
mod privileges;
mod rights;
pub(crate) mod s3;
mod store;
pub(crate) mod uploading;
mod visitor;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local::{Options, Stack};
use portico::audit::{Action, Actor, Author, Event, Subject};
use portico::clock::TestClock;
use portico::rng::SystemRng;

pub(crate) use answer::Answer;
pub(crate) use faults::{Fault, Faults};
pub(crate) use gate::Gate;
use rights::Rights;

pub(crate) use own_routes::Sent;
pub(crate) use visitor::Visitor;

/// A password that the rules accept.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running system of one test.
pub(crate) struct Site {
    /// The system.
    pub(crate) stack: Stack,
    /// Its clock: `site.clock.advance(..)` lets things expire.
    pub(crate) clock: Arc<TestClock>,
    _rights: Rights,
}

impl Site {
    /// Starts a system with the template's settings.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a system with other options, e.g. `options.settings`, `options.deliver_events`, `options.http_client`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        log::capture();
        let clock = Arc::new(TestClock::default());
        let mut options = Options::in_memory(root());
        options.clock = clock.clone();
        change(&mut options);
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", portico::log::chain(&error)));
        let rights = Rights::of(stack.roles());
        Self { stack, clock, _rights: rights }
    }

    /// Starts a system whose calls to AWS can be made to fail. S3's events are delivered by hand, the calls up to now
    /// are forgotten.
    pub(crate) async fn with_faults(settings: &[(&str, &str)]) -> (Self, Faults) {
        let faults = Faults::default();
        let site = Self::start_with(|options| {
            options.http_client = Some(faults.client());
            options.deliver_events = false;
            options.set(settings);
        })
        .await;
        faults.clear();
        (site, faults)
    }

    /// Starts a system whose S3 events are delivered by hand.
    pub(crate) async fn by_hand() -> Self {
        Self::by_hand_with(&[]).await
    }

    /// The same with other settings.
    pub(crate) async fn by_hand_with(settings: &[(&str, &str)]) -> Self {
        Self::start_with(|options| {
            options.deliver_events = false;
            options.set(settings);
        })
        .await
    }

    /// The site's time, epoch seconds.
    pub(crate) fn clock_now(&self) -> i64 {
        portico::clock::Clock::now(&*self.clock).as_second()
    }

    /// Starts a further process of the same system: over the same tables, by the same clock, with other settings.
    pub(crate) async fn beside(&self, settings: &[(&str, &str)]) -> Self {
        let mut site = Self::start_with(|options| {
            options.tables = Some(self.stack.dynamodb().clone());
            options.clock = self.clock.clone();
            options.set(settings);
        })
        .await;
        site.clock = self.clock.clone();
        site
    }

    /// Somebody with an empty browser, who reads HTML.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor::new(self)
    }

    /// A program, which speaks JSON.
    pub(crate) fn program(&self) -> Visitor<'_> {
        Visitor::new(self).json()
    }

    /// Somebody who has signed up with this address and is logged in, and reads HTML.
    pub(crate) async fn member(&self, email: &str) -> Visitor<'_> {
        let mut visitor = self.program();
        visitor.sign_up(email).await;
        let user = visitor.log_in(email).await;
        visitor.id = user["id"].clone();
        visitor.html()
    }

    /// The value of an attribute of an item, as `DynamoDB`'s JSON, straight from the store.
    pub(crate) fn stored(&self, table: &str, pk: &str, sk: &str) -> Option<serde_json::Value> {
        let request = serde_json::json!({ "TableName": table, "Key": { "PK": { "S": pk }, "SK": { "S": sk } } });
        let request = serde_json::from_value(request).unwrap();
        let response = self.stack.dynamodb().database().get_item(request).unwrap();
        let item = serde_json::to_value(response).unwrap();
        item.get("Item").filter(|item| !item.is_null()).cloned()
    }

    /// Every item of a table.
    pub(crate) fn items(&self, table: &str) -> Vec<serde_json::Value> {
        let request = serde_json::from_value(serde_json::json!({ "TableName": table })).unwrap();
        let response = self.stack.dynamodb().database().scan(request).unwrap();
        let response = serde_json::to_value(response).unwrap();
        response["Items"].as_array().cloned().unwrap_or_default()
    }
}

/// Whoever works on the tables of a test.
pub(crate) fn author() -> Author<'static> {
    let (address, user_agent, witness, max_age) = (None, None, None, None);
    Author {
        actor: Actor::Command,
        address,
        user_agent,
        now: jiff::Timestamp::now(),
        witness,
        max_age,
        rng: &SystemRng,
    }
}

/// That a group was deleted.
pub(crate) fn group_deleted(name: &str) -> Event {
    author().event(Action::GroupDeleted, Subject::Group(name.to_owned()))
}

/// The project's folder with another template: for `options.root`. It ends with what is given.
pub(crate) fn with_template(change: impl FnOnce(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "template.yaml" {
            std::os::unix::fs::symlink(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let changed = change(template.clone());
    assert_ne!(changed, template, "the template has changed meanwhile");
    std::fs::write(folder.path().join("template.yaml"), changed).unwrap();
    folder
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("template.yaml").is_file()).expect("the tests are below template.yaml").to_owned()
}
