//! What is not collected: Django's `--ignore`, shell patterns.

use glob::{MatchOptions, Pattern};

use crate::error::CollectError;

/// Django's default: what version control, editors and the system leave behind.
const DEFAULT: [&str; 3] = ["CVS", ".*", "*~"];

/// As Python's `fnmatchcase`: a star matches slashes and dots too.
const LIKE_FNMATCH: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: false };

/// Patterns of names that are left out.
#[derive(Debug)]
pub(crate) struct Ignore(Vec<Pattern>);

impl Ignore {
    /// The patterns, and Django's own before them unless they are not wanted.
    pub(crate) fn new(patterns: &[String], with_default: bool) -> Result<Self, CollectError> {
        let default = DEFAULT.iter().copied().filter(|_| with_default);
        let parsed = default.chain(patterns.iter().map(String::as_str)).map(|text| {
            // For `fnmatch` two stars are one; here they would mean folders.
            let mut once = text.to_owned();
            while once.contains("**") {
                once = once.replace("**", "*");
            }
            // A bracket that nothing closes is one.
            Pattern::new(&once)
                .or_else(|_| Pattern::new(&once.replace('[', "[[]")))
                .map_err(|error| CollectError::Ignore(text.to_owned(), error.to_string()))
        });
        Ok(Self(parsed.collect::<Result<_, _>>()?))
    }

    /// Whether a pattern matches the name, or the path of that name in the folder `below`.
    pub(crate) fn matches(&self, name: &str, below: &str) -> bool {
        self.matching(name, below).is_some()
    }

    /// The pattern that does.
    pub(crate) fn matching(&self, name: &str, below: &str) -> Option<&str> {
        let path = if below.is_empty() { String::new() } else { format!("{below}/{name}") };
        let matches = |pattern: &Pattern, text: &str| !text.is_empty() && pattern.matches_with(text, LIKE_FNMATCH);
        let found = self.0.iter().find(|pattern| matches(pattern, name) || matches(pattern, &path));
        found.map(Pattern::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_paths_as_djangos_do() {
        let ignore = |patterns: &[&str], default| {
            let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            Ignore::new(&patterns, default).unwrap()
        };
        let given = ignore(&["*.scss", "docs", "vendor/*.md", "[ab]?.txt", "x**y"], true);
        for (name, below) in
            [("a.scss", "css"), ("docs", "x"), ("README.md", "vendor/deep"), ("b1.txt", ""), ("xzy", ""), (".git", "a")]
        {
            assert!(given.matches(name, below), "{below} {name}");
        }
        for (name, below) in [("a.SCSS", ""), ("docs2", ""), ("README.md", ""), ("c1.txt", ""), ("CVSX", "")] {
            assert!(!given.matches(name, below), "{below} {name}");
        }
        assert!(ignore(&["[a-*"], false).matches("[a-b", "") && !ignore(&["[a-*"], false).matches("a", ""));
        assert!(ignore(&[], true).matches("a~", "") && !ignore(&[], false).matches("a~", ""));
    }
}
