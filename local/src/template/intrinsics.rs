//! Computes the intrinsic functions (`Ref`, `Fn::Sub`, `Fn::If`, ...) as CloudFormation would, for the
//! one machine a `Resolver` describes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::names;

/// The account of one machine.
pub(crate) const ACCOUNT: &str = "123456789012";

/// References that go deeper than this are a circle.
const DEEPEST: usize = 32;

/// What a template does not say itself: the values of its parameters and of AWS's pseudo parameters,
/// and the attributes that only a deployment would know.
#[derive(Clone, Debug)]
pub struct Resolver {
    parameters: BTreeMap<String, String>,
    fallbacks: BTreeMap<String, String>,
    pseudo: BTreeMap<String, String>,
    attributes: BTreeMap<String, String>,
    names_attributes: bool,
}

impl Resolver {
    /// One machine: region `us-east-1`, account `123456789012`, stack `portico`, defaults for parameters.
    pub fn local() -> Self {
        let pseudo = [
            ("AWS::AccountId", ACCOUNT),
            ("AWS::Partition", "aws"),
            ("AWS::Region", "us-east-1"),
            ("AWS::StackId", "arn:aws:cloudformation:us-east-1:123456789012:stack/portico/local"),
            ("AWS::StackName", "portico"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        Self {
            parameters: BTreeMap::new(),
            fallbacks: BTreeMap::new(),
            pseudo: pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            attributes: BTreeMap::new(),
            names_attributes: false,
        }
    }

    /// Gives a parameter its value, as `--parameter-overrides` does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Whether this parameter was given a value.
    pub(super) fn gives(&self, parameter: &str) -> bool {
        self.parameters.contains_key(parameter)
    }

    /// Gives a parameter a value where the template leaves it empty.
    pub fn fallback(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fallbacks.insert(name.into(), value.into());
        self
    }

    /// Gives a pseudo parameter another value, as `AWS::Region`.
    pub fn pseudo(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.pseudo.insert(name.into(), value.into());
        self
    }

    /// Says what `!GetAtt` of `Resource.Attribute` is, where only a deployment would know.
    pub fn attribute(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(path.into(), value.into());
        self
    }

    /// Has every attribute that only a deployment would know stand for itself, as `Resource.Attribute`: for looking at a
    /// template that nobody has deployed.
    pub fn naming_attributes(mut self) -> Self {
        self.names_attributes = true;
        self
    }
}

/// A template together with its resolver: enough to compute any value in it.
pub(super) struct Scope<'a> {
    pub(super) template: &'a Value,
    pub(super) resolver: &'a Resolver,
}

impl Scope<'_> {
    /// The value with every intrinsic function computed; `None` where it is `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, String> {
        self.value(value, 0)
    }

    /// Whether the named condition of the template holds.
    pub(super) fn holds(&self, name: &str) -> Result<bool, String> {
        self.named_condition(name, 0)
    }

    pub(super) fn pseudo(&self, name: &str) -> &str {
        self.resolver.pseudo.get(name).map_or("", String::as_str)
    }

    pub(super) fn value(&self, value: &Value, depth: usize) -> Result<Option<Value>, String> {
        if depth > DEEPEST {
            return Err("it refers to itself".to_owned());
        }
        match value {
            Value::Array(items) => Ok(Some(Value::Array(self.list(items, depth)?))),
            Value::Object(map) => match only_entry(map) {
                Some(("Ref", name)) => self.reference(text(name, "Ref")?, depth),
                Some((key, argument)) if key.starts_with("Fn::") => self.call(key, argument, depth),
                _ => {
                    let mut resolved = Map::new();
                    for (key, entry) in map {
                        if let Some(entry) = self.value(entry, depth + 1)? {
                            resolved.insert(key.clone(), entry);
                        }
                    }
                    Ok(Some(Value::Object(resolved)))
                }
            },
            plain => Ok(Some(plain.clone())),
        }
    }

    fn list(&self, items: &[Value], depth: usize) -> Result<Vec<Value>, String> {
        items.iter().filter_map(|item| self.value(item, depth + 1).transpose()).collect()
    }

    fn reference(&self, name: &str, depth: usize) -> Result<Option<Value>, String> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.resolver.pseudo.get(name).or_else(|| self.resolver.parameters.get(name)) {
            return Ok(Some(Value::from(value.as_str())));
        }
        if let Some(parameter) = self.template["Parameters"].get(name) {
            let default = parameter.get("Default").map(plain);
            let fallback = self.resolver.fallbacks.get(name).filter(|_| default.as_deref() == Some(""));
            return default
                .map(|value| Some(Value::from(fallback.cloned().unwrap_or(value))))
                .ok_or_else(|| format!("the parameter `{name}` has no default and was given no value"));
        }
        let resource = self.resource(name)?;
        Ok(Some(Value::from(names::physical_id(self, name, resource, depth + 1)?)))
    }

    fn attribute(&self, resource: &str, attribute: &str, depth: usize) -> Result<String, String> {
        if let Some(value) = self.resolver.attributes.get(&format!("{resource}.{attribute}")) {
            return Ok(value.clone());
        }
        let known = names::attribute(self, resource, self.resource(resource)?, attribute, depth + 1);
        match known {
            Err(_) if self.resolver.names_attributes => Ok(format!("{resource}.{attribute}")),
            known => known,
        }
    }

    fn resource(&self, name: &str) -> Result<&Value, String> {
        self.template["Resources"]
            .get(name)
            .ok_or_else(|| format!("`{name}` is neither a parameter nor a resource of this template"))
    }

    fn call(&self, function: &str, argument: &Value, depth: usize) -> Result<Option<Value>, String> {
        let depth = depth + 1;
        let value = match (function, argument) {
            ("Fn::If", Value::Array(branches)) => {
                let [name, yes, no] = branches.as_slice() else {
                    return Err("Fn::If takes a condition and two values".to_owned());
                };
                let holds = self.named_condition(text(name, function)?, depth)?;
                return self.value(if holds { yes } else { no }, depth);
            }
            ("Fn::Sub", Value::String(pattern)) => Value::from(self.substitute(pattern, &Map::new(), depth)?),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(pattern), Value::Object(variables)] => {
                    Value::from(self.substitute(pattern, variables, depth)?)
                }
                _ => return Err("Fn::Sub takes a text, or a list of a text and a map".to_owned()),
            },
            ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    Value::from(self.attribute(resource, attribute, depth)?)
                }
                _ => return Err("Fn::GetAtt takes a resource and an attribute".to_owned()),
            },
            ("Fn::GetAtt", Value::String(path)) => match path.split_once('.') {
                Some((resource, attribute)) => Value::from(self.attribute(resource, attribute, depth)?),
                None => return Err("Fn::GetAtt takes a resource and an attribute".to_owned()),
            },
            ("Fn::Join", Value::Array(parts)) => {
                let [Value::String(separator), items] = parts.as_slice() else {
                    return Err("Fn::Join takes a separator and a list".to_owned());
                };
                let items = self.items(items, function, depth)?;
                Value::from(items.iter().map(plain).collect::<Vec<_>>().join(separator))
            }
            ("Fn::Split", Value::Array(parts)) => {
                let [Value::String(separator), whole] = parts.as_slice() else {
                    return Err("Fn::Split takes a separator and a text".to_owned());
                };
                let whole = self.value(whole, depth)?.unwrap_or_default();
                Value::from(text(&whole, function)?.split(separator.as_str()).collect::<Vec<_>>())
            }
            ("Fn::Select", Value::Array(parts)) => {
                let [index, items] = parts.as_slice() else {
                    return Err("Fn::Select takes an index and a list".to_owned());
                };
                let items = self.items(items, function, depth)?;
                let index: usize = plain(index).parse().map_err(|_| "Fn::Select takes an index")?;
                items.get(index).cloned().ok_or_else(|| format!("Fn::Select finds no item {index}"))?
            }
            ("Fn::FindInMap", Value::Array(keys)) => {
                let mut found = &self.template["Mappings"];
                for key in self.list(keys, depth)? {
                    let key = plain(&key);
                    found = found.get(&key).ok_or_else(|| format!("no mapping has `{key}`"))?;
                }
                found.clone()
            }
            ("Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not", _) => {
                return Err(format!("{function} belongs under Conditions"));
            }
            _ => return Err(format!("{function} is not emulated on one machine")),
        };
        Ok(Some(value))
    }

    fn items(&self, list: &Value, function: &str, depth: usize) -> Result<Vec<Value>, String> {
        match self.value(list, depth)? {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(format!("{function} takes a list")),
        }
    }

    /// `${Name}`, `${Resource.Attribute}` and `${!Literal}` inside a text.
    fn substitute(&self, pattern: &str, variables: &Map<String, Value>, depth: usize) -> Result<String, String> {
        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("Fn::Sub has a `${` without its `}`")?;
            result.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
            } else if let Some(variable) = variables.get(name) {
                result.push_str(&plain(&self.value(variable, depth)?.unwrap_or_default()));
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(resource, attribute, depth)?);
            } else {
                result.push_str(&plain(&self.reference(name, depth)?.unwrap_or_default()));
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn named_condition(&self, name: &str, depth: usize) -> Result<bool, String> {
        let condition = self.template["Conditions"].get(name);
        self.condition(condition.ok_or_else(|| format!("there is no condition `{name}`"))?, depth + 1)
    }

    fn condition(&self, value: &Value, depth: usize) -> Result<bool, String> {
        if depth > DEEPEST {
            return Err("it refers to itself".to_owned());
        }
        let entry = value.as_object().and_then(only_entry);
        match entry {
            Some(("Condition", name)) => self.named_condition(text(name, "Condition")?, depth),
            Some(("Fn::Equals", Value::Array(pair))) if pair.len() == 2 => {
                let pair = self.list(pair, depth)?;
                Ok(pair.first().map(plain) == pair.get(1).map(plain))
            }
            Some(("Fn::Not", Value::Array(one))) if one.len() == 1 => Ok(!self.condition(&one[0], depth + 1)?),
            Some(("Fn::And", Value::Array(all))) => {
                all.iter().try_fold(true, |so_far, one| Ok(self.condition(one, depth + 1)? && so_far))
            }
            Some(("Fn::Or", Value::Array(any))) => {
                any.iter().try_fold(false, |so_far, one| Ok(self.condition(one, depth + 1)? || so_far))
            }
            _ => Err("a condition is made of Fn::Equals, Fn::Not, Fn::And, Fn::Or and Condition".to_owned()),
        }
    }
}

fn only_entry(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = map.iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then_some((key.as_str(), value))
}

fn text<'v>(value: &'v Value, function: &str) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("{function} takes a text"))
}

/// A scalar as CloudFormation writes it into a text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
