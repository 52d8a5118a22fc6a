//! How a large file is cut into parts: by the server, within what S3 takes.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;
/// What every part but the last must have.
const LEAST_PART: u64 = 5 * MIB;
/// What a part may have.
const MOST_PART: u64 = 5 * 1024 * MIB;
/// How many parts an object may have.
const MOST_PARTS: u64 = 10_000;
/// What an object may have.
const MOST_BYTES: u64 = 5 * 1024 * 1024 * MIB;

/// Parts of one size, and a last one with what is left ("Amazon S3 multipart upload limits").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartPlan {
    /// Bytes of a part.
    pub size: u64,
    /// How many there are.
    pub count: u16,
    /// Bytes of all of them.
    #[serde(skip)]
    total: u64,
}

impl PartPlan {
    /// Cuts `total` bytes into parts of `part` bytes, or of whole mebibytes more where that would be too many.
    /// `None` for nothing at all, and for more than an object may have.
    pub fn new(total: u64, part: u64) -> Option<Self> {
        if total == 0 || total > MOST_BYTES {
            return None;
        }
        let needed = total.div_ceil(MOST_PARTS).div_ceil(MIB) * MIB;
        let size = part.clamp(LEAST_PART, MOST_PART).max(needed);
        let count = u16::try_from(total.div_ceil(size)).ok()?;
        Some(Self { size, count, total })
    }

    /// How many bytes this part has, counted from 1. `None` for one that is not planned.
    pub fn size_of(&self, number: u16) -> Option<u64> {
        let before = u64::from(number.checked_sub(1)?) * self.size;
        (number <= self.count).then(|| self.size.min(self.total - before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_whole_within_what_s3_takes() {
        for total in [1, LEAST_PART, LEAST_PART + 1, 100 * MIB, 250 * MIB + 7, 1_000_000 * MIB + 1, MOST_BYTES] {
            for part in [1, LEAST_PART, 8 * MIB + 3, 100 * MIB, u64::MAX] {
                let plan = PartPlan::new(total, part).unwrap();
                assert!(u64::from(plan.count) <= MOST_PARTS);
                let sizes: Vec<_> = (1..=plan.count).map(|number| plan.size_of(number).unwrap()).collect();
                assert_eq!(sizes.iter().sum::<u64>(), total, "{total} by {part}");
                let (last, others) = sizes.split_last().unwrap();
                assert!(others.iter().all(|size| *size == plan.size && (LEAST_PART..=MOST_PART).contains(size)));
                assert!((1..=plan.size).contains(last), "{total} by {part}");
                assert_eq!((plan.size_of(0), plan.size_of(plan.count + 1)), (None, None));
            }
        }
    }

    #[test]
    fn a_part_is_as_large_as_asked_for_where_s3_lets_it() {
        let plan = PartPlan::new(250 * MIB, 100 * MIB).unwrap();
        assert_eq!((plan.size, plan.count, plan.size_of(3)), (100 * MIB, 3, Some(50 * MIB)));
        assert_eq!(PartPlan::new(12 * MIB, MIB).unwrap().size, LEAST_PART);
        assert_eq!(PartPlan::new(MOST_BYTES, 100 * MIB).unwrap().size, 525 * MIB);
    }

    #[test]
    fn nothing_and_too_much_have_no_plan() {
        assert_eq!(PartPlan::new(0, 100 * MIB), None);
        assert_eq!(PartPlan::new(MOST_BYTES + 1, 100 * MIB), None);
    }
}
