//! A connection to a server on this machine, kept open as a browser's.

use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;
use crate::message::{Answer, Request, Transport};
use crate::wire::Head;

/// Where a server listens.
#[derive(Clone)]
pub(crate) struct Place {
    address: SocketAddr,
    /// As the server calls itself: its name and port.
    host: String,
    origin: String,
}

pub(crate) struct Connection {
    place: Place,
    stream: Option<BufReader<TcpStream>>,
}

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

impl Place {
    /// Reads `http://localhost:PORT` or `http://127.0.0.1:PORT`: nothing is driven but this machine.
    pub(crate) fn parse(origin: &str) -> Option<Self> {
        let host = origin.strip_prefix("http://")?;
        let (name, port) = host.split_once(':')?;
        let address: IpAddr = if name == "localhost" { Ipv4Addr::LOCALHOST.into() } else { name.parse().ok()? };
        let address = SocketAddr::new(address, port.parse().ok()?);
        address.ip().is_loopback().then(|| Self { address, host: host.to_owned(), origin: origin.to_owned() })
    }
}

impl Connection {
    pub(crate) fn new(place: &Place) -> Self {
        Self { place: place.clone(), stream: None }
    }

    fn exchange(&mut self, message: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.open()?,
        };
        stream.get_mut().write_all(message)?;
        let head = Head::read(&mut stream)?.ok_or(ErrorKind::ConnectionReset)?;
        let status =
            head.line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(ErrorKind::InvalidData)?;
        if !head.has_length() && status != 204 {
            return Err(io::Error::new(ErrorKind::InvalidData, "an answer without a length"));
        }
        let mut answer = Answer { status, body: head.read_body(&mut stream)?, ..Answer::default() };
        if !head.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        for (name, value) in &head.headers {
            answer.add_header(name, value);
        }
        Ok(answer)
    }

    fn open(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.place.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }

    fn message(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut message = Vec::with_capacity(1_024);
        write!(message, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path, self.place.host)?;
        write!(message, "User-Agent: drive\r\n")?;
        for (name, value) in &request.headers {
            write!(message, "{name}: {value}\r\n")?;
        }
        let cookies = request.cookies.pairs().collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            write!(message, "Cookie: {cookies}\r\n")?;
        }
        if !request.content_type.is_empty() {
            write!(message, "Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, request.body.len())?;
        }
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(&request.body);
        Ok(message)
    }
}

impl Transport for Connection {
    fn origin(&self) -> &str {
        &self.place.origin
    }

    fn send(&mut self, request: &Request) -> Result<Answer> {
        let message = self.message(request)?;
        let reused = self.stream.is_some();
        match self.exchange(&message) {
            // The server has closed it meanwhile, as it may.
            Err(error) if reused && matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                Ok(self.exchange(&message)?)
            }
            answer => Ok(answer?),
        }
    }
}
