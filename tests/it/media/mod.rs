//! Files that people upload: what is promised, in parts or in one piece, what becomes of it, and who may read it.

mod cdn;
mod documents;
mod files;
mod parts;
mod quota;
mod races;
mod rights;
mod scanning;

use serde_json::{Value, json};

use crate::site::{Site, Visitor};

/// A small text file.
pub(crate) const TEXT: &[u8] = b"One line of text, and that is all.\n";

/// The body of `POST /uploads` for a text file of this size.
pub(crate) fn ask_for_text(size: usize) -> Value {
    json!({ "purpose": "document", "filename": "notes.txt", "content_type": "text/plain", "size": size })
}

/// Uploads a text file and has it verified. Gives its id.
pub(crate) async fn ready_text(site: &Site, owner: &mut Visitor<'_>, name: &str) -> String {
    let id = owner.send_file("document", name, "text/plain", TEXT).await;
    site.deliver_next().await;
    assert_eq!(owner.state(&id).await["state"], "ready");
    id
}

/// What somebody's files of a purpose take, as the item says it.
pub(crate) fn used(site: &Site, owner: &Visitor<'_>, purpose: &str) -> u64 {
    let item = site.stored("accounts", &format!("USER#{}", owner.id.as_str().unwrap()), "USAGE");
    let number = item.and_then(|item| item.get(format!("bytes#{purpose}")).cloned());
    number.map_or(0, |number| number["N"].as_str().unwrap().parse().unwrap())
}

/// How many uploads of somebody's are under way, as the item says it.
pub(crate) fn under_way(site: &Site, owner: &Visitor<'_>) -> u64 {
    let item = site.stored("accounts", &format!("USER#{}", owner.id.as_str().unwrap()), "USAGE").unwrap();
    let named = item.as_object().unwrap().keys().filter(|name| name.starts_with("until#")).count() as u64;
    let counted: u64 = item["pending"]["N"].as_str().unwrap().parse().unwrap();
    assert_eq!(named, counted, "{item}");
    counted
}
