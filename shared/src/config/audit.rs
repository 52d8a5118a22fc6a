//! The audit trail: for how long it is kept.

use super::reader::Reader;

/// For how long events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSettings {
    /// Seconds; `None` for ever. `AUDIT_MAX_AGE`.
    pub max_age: Option<i64>,
}

impl AuditSettings {
    pub(super) fn read(env: &mut Reader) -> Self {
        let max_age = env.number("AUDIT_MAX_AGE", "seconds, 0 for ever", 0, 315_360_000, 34_560_000);
        Self { max_age: (max_age > 0).then_some(max_age) }
    }
}
