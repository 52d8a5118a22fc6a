//! Deletes what nobody needs any more: neither the present version, nor a page or a function of some days ago.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use portico::static_files::{Encoding, Manifest};

use super::bucket::{Bucket, There};
use super::history::History;
use crate::Failure;
use crate::console::{Console, printable_whole};

/// What is needed, and since when something has to be unneeded to go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed<'a> {
    /// The keys of the present version.
    pub(super) keys: &'a BTreeSet<String>,
    pub(super) prefix: &'a str,
    pub(super) days: u32,
    pub(super) now: Timestamp,
}

/// Deletes, or says what would be. Gives how many objects.
pub(super) async fn run(
    bucket: &Bucket<'_>,
    needed: &Needed<'_>,
    history: &History,
    there: &BTreeMap<String, There>,
    dry_run: bool,
    console: &mut dyn Console,
) -> Result<usize, Failure> {
    let age = SignedDuration::from_hours(24 * i64::from(needed.days));
    let known = needed.now.checked_sub(age).ok().filter(|cutoff| history.since().is_some_and(|since| since <= *cutoff));
    let Some(cutoff) = known else {
        // What was current before the history began is in no manifest that could be asked.
        console.warn(&format!(
            "Nothing is pruned: which manifests were current is not known for the last {} days yet.",
            needed.days
        ));
        return Ok(0);
    };
    let recent = history.after(bucket, cutoff).await?;
    let names = recent.iter().flat_map(Manifest::paths).flat_map(|(name, hashed)| [name, hashed]);
    let kept: BTreeSet<_> = names
        .flat_map(|name| [Encoding::Brotli, Encoding::Gzip, Encoding::Identity].map(|encoding| (name, encoding)))
        .map(|(name, encoding)| format!("{}{name}{}", needed.prefix, encoding.suffix()))
        .collect();
    // What is young may be of an upload that is under way elsewhere, its manifest still to come.
    let stale: Vec<_> = there
        .iter()
        .filter(|(key, there)| !needed.keys.contains(*key) && !kept.contains(*key) && there.modified <= cutoff)
        .map(|(key, _)| key.as_str())
        .collect();
    if dry_run {
        for key in &stale {
            console.say(&format!("would delete {}", printable_whole(key)));
        }
        return Ok(stale.len());
    }
    bucket.delete(&stale).await?;
    let past = history.before(cutoff);
    bucket.delete(&past.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    Ok(stale.len())
}
