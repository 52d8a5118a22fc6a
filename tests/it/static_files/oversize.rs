//! A file that is larger than a function may answer.

use bytes::Bytes;
use http::Method;

use super::{serving, tree};

const LIMIT: (&str, &str) = ("STATIC_MAX_RESPONSE_BYTES", "2000");
const LARGE: &str = "/static/video/large.bin";

#[tokio::test]
async fn it_is_sent_elsewhere_where_there_is_such_a_place() {
    let large = vec![b'x'; 3_000];
    let folder = tree([("video/large.bin", &large[..]), ("video/large.bin.gz", b"small")]);
    let (site, _) = serving(&folder, &[LIMIT, ("STATIC_OVERSIZE_URL", "https://files.example.com/big/")]).await;
    for method in [Method::GET, Method::HEAD] {
        let answer = site.visitor().send(method, &format!("{LARGE}?v=1"), &[], Bytes::new()).await;
        assert_eq!(answer.status, 307);
        assert_eq!(answer.header("location"), "https://files.example.com/big/video/large.bin?v=1");
        assert_eq!(answer.header("cache-control"), "public, max-age=60");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
    }
    assert_eq!(site.fetch(LARGE, &[("accept-encoding", "gzip")]).await.body.as_ref(), b"small");
}

#[tokio::test]
async fn else_it_is_an_error_that_the_log_explains_and_a_part_of_it_is_answered() {
    let large = vec![b'x'; 3_000];
    let folder = tree([("video/large.bin", &large[..])]);
    let (site, _) = serving(&folder, &[LIMIT]).await;
    let program = site.program().get(LARGE).await;
    for answer in [&site.fetch(LARGE, &[]).await, &program] {
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (500, "no-store"));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "everybody is told the same");
    }
    let told = program.line().0["error"].as_str().unwrap().to_owned();
    assert!(
        told.contains("video/large.bin") && told.contains("3000") && told.contains("STATIC_OVERSIZE_URL"),
        "{told}"
    );
    assert_eq!(program.text(), "Internal Server Error", "the visitor is told nothing of it");

    let part = site.fetch(LARGE, &[("range", "bytes=500-2499")]).await;
    assert_eq!((part.status.as_u16(), part.body.len()), (206, 2_000));
    assert_eq!(part.header("content-range"), "bytes 500-2499/3000");
    assert_eq!(site.fetch(LARGE, &[("range", "bytes=0-2000")]).await.status, 500);
    let etag = part.header("etag");
    assert_eq!(site.fetch(LARGE, &[("if-none-match", etag)]).await.status, 304);
}

#[tokio::test]
async fn as_much_as_the_limit_allows_passes_lambda_and_the_gateway() {
    // Bytes that base64 makes a third longer, and letters that JSON makes six times as long.
    let (bytes, letters, quotes) = (vec![0xff; 4_500_000], vec![1; 1_000_000], vec![b'"'; 4_500_000]);
    let folder = tree([("bytes.bin", &bytes[..]), ("letters.txt", &letters[..]), ("quotes.js", &quotes[..])]);
    let (site, _) = serving(&folder, &[]).await;
    for name in ["bytes.bin", "letters.txt", "quotes.js"] {
        let answer = site.fetch(&format!("/static/{name}"), &[]).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body.len() as u64, folder.path().join(name).metadata().unwrap().len(), "{name}");
    }
}
