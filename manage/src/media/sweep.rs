//! One comparison: what it goes by, what it has to remember, and how a finding is told and mended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use portico::accounts::UserId;
use portico::media::{Media, Upload, UploadId};
use portico::store::Store;
use portico::store::reckoning::Tally;

use super::finding::Finding;
use crate::Failure;
use crate::console::{Console, printable};
use crate::progress::Progress;

/// What a comparison remembers. Objects and items are looked at a page at a time; kept are the identifiers of the files
/// that the bucket has, and a few numbers for each user of whom not all items were seen yet.
pub(super) struct Sweep<'a> {
    pub(super) store: &'a Store,
    pub(super) media: &'a Media,
    pub(super) now: Timestamp,
    /// What was written after this is left alone.
    pub(super) before: Timestamp,
    fix: bool,
    console: &'a mut dyn Console,
    progress: Progress,
    /// The uploads whose published file is there.
    pub(super) published: HashSet<UploadId>,
    /// How far what is counted and what the notes add up to are apart.
    pub(super) tallies: HashMap<UserId, Tally>,
    /// Found, and mended of that.
    told: BTreeMap<Finding, (u64, u64)>,
    looked_at: (u64, u64),
}

impl<'a> Sweep<'a> {
    pub(super) fn new(
        store: &'a Store,
        media: &'a Media,
        now: Timestamp,
        min_age: SignedDuration,
        fix: bool,
        console: &'a mut dyn Console,
    ) -> Self {
        Self {
            store,
            media,
            now,
            before: now.saturating_sub(min_age).unwrap_or(Timestamp::MIN),
            fix,
            console,
            progress: Progress::of_unknown(),
            published: HashSet::new(),
            tallies: HashMap::new(),
            told: BTreeMap::new(),
            looked_at: (0, 0),
        }
    }

    /// Whether it was asked for so long ago that nothing of it is under way.
    pub(super) fn is_old(&self, upload: &Upload) -> bool {
        upload.created_at < self.before.as_second()
    }

    /// A page of objects or of items was looked at.
    pub(super) fn looked_at(&mut self, objects: usize, items: usize) {
        self.looked_at.0 += objects as u64;
        self.looked_at.1 += items as u64;
        let (objects, items) = self.looked_at;
        let found: u64 = self.told.values().map(|(found, _)| found).sum();
        self.progress.tell(objects + items, || format!("objects {objects}, items {items}, findings {found}"));
    }

    /// Tells a finding, and mends it where that was asked for. A repair says whether what it rests on still held: if not,
    /// somebody has gone on with it meanwhile, and it is none any more.
    pub(super) async fn found<E: Into<Failure>>(
        &mut self,
        finding: Finding,
        what: impl Display,
        repair: impl Future<Output = Result<bool, E>>,
    ) -> Result<(), Failure> {
        let (wrong, todo, done) = finding.words();
        if self.fix && !repair.await.map_err(Into::into)? {
            return Ok(());
        }
        let counted = self.told.entry(finding).or_default();
        counted.0 += 1;
        counted.1 += u64::from(self.fix);
        let remedy = if self.fix { done } else { todo };
        let line = format!("{}: {wrong}; {remedy}", printable(&what.to_string()));
        self.progress.aside(|| self.console.say(&line));
        Ok(())
    }

    /// Something that is left alone, and somebody should know.
    pub(super) fn left_alone(&mut self, what: &str, why: &str) {
        let line = format!("{}: {why}; left alone", printable(what));
        self.progress.aside(|| self.console.warn(&line));
    }

    /// Sums up. How many findings are not mended.
    pub(super) fn end(self) -> u64 {
        let Self { console, progress, told, looked_at: (objects, items), .. } = self;
        drop(progress);
        console.say(&format!("Objects looked at: {objects}. Items: {items}."));
        for (finding, (found, mended)) in &told {
            console.say(&format!("{found} x {}{}", finding.words().0, if *mended > 0 { ", mended" } else { "" }));
        }
        if told.is_empty() {
            console.say("Bucket and tables agree.");
        }
        told.values().map(|(found, mended)| found - mended).sum()
    }
}
