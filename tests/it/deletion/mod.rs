//! `/profile/delete`: the account ends at once, and what it leaves is erased after it.

mod crashes;
mod ending;
mod erasure;
mod races;

use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor, root};

/// The settings of a site that limits nobody: for many sign-ups on one, and for calls that are counted one by one.
const UNLIMITED: [(&str, &str); 1] = [("THROTTLE_ENABLED", "false")];

impl Visitor<'_> {
    /// Deletes the account as a person does.
    pub(crate) async fn delete_account(&mut self) -> Answer {
        self.post("/profile/delete", &[("password", PASSWORD), ("confirm", "on")]).await
    }
}

impl Site {
    /// Every item that speaks of this user or of this address, but for what links permit and for the audit trail: those
    /// expire by themselves.
    fn traces(&self, id: &Value, address: &str) -> Vec<String> {
        let id = id.as_str().unwrap();
        let items = self.accounts().into_iter().chain(self.sessions());
        let expires =
            |item: &Value| ["TOKEN#", "AUDIT#"].iter().any(|kind| item["PK"]["S"].as_str().unwrap().starts_with(kind));
        let items = items.filter(|item| !expires(item));
        items.map(|item| item.to_string()).filter(|item| item.contains(id) || item.contains(address)).collect()
    }

    /// All that is stored, but for the audit trail.
    fn state_beside_the_trail(&self) -> Vec<String> {
        let mut state = self.state();
        state.retain(|item| !item.contains("\"PK\":{\"S\":\"AUDIT#"));
        state
    }

    /// How many orders to erase there are, and how many promises to tell somebody of a deletion.
    fn ordered_and_promised(&self) -> (usize, usize) {
        let items = self.items("outbox");
        let orders = items.iter().filter(|item| item["SK"]["S"] == "ERASE").count();
        (orders, items.iter().filter(|item| item["letter"]["M"]["kind"]["S"] == "account_deleted").count())
    }

    /// Delivers the order to erase a user, once, as the stream does. Whether it was carried out.
    pub(crate) async fn erase(&self, id: &Value) -> bool {
        let event = std::fs::read_to_string(root().join("events/stream-erase.json")).unwrap();
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["Records"][0]["dynamodb"]["Keys"]["PK"]["S"] = json!(format!("ERASE#{}", id.as_str().unwrap()));
        let answer = self.stack.invoke("erase-account", event).await.unwrap();
        answer["batchItemFailures"] == json!([])
    }

    /// Whether each guard belongs to a user who lives, and each user has the guards of their identifiers (I2).
    fn guards_and_users_agree(&self) {
        let items = self.accounts();
        let living = |item: &&Value| item["SK"]["S"] == "PROFILE" && item["deleted_at"].is_null();
        let users: Vec<_> = items.iter().filter(living).map(|user| user["id"]["S"].clone()).collect();
        let guards: Vec<_> =
            items.iter().filter(|item| item["SK"]["S"] == "GUARD").map(|guard| guard["user_id"]["S"].clone()).collect();
        for guard in &guards {
            assert!(users.contains(guard), "a guard without its user: {guard}");
        }
        for user in &users {
            assert!(guards.contains(user), "a user without a guard: {user}");
        }
    }
}

/// The body of a program's request to delete.
fn consent() -> Value {
    json!({ "password": PASSWORD, "confirm": true })
}
