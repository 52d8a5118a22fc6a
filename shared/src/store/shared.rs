//! The lists of what is granted to somebody: read a page at a time, and cleared.

use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::call::{Item, Write, from_item};
use super::expression::Expression;
use super::grants::{MOST_KEYS, SHARE_COUNT};
use super::keys::{Key, PK, shared_partition};
use super::listing::Order;
use super::partition::read_key;
use super::{Store, StoreError};
use crate::accounts::User;
use crate::sharing::{Access, Grant, Grantee, Head, Kind, Object};

/// How many calls are under way at once: of a list of very many groups, of what a deleted account was granted.
const AT_ONCE: usize = 8;

/// What a page of the lists names.
pub(crate) struct Listed {
    /// The objects, the newest first, each with those to whom it is granted.
    pub(crate) entries: Vec<(Object, Vec<Grantee>)>,
    /// The object after which the next page begins.
    pub(crate) next: Option<Uuid>,
}

impl Store {
    /// A page of what is granted to `user` and to their groups: up to `most` objects of a kind, the newest first, after
    /// that one.
    pub(crate) async fn shared_page(
        &self,
        user: &User,
        kind: Kind,
        after: Option<Uuid>,
        most: usize,
    ) -> Result<Listed, StoreError> {
        let all = if user.is_active { Grantee::all_of(user) } else { Vec::new() };
        let pages = all.into_iter().map(|to| async move {
            let (ids, more) = self.newest_shared(&to, kind, after, most).await?;
            Ok::<_, StoreError>((to, ids, more))
        });
        let pages: Vec<_> = stream::iter(pages).buffered(AT_ONCE).try_collect().await?;
        let (mut objects, mut more) = (BTreeMap::<Uuid, Vec<Grantee>>::new(), false);
        for (to, ids, cut) in pages {
            more |= cut;
            for id in ids {
                objects.entry(id).or_default().push(to.clone());
            }
        }
        more |= objects.len() > most;
        // The newest of all of them are among the newest of each.
        let newest = objects.into_iter().rev().take(most);
        let entries: Vec<_> = newest.map(|(id, to)| (Object { kind, id }, to)).collect();
        let next = entries.last().map(|(object, _)| object.id).filter(|_| more);
        Ok(Listed { entries, next })
    }

    /// The newest entries of one list after `after`, and whether there are more.
    async fn newest_shared(
        &self,
        to: &Grantee,
        kind: Kind,
        after: Option<Uuid>,
        most: usize,
    ) -> Result<(Vec<Uuid>, bool), StoreError> {
        let (partition, prefix) = (shared_partition(to), format!("{}#", kind.as_str()));
        let after = after.map(|id| Key::shared(to, Object { kind, id }));
        let (keys, more) =
            self.keys_beginning(self.accounts(), (&partition, &prefix), after, most, Order::Latest).await?;
        let ids = keys.iter().filter_map(|key| Uuid::try_parse(key.sk.strip_prefix(&prefix)?).ok()).collect();
        Ok((ids, more))
    }

    /// The objects of a page with what `user` may do with them. What is gone is left out, and what is the user's own.
    pub(crate) async fn shared_objects<T: DeserializeOwned>(
        &self,
        user: &User,
        entries: &[(Object, Vec<Grantee>)],
    ) -> Result<Vec<(Object, T, Access)>, StoreError> {
        let of_entry = |(object, to): &(Object, Vec<Grantee>)| {
            let grants: Vec<_> = to.iter().map(|to| Key::grant(*object, to)).collect();
            [Key::object(*object)].into_iter().chain(grants)
        };
        let keys: Vec<_> = entries.iter().flat_map(of_entry).collect();
        let mut batches = Vec::new();
        for batch in keys.chunks(MOST_KEYS) {
            batches.push(self.read_batch(batch.to_vec()));
        }
        let found: Vec<_> = stream::iter(batches).buffered(AT_ONCE).try_collect().await?;
        let found = found.into_iter().flatten().map(|item| Ok((read_key(&item)?, item)));
        let mut found: HashMap<Key, Item> = found.collect::<Result<_, StoreError>>()?;
        let mut objects = Vec::with_capacity(entries.len());
        for (object, to) in entries {
            let Some(item) = found.remove(&Key::object(*object)) else { continue };
            let grants = to.iter().filter_map(|to| Some((to.clone(), found.remove(&Key::grant(*object, to))?)));
            let grants = grants.map(|(to, item)| Ok((to, from_item(item)?))).collect::<Result<Vec<_>, StoreError>>()?;
            let head: Head = from_item(item.clone())?;
            if let access @ Access::Granted(_) = head.judge(Some(user), &grants, false).access {
                objects.push((*object, from_item(item)?, access));
            }
        }
        Ok(objects)
    }

    /// Reads up to [`MOST_KEYS`] items of the durable table.
    async fn read_batch(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let keys: Vec<_> = keys.into_iter().map(|key| (self.accounts(), key)).collect();
        Ok(self.batch_get(&keys).await?.into_iter().map(|(_, item)| item).collect())
    }

    /// Removes every grant to somebody: each with its entry of the list and its count on the object. What leads to a grant
    /// goes with it or after it.
    pub(crate) async fn forget_grantee(&self, to: &Grantee) -> Result<(), StoreError> {
        let table = self.accounts();
        loop {
            let entries = self.first_keys(table, &shared_partition(to)).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entries in entries.chunks(MOST_KEYS) {
                let keys = entries.iter().map(|entry| Key::grant_at(entry.sk.clone(), to)).collect();
                let found = self.read_batch(keys).await?.into_iter();
                let found = found.map(|item| Ok((read_key(&item)?, from_item(item)?)));
                let found: HashMap<Key, Grant> = found.collect::<Result<_, StoreError>>()?;
                let steps = entries.iter().map(|entry| {
                    let key = Key::grant_at(entry.sk.clone(), to);
                    let grant = found.get(&key);
                    async move { self.forget_grant(entry, key, grant).await }
                });
                stream::iter(steps.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
            }
        }
    }

    async fn forget_grant(&self, entry: &Key, key: Key, grant: Option<&Grant>) -> Result<(), StoreError> {
        let table = self.accounts();
        if let Some(grant) = grant {
            let rows = i64::try_from(grant.rows().len()).unwrap_or(i64::MAX);
            let object = Key::object_at(key.pk.clone());
            let counted = Expression::new().add(SHARE_COUNT, -rows)?.if_exists(PK);
            let as_read = Expression::new().only_if("revision", "=", grant.revision())?;
            let writes = [
                Write::update(table, object, counted),
                Write::delete_if(table, key.clone(), as_read),
                Write::delete(table, entry.clone()),
            ];
            match self.transact(None, &writes).await {
                // The object is gone: nothing is counted any more.
                Err(StoreError::Condition { failed }) if failed.contains(&0) => self.delete(table, &key).await?,
                // Or it was changed meanwhile: then the entry is still there, and is read again.
                Ok(()) | Err(StoreError::Condition { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.delete(table, entry).await
    }
}
