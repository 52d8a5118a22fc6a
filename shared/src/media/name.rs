//! The name of a file, as people see it: never part of a key, and free of what could mislead its reader.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::FileType;

/// A file's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// The most characters.
    pub const MAX_LENGTH: usize = 255;

    /// What is left of a name as somebody's system gives it: the last step of a path of either kind, in NFC, without
    /// control characters and without the invisible ones that turn the direction of reading, so that `exe.gpj` cannot
    /// pass for a picture. Nothing left is `file`.
    pub fn clean(text: &str) -> Self {
        let name: String = visible(text).take(Self::MAX_LENGTH).collect();
        let name = name.trim();
        Self(if name.trim_matches('.').is_empty() { "file".to_owned() } else { name.to_owned() })
    }

    /// The name with an ending that fits the type, whatever it ends in.
    pub fn for_type(&self, file_type: FileType) -> Self {
        let stem = match FileType::from_name(&self.0) {
            Some(known) if known == file_type => return self.clone(),
            // A picture may have been drawn anew as one of another type: then that ending takes the place of the old one.
            Some(_) => self.0.rsplit_once('.').map_or(&*self.0, |(stem, _)| stem),
            None => &self.0,
        };
        let ending = file_type.endings().first().copied().unwrap_or_default();
        let room = Self::MAX_LENGTH - ending.len() - 1;
        let stem: String = stem.chars().take(room).collect();
        Self(format!("{stem}.{ending}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What there is to see of a name: the last step of a path of either kind, in NFC, without what is no character to look
/// at and without what turns the direction of reading.
pub(super) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.rsplit(['/', '\\']).next().unwrap_or_default().nfc().filter(|letter| {
        !matches!(
            letter.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::Surrogate
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_step_of_a_path_without_what_misleads() {
        for (given, clean) in [
            ("me.png", "me.png"),
            ("../../x.png", "x.png"),
            ("C:\\Users\\Kim\\me.png", "me.png"),
            ("a\0b\r\nc.png", "abc.png"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("\u{200f}me\u{feff}.png", "me.png"),
            ("a\u{301}.png", "\u{e1}.png"),
            ("사진 1.png", "사진 1.png"),
            ("/", "file"),
            ("..", "file"),
            ("  ", "file"),
            ("", "file"),
        ] {
            assert_eq!(FileName::clean(given).as_str(), clean, "{given:?}");
        }
        assert_eq!(FileName::clean(&"가".repeat(1_000)).as_str().chars().count(), 255);
    }

    #[test]
    fn an_ending_tells_the_truth() {
        for (name, file_type, told) in [
            ("me.png", FileType::Png, "me.png"),
            ("me.PNG", FileType::Png, "me.PNG"),
            ("me.jpeg", FileType::Jpeg, "me.jpeg"),
            ("me.png", FileType::Jpeg, "me.jpg"),
            ("me", FileType::Pdf, "me.pdf"),
            ("me.exe", FileType::Jpeg, "me.exe.jpg"),
            ("v1.2", FileType::Text, "v1.2.txt"),
        ] {
            assert_eq!(FileName::clean(name).for_type(file_type).as_str(), told);
        }
        let long = FileName::clean(&"a".repeat(400)).for_type(FileType::Jpeg);
        assert!(long.as_str().len() == 255 && long.as_str().rsplit_once('.').unwrap().1 == "jpg");
    }
}
