//! A mail in the tray, taken apart for showing.

use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderName, MessageParser};
use serde::Serialize;

/// A mail that the site has sent.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// Counts the mails of this tray.
    pub id: i64,
    /// When it arrived, milliseconds since the epoch.
    pub received: i64,
    /// To whom it was handed over for, by the envelope.
    pub recipients: Vec<String>,
    /// From whom it says that it comes.
    pub from: String,
    /// To whom it says that it goes.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Every header in order, each in one line and as people read it: words in MIME's encodings (RFC 2047) are decoded.
    pub headers: Vec<(String, String)>,
    /// All of it, as it came.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

impl Mail {
    pub(super) fn read(id: i64, received: i64, recipients: Vec<String>, raw: Vec<u8>) -> Self {
        let mut mail = Self {
            id,
            received,
            recipients,
            from: String::new(),
            to: String::new(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            headers: Vec::new(),
            raw,
        };
        // What cannot be taken apart is still shown as it came.
        let Some(message) = MessageParser::default().parse(&mail.raw) else { return mail };
        let addresses = |name: HeaderName<'static>| {
            let list = message.header(name).and_then(|value| value.as_address());
            let addresses = list.into_iter().flat_map(|list| list.iter());
            let shown = addresses.map(|one| match (one.name(), one.address()) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (name, address) => address.or(name).unwrap_or_default().to_owned(),
            });
            shown.collect::<Vec<_>>().join(", ")
        };
        let (from, to) = (addresses(HeaderName::From), addresses(HeaderName::To));
        let subject = message.subject().unwrap_or_default().to_owned();
        let part = |body: Option<std::borrow::Cow<'_, str>>| body.unwrap_or_default().into_owned();
        // Each is made of the other where there is only one.
        let (text, html) = (part(message.body_text(0)), part(message.body_html(0)));
        let headers = message.headers_raw().map(|(name, value)| (name.to_owned(), readable(value))).collect();
        mail.from = from;
        mail.to = to;
        mail.subject = subject;
        mail.text = text;
        mail.html = html;
        mail.headers = headers;
        mail
    }
}

fn readable(value: &str) -> String {
    let unfolded: String = value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let line = format!("{}\n", unfolded.trim());
    let decoded = MessageStream::new(line.as_bytes()).parse_unstructured();
    decoded.as_text().unwrap_or(unfolded.trim()).to_owned()
}
