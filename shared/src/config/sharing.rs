//! How much may be shared, and for how long.

use super::reader::Reader;

/// The bounds of sharing.
#[derive(Debug, Clone, Copy)]
pub struct SharingSettings {
    /// `SHARES_MAX_PER_OBJECT`: to how many users and groups one object is granted.
    pub max_per_object: usize,
    /// `SHARE_LINKS_MAX`: how many links to one object there are at a time.
    pub links_max: usize,
    /// `SHARE_LINK_MAX_AGE`: seconds for which a link is good at most.
    pub link_max_age: i64,
}

impl SharingSettings {
    pub(super) fn read(env: &mut Reader) -> Self {
        Self {
            max_per_object: env.number("SHARES_MAX_PER_OBJECT", "grants", 1, 500, 100),
            links_max: env.number("SHARE_LINKS_MAX", "links", 1, 50, 10),
            link_max_age: env.number("SHARE_LINK_MAX_AGE", "seconds", 60, 31_536_000, 2_592_000),
        }
    }
}
