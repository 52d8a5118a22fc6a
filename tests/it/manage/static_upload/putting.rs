//! What is put, as what, in which order, and what is not.

use std::fmt::Write as _;

use manage::collectstatic::upload::{Upload, Uploaded};

use super::{CSS, Release, days};
use crate::site::Fault;

#[tokio::test]
async fn everything_is_there_as_what_it_is() {
    let release = Release::start().await;
    let done = release.upload().await;
    let immutable = "public, max-age=31536000, immutable";
    let (css, text) = ("text/css; charset=utf-8", "text/plain; charset=utf-8");
    let expected = [
        ("css/site.css", CSS, css, None, "public, max-age=60"),
        ("css/site.css.br", CSS, css, None, "public, max-age=60"),
        ("css/site.css.gz", CSS, css, None, "public, max-age=60"),
        ("css/site.0123456789ab.css", CSS, css, None, immutable),
        ("css/site.0123456789ab.css.br", "br of it", css, Some("br"), immutable),
        ("css/site.0123456789ab.css.gz", CSS, css, None, immutable),
        ("data.tar.gz", "a download", "application/gzip", None, "public, max-age=60"),
        ("empty.txt", "", text, None, "public, max-age=60"),
        ("empty.txt.br", "", text, None, "public, max-age=60"),
        ("empty.txt.gz", "", text, None, "public, max-age=60"),
        ("img/logo.png", "a picture", "image/png", None, "public, max-age=60"),
        ("img/logo.ba9876543210.png", "a picture", "image/png", None, immutable),
    ];
    for (name, content, content_type, encoding, cache_control) in expected {
        let head = release.head(name).await;
        let headers = (head.content_type(), head.content_encoding(), head.cache_control());
        assert_eq!(headers, (Some(content_type), encoding, Some(cache_control)), "{name}");
        assert_eq!(release.text(name).await, content, "{name}");
    }
    assert_eq!(release.head("staticfiles.json").await.content_type(), Some("application/json"));
    let there = release.keys_in("static/").await;
    assert_eq!(there.len(), expected.len() + 3, "the manifest with its siblings, and nothing else: {there:?}");
    assert_eq!((done.put, done.unchanged, done.pruned), (there.len(), 0, 0));
    assert_eq!(release.keys_in("manifests/").await.len(), 1);
    let put = release.put();
    assert_eq!(put.last().map(String::as_str), Some("static/staticfiles.json"));
    assert!(put[put.len() - 4].starts_with("manifests/"), "{put:?}");
}

#[tokio::test]
async fn a_second_run_puts_nothing_and_a_change_is_all_that_is_put() {
    let release = Release::start().await;
    let first = release.upload().await;
    let second = release.upload().await;
    assert_eq!(release.put(), Vec::<String>::new());
    assert_eq!(second, Uploaded { unchanged: first.put, ..Uploaded::default() });

    release.write("img/logo.png", "b picture");
    assert_eq!(release.upload().await.put, 1, "of the same size");
    assert_eq!(release.put(), ["static/img/logo.png"]);

    release.write("css/site.css.br", "now it is worth it");
    release.upload().await;
    assert_eq!(release.put(), ["static/css/site.css.br"]);
    assert_eq!(release.head("css/site.css.br").await.content_encoding(), Some("br"));

    assert_eq!(release.upload_with(|upload| upload.all = true).await.unwrap().put, first.put);
    assert_eq!(release.put().len(), first.put);
}

#[tokio::test]
async fn an_etag_that_is_no_md5_is_no_reason_to_put_a_file() {
    let release = Release::start().await;
    release.upload().await;
    let head = release.head("img/logo.png").await;
    let md5 = head.metadata().unwrap()["md5"].clone();
    assert_eq!(head.e_tag().unwrap().trim_matches('"'), md5);

    release.put_opaquely("img/logo.png", "a picture", Some(&md5)).await;
    release.upload().await;
    assert_eq!(release.put(), Vec::<String>::new());
    assert_eq!(release.faults.count("HEAD static"), 1, "of that one alone");

    for noted in [Some("00000000000000000000000000000000"), None] {
        release.put_opaquely("img/logo.png", "b picture", noted).await;
        release.upload().await;
        assert_eq!(release.put(), ["static/img/logo.png"], "{noted:?}");
        assert_eq!(release.text("img/logo.png").await, "a picture");
    }
}

#[tokio::test]
async fn what_fails_is_named_the_manifest_stays_and_a_further_run_completes_it() {
    let release = Release::start().await;
    release.upload().await;
    release.change("aaaaaaaaaaaa");
    let before = release.text("staticfiles.json").await;
    release.faults.on("PUT static", "/static/css/site.aaaaaaaaaaaa.css?", Fault::CrashBefore);
    let why = release.upload_with(|_| {}).await.unwrap_err();
    assert!(why.contains("static/css/site.aaaaaaaaaaaa.css") && why.contains("run it once more"), "{why}");
    assert_eq!(release.text("staticfiles.json").await, before);
    assert_eq!(release.keys_in("manifests/").await.len(), 1);

    release.faults.clear();
    release.upload().await;
    assert!(release.text("staticfiles.json").await.contains("aaaaaaaaaaaa"));
    assert!(release.has("static/css/site.0123456789ab.css").await, "the version before is still asked for");
    assert_eq!(release.keys_in("manifests/").await.len(), 2);
}

#[tokio::test]
async fn a_broken_line_is_tried_again() {
    let release = Release::start().await;
    release.faults.next("PUT static", 3, Fault::NotSent);
    release.faults.next("PUT static", 2, Fault::ReplyLost);
    let done = release.upload().await;
    assert_eq!(release.keys_in("static/").await.len(), done.put);
    assert_eq!(release.put().len(), done.put + 1 + 5, "each once, the history, and those again");
}

#[tokio::test]
async fn many_files_are_under_way_at_once_and_listed_by_pages() {
    let release = Release::start().await;
    for number in 0..1_100 {
        release.write(&format!("img/{number}.png"), &number.to_string());
    }
    let first = release.upload().await;
    assert_eq!(release.upload().await, Uploaded { unchanged: first.put, ..Uploaded::default() });
    assert_eq!(release.faults.count("LIST static"), 2);
}

#[tokio::test]
async fn what_was_not_collected_whole_is_refused_before_anything_is_put() {
    let release = Release::start().await;
    let mut refusals = String::new();
    let mut refused = async |release: &Release, what: &str| {
        let why = release.upload_with(|_| {}).await.expect_err(what);
        assert!(release.faults.calls().is_empty(), "{what}: nothing is asked of S3");
        writeln!(refusals, "{what}: {}", why.replace(&release.folder.0.display().to_string(), "ROOT")).unwrap();
    };
    release.remove("css/site.0123456789ab.css");
    refused(&release, "a file is missing").await;
    release.write("css/site.0123456789ab.css", CSS);
    std::os::unix::fs::symlink("/etc/passwd", release.path("link")).unwrap();
    refused(&release, "a link").await;
    release.remove("link");
    release.write("staticfiles.json", "{\"paths\": {");
    refused(&release, "half a manifest").await;
    release.write("staticfiles.json", "{\"paths\": {}, \"version\": \"7\"}");
    refused(&release, "of another version").await;
    release.remove("staticfiles.json");
    refused(&release, "no manifest").await;
    let expected = "\
        a file is missing: staticfiles.json names \"css/site.0123456789ab.css\", which ROOT does not have: collect once more\n\
        a link: ROOT/link is neither a file nor a folder\n\
        half a manifest: ROOT/staticfiles.json cannot be used: it is not a manifest: EOF while parsing an object at line 1 column 11: collect once more\n\
        of another version: ROOT/staticfiles.json cannot be used: it is of version \"7\"; 1.0 and 1.1 are read: collect once more\n\
        no manifest: ROOT/staticfiles.json is not there: nothing was collected, or not to its end\n";
    assert_eq!(refusals, expected);
    assert_eq!(release.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_in_s3s_words() {
    let release = Release::start().await;
    let why = release.upload_with(|upload| upload.bucket = "another-bucket").await.unwrap_err();
    assert!(why.starts_with("the bucket another-bucket cannot be listed: NoSuchBucket"), "{why}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let release = Release::start().await;
    let (done, script) = release.upload_told(|upload| upload.dry_run = true).await;
    assert_eq!(done.unwrap().put, script.said.len());
    assert!(script.said.contains(&"would put static/css/site.css.gz".to_owned()), "{:?}", script.said);
    assert_eq!(script.said.last().unwrap(), "would put static/staticfiles.json");
    assert_eq!(release.keys().await, Vec::<String>::new());

    release.upload().await;
    release.change("aaaaaaaaaaaa");
    release.upload_with(|upload| upload.now = days(5)).await.unwrap();
    let there = release.keys().await;
    let prune = |upload: &mut Upload<'_>| (upload.dry_run, upload.prune_days, upload.now) = (true, Some(7), days(13));
    let (done, script) = release.upload_told(prune).await;
    assert_eq!((done.unwrap().pruned, script.said.len()), (3, 3), "{:?}", script.said);
    assert!(script.said.contains(&"would delete static/css/site.0123456789ab.css.br".to_owned()));
    assert_eq!(release.keys().await, there);
}
