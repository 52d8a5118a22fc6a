//! Writing users and groups, and finding out what is in the way of those that were not written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use portico::accounts::{Identifier, User, UserId};
use portico::permissions::{Group, groups};
use portico::store::bundles::{Bundle, Placed};
use portico::store::keys::Key;
use portico::store::users::Taken;
use portico::store::{Store, StoreError};

use super::person::Person;
use super::report::{Fate, Remark, Whose};
use crate::Failure;
use crate::feeder::{Carry, Feeder, patiently};
use crate::site::Site;

/// Writes, or looks what would become of it.
#[derive(Clone)]
pub(super) struct Writer {
    store: Store,
    now: Timestamp,
    /// Whether an address is enough to log in with.
    by_address: bool,
    /// In a dry run: the keys that rows before have taken, with their users.
    dry_run: Option<Arc<Mutex<HashMap<Key, UserId>>>>,
}

/// What became of groups.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) written: u64,
    pub(super) there: u64,
}

impl Writer {
    pub(super) fn new(site: &Site, dry_run: bool) -> Self {
        Self {
            store: site.store().clone(),
            now: site.now(),
            by_address: site.logs_in_by_address(),
            dry_run: dry_run.then(Arc::default),
        }
    }

    /// Writes groups. Those that are there with other permissions stay as they are, and are told.
    pub(super) async fn groups(&self, groups: Vec<Group>, complaints: &mut Vec<String>) -> Result<Groups, Failure> {
        let writer = self.clone();
        let carry: Carry<Group, (Group, Placed)> = Box::new(move |batch| {
            let writer = writer.clone();
            Box::pin(async move {
                let (bundles, groups): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
                Ok(groups.into_iter().zip(writer.place(&bundles).await?).collect())
            })
        });
        let mut feeder = Feeder::new(carry);
        let mut placed = Vec::new();
        for group in groups {
            placed.extend(feeder.add(self.store.new_group(&group)?, group).await?);
        }
        placed.extend(feeder.finish().await?);
        let mut done = Groups::default();
        for (group, placed) in placed {
            let is_stored = self.dry_run.is_none() && !matches!(placed, Placed::Refused(_));
            if is_stored && !groups::guard(&self.store, &group.name).await? {
                complaints
                    .push(format!("group {:?} looks like another one: nobody can tell who is in which", group.name));
            }
            match placed {
                Placed::New => done.written += 1,
                Placed::There(_) => {
                    done.there += 1;
                    if self.store.get_group(&group.name).await?.is_some_and(|stored| stored != group) {
                        complaints
                            .push(format!("group {:?} is there with other permissions, and keeps them", group.name));
                    }
                }
                Placed::Refused(why) => complaints.push(format!("group {:?} is refused: {why}", group.name)),
            }
        }
        Ok(done)
    }

    /// Carries out a batch of users.
    pub(super) fn carry(&self) -> Carry<(Whose, Person), (Whose, Fate)> {
        let writer = self.clone();
        Box::new(move |batch| {
            let writer = writer.clone();
            Box::pin(async move { writer.users(batch).await })
        })
    }

    async fn users(&self, batch: Vec<(Bundle, (Whose, Person))>) -> Result<Vec<(Whose, Fate)>, StoreError> {
        let (bundles, people): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let placed = self.place(&bundles).await?;
        let there =
            people.iter().zip(&placed).filter(|(_, placed)| is_there(placed)).map(|((_, person), _)| person.user.id);
        let stored: Vec<_> = there.collect();
        let stored = patiently(|| self.store.get_users(stored.iter().copied())).await?;
        let stored: HashMap<_, _> = stored.into_iter().map(|user| (user.id, user)).collect();
        let mut fates = Vec::with_capacity(people.len());
        for ((whose, mut person), placed) in people.into_iter().zip(placed) {
            let mut fate = self.fate(&mut person, placed, &stored).await?;
            if let Fate::Imported(notes) = &mut fate {
                notes.append(&mut person.notes);
            }
            fates.push((whose, fate));
        }
        Ok(fates)
    }

    async fn fate(
        &self,
        person: &mut Person,
        placed: Placed,
        stored: &HashMap<UserId, User>,
    ) -> Result<Fate, StoreError> {
        let there = match placed {
            Placed::New => return Ok(Fate::Imported(Vec::new())),
            Placed::Refused(why) => return Ok(Fate::Skipped(Remark::new("refused", why))),
            Placed::There(there) if there.contains(&0) => {
                let other = stored.get(&person.user.id).is_some_and(|user| person.is_another_than(user));
                let why = "another row was imported under this key: tell the rows of two sites apart with --source";
                return Ok(if other { Fate::Skipped(Remark::new("key_taken", why)) } else { Fate::There });
            }
            Placed::There(there) => Taken::among(&there),
        };
        if there.email {
            return Ok(Fate::Skipped(self.owner(person).await?));
        }
        let Some(username) = person.user.username.take() else { return Ok(Fate::There) };
        person.notes.push(Remark::new("username_left_out", format!("{:?} is another account's", username.as_str())));
        if !self.by_address {
            person.notes.push(Remark::no_name());
        }
        let placed = self.place(&[self.store.new_user(&person.user, self.now)?]).await?;
        let fate = placed.into_iter().next().map(|placed| Box::pin(self.fate(person, placed, stored)));
        match fate {
            Some(fate) => fate.await,
            None => Ok(Fate::There),
        }
    }

    /// Whose the address is.
    async fn owner(&self, person: &Person) -> Result<Remark, StoreError> {
        let email = person.user.email.canonical();
        let identifier = Identifier::Email(email.clone());
        let mut owner = patiently(|| self.store.find_user(&identifier)).await?;
        if let Some(seen) = &self.dry_run {
            let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            owner = owner.or_else(|| seen.get(&Key::email(&email)).copied());
        }
        let address = person.user.email.as_str();
        Ok(match owner {
            Some(owner) if owner.is_imported() => {
                Remark::new("email_duplicate", format!("{address} is the address of another imported user, {owner}"))
            }
            Some(owner) => Remark::new("email_taken", format!("{address} is the address of the account {owner}")),
            None => Remark::new("email_taken", format!("{address} is kept for an account that had it before")),
        })
    }

    async fn place(&self, bundles: &[Bundle]) -> Result<Vec<Placed>, StoreError> {
        let Some(seen) = &self.dry_run else {
            return patiently(|| self.store.put_bundles(bundles)).await;
        };
        let mut placed = patiently(|| self.store.find_bundles(bundles, self.now.as_second())).await?;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (bundle, placed) in bundles.iter().zip(&mut placed) {
            if *placed != Placed::New {
                continue;
            }
            let there: Vec<_> =
                bundle.keys().enumerate().filter(|(_, key)| seen.contains_key(key)).map(|(index, _)| index).collect();
            if there.is_empty() {
                let owner = bundle.keys().next().and_then(|key| key.user_id());
                seen.extend(bundle.keys().map(|key| (key, owner.unwrap_or_else(UserId::nobody))));
            } else {
                *placed = Placed::There(there);
            }
        }
        Ok(placed)
    }
}

fn is_there(placed: &Placed) -> bool {
    matches!(placed, Placed::There(there) if there.contains(&0))
}
