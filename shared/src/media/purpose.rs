//! What an upload is for: the rows of the site's table, each known by its name.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::FileType;
use super::image::{Recipe, Shape};
use crate::site::PURPOSES;

/// What uploads of a purpose may be, and what becomes of them: a row of the site's table (`site/purposes.rs`).
#[derive(Debug)]
pub struct Rule {
    /// The purpose's name: lower case, in addresses, items and settings.
    pub name: &'static str,
    /// The types that it takes.
    pub accepts: &'static [FileType],
    /// Bytes of a file.
    pub max_bytes: Limit,
    /// Bytes of all the files that a user may have of it.
    pub quota_bytes: Limit,
    /// Pixels of a picture; `IMAGE_MAX_PIXELS` bounds those of every purpose.
    pub max_pixels: u64,
    /// What is drawn of a picture, where it takes pictures.
    pub picture: Option<Recipe>,
    /// What a verified file becomes.
    pub becomes: Becomes,
}

/// A limit that a setting can change.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The setting.
    pub setting: &'static str,
    /// What holds without it.
    pub default: u64,
}

/// What a verified file becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// Its owner's picture, in place of the one before. It is on their profile and not among their files.
    Avatar,
    /// One of its owner's files.
    File,
}

/// A purpose: one of the rows.
#[derive(Clone, Copy)]
pub struct Purpose(&'static Rule);

impl Purpose {
    /// The first row of the table.
    pub(super) const FIRST: Self = Self(&PURPOSES[0]);

    /// The purpose of this name.
    pub fn parse(name: &str) -> Option<Self> {
        PURPOSES.iter().find(|rule| rule.name == name).map(Self)
    }

    /// Every purpose, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        PURPOSES.iter().map(Self)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What holds for it.
    pub fn rule(self) -> &'static Rule {
        self.0
    }

    /// Its place in the table.
    pub(crate) fn index(self) -> usize {
        PURPOSES.iter().position(|rule| rule.name == self.0.name).unwrap_or_default()
    }

    /// The types that it takes, as a file input's `accept` has them.
    pub fn accept(self) -> String {
        let types: Vec<_> = self.0.accepts.iter().map(|file_type| file_type.content_type()).collect();
        types.join(",")
    }

    /// The longest side of a picture worth sending, pixels, where a larger one is only made smaller: a browser can do that
    /// before it sends it. A square is cut from the middle, and that is better done where the whole of it is.
    pub fn max_side(self) -> Option<u32> {
        match self.0.picture.as_ref()?.shape {
            Shape::Fit(side) => Some(side),
            Shape::Square(_) => None,
        }
    }

    /// Whether a verified file is its owner's picture.
    pub fn is_avatar(self) -> bool {
        self.0.becomes == Becomes::Avatar
    }
}

impl PartialEq for Purpose {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Purpose {}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Purpose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Purpose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom(format!("the site's table has no purpose {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::i18n::Language;
    use crate::media::FileKind;

    #[test]
    fn each_row_of_the_table_can_be_used() {
        let mut names = BTreeSet::new();
        for purpose in Purpose::all() {
            let rule = purpose.rule();
            let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(plain(rule.name) && names.insert(rule.name), "{purpose:?}: a word of its own");
            assert!(!rule.accepts.is_empty(), "{purpose:?} takes nothing");
            let takes_pictures = rule.accepts.iter().any(|file_type| file_type.kind() == FileKind::Image);
            assert_eq!(takes_pictures, rule.picture.is_some(), "{purpose:?}");
            assert!(rule.max_bytes.default <= rule.quota_bytes.default, "{purpose:?}: not one file fits the quota");
            let upper = rule.name.to_uppercase();
            assert_eq!(rule.max_bytes.setting, format!("{upper}_MAX_BYTES"));
            assert_eq!(rule.quota_bytes.setting, format!("{upper}_QUOTA_BYTES"));
            for language in Language::ALL {
                let key = format!("purpose-{}", rule.name);
                assert_ne!(language.text(&key, &[]), key, "a word for people");
            }
            assert_eq!(serde_json::from_value::<Purpose>(rule.name.into()).unwrap(), purpose);
        }
        assert!(Purpose::all().filter(|purpose| purpose.is_avatar()).count() <= 1, "a user has one picture");
        assert!(Purpose::parse("Avatar").is_none());
        assert!(serde_json::from_value::<Purpose>("banner".into()).is_err());
    }
}
