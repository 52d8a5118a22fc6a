//! Objects with what they grant: read in one call, changed in one transaction.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::call::{Item, Write, from_item, key_item, to_item};
use super::expression::Expression;
use super::keys::{GRANT, Key, PK};
use super::partition::read_key;
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::sharing::{Access, Grant, Grantee, Link, LinkSecret, Object, Verb};
use crate::sharing::{Head, Standing};

/// What `DynamoDB` takes in one `BatchGetItem`.
pub(super) const MOST_KEYS: usize = 100;

/// How many groups are asked about beside the object, the user and a link. Whoever is in more of them costs a second read,
/// of all that the object grants, which is bounded.
const MOST_GROUPS: usize = MOST_KEYS - 3;

/// All that stands in an object's partition.
#[derive(Debug)]
pub(crate) struct Ledger {
    item: Item,
    pub(crate) head: Head,
    pub(crate) grants: Vec<(Grantee, Grant)>,
    /// By the digests of their secrets.
    pub(crate) links: Vec<(String, Link)>,
}

impl Ledger {
    /// The object itself.
    pub(crate) fn item<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        from_item(self.item.clone())
    }
}

/// What is read of an object, piece by piece.
#[derive(Default)]
struct Pieces {
    item: Option<Item>,
    grants: Vec<(Grantee, Grant)>,
    links: Vec<(String, Link)>,
}

impl Pieces {
    fn add(&mut self, object: Object, item: Item) -> Result<(), StoreError> {
        let key = read_key(&item)?;
        if let Some(to) = key.grantee() {
            self.grants.push((to, from_item(item)?));
        } else if let Some(digest) = key.link_digest() {
            self.links.push((digest.to_owned(), from_item(item)?));
        } else if key == Key::object(object) {
            self.item = Some(item);
        }
        Ok(())
    }
}

/// A change of what an object grants: all of it or nothing.
#[derive(Debug)]
pub(crate) struct GrantChange {
    pub(crate) object: Object,
    /// Whose the object was when it was read.
    pub(crate) owner: Option<UserId>,
    /// By which grant the one who changes it may do so; the owner needs none.
    pub(crate) by: Option<Grantee>,
    /// How many rows there are more than before.
    pub(crate) added: i64,
    /// How many there may be.
    pub(crate) most: usize,
    pub(crate) edits: Vec<Edit>,
    /// Who is granted something, and must be there for that.
    pub(crate) to: Option<Grantee>,
}

impl GrantChange {
    /// The index of the part that fails when the one who is granted something is gone.
    pub(crate) const GRANTEE: usize = 1;
}

/// What one grantee has from now on.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) to: Grantee,
    /// The revision of the grant that was read; `None` when there was none.
    pub(crate) was: Option<u64>,
    /// Without rows it goes.
    pub(crate) grant: Grant,
}

/// A change of the links to an object: all of it or nothing.
#[derive(Debug)]
pub(crate) struct LinkChange {
    pub(crate) object: Object,
    pub(crate) owner: Option<UserId>,
    pub(crate) by: Option<Grantee>,
    /// The digest of a new link's secret, and the link.
    pub(crate) put: Option<(String, Link)>,
    /// The digests of those that go, of which each must be there still.
    pub(crate) deleted: Vec<String>,
    /// How many there may be.
    pub(crate) most: usize,
}

impl Store {
    /// The object, and what `user`, or whoever comes with `link`, may do with it at `now` (epoch seconds). One call; a
    /// second one at the same time for somebody in very many groups. No call when there is nobody.
    pub async fn access<T: DeserializeOwned>(
        &self,
        object: Object,
        user: Option<&User>,
        link: Option<&LinkSecret>,
        now: i64,
    ) -> Result<(Option<T>, Access), StoreError> {
        let table = self.accounts();
        let user = user.filter(|user| user.is_active);
        let mut keys = vec![(table, Key::object(object))];
        let all = user.map(Grantee::all_of).unwrap_or_default();
        let many = all.len() > MOST_GROUPS + 1;
        let asked = all.iter().filter(|to| !many || matches!(to, Grantee::User(_)));
        keys.extend(asked.map(|to| (table, Key::grant(object, to))));
        keys.extend(link.map(|link| (table, Key::object_link(object, &link.digest()))));
        if keys.len() == 1 {
            return Ok((None, Access::None));
        }
        let of_groups = async { if many { self.partition_of(object, GRANT).await } else { Ok(Vec::new()) } };
        let (found, of_groups) = tokio::try_join!(self.batch_get(&keys), of_groups)?;
        let mut pieces = Pieces::default();
        for item in found.into_iter().map(|(_, item)| item).chain(of_groups) {
            pieces.add(object, item)?;
        }
        let Some(item) = pieces.item else { return Ok((None, Access::None)) };
        let head: Head = from_item(item.clone())?;
        let link = pieces.links.iter().any(|(_, link)| link.is_good_at(now));
        let Standing { access, .. } = head.judge(user, &pieces.grants, link);
        Ok((Some(from_item(item)?), access))
    }

    /// All that stands in an object's partition, if the object is there: one call.
    pub(crate) async fn ledger(&self, object: Object) -> Result<Option<Ledger>, StoreError> {
        let mut pieces = Pieces::default();
        for item in self.partition_of(object, "").await? {
            pieces.add(object, item)?;
        }
        let Pieces { item, grants, links } = pieces;
        let read = |item: Item| Ok(Ledger { head: from_item(item.clone())?, item, grants, links });
        item.map(read).transpose()
    }

    async fn partition_of(&self, object: Object, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let (partition, mut items, mut from) = (object.to_string(), Vec::new(), None);
        loop {
            let page = self.page(self.accounts(), &partition, prefix, false, from).await?;
            items.extend(page.items);
            from = page.next;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// Changes what an object grants, with the entries by which the grantees find it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the object is gone or another's, when there are as many rows as there may be
    /// ([`GrantChange::most`]), when one of the grants is not what was read, when the right to change it is gone, or (at
    /// [`GrantChange::GRANTEE`]) when there is nobody to grant it to.
    pub(crate) async fn change_grants(&self, change: &GrantChange) -> Result<(), StoreError> {
        let (table, object) = (self.accounts(), change.object);
        let mut counted = if_shareable(Expression::new().add(SHARE_COUNT, change.added)?, change.owner)?;
        if change.added > 0 {
            counted = counted.if_less(&[SHARE_COUNT], change.most)?;
        }
        let mut writes = vec![Write::update(table, Key::object(object), counted)];
        writes.extend(change.to.as_ref().map(|to| self.if_there(to)));
        let edited = |by: &&Grantee| change.edits.iter().any(|edit| edit.to == **by);
        writes.extend(change.by.as_ref().filter(|by| !edited(by)).map(|by| self.if_manages(object, by)).transpose()?);
        for Edit { to, was, grant } in &change.edits {
            let mut as_read = match was {
                Some(revision) => Expression::new().only_if("revision", "=", revision)?,
                None => Expression::new().if_absent(PK),
            };
            // An item stands in a transaction once.
            if change.by.as_ref() == Some(to) {
                as_read = as_read.only_if("verb", "=", Verb::Manage)?;
            }
            let (key, entry) = (Key::grant(object, to), Key::shared(to, object));
            if grant.rows().is_empty() {
                writes.extend([Write::delete_if(table, key, as_read), Write::delete(table, entry)]);
            } else {
                let entry = Write::put(table, key_item(&entry), Expression::new());
                writes.extend([Write::put(table, to_item(&key, grant)?, as_read), entry]);
            }
        }
        self.transact(None, &writes).await
    }

    /// Changes the links to an object.
    ///
    /// # Errors
    /// [`StoreError::Condition`] as for [`Self::change_grants`].
    pub(crate) async fn change_links(&self, change: &LinkChange) -> Result<(), StoreError> {
        let (table, object, gone) = (self.accounts(), change.object, change.deleted.len());
        let added = i64::from(change.put.is_some()) - i64::try_from(gone).unwrap_or(i64::MAX);
        let mut counted = if_shareable(Expression::new().add(LINK_COUNT, added)?, change.owner)?;
        if change.put.is_some() {
            counted = counted.if_less(&[LINK_COUNT], change.most + gone)?;
        }
        let mut writes = vec![Write::update(table, Key::object(object), counted)];
        writes.extend(change.by.as_ref().map(|by| self.if_manages(object, by)).transpose()?);
        if let Some((digest, link)) = &change.put {
            let item = to_item(&Key::object_link(object, digest), link)?;
            writes.push(Write::put(table, item, Expression::new().if_absent(PK)));
        }
        let delete = |digest: &String| {
            Write::delete_if(table, Key::object_link(object, digest), Expression::new().if_exists(PK))
        };
        writes.extend(change.deleted.iter().map(delete));
        self.transact(None, &writes).await
    }

    /// Nobody but its owner sees the object from now on, and nobody can share it.
    pub(crate) async fn close_object(&self, object: Object, now: Timestamp) -> Result<(), StoreError> {
        let closed = Expression::new().set_if_absent(CLOSED_AT, now)?.if_exists(PK);
        match self.update(self.accounts(), &Key::object(object), &closed).await {
            Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes what an object grants, and its links: the entries by which grantees find it first, since by the grants those
    /// are found.
    pub(crate) async fn erase_shares(&self, object: Object) -> Result<(), StoreError> {
        loop {
            let mut keys = self.first_keys(self.accounts(), &object.to_string()).await?;
            keys.retain(|key| key.grantee().is_some() || key.link_digest().is_some());
            if keys.is_empty() {
                return Ok(());
            }
            let entries = keys.iter().filter_map(Key::grantee).map(|to| Key::shared(&to, object));
            self.delete_all(self.accounts(), &entries.collect::<Vec<_>>()).await?;
            self.delete_all(self.accounts(), &keys).await?;
        }
    }

    /// Only if there is somebody to grant something to: a living user, a group; and for an address that nobody has, that
    /// nobody, at the same price.
    fn if_there(&self, to: &Grantee) -> Write {
        let (key, condition) = match to {
            Grantee::User(id) if id.is_stand_in() => (Key::user(*id), Expression::new().if_absent(PK)),
            Grantee::User(id) => (Key::user(*id), Expression::new().if_living()),
            Grantee::Group(name) => (Key::group(name), Expression::new().if_living()),
        };
        Write::check(self.accounts(), key, condition)
    }

    /// Only if this grant still permits to share the object.
    fn if_manages(&self, object: Object, by: &Grantee) -> Result<Write, StoreError> {
        let manages = Expression::new().only_if("verb", "=", Verb::Manage)?;
        Ok(Write::check(self.accounts(), Key::grant(object, by), manages))
    }
}

/// How many rows an object's grants have, on the object's item.
pub(super) const SHARE_COUNT: &str = "share_count";
/// How many links there are to it, likewise.
const LINK_COUNT: &str = "link_count";
/// Since when an object is being deleted.
const CLOSED_AT: &str = "closed_at";

/// Only if the object is there, still this owner's, and not being deleted.
fn if_shareable(change: Expression, owner: Option<UserId>) -> Result<Expression, StoreError> {
    let there = change.if_exists(PK).if_absent(CLOSED_AT);
    match owner {
        Some(owner) => there.only_if("owner", "=", owner),
        None => Ok(there.if_absent("owner")),
    }
}
