//! The uploads in parts that nobody has completed yet.

use rusqlite::params;
use s3s::S3Result;

use super::{Store, internal};

/// A page of unfinished uploads to list, by key and then by id.
pub(crate) struct Unfinished<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: &'a str,
    /// After this key; with an id, after that upload of the key.
    pub(crate) after: Option<(&'a str, Option<&'a str>)>,
    pub(crate) limit: usize,
}

/// A line of such a listing.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) key: String,
    pub(crate) id: String,
    /// Milliseconds since the epoch.
    pub(crate) created: i64,
    pub(crate) algorithm: Option<String>,
    pub(crate) composite: bool,
}

impl Store {
    /// The uploads of a page, and whether more follow.
    pub(crate) fn unfinished(&self, page: &Unfinished<'_>) -> S3Result<(Vec<Begun>, bool)> {
        self.bucket(page.bucket)?;
        let (key, id) = match page.after {
            None => ("", None),
            // Without an id every upload of that key counts as seen: no id is greater than this one.
            Some((key, id)) => (key, Some(id.unwrap_or("~"))),
        };
        let mut found = self.with(|database| {
            let mut select = database
                .prepare_cached(
                    "SELECT key, id, created, algorithm, composite FROM uploads
                     WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 AND (key > ?3 OR key = ?3 AND id > ?4)
                     ORDER BY key, id LIMIT ?5",
                )
                .map_err(internal)?;
            // One more than the page holds, to know whether it is the last.
            let room = i64::try_from(page.limit + 1).unwrap_or(i64::MAX);
            let rows = select
                .query_map(params![page.bucket, page.prefix, key, id.unwrap_or_default(), room], |row| {
                    Ok(Begun {
                        key: row.get(0)?,
                        id: row.get(1)?,
                        created: row.get(2)?,
                        algorithm: row.get(3)?,
                        composite: row.get(4)?,
                    })
                })
                .map_err(internal)?;
            rows.collect::<Result<Vec<_>, _>>().map_err(internal)
        })?;
        let more = found.len() > page.limit;
        found.truncate(page.limit);
        Ok((found, more))
    }
}
