//! What is served, and what never is.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

fn served(url: &str, folders: impl IntoIterator<Item = (String, PathBuf)>) -> StaticFiles {
    StaticFiles(Arc::new(Site { memory: Memory::new(1 << 20), ..Site::new(url, folders) }))
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("portico-static-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("site/css")).unwrap();
        fs::create_dir_all(path.join("more")).unwrap();
        fs::write(path.join("site/css/한 글.css"), "body{}").unwrap();
        fs::write(path.join("site/a.js"), "1").unwrap();
        fs::write(path.join("site/.env"), "secret").unwrap();
        fs::write(path.join("more/a.js"), "2").unwrap();
        fs::write(path.join("more/b.svg"), "<svg/>").unwrap();
        fs::write(path.join("secret.txt"), "secret").unwrap();
        Self(path)
    }

    fn files(&self) -> StaticFiles {
        let folders = [("", "site"), ("", "more"), ("vendor", "more"), ("", "nowhere")];
        served("/static/", folders.map(|(prefix, name)| (prefix.to_owned(), self.0.join(name))))
    }

    fn get(&self, path: &str) -> Response<Bytes> {
        self.files().respond(&Method::GET, path, &HeaderMap::new()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_file_is_sent_with_its_type_and_the_headers_of_the_edge() {
    let folder = Folder::new();
    let response = folder.get("/static/css/%ED%95%9C%20%EA%B8%80.css");
    assert_eq!(response.status(), 200);
    assert_eq!(response.body().as_ref(), b"body{}");
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(headers["content-length"], "6");
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    assert!(headers["last-modified"].to_str().unwrap().ends_with(" GMT"));
}

#[test]
fn the_first_folder_wins_and_a_prefix_is_kept() {
    let folder = Folder::new();
    assert_eq!(folder.get("/static/a.js").body().as_ref(), b"1");
    assert_eq!(folder.get("/static/vendor/a.js").body().as_ref(), b"2");
    assert_eq!(folder.get("/static/b.svg").headers()["content-type"], "image/svg+xml");
    assert_eq!(folder.get("/static/vendora.js").status(), 404);
}

#[test]
fn what_is_not_below_static_url_is_left_to_the_functions() {
    let folder = Folder::new();
    for path in ["/", "/static", "/staticx/a.js", "/login"] {
        assert!(folder.files().respond(&Method::GET, path, &HeaderMap::new()).is_none(), "{path}");
    }
    let other = served("https://cdn.test/assets", [(String::new(), folder.0.join("site"))]);
    let response = other.respond(&Method::GET, "/assets/a.js", &HeaderMap::new()).unwrap();
    assert_eq!(response.status(), 200);
}

#[test]
fn nothing_outside_the_folders_and_nothing_hidden_is_reachable() {
    let folder = Folder::new();
    for path in [
        "../secret.txt",
        "css/../../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "..%5csecret.txt",
        "%252e%252e/secret.txt",
        "css%2F..%2F..%2Fsecret.txt",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        ".env",
        "css/.env",
        "a.js%00.css",
        "a.js/",
        "css//x",
        "",
        "css",
        "css/",
        "%ff",
        "C:%5Cx",
    ] {
        let response = folder.get(&format!("/static/{path}"));
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed_and_one_inside_is() {
    let folder = Folder::new();
    let site = folder.0.join("site");
    std::os::unix::fs::symlink(folder.0.join("secret.txt"), site.join("out.txt")).unwrap();
    std::os::unix::fs::symlink(&folder.0, site.join("up")).unwrap();
    std::os::unix::fs::symlink(site.join("a.js"), site.join("in.js")).unwrap();
    assert_eq!(folder.get("/static/out.txt").status(), 404);
    assert_eq!(folder.get("/static/up/secret.txt").status(), 404);
    assert_eq!(folder.get("/static/in.js").status(), 200);
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    let folder = Folder::new();
    let response = folder.files().respond(&Method::POST, "/static/a.js", &HeaderMap::new()).unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[test]
fn head_has_the_length_and_no_body() {
    let folder = Folder::new();
    let response = folder.files().respond(&Method::HEAD, "/static/a.js", &HeaderMap::new()).unwrap();
    assert_eq!(response.headers()["content-length"], "1");
    assert!(response.body().is_empty());
}

#[test]
fn a_browser_that_has_the_file_is_told_so() {
    let folder = Folder::new();
    let etag = folder.get("/static/a.js").headers()["etag"].clone();
    assert!(!etag.to_str().unwrap().starts_with("W/"));
    let ask = |value: &str| {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())]);
        folder.files().respond(&Method::GET, "/static/a.js", &headers).unwrap()
    };
    let etag = etag.to_str().unwrap();
    for value in [etag.to_owned(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let response = ask(&value);
        assert_eq!(response.status(), 304, "{value}");
        assert_eq!(response.headers()["etag"], etag);
        assert!(response.body().is_empty());
    }
    assert_eq!(ask("\"x\"").status(), 200);
    fs::write(folder.0.join("site/a.js"), "changed").unwrap();
    assert_eq!(ask(etag).status(), 200);
}
