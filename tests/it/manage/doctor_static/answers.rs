//! What is found by what the site answers.

use tokio::net::TcpListener;

use super::super::{in_part, whole, why};
use super::{CSS, Project, asset, diagnose, has, s3, serve};

#[tokio::test]
async fn what_s3_refuses_leads_to_the_policy() {
    let project = Project::new().page("/static/css/site.css", s3(403, "AccessDenied"));
    has(&project.found().await, &["forbidden: ", "AccessDenied", "StaticBucketPolicy", "server: AmazonS3"]);
}

#[tokio::test]
async fn a_cached_error_is_told_by_a_query_that_nobody_has_asked() {
    let mut remembered = s3(404, "NoSuchKey");
    remembered.1.extend([("age", "12".to_owned()), ("x-cache", "Error from cloudfront".to_owned())]);
    let project = Project::new()
        .page("/static/css/site.css", remembered)
        .page("/static/css/site.css?", asset("text/css; charset=utf-8", CSS));
    has(&project.found().await, &["cached: ", "age: 12", "the same with a new query is there"]);
}

#[tokio::test]
async fn a_page_where_a_file_should_be_never_reached_the_files() {
    let page =
        |status| (status, vec![("content-type", "text/html; charset=utf-8".to_owned())], "<!DOCTYPE html>".into());
    for status in [200, 404] {
        let project = Project::new().page("/static/css/site.css", page(status));
        has(&project.found().await, &["not a static file: ", &format!("with {status} and a page")]);
    }
    let to_login = (302, vec![("location", "/login?next=/static/css/site.css".to_owned())], String::new());
    let project = Project::new().page("/static/css/site.css", to_login).page("/login", page(200));
    has(&project.found().await, &["redirect: 302 to http://", "not a static file: ", "after a redirect"]);
}

#[tokio::test]
async fn a_wrong_type_and_a_missing_header_are_told() {
    let mut plain = asset("text/plain", CSS);
    plain.1.retain(|(name, _)| *name != "x-content-type-options");
    let project = Project::new().page("/static/css/site.css", plain);
    has(&project.found().await, &["wrong type: the answer is text/plain", "no nosniff: "]);
    let mut compressed = asset("text/css; charset=utf-8", CSS);
    compressed.1.push(("content-encoding", "br".to_owned()));
    let project = Project::new().page("/static/css/site.css", compressed);
    has(&project.found().await, &["wrong encoding: ", "nobody asked"]);
}

#[tokio::test]
async fn an_older_content_is_told_though_its_headers_are_wrong_too() {
    let mut older = asset("text/css; charset=utf-8", "body { color: white }\n");
    older.1.push(("age", "5".to_owned()));
    let project = Project::new()
        .page("/static/css/site.css", older)
        .page("/static/css/site.css?", asset("text/css; charset=utf-8", CSS));
    project.write("collected/css/site.css.br", "br of it");
    has(&project.found().await, &["cached: an older content", "age: 5", "wrong encoding: css/site.css has"]);
}

#[tokio::test]
async fn redirects_are_followed_five_times_and_loops_are_told() {
    let to = |path: &str| (301, vec![("location", path.to_owned())], String::new());
    let mut project = Project::new();
    let css = project.pages["/static/css/site.css"].clone();
    project = project.page("/static/css/site.css", to("/1")).page("/5", css);
    for at in 1..5 {
        project = project.page(&format!("/{at}"), to(&format!("/{}", at + 1)));
    }
    let (outcome, said) = project.ask("/static/css/site.css").await;
    assert!(whole(&outcome), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("redirect: 301 to ")).count(), 5, "{said}");
    let project = project.page("/5", to("/6"));
    has(&project.found().await, &["redirects: ", "/6"]);
    let project = project.page("/2", to("/1"));
    has(&project.found().await, &["redirects: "]);
    let project = project.page("/static/css/site.css", to("file:///etc/hostname"));
    has(&project.found().await, &["redirects: "]);
}

#[tokio::test]
async fn a_site_that_is_not_there_or_speaks_no_tls_is_told() {
    let project = Project::new();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (outcome, said) = diagnose(&project.args("/static/css/site.css", &format!("http://{closed}")), None).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["no answer: ", "cargo manage runserver"]);
    let plain = serve(project.pages.clone()).await.replace("http:", "https:");
    let (outcome, said) = diagnose(&project.args("/static/css/site.css", &plain), None).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["TLS: there is no TLS with https://127.0.0.1", "speaks no TLS"]);
}

#[tokio::test]
async fn a_strangers_words_do_not_control_the_terminal() {
    let mut answer = s3(403, "\u{1b}[2J\u{7}Access");
    answer.1.push(("etag", "\"caf\u{e9}\u{9b}\"".to_owned()));
    let project = Project::new().page("/static/css/site.css", answer);
    let said = project.found().await;
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{said:?}");
}

#[tokio::test]
async fn what_is_no_address_cannot_be_looked_at() {
    let project = Project::new();
    for bad in
        ["css/site.css", "//example.com/x.css", "ftp://example.com/x.css", "https://kim:secret@example.com/x.css"]
    {
        let (outcome, said) = project.ask(bad).await;
        assert_eq!(said, "");
        assert!(!why(outcome).is_empty(), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_that_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", silent.local_addr().unwrap());
    let (outcome, said) = diagnose(&Project::new().args("/static/css/site.css", &site), None).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["no answer: ", "nothing came within 10 seconds"]);
}
