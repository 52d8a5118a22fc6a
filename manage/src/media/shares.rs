//! What files grant, and the lists of what is granted: neither without the other, and none without its file.

use std::collections::HashSet;

use portico::media::UploadId;
use portico::sharing::{Grantee, Object};
use portico::store::keys::Key;

use super::finding::Finding;
use super::sweep::Sweep;
use crate::Failure;

impl Sweep<'_> {
    /// What has to be there beside a grant.
    pub(super) fn keys_of_grant(id: UploadId, to: &Grantee) -> [Key; 2] {
        [Key::upload(id), Key::shared(to, Object::media(id))]
    }

    /// What has to be there beside an entry of a list.
    pub(super) fn keys_of_share(to: &Grantee, id: UploadId) -> [Key; 1] {
        [Key::grant(Object::media(id), to)]
    }

    pub(super) async fn grant(&mut self, id: UploadId, to: &Grantee, there: &HashSet<Key>) -> Result<(), Failure> {
        let (store, key) = (self.store, Key::grant(Object::media(id), to));
        let name = format!("{} {}", key.pk, key.sk);
        if !there.contains(&Key::upload(id)) {
            let again = store.present([Key::upload(id), key.clone()].into()).await?;
            if again.contains(&key) && again.len() == 1 {
                self.found(Finding::GrantOnNothing, name, store.remove_grant(id, to)).await?;
            }
        } else if !there.contains(&Key::shared(to, Object::media(id))) && store.lacks_share(id, to).await? {
            self.found(Finding::GrantUnlisted, name, store.enter_share(id, to)).await?;
        }
        Ok(())
    }

    pub(super) async fn share(&mut self, to: &Grantee, id: UploadId, there: &HashSet<Key>) -> Result<(), Failure> {
        let (store, grant, entry) = (self.store, Key::grant(Object::media(id), to), Key::shared(to, Object::media(id)));
        if there.contains(&grant) {
            return Ok(());
        }
        let again = store.present([grant.clone(), entry.clone()].into()).await?;
        if again.contains(&entry) && !again.contains(&grant) {
            let name = format!("{} {}", entry.pk, entry.sk);
            self.found(Finding::ShareOfNothing, name, store.remove_share(to, id)).await?;
        }
        Ok(())
    }

    pub(super) async fn link(&mut self, id: UploadId, digest: &str, there: &HashSet<Key>) -> Result<(), Failure> {
        let (store, key) = (self.store, Key::object_link(Object::media(id), digest));
        if there.contains(&Key::upload(id)) {
            return Ok(());
        }
        let again = store.present([Key::upload(id), key.clone()].into()).await?;
        if again.contains(&key) && again.len() == 1 {
            let name = format!("{} {}", key.pk, key.sk);
            self.found(Finding::LinkToNothing, name, store.remove_link(id, digest)).await?;
        }
        Ok(())
    }
}
