//! What may be wrong with a template, always with the resource and the property it is wrong at.

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("cannot read the template {path}")]
    Read {
        /// The path that was tried.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The text is not YAML, or has the same key twice.
    #[error("the template is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// The YAML has something that CloudFormation does not: an unknown tag, a key that is a list.
    #[error("the template is not CloudFormation: {0}")]
    Shape(String),
    /// A parameter has neither a default nor a value.
    #[error("the parameter {0} has no default, and was given no value")]
    NoValue(String),
    /// A property that is needed is not there.
    #[error("{resource}: `{property}` is missing")]
    Missing {
        /// The logical id.
        resource: String,
        /// The path of the property inside the resource, as `Events.Login.Path`.
        property: String,
    },
    /// A property has a value that means nothing here.
    #[error("{resource}: `{property}` must be {expected}")]
    Invalid {
        /// The logical id.
        resource: String,
        /// The path of the property inside the resource.
        property: String,
        /// What would be accepted.
        expected: String,
    },
    /// A `!Ref`, `!Sub` and the like leads nowhere.
    #[error("{resource}: `{property}` cannot be resolved: {reason}")]
    Unresolved {
        /// The logical id.
        resource: String,
        /// The path of the property inside the resource.
        property: String,
        /// What is not known.
        reason: String,
    },
    /// Two functions (or one, twice) ask for the same requests.
    #[error("{resource}: the route `{route}` is already taken by {holder}")]
    DuplicateRoute {
        /// The logical id of the later function.
        resource: String,
        /// The route, as `ANY /login`.
        route: String,
        /// The logical id of the earlier function.
        holder: String,
    },
}
