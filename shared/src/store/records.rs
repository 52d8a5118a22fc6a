//! The durable table as a whole: read page by page for an export, written again by an import.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use jiff::Timestamp;

use super::bundles::Bundle;
use super::call::{Item, Write, from_item, internal, sdk_error, units};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::keys::{DELETED_AT, Key, PK, SK};
use super::listing::{LISTED_AS, LISTED_IN};
use super::{Store, StoreError, plain};
use crate::accounts::password::{Accepted, Costs};
use crate::accounts::{Email, PasswordHash, User, UserId};
use crate::meter::Units;
use crate::permissions::Group;

/// An item as an export has it: whatever it holds, known here or not.
pub struct Record {
    key: Key,
    item: Item,
}

/// What a guard has that leads to its user.
const IMPLIED: [&str; 5] = [PK, SK, "user_id", LISTED_IN, LISTED_AS];

/// Where a page ended.
pub struct Position(Item);

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// What the password hashes cost at most.
    HashCosts,
    /// Anything else.
    Other,
}

impl Record {
    /// One line of JSON, with its keys sorted.
    pub fn to_line(&self) -> String {
        plain::to_line(&self.item)
    }

    /// Reads what [`Self::to_line`] wrote.
    ///
    /// # Errors
    /// Why it is not that.
    pub fn from_line(line: &[u8]) -> Result<Self, String> {
        Self::new(plain::from_line(line)?)
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match &self.key {
            key if *key == Key::hash_costs() => Kind::HashCosts,
            key if key.is_user() && !is_tombstone(&self.item) => Kind::User,
            key if key.is_group() => Kind::Group,
            _ => Kind::Other,
        }
    }

    /// Its key, for people to read.
    pub fn name(&self) -> String {
        format!("{} {}", self.key.pk, self.key.sk)
    }

    fn new(item: Item) -> Result<Self, String> {
        let text = |name: &str| match item.get(name).and_then(|value| value.as_s().ok()) {
            Some(text) if !text.is_empty() => Ok(text.clone()),
            _ => Err(format!("it has no {name}")),
        };
        Ok(Self { key: Key { pk: text(PK)?, sk: text(SK)? }, item })
    }

    /// A guard that says no more than whose it is, and that a user is in a group: they follow from the user. What is kept of
    /// a user name for somebody who has yet to prove an address is nothing to take along.
    fn is_implied(&self) -> bool {
        let says_no_more = || self.item.keys().all(|name| IMPLIED.contains(&name.as_str()));
        self.key.member_id().is_some() || self.key.is_of_username() || (self.key.is_guard() && says_no_more())
    }

    /// Whose account it is the tombstone of, and when that was deleted.
    fn deleted(&self) -> Option<(UserId, Timestamp)> {
        let at = self.item.get(DELETED_AT)?.as_s().ok()?.parse().ok()?;
        Some((self.key.user_id()?, at))
    }

    /// What a refusal must cost once it is stored: what a user's hash costs, or what the record says of all hashes.
    pub fn hash_costs(&self, accepted: &Accepted) -> Costs {
        match self.kind() {
            Kind::HashCosts => super::hashes::costs(self.item.clone()).unwrap_or_default(),
            // One that nobody can log in with costs nothing.
            Kind::User => {
                let text = self.item.get("password").and_then(|value| value.as_s().ok());
                let hash = text.map(PasswordHash::from_stored);
                hash.and_then(|hash| Costs::of(&hash, accepted).ok()).unwrap_or_default()
            }
            _ => Costs::default(),
        }
    }

    /// The user that it is.
    fn user(&self) -> Result<User, String> {
        let user: User = from_item(self.item.clone()).map_err(|error| crate::log::chain(&error))?;
        if Key::user(user.id) != self.key {
            return Err("its key is another user's".to_owned());
        }
        if Email::parse(user.email.as_str()).is_none() {
            return Err("its address is malformed".to_owned());
        }
        Ok(user)
    }
}

impl Store {
    /// A page of the durable table, strongly consistent, and where it ended; without guards that follow from their users.
    /// For administration alone: it reads everything there is.
    pub async fn scan(&self, after: Option<Position>) -> Result<(Vec<Record>, Option<Position>), StoreError> {
        let (items, next) = self.scan_page(self.accounts(), after).await?;
        let records = items.into_iter().map(Record::new).collect::<Result<Vec<_>, _>>().map_err(internal)?;
        Ok((records.into_iter().filter(|record| !record.is_implied()).collect(), next))
    }

    /// A page of a table, strongly consistent, and where it ended.
    pub(super) async fn scan_page(
        &self,
        table: &str,
        after: Option<Position>,
    ) -> Result<(Vec<Item>, Option<Position>), StoreError> {
        let call = self.meter.begin();
        let request = self
            .client()
            .scan()
            .table_name(table)
            .consistent_read(true)
            .set_exclusive_start_key(after.map(|position| position.0))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key.map(Position)))
    }

    /// A record to be written at `now` where there is none of its key: a user with its guards, the tombstone of a deleted
    /// account with the order to erase the rest.
    ///
    /// # Errors
    /// Why it cannot be what its key says.
    pub fn restore(&self, record: Record, now: Timestamp) -> Result<Bundle, String> {
        let told = |error: StoreError| crate::log::chain(&error);
        if record.kind() == Kind::User {
            let user = record.user()?;
            return self.new_user_item(&user, record.item, now).map_err(told);
        }
        if record.kind() == Kind::Group && !is_tombstone(&record.item) {
            let group: Group = from_item(record.item.clone()).map_err(told)?;
            return self.new_group_item(&group, record.item).map_err(told);
        }
        let deleted = record.deleted();
        let mut writes = vec![Write::put(self.accounts(), record.item, Expression::new().if_absent(PK))];
        // What is left of a deleted account is erased here too.
        if let Some((id, at)) = deleted {
            writes.push(self.order_to_erase(id, at).map_err(told)?);
        }
        Ok(Bundle::new(writes))
    }
}
