//! `groups`: made, filled, listed, emptied, deleted.

use manage::groups::{Action, Args, run};
use manage::{Finished, Outcome};
use serde_json::{Value, json};

use super::{Script, why};
use crate::site::{Site, group_deleted};

async fn groups(site: &Site, action: Action) -> (Outcome, String) {
    let mut script = Script::nobody(&[]);
    let args = Args { target: manage::site::Target::default(), action };
    (run(&args, &site.managed(), &mut script).await, script.said())
}

async fn done(site: &Site, action: Action) -> String {
    let (outcome, said) = groups(site, action).await;
    assert!(matches!(outcome, Ok(Finished::Whole)), "{outcome:?}");
    said
}

async fn refused(site: &Site, action: Action) -> String {
    why(groups(site, action).await.0)
}

fn create(name: &str) -> Action {
    Action::Create { name: name.to_owned() }
}

fn delete(name: &str) -> Action {
    Action::Delete { name: name.to_owned() }
}

fn add(name: &str, whom: &str) -> Action {
    Action::Add { name: name.to_owned(), whom: whom.to_owned() }
}

fn remove(name: &str, whom: &str) -> Action {
    Action::Remove { name: name.to_owned(), whom: whom.to_owned() }
}

/// The groups of a user, as they are stored.
fn of(site: &Site, id: &Value) -> Value {
    site.user(id)["groups"].clone()
}

#[tokio::test]
async fn a_group_is_made_filled_emptied_and_listed() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    assert_eq!(done(&site, Action::List).await, "There is no group.");
    done(&site, create("editors")).await;
    done(&site, create("All of us")).await;
    assert_eq!(refused(&site, create("Editors")).await, "there is a group that looks like Editors");
    assert!(refused(&site, create("editors")).await.contains("there is a group editors already"));
    assert!(done(&site, add("editors", "kim@example.com")).await.contains("is in editors"));
    done(&site, add("All of us", "kim@example.com")).await;
    assert!(done(&site, add("editors", "kim@example.com")).await.contains("already"), "once is enough");
    assert_eq!(of(&site, &kim.id), json!({ "L": [{ "S": "All of us" }, { "S": "editors" }] }));
    assert_eq!(done(&site, Action::List).await, "All of us  1 in it\neditors  1 in it");
    assert!(done(&site, remove("editors", "kim@example.com")).await.contains("no more in"));
    assert!(done(&site, remove("editors", "kim@example.com")).await.contains("not in"));
    done(&site, remove("All of us", "kim@example.com")).await;
    assert_eq!(of(&site, &kim.id), Value::Null);
    assert_eq!(done(&site, Action::List).await, "All of us  0 in it\neditors  0 in it");
}

#[tokio::test]
async fn what_is_no_group_and_no_account_is_told_and_changes_nothing() {
    let site = Site::start().await;
    site.member("kim@example.com").await;
    done(&site, create("editors")).await;
    let before = site.state();
    for name in ["", " ", " x", "a\nb", "a\u{0}", &"x".repeat(151)] {
        assert!(refused(&site, create(name)).await.contains("no name of a group"), "{name:?}");
    }
    assert!(refused(&site, create("editors")).await.contains("already"));
    assert!(refused(&site, add("readers", "kim@example.com")).await.contains("no group"));
    assert!(refused(&site, delete("readers")).await.contains("no group"));
    assert!(refused(&site, add("editors", "nobody@example.com")).await.contains("no account"));
    assert_eq!(site.state(), before);
}

/// What is stored, but for the audit trail and the counts of changes.
fn left(site: &Site) -> Vec<Value> {
    let mut items = site.accounts();
    items.retain(|item| !item["PK"]["S"].as_str().unwrap().starts_with("AUDIT#"));
    for item in &mut items {
        item.as_object_mut().unwrap().remove("version");
    }
    items
}

#[tokio::test]
async fn a_group_that_is_deleted_has_no_members_and_a_deletion_that_was_cut_off_is_completed() {
    let site = Site::start().await;
    let (kim, _lee) = (site.member("kim@example.com").await, site.member("lee@example.com").await);
    done(&site, create("readers")).await;
    done(&site, add("readers", "kim@example.com")).await;
    let before = left(&site);
    for begun in [false, true] {
        done(&site, create("editors")).await;
        done(&site, add("editors", "kim@example.com")).await;
        let store = site.stack.app().store(std::sync::Arc::default());
        if begun {
            store.end_group("editors", None, &group_deleted("editors")).await.unwrap();
            assert!(store.get_group("editors").await.unwrap().is_none(), "one that is being deleted is none");
            assert_eq!(done(&site, Action::List).await, "readers  1 in it");
            assert!(refused(&site, add("editors", "lee@example.com")).await.contains("no group"));
            assert!(refused(&site, create("editors")).await.contains("not deleted to its end"));
        }
        assert!(done(&site, delete("editors")).await.contains("1 were in it"));
        assert_eq!(left(&site), before, "{begun}");
        assert_eq!(of(&site, &kim.id), json!({ "L": [{ "S": "readers" }] }));
        assert!(refused(&site, delete("editors")).await.contains("no group"));
    }
}
