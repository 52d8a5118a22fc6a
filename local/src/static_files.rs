//! The static files of the site during development, served as CloudFront serves them in AWS.
//!
//! Nothing is cached (`no-cache` with an ETag: the browser asks each time), nothing outside the folders
//! is reachable, and a file is only ever what its extension says.

#[cfg(test)]
mod tests;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::SystemTime,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use portico::static_files::content_type;
use sha2::{Digest, Sha256};

use crate::gateway::Front;

/// Folders of static files, under the path of `STATIC_URL`.
#[derive(Clone, Debug)]
pub struct StaticFiles {
    /// With a slash at both ends.
    mount: String,
    /// Canonical folders, each with the prefix its files have below the mount.
    folders: Vec<(String, PathBuf)>,
}

impl StaticFiles {
    /// Serves `folders` under `static_url` (a path, or an URL of which the path counts). As in Django's
    /// `STATICFILES_DIRS` each folder may have a prefix, and the first that has a file wins. A folder
    /// that does not exist has no files.
    pub fn new(static_url: &str, folders: impl IntoIterator<Item = (String, PathBuf)>) -> Self {
        let path = match static_url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => static_url,
        };
        let inner = path.trim_matches('/');
        let mount = if inner.is_empty() { "/".to_owned() } else { format!("/{inner}/") };
        let folders = folders.into_iter().filter_map(|(prefix, folder)| {
            let prefix = prefix.trim_matches('/').to_owned();
            fs::canonicalize(folder).ok().map(|folder| (prefix, folder))
        });
        Self { mount, folders: folders.collect() }
    }

    /// The response where `path` (percent-encoded, as it was sent) is below `STATIC_URL`; else `None`.
    pub fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
        let rest = path.strip_prefix(&self.mount)?;
        if method != Method::GET && method != Method::HEAD {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(response);
        }
        let found = relative(rest).and_then(|relative| self.find(&relative));
        let mut response = match found {
            Some(file) => file.response(headers),
            None => plain(StatusCode::NOT_FOUND, "Not Found"),
        };
        if method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        Some(response)
    }

    fn find(&self, relative: &str) -> Option<File> {
        self.folders.iter().find_map(|(prefix, folder)| {
            let inner = match prefix.as_str() {
                "" => relative,
                prefix => relative.strip_prefix(prefix)?.strip_prefix('/')?,
            };
            File::read(folder, inner)
        })
    }
}

#[async_trait]
impl Front for StaticFiles {
    async fn answer(&self, request: &Parts, _: SocketAddr) -> Option<Response<Bytes>> {
        self.respond(&request.method, request.uri.path(), &request.headers)
    }
}

/// The decoded path below the mount, where it may name a file at all. Decoded once, and by segment: an
/// encoded slash is part of a name, and no file has such a name.
fn relative(encoded: &str) -> Option<String> {
    let mut segments = Vec::new();
    for segment in encoded.split('/') {
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        // `.` and `..`, and files like .env and .git; an empty one would make the path absolute.
        if segment.is_empty() || segment.starts_with('.') || segment.contains(['/', '\\', '\0', ':']) {
            return None;
        }
        segments.push(segment.into_owned());
    }
    Some(segments.join("/"))
}

struct File {
    content: Bytes,
    content_type: &'static str,
    modified: Option<SystemTime>,
}

impl File {
    /// Reads the file, unless a link leads out of `folder`.
    fn read(folder: &Path, relative: &str) -> Option<Self> {
        let path = fs::canonicalize(folder.join(relative)).ok()?;
        let metadata = fs::metadata(&path).ok()?;
        if !path.starts_with(folder) || !metadata.is_file() {
            return None;
        }
        Some(Self {
            content: fs::read(&path).ok()?.into(),
            content_type: content_type(relative),
            modified: metadata.modified().ok(),
        })
    }

    fn response(self, request: &HeaderMap) -> Response<Bytes> {
        let etag = etag(&self.content);
        let length = self.content.len();
        let mut response = if matches_etag(request, &etag) {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = Response::new(self.content);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        };
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        if let Some(modified) = self.modified.and_then(http_date) {
            headers.insert(header::LAST_MODIFIED, modified);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        guard(headers);
        response
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guard(headers);
    response
}

/// What the response headers policy `StaticHeaders` of the template adds in AWS.
fn guard(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    // An SVG or HTML among them, opened by itself, runs nothing.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

/// Strong: the same text is the same bytes.
fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let hex = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    format!("\"{}\"", hex.collect::<String>())
}

/// If-None-Match compares weakly (RFC 9110, 13.1.2).
fn matches_etag(request: &HeaderMap, etag: &str) -> bool {
    let values = request.get_all(header::IF_NONE_MATCH).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|candidate| {
        let candidate = candidate.trim();
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == etag
    })
}

fn http_date(time: SystemTime) -> Option<HeaderValue> {
    let date = Timestamp::try_from(time).ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&date).ok()
}
