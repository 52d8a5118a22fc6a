//! What is counted against a user's quotas, and what their uploads add up to.

use portico::accounts::UserId;
use portico::store::reckoning::{Count, Difference, Tally};
use portico::store::reconcile::{Note, Owner};

use super::finding::Finding;
use super::sweep::Sweep;
use crate::Failure;

/// How often somebody is counted anew who is uploading at this moment.
const ATTEMPTS: u32 = 5;

impl Sweep<'_> {
    /// An item or a note of a user's was seen. Of whom both agree nothing is kept.
    pub(super) fn tally(&mut self, owner: UserId, seen: impl FnOnce(&mut Tally)) {
        let tally = self.tallies.entry(owner).or_default();
        seen(tally);
        if tally.is_even() {
            self.tallies.remove(&owner);
        }
    }

    /// Counts those anew for whom the two do not agree: they were read at different moments, and somebody who uploads
    /// meanwhile looks the same as somebody who is miscounted.
    pub(super) async fn counts(&mut self) -> Result<(), Failure> {
        let store = self.store;
        for owner in std::mem::take(&mut self.tallies).into_keys() {
            let Some((count, differences)) = self.miscount(owner).await? else { continue };
            let told: Vec<_> = differences.iter().map(told).collect();
            let what = format!("USER#{owner} USAGE, {}", told.join(", "));
            let repair = store.correct_count(owner, &count, &differences);
            self.found(Finding::Miscounted, what, repair).await?;
        }
        Ok(())
    }

    /// What a user's item says, and where that is wrong: the same twice in a row, each time with the same item before and
    /// after the notes were read.
    async fn miscount(&mut self, owner: UserId) -> Result<Option<(Count, Vec<Difference>)>, Failure> {
        let who = store_owner(self, owner).await?;
        if !matches!(who, Some(Owner::Living(_))) {
            return Ok(None);
        }
        let mut before: Option<(Count, Vec<Difference>)> = None;
        for _ in 0..ATTEMPTS {
            let count = self.store.count(owner).await?;
            let notes = self.store.listed_notes(owner).await?;
            let readable = notes.values().filter_map(|note| match note {
                Note::Upload(upload) => Some(&**upload),
                Note::Unreadable => None,
            });
            let readable: Vec<_> = readable.collect();
            if readable.len() < notes.len() {
                self.left_alone(&format!("USER#{owner} USAGE"), "some of what it counts cannot be read");
                return Ok(None);
            }
            let differences = count.against(&Count::of(readable)?);
            if self.store.count(owner).await? != count {
                continue;
            }
            if differences.is_empty() {
                return Ok(None);
            }
            let now = (count, differences);
            if before.as_ref() == Some(&now) {
                return Ok(Some(now));
            }
            before = Some(now);
        }
        Ok(None)
    }
}

async fn store_owner(sweep: &Sweep<'_>, owner: UserId) -> Result<Option<Owner>, Failure> {
    Ok(sweep.store.owners(&[owner].into()).await?.remove(&owner))
}

fn told(difference: &Difference) -> String {
    let number = |number: Option<i64>| number.map_or_else(|| "nothing".to_owned(), |number| number.to_string());
    format!("{} is {} and should be {}", difference.name, number(difference.is), number(difference.should))
}
