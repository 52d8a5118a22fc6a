//! Objects that can be shared, and the kinds of them.

use std::fmt;

use uuid::Uuid;

use crate::media::UploadId;
use crate::site;
use crate::store::keys::PARTITIONS;

/// A kind of object: the word that its partition begins with. Which there are is declared in `shared/src/site/kinds.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(&'static str);

impl Kind {
    /// Files that people have uploaded.
    pub const MEDIA: Self = Self("MEDIA");

    /// A kind of this name: capital letters and `_`, and nothing that the product has partitions of.
    ///
    /// # Panics
    /// For another name: in a constant, which is what kinds are, that stops the build.
    pub const fn new(word: &'static str) -> Self {
        let letters = word.as_bytes();
        assert!(!letters.is_empty() && letters.len() <= 32, "a kind is named by 1 to 32 letters");
        let mut at = 0;
        while at < letters.len() {
            assert!(letters[at].is_ascii_uppercase() || letters[at] == b'_', "a kind is named in capital letters");
            at += 1;
        }
        let mut known = 0;
        while known < PARTITIONS.len() {
            assert!(!is_same(letters, PARTITIONS[known].as_bytes()), "a kind has a name of its own");
            known += 1;
        }
        Self(word)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The kind of this name, if it is one that is declared.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::MEDIA].iter().chain(site::KINDS).find(|kind| kind.0 == word).copied()
    }
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// An object: its item has its `owner`, and stands under `<KIND>#<id>` with the sort key `META`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: Uuid,
}

impl Object {
    /// An uploaded file.
    pub fn media(id: UploadId) -> Self {
        Self { kind: Kind::MEDIA, id: id.uuid() }
    }

    /// Parses the form that [`fmt::Display`] writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('#')?;
        let object = Self { kind: Kind::parse(kind)?, id: Uuid::try_parse(id).ok()? };
        (object.to_string() == text).then_some(object)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.kind.as_str(), self.id.hyphenated())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::store::keys::Key;

    #[test]
    fn a_kind_is_declared_once_and_under_a_name_of_its_own() {
        let words: Vec<_> = [Kind::MEDIA].iter().chain(site::KINDS).map(|kind| kind.as_str()).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len(), "{words:?}");
        for word in words {
            assert_eq!(Kind::parse(word).unwrap().as_str(), word);
            assert!(!PARTITIONS.contains(&word) || word == "MEDIA", "{word}");
        }
        assert_eq!(Kind::new("ALBUM_PAGE").as_str(), "ALBUM_PAGE");
        assert!(Kind::parse("USER").is_none() && Kind::parse("").is_none());
    }

    #[test]
    fn an_upload_is_an_object_and_reads_back_as_the_same() {
        let id = UploadId::parse("01a20380-4626-78f1-a5ed-15e9409b99f0").unwrap();
        let object = Object::media(id);
        assert_eq!(Object::parse(&object.to_string()), Some(object));
        assert_eq!(Key::object(object), Key::upload(id));
        for odd in ["MEDIA#", "MEDIA#01A20380-4626-78F1-A5ED-15E9409B99F0", "USER#01a20380-4626-78f1-a5ed-15e9409b99f0"]
        {
            assert_eq!(Object::parse(odd), None, "{odd}");
        }
    }
}
