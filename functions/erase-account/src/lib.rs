//! Erases what a deleted account has left: an item in the outbox is the order, and stands until all of it is done.
//!
//! The order is delivered at least once, and again after every failure. Each step deletes what is there, whether much
//! or nothing, in an order in which what leads to the rest goes last: objects and what they grant before the notes of
//! them, notes before the list of them, everything before the tombstone, and the tombstone before the order. A crash or
//! a timeout at any point is completed by the next delivery, which finds less to do.

use portico::accounts::UserId;
use portico::media::UploadId;
use portico::sharing::{self, Object};
use portico::store::erasure::Remains;
use portico::throttle;
use portico::{ItemChanged, JobContext, Jobs, Result};

/// What this function works through.
pub fn jobs() -> Jobs {
    Jobs::on_item_changed(process)
}

async fn process(cx: JobContext, order: ItemChanged) -> Result<&'static str> {
    match order.key.to_erase() {
        Some(user) => erase(&cx, user).await,
        None => Ok("ignored"),
    }
}

async fn erase(cx: &JobContext, user: UserId) -> Result<&'static str> {
    let store = cx.store();
    match store.remains(user).await? {
        // The order is written with the tombstone or not at all; whoever forges one gets nothing by it.
        Remains::Alive => return Ok("alive"),
        Remains::Tombstone => {}
        Remains::Nothing => {
            store.erase_tombstone(user).await?;
            return Ok("erased already");
        }
    }
    let uploads = cx.app().media().remove_all_of(user).await?;
    erase_uploads(cx, user, &uploads).await?;
    loop {
        let listed = store.first_uploads(user).await?;
        if listed.is_empty() {
            break;
        }
        erase_uploads(cx, user, &listed).await?;
    }
    sharing::forget_user(store, user).await?;
    store.erase_memberships(user).await?;
    store.erase_sessions(user).await?;
    store.erase_belongings(user).await?;
    throttle::forgive_account(store, user).await?;
    store.erase_tombstone(user).await?;
    Ok("erased")
}

/// Forgets uploads, and before that whom they were shared with: by the notes that is found.
async fn erase_uploads(cx: &JobContext, user: UserId, ids: &[UploadId]) -> Result<()> {
    sharing::forget_objects(cx.store(), ids.iter().map(|id| Object::media(*id)), cx.now()).await?;
    Ok(cx.store().erase_uploads(user, ids).await?)
}
