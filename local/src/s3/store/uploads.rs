//! Multipart uploads: parts until they are completed into one object, or aborted.

use rusqlite::{Connection, OptionalExtension, params};
use s3s::{S3Error, S3ErrorCode, S3Result};
use uuid::Uuid;

use super::bodies::Finished;
use super::objects::json;
use super::{Cause, Expect, Headers, Info, NewObject, Store, internal, now};
use crate::s3::checksums::{Claims, Sums, composite, hex, verify};

/// All parts but the last have at least this many bytes.
const LEAST_PART: u64 = 5 * 1024 * 1024;

/// An upload under way.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) headers: Headers,
    /// The checksum the object shall have, by S3's name of the algorithm.
    pub(crate) algorithm: Option<String>,
    /// Whether that is a checksum of the parts' checksums, rather than of the whole object.
    pub(crate) composite: bool,
}

/// A part that was received.
#[derive(Clone, Debug)]
pub(crate) struct PartInfo {
    pub(crate) number: i32,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) modified: i64,
    pub(crate) sums: Sums,
    body: String,
}

/// What a client asks of the completion.
pub(crate) struct Finish {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload: String,
    /// The parts in order: number, `ETag`, and the checksums given with them.
    pub(crate) parts: Vec<(i32, String, Sums)>,
    /// What the client says the object's checksum is.
    pub(crate) claimed: Sums,
    pub(crate) size: Option<u64>,
    pub(crate) expect: Expect,
}

impl Store {
    /// Begins an upload and returns its id.
    pub(crate) fn begin(&self, upload: &Upload) -> S3Result<String> {
        self.bucket(&upload.bucket)?;
        let id = Uuid::new_v4().simple().to_string();
        let headers = serde_json::to_string(&upload.headers).map_err(internal)?;
        self.with(|database| {
            database
                .execute(
                    "INSERT INTO uploads (id, bucket, key, created, algorithm, composite, headers)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![id, upload.bucket, upload.key, now(), upload.algorithm, upload.composite, headers],
                )
                .map_err(internal)
        })?;
        Ok(id)
    }

    /// The upload of that id. `NoSuchUpload` also for the right id with the wrong key.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        self.bucket(bucket)?;
        self.with(|database| upload(database, bucket, key, id))
    }

    /// Keeps a part; one with the same number is replaced.
    pub(crate) fn put_part(
        &self,
        (bucket, key, id): (&str, &str, &str),
        number: i32,
        part: Finished,
        claims: &Claims,
    ) -> S3Result<PartInfo> {
        verify(&part.md5, &part.sums, claims)?;
        let (size, etag, sums) = (part.size, hex(&part.md5), part.sums.clone());
        let body = part.keep().map_err(internal)?;
        let part = PartInfo { number, size, etag, modified: now(), sums, body };
        let replaced = self.transact(|transaction| {
            // Still there: the upload may have been completed while this part was sent.
            upload(transaction, bucket, key, id)?;
            let replaced = transaction
                .query_row("SELECT body FROM parts WHERE upload = ?1 AND number = ?2", params![id, number], |row| {
                    row.get::<_, String>(0)
                })
                .optional()
                .map_err(internal)?;
            let sums = serde_json::to_string(&part.sums).map_err(internal)?;
            transaction
                .execute(
                    "INSERT OR REPLACE INTO parts (upload, number, body, size, etag, modified, sums)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![id, number, part.body, part.size, part.etag, part.modified, sums],
                )
                .map_err(internal)?;
            Ok(replaced)
        });
        match replaced {
            Ok(replaced) => {
                if let Some(body) = replaced {
                    self.bodies.remove(&body);
                }
                Ok(part)
            }
            Err(error) => {
                self.bodies.remove(&part.body);
                Err(error)
            }
        }
    }

    /// The parts of an upload, by number.
    pub(crate) fn parts(&self, bucket: &str, key: &str, id: &str) -> S3Result<Vec<PartInfo>> {
        self.bucket(bucket)?;
        self.with(|database| {
            upload(database, bucket, key, id)?;
            parts(database, id)
        })
    }

    /// Joins the parts into the object and forgets the upload, in one transaction.
    pub(crate) fn complete(&self, finish: Finish) -> S3Result<Info> {
        let upload = self.upload(&finish.bucket, &finish.key, &finish.upload)?;
        let stored = self.parts(&finish.bucket, &finish.key, &finish.upload)?;
        let chosen = choose(&finish, &stored)?;
        if let Some(algorithm) = upload.algorithm.as_ref().filter(|_| upload.composite)
            && let Some((number, ..)) = finish.parts.iter().find(|(_, _, sums)| sums.get(algorithm).is_none())
        {
            let algorithm = algorithm.to_ascii_lowercase();
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidRequest,
                format!(
                    "The upload was created using a {algorithm} checksum. The complete request must include the checksum \
                     for each part. It was missing for part {number} in the request."
                ),
            ));
        }
        let whole = upload.algorithm.iter().filter(|_| !upload.composite).cloned().collect();
        let mut draft = self.draft(&Claims { algorithms: whole, ..Claims::default() })?;
        let mut etags = Vec::new();
        for part in &chosen {
            let reader = self.bodies.read(&part.body, 0..part.size).map_err(|error| match error.kind() {
                // Another request has completed or aborted the upload meanwhile.
                std::io::ErrorKind::NotFound => S3ErrorCode::NoSuchUpload.into(),
                _ => internal(error),
            })?;
            draft.append(reader).map_err(internal)?;
            etags.extend(unhex(&part.etag));
        }
        let body = draft.finish();
        if finish.size.is_some_and(|size| size != body.size) {
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidRequest,
                "The object size does not match its parts.",
            ));
        }
        let sums = match &upload.algorithm {
            Some(algorithm) if upload.composite => {
                let parts: Option<Vec<String>> = chosen.iter().map(|part| part.sums.get(algorithm)).collect();
                let sum = parts.and_then(|parts| composite(algorithm, &parts));
                Sums { composite: true, ..Sums::default() }.with(algorithm, sum)
            }
            _ => body.sums.clone(),
        };
        sums.verify(&finish.claimed)?;
        let object = NewObject {
            bucket: finish.bucket,
            key: finish.key,
            headers: Headers { sums, ..upload.headers },
            cause: Cause::CompleteMultipartUpload,
            expect: finish.expect,
        };
        let etag = format!("{}-{}", md5(&etags), chosen.len());
        let id = finish.upload;
        let info = self.create(body, &object, etag, |transaction| {
            match transaction.execute("DELETE FROM uploads WHERE id = ?1", [&id]).map_err(internal)? {
                0 => Err(S3ErrorCode::NoSuchUpload.into()),
                _ => Ok(()),
            }
        })?;
        self.remove_parts(&stored);
        Ok(info)
    }

    /// Forgets an upload and its parts.
    pub(crate) fn abort(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        self.bucket(bucket)?;
        let parts = self.transact(|transaction| {
            upload(transaction, bucket, key, id)?;
            let parts = parts(transaction, id)?;
            transaction.execute("DELETE FROM uploads WHERE id = ?1", [id]).map_err(internal)?;
            Ok(parts)
        })?;
        self.remove_parts(&parts);
        Ok(())
    }

    fn remove_parts(&self, parts: &[PartInfo]) {
        for part in parts {
            self.bodies.remove(&part.body);
        }
    }
}

/// The stored parts a completion names. `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`.
fn choose<'a>(finish: &Finish, stored: &'a [PartInfo]) -> S3Result<Vec<&'a PartInfo>> {
    if finish.parts.is_empty() {
        return Err(S3ErrorCode::MalformedXML.into());
    }
    if !finish.parts.is_sorted_by(|(before, ..), (after, ..)| before < after) {
        return Err(S3ErrorCode::InvalidPartOrder.into());
    }
    let mut chosen = Vec::new();
    for (number, etag, sums) in &finish.parts {
        let part = stored.iter().find(|part| part.number == *number && part.etag == *etag);
        let part = part.ok_or(S3ErrorCode::InvalidPart)?;
        part.sums.verify(sums).map_err(|_| S3ErrorCode::InvalidPart)?;
        chosen.push(part);
    }
    match chosen.split_last() {
        Some((_, rest)) if rest.iter().any(|part| part.size < LEAST_PART) => Err(S3Error::with_message(
            S3ErrorCode::EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size",
        )),
        _ => Ok(chosen),
    }
}

fn upload(database: &Connection, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
    database
        .query_row(
            "SELECT algorithm, composite, headers FROM uploads WHERE id = ?1 AND bucket = ?2 AND key = ?3",
            params![id, bucket, key],
            |row| {
                Ok(Upload {
                    bucket: bucket.to_owned(),
                    key: key.to_owned(),
                    algorithm: row.get(0)?,
                    composite: row.get(1)?,
                    headers: json(row, 2)?,
                })
            },
        )
        .optional()
        .map_err(internal)?
        .ok_or_else(|| S3ErrorCode::NoSuchUpload.into())
}

fn parts(database: &Connection, id: &str) -> S3Result<Vec<PartInfo>> {
    let mut select = database
        .prepare_cached("SELECT number, size, etag, modified, sums, body FROM parts WHERE upload = ?1 ORDER BY number")
        .map_err(internal)?;
    let rows = select
        .query_map([id], |row| {
            Ok(PartInfo {
                number: row.get(0)?,
                size: row.get(1)?,
                etag: row.get(2)?,
                modified: row.get(3)?,
                sums: json(row, 4)?,
                body: row.get(5)?,
            })
        })
        .map_err(internal)?;
    rows.collect::<Result<_, _>>().map_err(internal)
}

fn md5(data: &[u8]) -> String {
    use s3s::crypto::{Checksum as _, Md5};
    hex(&Md5::checksum(data))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).filter_map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
