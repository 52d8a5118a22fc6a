//! What a bucket forgets by itself, carried out.

use s3s::S3Result;

use super::unfinished::Unfinished;
use super::{After, Entry, Expect, Listing, Store};
use crate::s3::options::Lifecycle;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How many lines are looked at in one turn.
const PAGE: usize = 1_000;

impl Store {
    /// Deletes what the rules of the buckets say is over at `now`, milliseconds since the epoch. Gives how many objects
    /// and unfinished uploads that were.
    pub(crate) fn sweep(&self, now: i64) -> S3Result<usize> {
        let mut swept = 0;
        for bucket in self.declared.values() {
            for rule in &bucket.lifecycle {
                swept += self.expire(&bucket.name, rule, now)? + self.give_up(&bucket.name, rule, now)?;
            }
        }
        Ok(swept)
    }

    fn expire(&self, bucket: &str, rule: &Lifecycle, now: i64) -> S3Result<usize> {
        let Some(days) = rule.expiration_days else { return Ok(0) };
        let mut swept = 0;
        let mut after = None;
        loop {
            let page = Listing { bucket, prefix: &rule.prefix, delimiter: None, after: after.take(), limit: PAGE };
            let (entries, more) = self.list(&page)?;
            for entry in entries {
                let Entry::Object { key, etag, modified, .. } = entry else { continue };
                if now >= end(modified, days) {
                    // Replaced since it was listed: the new one is not old.
                    swept += usize::from(self.delete(bucket, &key, &Expect::Etag(etag)).is_ok());
                }
                after = Some(After::Key(key));
            }
            if !more {
                return Ok(swept);
            }
        }
    }

    fn give_up(&self, bucket: &str, rule: &Lifecycle, now: i64) -> S3Result<usize> {
        let Some(days) = rule.abort_multipart_days else { return Ok(0) };
        let mut swept = 0;
        let mut after: Option<(String, String)> = None;
        loop {
            let marker = after.as_ref().map(|(key, id)| (key.as_str(), Some(id.as_str())));
            let page = Unfinished { bucket, prefix: &rule.prefix, after: marker, limit: PAGE };
            let (uploads, more) = self.unfinished(&page)?;
            for upload in uploads {
                if now >= end(upload.created, days) {
                    // Gone meanwhile: whoever sent its parts has completed it, or given it up.
                    swept += usize::from(self.abort(bucket, &upload.key, &upload.id).is_ok());
                }
                after = Some((upload.key, upload.id));
            }
            if !more {
                return Ok(swept);
            }
        }
    }
}

/// When so many days are over, as S3 counts them: to the midnight (UTC) that follows.
fn end(begin: i64, days: u32) -> i64 {
    let full = begin + i64::from(days) * DAY;
    full + (DAY - full.rem_euclid(DAY)) % DAY
}

#[cfg(test)]
mod tests {
    use super::{DAY, end};

    #[test]
    fn a_day_ends_at_the_midnight_after_it() {
        // "An object created on 1/15/2014 10:30 UTC with 3 days expires on 1/19/2014 00:00 UTC" (Amazon S3 User Guide).
        assert_eq!(end(10 * 60 * 60 * 1_000, 3), 4 * DAY);
        assert_eq!(end(5 * DAY, 1), 6 * DAY);
        assert_eq!(end(5 * DAY + 1, 1), 7 * DAY);
    }
}
