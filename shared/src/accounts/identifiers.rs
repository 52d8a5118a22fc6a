//! What people log in with: addresses and user names, parsed once, compared in a canonical form.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address as its owner typed it, in NFC. Mail goes to this, never to what somebody else typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// An address in the form in which two of them are compared: NFC, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalEmail(String);

/// A user name in NFKC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

/// A user name in the form in which two of them are compared: NFKC, case-folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalUsername(String);

/// What somebody typed to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// It has an `@`.
    Email(CanonicalEmail),
    /// It has none: user names cannot contain one, so that nobody can take another's address for a name.
    Username(CanonicalUsername),
}

impl Identifier {
    /// Parses what can be somebody's address or name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains('@') {
            Email::parse(text).map(|email| Self::Email(email.canonical()))
        } else {
            Username::parse(text).map(|name| Self::Username(name.canonical()))
        }
    }
}

impl Email {
    /// The most characters of an address (RFC 5321, less the angle brackets).
    pub const MAX_LENGTH: usize = 254;

    /// Parses an address: a dot-atom of ASCII, `@`, a host name of at least two labels (or `localhost`), as Django's
    /// `EmailValidator` without its quoted form. The check is linear and bounded: long input costs nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = Self::is_well_formed(text) && text.chars().count() <= Self::MAX_LENGTH;
        sound.then(|| Self(text.nfc().collect()))
    }

    /// Whether it is an address but for its length, which is a rule of its own.
    pub fn is_well_formed(text: &str) -> bool {
        // Checked as it was typed: normalising first would turn the Kelvin sign into a K (CVE-2019-19844).
        let Some((local, domain)) = text.rsplit_once('@').filter(|_| text.len() <= 4 * Self::MAX_LENGTH) else {
            return false;
        };
        local.len() <= 64 && is_dot_atom(local) && is_domain(domain)
    }

    /// The form in which addresses are compared and kept unique.
    pub fn canonical(&self) -> CanonicalEmail {
        // Lower case can decompose (`İ`): normalise once more, so that the form is stable.
        CanonicalEmail(self.0.to_lowercase().nfc().collect())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CanonicalEmail {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_dot_atom(local: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_domain(domain: &str) -> bool {
    if domain.eq_ignore_ascii_case("localhost") {
        return true;
    }
    // What NFC alone turns into ASCII (the Kelvin sign) only looks like it; then the same name typed on another keyboard
    // is the same name.
    if domain.chars().any(|c| !c.is_ascii() && c.nfc().any(|normal| normal.is_ascii())) {
        return false;
    }
    let domain: String = domain.nfc().collect();
    // Letters and digits of any script; what only looks like ASCII (fullwidth forms) is not one of ours.
    let plain = |c: char| c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric() && c.nfkc().eq([c]));
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().count() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| plain(c) || c == '-')
    };
    let mut labels = domain.split('.');
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.len() <= 253 && domain.contains('.') && labels.all(label) && !top.chars().all(|c| c.is_ascii_digit())
}

impl Username {
    /// The most characters of a name (Django's).
    pub const MAX_LENGTH: usize = 150;

    /// Parses a name: letters and digits of any script, `_`, `.`, `+` and `-`. Django's rule, less its `@`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 8 * Self::MAX_LENGTH || !Self::is_well_formed(text) {
            return None;
        }
        let name: String = text.nfkc().collect();
        (name.chars().count() <= Self::MAX_LENGTH).then_some(Self(name))
    }

    /// Whether it is a name but for its length, which is a rule of its own.
    pub fn is_well_formed(text: &str) -> bool {
        // Python's \w: what is alphanumeric, and the underscore.
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
        !text.is_empty() && text.nfkc().all(allowed)
    }

    /// The form in which names are compared and kept unique.
    pub fn canonical(&self) -> CanonicalUsername {
        CanonicalUsername(caseless::default_case_fold_str(&self.0).nfkc().collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CanonicalUsername {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_case() {
        let a = Email::parse("Kim@Example.COM").unwrap();
        assert_eq!(a.canonical(), Email::parse("kim@example.com").unwrap().canonical());
        assert_eq!(a.as_str(), "Kim@Example.COM");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b.c",
            "a b@c.de",
            "a@b",
            "a@b..c",
            "a@-b.c",
            "a@b-.c",
            "a.@b.cd",
            ".a@b.cd",
            "a..b@c.de",
            "a@b.c\r\nBcc: x@y.z",
            "a\u{ff20}b.cd",
            "a@\u{ff42}.cd",
            "\u{131}@b.cd",
            "\u{212a}@b.cd",
            "a@\u{212a}.cd",
            "a@b\u{301}.cd",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "\"a b\"@c.de",
            "a@b.c\0",
        ] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_none());
        assert!(Email::parse(&format!("a@{}com", "a.".repeat(32_000))).is_none());
    }

    #[test]
    fn addresses_of_other_scripts_hosts_are_accepted() {
        assert!(Email::parse("kim@\u{d55c}\u{ad6d}.com").is_some());
        assert!(Email::parse("me@localhost").is_some());
        assert_eq!(Email::parse("a@cafe\u{301}.cd"), Email::parse("a@caf\u{e9}.cd"));
    }

    #[test]
    fn names_that_look_alike_are_one_name() {
        let plain = Username::parse("Strasse").unwrap().canonical();
        assert_eq!(Username::parse("stra\u{df}e").unwrap().canonical(), plain);
        assert_eq!(Username::parse("\u{ff33}trasse").unwrap().canonical(), plain);
    }

    #[test]
    fn a_name_has_no_at_sign_and_no_space() {
        assert!(Username::parse("kim@x").is_none());
        assert!(Username::parse("kim lee").is_none());
        assert!(Username::parse("").is_none());
        assert!(Username::parse(&"k".repeat(151)).is_none());
        assert!(Username::parse("\u{ae40}_lee.1+2-3").is_some());
    }
}
