//! The items: uploads that do not come to their end, files whose objects are gone, lists that do not agree with them.

use std::collections::{HashMap, HashSet};

use portico::accounts::UserId;
use portico::media::{self, FILE, Media, Upload, UploadId, UploadState};
use portico::store::keys::Key;
use portico::store::reconcile::{Note, Owner, Row};
use portico::store::{Store, StoreError};

use super::finding::Finding;
use super::sweep::Sweep;
use crate::Failure;

/// How long a file may be verified: S3's events are hours late at worst, and what waits longer the bucket forgets.
const DAY: i64 = 86_400;

impl Sweep<'_> {
    /// Looks at all of the durable table that has to do with uploads.
    pub(super) async fn items(&mut self) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let (rows, next) = self.store.scan_media(after).await?;
            let count = rows.len();
            self.rows(rows).await?;
            self.looked_at(0, count);
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn rows(&mut self, rows: Vec<Row>) -> Result<(), Failure> {
        let (mut owners, mut keys) = (HashSet::new(), HashSet::new());
        for row in &rows {
            match row {
                Row::Upload(upload) => {
                    owners.insert(upload.owner);
                    keys.insert(Key::owned(upload.owner, upload.id));
                }
                Row::Entry(_, id) | Row::Link(id, _) => drop(keys.insert(Key::upload(*id))),
                Row::Grant(id, to) => keys.extend(Self::keys_of_grant(*id, to)),
                Row::Share(to, id) => keys.extend(Self::keys_of_share(to, *id)),
                Row::Unreadable(_) | Row::Usage(..) | Row::Picture(..) => {}
            }
        }
        let owners = self.store.owners(&owners).await?;
        let there = self.store.present(keys).await?;
        for row in rows {
            match row {
                Row::Upload(upload) => self.note(&upload, &owners, &there).await?,
                Row::Unreadable(id) => self.left_alone(&format!("MEDIA#{id}"), "it cannot be read"),
                Row::Entry(owner, id) if !there.contains(&Key::upload(id)) => self.entry(owner, id).await?,
                Row::Entry(..) => {}
                Row::Grant(id, to) => self.grant(id, &to, &there).await?,
                Row::Share(to, id) => self.share(&to, id, &there).await?,
                Row::Link(id, digest) => self.link(id, &digest, &there).await?,
                Row::Usage(owner, count) => self.tally(owner, |tally| tally.add(&count)),
                Row::Picture(owner, key) => self.picture(owner, &key).await?,
            }
        }
        Ok(())
    }

    async fn note(
        &mut self,
        upload: &Upload,
        owners: &HashMap<UserId, Owner>,
        there: &HashSet<Key>,
    ) -> Result<(), Failure> {
        self.tally(upload.owner, |tally| tally.take(upload));
        if !self.is_old(upload) {
            return Ok(());
        }
        let owner = match owners.get(&upload.owner) {
            // All of theirs is being erased.
            Some(Owner::Tombstone) => return Ok(()),
            owner => owner,
        };
        if let Some(finding) = self.judge(upload, owner)
            && let Some(upload) = self.look_again(upload.id, finding).await?
        {
            self.mend(finding, &upload).await?;
            if matches!(finding, Finding::HalfDeleted | Finding::Ownerless | Finding::PictureUnused) {
                return Ok(());
            }
        }
        if !there.contains(&Key::owned(upload.owner, upload.id)) {
            self.unlisted(upload).await?;
        }
        Ok(())
    }

    /// What is wrong with an upload, by what was read of it, of its owner and of the bucket.
    fn judge(&self, upload: &Upload, owner: Option<&Owner>) -> Option<Finding> {
        let picture = match owner {
            None => return Some(Finding::Ownerless),
            Some(Owner::Living(picture)) => picture.as_deref(),
            Some(Owner::Tombstone) => return None,
        };
        let since = |instant: i64, seconds: i64| self.now.as_second() > instant + seconds;
        match upload.state {
            UploadState::Deleted => Some(Finding::HalfDeleted),
            UploadState::Pending => {
                let over = upload.pending_until() < self.before.as_second();
                over.then_some(Finding::Expired)
            }
            UploadState::Verifying => since(upload.pending_until(), DAY).then_some(Finding::Stuck),
            UploadState::Ready if upload.purpose.is_avatar() && picture != Some(&*self.key_of(upload)) => {
                Some(Finding::PictureUnused)
            }
            UploadState::Ready => (!self.published.contains(&upload.id)).then_some(Finding::Lost),
            UploadState::Rejected => None,
        }
    }

    /// The upload as it is now, if the same is still wrong with it.
    async fn look_again(&self, id: UploadId, finding: Finding) -> Result<Option<Upload>, Failure> {
        let Some(Note::Upload(upload)) = self.store.note(id).await? else { return Ok(None) };
        // The note before its owner: a picture becomes ready and theirs at once.
        let owner = self.store.owners(&[upload.owner].into()).await?.remove(&upload.owner);
        if self.judge(&upload, owner.as_ref()) != Some(finding) {
            return Ok(None);
        }
        let wrong = match finding {
            Finding::Lost => self.media.head(&self.key_of(&upload)).await?.is_none(),
            // It is there, and its event may be late.
            Finding::Expired => !self.waits(&upload).await?,
            _ => true,
        };
        Ok(wrong.then_some(*upload))
    }

    /// Whether what was sent lies in quarantine since less than a day.
    async fn waits(&self, upload: &Upload) -> Result<bool, Failure> {
        let key = upload.quarantine_key();
        let page = self.media.list(&key, None).await?;
        let fresh = |written: i64| written + DAY > self.now.as_second();
        Ok(page.objects.iter().any(|object| object.key == key && fresh(object.modified.as_second())))
    }

    async fn mend(&mut self, finding: Finding, upload: &Upload) -> Result<(), Failure> {
        let (store, media, now, key) = (self.store, self.media, self.now, self.key_of(upload));
        let repair = async {
            match finding {
                Finding::Lost => {
                    let lost = store.lose_upload(upload, &key).await?;
                    if lost {
                        clear_folder(media, upload).await?;
                    }
                    Ok(lost)
                }
                Finding::Expired => {
                    media::give_up(media, store, upload, "expired").await?;
                    Ok(true)
                }
                Finding::Stuck => {
                    media::give_up(media, store, upload, "expired").await?;
                    // What a try may have put there before it ended.
                    if is_rejected(store, upload.id).await? {
                        clear_folder(media, upload).await?;
                    }
                    Ok(true)
                }
                Finding::PictureUnused => match store.begin_deleting(upload).await {
                    Ok(()) => delete(store, media, upload, now).await,
                    Err(StoreError::Condition { failed }) if !failed.contains(&0) => {
                        delete(store, media, upload, now).await
                    }
                    Err(error) if error.is_condition() => Ok(false),
                    Err(error) => Err(error.into()),
                },
                _ => delete(store, media, upload, now).await,
            }
        };
        self.found(finding, format!("MEDIA#{} {}", upload.id, upload.name.as_str()), repair).await
    }

    async fn unlisted(&mut self, upload: &Upload) -> Result<(), Failure> {
        let (store, key) = (self.store, Key::owned(upload.owner, upload.id));
        let again = store.present([key.clone(), Key::upload(upload.id)].into()).await?;
        if again.contains(&key) || again.is_empty() {
            return Ok(());
        }
        let repair = store.enter_upload(upload.owner, upload.id);
        self.found(Finding::Unlisted, format!("MEDIA#{}", upload.id), repair).await
    }

    async fn entry(&mut self, owner: UserId, id: UploadId) -> Result<(), Failure> {
        let store = self.store;
        // What is erased with an account loses its notes first.
        let again = store.present([Key::upload(id), Key::owned(owner, id)].into()).await?;
        let erased = store.owners(&[owner].into()).await?.get(&owner) == Some(&Owner::Tombstone);
        if erased || again.contains(&Key::upload(id)) || again.is_empty() {
            return Ok(());
        }
        let repair = store.remove_entry(owner, id);
        self.found(Finding::EntryOfNothing, format!("OWNER#{owner} MEDIA#{id}"), repair).await
    }

    /// A profile's picture, if its object is gone and no note is there that says so.
    async fn picture(&mut self, owner: UserId, key: &str) -> Result<(), Failure> {
        let (store, media) = (self.store, self.media);
        let id = UploadId::of_key(key);
        if id.is_some_and(|id| self.published.contains(&id)) {
            return Ok(());
        }
        let note = match id {
            Some(id) => store.note(id).await?,
            None => None,
        };
        let told_by_note = match &note {
            Some(Note::Upload(upload)) => upload.state == UploadState::Ready,
            Some(Note::Unreadable) => true,
            None => false,
        };
        let again = store.owners(&[owner].into()).await?.remove(&owner);
        let theirs = matches!(again, Some(Owner::Living(Some(picture))) if picture == key);
        if told_by_note || !theirs || media.head(key).await?.is_some() {
            return Ok(());
        }
        self.found(Finding::PictureLost, format!("USER#{owner} {key}"), store.clear_picture(owner, key)).await
    }

    fn key_of(&self, upload: &Upload) -> String {
        self.media.published_key(upload.owner, upload.id, FILE)
    }
}

async fn is_rejected(store: &Store, id: UploadId) -> Result<bool, Failure> {
    let note = store.note(id).await?;
    Ok(matches!(note, Some(Note::Upload(upload)) if upload.state == UploadState::Rejected))
}

/// Completes a deletion, that of every object in the upload's folder included.
async fn delete(store: &Store, media: &Media, upload: &Upload, now: jiff::Timestamp) -> Result<bool, Failure> {
    clear_folder(media, upload).await?;
    media::finish_deleting(media, store, upload, now).await?;
    Ok(true)
}

/// Deletes whatever is published of an upload that is over, also under names that no purpose has any more.
async fn clear_folder(media: &Media, upload: &Upload) -> Result<(), Failure> {
    let folder = media.published_key(upload.owner, upload.id, "");
    loop {
        let page = media.list(&folder, None).await?;
        for object in &page.objects {
            media.remove(&object.key).await?;
        }
        if page.next.is_none() {
            return Ok(());
        }
    }
}
