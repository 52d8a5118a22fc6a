//! The name of a group: what can be read, and nothing that looks like another one's.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_security::{GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _};

use super::Group;

/// The name of a new group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName(String);

impl GroupName {
    /// Parses a name: 1 to [`Group::NAME_MAX_LENGTH`] characters that can be seen, in NFC, without blanks at its ends or two
    /// in a row, and of one script, or of scripts that are written together (Unicode TR 39, "highly restrictive"): a Latin
    /// name with a Cyrillic letter in it would look like another group's.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * Group::NAME_MAX_LENGTH {
            return None;
        }
        let name: String = text.nfc().collect();
        let sound = name.chars().count() <= Group::NAME_MAX_LENGTH
            && name.chars().all(is_seen)
            && has_no_loose_mark(&name)
            && name.split(' ').all(|word| !word.is_empty())
            // A fullwidth letter, a ligature: each looks like something else.
            && name.nfkc().eq(name.chars());
        (sound && is_of_one_writing(&name)).then_some(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody could tell one from the other: there is one group of such names.
    pub fn looks_like(&self, other: &Self) -> bool {
        skeleton(&self.0) == skeleton(&other.0)
    }
}

/// What a name looks like, whatever its letters and their case are (the skeleton of Unicode TR 39, of capitals and of small
/// letters): of those that look the same there is one. A capital I is a small l, and so a small i is one too.
pub(super) fn skeleton(name: &str) -> String {
    let of_capitals: String = unicode_security::skeleton(&name.to_uppercase()).collect();
    let of_both: String = unicode_security::skeleton(&caseless::default_case_fold_str(&of_capitals)).collect();
    caseless::default_case_fold_str(&of_both)
}

/// Whether there is something to see of a character: of what Unicode lets a font leave out (variation selectors, joiners)
/// there is not, nor of fillers.
fn is_seen(c: char) -> bool {
    let is_blank = c.is_whitespace() || c.general_category_group() == GeneralCategoryGroup::Other;
    let is_filler =
        matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{303f}' | '\u{fffc}' | '\u{fffd}' | '\u{1d159}');
    c == ' ' || !is_blank && !is_filler && (!is_mark(c) || c.identifier_allowed())
}

/// Whether each combining mark stands on something.
fn has_no_loose_mark(name: &str) -> bool {
    name.split(' ').all(|word| !word.starts_with(is_mark))
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether its letters, marks and digits may stand beside each other.
fn is_of_one_writing(name: &str) -> bool {
    let letters: String = name.chars().filter(|c| c.is_alphanumeric() || is_mark(*c)).collect();
    letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        for (one, other) in [
            ("Staff", "STAFF"),
            ("a", "\u{430}"),
            ("TEAM", "\u{422}\u{415}\u{410}\u{41c}"),
            ("BETA", "\u{392}\u{395}\u{3a4}\u{391}"),
            ("ceo", "\u{441}\u{435}\u{43e}"),
            ("top", "\u{442}\u{43e}\u{440}"),
            ("Billing", "BilIing"),
            ("IT", "lT"),
            ("x1", "Xl"),
            ("modern", "MODERN"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in
            [("Staff", "Stuff"), ("R&D", "R+D"), ("A 2", "A 3"), ("\u{c8fc}\u{bb38}", "\u{c8fc}\u{bc88}")]
        {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn a_group_is_called_what_can_be_read() {
        let longest = "a".repeat(Group::NAME_MAX_LENGTH);
        for name in [
            "a",
            "Staff",
            "\u{c8fc}\u{bb38} \u{b2f4}\u{b2f9} Staff",
            "R&D / #1 (north)",
            "\u{42f}",
            "\u{e9}quipe",
            "x\u{304}",
            "\u{928}\u{93e}\u{92e}",
            &longest,
        ] {
            assert_eq!(GroupName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(GroupName::parse("e\u{301}quipe").unwrap().as_str(), "\u{e9}quipe", "as it is compared");
        for odd in [
            "",
            " ",
            " Staff",
            "Staff ",
            "Sta  ff",
            "Sta\tff",
            "Sta\nff",
            "Staff\0",
            "Sta\u{200b}ff",
            "\u{202e}ffatS",
            "Sta\u{a0}ff",
            "\u{ff33}taff",
            "Sta\u{fb00}",
            "Staff\u{fe0f}",
            "St\u{34f}aff",
            "St\u{17b5}aff",
            "Staff\u{e0100}",
            "Staff\u{180b}",
            "\u{301}",
            "Staff \u{301}",
            "\u{2800}",
            "\u{1160}",
            "\u{fffc}",
            "Staff \u{1d159}",
            "Zz\u{94d}",
            "Zz\u{17d2}",
            "St\u{430}ff",
            "\u{405}taff",
            "\u{391}dmin",
            &"a".repeat(Group::NAME_MAX_LENGTH + 1),
            &"a".repeat(1_000),
        ] {
            assert!(GroupName::parse(odd).is_none(), "{odd:?}");
        }
    }
}
