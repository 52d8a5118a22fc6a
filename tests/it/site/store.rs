//! What is stored, looked at and changed behind the product's back.

use std::sync::Arc;

use portico::store::administration::Privileges;
use serde_json::{Value, json};

use super::{Site, Visitor, author};

impl Site {
    /// Every item of the durable table.
    pub(crate) fn accounts(&self) -> Vec<Value> {
        self.items(&self.stack.app().config().tables.accounts)
    }

    /// Every session that was not ended.
    pub(crate) fn sessions(&self) -> Vec<Value> {
        self.session_items().into_iter().filter(|item| item["ended"].is_null()).collect()
    }

    /// Every session, and the tombstones of those that were ended.
    pub(crate) fn session_items(&self) -> Vec<Value> {
        let items = self.items(&self.stack.app().config().tables.sessions).into_iter();
        items.filter(|item| item["SK"]["S"].as_str().unwrap().starts_with("SESSION#")).collect()
    }

    /// Accounts and sessions, in an order of their own: equal when nothing has changed. What was counted is not in it.
    pub(crate) fn state(&self) -> Vec<String> {
        let mut items: Vec<_> =
            self.accounts().into_iter().chain(self.sessions()).map(|item| item.to_string()).collect();
        items.sort();
        items
    }

    /// Changes what a member may, as the command line does.
    pub(crate) async fn raise(&self, member: &Visitor<'_>, edit: impl Fn(&mut Privileges)) {
        let id = serde_json::from_value(member.id.clone()).unwrap();
        let store = self.stack.app().store(Arc::default());
        let user = store.get_user(id).await.unwrap().unwrap();
        user.change_privileges(&store, &author(), edit).await.unwrap();
    }

    /// A user's item.
    pub(crate) fn user(&self, id: &Value) -> Value {
        let table = &self.stack.app().config().tables.accounts;
        self.stored(table, &format!("USER#{}", id.as_str().unwrap()), "PROFILE").expect("the user is stored")
    }

    /// Sets an attribute of a user, as `DynamoDB`'s JSON: `amend(id, "is_active", json!({ "BOOL": false }))`.
    pub(crate) fn amend(&self, id: &Value, attribute: &str, value: Value) {
        let mut item = self.user(id);
        item[attribute] = value;
        self.put(&self.stack.app().config().tables.accounts, &item);
    }

    /// Notes that a user's address is proven, as its link would.
    pub(crate) fn prove(&self, id: &Value) {
        self.amend(id, "email_verified", json!({ "BOOL": true }));
    }

    /// Puts an item into a table.
    pub(crate) fn put(&self, table: &str, item: &Value) {
        let request = serde_json::from_value(json!({ "TableName": table, "Item": item })).unwrap();
        self.stack.dynamodb().database().put_item(request).unwrap();
    }

    /// Puts a copy of the session that this cookie names under another secret.
    pub(crate) fn copy_session(&self, cookie: &str, secret: &str) {
        let (owner, before) = cookie.split_once('.').unwrap();
        let key = |secret: &str| format!("SESSION#{}", portico::secret::digest(secret));
        let table = &self.stack.app().config().tables.sessions;
        let mut item = self.stored(table, &format!("USER#{owner}"), &key(before)).expect("the session is stored");
        item["SK"] = json!({ "S": key(secret) });
        self.put(table, &item);
    }

    /// Adds `copies` of a session under other keys, as if its user had logged in as often again.
    pub(crate) fn multiply_session(&self, copies: usize) {
        let sessions = self.sessions();
        for index in 0..copies {
            let mut item = sessions[0].clone();
            item["SK"] = json!({ "S": format!("SESSION#{index:064x}") });
            self.put(&self.stack.app().config().tables.sessions, &item);
        }
    }
}
