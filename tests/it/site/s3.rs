//! What a browser or a program does with S3, over its real port.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use super::Answer;

/// One request to S3.
pub(crate) async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let url = Url::parse(url).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = Request::builder().method(method).uri(path).header("host", format!("{host}:{port}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// GET.
pub(crate) async fn get(url: &str) -> Answer {
    send(Method::GET, url, &[], "").await
}

/// Sends a file by what `POST /uploads` answered, as it says: a form, or a PUT.
pub(crate) async fn upload(promised: &Value, file: &[u8]) -> Answer {
    let url = promised["url"].as_str().unwrap();
    if promised["method"] == "POST" {
        return post(url, &fields(promised), file).await;
    }
    let headers = pairs(&promised["headers"]);
    let headers: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name != "Content-Length")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    send(Method::PUT, url, &headers, file.to_vec()).await
}

/// The fields that S3 wants before the file.
pub(crate) fn fields(promised: &Value) -> Vec<(String, String)> {
    pairs(&promised["fields"])
}

fn pairs(object: &Value) -> Vec<(String, String)> {
    let object = object.as_object().unwrap_or_else(|| panic!("{object} is no object"));
    object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// POSTs a form with a file to a bucket.
pub(crate) async fn post(url: &str, fields: &[(String, String)], file: &[u8]) -> Answer {
    const BOUNDARY: &str = "----a-boundary-of-the-tests";
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png";
    body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    send(Method::POST, url, &[("content-type", &content_type)], body).await
}
