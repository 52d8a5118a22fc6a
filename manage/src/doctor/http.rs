//! Asks a site as a browser would, or once as it is told to: keeps the beginning of a body, and knows why there was no
//! answer.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::Method;
use url::{Host, Url};

/// How long an answer may take, the whole of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many redirects are followed.
const HOPS: usize = 5;

/// Somebody who asks.
pub(super) struct Client(Connector);

/// One request.
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    /// In the place of those that every request has, or beside them.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: String,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in small letters.
    pub(super) headers: Vec<(String, String)>,
    /// Its beginning.
    pub(super) body: Vec<u8>,
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    /// The redirects that led here, as `301 to https://..`.
    pub(super) hops: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Nobody is there, or nobody answers in time.
    Unreachable(String),
    /// Certificate or handshake.
    Tls(String),
    /// It leads on and on.
    Redirects(Vec<String>),
}

impl Client {
    /// Reads the system's certificates.
    pub(super) fn new() -> Self {
        Self(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
    }

    /// Gets `url`, at most `most` bytes of it, and goes where it leads.
    pub(super) async fn get(&self, url: &Url, accept_encoding: &str, most: usize) -> Result<Answer, NoAnswer> {
        let mut url = url.clone();
        url.set_fragment(None);
        let (mut seen, mut hops) = (vec![url.clone()], Vec::new());
        loop {
            let headers = [("accept", "*/*"), ("accept-encoding", accept_encoding)];
            let asked = Asked { method: Method::GET, url: &url, headers: &headers, body: String::new() };
            let answer = self.send(&asked, most).await?;
            let next = match answer.status {
                301 | 302 | 303 | 307 | 308 => answer.header("location").and_then(|to| url.join(to).ok()),
                _ => None,
            };
            let Some(mut next) = next else { return Ok(Answer { hops, ..answer }) };
            next.set_fragment(None);
            hops.push(format!("{} to {next}", answer.status));
            if hops.len() > HOPS || seen.contains(&next) || !matches!(next.scheme(), "http" | "https") {
                return Err(NoAnswer::Redirects(hops));
            }
            seen.push(next.clone());
            url = next;
        }
    }

    /// Asks once, as it stands, for at most `most` bytes.
    pub(super) async fn send(&self, asked: &Asked<'_>, most: usize) -> Result<Answer, NoAnswer> {
        let late = format!("nothing came within {} seconds", PATIENCE.as_secs());
        let answer = tokio::time::timeout(PATIENCE, self.once(asked, most)).await;
        answer.unwrap_or(Err(NoAnswer::Unreachable(late)))
    }

    async fn once(&self, asked: &Asked<'_>, most: usize) -> Result<Answer, NoAnswer> {
        let mut request = http::Request::builder().method(&asked.method).uri(asked.url.as_str());
        request = request.header("user-agent", concat!("portico/", env!("CARGO_PKG_VERSION")));
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(SdkBody::from(asked.body.as_str()));
        let request = request.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let request = HttpRequest::try_from(request).map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let response = self.0.call(request).await.map_err(|error| why(&error, asked.url.scheme() == "https"))?;
        Ok(read(response, most).await)
    }
}

impl Answer {
    /// A header's value; of several the first.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// What was read of the body, as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Whether it is on this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn read(response: HttpResponse, most: usize) -> Answer {
    let headers = response.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let mut answer =
        Answer { status: response.status().as_u16(), headers: headers.collect(), is_whole: true, ..Answer::default() };
    let mut body = ByteStream::new(response.into_body());
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) if answer.body.len() + chunk.len() <= most => answer.body.extend_from_slice(&chunk),
            Ok(chunk) => {
                answer.body.extend_from_slice(&chunk[..most - answer.body.len()]);
                answer.is_whole = false;
                break;
            }
            Err(_) => {
                answer.is_whole = false;
                break;
            }
        }
    }
    answer
}

/// rustls tells what it finds wrong as invalid data.
fn why(error: &(dyn StdError + 'static), is_https: bool) -> NoAnswer {
    let mut cause = Some(error);
    let (mut last, mut is_tls) = (String::new(), false);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        is_tls |= is_https && io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
        last = error.to_string();
        // The source of an error of input and output is that of the one inside it, which would be passed over.
        let inner = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
        cause = inner.or_else(|| error.source());
    }
    if is_tls { NoAnswer::Tls(last) } else { NoAnswer::Unreachable(last) }
}
