//! What the addresses name: real objects of the owner's, whom they are shared with, and what is under way.

use portico::administration::GroupHandle;
use portico::site::shop;
use serde_json::{Value, json};

use super::people::{People, Role};
use crate::media::ask_for_text;
use crate::site::{Answer, Site, pictures};

/// The least that S3 takes as a part that is not the last: more is sent in parts.
pub(super) const PART: usize = 5_242_880;

/// A group with the owner in it.
const GROUP: &str = "Readers";

/// What was made.
pub(super) struct Objects {
    /// A picture of the owner's.
    file: String,
    /// Whom it is shared with, beside the roles.
    grant: String,
    /// A link to it.
    link: String,
    /// The owner.
    user: String,
    /// A session of the owner's, other than the one that asks.
    session: String,
    /// An order.
    order: String,
}

impl Objects {
    pub(super) async fn make(site: &Site, people: &mut People<'_>) -> Self {
        let mut superuser = people.visitor(Role::Superuser).clone().json();
        let order = superuser.post_json("/staff/orders", json!({ "customer": "Lee", "what": "A hat" })).await;
        let order = text(&created(&order)["order"]["id"]);

        let owner = people.visitor(Role::Owner);
        let picture = pictures::picture(600, 400, image::ImageFormat::Png);
        let file = owner.send_file("image", "a.png", "image/png", &picture).await;
        site.deliver_next().await;
        assert_eq!(owner.state(&file).await["state"], "ready");
        let mut owner = owner.clone().json();
        let mut grant = String::new();
        for (email, verb) in [
            (Role::Viewer.email(), "view"),
            (Role::Editor.email(), "edit"),
            (Role::Manager.email(), "manage"),
            ("nobody@example.com".to_owned(), "view"),
        ] {
            let body = json!({ "email": email, "verb": verb });
            grant = text(&created(&owner.post_json(&format!("/media/{file}/grants"), body).await)["grant"]["id"]);
        }
        let link = owner.post_json(&format!("/media/{file}/links"), json!({ "expires_in": 3_600 })).await;
        let link = text(&created(&link)["id"]);

        site.program().log_in(&Role::Owner.email()).await;
        let sessions = owner.get("/sessions").await.json();
        let session = text(&sessions["sessions"][1]["id"]);
        site.group(GROUP, &[shop::Order::CHANGE]).await;
        site.join(&owner, GROUP).await;
        Self { file, grant, link, user: text(&owner.id), session, order }
    }

    /// The path with what it names; and whether all of that is there.
    pub(super) async fn fill(&self, people: &People<'_>, path: &str) -> (String, bool) {
        let (mut filled, mut is_known) = (Vec::new(), true);
        for segment in path.split('/') {
            let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                filled.push(segment.to_owned());
                continue;
            };
            filled.push(match (filled.get(1).map_or("", String::as_str), name) {
                ("media", "id") => self.file.clone(),
                ("media", "side") => "160".to_owned(),
                ("media", "grant") => self.grant.clone(),
                ("media", "link") => self.link.clone(),
                ("uploads", "id") => upload(people).await,
                ("sessions", "id") | ("admin", "session") => self.session.clone(),
                ("admin", "id") => self.user.clone(),
                ("admin", "group") => GroupHandle::of(GROUP).to_string(),
                ("staff", "id") => self.order.clone(),
                _ => {
                    is_known = false;
                    "0190a5b0-0000-7000-8000-000000000000".to_owned()
                }
            });
        }
        (filled.join("/"), is_known)
    }
}

/// An upload in parts of the owner's, under way.
async fn upload(people: &People<'_>) -> String {
    let mut owner = people.get(Role::Owner).visitor.clone().json();
    let promised = created(&owner.post_json("/uploads", ask_for_text(PART + 10)).await);
    assert_eq!(promised["method"], "MULTIPART");
    text(&promised["id"])
}

fn created(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
