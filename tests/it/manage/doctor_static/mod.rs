//! `cargo manage doctor static`: each cause, at a site on this machine that has it.

mod answers;
mod stages;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use manage::Outcome;
use manage::collectstatic::{Places, Sources};
use manage::doctor::static_files::{Args, Bucket, examine};
use portico::config::StaticDir;
use portico::static_files::Assets;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Folder, Script, in_part};

const CSS: &str = "body { color: black }\n";
const HASHED: &str = "css/site.0123456789ab.css";
const OLD: &str = "css/site.ba9876543210.css";

/// What a site answers, by path; with `?` at its end for any query.
type Pages = HashMap<String, Answer>;
type Answer = (u16, Vec<(&'static str, String)>, String);

/// A project's folders, and a site.
struct Project {
    folder: Folder,
    pages: Pages,
}

fn asset(content_type: &str, body: &str) -> Answer {
    let headers = vec![
        ("content-type", content_type.to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("cache-control", "public, max-age=60".to_owned()),
    ];
    (200, headers, body.to_owned())
}

fn s3(status: u16, code: &str) -> Answer {
    let headers = vec![("content-type", "application/xml".to_owned()), ("server", "AmazonS3".to_owned())];
    (status, headers, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"))
}

fn manifest(hash: &str, hashed: &str) -> String {
    // What the pages ask for, under their own names; the style sheet by this one.
    let mut paths: serde_json::Map<_, _> = Assets::asked().map(|(_, name)| (name.to_owned(), json!(name))).collect();
    paths.insert("css/site.css".to_owned(), json!(hashed));
    json!({ "paths": paths, "version": "1.1", "hash": hash }).to_string()
}

impl Project {
    /// With a style sheet that was collected, and that its site serves well.
    fn new() -> Self {
        let project = Self { folder: Folder::new(), pages: Pages::new() };
        project.write("static/css/site.css", CSS);
        project.write("collected/css/site.css", CSS);
        project.write(&format!("collected/{HASHED}"), CSS);
        project.write("collected/staticfiles.json", &manifest("0123456789ab", HASHED));
        let css = asset("text/css; charset=utf-8", CSS);
        project
            .page("/static/css/site.css", css.clone())
            .page(&format!("/static/{HASHED}"), css)
            .page("/static/staticfiles.json", asset("application/json", &manifest("0123456789ab", HASHED)))
    }

    fn page(mut self, path: &str, answer: Answer) -> Self {
        self.pages.insert(path.to_owned(), answer);
        self
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.folder.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path(name)).unwrap();
    }

    fn args(&self, url: &str, site: &str) -> Args {
        let source = vec![StaticDir { path: self.folder.path("static"), prefix: String::new() }];
        let places = Places { sources: Sources { source }, output: Some(self.folder.path("collected")) };
        Args { url: url.into(), site: Some(site.into()), places, ..Args::default() }
    }

    async fn ask(&self, url: &str) -> (Outcome, String) {
        self.ask_with(url, None).await
    }

    async fn ask_with(&self, url: &str, bucket: Option<&Bucket>) -> (Outcome, String) {
        let site = serve(self.pages.clone()).await;
        diagnose(&self.args(url, &site), bucket).await
    }

    /// What is found for the style sheet.
    async fn found(&self) -> String {
        let (outcome, said) = self.ask("/static/css/site.css").await;
        assert!(in_part(&outcome), "{said}");
        said
    }
}

async fn diagnose(args: &Args, bucket: Option<&Bucket>) -> (Outcome, String) {
    let mut script = Script::nobody(&[]);
    let outcome = examine(args, bucket, &mut script).await;
    (outcome, script.said())
}

/// A site on this machine that has these pages, and 404 for all others.
async fn serve(pages: Pages) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pages = Arc::new(pages);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let pages = pages.clone();
            let answer = service_fn(move |request: Request<Incoming>| {
                let uri = request.uri();
                let key = format!("{}{}", uri.path(), if uri.query().is_some() { "?" } else { "" });
                let page = pages.get(&key).or_else(|| pages.get(uri.path())).cloned();
                let (status, headers, body) = page.unwrap_or_else(|| s3(404, "NoSuchKey"));
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                let response = response.body(Full::new(Bytes::from(body))).unwrap();
                async move { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    url
}

#[track_caller]
fn has(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "nothing says {word:?}:\n{said}");
    }
}
