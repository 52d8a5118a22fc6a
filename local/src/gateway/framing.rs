//! Notices requests whose length is said twice, which is how one request is smuggled inside another.
//!
//! hyper takes a request with both Transfer-Encoding and Content-Length, and one with the same
//! Content-Length twice, and shows no trace of it (RFC 9112 6.3 lets it). API Gateway answers 400, so the
//! bytes are watched on their way into hyper: `Watched` follows heads and bodies and remembers the first
//! head that is ambiguous; the server answers that request with 400 and closes the connection.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line longer than this is not looked at further; hyper refuses such a head as too large.
const LONGEST_LINE: usize = 64 * 1024;

/// Which request of a connection, counted from 0, is the first ambiguous one.
#[derive(Clone, Debug)]
pub(super) struct Verdict(Arc<AtomicU64>);

impl Verdict {
    /// Whether the request with this number, or one before it, was ambiguous.
    pub(super) fn condemns(&self, request: u64) -> bool {
        self.0.load(Ordering::Acquire) <= request
    }
}

/// A connection whose incoming bytes are watched.
#[derive(Debug)]
pub(super) struct Watched<T> {
    inner: T,
    scanner: Scanner,
}

impl<T> Watched<T> {
    pub(super) fn new(inner: T) -> (Self, Verdict) {
        let verdict = Verdict(Arc::new(AtomicU64::new(u64::MAX)));
        (Self { inner, scanner: Scanner::new(verdict.clone()) }, verdict)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Some(fresh) = buffer.filled().get(before..) {
            self.scanner.scan(fresh);
        }
        poll
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }
}

/// Where in the stream of requests the next byte stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before a request line; empty lines are passed over.
    Start,
    /// Among the header lines.
    Head,
    /// Inside a body of known length, or a chunk with its line break.
    Data { left: u64, chunked: bool },
    /// At the line that gives a chunk's length.
    ChunkSize,
    /// After the last chunk.
    Trailers,
    /// Nothing more is to be learnt: the connection ends at what came before.
    Done,
}

#[derive(Debug)]
struct Scanner {
    verdict: Verdict,
    state: State,
    line: Vec<u8>,
    request: u64,
    lengths: u32,
    length: u64,
    chunked: bool,
}

impl Scanner {
    fn new(verdict: Verdict) -> Self {
        let (line, state) = (Vec::new(), State::Start);
        Self { verdict, state, line, request: 0, lengths: 0, length: 0, chunked: false }
    }

    fn scan(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.state != State::Done {
            if let State::Data { left, chunked } = self.state {
                let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let left = left - taken as u64;
                self.state = match (left, chunked) {
                    (0, false) => State::Start,
                    (0, true) => State::ChunkSize,
                    (left, chunked) => State::Data { left, chunked },
                };
                bytes = bytes.get(taken..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            self.line.extend_from_slice(part);
            bytes = rest;
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.state = self.after(line.trim_ascii_end());
            } else if self.line.len() > LONGEST_LINE {
                self.state = State::Done;
            }
        }
    }

    fn after(&mut self, line: &[u8]) -> State {
        match self.state {
            State::Start | State::Trailers if line.is_empty() => State::Start,
            State::Start => {
                (self.lengths, self.length, self.chunked) = (0, 0, false);
                State::Head
            }
            State::Head if line.is_empty() => self.end_of_head(),
            State::Head => self.header(line),
            State::ChunkSize => {
                let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
                let size = std::str::from_utf8(digits).ok().map(str::trim);
                match size.and_then(|size| u64::from_str_radix(size, 16).ok()) {
                    Some(0) => State::Trailers,
                    // The chunk and the line break behind it.
                    Some(size) => State::Data { left: size.saturating_add(2), chunked: true },
                    None => State::Done,
                }
            }
            State::Trailers | State::Data { .. } | State::Done => self.state,
        }
    }

    fn header(&mut self, line: &[u8]) -> State {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return State::Head;
        };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.lengths += 1;
            let digits = std::str::from_utf8(value).map(|text| text.trim_start_matches(':').trim());
            match digits.map(str::parse) {
                Ok(Ok(length)) => self.length = length,
                _ => return State::Done, // hyper refuses it
            }
        }
        State::Head
    }

    fn end_of_head(&mut self) -> State {
        if self.lengths > 1 || (self.chunked && self.lengths > 0) {
            self.verdict.0.fetch_min(self.request, Ordering::AcqRel);
            return State::Done;
        }
        self.request += 1;
        match (self.chunked, self.length) {
            (true, _) => State::ChunkSize,
            (false, 0) => State::Start,
            (false, left) => State::Data { left, chunked: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the first ambiguous request, however the bytes are cut.
    fn first_ambiguous(stream: &str) -> Option<u64> {
        let judge = |size: usize| {
            let verdict = Verdict(Arc::new(AtomicU64::new(u64::MAX)));
            let mut scanner = Scanner::new(verdict.clone());
            stream.as_bytes().chunks(size).for_each(|part| scanner.scan(part));
            (0..10).find(|request| verdict.condemns(*request))
        };
        assert_eq!(judge(1), judge(stream.len()));
        assert_eq!(judge(7), judge(stream.len()));
        judge(3)
    }

    #[test]
    fn one_length_or_one_encoding_is_clear() {
        let plain = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n";
        let get = "\r\nGET / HTTP/1.1\nHost: a\n\n";
        assert_eq!(first_ambiguous(&format!("{plain}{chunked}{get}{plain}{chunked}")), None);
    }

    #[test]
    fn a_length_beside_an_encoding_is_ambiguous_in_either_order() {
        let heads =
            ["content-length: 3\r\ntransfer-encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3"];
        for head in heads {
            assert_eq!(first_ambiguous(&format!("POST / HTTP/1.1\r\n{head}\r\n\r\n")), Some(0));
        }
    }

    #[test]
    fn two_lengths_are_ambiguous_even_when_equal() {
        assert_eq!(first_ambiguous("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), Some(0));
    }

    #[test]
    fn headers_inside_a_body_are_a_body() {
        let body = "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n";
        let whole = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}GET / HTTP/1.1\r\n\r\n", body.len());
        assert_eq!(first_ambiguous(&whole), None);
        let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let whole = format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}GET / HTTP/1.1\r\n\r\n");
        assert_eq!(first_ambiguous(&whole), None);
    }

    #[test]
    fn the_second_of_two_pipelined_requests_may_be_the_ambiguous_one() {
        let stream = "GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(first_ambiguous(stream), Some(1));
    }
}
