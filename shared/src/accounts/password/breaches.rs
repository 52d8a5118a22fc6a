//! Whether a password is known from data that was stolen elsewhere (ASVS 6.2.12), asked without telling the password: by
//! the first five digits of its SHA-1, in the protocol of Have I Been Pwned's Pwned Passwords.
//!
//! Off unless `PASSWORD_BREACH_CHECK_URL` is set. When nobody answers, the password is accepted and the log says so: a
//! service of others must not decide whether people can sign up here.

use std::sync::OnceLock;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use sha1::{Digest as _, Sha1};

use super::Password;
use crate::config::BreachCheck;
use crate::error::{BoxError, FieldError};
use crate::secret::{Secret, hex};

/// Asks for stolen passwords.
#[derive(Debug)]
pub struct Breaches {
    check: BreachCheck,
    /// Made at the first question: it reads the system's certificates.
    connector: OnceLock<Connector>,
}

/// A padded answer has some thousand lines of forty bytes.
const LONGEST: usize = 256 * 1024;

impl Breaches {
    /// Asks where `check` says; nothing is sent yet.
    pub fn new(check: BreachCheck) -> Self {
        Self { check, connector: OnceLock::new() }
    }

    /// The error of a password that is known to be stolen.
    pub async fn check(&self, password: &Password) -> Option<FieldError> {
        let digest = Secret::new(hex(&Sha1::digest(password.bytes())).to_ascii_uppercase());
        let (prefix, rest) = digest.expose().split_at(5);
        let answer = tokio::time::timeout(self.check.timeout, self.ask(prefix)).await;
        match answer.map_err(BoxError::from).and_then(|answer| answer) {
            Ok(answer) => is_listed(&answer, rest).then(|| FieldError {
                code: "password_breached",
                key: "password-breached",
                args: Vec::new(),
            }),
            Err(error) => {
                tracing::warn!(%error, "a new password was not looked up among stolen ones, and was accepted");
                None
            }
        }
    }

    async fn ask(&self, prefix: &str) -> Result<String, BoxError> {
        let request = http::Request::get(format!("{}{prefix}", self.check.url))
            // The length of the answer would tell which five digits were asked for.
            .header("add-padding", "true")
            .header("user-agent", concat!("portico/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::empty())?;
        let connector = self
            .connector
            .get_or_init(|| Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build());
        let response = connector.call(HttpRequest::try_from(request)?).await?;
        if response.status().as_u16() != 200 {
            return Err(format!("the answer is {}", response.status().as_u16()).into());
        }
        let mut body = ByteStream::new(response.into_body());
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk?);
            if bytes.len() > LONGEST {
                return Err("the answer is too long".into());
            }
        }
        Ok(String::from_utf8(bytes)?)
    }
}

/// Whether a line is the rest of the digest with a count. What pads the answer has the count 0.
fn is_listed(answer: &str, rest: &str) -> bool {
    answer.lines().filter_map(|line| line.trim().split_once(':')).any(|(listed, count)| {
        listed.eq_ignore_ascii_case(rest) && count.trim().parse::<u64>().is_ok_and(|count| count > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_count_is_a_stolen_password() {
        // SHA-1 of `password`, but for its first five digits.
        let rest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        assert_eq!(hex(&Sha1::digest("password")).to_ascii_uppercase(), format!("5BAA6{rest}"));
        assert!(is_listed(&format!("0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n{rest}:9545824\r\n"), rest));
        assert!(!is_listed(&format!("{rest}:0\r\n"), rest));
        for answer in ["", "<html>", ":", rest, &format!("{rest}:many")] {
            assert!(!is_listed(answer, rest), "{answer}");
        }
    }
}
