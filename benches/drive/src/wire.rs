//! As much of HTTP/1.1 as both ends need here.

use std::io::{self, BufRead, Error, ErrorKind};

use crate::message::header;

/// No body here is larger.
const MOST: usize = 64 << 20;

/// The first line, and the headers.
pub(crate) struct Head {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Nothing, where the other end has closed the connection before.
    pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(Self { line, headers: read_headers(reader)? }))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether it is told where the body ends; otherwise that is where the connection does.
    pub(crate) fn has_length(&self) -> bool {
        self.header("content-length").is_some() || self.is_chunked()
    }

    /// The body; none where nothing tells that there is one.
    pub(crate) fn read_body(&self, reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
        if self.is_chunked() {
            return read_chunks(reader);
        }
        let length = self.header("content-length").unwrap_or("0");
        let mut body = Vec::new();
        read_exactly(reader, &mut body, length.parse().map_err(|_| malformed("content-length"))?)?;
        Ok(body)
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"))
    }
}

fn read_headers(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = line.trim().split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(length, 16).map_err(|_| malformed("chunk"))?;
        if length == 0 {
            read_headers(reader)?;
            return Ok(body);
        }
        read_exactly(reader, &mut body, length)?;
        reader.read_line(&mut line)?;
    }
}

fn read_exactly(reader: &mut impl BufRead, body: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let start = body.len();
    if length > MOST - start.min(MOST) {
        return Err(malformed("length"));
    }
    body.resize(start + length, 0);
    reader.read_exact(&mut body[start..])
}

fn malformed(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("malformed {what}"))
}
