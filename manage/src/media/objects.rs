//! The bucket: objects that nobody needs, and uploads in parts that nobody will complete.

use std::collections::{HashMap, HashSet};

use portico::accounts::UserId;
use portico::media::{FILE, Listed, Media, QUARANTINE, Unfinished, Upload, UploadId, UploadState};
use portico::store::Store;
use portico::store::reconcile::{Note, Owner};

use super::finding::Finding;
use super::sweep::Sweep;
use crate::Failure;

impl Sweep<'_> {
    /// Looks at all of it, and remembers which files are there.
    pub(super) async fn objects(&mut self) -> Result<(), Failure> {
        self.unfinished().await?;
        for prefix in [QUARANTINE, self.media.prefix()] {
            let mut after = None;
            loop {
                let page = self.media.list(prefix, after.as_deref()).await?;
                self.page(&page.objects).await?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn page(&mut self, objects: &[Listed]) -> Result<(), Failure> {
        let ids: HashSet<_> = objects.iter().filter_map(|object| UploadId::of_key(&object.key)).collect();
        let notes = self.store.notes(&ids).await?;
        for object in objects {
            let Some(place) = Place::of(self.media, &object.key) else {
                self.left_alone(&object.key, "it is none of ours");
                continue;
            };
            if matches!(&place.published, Some(name) if name == FILE) {
                self.published.insert(place.id);
            }
            let note = notes.get(&place.id);
            if object.modified > self.before || place.judge(note).is_none() {
                continue;
            }
            // The page may be a while old.
            let (store, media, key) = (self.store, self.media, &object.key);
            let Some(finding) = place.look_again(store, key).await? else { continue };
            let repair = async {
                let still = place.look_again(store, key).await?.is_some();
                if still {
                    media.remove(key).await?;
                }
                Ok::<_, Failure>(still)
            };
            self.found(finding, key, repair).await?;
        }
        self.looked_at(objects.len(), 0);
        Ok(())
    }

    async fn unfinished(&mut self) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let page = self.media.list_unfinished(QUARANTINE, after.as_ref()).await?;
            let ids: HashSet<_> = page.uploads.iter().filter_map(|one| UploadId::of_key(&one.key)).collect();
            let notes: HashMap<_, _> = self.store.notes(&ids).await?;
            let before = self.before;
            for one in page.uploads.iter().filter(|one| one.begun <= before) {
                let Some((owner, id)) = UploadId::of_quarantine(&one.key) else {
                    self.left_alone(&one.key, "it is none of ours");
                    continue;
                };
                if needs(notes.get(&id), owner, one) {
                    continue;
                }
                let (store, media) = (self.store, self.media);
                let repair = async {
                    let still = !needs(store.note(id).await?.as_ref(), owner, one);
                    if still {
                        media.abort_multipart(&one.key, &one.upload).await?;
                    }
                    Ok::<_, Failure>(still)
                };
                self.found(Finding::Unfinished, &one.key, repair).await?;
            }
            self.looked_at(page.uploads.len(), 0);
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Whether these are the parts of an upload that is under way, or of one that nobody can judge.
fn needs(note: Option<&Note>, owner: UserId, one: &Unfinished) -> bool {
    match note {
        Some(Note::Upload(upload)) => {
            let theirs = upload.multipart.as_ref().is_some_and(|multipart| multipart.id == one.upload);
            upload.owner == owner && theirs && !upload.is_settled()
        }
        Some(Note::Unreadable) => true,
        None => false,
    }
}

/// Where an object is, as its key says it.
struct Place {
    owner: UserId,
    id: UploadId,
    /// What it is called, where it is published; `None` for one that waits.
    published: Option<String>,
}

impl Place {
    fn of(media: &Media, key: &str) -> Option<Self> {
        if let Some((owner, id)) = UploadId::of_quarantine(key) {
            return Some(Self { owner, id, published: None });
        }
        let (owner, id, name) = media.of_published(key)?;
        Some(Self { owner, id, published: Some(name) })
    }

    /// Why nobody needs the object, where nobody does. What is settled never becomes unsettled, so that an answer other
    /// than `None` is for good.
    fn judge(&self, note: Option<&Note>) -> Option<Finding> {
        let waits = self.published.is_none();
        let upload = match note {
            Some(Note::Upload(upload)) if upload.owner == self.owner => upload,
            Some(Note::Unreadable) => return None,
            _ if waits => return Some(Finding::ObjectWaiting),
            _ => return Some(Finding::ObjectOfNobody),
        };
        match upload.state {
            // What is being verified may be published at any moment; what is being deleted is a finding of its own.
            UploadState::Pending | UploadState::Verifying | UploadState::Deleted => None,
            _ if waits => Some(Finding::ObjectWaiting),
            UploadState::Ready if self.is_listed(upload) => None,
            UploadState::Ready | UploadState::Rejected => Some(Finding::ObjectUnlisted),
        }
    }

    fn is_listed(&self, upload: &Upload) -> bool {
        let Some(name) = self.published.as_deref() else { return false };
        let sides = upload.published.iter().flat_map(|published| &published.thumbnails);
        name == FILE || sides.map(|thumbnail| thumbnail.side.to_string()).any(|side| side == name)
    }

    /// The same as it is now.
    async fn look_again(&self, store: &Store, key: &str) -> Result<Option<Finding>, Failure> {
        let finding = self.judge(store.note(self.id).await?.as_ref());
        if finding != Some(Finding::ObjectOfNobody) {
            return Ok(finding);
        }
        // A picture that a profile shows is needed, whatever has become of its note.
        let owner = store.owners(&[self.owner].into()).await?.remove(&self.owner);
        Ok(finding.filter(|_| !matches!(owner, Some(Owner::Living(Some(picture))) if picture == key)))
    }
}
