//! What people log in with: addresses and user names, parsed once, compared in a canonical form.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::password::validators::python::is_word;

use crate::mail::recipient;

/// An e-mail address as its owner typed it, in NFC. Mail goes to this, never to what somebody else typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// An address in the form in which two of them are compared: as mail is sent to it, with its host in ASCII, and in lower
/// case. So one mailbox is one address, in whichever of its spellings it is typed.
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
    /// `EmailValidator` without its quoted form, and to which a mail can be addressed. The check is linear and bounded:
    /// long input costs nothing.
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
        local.len() <= 64 && is_dot_atom(local) && is_domain(domain) && is_reachable(text)
    }

    /// The form in which addresses are compared and kept unique.
    pub fn canonical(&self) -> CanonicalEmail {
        let ascii = recipient(&self.0).map(|address| address.to_string());
        CanonicalEmail(ascii.as_ref().unwrap_or(&self.0).to_lowercase())
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CanonicalEmail {
    /// The form in which the beginning of an address is looked for: as typed, in lower case.
    pub fn prefix(text: &str) -> String {
        match Email::parse(text.trim()) {
            Some(email) => email.canonical().0,
            None => text.trim().nfc().collect::<String>().to_lowercase(),
        }
    }

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
    // Django's list of hosts without a dot, compared as Django compares it.
    if domain == "localhost" {
        return true;
    }
    // What NFC alone turns into ASCII (the Kelvin sign) only looks like it; then the same name typed on another keyboard
    // is the same name.
    if domain.chars().any(|c| !c.is_ascii() && c.nfc().any(|normal| normal.is_ascii())) {
        return false;
    }
    let domain: String = domain.nfc().collect();
    // Letters and digits of any script, within Django's range; what only looks like ASCII (fullwidth forms) is not one
    // of ours.
    let foreign = |c: char| ('\u{a1}'..='\u{ffff}').contains(&c) && c.is_alphanumeric() && c.nfkc().eq([c]);
    let plain = |c: char| c.is_ascii_alphanumeric() || foreign(c);
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().count() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| plain(c) || c == '-')
    };
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    domain.len() <= 253 && domain.split('.').all(label) && is_top_level(top)
}

/// Whether the mailer can write to it. Its host is longer in ASCII, and that length counts; an address that is too long
/// as it was typed is told of that alone.
fn is_reachable(text: &str) -> bool {
    recipient(text).is_some_and(|address| {
        let ascii: &str = address.as_ref();
        ascii.len() <= Email::MAX_LENGTH.max(text.chars().count())
    })
}

/// What a sound label needs to stand last: two characters and no digit, or digits in punycode.
fn is_top_level(label: &str) -> bool {
    let digit = label.contains(|c: char| c.is_ascii_digit());
    let punycode = || {
        let (start, rest) = label.split_at_checked(4).unwrap_or_default();
        start.eq_ignore_ascii_case("xn--") && rest.chars().all(|c| c.is_ascii_alphanumeric())
    };
    label.chars().nth(1).is_some() && (!digit || punycode())
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
        !text.is_empty() && text.nfkc().all(|c| is_word(c) || matches!(c, '.' | '+' | '-'))
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
    /// The form in which the beginning of a name is looked for.
    pub fn prefix(text: &str) -> String {
        let name: String = text.trim().nfkc().collect();
        caseless::default_case_fold_str(&name).nfkc().collect()
    }

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
    fn one_mailbox_is_one_address_however_its_host_is_written() {
        for (one, other) in [
            ("kim@ex\u{e4}mple.com", "kim@xn--exmple-cua.com"),
            ("kim@EX\u{c4}MPLE.com", "Kim@XN--EXMPLE-CUA.com"),
            ("kim@\u{d55c}\u{ad6d}.\u{d55c}\u{ad6d}", "kim@xn--3e0b707e.xn--3e0b707e"),
        ] {
            let [one, other] = [one, other].map(|text| Email::parse(text).unwrap().canonical());
            assert_eq!(one, other);
            assert!(one.as_str().is_ascii(), "{one:?}");
        }
        assert_ne!(
            Email::parse("kim@fu\u{df}.de").unwrap().canonical(),
            Email::parse("kim@fuss.de").unwrap().canonical(),
            "two hosts since IDNA 2008"
        );
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
            "a@b.c",
            "a@example.\u{d55c}",
            "a@example.c0m",
            "a@example.com1",
            "a@example.1a",
            "a@example.xn--",
            "a@example.xn--3e0-b707e",
            "a@example.com.",
            "a@LOCALHOST",
            "a@localhost.",
            "a@\u{20bb7}.jp",
            // No mail can be addressed to these: what claims to be punycode and is none, labels that are too long in
            // ASCII, scripts that run both ways in one label (RFC 5893).
            "a@xn--a.com",
            "a@XN--A.com",
            "a@xn--0.com",
            "a@example.xn--a",
            "a@xn--99999999999.com",
            "a@1\u{5d0}.com",
            "a@\u{645}\u{62b}\u{627}\u{644}a.com",
            "a@example.\u{660}\u{661}",
        ] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_none());
        assert!(Email::parse(&format!("a@{}com", "a.".repeat(32_000))).is_none());
        assert!(Email::parse(&format!("a@{}.com", "\u{e4}".repeat(60))).is_none());
        assert!(Email::parse(&format!("a@\u{e4}{}.com", "b".repeat(62))).is_none());
        let labels = format!("{}.", "\u{e4}b".repeat(14)).repeat(8);
        assert!(Email::parse(&format!("a@{labels}com")).is_none(), "too long in ASCII");
    }

    #[test]
    fn addresses_of_other_scripts_hosts_are_accepted() {
        assert!(Email::parse("kim@\u{d55c}\u{ad6d}.com").is_some());
        for text in [
            "me@localhost",
            "a@b.cd",
            "a@1.cd",
            "a@example.c-d",
            "a@example.xn--3e0b707e",
            "a@example.XN--3E0B707E",
            "a@example.xn--vermgensberater-ctb",
            "a@example.\u{d55c}\u{ad6d}",
        ] {
            assert!(Email::parse(text).is_some(), "{text:?}");
        }
        assert_eq!(Email::parse("a@cafe\u{301}.cd"), Email::parse("a@caf\u{e9}.cd"));
    }

    #[test]
    fn names_that_look_alike_are_one_name() {
        let plain = Username::parse("Strasse").unwrap().canonical();
        assert_eq!(Username::parse("stra\u{df}e").unwrap().canonical(), plain);
        assert_eq!(Username::parse("\u{ff33}trasse").unwrap().canonical(), plain);
    }

    /// Each as Python's `re` decides about the NFKC form.
    #[test]
    fn names_are_made_of_what_python_calls_word_characters() {
        for text in [
            "\u{ae40}\u{d558}\u{b298}",
            "\u{110f}\u{1175}\u{11b7}",
            "\u{5d0}\u{5d1}",
            "e\u{301}",
            "\u{fb01}",
            "\u{1c5}",
            "\u{2b0}",
            "\u{661}\u{662}",
            "\u{b2}x",
            "\u{2460}",
            "\u{2167}",
            "\u{2180}",
            "\u{0f33}",
            "\u{20bb7}",
            "\u{aa}\u{b5}",
            "\u{ff3f}\u{ff21}",
            "\u{24b6}",
        ] {
            assert!(Username::parse(text).is_some(), "{text:?}");
        }
        for text in [
            "\u{939}\u{93f}",
            "\u{e01}\u{e31}",
            "\u{5d0}\u{5b8}",
            "\u{645}\u{64f}",
            "\u{345}",
            "q\u{301}",
            "\u{1f130}\u{fe0f}",
            "a\u{200d}b",
            "a\u{ad}b",
            "a\u{203f}b",
            "\u{1f600}",
            "\u{2122}\u{20ac}",
            "\u{37a}",
            "\u{a0}",
            "\u{bd}",
        ] {
            assert!(Username::parse(text).is_none(), "{text:?}");
        }
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
