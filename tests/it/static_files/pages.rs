//! From a page's link to the file: what `static()` says, and what is there.

use collectstatic::{Observer, Source, Stage};
use local::{Options, Stack};
use portico::config::StaticDir;
use portico::static_files::Assets;

use super::*;
use crate::site::root;

struct Nobody;

impl Observer for Nobody {
    fn begin(&self, _: Stage, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// The project's own files, collected.
fn collect() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = collectstatic::Options {
        sources: vec![Source { dir: root().join("static"), prefix: String::new() }],
        root: folder.path().to_owned(),
        cache: None,
        static_path: Some("/static/".to_owned()),
        ignore: Vec::new(),
        default_ignore: true,
        modules: true,
        compress: Some(1 << 20),
        clear: false,
        dry_run: false,
    };
    collectstatic::collect(&options, &Nobody).unwrap();
    folder
}

/// The addresses of a page's stylesheets, scripts and icons.
fn links(page: &str) -> Vec<String> {
    let marks = ["href=\"/static/", "src=\"/static/"];
    let of = |mark: &&str| {
        page.split(mark).skip(1).map(|rest| format!("/static/{}", rest.split('"').next().unwrap())).collect()
    };
    marks.iter().flat_map(|mark| -> Vec<String> { of(mark) }).collect()
}

#[tokio::test]
async fn a_page_leads_to_names_with_a_hash_that_may_be_kept_for_a_year() {
    let folder = collect();
    let (site, _) = serving(&folder, &[]).await;
    let page = site.visitor().get("/").await;
    assert_eq!(page.status, 200);
    let links = links(&page.text());
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        let hash = link.rsplit('.').nth(1).unwrap();
        assert!(hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{link}");
        let file = site.visitor().with("accept-encoding", "gzip, br").get(&link).await;
        assert_eq!((file.status.as_u16(), file.header("content-encoding")), (200, "br"), "{link}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{link}");
    }
}

#[tokio::test]
async fn on_a_developers_machine_a_page_leads_to_files_as_they_lie_there() {
    let site = Site::start().await;
    let page = site.visitor().get("/").await;
    let links = links(&page.text());
    assert!(links.contains(&"/static/css/site.css".to_owned()), "{links:?}");
    for link in links {
        assert_eq!(site.visitor().get(&link).await.header("cache-control"), "no-cache", "{link}");
    }
}

#[tokio::test]
async fn a_manifest_that_lacks_what_a_template_asks_for_stops_the_start() {
    let folder = tree([("staticfiles.json", &br#"{"paths": {}, "version": "1.1"}"#[..])]);
    let mut options = Options::in_memory(root());
    options.collected = true;
    options.settings.push(("STATIC_ROOT".to_owned(), folder.path().to_str().unwrap().to_owned()));
    let Err(error) = Stack::start(options).await else { panic!("it has started") };
    let told = portico::log::chain(&error);
    assert!(told.contains("staticfiles.json lacks ") && told.contains(".html:"), "{told}");
    assert!(told.contains("run `cargo manage collectstatic`"), "{told}");
}

#[tokio::test]
async fn every_name_that_a_template_asks_for_is_in_a_folder_of_static_files() {
    let site = Site::start().await;
    let dirs = &site.stack.app().config().static_files.dirs;
    let source = |dir: &StaticDir| Source { dir: root().join(&dir.path), prefix: dir.prefix.clone() };
    let sources: Vec<_> = dirs.iter().map(source).collect();
    assert!(Assets::asked().count() >= 4);
    for (place, name) in Assets::asked() {
        let located = collectstatic::locate(&sources, name).unwrap();
        let first = located.hits.first().unwrap_or_else(|| panic!("{place}: no folder of static files has {name}"));
        assert_eq!(first.ignored, None, "{place}: {name} is left out by collectstatic");
    }
}

#[tokio::test]
async fn pages_may_use_the_origin_of_static_url_and_no_other() {
    let elsewhere = "https://static.example.org/site/";
    let site = Site::start_with(|options| options.settings.push(("STATIC_URL".to_owned(), elsewhere.to_owned()))).await;
    let page = site.visitor().get("/").await;
    assert!(page.text().contains("href=\"https://static.example.org/site/css/site.css\""));
    let policy = page.header("content-security-policy").to_owned();
    for directive in ["style-src", "img-src", "font-src"] {
        let sources = policy.split("; ").find(|part| part.starts_with(directive)).unwrap();
        assert!(sources.split(' ').any(|source| source == "https://static.example.org"), "{sources}");
    }
    assert!(policy.contains("script-src 'nonce-"), "scripts come with the page's nonce, wherever from: {policy}");
}

/// A minifier makes two thirds of what is counted here, and the library shall stay under 10 KB of its making.
#[test]
fn the_upload_library_stays_small() {
    let source = std::fs::read_to_string(root().join("static/js/upload.js")).unwrap();
    let code = source.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*']));
    let bytes: usize = code.map(|line| line.split(" // ").next().unwrap_or(line).len() + 1).sum();
    assert!(bytes <= 15_000, "upload.js without comments and indentation has {bytes} bytes");
}
