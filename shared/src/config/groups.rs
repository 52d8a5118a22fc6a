//! Groups and permissions: how many there may be of them.

use super::reader::Reader;

/// The most of groups and permissions of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSettings {
    /// How many groups an account may be put into (`USER_GROUPS_MAX`): what one transaction exchanges, and one
    /// `BatchGetItem` reads. Those of an import may be more.
    pub per_user: usize,
    /// How many permissions an account or a group may have of its own (`PERMISSIONS_MAX`): they stand on its item.
    pub permissions: usize,
}

impl GroupSettings {
    pub(super) fn read(env: &mut Reader) -> Self {
        Self {
            per_user: env.number("USER_GROUPS_MAX", "groups", 1, 30, 30),
            permissions: env.number("PERMISSIONS_MAX", "permissions", 1, 1_000, 300),
        }
    }
}
