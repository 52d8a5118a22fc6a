//! What of a folder is served under which name, and what stops the start.

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, LOCATION};
use http::{HeaderMap, Method};
use tempfile::TempDir;

use super::*;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn config(root: &Path, index_file: Option<&str>) -> Config {
    let mut config = Config::sample();
    config.static_files.root = root.to_owned();
    config.static_files.index_file = index_file.map(str::to_owned);
    config
}

fn get(collected: &Collected, name: &str, accepted: &'static str) -> Response<Bytes> {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
    let asked = Asked { method: &Method::GET, headers: &headers, query: "a=b", now: SystemTime::now() };
    collected.answer(name, &asked).unwrap()
}

const MANIFEST: &str = r#"{"version": "1.1", "hash": "", "paths": {
    "css/site.css": "css/site.5f0c1c8b3a2d.css", "plain.txt": "plain.txt", "gone.js": "gone.0123456789ab.js"}}"#;

#[test]
fn a_file_is_there_under_its_own_name_and_its_codings_are_not() {
    let folder = tree(&[
        ("css/site.css", "plain"),
        ("css/site.css.br", "br"),
        ("css/site.css.gz", "gz"),
        ("lonely.js.gz", "gz of nothing"),
        ("data.tar.gz", "an archive"),
        (".env", "secret"),
        (".git/HEAD", "secret"),
        ("css/.hidden.css", "secret"),
        ("\u{d55c} \u{ae00}.txt", "han"),
    ]);
    let collected = Collected::read(&config(folder.path(), None)).unwrap();
    let mut names: Vec<_> = collected.entries.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["css/site.css", "data.tar.gz", "lonely.js.gz", "\u{d55c} \u{ae00}.txt"]);
    assert_eq!(get(&collected, "css/site.css", "br").body().as_ref(), b"br");
    assert_eq!(get(&collected, "css/site.css", "gzip").headers()[CONTENT_ENCODING], "gzip");
    assert_eq!(get(&collected, "data.tar.gz", "gzip").body().as_ref(), b"an archive");
    for name in
        ["css/site.css.br", "css", "css/", "", "/css/site.css", "css//site.css", "../x", ".env", "css/../lonely.js.gz"]
    {
        let response = get(&collected, name, "br");
        assert_eq!((response.status().as_u16(), &response.headers()[CACHE_CONTROL]), (404, &NO_STORE), "{name}");
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

#[test]
fn what_the_manifest_names_is_immutable_and_nothing_else_is() {
    let files = [
        ("staticfiles.json", MANIFEST),
        ("css/site.css", "a"),
        ("css/site.5f0c1c8b3a2d.css", "a"),
        ("css/site.5f0c1c8b3a2d.css.br", "b"),
        ("plain.txt", "c"),
        ("js/lookalike.0123456789ab.js", "d"),
    ];
    let folder = tree(&files);
    let kept = |collected: &Collected, name| get(collected, name, "br").headers()[CACHE_CONTROL].clone();
    let collected = Collected::read(&config(folder.path(), None)).unwrap();
    assert_eq!(kept(&collected, "css/site.5f0c1c8b3a2d.css"), "public, max-age=31536000, immutable");
    for name in ["css/site.css", "plain.txt", "js/lookalike.0123456789ab.js", "staticfiles.json"] {
        assert_eq!(kept(&collected, name), "public, max-age=60", "{name}");
    }
    let folder = tree(&files[1..]);
    let collected = Collected::read(&config(folder.path(), None)).unwrap();
    assert_eq!(kept(&collected, "css/site.5f0c1c8b3a2d.css"), "public, max-age=60", "without a manifest");
}

#[test]
fn a_corrupt_manifest_and_a_missing_folder_stop_the_start() {
    for manifest in ["", "{", "[]", r#"{"version": "9", "paths": {}}"#, "{\"version\": \"1.1\"}"] {
        let folder = tree(&[("staticfiles.json", manifest), ("a.css", "a")]);
        let error = Collected::read(&config(folder.path(), None)).unwrap_err();
        assert!(matches!(&error, CollectedError::Manifest(..)), "{manifest}");
        let error = crate::log::chain(&error);
        assert!(error.contains("staticfiles.json") && error.contains("collectstatic"), "{error}");
    }
    let folder = tree(&[]);
    let missing = folder.path().join("nowhere");
    let error = Collected::read(&config(&missing, None)).unwrap_err();
    assert!(error.to_string().contains("nowhere") && error.to_string().contains("collectstatic"), "{error}");
    assert!(Collected::read(&config(folder.path(), None)).is_ok(), "an empty folder is one");
}

#[test]
fn a_folder_is_asked_for_with_a_slash_where_it_has_an_index_file() {
    let folder = tree(&[
        ("index.html", "top"),
        ("docs/index.html", "docs"),
        ("docs/a: b/index.html", "odd"),
        ("docs/xindex.html", "other"),
        ("css/site.css", "css"),
    ]);
    let collected = Collected::read(&config(folder.path(), Some("index.html"))).unwrap();
    for (name, content) in [("", "top"), ("docs/", "docs"), ("docs/a: b/", "odd"), ("docs/xindex.html", "other")] {
        assert_eq!(get(&collected, name, "").body().as_ref(), content.as_bytes(), "{name}");
    }
    for (name, location) in [
        ("index.html", "./?a=b"),
        ("docs", "./docs/?a=b"),
        ("docs/index.html", "./?a=b"),
        ("docs/a: b", "./a:%20b/?a=b"),
        ("docs/a: b/index.html", "./?a=b"),
    ] {
        let response = get(&collected, name, "");
        assert_eq!(
            (response.status().as_u16(), &response.headers()[LOCATION]),
            (302, &HeaderValue::from_static(location))
        );
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=60");
    }
    for name in ["css", "css/", "docs//", "/", "//docs"] {
        assert_eq!(get(&collected, name, "").status(), 404, "{name}");
    }
    let without = Collected::read(&config(folder.path(), None)).unwrap();
    assert_eq!(get(&without, "docs/index.html", "").status(), 200);
    assert_eq!(get(&without, "docs/", "").status(), 404);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_and_one_that_leads_in_a_circle_are_not_served() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (tree(&[("a.css", "a"), ("sub/b.css", "b")]), tree(&[("secret.css", "secret")]));
    symlink(outside.path().join("secret.css"), folder.path().join("out.css")).unwrap();
    symlink(outside.path(), folder.path().join("up")).unwrap();
    symlink(folder.path(), folder.path().join("sub/circle")).unwrap();
    symlink(folder.path().join("nothing"), folder.path().join("dangling.css")).unwrap();
    symlink(folder.path().join("a.css"), folder.path().join("in.css")).unwrap();
    let collected = Collected::read(&config(folder.path(), None)).unwrap();
    let mut names: Vec<_> = collected.entries.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["a.css", "in.css", "sub/b.css"]);
}

#[test]
fn what_is_too_large_is_elsewhere_or_an_error() {
    let large = "x".repeat(2_000);
    let folder = tree(&[("a b/large.bin", &large), ("a b/large.bin.br", "small")]);
    let mut config = config(folder.path(), None);
    config.static_files.max_response_bytes = 1_024;
    let ask = |config: &Config, accepted| {
        let collected = Collected::read(config).unwrap();
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
        let asked = Asked { method: &Method::GET, headers: &headers, query: "v=1", now: SystemTime::now() };
        collected.answer("a b/large.bin", &asked)
    };
    assert_eq!(ask(&config, "br").unwrap().body().as_ref(), b"small");
    let error = ask(&config, "").unwrap_err().to_string();
    assert!(error.contains("a b/large.bin") && error.contains("STATIC_OVERSIZE_URL"), "{error}");
    config.static_files.oversize_url = StaticUrl::parse("https://files.example.com/big/");
    let response = ask(&config, "").unwrap();
    assert_eq!(response.status(), 307);
    assert_eq!(response.headers()[LOCATION], "https://files.example.com/big/a%20b/large.bin?v=1");
    assert_eq!(response.headers()["vary"], "Accept-Encoding");
}
