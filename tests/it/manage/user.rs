//! `user`: flags, permissions and groups of an account; and the superuser whom a site keeps.

use manage::user::{Action, Args, Grant, run};
use manage::{Outcome, deactivate};
use serde_json::json;

use super::{Script, whole, why};
use crate::site::Site;

async fn user(site: &Site, action: Action) -> (Outcome, Script) {
    let mut script = Script::nobody(&[]);
    let args = Args { target: manage::site::Target::default(), action };
    (run(&args, &site.managed(), &mut script).await, script)
}

async fn said(site: &Site, action: Action) -> String {
    let (outcome, script) = user(site, action).await;
    assert!(whole(&outcome), "{outcome:?}");
    format!("{}{}", script.said(), script.warned())
}

async fn refused(site: &Site, action: Action) -> String {
    let before = site.state();
    let why = why(user(site, action).await.0);
    assert_eq!(site.state(), before);
    why
}

fn of(whom: &str, permissions: &[&str]) -> Grant {
    let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
    Grant { whom: whom.to_owned(), permissions, ..Grant::default() }
}

fn revoke(grant: Grant) -> Action {
    Action::Revoke { grant, force: false }
}

fn show(whom: &str) -> Action {
    Action::Show { whom: whom.to_owned() }
}

async fn make_superuser(site: &Site, whom: &str) {
    said(site, Action::Grant(Grant { superuser: true, ..of(whom, &[]) })).await;
}

#[tokio::test]
async fn an_account_is_given_permissions_flags_and_groups_and_loses_them_again() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let whom = "kim@example.com";
    store(&site, "Staff", "shop.view_order").await;
    said(&site, Action::Grant(of(whom, &["shop.view_order", "shop.add_order"]))).await;
    said(&site, Action::Grant(Grant { staff: true, ..of(whom, &[]) })).await;
    let add = Action::Add { whom: whom.to_owned(), group: "Staff".to_owned() };
    assert!(said(&site, add.clone()).await.contains("is in Staff"));
    assert!(said(&site, add).await.contains("already"));
    assert_eq!(said(&site, Action::Groups { whom: whom.to_owned() }).await, "Staff");
    let shown = said(&site, show(whom)).await;
    let expected = [
        format!("kim@example.com ({})", kim.id.as_str().unwrap()),
        "email_verified: no\nis_active: yes\nis_staff: yes\nis_superuser: no\ngroups:\n    Staff".to_owned(),
        "own permissions:\n    shop.add_order\n    shop.view_order".to_owned(),
        "all permissions:\n    shop.add_order\n    shop.view_order".to_owned(),
    ];
    assert_eq!(shown, expected.join("\n"));
    assert!(said(&site, Action::Grant(of(whom, &["shop.add_order"]))).await.contains("has already: shop.add_order"));

    let told = said(&site, revoke(of(whom, &["shop.add_order", "shop.view_order"]))).await;
    assert!(told.contains("It still has shop.view_order by a group."), "{told}");
    assert!(!told.contains("still has shop.add_order"), "{told}");
    said(&site, revoke(Grant { staff: true, ..of(whom, &[]) })).await;
    said(&site, Action::Remove { whom: whom.to_owned(), group: "Staff".to_owned() }).await;
    let shown = said(&site, show(whom)).await;
    assert!(shown.contains("is_staff: no") && shown.contains("groups: none\nown permissions: none\nall"), "{shown}");
    assert!(said(&site, Action::Groups { whom: whom.to_owned() }).await.contains("in no group"));
}

async fn store(site: &Site, name: &str, permission: &str) {
    let store = site.stack.app().store(std::sync::Arc::default());
    let name = portico::permissions::GroupName::parse(name).unwrap();
    let permission = portico::permissions::Permission::parse(permission).unwrap();
    let author = crate::site::author();
    portico::permissions::groups::create_permitting(&store, &author, &name, &[permission]).await.unwrap();
}

#[tokio::test]
async fn what_is_not_declared_is_not_granted_but_can_be_revoked() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let whom = "kim@example.com";
    let why = refused(&site, Action::Grant(of(whom, &["shop.veiw_order", "x", "shop.add_order"]))).await;
    assert!(why.contains("perhaps it is shop.view_order\n\"x\" is not declared"), "{why}");
    assert!(refused(&site, revoke(of(whom, &["blog.add_post"]))).await.contains("not declared"));
    assert!(refused(&site, Action::Grant(of("nobody@example.com", &["shop.add_order"]))).await.contains("no account"));
    assert!(refused(&site, show("nobody@example.com")).await.contains("no account"));
    site.amend(&kim.id, "user_permissions", json!({ "L": [{ "S": "blog.add_post" }] }));
    site.amend(&kim.id, "groups", json!({ "L": [{ "S": "gone" }] }));
    let shown = said(&site, show(whom)).await;
    assert!(shown.contains("gone  (there is no such group)") && shown.contains("add_post  (not declared"), "{shown}");
    said(&site, revoke(of(whom, &["blog.add_post"]))).await;
    assert!(site.user(&kim.id)["user_permissions"].is_null());
}

#[tokio::test]
async fn an_account_has_no_more_permissions_of_its_own_than_it_may() {
    let settings = vec![("PERMISSIONS_MAX".to_owned(), "1".to_owned())];
    let site = Site::start_with(|options| options.settings = settings).await;
    site.member("kim@example.com").await;
    said(&site, Action::Grant(of("kim@example.com", &["shop.view_order"]))).await;
    let why = refused(&site, Action::Grant(of("kim@example.com", &["shop.add_order"]))).await;
    assert!(why.contains("1 are allowed (PERMISSIONS_MAX)"), "{why}");
    said(&site, Action::Grant(of("kim@example.com", &["shop.view_order"]))).await;
}

async fn set_inactive(site: &Site, whom: &str, force: bool) -> Outcome {
    let args = deactivate::Args { whom: whom.to_owned(), force, ..deactivate::Args::default() };
    deactivate::run(&args, &site.managed(), &mut Script::nobody(&[])).await
}

#[tokio::test]
async fn the_last_active_superuser_stays_one_unless_that_is_forced() {
    let site = Site::start().await;
    for email in ["kim@example.com", "lee@example.com", "staff@example.com"] {
        site.member(email).await;
    }
    said(&site, Action::Grant(Grant { staff: true, ..of("staff@example.com", &[]) })).await;
    make_superuser(&site, "kim@example.com").await;
    let resign = |force| {
        let grant = Grant { superuser: true, ..of("kim@example.com", &[]) };
        Action::Revoke { grant, force }
    };
    assert!(refused(&site, resign(false)).await.contains("kim@example.com is the last active superuser"));
    assert!(why(set_inactive(&site, "kim@example.com", false).await).contains("last active superuser"));
    let staff = Grant { staff: true, ..of("kim@example.com", &[]) };
    said(&site, revoke(staff)).await;

    // Another one who cannot log in does not count.
    make_superuser(&site, "lee@example.com").await;
    assert!(whole(&set_inactive(&site, "lee@example.com", false).await));
    assert!(refused(&site, resign(false)).await.contains("last active"));
    let args = deactivate::Args { whom: "lee@example.com".into(), activate: true, ..Default::default() };
    assert!(whole(&deactivate::run(&args, &site.managed(), &mut Script::nobody(&[])).await));
    said(&site, resign(false)).await;
    assert!(why(set_inactive(&site, "lee@example.com", false).await).contains("lee@example.com is the last"));
    assert!(whole(&set_inactive(&site, "lee@example.com", true).await));
    make_superuser(&site, "kim@example.com").await;
    said(&site, resign(true)).await;
    assert!(said(&site, show("kim@example.com")).await.contains("is_superuser: no"));
}

#[tokio::test]
async fn of_two_superusers_who_resign_at_the_same_moment_one_stays() {
    let site = Site::start().await;
    for email in ["kim@example.com", "lee@example.com"] {
        site.member(email).await;
        make_superuser(&site, email).await;
    }
    let resign = |whom: &str| user(&site, revoke(Grant { superuser: true, ..of(whom, &[]) }));
    let ((kim, _), (lee, _)) = tokio::join!(resign("kim@example.com"), resign("lee@example.com"));
    assert_eq!([kim, lee].iter().filter(|outcome| whole(outcome)).count(), 1);
    let left = ["kim@example.com", "lee@example.com"].map(|email| site.user_of(email)["is_superuser"]["BOOL"].clone());
    assert!(left.contains(&json!(true)), "{left:?}");
}
