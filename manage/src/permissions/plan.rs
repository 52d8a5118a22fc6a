//! What there is to do so that the groups are as the file says.

use std::collections::BTreeSet;

use portico::permissions::{Group, Permission, groups};
use portico::store::listing::{Listing, Order};

use super::file::{Declared, Wanted};
use crate::console::printable;
use crate::site::Site;
use crate::{Failure, Finished};

/// What there is to do.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Groups that are made or changed, by name.
    pub(super) changes: Vec<Change>,
    /// How many are as they should be.
    pub(super) right: usize,
    /// Groups that the file does not name.
    pub(super) drift: Vec<Drift>,
}

/// What there is to do to one group.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) name: String,
    /// The group as it was read; none, where it is to be made.
    pub(super) before: Option<Group>,
    added: Vec<String>,
    removed: Vec<String>,
    /// What is stored, not declared here, and stays.
    kept: Vec<String>,
}

/// A group that the file does not name.
#[derive(Debug)]
pub(super) struct Drift {
    pub(super) name: String,
    pub(super) fate: Fate,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody has asked to delete it.
    Left,
    /// It is deleted.
    Deleted,
    /// It would be, if nobody were in it and nothing were shared with it.
    InUse,
}

impl Change {
    /// What makes `before` what is wanted. A permission that is not declared stays, unless it is pruned: nothing here
    /// asks for it, and the site that it was brought along for may.
    pub(super) fn new(wanted: &Wanted, before: Option<Group>, prune: bool) -> Self {
        let wished: BTreeSet<_> = wanted.permissions.iter().map(|permission| permission.as_str()).collect();
        let stored: BTreeSet<_> = before.iter().flat_map(|group| &group.permissions).cloned().collect();
        let added = wished.iter().filter(|name| !stored.contains(**name)).map(|name| (*name).to_owned()).collect();
        let others = stored.into_iter().filter(|name| !wished.contains(name.as_str()));
        let (removed, kept) = others.partition(|name| prune || Permission::parse(name).is_some());
        Self { name: wanted.name.as_str().to_owned(), before, added, removed, kept }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_some() && self.added.is_empty() && self.removed.is_empty()
    }

    /// The permissions that the group has after it.
    pub(super) fn after(&self, wanted: &Wanted) -> Vec<String> {
        let wished = wanted.permissions.iter().map(|permission| permission.as_str().to_owned());
        wished.chain(self.kept.iter().cloned()).collect()
    }

    /// It, for people to read: the group, and each of its permissions that is of interest, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let mark = match &self.before {
            None => '+',
            Some(_) if self.is_empty() => '=',
            Some(_) => '~',
        };
        let mut lines = vec![format!("{mark} group {}", printable(&self.name))];
        lines.extend(self.added.iter().map(|name| format!("    + {name}")));
        lines.extend(self.removed.iter().map(|name| format!("    - {}", printable(name))));
        lines.extend(self.kept.iter().map(|name| format!("    = {}, which is not declared here", printable(name))));
        lines
    }
}

impl Drift {
    /// It, for people to read.
    pub(super) fn line(&self) -> String {
        let name = printable(&self.name);
        match self.fate {
            Fate::Left => format!("? group {name} is not in the file; --prune deletes it, if it is not used"),
            Fate::Deleted => format!("- group {name}"),
            Fate::InUse => {
                format!(
                    "? group {name} is not in the file, and not deleted: somebody is in it, or something shared with it"
                )
            }
        }
    }
}

impl Plan {
    /// Reads the groups, and says what there is to do.
    ///
    /// # Errors
    /// Also that a group would permit more than it may.
    pub(super) async fn make(site: &Site, declared: &Declared, prune: bool) -> Result<Self, Failure> {
        let names: Vec<_> = declared.groups.keys().cloned().collect();
        let mut stored = site.store().get_groups(&names).await?;
        let mut plan = Self::default();
        let most = site.config().groups.permissions;
        for (name, wanted) in &declared.groups {
            let before = stored.iter().position(|group| group.name == *name).map(|at| stored.swap_remove(at));
            let change = Change::new(wanted, before, prune);
            let count = change.after(wanted).len();
            if count > most && !change.is_empty() {
                let why = format!("with those that are not declared it would have {count}, and {most} are allowed");
                return Err(Failure::new(format!("{} has too many permissions: {why}", printable(name))));
            }
            plan.right += usize::from(change.is_empty());
            // One that is right is shown where something is not as the file alone would have it.
            if !change.is_empty() || !change.kept.is_empty() {
                plan.changes.push(change);
            }
        }
        plan.drift = drift(site, declared, prune).await?;
        Ok(plan)
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.iter().all(Change::is_empty) && self.drift.iter().all(|drift| drift.fate != Fate::Deleted)
    }

    /// It, for people to read.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.changes.iter().flat_map(Change::lines).collect();
        lines.extend(self.drift.iter().map(Drift::line));
        let made = self.changes.iter().filter(|change| change.before.is_none()).count();
        let changed = self.changes.iter().filter(|change| !change.is_empty()).count() - made;
        let deleted = self.drift.iter().filter(|drift| drift.fate == Fate::Deleted).count();
        lines.push(format!(
            "To create: {made}, to change: {changed}, to delete: {deleted}, as they should be: {}.",
            self.right
        ));
        lines
    }

    /// How a command ends that does no more than tell it.
    pub(super) fn told(&self) -> Finished {
        if self.is_empty() { Finished::Whole } else { Finished::Pending }
    }
}

/// How many groups are listed at once.
const PAGE: usize = 1_000;

/// The groups that the file does not name, by the index of groups: one that was made a moment ago may not be among them.
async fn drift(site: &Site, declared: &Declared, prune: bool) -> Result<Vec<Drift>, Failure> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let (page, more) = site.store().listed(Listing::Groups, "", after.as_deref(), PAGE, Order::First).await?;
        after = page.last().map(|entry| entry.name.clone());
        let names = page.into_iter().map(|entry| entry.name).filter(|name| !declared.groups.contains_key(name));
        let mut living = site.store().get_groups(&names.collect::<Vec<_>>()).await?;
        living.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for group in living {
            let fate = match prune {
                false => Fate::Left,
                true if groups::is_in_use(site.store(), &group.name).await? => Fate::InUse,
                true => Fate::Deleted,
            };
            found.push(Drift { name: group.name, fate });
        }
        if !more || after.is_none() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use portico::permissions::GroupName;

    use super::*;

    fn change(wanted: &[&str], stored: Option<&[&str]>, prune: bool) -> Vec<String> {
        let permissions = wanted.iter().map(|name| Permission::parse(name).unwrap()).collect();
        let wanted = Wanted { name: GroupName::parse("Staff").unwrap(), permissions };
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let before = stored.map(|names| Group { permissions: texts(names), ..Group::new("Staff".to_owned()) });
        let change = Change::new(&wanted, before, prune);
        if change.is_empty() { Vec::new() } else { change.lines() }
    }

    #[test]
    fn what_is_missing_is_added_and_what_is_not_wanted_removed() {
        assert_eq!(change(&["shop.view_order"], None, false), ["+ group Staff", "    + shop.view_order"]);
        assert_eq!(change(&[], None, false), ["+ group Staff"]);
        assert_eq!(change(&["shop.view_order"], Some(&["shop.view_order"]), false), [""; 0]);
        let lines = change(&["shop.view_order"], Some(&["shop.add_order"]), false);
        assert_eq!(lines, ["~ group Staff", "    + shop.view_order", "    - shop.add_order"]);
    }

    #[test]
    fn what_is_not_declared_stays_unless_it_is_pruned() {
        let stored = Some(&["blog.add_post", "shop.view_order"][..]);
        assert_eq!(change(&["shop.view_order"], stored, false), [""; 0]);
        assert_eq!(change(&["shop.view_order"], stored, true), ["~ group Staff", "    - blog.add_post"]);
        let kept = "    = blog.add_post, which is not declared here";
        assert_eq!(change(&[], stored, false), ["~ group Staff", "    - shop.view_order", kept]);
    }
}
