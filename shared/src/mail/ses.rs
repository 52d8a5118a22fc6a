//! Amazon SES, through its SDK: the mail whole, as we built it.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_smithy_types::retry::RetryConfig;

use super::backend::{Backend, SendError};
use super::message::Mime;

#[derive(Debug)]
pub(super) struct Ses(Client);

impl Ses {
    pub(super) fn new(sdk: &SdkConfig, endpoint: Option<&str>, timeout: Duration) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(timeout)
            .operation_attempt_timeout(timeout)
            .operation_timeout(timeout);
        let mut config = aws_sdk_sesv2::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint.map(str::to_owned));
        // SES has no token that makes a repetition harmless: after a lost answer the SDK would send a second mail at
        // once. The outbox tries again itself, later and seldom.
        config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts.build());
        Self(Client::from_conf(config.build()))
    }
}

#[async_trait]
impl Backend for Ses {
    async fn send(&self, mail: &Mime) -> Result<(), SendError> {
        let raw = RawMessage::builder().data(Blob::new(mail.to_bytes())).build();
        let raw = raw.map_err(|error| SendError::new(&error.to_string()))?;
        let request = self
            .0
            .send_email()
            .from_email_address(mail.from())
            .destination(Destination::builder().set_to_addresses(Some(mail.to())).build())
            .content(EmailContent::builder().raw(raw).build());
        let sent = Box::pin(request.send()).await;
        sent.map(drop).map_err(|error| match (error.code(), error.message()) {
            (Some(code), message) => SendError::new(&format!("SES: {code} {}", message.unwrap_or_default())),
            (None, _) => SendError::new(&format!("SES: {}", DisplayErrorContext(&error))),
        })
    }
}
