//! Whether a password is too similar to what is known of its owner: the ratio of Python's `SequenceMatcher`.

use std::collections::HashMap;

use super::{Subject, python};

/// The first attribute that the password resembles, whole or in one of its words, by `most` or more.
pub(super) fn find(password: &str, subject: &Subject, attributes: &[&'static str], most: f64) -> Option<&'static str> {
    let password: Vec<char> = python::lower(password).chars().collect();
    attributes.iter().copied().find(|attribute| {
        let value = python::lower(subject.get(attribute));
        !value.is_empty()
            && python::words(&value).chain([&*value]).any(|part| {
                let part: Vec<char> = part.chars().collect();
                !is_far_longer(password.len(), part.len(), most) && quick_ratio(&password, &part) >= most
            })
    })
}

/// Django's `exceeds_maximum_length_ratio`: so much longer that they cannot be similar. It also bounds the work: what
/// is left to compare is at least a tenth of the password, and there are few such words.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts, as Python compares them")]
fn is_far_longer(password: usize, part: usize, most: f64) -> bool {
    password >= 10 * part && (part as f64) < most / 2.0 * password as f64
}

/// `SequenceMatcher.quick_ratio()`: how many characters both have in common, whatever their order, twice, of all.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts, as Python divides them")]
fn quick_ratio(a: &[char], b: &[char]) -> f64 {
    let all = a.len() + b.len();
    if all == 0 {
        return 1.0;
    }
    let mut left: HashMap<char, usize> = HashMap::new();
    for c in b {
        *left.entry(*c).or_default() += 1;
    }
    let mut common = 0_usize;
    for c in a {
        if let Some(count) = left.get_mut(c).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    2.0 * common as f64 / all as f64
}
