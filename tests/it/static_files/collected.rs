//! The function `static-files`, through the gateway.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Method;
use local::{Options, Stack, StartError};

use super::{BROTLI, GZIP, PLAIN, collected, serving, tree};
use crate::site::root;

const SITE: &str = "/static/css/site.css";
const HASHED: &str = "/static/css/site.5f0c1c8b3a2d.css";

#[tokio::test]
async fn each_coding_arrives_byte_for_byte_with_an_etag_of_its_own() {
    let folder = collected();
    let (site, _) = serving(&folder, &[]).await;
    let mut etags = BTreeSet::new();
    for (accepted, coding, content) in [
        ("gzip, deflate, br", "br", BROTLI),
        ("br;q=0.5, gzip", "gzip", GZIP),
        ("gzip;q=0", "", PLAIN.as_bytes()),
        ("identity;q=0, zstd", "", PLAIN.as_bytes()),
    ] {
        let answer = site.fetch(SITE, &[("accept-encoding", accepted)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, content), "{accepted}");
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
        etags.insert(answer.header("etag").to_owned());

        let etag = answer.header("etag");
        let known = [("accept-encoding", accepted), ("if-none-match", etag)];
        let again = site.fetch(SITE, &known).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{accepted}");
        for name in ["etag", "cache-control", "vary"] {
            assert_eq!(again.header(name), answer.header(name), "{accepted} {name}");
        }
        let other = [("accept-encoding", if coding == "br" { "gzip" } else { "br" }), ("if-none-match", etag)];
        assert_eq!(site.fetch(SITE, &other).await.status, 200, "it is of another coding");
    }
    assert_eq!(etags.len(), 3);
}

#[tokio::test]
async fn what_is_no_utf_8_or_begins_with_a_mark_is_not_changed_on_the_way() {
    let folder = collected();
    let (site, _) = serving(&folder, &[]).await;
    for name in ["logo.png", "bom.txt", "latin.txt"] {
        let answer = site.fetch(&format!("/static/{name}"), &[]).await;
        assert_eq!(answer.body.as_ref(), std::fs::read(folder.path().join(name)).unwrap(), "{name}");
    }
    // A part that begins within a letter.
    let within = PLAIN.find('\u{d55c}').unwrap() + 1;
    let range = format!("bytes={within}-{}", within + 3);
    let answer = site.fetch(SITE, &[("range", &range)]).await;
    assert_eq!(answer.body.as_ref(), &PLAIN.as_bytes()[within..within + 4]);
}

#[tokio::test]
async fn a_part_is_of_the_coding_that_is_sent() {
    let folder = collected();
    let (site, _) = serving(&folder, &[]).await;
    let last = BROTLI.len() - 1;
    let etag = site.fetch(SITE, &[("accept-encoding", "br")]).await.header("etag").to_owned();
    let ask = async |range: &str, condition: &str| {
        let mut headers = vec![("accept-encoding", "br"), ("range", range)];
        headers.extend((!condition.is_empty()).then_some(("if-range", condition)));
        site.fetch(SITE, &headers).await
    };
    for (range, first, until) in
        [("bytes=0-0", 0, 0), ("bytes=1-3", 1, 3), ("bytes=-2", last - 1, last), ("bytes=2-999", 2, last)]
    {
        let answer = ask(range, "").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (206, &BROTLI[first..=until]), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {first}-{until}/{}", BROTLI.len()));
        assert_eq!((answer.header("content-encoding"), answer.header("etag")), ("br", &*etag));
    }
    for range in ["bytes=0-0,2-3", "bytes=3-1", "lines=0-1"] {
        let answer = ask(range, "").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, BROTLI), "{range}");
    }
    let answer = ask("bytes=999-", "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (416, "bytes */5"));
    assert_eq!(answer.header("vary"), "Accept-Encoding");
    assert_eq!(ask("bytes=0-0", &etag).await.status, 206);
    assert_eq!(ask("bytes=0-0", "\"another\"").await.status, 200);
    let modified = site.fetch(SITE, &[]).await.header("last-modified").to_owned();
    site.clock.advance(jiff::SignedDuration::from_secs(5));
    assert_eq!(ask("bytes=0-0", &modified).await.status, 206);
    assert_eq!(ask("bytes=0-0", "Sun, 06 Nov 1994 08:49:37 GMT").await.status, 200);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_other_methods_are_405() {
    let folder = collected();
    let (site, _) = serving(&folder, &[("STATIC_INDEX_FILE", "index.html")]).await;
    for path in [SITE, HASHED, "/static/logo.png", "/static/nowhere", "/static/docs", "/static/docs/"] {
        for accepted in ["br", "identity"] {
            let headers = [("accept-encoding", accepted)];
            let get = site.fetch(path, &headers).await;
            let head = site.visitor().send(Method::HEAD, path, &headers, Bytes::new()).await;
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
            for (name, value) in &get.headers {
                if !["x-request-id", "apigw-requestid"].contains(&name.as_str()) {
                    assert_eq!(head.headers.get(name), Some(value), "{path} {name}");
                }
            }
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let answer = site.visitor().send(method.clone(), SITE, &[], Bytes::new()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"), "{method}");
        assert_eq!(answer.header("cache-control"), "no-store", "{method}");
        assert_eq!((answer.text().as_str(), answer.header("vary")), ("Method Not Allowed", ""), "{method}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "{method}");
    }
}

#[tokio::test]
async fn only_what_the_manifest_names_is_kept_for_a_year() {
    let folder = collected();
    let (site, _) = serving(&folder, &[("STATIC_MAX_AGE", "120")]).await;
    let kept = async |path: &str| site.fetch(path, &[]).await.header("cache-control").to_owned();
    assert_eq!(kept(HASHED).await, "public, max-age=31536000, immutable");
    for path in [SITE, "/static/logo.png", "/static/staticfiles.json"] {
        assert_eq!(kept(path).await, "public, max-age=120", "{path}");
    }
    assert_eq!(kept("/static/css/site.000000000000.css").await, "no-store");
}

#[tokio::test]
async fn it_is_nobodys_and_costs_no_call() {
    let folder = collected();
    let (site, faults) = serving(&folder, &[]).await;
    let mut kim = site.member("kim@example.com").await;
    faults.clear();
    let before = site.state();
    for path in [SITE, HASHED, "/static/logo.png", "/static/nowhere", "/static/.env"] {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let answer = kim.send(method.clone(), path, &[], Bytes::new()).await;
            assert!(answer.set_cookies().is_empty(), "{method} {path}");
            assert!(!answer.header("vary").contains("Cookie"), "{method} {path}");
            assert!(!answer.header("cache-control").contains("private"), "{method} {path}");
            assert_eq!(answer.cost().calls, 0, "{method} {path}");
            assert_eq!(answer.line().0["user"], "", "{method} {path}");
        }
    }
    assert!(faults.calls().is_empty());
    assert_eq!(site.state(), before);
    assert!(!kim.whoami().await.is_null(), "and Kim is still there");
}

#[tokio::test]
async fn a_file_has_the_headers_of_a_file_and_none_of_a_page() {
    let folder = collected();
    let (site, _) = serving(&folder, &[("PUBLIC_URL", "https://www.example.com")]).await;
    for (path, status) in [(SITE, 200), ("/static/nowhere", 404)] {
        let answer = site.fetch(path, &[]).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        assert_eq!(answer.header("content-security-policy"), policy);
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
        assert!(answer.header("x-request-id").len() >= 8);
        for name in ["x-frame-options", "permissions-policy", "referrer-policy", "cross-origin-opener-policy"] {
            assert_eq!(answer.header(name), "", "{path} {name}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let missing = site.fetch("/static/nowhere.css", &[]).await;
    assert_eq!((missing.text().as_str(), missing.header("cache-control")), ("Not Found", "no-store"));
    assert_eq!(missing.line().0["code"], "not_found");
}

#[tokio::test]
async fn another_origin_may_be_used_by_the_pages_and_by_nobody_else() {
    let folder = collected();
    let settings = [("STATIC_URL", "https://cdn.example.net/static/"), ("PUBLIC_URL", "https://www.example.com")];
    let (site, _) = serving(&folder, &settings).await;
    let etag = site.fetch(SITE, &[]).await.header("etag").to_owned();
    for headers in [vec![], vec![("origin", "https://evil.example")], vec![("if-none-match", &*etag)]] {
        let answer = site.fetch(SITE, &headers).await;
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin", "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), "https://www.example.com", "{headers:?}");
    }
}

#[tokio::test]
async fn nothing_but_what_was_collected_is_reachable() {
    let folder = collected();
    std::fs::write(folder.path().parent().unwrap().join("portico-secret.txt"), "treasure").unwrap();
    let (site, _) = serving(&folder, &[]).await;
    let kim = site.member("kim@example.com").await;
    for path in [
        "../portico-secret.txt",
        "%2e%2e/portico-secret.txt",
        "..%2fportico-secret.txt",
        "..%5cportico-secret.txt",
        "%252e%252e/portico-secret.txt",
        "css/..%2F..%2Fportico-secret.txt",
        "css/../logo.png",
        "css%2F..%2Flogo.png",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        ".env",
        "%2eenv",
        "css/.env",
        "logo.png%00",
        "logo.png%00.css",
        "%00",
        "logo.png/",
        "css//site.css",
        "css",
        "css/",
        "",
        "CSS/site.css",
        "css/site.css.br",
        "%ff",
        "C:%5Cx",
    ] {
        let answer = kim.clone().get(&format!("/static/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("treasure"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        // An empty first segment is no parameter of API Gateway's: home answers, and greets Kim.
        let is_ours = !path.is_empty() && !path.starts_with('/');
        assert!(!is_ours || answer.cost().calls == 0, "{path}");
    }
    std::fs::remove_file(folder.path().parent().unwrap().join("portico-secret.txt")).ok();
    // API Gateway decodes a path before a function sees it: this one is the file's own name by then.
    assert_eq!(site.fetch("/static/css%2Fsite.css", &[]).await.status, 200);
}

#[tokio::test]
async fn a_folder_leads_to_its_index_file_with_the_query() {
    let folder = collected();
    let (site, _) = serving(&folder, &[("STATIC_INDEX_FILE", "index.html")]).await;
    assert_eq!(site.fetch("/static/docs/", &[]).await.text(), "<h1>docs</h1>");
    for (path, location) in [
        ("/static/docs", "./docs/"),
        ("/static/docs?a=b&c", "./docs/?a=b&c"),
        ("/static/docs/index.html", "./"),
        ("/static/docs/index.html?a=//evil.example", "./?a=//evil.example"),
    ] {
        let answer = site.fetch(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, location), "{path}");
    }
    for path in ["/static//evil.example/", "/static/docs//", "/static//docs", "//static/docs"] {
        let answer = site.fetch(path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn without_what_was_collected_it_does_not_start_and_says_what_to_run() {
    let corrupt = tree([("staticfiles.json", &b"{"[..])]);
    for (root_of, word) in
        [(corrupt.path().to_owned(), "staticfiles.json"), (corrupt.path().join("nowhere"), "nowhere")]
    {
        let mut options = Options::in_memory(root());
        options.collected = true;
        options.settings.push(("STATIC_ROOT".to_owned(), root_of.to_str().unwrap().to_owned()));
        let Err(error) = Stack::start(options).await else { panic!("{word}") };
        assert!(matches!(&error, StartError::Function(..)));
        let told = portico::log::chain(&error);
        assert!(told.contains(word) && told.contains("collectstatic"), "{told}");
    }
}
