//! Any server that speaks SMTP (RFC 5321), by lettre.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::backend::{Backend, SendError};
use super::message::Mime;
use crate::config::{SmtpSettings, SmtpTls};
use crate::log::chain;

pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// Prepares the transport; nothing is connected.
    pub(super) fn new(settings: &SmtpSettings, timeout: Duration) -> Result<Self, SendError> {
        let parameters = || TlsParameters::new(settings.host.clone()).map_err(|error| failed(&error));
        let tls = match settings.tls {
            SmtpTls::Never => Tls::None,
            // Required: a server that offers none, or somebody between who hides that it does, gets nothing.
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Wrapped => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(timeout));
        if !settings.user.is_empty() {
            let password = settings.password.as_ref().map_or("", |password| password.expose());
            builder = builder.credentials(Credentials::new(settings.user.clone(), password.to_owned()));
        }
        Ok(Self(builder.build()))
    }
}

#[async_trait]
impl Backend for Smtp {
    async fn send(&self, mail: &Mime) -> Result<(), SendError> {
        self.0.send(mail.built().clone()).await.map(drop).map_err(|error| failed(&error))
    }
}

fn failed(error: &lettre::transport::smtp::Error) -> SendError {
    SendError::new(&format!("SMTP: {}", chain(error)))
}
