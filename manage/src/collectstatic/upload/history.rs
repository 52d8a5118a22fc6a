//! Which manifests were current, and from when on: copies of them in the bucket, where no distribution serves them.

use collectstatic::Digest;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portico::log::chain;
use portico::static_files::Manifest;

use super::bucket::Bucket;
use super::tree::Tree;
use crate::Failure;

/// What the keys begin with. It is not under the prefix that is served.
const FOLDER: &str = "manifests/";

/// How a key tells its time, UTC.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The history, its oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: Vec<Entry>,
}

/// A manifest that was current once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    since: Timestamp,
    hash: String,
}

impl Entry {
    fn key(&self) -> String {
        format!("{FOLDER}{}-{}.json", self.since.strftime(TIME), self.hash)
    }

    /// `None` for what somebody else has put there.
    fn parse(key: &str) -> Option<Self> {
        let (time, hash) = key.strip_prefix(FOLDER)?.strip_suffix(".json")?.split_once('-')?;
        let since = DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Self { since, hash: hash.to_owned() })
    }
}

impl History {
    /// Reads it.
    pub(super) async fn read(bucket: &Bucket<'_>) -> Result<Self, Failure> {
        let keys = bucket.list(FOLDER).await?;
        let mut entries: Vec<_> = keys.keys().filter_map(|key| Entry::parse(key)).collect();
        entries.sort_by_key(|entry| entry.since);
        Ok(Self { entries })
    }

    /// Notes that what was collected is current from now on, unless it is already.
    pub(super) async fn add(&mut self, bucket: &Bucket<'_>, tree: &Tree, now: Timestamp) -> Result<(), Failure> {
        let hash = Digest::of(tree.manifest_text.as_bytes()).short();
        let last = self.entries.last();
        if last.is_some_and(|last| last.hash == hash) {
            return Ok(());
        }
        // Seconds are all that a key tells, and another machine's clock may be ahead of this one's.
        let after = last.and_then(|last| last.since.checked_add(SignedDuration::from_secs(1)).ok());
        let entry = Entry { since: after.map_or(now, |after| after.max(now)), hash };
        let request = bucket.client.put_object().bucket(bucket.name).key(entry.key()).content_type("application/json");
        let request = request.body(tree.manifest_text.clone().into_bytes().into());
        request.send().await.map_err(|error| bucket.failed("does not take the copy of the manifest", &error))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Since when it is known what was current.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.entries.first().map(|entry| entry.since)
    }

    /// The manifests that were current at some time after this. Each was until the next one was; the last one still is,
    /// or was until now.
    pub(super) async fn after(&self, bucket: &Bucket<'_>, time: Timestamp) -> Result<Vec<Manifest>, Failure> {
        let mut manifests = Vec::new();
        for entry in &self.entries[self.outlived(time)..] {
            let key = entry.key();
            let manifest = Manifest::parse(&bucket.read(&key).await?).map_err(|error| {
                Failure::new(format!("{key} in the bucket {}: {}; nothing is deleted", bucket.name, chain(&error)))
            })?;
            manifests.push(manifest);
        }
        Ok(manifests)
    }

    /// The keys of those that were current at no time after this.
    pub(super) fn before(&self, time: Timestamp) -> Vec<String> {
        self.entries[..self.outlived(time)].iter().map(Entry::key).collect()
    }

    /// How many had a successor by then.
    fn outlived(&self, time: Timestamp) -> usize {
        self.entries.iter().skip(1).take_while(|successor| successor.since <= time).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn history(seconds: &[i64]) -> History {
        let entry = |second: &i64| Entry { since: at(*second), hash: second.to_string() };
        History { entries: seconds.iter().map(entry).collect() }
    }

    #[test]
    fn a_key_tells_its_time_and_no_other_key_does() {
        let entry = Entry { since: at(1_767_225_600), hash: "0123456789ab".to_owned() };
        assert_eq!(entry.key(), "manifests/20260101T000000Z-0123456789ab.json");
        assert_eq!(Entry::parse(&entry.key()), Some(entry));
        for key in
            ["manifests/", "manifests/x.json", "manifests/20261301T000000Z-x.json", "manifests/notes-of-kim.json"]
        {
            assert_eq!(Entry::parse(key), None, "{key}");
        }
    }

    #[test]
    fn a_manifest_is_current_until_its_successor_is() {
        let history = history(&[10, 20, 30]);
        for (time, outlived) in [(5, 0), (10, 0), (19, 0), (20, 1), (29, 1), (30, 2), (1_000, 2)] {
            assert_eq!(history.outlived(at(time)), outlived, "{time}");
        }
        assert_eq!(History::default().outlived(at(5)), 0);
    }
}
