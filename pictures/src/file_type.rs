//! The types of files that can be uploaded: how each is named, what proves it, how it is served.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::image::Format;

/// A type of files that a purpose may accept. SVG and HTML are none on purpose: a browser runs what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileType {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A WebP picture.
    Webp,
    /// A GIF picture.
    Gif,
    /// A PDF document.
    Pdf,
    /// Plain text in UTF-8.
    Text,
    /// A table as text in UTF-8.
    Csv,
    /// An MP4 film.
    Mp4,
    /// A QuickTime film.
    QuickTime,
    /// A WebM film.
    Webm,
}

/// What a type is, as far as verification is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Decoded and drawn anew.
    Image,
    /// Looked at in its structure.
    Document,
    /// Read to its last character.
    Text,
    /// Looked at in its structure.
    Video,
}

/// How a browser is told to take a file (`Content-Disposition`, RFC 6266).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// It is shown.
    Inline,
    /// It is kept as a file, never opened in the site's name.
    Attachment,
}

impl Disposition {
    /// The header's first word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        }
    }
}

impl FileType {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Gif,
        Self::Pdf,
        Self::Text,
        Self::Csv,
        Self::Mp4,
        Self::QuickTime,
        Self::Webm,
    ];

    /// The media type, as in `Content-Type`, without parameters.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::Webm => "video/webm",
        }
    }

    /// The media type that it is served as: of text with its encoding, which was verified, so that no browser guesses one.
    pub const fn served_as(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            other => other.content_type(),
        }
    }

    /// What the names of such files end in behind the last dot, lower case, the usual one first. No ending is of two
    /// types.
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Gif => &["gif"],
            Self::Pdf => &["pdf"],
            Self::Text => &["txt", "text"],
            Self::Csv => &["csv"],
            Self::Mp4 => &["mp4", "m4v"],
            Self::QuickTime => &["mov", "qt"],
            Self::Webm => &["webm"],
        }
    }

    /// What it is.
    pub const fn kind(self) -> FileKind {
        match self {
            Self::Jpeg | Self::Png | Self::Webp | Self::Gif => FileKind::Image,
            Self::Pdf => FileKind::Document,
            Self::Text | Self::Csv => FileKind::Text,
            Self::Mp4 | Self::QuickTime | Self::Webm => FileKind::Video,
        }
    }

    /// How it is served. Pictures were drawn by us and are shown; everything else is as a stranger made it, and a
    /// browser that opened it would run its viewer for it.
    pub const fn disposition(self) -> Disposition {
        match self.kind() {
            FileKind::Image => Disposition::Inline,
            FileKind::Document | FileKind::Text | FileKind::Video => Disposition::Attachment,
        }
    }

    /// The type of a media type: the essence alone, without parameters, in any case.
    pub fn from_content_type(essence: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file_type| file_type.content_type().eq_ignore_ascii_case(essence))
    }

    /// The type that a file's name says, by what stands behind its last dot.
    pub fn from_name(filename: &str) -> Option<Self> {
        let (_, ending) = filename.rsplit_once('.')?;
        let says = |file_type: &Self| file_type.endings().iter().any(|one| one.eq_ignore_ascii_case(ending));
        Self::ALL.into_iter().find(says)
    }

    /// The picture's format, if it is a picture.
    pub const fn image_format(self) -> Option<Format> {
        match self {
            Self::Jpeg => Some(Format::Jpeg),
            Self::Png => Some(Format::Png),
            Self::Webp => Some(Format::Webp),
            Self::Gif => Some(Format::Gif),
            Self::Pdf | Self::Text | Self::Csv | Self::Mp4 | Self::QuickTime | Self::Webm => None,
        }
    }
}

impl From<Format> for FileType {
    fn from(format: Format) -> Self {
        match format {
            Format::Jpeg => Self::Jpeg,
            Format::Png => Self::Png,
            Format::Webp => Self::Webp,
            Format::Gif => Self::Gif,
        }
    }
}

impl Serialize for FileType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.content_type())
    }
}

impl<'de> Deserialize<'de> for FileType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let essence = String::deserialize(deserializer)?;
        Self::from_content_type(&essence).ok_or_else(|| D::Error::custom("a type of files that is not accepted"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_type_is_known_by_its_content_type_in_any_case() {
        for file_type in FileType::ALL {
            assert_eq!(FileType::from_content_type(file_type.content_type()), Some(file_type));
            let shouted = file_type.content_type().to_ascii_uppercase();
            assert_eq!(FileType::from_content_type(&shouted), Some(file_type));
        }
        for never in [
            "image/svg+xml",
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "text/javascript",
            "application/zip",
            "application/octet-stream",
            "text/plain; charset=utf-8",
            " text/plain",
            "",
        ] {
            assert_eq!(FileType::from_content_type(never), None, "{never}");
        }
    }

    #[test]
    fn a_type_is_known_by_the_last_ending_of_a_name() {
        for (name, expected) in [
            ("photo.JPG", Some(FileType::Jpeg)),
            ("a.b.jpeg", Some(FileType::Jpeg)),
            ("휴가.Png", Some(FileType::Png)),
            ("clip.MOV", Some(FileType::QuickTime)),
            ("notes.txt", Some(FileType::Text)),
            ("table.csv", Some(FileType::Csv)),
            ("invoice.pdf", Some(FileType::Pdf)),
            ("invoice.pdf.exe", None),
            ("page.html", None),
            ("drawing.svg", None),
            ("pdf", None),
            ("photo.", None),
            ("photo.jpg ", None),
            ("photo.jpg\0", None),
            ("", None),
        ] {
            assert_eq!(FileType::from_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn no_ending_is_of_two_types_and_all_are_lower_case() {
        let endings: Vec<_> = FileType::ALL.iter().flat_map(|file_type| file_type.endings()).collect();
        assert_eq!(endings.iter().collect::<BTreeSet<_>>().len(), endings.len());
        assert!(endings.iter().all(|ending| **ending == ending.to_ascii_lowercase()));
    }

    #[test]
    fn pictures_alone_are_shown() {
        for file_type in FileType::ALL {
            let is_picture = file_type.content_type().starts_with("image/");
            let shown = file_type.disposition() == Disposition::Inline;
            assert_eq!((shown, file_type.kind() == FileKind::Image), (is_picture, is_picture), "{file_type:?}");
            assert_eq!(file_type.image_format().map(FileType::from), is_picture.then_some(file_type));
        }
    }

    #[test]
    fn in_json_it_is_its_content_type() {
        for file_type in FileType::ALL {
            let json = serde_json::to_value(file_type).unwrap();
            assert_eq!(json, file_type.content_type());
            assert_eq!(serde_json::from_value::<FileType>(json).unwrap(), file_type);
        }
        assert!(serde_json::from_value::<FileType>("image/svg+xml".into()).is_err());
    }
}
