//! What a user's uploads take: one item beside the user, with a number for each purpose, and which uploads are under way.

use std::collections::BTreeMap;

use super::call::{Write, from_item};
use super::expression::Expression;
use super::keys::{Key, PK, SK};
use super::{Store, StoreError};
use crate::accounts::UserId;
use crate::media::{Purpose, Upload, UploadId};

/// How many uploads are under way.
pub(super) const PENDING: &str = "pending";
/// What the name of an attribute begins with that says until when a promise holds; the upload's identifier follows.
pub(super) const UNTIL: &str = "until#";

/// What a user's uploads take, bytes reserved and used together.
#[derive(Debug, Clone, Default)]
pub struct Usage(BTreeMap<String, u64>);

impl Usage {
    /// Bytes of a purpose.
    pub fn bytes(&self, purpose: Purpose) -> u64 {
        self.0.get(&bytes_name(purpose)).copied().unwrap_or_default()
    }

    /// The uploads under way whose promise no longer holds at `now` (epoch seconds).
    pub fn expired(&self, now: i64) -> Vec<UploadId> {
        let promises =
            self.0.iter().filter_map(|(name, until)| Some((UploadId::parse(name.strip_prefix(UNTIL)?)?, *until)));
        promises.filter(|(_, until)| u64::try_from(now).is_ok_and(|now| *until < now)).map(|(id, _)| id).collect()
    }
}

impl Store {
    /// What a user's uploads take.
    pub async fn usage(&self, owner: UserId) -> Result<Usage, StoreError> {
        let Some(mut item) = self.get(self.accounts(), &Key::usage(owner)).await? else { return Ok(Usage::default()) };
        item.retain(|name, _| name != PK && name != SK);
        from_item(item).map(Usage)
    }

    /// Reserves the bytes of an upload where its purpose takes at most `room` by now and fewer than `pending_max` are
    /// under way.
    pub(super) fn reserve_bytes(&self, upload: &Upload, room: u64, pending_max: u32) -> Result<Write, StoreError> {
        let reserved = Expression::new()
            .add(&bytes_name(upload.purpose), signed(upload.charged))?
            .add(PENDING, 1)?
            .set(&[&until_name(upload.id)], upload.pending_until())?
            .only_if_absent_or(&bytes_name(upload.purpose), "<=", room)?
            .only_if_absent_or(PENDING, "<", pending_max)?;
        Ok(Write::update(self.accounts(), Key::usage(upload.owner), reserved))
    }

    /// An upload is over, and takes `bytes` from now on.
    pub(super) fn settle_bytes(&self, upload: &Upload, bytes: u64) -> Result<Write, StoreError> {
        self.settle_bytes_freeing(upload, bytes, 0)
    }

    /// The same, if all of the purpose still fits into the `quota` where that is more than was reserved.
    pub(super) fn settle_bytes_within(&self, upload: &Upload, bytes: u64, quota: u64) -> Result<Write, StoreError> {
        let mut settled = settled(upload, bytes, 0)?;
        if let Some(growth) = bytes.checked_sub(upload.charged).filter(|growth| *growth > 0) {
            // Less than nothing is left where the growth alone is more than the quota: then no number is small enough.
            let room = signed(quota) - signed(growth);
            settled = settled.only_if(&bytes_name(upload.purpose), "<=", room)?;
        }
        Ok(Write::update(self.accounts(), Key::usage(upload.owner), settled))
    }

    /// An upload is over and takes `bytes`, and `freed` bytes of another one are given back.
    pub(super) fn settle_bytes_freeing(&self, upload: &Upload, bytes: u64, freed: u64) -> Result<Write, StoreError> {
        Ok(Write::update(self.accounts(), Key::usage(upload.owner), settled(upload, bytes, freed)?))
    }
}

fn settled(upload: &Upload, bytes: u64, freed: u64) -> Result<Expression, StoreError> {
    let change = signed(bytes) - signed(upload.charged) - signed(freed);
    let settled = Expression::new().add(&bytes_name(upload.purpose), change)?.if_exists(PK);
    if upload.is_settled() {
        return Ok(settled);
    }
    Ok(settled.add(PENDING, -1)?.remove(&[&until_name(upload.id)]))
}

/// The attribute of a purpose's bytes: no purpose can have the name of another attribute.
pub(super) fn bytes_name(purpose: Purpose) -> String {
    format!("bytes#{}", purpose.name())
}

pub(super) fn until_name(id: UploadId) -> String {
    format!("{UNTIL}{id}")
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
