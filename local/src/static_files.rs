//! The static files of the site during development: out of their folders, without a collect step, and new on reload.
//!
//! Nothing is cached by the browser (`no-cache` with an ETag: it asks each time), nothing outside the folders is
//! reachable, and a file is only ever what its extension says. How a file is answered is the code of the function
//! `static-files` (`portico::static_files`).

mod folder;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use percent_encoding::percent_decode_str;
use portico::config::Config;
use portico::static_files::{Asked, Guard, Memory, folder_of, with_slash};

use self::folder::{Folder, Found, Reading};
use crate::gateway::Front;

/// The browser keeps it, and asks each time.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Folders of static files, under the path of `STATIC_URL`.
#[derive(Clone, Debug)]
pub struct StaticFiles(Arc<Site>);

#[derive(Debug)]
struct Site {
    /// With a slash at both ends.
    mount: String,
    folders: Vec<Folder>,
    index_file: Option<String>,
    guard: Guard,
    memory: Arc<Memory>,
}

impl StaticFiles {
    /// Serves the folders of `STATICFILES_DIRS`, from the project's folder `root`.
    pub fn new(config: &Config, root: &Path) -> Self {
        let settings = &config.static_files;
        let folders: Vec<_> = settings.dirs.iter().map(|dir| (dir.prefix.clone(), root.join(&dir.path))).collect();
        for (_, folder) in folders.iter().filter(|(_, folder)| !folder.is_dir()) {
            tracing::warn!("STATICFILES_DIRS names {}, which is no folder", folder.display());
        }
        let mut site = Site::new(settings.url.as_str(), folders);
        site.index_file.clone_from(&settings.index_file);
        site.guard = Guard::new(config);
        site.memory = Memory::new(settings.memory_bytes);
        Self(Arc::new(site))
    }

    /// The response where `target` (path and query, as they were sent) is below `STATIC_URL`; else `None`.
    pub fn respond(&self, method: &Method, target: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
        self.0.respond(method, target, headers, Reading::Allowed)
    }
}

#[async_trait]
impl Front for StaticFiles {
    async fn answer(&self, request: &Parts, _: SocketAddr) -> Option<Response<Bytes>> {
        let target = request.uri.path_and_query()?.as_str();
        if !target.starts_with(&self.0.mount) {
            return None;
        }
        let at_once = self.0.respond(&request.method, target, &request.headers, Reading::OfMemory);
        if at_once.is_some() {
            return at_once;
        }
        // A disk may take its time: others are answered meanwhile.
        let (files, asked) = (self.clone(), target.to_owned());
        let (method, headers) = (request.method.clone(), request.headers.clone());
        let answered =
            tokio::task::spawn_blocking(move || files.respond(&method, &asked, &headers)).await.ok().flatten();
        if answered.as_ref().is_some_and(|response| response.status() == StatusCode::NOT_FOUND) {
            tracing::warn!(path = target, "no static file is called so: `cargo manage doctor static PATH` tells more");
        }
        answered
    }
}

impl Site {
    /// Under the path of `static_url`. As in Django's `STATICFILES_DIRS` each folder may have a prefix, and the first that
    /// has a file wins. A folder that does not exist has no files, until it does.
    fn new(static_url: &str, folders: impl IntoIterator<Item = (String, PathBuf)>) -> Self {
        let path = match static_url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => static_url,
        };
        let inner = path.trim_matches('/');
        Self {
            mount: if inner.is_empty() { "/".to_owned() } else { format!("/{inner}/") },
            folders: folders.into_iter().map(|(prefix, path)| Folder::new(&prefix, path)).collect(),
            index_file: None,
            guard: Guard::default(),
            memory: Memory::new(0),
        }
    }

    /// `None` where the target is not below `STATIC_URL`, or takes reading that is not allowed. Where `STATIC_URL` is a whole
    /// host (another one, in a deployment) what is no file is left to the functions.
    fn respond(&self, method: &Method, target: &str, headers: &HeaderMap, reading: Reading) -> Option<Response<Bytes>> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest = path.strip_prefix(&self.mount)?;
        let is_shared = self.mount == "/";
        if is_shared && method != Method::GET && method != Method::HEAD {
            return None;
        }
        if method != Method::GET && method != Method::HEAD {
            let mut response = self.guard.plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(response);
        }
        let asked = Asked { method, headers, query, now: SystemTime::now() };
        let mut response = match name(rest, self.index_file.is_some()) {
            Some(name) => self.answer(&name, &asked, reading)?,
            None => self.not_found(),
        };
        if is_shared && response.status() == StatusCode::NOT_FOUND {
            return None;
        }
        if method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        Some(response)
    }

    fn answer(&self, name: &str, asked: &Asked<'_>, reading: Reading) -> Option<Response<Bytes>> {
        let Some(index) = &self.index_file else { return self.file(name, asked, reading) };
        if name.is_empty() || name.ends_with('/') {
            return self.file(&format!("{name}{index}"), asked, reading);
        }
        let leads_to = match self.find(name, reading)? {
            Found::File(_) if folder_of(name, index).is_some() => "./".to_owned(),
            Found::Folder => match self.find(&format!("{name}/{index}"), reading)? {
                Found::File(_) => with_slash(name),
                _ => return Some(self.not_found()),
            },
            _ => return self.file(name, asked, reading),
        };
        Some(self.guard.redirect(StatusCode::FOUND, &leads_to, asked.query, &ASK))
    }

    fn file(&self, name: &str, asked: &Asked<'_>, reading: Reading) -> Option<Response<Bytes>> {
        // Twice, for somebody may write it while it is read.
        for _ in 0..2 {
            let Found::File(file) = self.find(name, reading)? else { break };
            if reading == Reading::OfMemory && !file.is_in_memory() {
                return None;
            }
            match file.answer(asked, &self.memory, u64::MAX) {
                Ok(response) => return Some(response),
                Err(error) => tracing::warn!(error = %portico::log::chain(&error), "a static file is not served"),
            }
        }
        Some(self.not_found())
    }

    /// `None` where that takes reading that is not allowed. A file wins over the folder of its name in another one.
    fn find(&self, name: &str, reading: Reading) -> Option<Found> {
        let mut best = Found::Nothing;
        for folder in &self.folders {
            match folder.find(name, reading, &self.guard)? {
                Found::File(file) => return Some(Found::File(file)),
                Found::Folder => best = Found::Folder,
                Found::Nothing => {}
            }
        }
        Some(best)
    }

    fn not_found(&self) -> Response<Bytes> {
        self.guard.plain(StatusCode::NOT_FOUND, "Not Found")
    }
}

/// The decoded path below the mount, where it may name a file at all, or a folder by a slash at its end. Decoded once, and
/// by segment: an encoded slash is part of a name, and no file has such a name.
fn name(encoded: &str, folders: bool) -> Option<Cow<'_, str>> {
    let (inner, slash) = match encoded.strip_suffix('/') {
        Some(inner) if folders => (inner, "/"),
        _ => (encoded, ""),
    };
    if inner.is_empty() && folders && slash.is_empty() {
        return Some(Cow::Borrowed(""));
    }
    let mut plain = true;
    for segment in inner.split('/') {
        let decoded = percent_decode_str(segment).decode_utf8().ok()?;
        // `.` and `..`, and files like .env and .git; an empty one would make the path absolute.
        if decoded.is_empty() || decoded.starts_with('.') || decoded.contains(['/', '\\', '\0']) {
            return None;
        }
        plain &= matches!(decoded, Cow::Borrowed(_));
    }
    if plain {
        return Some(Cow::Borrowed(encoded));
    }
    // No segment has a slash of its own, so the whole decodes as its parts do.
    percent_decode_str(encoded).decode_utf8().ok()
}
