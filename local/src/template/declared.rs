//! Every resource that a deployment makes of a template, whether one machine emulates it or not: for looking at what the
//! deployment will be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    error::TemplateError,
    intrinsics::{Resolver, Scope},
    section::Resource,
    yaml,
};

/// A template as it would be deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The parameters, as they are declared.
    pub parameters: BTreeMap<String, Value>,
    /// The resources that are made, in the order of logical ids.
    pub resources: Vec<Declared>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// As `MediaBucket`.
    pub logical_id: String,
    /// As `AWS::S3::Bucket`.
    pub kind: String,
    /// What `!Ref` gives on one machine.
    pub name: String,
    /// Its properties, computed; of a function with those of `Globals`.
    pub properties: Value,
    /// The properties that cannot be computed here, and why.
    pub unresolved: BTreeMap<String, String>,
    /// What becomes of it when the stack is deleted: `Delete`, unless it says another thing.
    pub deletion_policy: String,
}

impl Deployment {
    /// Reads the text of a template.
    pub fn parse(text: &str, resolver: &Resolver) -> Result<Self, TemplateError> {
        let json = yaml::read(text)?;
        let Some(resources) = json.get("Resources").and_then(Value::as_object) else {
            return Err(TemplateError::Shape("there are no Resources".to_owned()));
        };
        let parameters = json["Parameters"].as_object().cloned().unwrap_or_default();
        let mut needed = parameters.iter().filter(|(_, parameter)| parameter.get("Default").is_none());
        if let Some((name, _)) = needed.find(|(name, _)| !resolver.gives(name)) {
            return Err(TemplateError::NoValue(name.clone()));
        }
        let scope = Scope { template: &json, resolver };
        let mut declared = Vec::new();
        for (id, value) in resources.iter().collect::<BTreeMap<_, _>>() {
            let resource = Resource { id, value, scope: &scope };
            if resource.exists()? {
                declared.push(Declared::read(&resource)?);
            }
        }
        Ok(Self { parameters: parameters.into_iter().collect(), resources: declared })
    }
}

impl Declared {
    fn read(resource: &Resource<'_>) -> Result<Self, TemplateError> {
        let kind = resource.kind()?;
        let none = Map::new();
        let own = resource.value["Properties"].as_object().unwrap_or(&none);
        let globals = match kind {
            "AWS::Serverless::Function" => resource.scope.template["Globals"]["Function"].as_object(),
            _ => None,
        };
        let globals = globals.unwrap_or(&none);
        let (mut properties, mut unresolved) = (Map::new(), BTreeMap::new());
        for name in globals.keys().chain(own.keys()).collect::<BTreeSet<_>>() {
            let Some(merged) = merge(globals.get(name), own.get(name)) else { continue };
            match resource.scope.resolve(&merged) {
                Ok(value) => properties.extend(value.map(|value| (name.clone(), value))),
                Err(why) => {
                    unresolved.insert(name.clone(), why);
                }
            }
        }
        Ok(Self {
            logical_id: resource.id.to_owned(),
            kind: kind.to_owned(),
            name: resource.name()?,
            properties: Value::Object(properties),
            unresolved,
            deletion_policy: resource.value["DeletionPolicy"].as_str().unwrap_or("Delete").to_owned(),
        })
    }
}

/// As SAM merges what all functions have with what one has, before anything is computed: maps key by key, lists one after
/// the other, and of two other values, or of an intrinsic function, the function's own.
fn merge(global: Option<&Value>, own: Option<&Value>) -> Option<Value> {
    match (global, own) {
        (Some(Value::Object(global)), Some(Value::Object(own))) if !is_intrinsic(global) && !is_intrinsic(own) => {
            let keys = global.keys().chain(own.keys());
            let merged = keys.filter_map(|key| Some((key.clone(), merge(global.get(key), own.get(key))?)));
            Some(Value::Object(merged.collect()))
        }
        (Some(Value::Array(global)), Some(Value::Array(own))) => {
            Some(Value::Array(global.iter().chain(own).cloned().collect()))
        }
        (global, own) => own.or(global).cloned(),
    }
}

fn is_intrinsic(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "
Parameters: { On: { Type: String, Default: 'no' } }
Conditions: { IsOn: !Equals [!Ref On, 'yes'] }
Globals:
  Function:
    Timeout: 10
    Runtime: a
    VpcConfig: !If [IsOn, { SubnetIds: [a] }, { SubnetIds: [b] }]
    Layers: [one]
    Environment: { Variables: { A: 1, B: 1 } }
Resources:
  Distribution: { Type: AWS::CloudFront::Distribution, Properties: { Zone: !GetAZs '' } }
  Table: { Type: AWS::DynamoDB::Table, DeletionPolicy: Retain }
  Gone: { Type: AWS::S3::Bucket, Condition: IsOn }
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: b
      VpcConfig: !Ref AWS::NoValue
      Layers: [two]
      Environment: { Variables: { B: 2, C: !GetAtt Distribution.DomainName } }
";

    #[test]
    fn a_function_has_what_all_functions_have_as_sam_merges_it() {
        let deployment = Deployment::parse(TEXT, &Resolver::local().naming_attributes()).unwrap();
        let ids: Vec<_> = deployment.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
        assert_eq!(ids, ["Distribution", "F", "Table"], "what has a condition that does not hold is not made");
        let variables = json!({ "A": 1, "B": 2, "C": "Distribution.DomainName" });
        let expected = json!({
            "Timeout": 10, "Runtime": "b", "Layers": ["one", "two"], "Environment": { "Variables": variables },
        });
        assert_eq!(deployment.resources[1].properties, expected);
        assert_eq!(deployment.resources[2].deletion_policy, "Retain");
        assert_eq!(deployment.parameters["On"]["Default"], "no");
    }

    #[test]
    fn what_cannot_be_computed_is_told_and_holds_up_nothing_else() {
        let deployment = Deployment::parse(TEXT, &Resolver::local()).unwrap();
        let why = &deployment.resources[0].unresolved["Zone"];
        assert!(why.contains("Fn::GetAZs"), "{why}");
        let why = &deployment.resources[1].unresolved["Environment"];
        assert!(why.contains("Distribution.DomainName"), "{why}");
        assert_eq!(deployment.resources[1].properties["Timeout"], 10);
    }
}
