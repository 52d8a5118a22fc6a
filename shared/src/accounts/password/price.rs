//! About what a hash takes, in time and memory, for people who decide whether to have it.

use super::recipe::{Cost, Kind};

/// What one hash takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// About so many milliseconds of one core.
    pub millis: u64,
    /// Mebibytes of memory.
    pub mib: u64,
}

impl Kind {
    /// What a hash of this kind and cost takes, by the measurements that `docs/passwords.md` shows.
    pub fn price(self, cost: Cost) -> Price {
        // What was measured: so much work in so many milliseconds, and the bytes of a unit of memory.
        let (work, millis, bytes) = match self {
            Self::Own => (38_912, 20, 1_024),
            Self::Argon2 => (204_800, 180, 1_024),
            Self::Pbkdf2Sha256 => (1_000_000, 90, 0),
            Self::Pbkdf2Sha1 => (1_000_000, 100, 0),
            Self::Bcrypt => (4_096, 230, 0),
            Self::Scrypt => (655_360, 120, 128),
        };
        Price { millis: cost.work.saturating_mul(millis).div_ceil(work), mib: cost.memory.saturating_mul(bytes) >> 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_what_is_told() {
        for (kind, work, memory, millis, mib) in [
            (Kind::Own, 38_912, 19_456, 20, 19),
            (Kind::Argon2, 204_800, 102_400, 180, 100),
            (Kind::Pbkdf2Sha256, 5_000_000, 0, 450, 0),
            (Kind::Bcrypt, 1 << 15, 0, 1_840, 0),
            (Kind::Scrypt, 655_360, 131_072, 120, 16),
        ] {
            assert_eq!(kind.price(Cost { work, memory }), Price { millis, mib }, "{kind:?}");
        }
    }
}
