//! What people fill in to share an object.

use super::{Recipient, Verb};
use crate::accounts::Email;
use crate::fields::{FieldReader, Form};
use crate::permissions::Group;

/// `{email | group, verb}`: to whom, and what.
#[derive(Debug)]
pub struct GrantForm {
    /// To whom; there is somebody when the form has no errors.
    pub to: Option<Recipient>,
    /// What; there is something when the form has no errors.
    pub verb: Option<Verb>,
}

impl Form for GrantForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let group = fields.line("group", Group::NAME_MAX_LENGTH).filter(|name| !name.is_empty());
        let email = fields.line("email", Email::MAX_LENGTH).filter(|email| !email.is_empty());
        let to = match (group, email) {
            (Some(_), Some(_)) => {
                fields.errors().add("group", "invalid", "sharing-one-recipient");
                None
            }
            (Some(group), None) => Some(Recipient::Group(group)),
            (None, Some(email)) => {
                let parsed = Email::parse(&email);
                if parsed.is_none() && !fields.errors().contains("email") {
                    fields.errors().add("email", "invalid", "email-invalid");
                }
                parsed.map(Recipient::Address)
            }
            (None, None) => {
                fields.errors().add("email", "required", "field-required");
                None
            }
        };
        let word = fields.required_line("verb", 16);
        let verb = Verb::parse(&word);
        if verb.is_none() && !fields.errors().contains("verb") {
            fields.errors().add("verb", "invalid_choice", "field-choice");
        }
        Self { to, verb }
    }
}

/// `{expires_in}`: for how long a link is to be good.
#[derive(Debug)]
pub struct LinkForm {
    /// Seconds; without a word as long as a link may be.
    pub expires_in: Option<u64>,
}

impl Form for LinkForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { expires_in: fields.number("expires_in") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::error::FieldErrors;
    use crate::fields::Fields;

    fn read(body: &str) -> (GrantForm, FieldErrors) {
        Fields::from_form(body.as_bytes(), 10).unwrap().read(&Config::sample()).unwrap()
    }

    #[test]
    fn a_grant_is_to_an_address_or_a_group_and_says_what() {
        let (form, errors) = read("email=Kim%40Example.com&verb=edit");
        assert!(errors.is_empty());
        assert_eq!(form.to, Email::parse("Kim@Example.com").map(Recipient::Address));
        assert_eq!(form.verb, Some(Verb::Edit));
        let (form, errors) = read("email=&group=editors&verb=view");
        assert!(errors.is_empty() && form.to == Some(Recipient::Group("editors".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_told_by_field() {
        for (body, field, code) in [
            ("verb=view", "email", "required"),
            ("email=kim&verb=view", "email", "invalid"),
            ("email=a%00b%40example.com&verb=view", "email", "null_characters_not_allowed"),
            ("email=kim%40example.com&group=x&verb=view", "group", "invalid"),
            ("email=kim%40example.com", "verb", "required"),
            ("email=kim%40example.com&verb=own", "verb", "invalid_choice"),
        ] {
            assert!(read(body).1.has(field, code), "{body}: {}", read(body).1);
        }
    }
}
