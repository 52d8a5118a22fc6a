//! `permissions`: planned, applied, pruned; and every file that is none.

use std::path::PathBuf;

use manage::console::Console;
use manage::groups;
use manage::permissions::{Action, Args, What, run};
use manage::{Finished, Outcome};
use portico::store::Store;
use serde_json::{Value, json};

use super::{Folder, Script, whole, why};
use crate::site::{Site, author, group_deleted, root};

const FILE: &str = "[groups.\"Staff\"]\npermissions = [\"shop.view_order\", \"auth.view_user\"]\n\n[groups.Editors]\npermissions = []\n";

fn args(file: PathBuf, prune: bool, plan: bool) -> Args {
    let what = What { file: Some(file), prune };
    let action = if plan { Action::Plan(what) } else { Action::Apply(what) };
    Args { target: manage::site::Target::default(), action }
}

/// What a command says about a file with this text, and how it ends.
async fn say(site: &Site, text: &str, prune: bool, plan: bool) -> (Outcome, Script) {
    let folder = Folder::new();
    let file = folder.file("permissions.toml", text);
    let mut script = Script::nobody(&[]);
    (run(&args(file, prune, plan), &site.managed(), &mut script).await, script)
}

async fn plan(site: &Site, text: &str, prune: bool) -> (Finished, String) {
    let before = site.state();
    let (outcome, script) = say(site, text, prune, true).await;
    assert_eq!(site.state(), before, "a plan writes nothing");
    (outcome.unwrap(), script.said())
}

async fn apply(site: &Site, text: &str, prune: bool) -> (Finished, String) {
    let (outcome, script) = say(site, text, prune, false).await;
    (outcome.unwrap(), format!("{}{}", script.said(), script.warned()))
}

fn store(site: &Site) -> Store {
    site.stack.app().store(std::sync::Arc::default())
}

/// The permissions of a group, as they are stored.
async fn of(site: &Site, name: &str) -> Option<Vec<String>> {
    store(site).get_group(name).await.unwrap().map(|group| group.permissions)
}

/// Puts a group as it is after a change by somebody else.
fn put_group(site: &Site, name: &str, permissions: &[&str], version: u64) {
    let list: Vec<_> = permissions.iter().map(|name| json!({ "S": name })).collect();
    let pk = format!("GROUP#{name}");
    let item = json!({
        "PK": { "S": pk }, "SK": { "S": "GROUP" }, "name": { "S": name }, "permissions": { "L": list },
        "version": { "N": version.to_string() }, "listed_in": { "S": "GROUP#00" }, "listed_as": { "S": name },
    });
    site.put(&site.stack.app().config().tables.accounts, &item);
}

fn events(site: &Site) -> Vec<Value> {
    site.accounts().into_iter().filter(|item| item["SK"]["S"].as_str().unwrap().starts_with("EVENT#")).collect()
}

#[tokio::test]
async fn what_is_planned_is_applied_and_then_there_is_nothing_to_do() {
    let site = Site::start().await;
    let (finished, said) = plan(&site, FILE, false).await;
    let lines = "+ group Editors\n+ group Staff\n    + auth.view_user\n    + shop.view_order";
    assert_eq!(said, format!("{lines}\nTo create: 2, to change: 0, to delete: 0, as they should be: 0."));
    assert_eq!(finished, Finished::Pending);
    let applied = (Finished::Whole, format!("{lines}\nCreated: 2, changed: 0, deleted: 0."));
    assert_eq!(apply(&site, FILE, false).await, applied);
    assert_eq!(of(&site, "Staff").await.unwrap(), ["auth.view_user", "shop.view_order"]);
    assert_eq!(of(&site, "Editors").await.unwrap(), [""; 0]);
    let told = events(&site);
    assert_eq!(told.len(), 2, "one for each group: {told:?}");
    assert!(told.iter().all(|event| event["action"]["S"] == "group_created" && event["actor"]["S"] == "COMMAND"));

    let state = site.state();
    let nothing = "To create: 0, to change: 0, to delete: 0, as they should be: 2.".to_owned();
    assert_eq!(plan(&site, FILE, false).await, (Finished::Whole, nothing));
    assert_eq!(apply(&site, FILE, false).await.0, Finished::Whole);
    assert_eq!(site.state(), state, "a second time does nothing");

    let other = FILE.replace("auth.view_user", "audit.view_event");
    let (finished, said) = plan(&site, &other, true).await;
    assert_eq!(finished, Finished::Pending);
    assert!(said.starts_with("~ group Staff\n    + audit.view_event\n    - auth.view_user\n"), "{said}");
    apply(&site, &other, false).await;
    assert_eq!(of(&site, "Staff").await.unwrap(), ["audit.view_event", "shop.view_order"]);
    let changed: Vec<_> = events(&site).into_iter().filter(|event| event["action"]["S"] == "group_changed").collect();
    assert_eq!(changed.len(), 1, "one write of one group: {changed:?}");
}

#[tokio::test]
async fn what_the_file_does_not_name_is_told_and_pruned_where_nobody_uses_it() {
    let site = Site::start().await;
    site.member("kim@example.com").await;
    for name in ["Idle", "Used"] {
        put_group(&site, name, &["shop.add_order"], 1);
    }
    let add = groups::Action::Add { name: "Used".to_owned(), whom: "kim@example.com".to_owned() };
    let add = groups::Args { target: manage::site::Target::default(), action: add };
    assert!(whole(&groups::run(&add, &site.managed(), &mut Script::nobody(&[])).await));
    apply(&site, FILE, false).await;
    let (finished, said) = plan(&site, FILE, false).await;
    assert_eq!(finished, Finished::Whole, "apply would leave them alone");
    assert!(said.contains("? group Idle is not in the file; --prune") && said.contains("? group Used"), "{said}");

    let (finished, said) = plan(&site, FILE, true).await;
    assert_eq!(finished, Finished::Pending);
    assert!(said.contains("- group Idle\n? group Used is not in the file, and not deleted"), "{said}");
    let (finished, said) = apply(&site, FILE, true).await;
    assert_eq!(finished, Finished::InPart);
    assert!(said.contains("deleted: 1") && said.contains("? group Used"), "{said}");
    assert_eq!((of(&site, "Idle").await, of(&site, "Used").await.is_some()), (None, true));
    assert_eq!(plan(&site, FILE, true).await.0, Finished::Whole, "apply could do nothing more");
}

#[tokio::test]
async fn what_is_stored_and_not_declared_stays_until_it_is_pruned() {
    let site = Site::start().await;
    put_group(&site, "Editors", &["blog.add_post", "shop.add_order"], 3);
    let (_, said) = apply(&site, FILE, false).await;
    assert!(
        said.contains("~ group Editors\n    - shop.add_order\n    = blog.add_post, which is not declared"),
        "{said}"
    );
    assert_eq!(of(&site, "Editors").await.unwrap(), ["blog.add_post"]);
    let (finished, said) = plan(&site, FILE, false).await;
    assert_eq!(finished, Finished::Whole);
    assert!(said.starts_with("= group Editors\n    = blog.add_post"), "it is shown all the same: {said}");
    assert!(plan(&site, FILE, true).await.1.starts_with("~ group Editors\n    - blog.add_post"));
    apply(&site, FILE, true).await;
    assert_eq!(of(&site, "Editors").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_file_with_mistakes_changes_nothing_and_all_of_them_are_told() {
    let site = Site::start().await;
    let before = site.state();
    let text = concat!(
        "[groups.Staff]\npermissions = [\"shop.veiw_order\", 1]\n",
        "[groups.\" x\"]\npermissions = []\nmembers = []\n[others]\n",
    );
    for planned in [true, false] {
        let (outcome, script) = say(&site, text, true, planned).await;
        let failure = why(outcome);
        assert!(failure.ends_with("permissions.toml has 5 mistakes; nothing was changed"), "{failure}");
        for told in [
            "permissions.toml:2:16: \"shop.veiw_order\" is not declared; perhaps it is shop.view_order",
            "permissions.toml:2:35: a permission is a text, not an integer",
            "permissions.toml:3:9: \" x\" is no name of a group",
            "permissions.toml:5:1: unknown: \"members\"",
            "permissions.toml:6:2: unknown: \"others\"",
        ] {
            assert!(script.warned().contains(told), "{told}: {}", script.warned());
        }
    }
    let (outcome, script) = say(&site, "[groups.Staff]\npermissions = [\n\n[groups.Staff", false, false).await;
    assert!(why(outcome).contains("nothing was changed") && script.warned().contains("permissions.toml:"));
    let (outcome, _) = say(&site, "", false, true).await;
    assert!(whole(&outcome), "a file without groups is none with mistakes");
    let folder = Folder::new();
    let missing = args(folder.path("none.toml"), false, false);
    assert!(why(run(&missing, &site.managed(), &mut Script::nobody(&[])).await).contains("cannot be read"));
    let latin = args(folder.file("latin.toml", b"# caf\xe9\n"), false, false);
    assert!(why(run(&latin, &site.managed(), &mut Script::nobody(&[])).await).contains("not UTF-8"));
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn more_permissions_than_there_may_be_are_refused() {
    let settings = vec![("PERMISSIONS_MAX".to_owned(), "1".to_owned())];
    let site = Site::start_with(|options| options.settings = settings).await;
    let (outcome, script) = say(&site, FILE, false, false).await;
    assert!(why(outcome).contains("nothing was changed"));
    assert!(script.warned().contains("2 permissions; a group has 1 at most (PERMISSIONS_MAX)"), "{}", script.warned());
    put_group(&site, "Staff", &["blog.add_post"], 0);
    let one = "[groups.Staff]\npermissions = [\"shop.view_order\"]\n";
    assert!(why(say(&site, one, false, false).await.0).contains("it would have 2, and 1 are allowed"));
    assert_eq!(apply(&site, one, true).await.0, Finished::Whole);
    assert_eq!(of(&site, "Staff").await.unwrap(), ["shop.view_order"]);
}

/// Somebody who changes a group at the moment at which another one was written.
struct Meddler<'a> {
    script: Script,
    meddle: Option<Box<dyn FnOnce() + 'a>>,
}

impl Console for Meddler<'_> {
    fn answers(&self) -> bool {
        false
    }

    fn say(&mut self, line: &str) {
        if let Some(meddle) = self.meddle.take() {
            meddle();
        }
        self.script.say(line);
    }

    fn warn(&mut self, line: &str) {
        self.script.warn(line);
    }

    fn ask(&mut self, question: &str) -> std::io::Result<String> {
        self.script.ask(question)
    }

    fn ask_secretly(&mut self, question: &str) -> std::io::Result<String> {
        self.script.ask_secretly(question)
    }

    fn line(&mut self) -> std::io::Result<String> {
        self.script.line()
    }
}

async fn apply_while(site: &Site, meddle: impl FnOnce()) -> (Finished, String) {
    let folder = Folder::new();
    let file = folder.file("permissions.toml", FILE);
    let mut console = Meddler { script: Script::nobody(&[]), meddle: Some(Box::new(meddle)) };
    let finished = run(&args(file, false, false), &site.managed(), &mut console).await.unwrap();
    (finished, console.script.said())
}

#[tokio::test]
async fn a_group_that_changes_meanwhile_is_planned_anew() {
    let site = Site::start().await;
    // Made by somebody else, with something else, after it was planned to make it.
    let (finished, said) = apply_while(&site, || put_group(&site, "Staff", &["shop.add_order"], 1)).await;
    assert_eq!(finished, Finished::Whole);
    assert!(
        said.contains("~ group Staff\n    + auth.view_user\n    + shop.view_order\n    - shop.add_order"),
        "{said}"
    );
    assert_eq!(of(&site, "Staff").await.unwrap(), ["auth.view_user", "shop.view_order"]);

    // Changed by somebody else, after it was planned to change it otherwise.
    put_group(&site, "Editors", &["shop.add_order"], 4);
    put_group(&site, "Staff", &["shop.view_order"], 7);
    let meddle = || put_group(&site, "Staff", &["shop.view_order", "shop.delete_order"], 8);
    let (finished, said) = apply_while(&site, meddle).await;
    assert_eq!(finished, Finished::Whole);
    assert!(said.contains("    - shop.delete_order"), "{said}");
    assert_eq!(of(&site, "Staff").await.unwrap(), ["auth.view_user", "shop.view_order"]);

    // Brought about by somebody else.
    put_group(&site, "Editors", &["shop.add_order"], 4);
    put_group(&site, "Staff", &[], 9);
    let meddle = || put_group(&site, "Staff", &["auth.view_user", "shop.view_order"], 10);
    let (finished, said) = apply_while(&site, meddle).await;
    assert_eq!(finished, Finished::Whole);
    assert!(said.contains("= group Staff") && said.contains("changed: 1,"), "{said}");
}

#[tokio::test]
async fn a_group_that_is_just_being_deleted_is_told_and_the_others_are_made() {
    let site = Site::start().await;
    put_group(&site, "Editors", &[], 0);
    store(&site).end_group("Editors", None, &group_deleted("Editors")).await.unwrap();
    let (finished, said) = apply(&site, FILE, true).await;
    assert_eq!(finished, Finished::InPart);
    assert!(said.contains("group Editors is just being deleted"), "{said}");
    assert!(of(&site, "Staff").await.is_some());
    portico::permissions::groups::delete(&store(&site), &author(), "Editors").await.unwrap();
    assert_eq!(apply(&site, FILE, true).await.0, Finished::Whole);
}

#[tokio::test]
async fn the_file_that_the_project_has_can_be_applied_and_every_permission_is_listed_with_its_words() {
    let site = Site::start().await;
    let mut script = Script::nobody(&[]);
    assert!(whole(&run(&args(root().join("permissions.toml"), false, false), &site.managed(), &mut script).await));
    assert_eq!(of(&site, "Staff").await.unwrap(), ["shop.view_order"]);
    let list = Args { target: manage::site::Target::default(), action: Action::List };
    let mut script = Script::nobody(&[]);
    assert!(whole(&run(&list, &site.managed(), &mut script).await));
    let said = script.said();
    assert_eq!(said.lines().count(), portico::permissions::Permission::all().count());
    assert!(
        said.lines().any(|line| line.starts_with("shop.view_order ") && line.ends_with("  Can view orders")),
        "{said}"
    );
}
