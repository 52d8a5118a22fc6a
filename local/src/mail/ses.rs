//! Amazon SES's API v2, as far as a site needs it: `SendEmail` of a whole message (`Content.Raw`), into the tray.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::store::Tray;
use crate::iam::{FROM_ADDRESS, Need, Roles, arn, signer};
use crate::stack::REGION;

/// The most bytes of a request. A mail at SES may have 40 MB, in base64; those of a site are small.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A running SES. Dropping it stops it.
pub(crate) struct SesServer {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl SesServer {
    /// Takes any free port. Mail comes only from who signs with a key of these, so that no page in a browser can put some:
    /// the operator's, or a function's whose role allows it.
    pub(crate) async fn start(tray: Tray, operator: &'static str, roles: Arc<Roles>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                while connections.try_join_next().is_some() {}
                let Ok((stream, _)) = listener.accept().await else {
                    // Most likely out of file descriptors: others have to be closed before the next try.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let door = Door { tray: tray.clone(), operator, roles: roles.clone() };
                let service = service_fn(move |request| {
                    let door = door.clone();
                    async move { Ok::<_, Infallible>(answer(&door, request).await) }
                });
                let mut http = http1::Builder::new();
                connections.spawn(http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(Self { address, serving })
    }

    /// The endpoint for the SDK.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it at once: there is nothing under way when the site has ended.
    pub(crate) fn stop(&self) {
        self.serving.abort();
    }
}

impl Drop for SesServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where mails go, and who may bring some.
#[derive(Clone)]
struct Door {
    tray: Tray,
    operator: &'static str,
    roles: Arc<Roles>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    #[serde(default)]
    from_email_address: String,
    #[serde(default)]
    destination: Destination,
    content: Content,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Destination {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    raw: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    data: String,
}

/// An error of SES's own.
struct Refusal(StatusCode, &'static str, String);

async fn answer(door: &Door, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, error, body) = match send(door, request).await {
        Ok(id) => (StatusCode::OK, None, json!({ "MessageId": id })),
        Err(Refusal(status, error, message)) => (status, Some(error), json!({ "message": message })),
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(error) = error {
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error));
    }
    response
}

async fn send(door: &Door, request: Request<Incoming>) -> Result<String, Refusal> {
    let refuse = |status, code, message: &str| Refusal(status, code, message.to_owned());
    let bad = |message| refuse(StatusCode::BAD_REQUEST, "BadRequestException", message);
    let signed = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let access_key = signer(signed).filter(|key| *key == door.operator || door.roles.knows(key)).map(str::to_owned);
    let Some(access_key) = access_key else {
        return Err(refuse(StatusCode::FORBIDDEN, "UnrecognizedClientException", "who are you?"));
    };
    if request.method() != Method::POST || request.uri().path() != "/v2/email/outbound-emails" {
        return Err(refuse(StatusCode::NOT_FOUND, "NotFoundException", "only SendEmail is known here"));
    }
    let body = Limited::new(request.into_body(), MAX_BYTES).collect().await;
    let body = body.map_err(|_| bad("the message is too long"))?.to_bytes();
    let request: SendEmail = serde_json::from_slice(&body).map_err(|_| bad("the request cannot be read"))?;
    let raw = request.content.raw.as_ref().ok_or_else(|| bad("only Content.Raw is known here"))?;
    let raw = STANDARD.decode(&raw.data).map_err(|_| bad("Content.Raw.Data is not base64"))?;
    let Destination { to, cc, bcc } = request.destination;
    let recipients = [to, cc, bcc].concat();
    if recipients.is_empty() {
        return Err(bad("there is nobody to send it to"));
    }
    door.roles
        .check(&access_key, &needs(&request.from_email_address))
        .map_err(|denied| Refusal(StatusCode::FORBIDDEN, "AccessDeniedException", denied.to_string()))?;
    let tray = door.tray.clone();
    let received = Timestamp::now().as_millisecond();
    let stored = tokio::task::spawn_blocking(move || tray.put(received, &recipients, &raw)).await;
    match stored {
        Ok(Ok(id)) => Ok(format!("local-{id}")),
        _ => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceErrorException", "the tray is broken")),
    }
}

/// A message that was built before needs the second action too ("Actions, resources, and condition keys for Amazon SES").
fn needs(from: &str) -> [Need; 2] {
    let address = from.rsplit('<').next().unwrap_or(from).trim_end_matches('>').trim();
    let identity = arn("ses", REGION, &format!("identity/{address}"));
    ["ses:SendEmail", "ses:SendRawEmail"]
        .map(|action| Need::new(action, identity.clone()).about(FROM_ADDRESS, vec![address.to_owned()]))
}
