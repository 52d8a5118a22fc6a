//! The administration at `/admin`.

mod authority;
mod directory;
mod door;
mod groups;
mod people;
mod trail;

use serde_json::{Value, json};

use crate::site::{Answer, Faults, Site, Visitor};

/// A site with the administration on, where nothing is counted against anybody, with further settings.
pub(crate) async fn site_with(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.admin = true;
        options.settings = vec![("THROTTLE_ENABLED".into(), "false".into())];
        options.set(settings);
    })
    .await
}

async fn site() -> Site {
    site_with(&[]).await
}

/// The same, whose calls to AWS are noted and can be made to fail.
async fn site_with_faults() -> (Site, Faults) {
    let faults = Faults::default();
    let site = Site::start_with(|options| {
        options.admin = true;
        options.http_client = Some(faults.client());
        options.settings = vec![("THROTTLE_ENABLED".into(), "false".into())];
    })
    .await;
    faults.clear();
    (site, faults)
}

impl Site {
    /// A superuser who has just logged in, and speaks JSON.
    async fn root(&self, email: &str) -> Visitor<'_> {
        let root = self.member(email).await;
        self.raise(&root, |to| (to.is_staff, to.is_superuser) = (true, true)).await;
        root.json()
    }

    /// A member of staff with these permissions, likewise.
    async fn staff(&self, email: &str, permissions: &[&str]) -> Visitor<'_> {
        let staff = self.member(email).await;
        self.raise(&staff, |to| {
            to.is_staff = true;
            to.user_permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
        })
        .await;
        staff.json()
    }
}

/// Where an account is administered.
fn at(member: &Visitor<'_>, rest: &str) -> String {
    format!("/admin/users/{}{rest}", member.id.as_str().unwrap())
}

/// The version of an account.
async fn version(root: &mut Visitor<'_>, member: &Visitor<'_>) -> Value {
    root.get(&at(member, "")).await.json()["account"]["version"].clone()
}

/// Changes what a member may; what is not named stays.
async fn change(root: &mut Visitor<'_>, member: &Visitor<'_>, mut body: Value) -> Answer {
    if body["version"].is_null() {
        body["version"] = version(root, member).await;
    }
    root.post_json(&at(member, "/privileges"), body).await
}

/// Makes a group with these permissions. Gives its address.
async fn group(root: &mut Visitor<'_>, name: &str, permissions: &[&str]) -> String {
    let made = root.post_json("/admin/groups", json!({ "name": name })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let address = made.json()["next"].as_str().unwrap().to_owned();
    let body = json!({ "version": 0, "permissions": permissions });
    assert_eq!(root.post_json(&format!("{address}/permissions"), body).await.status, 200);
    address
}
