//! Listing: keys in byte order, grouped by a delimiter, a page at a time.

use rusqlite::params;
use s3s::S3Result;

use super::{Store, internal};

/// A page to list.
pub(crate) struct Listing<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: &'a str,
    /// Keys that share what comes before it, after the prefix, are listed as one.
    pub(crate) delimiter: Option<&'a str>,
    /// Where to begin: after this key, or after all the keys of this common prefix.
    pub(crate) after: Option<After>,
    pub(crate) limit: usize,
}

/// The last thing of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Key(String),
    Prefix(String),
}

/// A line of a listing.
#[derive(Debug)]
pub(crate) enum Entry {
    Object { key: String, size: u64, etag: String, modified: i64 },
    Prefix(String),
}

impl Entry {
    /// Where the page after this entry begins.
    pub(crate) fn after(&self) -> After {
        match self {
            Self::Object { key, .. } => After::Key(key.clone()),
            Self::Prefix(prefix) => After::Prefix(prefix.clone()),
        }
    }
}

impl Store {
    /// The entries of a page, and whether more follow.
    pub(crate) fn list(&self, listing: &Listing<'_>) -> S3Result<(Vec<Entry>, bool)> {
        self.bucket(listing.bucket)?;
        let mut entries: Vec<Entry> = Vec::new();
        if listing.limit == 0 {
            return Ok((entries, false));
        }
        let mut from = From::beginning(listing);
        self.with(|database| {
            let mut select = database
                .prepare_cached(
                    "SELECT key, size, etag, modified FROM objects
                     WHERE bucket = ?1 AND key >= ?2 AND (key > ?2 OR ?3) ORDER BY key LIMIT ?4",
                )
                .map_err(internal)?;
            loop {
                // One more than the page holds, to know whether it is the last.
                let room = listing.limit + 1 - entries.len();
                let mut rows = select
                    .query(params![listing.bucket, from.key, from.inclusive, i64::try_from(room).unwrap_or(i64::MAX)])
                    .map_err(internal)?;
                let mut jump = None;
                let mut read = 0;
                while let Some(row) = rows.next().map_err(internal)? {
                    read += 1;
                    let key: String = row.get(0).map_err(internal)?;
                    let Some(rest) = key.strip_prefix(listing.prefix) else {
                        return Ok((entries, false));
                    };
                    let group = listing.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
                    let entry = if let Some(end) = group {
                        Entry::Prefix(key[..listing.prefix.len() + end].to_owned())
                    } else {
                        Entry::Object {
                            size: row.get(1).map_err(internal)?,
                            etag: row.get(2).map_err(internal)?,
                            modified: row.get(3).map_err(internal)?,
                            key,
                        }
                    };
                    if entries.len() == listing.limit {
                        return Ok((entries, true));
                    }
                    jump = Some(entry.after());
                    let grouped = matches!(entry, Entry::Prefix(_));
                    entries.push(entry);
                    if grouped {
                        break;
                    }
                }
                match jump.map(From::after) {
                    // A group is left behind in one jump; its keys are never read.
                    Some(Some(next)) if read > 0 => from = next,
                    _ => return Ok((entries, false)),
                }
            }
        })
    }
}

/// The lower bound of a query.
struct From {
    key: String,
    inclusive: bool,
}

impl From {
    fn beginning(listing: &Listing<'_>) -> Self {
        let prefix = Self { key: listing.prefix.to_owned(), inclusive: true };
        match listing.after.clone() {
            None => prefix,
            Some(After::Key(key)) if key.as_str() < listing.prefix => prefix,
            // Nothing follows the greatest prefix there is: an impossible key lists nothing.
            Some(after) => {
                Self::after(after).unwrap_or(Self { key: char::MAX.to_string().repeat(257), inclusive: false })
            }
        }
    }

    /// `None` when nothing can follow.
    fn after(after: After) -> Option<Self> {
        match after {
            After::Key(key) => Some(Self { key, inclusive: false }),
            After::Prefix(prefix) => Some(Self { key: successor(&prefix)?, inclusive: true }),
        }
    }
}

/// The least string greater than every string that begins with `prefix`. UTF-8 sorts as code points do.
fn successor(prefix: &str) -> Option<String> {
    let mut head = prefix.to_owned();
    while let Some(last) = head.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            head.push(next);
            return Some(head);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_of_a_prefix_skips_what_is_no_character() {
        assert_eq!(successor("a/").as_deref(), Some("a0"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
