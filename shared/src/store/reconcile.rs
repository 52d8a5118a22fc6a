//! What `cargo manage media reconcile` reads and mends of the items around uploads. Every repair is a write under the
//! condition that what it rests on still holds.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::call::{Item, Write, from_item, key_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::grants::MOST_KEYS;
use super::keys::{Key, PK};
use super::partition::read_key;
use super::reckoning::Count;
use super::records::Position;
use super::{Store, StoreError};
use crate::accounts::{AvatarState, UserId};
use crate::media::{Upload, UploadId, UploadState};
use crate::sharing::{Grantee, Head, Object};

/// An item that has to do with uploads.
#[derive(Debug)]
pub enum Row {
    /// A note.
    Upload(Box<Upload>),
    /// A note that cannot be read, of a purpose that the site no longer has for one.
    Unreadable(UploadId),
    /// An entry of the list of what somebody has uploaded.
    Entry(UserId, UploadId),
    /// What an upload grants to somebody.
    Grant(UploadId, Grantee),
    /// A link to an upload, by its digest.
    Link(UploadId, String),
    /// An entry of the list of what is granted to somebody.
    Share(Grantee, UploadId),
    /// What a user's uploads take.
    Usage(UserId, Count),
    /// A user's picture, by the key of its object.
    Picture(UserId, String),
}

/// An upload's note, as far as it can be read.
#[derive(Debug, Clone)]
pub enum Note {
    /// It can.
    Upload(Box<Upload>),
    /// It cannot: what belongs to it is nobody's to judge.
    Unreadable,
}

/// Somebody who has uploaded something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A user, and the key of their picture.
    Living(Option<String>),
    /// Somebody whose account is deleted, and whose belongings are being erased.
    Tombstone,
}

/// How many calls are under way at once.
const AT_ONCE: usize = 8;

impl Store {
    /// The items of a page of the durable table that have to do with uploads, and where the page ended. For administration
    /// alone: it reads everything there is.
    pub async fn scan_media(&self, after: Option<Position>) -> Result<(Vec<Row>, Option<Position>), StoreError> {
        let (items, next) = self.scan_page(self.accounts(), after).await?;
        let rows = items.into_iter().filter_map(|item| row(item).transpose());
        Ok((rows.collect::<Result<_, _>>()?, next))
    }

    /// The notes of these uploads, as far as there are any.
    pub async fn notes(&self, ids: &HashSet<UploadId>) -> Result<HashMap<UploadId, Note>, StoreError> {
        let keys = ids.iter().map(|id| Key::upload(*id)).collect();
        let found = self.all_of(keys).await?.into_iter();
        Ok(found.filter_map(|(key, item)| Some((key.of_upload()?, note(item)))).collect())
    }

    /// The note of one.
    pub async fn note(&self, id: UploadId) -> Result<Option<Note>, StoreError> {
        Ok(self.get(self.accounts(), &Key::upload(id)).await?.map(note))
    }

    /// What there is of these users; who is not among them is gone for good.
    pub async fn owners(&self, ids: &HashSet<UserId>) -> Result<HashMap<UserId, Owner>, StoreError> {
        let keys = ids.iter().map(|id| Key::user(*id)).collect();
        let found = self.all_of(keys).await?.into_iter();
        Ok(found.filter_map(|(key, item)| Some((key.user_id()?, owner(&item)))).collect())
    }

    /// Which of these items there are.
    pub async fn present(&self, keys: HashSet<Key>) -> Result<HashSet<Key>, StoreError> {
        Ok(self.all_of(keys).await?.into_keys().collect())
    }

    /// These items of the durable table, as far as there are any.
    pub(super) async fn all_of(&self, keys: HashSet<Key>) -> Result<HashMap<Key, Item>, StoreError> {
        let keys: Vec<_> = keys.into_iter().collect();
        let batches: Vec<_> = keys.chunks(MOST_KEYS).map(<[Key]>::to_vec).collect();
        let reads = batches.into_iter().map(|batch| async move {
            let keys: Vec<_> = batch.into_iter().map(|key| (self.accounts(), key)).collect();
            let items = self.batch_get(&keys).await?.into_iter();
            items.map(|(_, item)| Ok((read_key(&item)?, item))).collect::<Result<Vec<_>, StoreError>>()
        });
        let found: Vec<Vec<_>> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// All that a user's list of uploads names, with their notes.
    pub async fn listed_notes(&self, owner: UserId) -> Result<HashMap<UploadId, Note>, StoreError> {
        let (mut all, mut after) = (HashMap::new(), None);
        loop {
            let (ids, more) = self.uploads_of(owner, after, 1_000).await?;
            after = ids.last().copied();
            all.extend(self.notes(&ids.into_iter().collect()).await?);
            if !more || after.is_none() {
                return Ok(all);
            }
        }
    }

    /// A published file whose object is gone: refused as `lost`, its bytes are given back. Of a picture that its owner
    /// has, the profile no longer speaks. Whether it was so still.
    pub async fn lose_upload(&self, upload: &Upload, key: &str) -> Result<bool, StoreError> {
        let lost = || {
            Expression::new()
                .set(&["state"], UploadState::Rejected)?
                .set(&["reason"], LOST)?
                .set(&["charged"], 0)?
                .remove(&["published"])
                .only_if("state", "=", UploadState::Ready)?
                .only_if("charged", "=", upload.charged)
        };
        let (table, note) = (self.accounts(), Key::upload(upload.id));
        let writes = [Write::update(table, note.clone(), lost()?), self.settle_bytes(upload, 0)?];
        match self.transact(None, &writes).await {
            Ok(()) => {}
            // Nothing is counted: that is a finding of its own.
            Err(StoreError::Condition { failed }) if !failed.contains(&0) => {
                if !held(self.update(table, &note, &lost()?).await.map(drop))? {
                    return Ok(false);
                }
            }
            other => return held(other),
        }
        if upload.purpose.is_avatar() {
            self.clear_picture(upload.owner, key).await?;
        }
        Ok(true)
    }

    /// A profile no longer has a picture whose object is gone. Whether it still had.
    pub async fn clear_picture(&self, owner: UserId, key: &str) -> Result<bool, StoreError> {
        let gone = Expression::new().remove(&["avatar_key"]).only_if("avatar_key", "=", key)?.if_living();
        if !held(self.update(self.accounts(), &Key::user(owner), &gone).await.map(drop))? {
            return Ok(false);
        }
        // Nothing newer was asked for: then it is what became of the newest.
        let told = Expression::new()
            .set(&["avatar_state"], AvatarState::Rejected)?
            .set(&["avatar_reason"], LOST)?
            .only_if("avatar_state", "=", AvatarState::Ready)?
            .if_absent("avatar_key")
            .if_living();
        held(self.update(self.accounts(), &Key::user(owner), &told).await.map(drop))?;
        Ok(true)
    }

    /// Enters an upload in its owner's list. Whether it is still there.
    pub async fn enter_upload(&self, owner: UserId, id: UploadId) -> Result<bool, StoreError> {
        let there = Expression::new().only_if("owner", "=", owner)?;
        let entry = key_item(&Key::owned(owner, id));
        let writes = [
            Write::check(self.accounts(), Key::upload(id), there),
            Write::put(self.accounts(), entry, Expression::new()),
        ];
        held(self.transact(None, &writes).await)
    }

    /// Takes an entry without an upload off a list. Whether there is still none.
    pub async fn remove_entry(&self, owner: UserId, id: UploadId) -> Result<bool, StoreError> {
        self.remove_leader(Key::upload(id), Key::owned(owner, id)).await
    }

    /// Takes an entry without a grant off a list. Whether there is still none.
    pub async fn remove_share(&self, to: &Grantee, id: UploadId) -> Result<bool, StoreError> {
        let object = Object::media(id);
        self.remove_leader(Key::grant(object, to), Key::shared(to, object)).await
    }

    /// Deletes what leads to an item that is not there.
    async fn remove_leader(&self, item: Key, leader: Key) -> Result<bool, StoreError> {
        let absent = Expression::new().if_absent(PK);
        let writes = [Write::check(self.accounts(), item, absent), Write::delete(self.accounts(), leader)];
        held(self.transact(None, &writes).await)
    }

    /// Whether an upload that is not being deleted grants something to somebody whose list does not say so.
    pub async fn lacks_share(&self, id: UploadId, to: &Grantee) -> Result<bool, StoreError> {
        let object = Object::media(id);
        let (grant, entry) = (Key::grant(object, to), Key::shared(to, object));
        let found = self.all_of([Key::upload(id), grant.clone(), entry.clone()].into()).await?;
        let Some(item) = found.get(&Key::upload(id)) else { return Ok(false) };
        let head: Head = from_item(item.clone())?;
        Ok(head.closed_at.is_none() && found.contains_key(&grant) && !found.contains_key(&entry))
    }

    /// Enters a grant in the list of whom it is to. Whether it still holds, on an upload that is not being deleted.
    pub async fn enter_share(&self, id: UploadId, to: &Grantee) -> Result<bool, StoreError> {
        let (table, object) = (self.accounts(), Object::media(id));
        let entry = key_item(&Key::shared(to, object));
        let writes = [
            Write::check(table, Key::upload(id), Expression::new().if_exists(PK).if_absent("closed_at")),
            Write::check(table, Key::grant(object, to), Expression::new().if_exists(PK)),
            Write::put(table, entry, Expression::new()),
        ];
        held(self.transact(None, &writes).await)
    }

    /// Forgets a grant of an upload that is gone, and the entry that leads to it. Whether it is gone still.
    pub async fn remove_grant(&self, id: UploadId, to: &Grantee) -> Result<bool, StoreError> {
        let object = Object::media(id);
        let writes = [
            Write::check(self.accounts(), Key::upload(id), Expression::new().if_absent(PK)),
            Write::delete(self.accounts(), Key::shared(to, object)),
            Write::delete(self.accounts(), Key::grant(object, to)),
        ];
        held(self.transact(None, &writes).await)
    }

    /// Forgets a link to an upload that is gone. Whether it is gone still.
    pub async fn remove_link(&self, id: UploadId, digest: &str) -> Result<bool, StoreError> {
        self.remove_leader(Key::upload(id), Key::object_link(Object::media(id), digest)).await
    }
}

/// Why a file was refused after all whose object is gone.
const LOST: &str = "lost";

/// Whether the condition held.
fn held(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition() => Ok(false),
        Err(error) => Err(error),
    }
}

fn row(item: Item) -> Result<Option<Row>, StoreError> {
    let key = read_key(&item)?;
    if let Some((owner, id)) = key.listed() {
        return Ok(Some(Row::Entry(owner, id)));
    }
    if let Some((to, id)) = key.shared_upload() {
        return Ok(Some(Row::Share(to, id)));
    }
    if let Some(owner) = key.usage_of() {
        return Ok(Some(Row::Usage(owner, Count::read(item)?)));
    }
    if let Some(owner) = key.user_id() {
        let picture = item.get("avatar_key").and_then(|key| key.as_s().ok()).filter(|_| !is_tombstone(&item));
        return Ok(picture.map(|key| Row::Picture(owner, key.clone())));
    }
    let Some(id) = key.of_upload() else { return Ok(None) };
    if let Some(to) = key.grantee() {
        return Ok(Some(Row::Grant(id, to)));
    }
    if let Some(digest) = key.link_digest() {
        return Ok(Some(Row::Link(id, digest.to_owned())));
    }
    let is_note = key == Key::upload(id);
    Ok(is_note.then(|| match note(item) {
        Note::Upload(upload) => Row::Upload(upload),
        Note::Unreadable => Row::Unreadable(id),
    }))
}

fn note(item: Item) -> Note {
    from_item::<Upload>(item).map_or(Note::Unreadable, |upload| Note::Upload(upload.into()))
}

fn owner(item: &Item) -> Owner {
    if is_tombstone(item) {
        return Owner::Tombstone;
    }
    Owner::Living(item.get("avatar_key").and_then(|key| key.as_s().ok()).cloned())
}
