//! The ways out: one trait, and the choice that `EMAIL_BACKEND` makes.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;

use super::console::Console;
use super::file::Files;
use super::message::Mime;
use super::ses::Ses;
use super::smtp::Smtp;
use crate::config::{BackendKind, MailSettings};
use crate::secret::Secret;

/// Something that takes mail.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Sends one mail. `Ok` when it was accepted, and not before.
    async fn send(&self, mail: &Mime) -> Result<(), SendError>;
}

/// Why a mail was not accepted. It is sent again later, whatever the cause: a sender that is not verified yet, or a full
/// mailbox, may be put right meanwhile.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SendError(String);

impl SendError {
    /// An error in the provider's words, without the addresses in them: it is logged and kept.
    pub fn new(words: &str) -> Self {
        let cut = |word: &str| if word.contains('@') { "[address]".to_owned() } else { word.to_owned() };
        let words: Vec<_> = words.split_whitespace().take(60).map(cut).collect();
        Self(words.join(" "))
    }
}

/// The way out of this process. It is built when the first mail is sent: of all functions, one sends.
pub struct Mailer {
    sdk: SdkConfig,
    ses_endpoint: Option<String>,
    settings: MailSettings,
    backend: OnceLock<Box<dyn Backend>>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("backend", &self.settings.backend).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Notes what a backend will need. `password` is the one of the vault, and precedes that of the environment.
    pub fn new(
        sdk: SdkConfig,
        ses_endpoint: Option<String>,
        settings: &MailSettings,
        password: Option<Secret>,
    ) -> Self {
        let mut settings = settings.clone();
        settings.smtp.password = password.or(settings.smtp.password);
        Self { sdk, ses_endpoint, settings, backend: OnceLock::new() }
    }

    /// Sends one mail within `EMAIL_TIMEOUT`.
    ///
    /// # Errors
    /// When it was not accepted in time. It may have been sent all the same, if only the answer was lost.
    pub async fn send(&self, mail: &Mime) -> Result<(), SendError> {
        let backend = if let Some(backend) = self.backend.get() {
            backend
        } else {
            let built = self.build()?;
            self.backend.get_or_init(|| built)
        };
        let timeout = Duration::from_secs(self.settings.timeout);
        let sent = tokio::time::timeout(timeout, backend.send(mail)).await;
        sent.unwrap_or_else(|_| Err(SendError::new("no answer within EMAIL_TIMEOUT")))
    }

    fn build(&self) -> Result<Box<dyn Backend>, SendError> {
        let timeout = Duration::from_secs(self.settings.timeout);
        Ok(match self.settings.backend {
            BackendKind::Ses => Box::new(Ses::new(&self.sdk, self.ses_endpoint.as_deref(), timeout)),
            BackendKind::Smtp => Box::new(Smtp::new(&self.settings.smtp, timeout)?),
            BackendKind::Console => Box::new(Console),
            BackendKind::File => Box::new(Files::new(self.settings.file_path.clone().unwrap_or_default())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_kept_without_the_addresses_in_it() {
        let error = SendError::new("not verified: kim@example.com,\r\n  <lee@example.com> in us-east-1");
        assert_eq!(error.to_string(), "not verified: [address] [address] in us-east-1");
    }
}
