//! The bucket: what is in it, and S3's errors in words.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::plan::Object;
use crate::Failure;

/// How many requests are under way at once.
pub(super) const AT_ONCE: usize = 16;

/// The metadata that tells a content's MD5 where the ETag does not.
pub(super) const MD5: &str = "md5";

/// How many keys S3 deletes with one request.
const DELETED_AT_ONCE: usize = 1_000;

/// A bucket and how to reach it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket<'a> {
    pub(super) client: &'a Client,
    pub(super) name: &'a str,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct There {
    etag: String,
    size: u64,
    pub(super) modified: Timestamp,
}

impl Bucket<'_> {
    /// What is there, by its keys.
    pub(super) async fn list(&self, prefix: &str) -> Result<BTreeMap<String, There>, Failure> {
        let mut found = BTreeMap::new();
        let mut pages = self.client.list_objects_v2().bucket(self.name).prefix(prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failed("cannot be listed", &error))?;
            for object in page.contents.unwrap_or_default() {
                let (Some(key), Some(modified)) = (object.key, object.last_modified) else { continue };
                let modified = Timestamp::from_second(modified.secs())
                    .map_err(|error| Failure::new(format!("{key} was changed at no time: {error}")))?;
                let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
                let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                found.insert(key, There { etag, size, modified });
            }
        }
        Ok(found)
    }

    /// Those of the objects that are not there, or not with this content.
    pub(super) async fn missing(
        &self,
        objects: Vec<Object>,
        there: &BTreeMap<String, There>,
    ) -> Result<Vec<Object>, Failure> {
        let checks = objects.into_iter().map(|object| async move {
            let is_there = match there.get(&object.key).filter(|there| there.size == object.content.size) {
                None => false,
                Some(there) if there.etag == object.content.md5.hex() => true,
                // Encrypted by a key of KMS, or put in parts: the ETag says nothing of the content ("Checking object
                // integrity", Amazon S3 User Guide). What an upload put tells it by itself.
                Some(_) => self.noted_md5(&object.key).await?.is_some_and(|md5| md5 == object.content.md5.hex()),
            };
            Ok::<_, Failure>((!is_there).then_some(object))
        });
        let found: Vec<_> = stream::iter(checks).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The MD5 that an upload has noted with an object.
    async fn noted_md5(&self, key: &str) -> Result<Option<String>, Failure> {
        match self.client.head_object().bucket(self.name).key(key).send().await {
            Ok(head) => Ok(head.metadata.and_then(|mut metadata| metadata.remove(MD5))),
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => Ok(None),
            Err(error) => Err(self.failed(&format!("does not tell of {key}"), &error)),
        }
    }

    /// An object's text.
    pub(super) async fn read(&self, key: &str) -> Result<String, Failure> {
        let object = self.client.get_object().bucket(self.name).key(key).send().await;
        let object = object.map_err(|error| self.failed(&format!("does not give {key}"), &error))?;
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(|error| self.told(&format!("does not give {key}"), &portico::log::chain(&error)))?;
        String::from_utf8(bytes.to_vec())
            .map_err(|error| self.told(&format!("has no text in {key}"), &error.to_string()))
    }

    /// Deletes objects.
    pub(super) async fn delete(&self, keys: &[&str]) -> Result<(), Failure> {
        for keys in keys.chunks(DELETED_AT_ONCE) {
            let named = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
            let named: Result<Vec<_>, _> = named;
            let named = named.and_then(|named| Delete::builder().set_objects(Some(named)).quiet(true).build());
            let named = named.map_err(|error| Failure::new(error.to_string()))?;
            let answer = self.client.delete_objects().bucket(self.name).delete(named).send().await;
            let answer = answer.map_err(|error| self.failed("does not delete", &error))?;
            if let Some(error) = answer.errors().first() {
                let what = format!("does not delete {}", error.key().unwrap_or("an object"));
                let why = error.message().or(error.code()).unwrap_or("for no reason that it tells");
                return Err(self.told(&what, why));
            }
        }
        Ok(())
    }

    /// Why S3 did not do it: in its own words, or why it could not be asked.
    pub(super) fn failed<E, R>(&self, what: &str, error: &SdkError<E, R>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        match (error.code(), error.message()) {
            (Some(code), Some(message)) => self.told(what, &format!("{code}: {message}")),
            (Some(code), None) => self.told(what, code),
            _ => self.told(what, &portico::log::chain(error)),
        }
    }

    fn told(&self, what: &str, why: &str) -> Failure {
        Failure::new(format!("the bucket {} {what}: {why}", self.name))
    }
}
