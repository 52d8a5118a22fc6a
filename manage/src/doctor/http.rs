//! Asks a site as a browser would: follows redirects and tells them, keeps the beginning of a body, and knows why there was
//! no answer.

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
use url::Url;

use super::facts::{Answer, NoAnswer};

/// How long an answer may take, the whole of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many redirects are followed.
const HOPS: usize = 5;

/// Somebody who asks.
pub(super) struct Client(Connector);

impl Client {
    /// Reads the system's certificates.
    pub(super) fn new() -> Self {
        Self(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
    }

    /// Gets `url`, at most `most` bytes of it.
    pub(super) async fn get(&self, url: &Url, accept_encoding: &str, most: usize) -> Result<Answer, NoAnswer> {
        let mut url = url.clone();
        url.set_fragment(None);
        let (mut seen, mut hops) = (vec![url.clone()], Vec::new());
        loop {
            let late = format!("nothing came within {} seconds", PATIENCE.as_secs());
            let answer = tokio::time::timeout(PATIENCE, self.once(&url, accept_encoding, most)).await;
            let answer = answer.unwrap_or(Err(NoAnswer::Unreachable(late)))?;
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

    async fn once(&self, url: &Url, accept_encoding: &str, most: usize) -> Result<Answer, NoAnswer> {
        let request = http::Request::get(url.as_str())
            .header("accept", "*/*")
            .header("accept-encoding", accept_encoding)
            .header("user-agent", concat!("portico/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::empty());
        let request = request.map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let request = HttpRequest::try_from(request).map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let response = self.0.call(request).await.map_err(|error| why(&error, url.scheme() == "https"))?;
        Ok(read(response, most).await)
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
