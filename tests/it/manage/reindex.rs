//! `reindex`: lists and memberships of an earlier version's data, and of what a fault has left.

use std::path::Path;

use local::dynamodb::DynamoDb;
use manage::reindex::{Args, run};
use manage::site::Site as Managed;
use manage::{Finished, groups};
use portico::store::listing::{Listing, Order};
use serde_json::{Value, json};

use super::{Folder, Script};
use crate::site::{Site, group_deleted, root};

async fn reindex(site: &Managed) -> String {
    let mut script = Script::nobody(&[]);
    let finished = run(&Args::default(), site, &mut script).await.unwrap();
    assert_eq!(finished, Finished::Whole, "{}", script.warned());
    script.said()
}

async fn names(site: &Managed, listing: Listing) -> Vec<String> {
    let (entries, _) = site.store().listed(listing, "", None, 100, Order::First).await.unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}

/// Accounts of every kind, in two groups.
async fn people(site: &Site) {
    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": crate::site::PASSWORD, "password2": crate::site::PASSWORD });
    assert_eq!(site.program().post_json("/signup", body).await.status, 201);
    for email in ["lee@example.com", "max@example.com"] {
        site.program().sign_up(email).await;
    }
    let store = site.stack.app().store(std::sync::Arc::default());
    let author = crate::site::author();
    for name in ["Editors", "Staff"] {
        let name = portico::permissions::GroupName::parse(name).unwrap();
        portico::permissions::groups::create(&store, &author, &name).await.unwrap();
    }
    for (email, group) in [("kim@example.com", "Staff"), ("kim@example.com", "Editors"), ("lee@example.com", "Staff")] {
        let user = site.managed().find(email).await.unwrap();
        user.add_to_group(&store, &author, group).await.unwrap();
    }
    let user = site.managed().find("kim@example.com").await.unwrap();
    user.change_privileges(&store, &author, |to| to.is_superuser = true).await.unwrap();
    let user = site.managed().find("max@example.com").await.unwrap();
    user.change_privileges(&store, &author, |to| to.is_active = false).await.unwrap();
}

/// Takes from every item what an earlier version did not write.
fn forget(site: &Site) {
    let table = site.stack.app().config().tables.accounts.clone();
    for mut item in site.accounts() {
        if item["SK"]["S"].as_str().unwrap().starts_with("MEMBER#") {
            delete(site, &table, &item);
            continue;
        }
        let attributes = item.as_object_mut().unwrap();
        if attributes.remove("listed_in").is_some() {
            attributes.remove("listed_as");
            site.put(&table, &item);
        }
    }
}

fn delete(site: &Site, table: &str, item: &Value) {
    let request = json!({ "TableName": table, "Key": { "PK": item["PK"], "SK": item["SK"] } });
    site.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
}

/// Without the events, of which an earlier version had none.
fn state(site: &Site) -> Vec<String> {
    site.state().into_iter().filter(|item| !item.contains("EVENT#")).collect()
}

#[tokio::test]
async fn what_an_earlier_version_did_not_write_is_written_by_one_pass() {
    let site = Site::start().await;
    people(&site).await;
    let before = state(&site);
    let managed = site.managed();
    let told = reindex(&managed).await;
    assert!(told.ends_with("listed: 0, memberships entered: 0, removed: 0."), "nothing to do: {told}");
    forget(&site);
    assert!(names(&managed, Listing::Emails).await.is_empty());
    let told = reindex(&managed).await;
    assert!(told.ends_with("listed: 8, memberships entered: 3, removed: 0."), "{told}");
    assert_eq!(state(&site), before);
    assert_eq!(names(&managed, Listing::Emails).await, ["kim@example.com", "lee@example.com", "max@example.com"]);
    assert_eq!(names(&managed, Listing::Usernames).await, ["kim"]);
    assert_eq!(names(&managed, Listing::Groups).await, ["Editors", "Staff"]);
    assert_eq!(names(&managed, Listing::Staff).await.len(), 1);
    assert_eq!(names(&managed, Listing::Inactive).await.len(), 1);
    let told = reindex(&managed).await;
    assert!(told.ends_with("listed: 0, memberships entered: 0, removed: 0."), "{told}");
}

#[tokio::test]
async fn what_is_wrong_is_put_right_and_what_is_right_otherwise_left_alone() {
    let site = Site::start().await;
    people(&site).await;
    let store = site.stack.app().store(std::sync::Arc::default());
    store.end_group("Editors", None, &group_deleted("Editors")).await.unwrap();
    let before = state(&site);
    let table = site.stack.app().config().tables.accounts.clone();
    let (kim, lee) = (site.user_of("kim@example.com"), site.user_of("lee@example.com"));
    // Somebody is listed as what they are not; members who are none: of a user, of nobody, of a group that is none.
    let mut odd = lee.clone();
    odd["listed_in"] = json!({ "S": "STAFF#00" });
    odd["listed_as"] = lee["id"].clone();
    site.put(&table, &odd);
    let mut odd = kim.clone();
    odd["listed_in"] = json!({ "S": "INACTIVE#00" });
    site.put(&table, &odd);
    let nobody = "01931a2b-0000-7000-8000-000000000000";
    for (group, id) in [("Editors", lee["id"]["S"].as_str().unwrap()), ("Staff", nobody), ("Void", nobody)] {
        site.put(&table, &json!({ "PK": { "S": format!("GROUP#{group}") }, "SK": { "S": format!("MEMBER#{id}") } }));
    }
    let told = reindex(&site.managed()).await;
    assert!(told.ends_with("listed: 2, memberships entered: 0, removed: 3."), "{told}");
    assert_eq!(state(&site), before);
}

#[tokio::test]
async fn an_account_that_is_deleted_is_in_no_list_and_in_no_group() {
    let site = Site::start().await;
    people(&site).await;
    let store = site.stack.app().store(std::sync::Arc::default());
    let user = site.managed().find("lee@example.com").await.unwrap();
    let event = crate::site::author().of_user(portico::audit::Action::UserDeleted, &user);
    store.delete_user(&user, None, &[], &event).await.unwrap();
    assert!(reindex(&site.managed()).await.ends_with("listed: 0, memberships entered: 0, removed: 1."));
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_told_and_left_alone() {
    let site = Site::start().await;
    people(&site).await;
    let mut odd = site.user_of("lee@example.com");
    odd["version"] = json!({ "S": "not a number" });
    site.put(&site.stack.app().config().tables.accounts, &odd);
    forget(&site);
    let mut script = Script::nobody(&[]);
    let finished = run(&Args::default(), &site.managed(), &mut script).await.unwrap();
    assert_eq!(finished, Finished::InPart);
    assert!(script.warned().contains(odd["PK"]["S"].as_str().unwrap()), "{}", script.warned());
    assert!(script.said().ends_with("listed: 8, memberships entered: 2, removed: 0."), "{}", script.said());
    assert_eq!(site.user_of("lee@example.com"), odd);
}

async fn open(data: &Path) -> Managed {
    Managed::in_folder(&root(), data).await.unwrap_or_else(|failure| panic!("{}", failure.message()))
}

#[tokio::test]
async fn a_data_folder_of_a_version_without_the_index_starts_and_lists_its_users_once_it_is_reindexed() {
    let folder = Folder::new();
    let data = folder.path("data");
    let donor = Site::start().await;
    people(&donor).await;
    forget(&donor);
    {
        std::fs::create_dir(&data).unwrap();
        let mut tables = donor.stack.template().tables.clone();
        for table in &mut tables {
            table.indexes.clear();
            table.ttl_attribute = table.ttl_attribute.take().filter(|name| name != "audited_until");
        }
        let old = DynamoDb::start(Some(&local::Folder::database_in(&data)), &tables).unwrap();
        let table = donor.stack.app().config().tables.accounts.clone();
        for item in donor.accounts() {
            let request = json!({ "TableName": table, "Item": item });
            old.database().put_item(serde_json::from_value(request).unwrap()).unwrap();
        }
    }
    let site = open(&data).await;
    assert!(names(&site, Listing::Emails).await.is_empty());
    assert!(reindex(&site).await.ends_with("listed: 8, memberships entered: 3, removed: 0."));
    assert_eq!(names(&site, Listing::Emails).await.len(), 3);
    let list = groups::Args { target: manage::site::Target::default(), action: groups::Action::List };
    let mut script = Script::nobody(&[]);
    groups::run(&list, &site, &mut script).await.unwrap();
    assert_eq!(script.said(), "Editors  1 in it\nStaff  2 in it");
    drop(site);
    assert_eq!(names(&open(&data).await, Listing::Groups).await, ["Editors", "Staff"], "also at the next start");
}
