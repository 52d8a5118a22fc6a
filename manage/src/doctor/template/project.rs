//! Which of a template's resources is what to the product: by what its functions are told.

use local::template::{Declared, Deployment};
use portico::config::{Config, ConfigErrors};

use super::part::Part;

/// A template, read as one of this product.
pub(super) struct Project<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) functions: Vec<Function<'a>>,
}

/// A function.
pub(super) struct Function<'a> {
    pub(super) part: Part<'a>,
    /// As `presign-upload`: the last folder of `CodeUri`.
    pub(super) name: &'a str,
}

impl<'a> Project<'a> {
    pub(super) fn new(deployment: &'a Deployment) -> Self {
        let functions = deployment.resources.iter().filter(|resource| resource.kind == "AWS::Serverless::Function");
        let functions = functions.map(|resource| {
            let part = Part::root(&resource.logical_id, &resource.properties);
            let folder = part.get("CodeUri").text().trim_end_matches('/');
            Function { name: folder.rsplit('/').next().unwrap_or_default(), part }
        });
        Self { deployment, functions: functions.collect() }
    }

    /// Every resource of a kind.
    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = (&'a Declared, Part<'a>)> {
        let all = self.deployment.resources.iter().filter(move |resource| resource.kind == kind);
        all.map(|resource| (resource, Part::root(&resource.logical_id, &resource.properties)))
    }

    /// The resource of a kind that a reference leads to: a name, an ARN or an address that ends in it, or an attribute as
    /// `StaticAccess.Id`.
    pub(super) fn find(&self, kind: &str, reference: &str) -> Option<(&'a Declared, Part<'a>)> {
        self.all(kind).find(|(resource, part)| {
            let attribute = reference.strip_prefix(part.id).is_some_and(|rest| rest.starts_with('.'));
            attribute || (!reference.is_empty() && last(reference) == last(&resource.name))
        })
    }

    /// What functions are told under this name: the same for all of them.
    pub(super) fn told(&self, name: &str) -> Option<&'a str> {
        let told = self.functions.iter().map(|function| function.told(name));
        told.map(|part| part.text()).find(|text| !text.is_empty())
    }

    /// The path below which the static files are, with a slash at both ends.
    pub(super) fn static_path(&self) -> String {
        let settings = self.functions.iter().find_map(|function| function.config().ok());
        settings.map_or_else(|| "/static/".to_owned(), |config| config.static_files.url.path())
    }

    /// The bucket of what people upload.
    pub(super) fn media_bucket(&self) -> Option<(&'a Declared, Part<'a>)> {
        let name = self.told("MEDIA_ROOT")?.strip_prefix("s3://")?.split('/').next()?;
        self.find("AWS::S3::Bucket", name)
    }
}

/// The name at the end of an ARN or an address.
fn last(reference: &str) -> &str {
    reference.rsplit(['/', ':']).next().unwrap_or_default()
}

impl<'a> Function<'a> {
    /// What it is told under this name.
    pub(super) fn told(&self, name: &str) -> Part<'a> {
        self.part.get("Environment.Variables").get(name)
    }

    /// All that it is told.
    pub(super) fn environment(&self) -> Vec<(&'a str, Part<'a>)> {
        self.part.get("Environment.Variables").entries()
    }

    /// What its settings are.
    pub(super) fn config(&self) -> Result<Config, ConfigErrors> {
        let text = |part: Part<'_>| match part.value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Config::from_vars(self.environment().into_iter().map(|(name, part)| (name.to_owned(), text(part))))
    }

    /// Its events of a kind.
    pub(super) fn events(&self, kind: &str) -> Vec<Part<'a>> {
        let events = self.part.get("Events").entries().into_iter().map(|(_, event)| event);
        events.filter(|event| event.get("Type").text() == kind).collect()
    }
}
