//! Writes mail to standard output instead of sending it. Links and all: for development.

use std::io::{self, Write as _};

use async_trait::async_trait;

use super::backend::{Backend, SendError};
use super::message::Mime;

#[derive(Debug)]
pub(super) struct Console;

#[async_trait]
impl Backend for Console {
    async fn send(&self, mail: &Mime) -> Result<(), SendError> {
        let mut text = mail.to_bytes();
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice("-".repeat(79).as_bytes());
        text.push(b'\n');
        io::stdout().lock().write_all(&text).map_err(|error| SendError::new(&error.to_string()))
    }
}
