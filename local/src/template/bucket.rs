//! `AWS::S3::Bucket`: its name, which origins may speak to it, what it forgets.

use super::{
    error::TemplateError,
    section::{Resource, Section},
};

/// An S3 bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bucket {
    /// As `MediaBucket`.
    pub logical_id: String,
    /// The physical name, what `!Ref` gives.
    pub name: String,
    /// In the order S3 tries them: the first that matches a request is used.
    pub cors: Vec<CorsRule>,
    /// The enabled lifecycle rules.
    pub lifecycle: Vec<LifecycleRule>,
}

/// One CORS rule of a bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CorsRule {
    /// Origins, with at most one `*` each.
    pub allowed_origins: Vec<String>,
    /// As `PUT`.
    pub allowed_methods: Vec<String>,
    /// Header names, with at most one `*` each.
    pub allowed_headers: Vec<String>,
    /// Which response headers scripts may read.
    pub exposed_headers: Vec<String>,
    /// For how many seconds a browser may remember the answer.
    pub max_age: Option<u32>,
}

/// One enabled lifecycle rule of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LifecycleRule {
    /// The rule's name, where it has one.
    pub id: Option<String>,
    /// What the keys it is about start with; empty for all.
    pub prefix: String,
    /// After how many days objects are deleted.
    pub expiration_days: Option<u32>,
    /// After how many days unfinished multipart uploads are deleted.
    pub abort_multipart_days: Option<u32>,
}

impl Bucket {
    pub(super) fn read(resource: &Resource<'_>) -> Result<Self, TemplateError> {
        let mut bucket = Self {
            logical_id: resource.id.to_owned(),
            name: resource.name()?,
            cors: Vec::new(),
            lifecycle: Vec::new(),
        };
        if let Some(section) = resource.property("CorsConfiguration")? {
            for rule in section.require("CorsRules")?.items()? {
                bucket.cors.push(cors_rule(&rule)?);
            }
        }
        if let Some(section) = resource.property("LifecycleConfiguration")? {
            for rule in section.require("Rules")?.items()? {
                bucket.lifecycle.extend(lifecycle_rule(&rule)?);
            }
        }
        Ok(bucket)
    }
}

fn cors_rule(rule: &Section<'_>) -> Result<CorsRule, TemplateError> {
    let texts = |key| rule.get(key).map_or(Ok(Vec::new()), |section| section.texts());
    Ok(CorsRule {
        allowed_origins: rule.require("AllowedOrigins")?.texts()?,
        allowed_methods: rule.require("AllowedMethods")?.texts()?,
        allowed_headers: texts("AllowedHeaders")?,
        exposed_headers: texts("ExposedHeaders")?,
        max_age: rule.get("MaxAge").map(|seconds| seconds.number()).transpose()?,
    })
}

fn lifecycle_rule(rule: &Section<'_>) -> Result<Option<LifecycleRule>, TemplateError> {
    let status = rule.require("Status")?;
    match status.text()? {
        "Enabled" => {}
        "Disabled" => return Ok(None),
        _ => return Err(status.invalid("Enabled or Disabled")),
    }
    let text = |key| rule.get(key).map(|section| section.text().map(str::to_owned)).transpose();
    let abort = rule.get("AbortIncompleteMultipartUpload");
    Ok(Some(LifecycleRule {
        id: text("Id")?,
        prefix: text("Prefix")?.unwrap_or_default(),
        expiration_days: rule.get("ExpirationInDays").map(|days| days.number()).transpose()?,
        abort_multipart_days: abort.map(|abort| abort.require("DaysAfterInitiation")?.number()).transpose()?,
    }))
}
