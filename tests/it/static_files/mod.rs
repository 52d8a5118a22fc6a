//! Static files as they are served: by the function `static-files` through the gateway, and by the development server.

mod collected;
mod development;
mod oversize;
mod pages;

use std::path::Path;

use bytes::Bytes;
use http::Method;
use tempfile::TempDir;

use crate::site::{Answer, Site, faults::Faults};

/// Not really compressed: who serves does not look into it.
const PLAIN: &str = "body { color: \"#639\" } /* \u{d55c}\u{ae00} */";
const GZIP: &[u8] = b"\x1f\x8bgzip\xff\x00";
const BROTLI: &[u8] = b"\xceb\x8a\x00r";

/// Writes files below a new folder.
fn tree<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// What `collectstatic` would have left: plain and hashed names, siblings, the manifest.
fn collected() -> TempDir {
    // What the pages name and these tests do not ask for stands there under its own name.
    let manifest = br#"{"paths": {"css/site.css": "css/site.5f0c1c8b3a2d.css", "img/favicon.svg": "img/favicon.svg",
        "js/media.js": "js/media.js", "js/picture.js": "js/picture.js", "js/site.js": "js/site.js"}, "version": "1.1",
        "hash": ""}"#;
    tree([
        ("staticfiles.json", &manifest[..]),
        ("css/site.css", PLAIN.as_bytes()),
        ("css/site.css.br", BROTLI),
        ("css/site.css.gz", GZIP),
        ("css/site.5f0c1c8b3a2d.css", PLAIN.as_bytes()),
        ("css/site.5f0c1c8b3a2d.css.br", BROTLI),
        ("logo.png", b"\x89PNG\r\n\x1a\n\xff\xfe"),
        ("bom.txt", b"\xef\xbb\xbfbegins with a mark"),
        ("latin.txt", b"caf\xe9"),
        (".env", b"treasure"),
        ("docs/index.html", b"<h1>docs</h1>"),
    ])
}

/// A system that serves `folder` by the function, with the calls to AWS that it makes.
async fn serving(folder: &TempDir, settings: &[(&str, &str)]) -> (Site, Faults) {
    let faults = Faults::default();
    let site = Site::start_with(|options| {
        options.collected = true;
        options.http_client = Some(faults.client());
        options.settings.push(("STATIC_ROOT".to_owned(), folder.path().to_str().unwrap().to_owned()));
        options.set(settings);
    })
    .await;
    faults.clear();
    (site, faults)
}

impl Site {
    /// GET of a static file, with these headers.
    async fn fetch(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.visitor().send(Method::GET, path, headers, Bytes::new()).await
    }
}
