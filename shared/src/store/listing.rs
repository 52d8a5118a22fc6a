//! The index of the durable table by which administrators look through it: accounts by address or user name, those with
//! flags, groups, events. Each list is spread over [`SHARDS`] partitions, asked at the same time, so that no list is as hot
//! as all that is written to it.
//!
//! The index is sparse, follows the table within moments, and decides nothing: what it names is read from the table before
//! it is shown. Its entries are the items themselves, so that what makes, moves or deletes one keeps the list: the guards
//! of addresses and names are the directory.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::call::{Item, sdk_error, to_value, units};
use super::keys::Key;
use super::partition::read_key;
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::audit::Month;
use crate::meter::Units;

/// The index's name in `template.yaml`.
pub const INDEX: &str = "listing";
/// Its partition key: a list's shard.
pub const LISTED_IN: &str = "listed_in";
/// Its sort key: the place in the list.
pub const LISTED_AS: &str = "listed_as";

/// Over how many partitions a list is spread.
pub const SHARDS: u8 = 16;

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Accounts, by their canonical addresses.
    Emails,
    /// Accounts that have a user name, by their canonical ones.
    Usernames,
    /// Active accounts that are staff or superusers, by their identifiers.
    Staff,
    /// Accounts that may not sign in, by their identifiers.
    Inactive,
    /// Groups, by their names.
    Groups,
    /// Events of a month, by their identifiers.
    Audit(Month),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the beginning.
    First,
    /// From the end.
    Latest,
}

/// One of the partitions of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard(u8);

impl Shard {
    /// By the last bits, which are random.
    pub(super) fn of(id: Uuid) -> Self {
        Self(id.as_bytes()[15] % SHARDS)
    }

    pub(super) fn of_user(id: UserId) -> Self {
        Self(id.as_bytes()[15] % SHARDS)
    }

    /// Groups are few.
    pub(super) fn first() -> Self {
        Self(0)
    }
}

impl Listing {
    fn partition(self, shard: Shard) -> String {
        let name = match self {
            Self::Emails => "EMAIL".to_owned(),
            Self::Usernames => "NAME".to_owned(),
            Self::Staff => "STAFF".to_owned(),
            Self::Inactive => "INACTIVE".to_owned(),
            Self::Groups => "GROUP".to_owned(),
            Self::Audit(month) => format!("AUDIT#{month}"),
        };
        format!("{name}#{:02}", shard.0)
    }

    fn shards(self) -> impl Iterator<Item = Shard> {
        (0..if self == Self::Groups { 1 } else { SHARDS }).map(Shard)
    }

    /// In which list an account stands beside those of its address and name: of those whom somebody keeps an eye on.
    pub(super) fn of_flags(is_active: bool, is_privileged: bool) -> Option<Self> {
        match (is_active, is_privileged) {
            (false, _) => Some(Self::Inactive),
            (true, true) => Some(Self::Staff),
            (true, false) => None,
        }
    }
}

/// A place in a list.
pub(super) struct Listed {
    pub(super) listing: Listing,
    pub(super) shard: Shard,
    pub(super) name: String,
}

impl Listed {
    /// The place of an account's own item, if it has one.
    pub(super) fn of_user(user: &User) -> Option<Self> {
        let listing = Listing::of_flags(user.is_active, user.is_staff || user.is_superuser)?;
        Some(Self { listing, shard: Shard::of_user(user.id), name: user.id.to_string() })
    }

    /// The two attributes.
    pub(super) fn attributes(&self) -> [(&'static str, String); 2] {
        [(LISTED_IN, self.listing.partition(self.shard)), (LISTED_AS, self.name.clone())]
    }

    /// Puts an item there.
    pub(super) fn mark(&self, item: &mut Item) -> Result<(), StoreError> {
        for (name, value) in self.attributes() {
            item.insert(name.to_owned(), to_value(value)?);
        }
        Ok(())
    }
}

/// An entry of a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The item that stands there.
    pub key: Key,
    /// Its place.
    pub name: String,
    /// The account that it is about, if it is a guard or an account.
    pub user: Option<UserId>,
}

impl Store {
    /// Up to `most` entries of a list whose place begins with `prefix`, those after the place `after`; and whether there are
    /// more. One call a shard, all at the same time.
    pub async fn listed(
        &self,
        listing: Listing,
        prefix: &str,
        after: Option<&str>,
        most: usize,
        order: Order,
    ) -> Result<(Vec<Entry>, bool), StoreError> {
        let pages = listing.shards().map(|shard| self.shard_page(listing.partition(shard), prefix, after, most, order));
        let pages = try_join_all(pages).await?;
        let mut more = pages.iter().any(|(_, more)| *more);
        let mut entries: Vec<Entry> = pages.into_iter().flat_map(|(entries, _)| entries).collect();
        // The first of all are among the first of each.
        entries.sort_unstable_by(|a, b| match order {
            Order::First => a.name.cmp(&b.name),
            Order::Latest => b.name.cmp(&a.name),
        });
        more |= entries.len() > most;
        entries.truncate(most);
        Ok((entries, more))
    }

    async fn shard_page(
        &self,
        partition: String,
        prefix: &str,
        after: Option<&str>,
        most: usize,
        order: Order,
    ) -> Result<(Vec<Entry>, bool), StoreError> {
        let call = self.meter.begin();
        let bound = match (after, order) {
            // What follows a place and begins with a prefix is between the two.
            (Some(_), Order::First) => "#p = :p AND #s BETWEEN :after AND :last",
            (Some(_), Order::Latest) => "#p = :p AND #s < :after",
            (None, _) if prefix.is_empty() => "#p = :p",
            (None, _) => "#p = :p AND begins_with(#s, :prefix)",
        };
        let mut request = self
            .client()
            .query()
            .table_name(self.accounts())
            .index_name(INDEX)
            .key_condition_expression(bound)
            .expression_attribute_names("#p", LISTED_IN)
            .expression_attribute_values(":p", AttributeValue::S(partition))
            .scan_index_forward(order == Order::First)
            // One more tells whether there are more; so does one that is the place itself.
            .limit(i32::try_from(most + 2).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if after.is_some() || !prefix.is_empty() {
            request = request.expression_attribute_names("#s", LISTED_AS);
        }
        match after {
            Some(after) => {
                request = request.expression_attribute_values(":after", AttributeValue::S(after.to_owned()));
                if order == Order::First {
                    let last = format!("{prefix}\u{10ffff}");
                    request = request.expression_attribute_values(":last", AttributeValue::S(last));
                }
            }
            None if !prefix.is_empty() => {
                request = request.expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
            }
            None => {}
        }
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        let more = output.last_evaluated_key.is_some();
        let entries = output.items.unwrap_or_default().iter().map(Entry::read).collect::<Result<Vec<_>, _>>()?;
        // The place itself is the last one of the page before.
        let entries = entries.into_iter().filter(|entry| Some(entry.name.as_str()) != after).collect();
        Ok((entries, more))
    }
}

impl Entry {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
        let key = read_key(item)?;
        let user = text("user_id").and_then(UserId::parse).or_else(|| key.user_id());
        Ok(Self { name: text(LISTED_AS).unwrap_or_default().to_owned(), user, key })
    }
}
