//! Groups, as Django has them: a name, and what its members are permitted.

use serde::{Deserialize, Serialize};

/// A group. A user names its groups; permissions are written `app.codename`, as in Django's `has_perm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, unique as it is written.
    pub name: String,
    /// What its members are permitted.
    #[serde(default)]
    pub permissions: Vec<String>,
}

impl Group {
    /// The most characters of a name (Django's).
    pub const NAME_MAX_LENGTH: usize = 150;
}
