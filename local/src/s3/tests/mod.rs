//! The embedded S3 through its port: the unmodified AWS SDK, and raw HTTP where a browser would speak.

mod builder;
mod conditions;
mod cors;
mod durability;
mod events;
mod forms;
mod lifecycle;
mod listing;
mod multipart;
mod objects;
mod presigned;
mod server;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use s3s::dto::{Timestamp, TimestampFormat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Bucket, CorsRule, Lifecycle, Notification, Options, S3Server};

const ACCESS_KEY: &str = "AKIDLOCAL";
const SECRET_KEY: &str = "only-for-tests";
const SITE: &str = "http://localhost:8000";

struct Running {
    server: S3Server,
    client: aws_sdk_s3::Client,
}

/// The bucket `media` announces what arrives in `incoming/` and lets the site upload; `plain` does neither.
fn options() -> Options {
    let rule = CorsRule {
        allowed_origins: vec![SITE.to_owned()],
        allowed_methods: vec!["PUT".to_owned(), "POST".to_owned(), "GET".to_owned()],
        allowed_headers: vec!["content-*".to_owned(), "x-amz-meta-*".to_owned()],
        exposed_headers: vec!["ETag".to_owned()],
        max_age: Some(600),
    };
    let media = Bucket {
        name: "media".to_owned(),
        cors: vec![rule],
        notifications: vec![Notification::created("incoming/")],
        lifecycle: vec![
            Lifecycle { prefix: "incoming/".to_owned(), expiration_days: Some(1), abort_multipart_days: None },
            Lifecycle { abort_multipart_days: Some(1), ..Lifecycle::default() },
        ],
    };
    Options { buckets: vec![media, Bucket::named("plain")], ..Options::new(ACCESS_KEY, SECRET_KEY) }
}

async fn start() -> Running {
    start_with(options()).await
}

async fn start_with(options: Options) -> Running {
    let server = S3Server::start(options).await.unwrap();
    let client = client(&server);
    Running { server, client }
}

fn client(server: &S3Server) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .endpoint_url(server.url())
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

impl Running {
    async fn put(&self, key: &str, body: &'static str) -> String {
        let body = ByteStream::from_static(body.as_bytes());
        let put = self.client.put_object().bucket("media").key(key).body(body).send().await.unwrap();
        put.e_tag.unwrap()
    }

    async fn text(&self, key: &str) -> String {
        let got = self.client.get_object().bucket("media").key(key).send().await.unwrap();
        String::from_utf8(got.body.collect().await.unwrap().to_vec()).unwrap()
    }

    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        send(self.server.address(), method, target, headers, body).await
    }
}

/// The status and S3's code of a refused SDK call.
#[expect(clippy::needless_pass_by_value, reason = "what `unwrap_err` gives is given on")]
fn refusal<E: ProvideErrorMetadata>(error: SdkError<E, HttpResponse>) -> (u16, String) {
    let status = error.raw_response().unwrap().status().as_u16();
    (status, error.code().unwrap_or_default().to_owned())
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// S3's error code.
    fn code(&self) -> &str {
        let (_, rest) = self.body.split_once("<Code>").unwrap_or_default();
        rest.split_once("</Code>").unwrap_or_default().0
    }
}

/// Sends one request as it is, without any signing, and reads the whole answer.
async fn send(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n", address.port());
    let bodyless = matches!(method, "GET" | "HEAD" | "OPTIONS");
    if !bodyless && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    read(&mut stream).await
}

async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.to_owned() }
}

/// `2026-01-31T12:00:00.000Z`
fn iso(time: SystemTime) -> String {
    let mut text = Vec::new();
    Timestamp::from(time).format(TimestampFormat::DateTime, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A folder that is gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("portico-s3-{}", uuid::Uuid::new_v4().simple()));
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn options(&self) -> Options {
        Options { data: Some(self.0.clone()), ..options() }
    }

    fn files(&self, kind: &str) -> usize {
        std::fs::read_dir(self.0.join(kind)).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
