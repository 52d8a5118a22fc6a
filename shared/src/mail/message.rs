//! A mail as it is sent: two renderings of one text (RFC 2046, multipart/alternative), in UTF-8.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Message as Built;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use uuid::Uuid;

use super::address::recipient;
use crate::accounts::Email;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::i18n::Language;

/// A mail that was written.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom it goes.
    pub to: Email,
    /// The subject.
    pub subject: String,
    /// The text, for those who read no HTML.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// The language of both.
    pub language: Language,
}

/// A mail as it travels.
#[derive(Debug, Clone)]
pub struct Mime {
    built: Built,
    id: Uuid,
}

impl Message {
    /// Puts the mail into the form in which it travels. `id` names it, so that one that is sent twice after all shows
    /// itself as the same.
    ///
    /// # Errors
    /// When the recipient is no address: nothing else can be a header.
    pub fn to_mime(&self, config: &Config, id: Uuid, now: Timestamp) -> Result<Mime> {
        let to = recipient(self.to.as_str()).ok_or_else(|| Error::internal("a stored address is none"))?;
        let (from, site_name) = (&config.mail.from, &config.mail.site_name);
        let host = config.public_url.url().host_str().unwrap_or("localhost");
        let subject: String = self.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        Built::builder()
            .from(from.mailbox(site_name))
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{}@{host}>", id.simple())))
            // RFC 3834: no holiday note and no list answers it.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", self.language.code()))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
                    .singlepart(part(ContentType::TEXT_HTML, &self.html)),
            )
            .map(|built| Mime { built, id })
            .map_err(Error::internal)
    }
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(text.to_owned())
}

impl Mime {
    /// Headers and body.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.built.formatted()
    }

    /// What it is called: a UUID in hexadecimal, ordered by time.
    pub fn id(&self) -> String {
        self.id.simple().to_string()
    }

    pub(super) fn built(&self) -> &Built {
        &self.built
    }

    /// From whom it comes.
    pub fn from(&self) -> String {
        self.built.envelope().from().map(ToString::to_string).unwrap_or_default()
    }

    /// To whom it goes.
    pub fn to(&self) -> Vec<String> {
        self.built.envelope().to().iter().map(ToString::to_string).collect()
    }
}
