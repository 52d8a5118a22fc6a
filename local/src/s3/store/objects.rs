//! Objects by key: put, look up, open, delete, copy.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use s3s::{S3Error, S3ErrorCode, S3Result};
use serde::{Deserialize, Serialize};

use super::bodies::{Finished, Reader};
use super::{Store, internal, now};
use crate::s3::checksums::{Claims, Sums, hex, verify};

/// What is kept with an object and returned as headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    /// As an HTTP date.
    pub(crate) expires: Option<String>,
    /// The `x-amz-meta-*` headers, without that prefix.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) sums: Sums,
}

/// A stored object, without its body.
#[derive(Clone, Debug)]
pub(crate) struct Info {
    pub(crate) size: u64,
    /// Without the quotes.
    pub(crate) etag: String,
    /// Milliseconds since the epoch.
    pub(crate) modified: i64,
    pub(crate) headers: Headers,
    body: String,
}

/// How an object came to be; the name is the one in its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Put,
    Post,
    Copy,
    CompleteMultipartUpload,
}

impl Cause {
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Post => "ObjectCreated:Post",
            Self::Copy => "ObjectCreated:Copy",
            Self::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
        }
    }
}

/// What a writer requires of the object that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Expect {
    #[default]
    Anything,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Etag(String),
}

impl Expect {
    /// `PreconditionFailed`, or `NoSuchKey` when there is nothing that could match.
    fn check(&self, present: Option<&str>) -> S3Result<()> {
        match (self, present) {
            (Self::Anything, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Etag(wanted), Some(etag)) if wanted == etag => Ok(()),
            (Self::Etag(_) | Self::Present, None) => Err(S3ErrorCode::NoSuchKey.into()),
            (Self::Absent | Self::Etag(_), Some(_)) => Err(precondition_failed()),
        }
    }
}

/// `PreconditionFailed` in S3's words.
pub(crate) fn precondition_failed() -> S3Error {
    S3Error::with_message(
        S3ErrorCode::PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold",
    )
}

/// An object about to be created.
#[derive(Clone, Debug)]
pub(crate) struct NewObject {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) headers: Headers,
    pub(crate) cause: Cause,
    pub(crate) expect: Expect,
}

impl Store {
    /// Verifies a received body, makes it durable and lets the key point at it.
    pub(crate) fn put(&self, body: Finished, claims: &Claims, mut object: NewObject) -> S3Result<Info> {
        verify(&body.md5, &body.sums, claims)?;
        object.headers.sums = body.sums.clone();
        let etag = hex(&body.md5);
        self.create(body, &object, etag, |_| Ok(()))
    }

    /// Makes the body durable and creates the object; `also` happens in the same transaction.
    pub(super) fn create(
        &self,
        body: Finished,
        object: &NewObject,
        etag: String,
        also: impl FnOnce(&Transaction<'_>) -> S3Result<()>,
    ) -> S3Result<Info> {
        // A writer that has lost already need not wait for the disk.
        self.with(|database| check(database, object).map(drop))?;
        let size = body.size;
        let body = body.keep().map_err(internal)?;
        let info = Info { size, etag, modified: now(), headers: object.headers.clone(), body };
        let committed = self.transact(|transaction| {
            let replaced = check(transaction, object)?;
            write(transaction, object, &info)?;
            self.announce(transaction, object, &info)?;
            also(transaction)?;
            Ok(replaced)
        });
        match committed {
            Ok(replaced) => {
                if let Some(replaced) = replaced {
                    self.bodies.remove(&replaced);
                }
                self.arrived.notify_waiters();
                Ok(info)
            }
            Err(error) => {
                self.bodies.remove(&info.body);
                Err(error)
            }
        }
    }

    /// The object at `key`. `NoSuchBucket`, `NoSuchKey`.
    pub(crate) fn head(&self, bucket: &str, key: &str) -> S3Result<Info> {
        self.bucket(bucket)?;
        self.with(|database| find(database, bucket, key))
    }

    /// The object at `key`, opened where `range` says; `range` also refuses what fails a precondition.
    pub(crate) fn read(
        &self,
        bucket: &str,
        key: &str,
        range: impl FnOnce(&Info) -> S3Result<Range<u64>>,
    ) -> S3Result<(Info, Range<u64>, Reader)> {
        self.bucket(bucket)?;
        // Opened while the database is held: a body is removed only after the row has left it.
        self.with(|database| {
            let info = find(database, bucket, key)?;
            let range = range(&info)?;
            let reader = self.bodies.read(&info.body, range.clone()).map_err(internal)?;
            Ok((info, range, reader))
        })
    }

    /// Deletes the object at `key`; that there is none is no error, unless one is expected.
    pub(crate) fn delete(&self, bucket: &str, key: &str, expect: &Expect) -> S3Result<()> {
        self.bucket(bucket)?;
        let removed = self.transact(|transaction| {
            let present = present(transaction, bucket, key)?;
            expect.check(present.as_ref().map(|(_, etag)| etag.as_str()))?;
            transaction
                .execute("DELETE FROM objects WHERE bucket = ?1 AND key = ?2", params![bucket, key])
                .map_err(internal)?;
            Ok(present)
        })?;
        if let Some((body, _)) = removed {
            self.bodies.remove(&body);
        }
        Ok(())
    }

    /// Copies an object, with new headers or its own; `accept` refuses a source that fails a precondition.
    pub(crate) fn copy(
        &self,
        (bucket, key): (&str, &str),
        algorithm: Option<String>,
        replace_headers: bool,
        mut object: NewObject,
        accept: impl FnOnce(&Info) -> S3Result<()>,
    ) -> S3Result<Info> {
        self.bucket(&object.bucket)?;
        let (source, _, reader) = self.read(bucket, key, |info| accept(info).map(|()| 0..info.size))?;
        let claims = Claims {
            // Asking again for what the source has, so that a copied multipart object gets a whole one.
            sums: source.headers.sums.clone(),
            algorithms: algorithm.into_iter().collect(),
            ..Claims::default()
        };
        let mut draft = self.draft(&claims)?;
        draft.append(reader).map_err(internal)?;
        if !replace_headers {
            object.headers = source.headers;
        }
        self.put(draft.finish(), &Claims::default(), object)
    }

    /// When a bucket was first declared, in milliseconds since the epoch, for all that are declared now.
    pub(crate) fn buckets(&self) -> S3Result<Vec<(String, i64)>> {
        let all: Vec<(String, i64)> = self.with(|database| {
            let mut statement =
                database.prepare_cached("SELECT name, created FROM buckets ORDER BY name").map_err(internal)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(internal)?;
            rows.collect::<Result<_, _>>().map_err(internal)
        })?;
        Ok(all.into_iter().filter(|(name, _)| self.declared.contains_key(name)).collect())
    }
}

/// The body that would be replaced; an error when the writer's expectation does not hold.
fn check(database: &Connection, object: &NewObject) -> S3Result<Option<String>> {
    let present = present(database, &object.bucket, &object.key)?;
    object.expect.check(present.as_ref().map(|(_, etag)| etag.as_str()))?;
    Ok(present.map(|(body, _)| body))
}

fn present(database: &Connection, bucket: &str, key: &str) -> S3Result<Option<(String, String)>> {
    database
        .prepare_cached("SELECT body, etag FROM objects WHERE bucket = ?1 AND key = ?2")
        .and_then(|mut select| select.query_row(params![bucket, key], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(internal)
}

fn write(transaction: &Transaction<'_>, object: &NewObject, info: &Info) -> S3Result<()> {
    let headers = serde_json::to_string(&info.headers).map_err(internal)?;
    transaction
        .prepare_cached(
            "INSERT INTO objects (bucket, key, body, size, etag, modified, headers) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (bucket, key) DO UPDATE SET body = ?3, size = ?4, etag = ?5, modified = ?6, headers = ?7",
        )
        .and_then(|mut upsert| {
            upsert.execute(params![object.bucket, object.key, info.body, info.size, info.etag, info.modified, headers])
        })
        .map_err(internal)?;
    Ok(())
}

fn find(database: &Connection, bucket: &str, key: &str) -> S3Result<Info> {
    database
        .prepare_cached("SELECT size, etag, modified, headers, body FROM objects WHERE bucket = ?1 AND key = ?2")
        .and_then(|mut select| select.query_row(params![bucket, key], info).optional())
        .map_err(internal)?
        .ok_or_else(|| S3ErrorCode::NoSuchKey.into())
}

fn info(row: &Row<'_>) -> rusqlite::Result<Info> {
    Ok(Info { size: row.get(0)?, etag: row.get(1)?, modified: row.get(2)?, headers: json(row, 3)?, body: row.get(4)? })
}

/// A column that holds JSON.
pub(super) fn json<T: for<'de> Deserialize<'de>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
