//! `AWS::DynamoDB::Table`: keys, indexes, expiry.

use std::collections::BTreeMap;

use super::{
    error::TemplateError,
    section::{Resource, Section},
};

/// A DynamoDB table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    /// As `AccountsTable`.
    pub logical_id: String,
    /// The physical name, what `!Ref` gives: `accounts`.
    pub name: String,
    /// Partition key and sort key.
    pub keys: Keys,
    /// The global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that holds the second of expiry, where items expire.
    pub ttl_attribute: Option<String>,
    /// What its stream tells of a change, where it has one: `KEYS_ONLY`, `NEW_IMAGE`, ...
    pub stream: Option<String>,
    /// How reads and writes are paid.
    pub billing: Billing,
    /// Whether any second of the last 35 days can be restored.
    pub point_in_time_recovery: bool,
    /// Whether the table refuses to be deleted.
    pub deletion_protection: bool,
}

/// The key schema of a table or an index.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keys {
    /// `HASH`.
    pub partition: Key,
    /// `RANGE`, where there is one.
    pub sort: Option<Key>,
}

/// One attribute of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// The attribute's name.
    pub name: String,
    /// The attribute's type.
    pub kind: KeyKind,
}

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// `S`
    String,
    /// `N`
    Number,
    /// `B`
    Binary,
}

/// A global secondary index.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Index {
    /// The index's name.
    pub name: String,
    /// Its own partition key and sort key.
    pub keys: Keys,
    /// Which attributes it carries.
    pub projection: Projection,
}

/// Which attributes an index carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Projection {
    /// Every attribute.
    All,
    /// The keys alone.
    KeysOnly,
    /// The keys and these.
    Include(Vec<String>),
}

/// How reads and writes are paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Billing {
    /// `PAY_PER_REQUEST`
    OnDemand,
    /// `PROVISIONED`, CloudFormation's default.
    Provisioned,
}

impl Table {
    pub(super) fn read(resource: &Resource<'_>) -> Result<Self, TemplateError> {
        let kinds = kinds(&resource.require("AttributeDefinitions")?)?;
        let mut indexes = Vec::new();
        if let Some(list) = resource.property("GlobalSecondaryIndexes")? {
            for index in list.items()? {
                indexes.push(Index {
                    name: index.require("IndexName")?.text()?.to_owned(),
                    keys: keys(&index.require("KeySchema")?, &kinds)?,
                    projection: projection(&index.require("Projection")?)?,
                });
            }
        }
        let recovery = resource.property("PointInTimeRecoverySpecification")?;
        let recovery = recovery.and_then(|section| section.get("PointInTimeRecoveryEnabled"));
        let protection = resource.property("DeletionProtectionEnabled")?;
        Ok(Self {
            logical_id: resource.id.to_owned(),
            name: resource.name()?,
            keys: keys(&resource.require("KeySchema")?, &kinds)?,
            indexes,
            ttl_attribute: ttl_attribute(resource)?,
            stream: stream(resource)?,
            billing: billing(resource)?,
            point_in_time_recovery: recovery.map_or(Ok(false), |section| section.flag())?,
            deletion_protection: protection.map_or(Ok(false), |section| section.flag())?,
        })
    }
}

fn kinds(definitions: &Section<'_>) -> Result<BTreeMap<String, KeyKind>, TemplateError> {
    let mut kinds = BTreeMap::new();
    for definition in definitions.items()? {
        let kind = definition.require("AttributeType")?;
        let read = match kind.text()? {
            "S" => KeyKind::String,
            "N" => KeyKind::Number,
            "B" => KeyKind::Binary,
            _ => return Err(kind.invalid("S, N or B")),
        };
        kinds.insert(definition.require("AttributeName")?.text()?.to_owned(), read);
    }
    Ok(kinds)
}

fn keys(schema: &Section<'_>, kinds: &BTreeMap<String, KeyKind>) -> Result<Keys, TemplateError> {
    let (mut partition, mut sort) = (None, None);
    for element in schema.items()? {
        let name = element.require("AttributeName")?;
        let Some(kind) = kinds.get(name.text()?) else {
            return Err(name.invalid("an attribute that AttributeDefinitions defines"));
        };
        let key = Key { name: name.text()?.to_owned(), kind: *kind };
        let role = element.require("KeyType")?;
        let place = match role.text()? {
            "HASH" => &mut partition,
            "RANGE" => &mut sort,
            _ => return Err(role.invalid("HASH or RANGE")),
        };
        if place.replace(key).is_some() {
            return Err(schema.invalid("at most one HASH and one RANGE key"));
        }
    }
    let partition = partition.ok_or_else(|| schema.invalid("a schema with a HASH key"))?;
    Ok(Keys { partition, sort })
}

fn projection(section: &Section<'_>) -> Result<Projection, TemplateError> {
    let kind = section.require("ProjectionType")?;
    match kind.text()? {
        "ALL" => Ok(Projection::All),
        "KEYS_ONLY" => Ok(Projection::KeysOnly),
        "INCLUDE" => Ok(Projection::Include(section.require("NonKeyAttributes")?.texts()?)),
        _ => Err(kind.invalid("ALL, KEYS_ONLY or INCLUDE")),
    }
}

fn ttl_attribute(resource: &Resource<'_>) -> Result<Option<String>, TemplateError> {
    let Some(section) = resource.property("TimeToLiveSpecification")? else {
        return Ok(None);
    };
    if !section.require("Enabled")?.flag()? {
        return Ok(None);
    }
    Ok(Some(section.require("AttributeName")?.text()?.to_owned()))
}

fn stream(resource: &Resource<'_>) -> Result<Option<String>, TemplateError> {
    let Some(section) = resource.property("StreamSpecification")? else {
        return Ok(None);
    };
    let view = section.require("StreamViewType")?;
    match view.text()? {
        known @ ("KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES") => Ok(Some(known.to_owned())),
        _ => Err(view.invalid("KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES")),
    }
}

fn billing(resource: &Resource<'_>) -> Result<Billing, TemplateError> {
    let Some(mode) = resource.property("BillingMode")? else {
        return Ok(Billing::Provisioned);
    };
    match mode.text()? {
        "PAY_PER_REQUEST" => Ok(Billing::OnDemand),
        "PROVISIONED" => Ok(Billing::Provisioned),
        _ => Err(mode.invalid("PAY_PER_REQUEST or PROVISIONED")),
    }
}
