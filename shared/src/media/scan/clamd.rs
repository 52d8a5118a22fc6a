//! ClamAV's daemon over TCP: a file is sent to it piece by piece (`INSTREAM`), and it answers in a line.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{ReadAt, ScanError, Scanner, Verdict};
use crate::config::ClamdSettings;
use crate::media::read_at::shorter;

/// Bytes of a piece: all that is in memory of a file.
const PIECE: usize = 4 * 1024 * 1024;

/// Bytes of an answer at most. A name is some dozens.
const LONGEST_ANSWER: u64 = 4096;

/// What clamd calls a file that it has not looked at wholly, where it tells (`AlertExceedsMax`).
const NOT_WHOLLY: &str = "Heuristics.Limits.Exceeded";

/// A connection is made for each file: a function that waits for uploads would hold one for nothing.
#[derive(Debug)]
pub struct Clamd {
    settings: ClamdSettings,
}

impl Clamd {
    /// Puts it together; nothing is connected.
    pub fn new(settings: &ClamdSettings) -> Self {
        Self { settings: settings.clone() }
    }

    /// Sends a file. It ends early when clamd closes, as it does once it has had too much.
    async fn send(&self, source: &dyn ReadAt, stream: &mut (impl AsyncWrite + Unpin + Send)) -> Result<(), ScanError> {
        // Commands and answers end in NUL, so that nothing in between can be taken for an end.
        self.in_time(stream.write_all(b"zINSTREAM\0")).await?;
        let (mut at, size) = (0, source.size());
        while at < size {
            let piece = source.read_at(at, PIECE).await?;
            let length = u32::try_from(piece.len()).unwrap_or_default();
            if length == 0 {
                return Err(shorter().into());
            }
            self.in_time(stream.write_all(&length.to_be_bytes())).await?;
            self.in_time(stream.write_all(&piece)).await?;
            at += u64::from(length);
        }
        self.in_time(stream.write_all(&0_u32.to_be_bytes())).await?;
        self.in_time(stream.flush()).await
    }

    async fn in_time<T>(&self, step: impl Future<Output = std::io::Result<T>>) -> Result<T, ScanError> {
        within(self.settings.timeout, step).await
    }
}

#[async_trait]
impl Scanner for Clamd {
    async fn scan(&self, source: &dyn ReadAt) -> Result<Verdict, ScanError> {
        // Over its own limits clamd calls a file clean that it has not looked at.
        if source.size() > self.settings.max_bytes {
            return Err(ScanError::TooLarge);
        }
        let connecting = TcpStream::connect(&self.settings.address);
        let mut stream = within(self.settings.connect_timeout, connecting).await?;
        // Lengths are four bytes, and each would wait for the answer to the bytes before it.
        stream.set_nodelay(true).map_err(ScanError::unavailable)?;
        let (reading, mut writing) = stream.split();
        let answer = answer(reading);
        tokio::pin!(answer);
        // An answer that comes while the file is being sent is one that says why not to go on.
        let sent = tokio::select! {
            biased;
            early = &mut answer => return read_early(&early.map_err(ScanError::unavailable)?),
            sent = self.send(source, &mut writing) => sent,
        };
        match sent {
            Ok(()) => read(&self.in_time(answer).await?),
            // It has closed, and may have said why.
            Err(ScanError::Unavailable(cause)) => match self.in_time(answer).await {
                Ok(answer) => read_early(&answer),
                Err(_) => Err(ScanError::Unavailable(cause)),
            },
            Err(error) => Err(error),
        }
    }
}

async fn within<T>(limit: Duration, step: impl Future<Output = std::io::Result<T>>) -> Result<T, ScanError> {
    match tokio::time::timeout(limit, step).await {
        Ok(done) => done.map_err(ScanError::unavailable),
        Err(elapsed) => Err(ScanError::unavailable(elapsed)),
    }
}

/// The answer, up to its end or to the end of the connection.
async fn answer(stream: impl AsyncRead + Unpin + Send) -> std::io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut stream = stream.take(LONGEST_ANSWER);
    while !answer.contains(&0) {
        if stream.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(answer)
}

/// What an answer means: `stream: OK`, `stream: NAME FOUND`, or an error. One that was cut short is none.
fn read(answer: &[u8]) -> Result<Verdict, ScanError> {
    let Some((answer, &0)) = answer.split_last().map(|(last, rest)| (rest, last)) else {
        return Err(ScanError::unavailable("clamd has closed without an answer"));
    };
    let answer = String::from_utf8_lossy(answer);
    if answer.contains("size limit exceeded") {
        return Err(ScanError::TooLarge);
    }
    match answer.strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(found) => match found.strip_suffix(" FOUND") {
            Some(name) if name.starts_with(NOT_WHOLLY) => Err(ScanError::TooLarge),
            Some(name) if !name.is_empty() => Ok(Verdict::Infected { name: name.to_owned() }),
            _ => Err(unclear(&answer)),
        },
        None => Err(unclear(&answer)),
    }
}

/// What an answer means that comes before clamd has had all of the file: a file is clean only as a whole.
fn read_early(answer: &[u8]) -> Result<Verdict, ScanError> {
    match read(answer)? {
        Verdict::Clean => Err(ScanError::unavailable("clamd has answered before it had the file")),
        found @ Verdict::Infected { .. } => Ok(found),
    }
}

/// An answer that says neither. It is in the log as it was, without what a log would choke on.
fn unclear(answer: &str) -> ScanError {
    ScanError::unavailable(format!("clamd has answered {answer:?}"))
}

#[cfg(test)]
mod tests;
