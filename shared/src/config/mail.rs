//! How mail is sent, from whom, and how long the links in it are good. Django's names.

use std::path::PathBuf;

use super::reader::Reader;
use super::values;
use crate::mail::Sender;
use crate::secret::Secret;

/// What the mailer is told.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `SITE_NAME`: what the site calls itself in a mail, and by what name a nameless sender writes.
    pub site_name: String,
    /// `DEFAULT_FROM_EMAIL`: from whom it comes.
    pub from: Sender,
    /// `EMAIL_BACKEND`: who sends it.
    pub backend: BackendKind,
    /// `EMAIL_HOST` and what goes with it.
    pub smtp: SmtpSettings,
    /// `EMAIL_FILE_PATH`: the folder that takes mails, for the backend `file`.
    pub file_path: Option<PathBuf>,
    /// `EMAIL_TIMEOUT`: how long sending one may take, seconds.
    pub timeout: u64,
    /// How long the links are good.
    pub ages: LinkAges,
}

/// Who sends mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendKind {
    /// Amazon SES.
    Ses,
    /// A server that speaks SMTP.
    Smtp,
    /// Nobody: it is written to standard output.
    Console,
    /// Nobody: each becomes a file.
    File,
}

impl BackendKind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "ses" => Some(Self::Ses),
            "smtp" => Some(Self::Smtp),
            "console" => Some(Self::Console),
            "file" => Some(Self::File),
            _ => None,
        }
    }
}

/// A server that speaks SMTP.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// `EMAIL_HOST`.
    pub host: String,
    /// `EMAIL_PORT`.
    pub port: u16,
    /// `EMAIL_HOST_USER`; empty for a server that asks for nobody.
    pub user: String,
    /// `EMAIL_HOST_PASSWORD`; in AWS it is taken from the secret instead.
    pub password: Option<Secret>,
    /// How the connection is protected.
    pub tls: SmtpTls,
}

/// How a connection to an SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all.
    Never,
    /// `EMAIL_USE_TLS`: by STARTTLS, without which nothing is sent.
    StartTls,
    /// `EMAIL_USE_SSL`: from the first byte.
    Wrapped,
}

/// How long the links in mails are good, seconds, from when the mail was asked for.
#[derive(Debug, Clone, Copy)]
pub struct LinkAges {
    /// `PASSWORD_RESET_TIMEOUT`.
    pub reset_password: i64,
    /// `ACCOUNT_EMAIL_CONFIRMATION_AGE`.
    pub confirm_email: i64,
    /// `EMAIL_CHANGE_AGE`.
    pub change_email: i64,
    /// `EMAIL_CHANGE_UNDO_AGE`.
    pub undo_email_change: i64,
}

impl MailSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let site_name = env.or("SITE_NAME", "1 to 60 characters", "Portico", site_name);
        let from = env.or("DEFAULT_FROM_EMAIL", "an address, or NAME <ADDRESS>", "webmaster@localhost", Sender::parse);
        let backend = env.or("EMAIL_BACKEND", "ses, smtp, console or file", "ses", BackendKind::parse);
        let host = env.or("EMAIL_HOST", "a host's name or address", "localhost", values::name);
        let port = env.number("EMAIL_PORT", "a port", 1, 65_535, 25);
        let user = env.or("EMAIL_HOST_USER", "a name", "", |text| Some(text.to_owned()));
        let password = env.optional("EMAIL_HOST_PASSWORD", "a password", |text| Some(Secret::new(text)));
        let starttls = env.or("EMAIL_USE_TLS", "true or false", "false", values::boolean);
        let wrapped = env.or("EMAIL_USE_SSL", "true or false", "false", values::boolean);
        let file_path = env.optional("EMAIL_FILE_PATH", "a folder", |text| Some(PathBuf::from(text)));
        let timeout = env.number("EMAIL_TIMEOUT", "seconds", 1, 20, 10);
        let ages = LinkAges {
            reset_password: env.number("PASSWORD_RESET_TIMEOUT", "seconds", 60, 86_400, 1_800),
            confirm_email: env.number("ACCOUNT_EMAIL_CONFIRMATION_AGE", "seconds", 60, 2_592_000, 86_400),
            change_email: env.number("EMAIL_CHANGE_AGE", "seconds", 60, 86_400, 1_800),
            undo_email_change: env.number("EMAIL_CHANGE_UNDO_AGE", "seconds", 60, 2_592_000, 604_800),
        };
        let tls = match (starttls?, wrapped?) {
            (false, false) => SmtpTls::Never,
            (true, false) => SmtpTls::StartTls,
            (false, true) => SmtpTls::Wrapped,
            (true, true) => {
                return env.fail("EMAIL_USE_TLS", "only one of EMAIL_USE_TLS and EMAIL_USE_SSL may be true");
            }
        };
        let (backend, file_path) = (backend?, file_path?);
        if backend == BackendKind::File && file_path.is_none() {
            return env.fail("EMAIL_FILE_PATH", "the backend `file` needs a folder");
        }
        let smtp = SmtpSettings { host: host?, port, user: user?, password: password?, tls };
        Some(Self { site_name: site_name?, from: from?, backend, smtp, file_path, timeout, ages })
    }
}

/// It stands in subjects: a line break would begin another header.
fn site_name(text: &str) -> Option<String> {
    let text = text.trim();
    let sound = (1..=60).contains(&text.chars().count()) && !text.contains(char::is_control);
    sound.then(|| text.to_owned())
}
