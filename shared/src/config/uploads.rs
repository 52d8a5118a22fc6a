//! Uploads: what may be sent and for how long, and for how long an address of a file is good.

use super::reader::Reader;
use crate::media::{Limit, Purpose, image};
use crate::site::PURPOSES;

/// Direct uploads and what they become.
#[derive(Debug, Clone, Copy)]
pub struct UploadSettings {
    /// `UPLOAD_URL_AGE`: seconds in which a presigned upload, or a part of one, must begin.
    pub url_age: u32,
    /// `UPLOAD_MULTIPART_AGE`: seconds in which an upload in parts must be complete.
    pub multipart_age: u32,
    /// `UPLOAD_PART_BYTES`: bytes of a part. What is larger goes in parts.
    pub part_bytes: u64,
    /// `UPLOADS_PENDING_MAX`: how many uploads a user may have under way.
    pub pending_max: u32,
    /// `MEDIA_URL_AGE`: seconds for which a signed address of a picture that a page shows is good.
    pub media_url_age: u32,
    /// `MEDIA_DOWNLOAD_URL_AGE`: seconds for which the address is good that a download is sent to.
    pub download_url_age: u32,
    /// `MEDIA_PAGE_SIZE`: files on a page of a list.
    pub page_size: usize,
    /// What a picture may unpack to, whatever it is for.
    pub image: image::Limits,
    purposes: [PurposeLimits; PURPOSES.len()],
}

/// The limits of a purpose.
#[derive(Debug, Clone, Copy)]
pub struct PurposeLimits {
    /// Bytes of a file.
    pub max_bytes: u64,
    /// Bytes of all the files that a user may have.
    pub quota_bytes: u64,
}

/// What S3 copies in one piece, and takes in one request: a published file is a copy of what was sent.
const MOST_BYTES: u64 = 5_368_709_120;
/// What S3 asks of every part but the last ("Amazon S3 multipart upload limits").
const LEAST_PART: u64 = 5_242_880;

impl UploadSettings {
    pub(super) fn read(env: &mut Reader) -> Self {
        let mut limit = |limit: Limit, most| env.number(limit.setting, "bytes", 1_024, most, limit.default);
        let purposes = std::array::from_fn(|index| PurposeLimits {
            max_bytes: limit(PURPOSES[index].max_bytes, MOST_BYTES),
            quota_bytes: limit(PURPOSES[index].quota_bytes, 1 << 50),
        });
        Self {
            url_age: env.number("UPLOAD_URL_AGE", "seconds", 30, 3_600, 300),
            multipart_age: env.number("UPLOAD_MULTIPART_AGE", "seconds", 300, 86_400, 86_400),
            part_bytes: env.number("UPLOAD_PART_BYTES", "bytes", LEAST_PART, MOST_BYTES, 104_857_600),
            pending_max: env.number("UPLOADS_PENDING_MAX", "uploads", 1, 1_000, 100),
            media_url_age: env.number("MEDIA_URL_AGE", "seconds", 10, 3_600, 300),
            download_url_age: env.number("MEDIA_DOWNLOAD_URL_AGE", "seconds", 10, 3_600, 60),
            page_size: env.number("MEDIA_PAGE_SIZE", "files", 1, 100, 24),
            image: image::Limits {
                max_bytes: usize::MAX,
                max_side: env.number("IMAGE_MAX_SIDE", "pixels", 64, 65_535, 12_000),
                max_pixels: env.number("IMAGE_MAX_PIXELS", "pixels", 4_096, 400_000_000, 40_000_000),
                max_alloc: env.number("IMAGE_MAX_ALLOC", "bytes", 1_048_576, 4_294_967_296, 268_435_456),
                max_frames: env.number("IMAGE_MAX_FRAMES", "frames", 1, 10_000, 300),
                max_total_pixels: env.number(
                    "IMAGE_MAX_TOTAL_PIXELS",
                    "pixels of all frames",
                    4_096,
                    4_000_000_000,
                    120_000_000,
                ),
            },
            purposes,
        }
    }

    /// What holds for a purpose.
    pub fn of(&self, purpose: Purpose) -> PurposeLimits {
        self.purposes[purpose.index()]
    }

    /// What a picture of a purpose may be.
    pub fn image_of(&self, purpose: Purpose) -> image::Limits {
        image::Limits {
            max_bytes: usize::try_from(self.of(purpose).max_bytes).unwrap_or(usize::MAX),
            max_pixels: self.image.max_pixels.min(purpose.rule().max_pixels),
            ..self.image
        }
    }
}
