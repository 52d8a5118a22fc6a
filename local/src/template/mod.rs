//! Reads `template.yaml`, so that one machine has the routes, the tables, the buckets and the
//! environment of the deployment and no list of its own.
//!
//! Only what is emulated is read; the rest (the edge, the roles) is left to CloudFormation. A function's
//! name is the last folder of its `CodeUri`; a table or bucket without a name of its own is called by
//! its logical id, `AccountsTable` as `accounts`.

mod bucket;
mod declared;
mod error;
mod function;
mod intrinsics;
mod names;
mod pattern;
mod policy;
mod rule;
mod section;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod yaml;

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

pub(crate) use self::intrinsics::ACCOUNT;
pub use self::{
    bucket::{Bucket, CorsRule, LifecycleRule},
    declared::{Declared, Deployment},
    error::TemplateError,
    function::{Function, HttpRoute, S3Event},
    intrinsics::Resolver,
    pattern::Pattern,
    policy::{Effect, Statement},
    rule::RuleEvent,
    stream::StreamEvent,
    table::{Billing, Index, Key, KeyKind, Keys, Projection, Table},
};
use self::{intrinsics::Scope, section::Resource};

/// What a template declares, its intrinsic functions computed; each list in the order of logical ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// `AWS::Serverless::Function`
    pub functions: Vec<Function>,
    /// `AWS::DynamoDB::Table`
    pub tables: Vec<Table>,
    /// `AWS::S3::Bucket`
    pub buckets: Vec<Bucket>,
}

impl Template {
    /// Reads the file at `path`.
    pub fn load(path: &Path, resolver: &Resolver) -> Result<Self, TemplateError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::Read { path: path.display().to_string(), source })?;
        Self::parse(&text, resolver)
    }

    /// Reads the text of a template.
    pub fn parse(text: &str, resolver: &Resolver) -> Result<Self, TemplateError> {
        let json = yaml::read(text)?;
        let Some(resources) = json.get("Resources").and_then(Value::as_object) else {
            return Err(TemplateError::Shape("there are no Resources".to_owned()));
        };
        let scope = Scope { template: &json, resolver };
        let mut template = Self { functions: Vec::new(), tables: Vec::new(), buckets: Vec::new() };
        // Sorted, so that errors and listings do not depend on a map's order.
        for (id, value) in resources.iter().collect::<BTreeMap<_, _>>() {
            let resource = Resource { id, value, scope: &scope };
            if !resource.exists()? {
                continue;
            }
            match resource.kind()? {
                "AWS::Serverless::Function" => template.functions.push(Function::read(&resource)?),
                "AWS::DynamoDB::Table" => template.tables.push(Table::read(&resource)?),
                "AWS::S3::Bucket" => template.buckets.push(Bucket::read(&resource)?),
                _ => {}
            }
        }
        template.each_route_once()?;
        Ok(template)
    }

    /// The properties of any resource, computed, also of those that one machine leaves to CloudFormation: for looking
    /// at what the deployment will be. What only a deployment would know is the resolver's to say.
    pub fn properties(text: &str, resolver: &Resolver, id: &str) -> Result<Value, TemplateError> {
        let json = yaml::read(text)?;
        let scope = Scope { template: &json, resolver };
        let missing = || TemplateError::Missing { resource: id.to_owned(), property: "Properties".to_owned() };
        let value = json["Resources"].get(id).ok_or_else(missing)?;
        let resource = Resource { id, value, scope: &scope };
        let properties = value.get("Properties").ok_or_else(missing)?;
        Ok(resource.section("Properties", properties)?.ok_or_else(missing)?.value)
    }

    /// The function whose package has this name, as `presign-upload`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// API Gateway would refuse the second of two equal routes at deployment; here at the start.
    fn each_route_once(&self) -> Result<(), TemplateError> {
        let mut holders = BTreeMap::new();
        for function in &self.functions {
            for route in &function.routes {
                let route = format!("{} {}", route.method, route.path);
                if let Some(holder) = holders.insert(route.clone(), &function.logical_id) {
                    return Err(TemplateError::DuplicateRoute {
                        resource: function.logical_id.clone(),
                        route,
                        holder: holder.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}
