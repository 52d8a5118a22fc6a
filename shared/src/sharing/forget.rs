//! Leaving no grant behind: of an object, of a user, of a group that goes. Each step can be repeated, in an order in which
//! what leads to the rest goes last, so that a crash anywhere is completed by doing it again.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::{Grantee, Object};
use crate::accounts::UserId;
use crate::store::{Store, StoreError};

/// Removes what an object grants, and its links, before the object itself goes: from now on nobody but its owner sees it,
/// and nobody can share it. The caller deletes the object's item after that.
pub async fn forget_object(store: &Store, object: Object, now: Timestamp) -> Result<(), StoreError> {
    store.close_object(object, now).await?;
    store.erase_shares(object).await
}

/// How many objects are freed of what they grant at once.
const OBJECTS_AT_ONCE: usize = 8;

/// The same for many, of somebody whose account is deleted.
pub async fn forget_objects(
    store: &Store,
    objects: impl IntoIterator<Item = Object>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let all: Vec<_> = objects.into_iter().map(|object| forget_object(store, object, now)).collect();
    stream::iter(all).buffer_unordered(OBJECTS_AT_ONCE).try_collect().await
}

/// Removes what was granted to a user. Before that nobody can grant them anything any more: their account is deleted.
pub async fn forget_user(store: &Store, id: UserId) -> Result<(), StoreError> {
    store.forget_grantee(&Grantee::User(id)).await
}

/// Removes what was granted to a group. Before that nobody can grant it anything any more: by
/// [`crate::store::Store::end_group`].
pub async fn forget_group(store: &Store, name: &str) -> Result<(), StoreError> {
    store.forget_grantee(&Grantee::Group(name.to_owned())).await
}
