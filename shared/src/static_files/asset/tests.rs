//! One asset in three codings, and everything that may be asked of it.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderName;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
    RANGE,
};
use tempfile::TempDir;

use super::*;

/// Not really compressed: who serves does not look into it.
const PLAIN: &[u8] = b"body { color: rebeccapurple }, thirty-nine";
const GZIP: &[u8] = b"gzip of it, twenty-three";
const BROTLI: &[u8] = b"br of it, sixteen";
const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

struct Shelf {
    asset: Asset,
    memory: Arc<Memory>,
    folder: TempDir,
}

impl Shelf {
    fn new(codings: &[(Encoding, &[u8])], memory: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variants = codings.iter().map(|(encoding, content)| {
            let path = folder.path().join(format!("site.css{}", encoding.suffix()));
            std::fs::write(&path, content).unwrap();
            Variant::new(*encoding, path, content.len() as u64)
        });
        let modified = Modified::new(UNIX_EPOCH + Duration::from_secs(784_111_777));
        let kept = HeaderValue::from_static("public, max-age=60");
        let asset = Asset::new("css/site.css".to_owned(), variants.collect(), modified, &kept, &Guard::default());
        Self { asset, memory: Memory::new(memory), folder }
    }

    fn three() -> Self {
        let all = [(Encoding::Identity, PLAIN), (Encoding::Gzip, GZIP), (Encoding::Brotli, BROTLI)];
        Self::new(&all, 1 << 20)
    }

    fn ask(&self, method: &Method, lines: &[(HeaderName, &str)], most: u64) -> Result<Response<Bytes>, Unanswered> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_001);
        self.asset.answer(&Asked { method, headers: &headers, query: "", now }, &self.memory, most)
    }

    fn get(&self, lines: &[(HeaderName, &str)]) -> Response<Bytes> {
        self.ask(&Method::GET, lines, u64::MAX).unwrap()
    }

    fn etag(&self, accepted: &str) -> String {
        header(&self.get(&[(ACCEPT_ENCODING, accepted)]), &ETAG).to_owned()
    }
}

fn header<'a>(response: &'a Response<Bytes>, name: &HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn the_coding_is_the_one_that_is_wanted_most_and_the_smaller_of_equals() {
    let shelf = Shelf::three();
    for (accepted, coding, content) in [
        ("gzip, br", "br", BROTLI),
        ("gzip", "gzip", GZIP),
        ("gzip;q=0", "", PLAIN),
        ("br;q=0.5, gzip", "gzip", GZIP),
        ("br;q=0, gzip;q=0.1", "gzip", GZIP),
        ("identity;q=1, br;q=0.9", "", PLAIN),
        ("*", "br", BROTLI),
        ("*;q=0", "", PLAIN),
        ("identity;q=0, deflate", "", PLAIN),
        ("", "", PLAIN),
        ("zstd", "", PLAIN),
    ] {
        let response = shelf.get(&[(ACCEPT_ENCODING, accepted)]);
        assert_eq!(header(&response, &CONTENT_ENCODING), coding, "{accepted}");
        assert_eq!(response.body().as_ref(), content, "{accepted}");
        assert_eq!(header(&response, &CONTENT_LENGTH), content.len().to_string(), "{accepted}");
        assert_eq!(header(&response, &VARY), "Accept-Encoding", "{accepted}");
        assert_eq!(header(&response, &CONTENT_TYPE), "text/css; charset=utf-8");
    }
    let smaller_gzip =
        Shelf::new(&[(Encoding::Identity, PLAIN), (Encoding::Gzip, BROTLI), (Encoding::Brotli, GZIP)], 0);
    assert_eq!(header(&smaller_gzip.get(&[(ACCEPT_ENCODING, "gzip, br")]), &CONTENT_ENCODING), "gzip");
    let equal = Shelf::new(&[(Encoding::Identity, PLAIN), (Encoding::Gzip, GZIP), (Encoding::Brotli, GZIP)], 0);
    assert_eq!(header(&equal.get(&[(ACCEPT_ENCODING, "gzip, br")]), &CONTENT_ENCODING), "br");
}

#[test]
fn one_coding_does_not_vary() {
    let shelf = Shelf::new(&[(Encoding::Identity, PLAIN)], 0);
    let response = shelf.get(&[(ACCEPT_ENCODING, "gzip, br")]);
    assert!(!response.headers().contains_key(VARY) && !response.headers().contains_key(CONTENT_ENCODING));
}

#[test]
fn each_coding_has_a_strong_etag_of_its_own() {
    let shelf = Shelf::three();
    let etags = ["br", "gzip", "identity"].map(|accepted| shelf.etag(accepted));
    let distinct: std::collections::BTreeSet<_> = etags.iter().collect();
    assert_eq!(distinct.len(), 3);
    for (etag, accepted) in etags.iter().zip(["br", "gzip", "identity"]) {
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        for (asked_with, other) in etags.iter().zip(["br", "gzip", "identity"]) {
            let response = shelf.get(&[(ACCEPT_ENCODING, accepted), (IF_NONE_MATCH, asked_with)]);
            assert_eq!(response.status() == 304, other == accepted, "{accepted} with the tag of {other}");
        }
    }
    assert_eq!(Shelf::three().etag("br"), etags[0], "it is the content's");
}

#[test]
fn what_they_have_is_not_sent_again_and_says_what_a_cache_must_know() {
    let shelf = Shelf::three();
    let etag = shelf.etag("gzip");
    for lines in [
        vec![(IF_NONE_MATCH, &*etag)],
        vec![(IF_MODIFIED_SINCE, MODIFIED)],
        vec![(IF_NONE_MATCH, "*"), (RANGE, "bytes=0-1")],
    ] {
        for method in [Method::GET, Method::HEAD] {
            let asked: Vec<_> = lines.iter().cloned().chain([(ACCEPT_ENCODING, "gzip")]).collect();
            let response = shelf.ask(&method, &asked, u64::MAX).unwrap();
            assert_eq!(response.status(), 304, "{lines:?}");
            assert_eq!(header(&response, &ETAG), etag);
            assert_eq!(header(&response, &CACHE_CONTROL), "public, max-age=60");
            assert_eq!(header(&response, &VARY), "Accept-Encoding");
            assert!(response.body().is_empty());
            for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, LAST_MODIFIED] {
                assert!(!response.headers().contains_key(&name), "{name}");
            }
        }
    }
}

#[test]
fn a_precondition_that_fails_is_412() {
    let shelf = Shelf::three();
    for line in [(IF_MATCH, "\"x\""), (IF_MATCH, "W/\"x\""), (IF_UNMODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT")] {
        let response = shelf.get(std::slice::from_ref(&line));
        assert_eq!(response.status(), 412, "{line:?}");
        assert_eq!(header(&response, &VARY), "Accept-Encoding");
        assert_eq!(header(&response, &CACHE_CONTROL), "no-store");
        assert!(response.body().is_empty());
    }
    assert_eq!(shelf.get(&[(IF_MATCH, &shelf.etag(""))]).status(), 200);
}

#[test]
fn a_range_is_of_the_coding_that_is_sent() {
    let shelf = Shelf::three();
    for (accepted, content) in [("", PLAIN), ("gzip", GZIP), ("br", BROTLI)] {
        let (length, last) = (content.len(), content.len() - 1);
        for (range, first, until) in [
            ("bytes=0-0".to_owned(), 0, 0),
            (format!("bytes={last}-{last}"), last, last),
            ("bytes=2-5".to_owned(), 2, 5),
            ("bytes=3-".to_owned(), 3, last),
            ("bytes=-4".to_owned(), length - 4, last),
            ("bytes=5-9999".to_owned(), 5, last),
            ("bytes=0-18446744073709551616".to_owned(), 0, last),
        ] {
            let response = shelf.get(&[(ACCEPT_ENCODING, accepted), (RANGE, &range)]);
            assert_eq!(response.status(), 206, "{accepted} {range}");
            assert_eq!(response.body().as_ref(), &content[first..=until], "{accepted} {range}");
            assert_eq!(header(&response, &CONTENT_RANGE), format!("bytes {first}-{until}/{length}"));
            assert_eq!(header(&response, &CONTENT_LENGTH), (until - first + 1).to_string());
            assert_eq!(header(&response, &CONTENT_ENCODING), if accepted == "br" { "br" } else { accepted });
            assert_eq!(header(&response, &ETAG), shelf.etag(accepted));
        }
    }
}

#[test]
fn what_cannot_be_satisfied_is_416_and_what_is_not_heard_is_the_whole() {
    let shelf = Shelf::three();
    let response = shelf.get(&[(ACCEPT_ENCODING, "br"), (RANGE, "bytes=17-")]);
    assert_eq!(response.status(), 416);
    assert_eq!(header(&response, &CONTENT_RANGE), "bytes */17");
    assert_eq!(header(&response, &VARY), "Accept-Encoding");
    assert_eq!(header(&response, &ACCEPT_RANGES), "bytes");
    assert!(response.body().is_empty());
    for range in ["bytes=0-0,2-3", "items=0-1", "bytes=b", "bytes=5-2"] {
        let response = shelf.get(&[(RANGE, range)]);
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, PLAIN), "{range}");
        assert_eq!(header(&response, &ACCEPT_RANGES), "bytes");
    }
    let head = shelf.ask(&Method::HEAD, &[(RANGE, "bytes=0-0")], u64::MAX).unwrap();
    assert_eq!((head.status().as_u16(), header(&head, &CONTENT_LENGTH)), (200, PLAIN.len().to_string().as_str()));
}

#[test]
fn a_range_of_what_has_changed_since_is_the_whole() {
    let shelf = Shelf::three();
    let (br, gzip) = (shelf.etag("br"), shelf.etag("gzip"));
    for (condition, status) in [
        (br.as_str(), 206),
        (gzip.as_str(), 200),
        (&format!("W/{br}"), 200),
        (MODIFIED, 206),
        ("Sun, 06 Nov 1994 08:49:38 GMT", 200),
        ("nonsense", 200),
    ] {
        let response = shelf.get(&[(ACCEPT_ENCODING, "br"), (RANGE, "bytes=1-2"), (IF_RANGE, condition)]);
        assert_eq!(response.status(), status, "{condition}");
    }
    let unsatisfiable = [(RANGE, "bytes=999-"), (IF_RANGE, "\"x\"")];
    assert_eq!(shelf.get(&unsatisfiable).status(), 200, "the range is of another file");
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let shelf = Shelf::three();
    for accepted in ["", "br", "gzip"] {
        let get = shelf.get(&[(ACCEPT_ENCODING, accepted)]);
        let head = shelf.ask(&Method::HEAD, &[(ACCEPT_ENCODING, accepted)], u64::MAX).unwrap();
        assert_eq!((head.status(), head.headers()), (get.status(), get.headers()), "{accepted}");
        assert!(head.body().is_empty());
    }
}

#[test]
fn what_may_not_be_answered_is_answered_in_a_smaller_coding_or_in_parts() {
    let shelf = Shelf::three();
    let all = (ACCEPT_ENCODING, "gzip;q=0.9, br;q=0.1, identity");
    let coding = |most| {
        header(&shelf.ask(&Method::GET, std::slice::from_ref(&all), most).unwrap(), &CONTENT_ENCODING).to_owned()
    };
    assert_eq!(coding(100), "");
    assert_eq!(coding(30), "gzip");
    assert_eq!(coding(17), "br");
    for (method, lines) in [
        (Method::GET, vec![(ACCEPT_ENCODING, "gzip")]),
        (Method::HEAD, vec![(ACCEPT_ENCODING, "gzip")]),
        (Method::GET, vec![(ACCEPT_ENCODING, "gzip"), (RANGE, "bytes=0-17")]),
        (Method::GET, vec![(ACCEPT_ENCODING, "gzip"), (RANGE, "bytes=0-1,3-4")]),
    ] {
        let Err(Unanswered::TooLarge { name, .. }) = shelf.ask(&method, &lines, 17) else { panic!("{lines:?}") };
        assert_eq!(name, "css/site.css");
    }
    let part = shelf.ask(&Method::GET, &[(ACCEPT_ENCODING, "gzip"), (RANGE, "bytes=1-17")], 17).unwrap();
    assert_eq!((part.status().as_u16(), part.body().as_ref()), (206, &GZIP[1..18]));
    let etag = shelf.etag("gzip");
    let known = shelf.ask(&Method::GET, &[(ACCEPT_ENCODING, "gzip"), (IF_NONE_MATCH, &etag)], 1).unwrap();
    assert_eq!(known.status(), 304);
}

#[test]
fn an_empty_file_is_answered_too() {
    let shelf = Shelf::new(&[(Encoding::Identity, b"")], 0);
    let response = shelf.get(&[]);
    assert_eq!((response.status().as_u16(), header(&response, &CONTENT_LENGTH)), (200, "0"));
    assert_eq!(shelf.get(&[(RANGE, "bytes=0-")]).status(), 416);
    assert_eq!(shelf.get(&[(RANGE, "bytes=-1")]).status(), 200);
}

#[test]
fn what_is_kept_and_what_is_read_each_time_is_the_same() {
    let all = [(Encoding::Identity, PLAIN), (Encoding::Brotli, BROTLI)];
    let (kept, read) = (Shelf::new(&all, 1 << 20), Shelf::new(&all, 0));
    for lines in [vec![], vec![(ACCEPT_ENCODING, "br")], vec![(RANGE, "bytes=3-7")]] {
        let (one, other) = (kept.get(&lines), read.get(&lines));
        assert_eq!((one.headers(), one.body()), (other.headers(), other.body()), "{lines:?}");
    }
    assert!(kept.asset.is_in_memory() && !read.asset.is_in_memory());
    std::fs::remove_dir_all(kept.folder.path()).unwrap();
    assert_eq!(kept.get(&[]).body().as_ref(), PLAIN);
    std::fs::write(read.folder.path().join("site.css"), "shorter").unwrap();
    assert!(
        matches!(read.ask(&Method::GET, &[], u64::MAX), Err(Unanswered::Unreadable(..))),
        "never half of another file"
    );
}
