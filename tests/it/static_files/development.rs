//! The development server: out of the folders, over a real socket and without one.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{PLAIN, tree, write};
use crate::site::Site;

fn dirs(dirs: &[(&tempfile::TempDir, &str)]) -> (String, String) {
    let items = dirs.iter().map(|(dir, prefix)| format!("{}{prefix}", dir.path().display()));
    ("STATICFILES_DIRS".to_owned(), items.collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn the_folders_of_the_settings_are_served_and_a_change_shows_on_reload() {
    let own = tree([("site.css", PLAIN.as_bytes()), ("both.js", b"own")]);
    let vendor = tree([("both.js", &b"vendor"[..]), ("lib.js", b"lib")]);
    let site =
        Site::start_with(|options| options.settings.push(dirs(&[(&own, ""), (&vendor, ""), (&vendor, "=vendor")])))
            .await;
    let text = async |path: &str| site.fetch(path, &[]).await.text();
    assert_eq!(text("/static/site.css").await, PLAIN);
    assert_eq!(text("/static/both.js").await, "own");
    assert_eq!(text("/static/vendor/both.js").await, "vendor");
    assert_eq!(text("/static/lib.js").await, "lib");

    let before = site.fetch("/static/lib.js", &[]).await;
    assert_eq!(before.header("cache-control"), "no-cache");
    let etag = before.header("etag");
    assert_eq!(site.fetch("/static/lib.js", &[("if-none-match", etag)]).await.status, 304);
    // As many bytes, in the same instant as far as a file system tells.
    write(vendor.path(), "lib.js", b"bil");
    let after = site.fetch("/static/lib.js", &[("if-none-match", etag)]).await;
    assert_eq!((after.status.as_u16(), after.text().as_str()), (200, "bil"));
    // A folder that comes before has it now, and then no more.
    write(own.path(), "lib.js", b"mine");
    assert_eq!(text("/static/lib.js").await, "mine");
    std::fs::remove_file(own.path().join("lib.js")).unwrap();
    assert_eq!(text("/static/lib.js").await, "bil");
}

#[tokio::test]
async fn what_was_kept_is_not_served_once_the_file_is_another() {
    let own = tree([("a.js", &b"old"[..])]);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    let file = std::fs::File::options().write(true).open(own.path().join("a.js")).unwrap();
    file.set_modified(long_ago).unwrap();
    let site = Site::start_with(|options| options.settings.push(dirs(&[(&own, "")]))).await;
    for _ in 0..3 {
        assert_eq!(site.fetch("/static/a.js", &[]).await.text(), "old");
    }
    // By the same time and of the same length.
    std::fs::write(own.path().join("b.js"), "new").unwrap();
    std::fs::File::options().write(true).open(own.path().join("b.js")).unwrap().set_modified(long_ago).unwrap();
    std::fs::rename(own.path().join("b.js"), own.path().join("a.js")).unwrap();
    assert_eq!(site.fetch("/static/a.js", &[]).await.text(), "new");
    std::fs::remove_file(own.path().join("a.js")).unwrap();
    assert_eq!(site.fetch("/static/a.js", &[]).await.status, 404);
}

#[tokio::test]
async fn parts_conditions_and_index_files_are_as_in_the_function() {
    let own = tree([("site.css", PLAIN.as_bytes()), ("docs/index.html", b"docs"), ("empty/x.css", b"x")]);
    let site = Site::start_with(|options| {
        options.settings.push(dirs(&[(&own, "")]));
        options.settings.push(("STATIC_INDEX_FILE".to_owned(), "index.html".to_owned()));
    })
    .await;
    let part = site.fetch("/static/site.css", &[("range", "bytes=0-0")]).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "b"));
    assert_eq!(site.fetch("/static/site.css", &[("range", "bytes=99999-")]).await.status, 416);
    assert_eq!(site.fetch("/static/site.css", &[("if-match", "\"x\"")]).await.status, 412);
    assert_eq!(site.fetch("/static/docs/", &[]).await.text(), "docs");
    for (path, location) in [("/static/docs?a=b", "./docs/?a=b"), ("/static/docs/index.html", "./")] {
        let answer = site.fetch(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, location), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    for path in ["/static/empty", "/static/empty/", "/static/docs//", "/static//docs", "/static/%2e%2e/", "/static/"] {
        assert_eq!(site.fetch(path, &[]).await.status, 404, "{path}");
    }
}

/// Sends a request as it stands, and gives everything that comes back.
async fn exchange(address: SocketAddr, target: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_socket_nothing_outside_the_folders_is_reachable() {
    let own = tree([("site/site.css", PLAIN.as_bytes()), ("site/.env", b"treasure"), ("secret.txt", b"treasure")]);
    let mut site = Site::start_with(|options| {
        options.address = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let folder = own.path().join("site").display().to_string();
        options.settings.push(("STATICFILES_DIRS".to_owned(), folder));
    })
    .await;
    let port = site.stack.url().rsplit(':').next().unwrap().parse().unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(site.stack.serve(async move { drop(stopped.await) }));
    assert!(exchange(address, "/static/site.css").await.ends_with(PLAIN));
    for target in [
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static/..%5csecret.txt",
        "/static/.env",
        "/static/%2Eenv",
        "/static/site.css%00",
        "/static//site.css",
        "/static/%2Fetc%2Fpasswd",
    ] {
        let answer = exchange(address, target).await;
        assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("treasure"), "{target}: {answer}");
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
}
