//! From whom mail comes and to whom it goes, in the form in which they stand in a header: parsed, so that nothing but
//! an address can be there.

use lettre::Address;
use lettre::message::Mailbox;
use url::Host;

/// From whom mail comes: an address, with or without a name.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

impl Sender {
    /// Parses `a@example.com` or `Name <a@example.com>`.
    pub fn parse(text: &str) -> Option<Self> {
        let mailbox: Mailbox = text.trim().parse().ok().filter(|_| !text.contains(char::is_control))?;
        Some(Self(mailbox))
    }

    /// It, under `name` where it has none of its own.
    pub(super) fn mailbox(&self, name: &str) -> Mailbox {
        let named = self.0.name.clone().unwrap_or_else(|| name.to_owned());
        Mailbox::new(Some(named), self.0.email.clone())
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }
}

/// The address of a recipient, its host in ASCII (RFC 5891): few servers take another one. Our addresses have no other
/// characters before the `@` than ASCII ones.
///
/// The one judge of what can be written to: what has no such form is refused where an address is parsed
/// ([`crate::accounts::Email::parse`]), and in this form addresses are compared.
pub(crate) fn recipient(email: &str) -> Option<Address> {
    let (local, host) = email.rsplit_once('@')?;
    let host = Host::parse(host).ok()?.to_string();
    Address::new(local, host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Email;

    #[test]
    fn a_host_in_another_script_is_written_in_ascii() {
        let email = Email::parse("kim@한국.한국").unwrap();
        assert_eq!(recipient(email.as_str()).unwrap().to_string(), "kim@xn--3e0b707e.xn--3e0b707e");
        let email = Email::parse("o'neil+x@Example.com").unwrap();
        assert_eq!(recipient(email.as_str()).unwrap().to_string(), "o'neil+x@example.com");
    }

    #[test]
    fn what_is_no_address_gets_into_no_header() {
        for text in ["a@b.c\r\nBcc: x@y.z", "a@b.c\nX: y", "a@b.c, d@e.f", "a b@c.d", "<a@b.c>", "a@b.c\0"] {
            assert!(recipient(text).is_none(), "{text:?}");
            assert!(Sender::parse(text).is_none() || text == "<a@b.c>", "{text:?}");
        }
        assert_eq!(Sender::parse("Portico 팀 <a@b.c>").unwrap().address(), "a@b.c");
    }
}
