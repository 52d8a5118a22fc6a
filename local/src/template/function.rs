//! `AWS::Serverless::Function`: what starts it, what it is told, what it may do.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    error::TemplateError,
    policy::{self, Statement},
    rule::RuleEvent,
    section::{Resource, Section},
    stream::StreamEvent,
};

/// The methods a route may name.
const METHODS: [&str; 8] = ["ANY", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// A Lambda function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// As `PresignUploadFunction`.
    pub logical_id: String,
    /// As `presign-upload`: the last folder of `CodeUri`, which is the package's name.
    pub name: String,
    /// In MB.
    pub memory: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// The environment, its intrinsic functions computed, that of `Globals` included.
    pub environment: BTreeMap<String, String>,
    /// The requests it answers.
    pub routes: Vec<HttpRoute>,
    /// The S3 events it takes.
    pub s3_events: Vec<S3Event>,
    /// The changes of tables it is told of.
    pub stream_events: Vec<StreamEvent>,
    /// The events of other services it is told of.
    pub rule_events: Vec<RuleEvent>,
    /// What it may do.
    pub statements: Vec<Statement>,
}

/// An `HttpApi` event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpRoute {
    /// A method in capitals, or `ANY`.
    pub method: String,
    /// As `/uploads/{id}`, or `$default`.
    pub path: String,
}

/// An `S3` event: which objects of which bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3Event {
    /// The bucket's physical name.
    pub bucket: String,
    /// As `s3:ObjectCreated:*`.
    pub events: Vec<String>,
    /// What the key starts with; empty for any.
    pub prefix: String,
    /// What the key ends with; empty for any.
    pub suffix: String,
}

impl Function {
    pub(super) fn read(resource: &Resource<'_>) -> Result<Self, TemplateError> {
        let mut function = Self {
            logical_id: resource.id.to_owned(),
            name: name(resource)?,
            memory: own_or_global(resource, "MemorySize")?.map_or(Ok(128), |memory| memory.number())?,
            timeout: {
                let seconds = own_or_global(resource, "Timeout")?.map_or(Ok(3), |timeout| timeout.number())?;
                Duration::from_secs(seconds.into())
            },
            environment: environment(resource)?,
            routes: Vec::new(),
            s3_events: Vec::new(),
            stream_events: Vec::new(),
            rule_events: Vec::new(),
            statements: policy::statements(resource)?,
        };
        let Some(events) = resource.property("Events")? else {
            return Ok(function);
        };
        for (_, event) in events.entries()? {
            let kind = event.require("Type")?;
            match kind.text()? {
                "HttpApi" => function.routes.push(http_route(&event)?),
                "S3" => function.s3_events.push(s3_event(&event)?),
                "DynamoDB" => function.stream_events.push(StreamEvent::read(&event)?),
                "EventBridgeRule" => function.rule_events.push(RuleEvent::read(&event)?),
                _ => {
                    return Err(kind.invalid("HttpApi, S3, DynamoDB or EventBridgeRule, the events this machine knows"));
                }
            }
        }
        Ok(function)
    }
}

fn name(resource: &Resource<'_>) -> Result<String, TemplateError> {
    let folder = resource.require("CodeUri")?;
    let name = folder.text()?.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.is_empty() || name == "." {
        return Err(folder.invalid("the folder of the function's package, as functions/home"));
    }
    Ok(name.to_owned())
}

fn own_or_global<'a>(resource: &Resource<'a>, name: &str) -> Result<Option<Section<'a>>, TemplateError> {
    match resource.property(name)? {
        Some(own) => Ok(Some(own)),
        None => global(resource, name),
    }
}

fn global<'a>(resource: &Resource<'a>, name: &str) -> Result<Option<Section<'a>>, TemplateError> {
    match &resource.scope.template["Globals"]["Function"][name] {
        Value::Null => Ok(None),
        value => resource.section(&format!("Globals.{name}"), value),
    }
}

/// The function's own variables over those of `Globals`, as SAM merges them.
fn environment(resource: &Resource<'_>) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut environment = BTreeMap::new();
    for section in [global(resource, "Environment")?, resource.property("Environment")?].into_iter().flatten() {
        for (name, value) in section.require("Variables")?.entries()? {
            environment.insert(name, value.scalar()?);
        }
    }
    Ok(environment)
}

fn http_route(event: &Section<'_>) -> Result<HttpRoute, TemplateError> {
    let properties = event.get("Properties");
    let path = properties.as_ref().and_then(|properties| properties.get("Path"));
    let method = properties.as_ref().and_then(|properties| properties.get("Method"));
    let Some(path) = path else {
        return Ok(HttpRoute { method: "ANY".to_owned(), path: "$default".to_owned() });
    };
    if path.text()? != "$default" && !path.text()?.starts_with('/') {
        return Err(path.invalid("a path that starts with `/`, or $default"));
    }
    let wanted = match &method {
        Some(method) => method.text()?.to_ascii_uppercase(),
        None => "ANY".to_owned(),
    };
    match method {
        Some(method) if !METHODS.contains(&wanted.as_str()) => Err(method.invalid("an HTTP method or ANY")),
        _ => Ok(HttpRoute { method: wanted, path: path.text()?.to_owned() }),
    }
}

fn s3_event(event: &Section<'_>) -> Result<S3Event, TemplateError> {
    let properties = event.require("Properties")?;
    let mut read = S3Event {
        bucket: properties.require("Bucket")?.text()?.to_owned(),
        events: properties.require("Events")?.texts()?,
        prefix: String::new(),
        suffix: String::new(),
    };
    let Some(filter) = properties.get("Filter") else {
        return Ok(read);
    };
    for rule in filter.require("S3Key")?.require("Rules")?.items()? {
        let (name, value) = (rule.require("Name")?, rule.require("Value")?);
        match name.text()? {
            "prefix" => value.text()?.clone_into(&mut read.prefix),
            "suffix" => value.text()?.clone_into(&mut read.suffix),
            _ => return Err(name.invalid("prefix or suffix")),
        }
    }
    Ok(read)
}
