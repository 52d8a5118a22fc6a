//! What people may upload to this site, and what becomes of it (`docs/media.md`): one row for each purpose.

use crate::media::image::{Animation, Recipe, Shape};
use crate::media::{Becomes, FileType, Limit, Rule};

const MIB: u64 = 1_048_576;

/// The site's purposes. Add a row here and its words `purpose-<name>` to the locales: forms, checks, quotas and the
/// settings of the row's limits follow.
pub const PURPOSES: &[Rule] = &[
    Rule {
        name: "avatar",
        accepts: &[FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif],
        max_bytes: Limit { setting: "AVATAR_MAX_BYTES", default: 2 * MIB },
        quota_bytes: Limit { setting: "AVATAR_QUOTA_BYTES", default: 50 * MIB },
        max_pixels: 40_000_000,
        picture: Some(Recipe { shape: Shape::Square(512), thumbnails: &[], animation: Animation::FirstFrame }),
        becomes: Becomes::Avatar,
    },
    Rule {
        name: "image",
        accepts: &[FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif],
        max_bytes: Limit { setting: "IMAGE_MAX_BYTES", default: 20 * MIB },
        quota_bytes: Limit { setting: "IMAGE_QUOTA_BYTES", default: 1_024 * MIB },
        max_pixels: 40_000_000,
        picture: Some(Recipe { shape: Shape::Fit(4_096), thumbnails: &[160, 480], animation: Animation::Keep }),
        becomes: Becomes::File,
    },
    Rule {
        name: "document",
        accepts: &[FileType::Pdf, FileType::Text, FileType::Csv],
        max_bytes: Limit { setting: "DOCUMENT_MAX_BYTES", default: 50 * MIB },
        quota_bytes: Limit { setting: "DOCUMENT_QUOTA_BYTES", default: 1_024 * MIB },
        max_pixels: 0,
        picture: None,
        becomes: Becomes::File,
    },
    Rule {
        name: "video",
        accepts: &[FileType::Mp4, FileType::QuickTime, FileType::Webm],
        max_bytes: Limit { setting: "VIDEO_MAX_BYTES", default: 2_048 * MIB },
        quota_bytes: Limit { setting: "VIDEO_QUOTA_BYTES", default: 10_240 * MIB },
        max_pixels: 0,
        picture: None,
        becomes: Becomes::File,
    },
];
