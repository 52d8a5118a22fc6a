//! What a user's uploads take, counted anew: the item says one number, the notes add up to another.

use std::collections::BTreeMap;
use std::num::TryFromIntError;

use super::call::{Item, Write, from_item, internal};
use super::expression::Expression;
use super::keys::{Key, PK, SK};
use super::usage::{PENDING, UNTIL, bytes_name, until_name};
use super::{Store, StoreError};
use crate::accounts::UserId;
use crate::media::{Purpose, Upload, UploadId};
use crate::site::PURPOSES;

/// The numbers of a user's item, whatever they are, or as the uploads add up to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count(BTreeMap<String, i64>);

/// A number of that item that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The attribute.
    pub name: String,
    /// What it is.
    pub is: Option<i64>,
    /// What it should be.
    pub should: Option<i64>,
}

impl Count {
    pub(super) fn read(mut item: Item) -> Result<Self, StoreError> {
        item.retain(|name, _| name != PK && name != SK);
        from_item(item).map(Self)
    }

    /// What these uploads of one user add up to.
    pub fn of<'a>(uploads: impl IntoIterator<Item = &'a Upload>) -> Result<Self, StoreError> {
        let mut count = Self::default();
        for upload in uploads {
            let charged = i64::try_from(upload.charged).map_err(|error: TryFromIntError| internal(error))?;
            *count.0.entry(bytes_name(upload.purpose)).or_default() += charged;
            if !upload.is_settled() {
                *count.0.entry(PENDING.to_owned()).or_default() += 1;
                count.0.insert(until_name(upload.id), upload.pending_until());
            }
        }
        Ok(count)
    }

    /// What has to change for this to become `should`. A number that is not there is zero.
    pub fn against(&self, should: &Self) -> Vec<Difference> {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(should.0.keys()).collect();
        let differ = |name: &&String| {
            let (is, should) = (self.0.get(*name), should.0.get(*name));
            is.copied().unwrap_or_default() != should.copied().unwrap_or_default()
        };
        let number = |of: &Self, name: &str| of.0.get(name).copied();
        names
            .into_iter()
            .filter(differ)
            .map(|name| Difference { name: name.clone(), is: number(self, name), should: number(should, name) })
            .collect()
    }
}

impl Store {
    /// The numbers of a user's item; none where there is no item.
    pub async fn count(&self, owner: UserId) -> Result<Count, StoreError> {
        let item = self.get(self.accounts(), &Key::usage(owner)).await?;
        item.map_or_else(|| Ok(Count::default()), Count::read)
    }

    /// Corrects the numbers that differ, if the item is still what was read: nothing was begun, settled or deleted since.
    /// Whether it is.
    pub async fn correct_count(
        &self,
        owner: UserId,
        read: &Count,
        differences: &[Difference],
    ) -> Result<bool, StoreError> {
        let mut change = Expression::new();
        for Difference { name, should, .. } in differences {
            change = match should {
                Some(number) => change.set(&[name], number)?,
                None if name.starts_with(UNTIL) => change.remove(&[name]),
                None => change.set(&[name], 0)?,
            };
        }
        let differing = differences.iter().map(|difference| &difference.name);
        let names: std::collections::BTreeSet<_> = read.0.keys().chain(differing).collect();
        for name in names {
            change = match read.0.get(name) {
                Some(number) => change.only_if(name, "=", number)?,
                None => change.if_absent(name),
            };
        }
        let writes = [
            Write::check(self.accounts(), Key::user(owner), Expression::new().if_living()),
            Write::update(self.accounts(), Key::usage(owner), change),
        ];
        match self.transact(None, &writes).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_condition() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// How far a user's item and their notes are apart, as far as both were seen: small, since it is kept for many users at
/// once. Notes and items cancel each other out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    bytes: [i64; PURPOSES.len()],
    pending: i64,
    /// The identifiers of the uploads under way, each in it an even number of times when they agree.
    under_way: u128,
}

impl Tally {
    /// The item was seen.
    pub fn add(&mut self, count: &Count) {
        for (index, purpose) in Purpose::all().enumerate() {
            self.bytes[index] += count.0.get(&bytes_name(purpose)).copied().unwrap_or_default();
        }
        self.pending += count.0.get(PENDING).copied().unwrap_or_default();
        for id in count.0.keys().filter_map(|name| UploadId::parse(name.strip_prefix(UNTIL)?)) {
            self.under_way ^= id.uuid().as_u128();
        }
    }

    /// A note was seen.
    pub fn take(&mut self, upload: &Upload) {
        self.bytes[upload.purpose.index()] -= i64::try_from(upload.charged).unwrap_or(i64::MAX);
        if !upload.is_settled() {
            self.pending -= 1;
            self.under_way ^= upload.id.uuid().as_u128();
        }
    }

    /// Whether they agree.
    pub fn is_even(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_number_by_number_and_nothing_is_zero() {
        let count =
            |pairs: &[(&str, i64)]| Count(pairs.iter().map(|(name, number)| ((*name).into(), *number)).collect());
        let read = count(&[("bytes#image", 5), ("pending", 0), ("until#x", 9)]);
        let should = count(&[("bytes#image", 7), ("bytes#video", 0)]);
        let told: Vec<_> = read.against(&should).into_iter().map(|one| (one.name, one.is, one.should)).collect();
        assert_eq!(told, [("bytes#image".into(), Some(5), Some(7)), ("until#x".into(), Some(9), None)]);
        assert!(should.against(&should).is_empty());
    }
}
