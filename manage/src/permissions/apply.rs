//! Doing what there is to do: each group by one conditional write, with the event that tells of it.

use portico::permissions::{Permission, groups};
use portico::store::StoreError;

use super::file::{Declared, Wanted};
use super::plan::{Change, Drift, Fate, Plan};
use crate::console::{Console, printable};
use crate::site::Site;
use crate::{Failure, Finished, Outcome};

/// How often a group is planned anew that others change meanwhile.
const ATTEMPTS: u32 = 5;

/// What was done.
#[derive(Default)]
struct Done {
    created: usize,
    changed: usize,
    deleted: usize,
}

/// Does it, and tells what was done as it is done. So it can be cut off anywhere and run again.
pub(super) async fn apply(
    site: &Site,
    declared: &Declared,
    plan: Plan,
    prune: bool,
    console: &mut dyn Console,
) -> Outcome {
    let (mut done, mut in_part) = (Done::default(), false);
    for change in plan.changes {
        let Some(wanted) = declared.groups.get(&change.name) else { continue };
        in_part |= !bring_about(site, wanted, change, prune, &mut done, console).await?;
    }
    for drift in plan.drift {
        match drift.fate {
            Fate::Deleted => in_part |= !delete(site, &drift, &mut done, console).await?,
            Fate::Left => console.say(&drift.line()),
            Fate::InUse => {
                console.warn(&drift.line());
                in_part = true;
            }
        }
    }
    console.say(&format!("Created: {}, changed: {}, deleted: {}.", done.created, done.changed, done.deleted));
    Ok(if in_part { Finished::InPart } else { Finished::Whole })
}

/// Makes or changes a group; one that has changed since it was read is read and planned anew. Whether it is as it should
/// be.
async fn bring_about(
    site: &Site,
    wanted: &Wanted,
    mut change: Change,
    prune: bool,
    done: &mut Done,
    console: &mut dyn Console,
) -> Result<bool, Failure> {
    let mut looks_like_another = false;
    for _ in 0..ATTEMPTS {
        if change.is_empty() {
            tell(&change, console);
            return Ok(true);
        }
        match write(site, wanted, &change).await {
            Ok(()) => {
                tell(&change, console);
                let count = if change.before.is_none() { &mut done.created } else { &mut done.changed };
                *count += 1;
                return Ok(true);
            }
            Err(StoreError::Condition { failed }) => looks_like_another = change.before.is_none() && failed == [1],
            Err(error) => return Err(error.into()),
        }
        change = Change::new(wanted, site.store().get_group(&change.name).await?, prune);
    }
    let name = printable(&change.name);
    console.warn(&match change.before {
        Some(_) => format!("! group {name} is changed by somebody else all the time: apply it again"),
        None if looks_like_another => format!("! group {name} is not made: there is one that looks like it"),
        None => format!("! group {name} is just being deleted; `groups delete` completes that"),
    });
    Ok(false)
}

fn tell(change: &Change, console: &mut dyn Console) {
    for line in change.lines() {
        console.say(&line);
    }
}

async fn write(site: &Site, wanted: &Wanted, change: &Change) -> Result<(), StoreError> {
    let author = site.author();
    if let Some(group) = &change.before {
        groups::set_permissions(site.store(), &author, group, change.after(wanted)).await.map(drop)
    } else {
        let permissions: Vec<Permission> = wanted.permissions.iter().copied().collect();
        groups::create_permitting(site.store(), &author, &wanted.name, &permissions).await.map(drop)
    }
}

/// Deletes a group that nobody uses. Whoever joins it at this very moment is taken out of it again.
async fn delete(site: &Site, drift: &Drift, done: &mut Done, console: &mut dyn Console) -> Result<bool, Failure> {
    if groups::is_in_use(site.store(), &drift.name).await? {
        console.warn(&Drift { name: drift.name.clone(), fate: Fate::InUse }.line());
        return Ok(false);
    }
    match groups::delete(site.store(), &site.author(), &drift.name).await {
        Ok(_) => {
            console.say(&drift.line());
            done.deleted += 1;
        }
        // Somebody else has deleted it.
        Err(error) if error.is_condition() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}
