//! Writes a letter: two templates each, `mail/<kind>.html` and `mail/<kind>.txt`, in the language of its promise.

use jiff::Timestamp;
use serde::Serialize;

use super::letter::{Client, Letter};
use super::message::Message;
use crate::accounts::{Email, User};
use crate::config::Config;
use crate::error::{Arg, Result};
use crate::i18n::Language;
use crate::pages::Pages;
use crate::user_agent::UserAgent;

/// What a letter says beside its kind.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What it is about.
    pub letter: &'a Letter,
    /// To whom it goes.
    pub to: Email,
    /// What to call them, if they are known.
    pub name: Option<String>,
    /// The link that permits something, and for how many seconds it is good.
    pub link: Option<(String, i64)>,
    /// The language.
    pub language: Language,
    /// When its cause was.
    pub at: Timestamp,
}

/// What the templates know.
#[derive(Debug, Serialize)]
struct Page<'a> {
    lang: Language,
    subject: &'a str,
    site: &'a str,
    site_url: &'a str,
    login_url: String,
    reset_url: String,
    name: Option<&'a str>,
    email: &'a str,
    new_email: Option<&'a str>,
    link: Option<&'a str>,
    lifetime: Option<String>,
    /// When it happened, where the letter is about something that has.
    at: Option<String>,
    address_of_client: Option<String>,
    device: Option<String>,
}

/// Writes a letter.
pub fn compose(pages: &Pages, config: &Config, draft: &Draft<'_>) -> Result<Message> {
    let kind = draft.letter.kind();
    let language = draft.language;
    let site = config.mail.site_name.as_str();
    let subject =
        language.text(&format!("mail-{}-subject", kind.replace('_', "-")), &[("site", Arg::Text(site.into()))]);
    let client = client(draft.letter);
    let page = Page {
        lang: language,
        subject: &subject,
        site,
        site_url: config.public_url.as_str(),
        login_url: config.public_url.join(&config.urls.login),
        reset_url: config.public_url.join("/password/reset"),
        name: draft.name.as_deref(),
        email: draft.to.as_str(),
        new_email: match draft.letter {
            Letter::ChangeEmail { new, .. } | Letter::EmailChanged { new, proven: true, .. } => Some(new.as_str()),
            _ => None,
        },
        link: draft.link.as_ref().map(|(link, _)| link.as_str()),
        lifetime: draft.link.as_ref().map(|(_, seconds)| lifetime(language, *seconds)),
        at: has_happened(draft.letter).then(|| draft.at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        address_of_client: client.map(|client| line(&client.address)),
        // In our words: what somebody calls their browser is theirs to choose, and no place to write to an owner from.
        device: client
            .filter(|client| !client.user_agent.is_empty())
            .map(|client| UserAgent::parse(&client.user_agent).text(language)),
    };
    let html = pages.render_mail(&format!("mail/{kind}.html"), language, &page)?;
    let text = tidy(&pages.render_mail(&format!("mail/{kind}.txt"), language, &page)?);
    Ok(Message { to: draft.to.clone(), subject, text, html, language })
}

/// What to call the owner of an account. Not before they have proven that the address is theirs: else whoever signs up
/// with somebody's address could write to them by a name of their own making.
pub fn name_of(user: &User) -> Option<String> {
    let name = line(user.fields.short_name());
    (user.email_verified && !name.is_empty()).then_some(name)
}

fn client(letter: &Letter) -> Option<&Client> {
    match letter {
        Letter::PasswordChanged { client, .. } => client.as_ref(),
        Letter::EmailChanged { client, proven: true, .. } | Letter::NewDevice { client, .. } => Some(client),
        _ => None,
    }
}

fn has_happened(letter: &Letter) -> bool {
    matches!(letter, Letter::PasswordChanged { .. } | Letter::EmailChanged { .. } | Letter::NewDevice { .. })
}

/// How long a link is good, as "30 minutes": in the largest unit that leaves no rest.
pub fn lifetime(language: Language, seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    let (key, count) = match seconds {
        172_800.. if seconds.is_multiple_of(86_400) => ("mail-days", seconds / 86_400),
        7_200.. if seconds.is_multiple_of(3_600) => ("mail-hours", seconds / 3_600),
        _ => ("mail-minutes", seconds / 60),
    };
    language.text(key, &[("count", Arg::Number(count))])
}

/// A visitor's text as part of one line, and no longer than one takes.
fn line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(160).collect();
    text.trim().to_owned()
}

/// At most one empty line in a row, and none at the ends.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 && !(tidy.is_empty() && line.is_empty()) {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}
