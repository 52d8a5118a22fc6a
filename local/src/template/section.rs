//! A place inside a resource: reads values as the type that is wanted, and knows its own path for the
//! error when they are not.

use serde_json::Value;

use super::{error::TemplateError, intrinsics::Scope};

/// One resource of the template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) value: &'a Value,
    pub(super) scope: &'a Scope<'a>,
}

impl<'a> Resource<'a> {
    /// The resource's type, as `AWS::S3::Bucket`.
    pub(super) fn kind(&self) -> Result<&'a str, TemplateError> {
        match self.value.get("Type") {
            Some(Value::String(kind)) => Ok(kind),
            _ => Err(TemplateError::Missing { resource: self.id.to_owned(), property: "Type".to_owned() }),
        }
    }

    /// Whether the resource is made at all: its `Condition`, where it has one.
    pub(super) fn exists(&self) -> Result<bool, TemplateError> {
        let Some(name) = self.value.get("Condition").and_then(Value::as_str) else {
            return Ok(true);
        };
        self.scope.holds(name).map_err(|reason| self.unresolved("Condition", reason))
    }

    /// The property with its intrinsic functions computed.
    pub(super) fn property(&self, name: &str) -> Result<Option<Section<'a>>, TemplateError> {
        match self.value["Properties"].get(name) {
            Some(value) => self.section(name, value),
            None => Ok(None),
        }
    }

    /// Like `property`, and an error where it is missing.
    pub(super) fn require(&self, name: &str) -> Result<Section<'a>, TemplateError> {
        self.property(name)?
            .ok_or_else(|| TemplateError::Missing { resource: self.id.to_owned(), property: name.to_owned() })
    }

    /// Any value, resolved, under the name it will have in errors.
    pub(super) fn section(&self, name: &str, value: &Value) -> Result<Option<Section<'a>>, TemplateError> {
        let resolved = self.scope.resolve(value).map_err(|reason| self.unresolved(name, reason))?;
        Ok(resolved.map(|value| Section { resource: self.id, path: name.to_owned(), value }))
    }

    /// The physical name: what `!Ref` of this resource gives.
    pub(super) fn name(&self) -> Result<String, TemplateError> {
        let reference = serde_json::json!({ "Ref": self.id });
        let section = self.section("Name", &reference)?;
        section.map_or_else(|| Ok(self.id.to_owned()), |section| section.text().map(str::to_owned))
    }

    fn unresolved(&self, property: &str, reason: String) -> TemplateError {
        TemplateError::Unresolved { resource: self.id.to_owned(), property: property.to_owned(), reason }
    }
}

/// A resolved value and where it stands.
#[derive(Clone)]
pub(super) struct Section<'a> {
    resource: &'a str,
    path: String,
    pub(super) value: Value,
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.inner(key, value))
    }

    pub(super) fn require(&self, key: &str) -> Result<Self, TemplateError> {
        self.get(key).ok_or_else(|| TemplateError::Missing {
            resource: self.resource.to_owned(),
            property: format!("{}.{key}", self.path),
        })
    }

    pub(super) fn text(&self) -> Result<&str, TemplateError> {
        self.value.as_str().ok_or_else(|| self.invalid("a text"))
    }

    /// Texts, numbers and flags as CloudFormation turns them into a text.
    pub(super) fn scalar(&self) -> Result<String, TemplateError> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err(self.invalid("a text")),
        }
    }

    pub(super) fn number(&self) -> Result<u32, TemplateError> {
        self.scalar().ok().and_then(|text| text.parse().ok()).ok_or_else(|| self.invalid("a whole number"))
    }

    pub(super) fn flag(&self) -> Result<bool, TemplateError> {
        self.scalar().ok().and_then(|text| text.parse().ok()).ok_or_else(|| self.invalid("true or false"))
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, TemplateError> {
        let Value::Array(items) = &self.value else {
            return Err(self.invalid("a list"));
        };
        Ok(items.iter().enumerate().map(|(index, item)| self.inner(&index.to_string(), item)).collect())
    }

    pub(super) fn entries(&self) -> Result<Vec<(String, Self)>, TemplateError> {
        let Value::Object(map) = &self.value else {
            return Err(self.invalid("a map"));
        };
        Ok(map.iter().map(|(key, value)| (key.clone(), self.inner(key, value))).collect())
    }

    /// A list of texts; where a single one is given, a list of that one.
    pub(super) fn texts(&self) -> Result<Vec<String>, TemplateError> {
        match &self.value {
            Value::String(text) => Ok(vec![text.clone()]),
            _ => self.items()?.iter().map(|item| item.text().map(str::to_owned)).collect(),
        }
    }

    /// The error that this place holds something else than `expected`.
    pub(super) fn invalid(&self, expected: impl Into<String>) -> TemplateError {
        TemplateError::Invalid {
            resource: self.resource.to_owned(),
            property: self.path.clone(),
            expected: expected.into(),
        }
    }

    fn inner(&self, key: &str, value: &Value) -> Section<'a> {
        Section { resource: self.resource, path: format!("{}.{key}", self.path), value: value.clone() }
    }
}
