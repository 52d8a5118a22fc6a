//! `cargo manage doctor site`: the site as it is, behind somebody who spoils one thing, and a stack that AWS tells of.

mod account;
mod spoiler;

use std::sync::Arc;

use manage::Outcome;
use manage::doctor::site::{Args, examine};
use tokio::net::TcpListener;

use self::spoiler::{SECRET, Spoiler, stand_before};
use super::{Script, in_part, whole};
use crate::site::Site;

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A site that knows this address for its own.
async fn site_at(url: &str, settings: &[(&str, &str)]) -> Arc<Site> {
    let all = [&[("PUBLIC_URL", url)], settings].concat();
    let settings: Vec<_> = all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Arc::new(Site::start_with(|options| options.settings = settings).await)
}

async fn diagnose(args: &Args) -> (Outcome, String) {
    let mut script = Script::nobody(&[]);
    let outcome = examine(args, None, &mut script).await;
    (outcome, script.said())
}

fn of(url: impl Into<String>) -> Args {
    Args { url: Some(url.into()), ..Args::default() }
}

/// What is found of the site behind this, and all that is said.
async fn found(spoiler: Spoiler) -> (Vec<String>, String) {
    let (listener, url) = listen().await;
    stand_before(site_at(&url, &[]).await, listener, spoiler);
    let (outcome, said) = diagnose(&of(url)).await;
    let codes = codes(&said);
    assert!(if codes.is_empty() { whole(&outcome) } else { in_part(&outcome) }, "{outcome:?}: {said}");
    (codes, said)
}

/// The codes of what is found.
fn codes(said: &str) -> Vec<String> {
    let lines = said.lines().filter(|line| line.starts_with("site.") || line.starts_with("aws."));
    lines.filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect()
}

/// That one thing is found, with these words.
async fn one(spoiler: Spoiler, code: &str, words: &str) {
    let (codes, said) = found(spoiler).await;
    assert_eq!(codes, [code], "{said}");
    assert!(said.contains(words), "nothing says {words:?}:\n{said}");
}

#[tokio::test]
async fn the_site_as_it_is_has_no_finding_and_what_does_not_apply_is_said() {
    let (codes, said) = found(Spoiler::Nobody).await;
    assert_eq!(codes, [""; 0], "{said}");
    for words in ["not checked: TLS, HSTS", "give --stack or --api", "Nothing is wrong"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn nothing_is_changed() {
    let (listener, url) = listen().await;
    let site = site_at(&url, &[]).await;
    stand_before(site.clone(), listener, Spoiler::Nobody);
    let tables = site.stack.app().config().tables.clone();
    let items = || [&tables.accounts, &tables.sessions, &tables.outbox].map(|table| site.items(table));
    let before = items();
    assert!(whole(&diagnose(&of(&url)).await.0));
    assert_eq!(items(), before);
}

#[tokio::test]
async fn a_request_that_is_spoilt_is_told_and_nothing_beside_it() {
    let cases: [(spoiler::SpoilRequest, &str, &str); 6] = [
        (spoiler::drops_cookies, "site.cookies-not-forwarded", "csrftoken was sent back, and is set anew"),
        (spoiler::drops_the_query, "site.query-not-forwarded", "what the query string says"),
        (spoiler::says_what_is_accepted, "site.accept-not-forwarded", "JSON was asked for"),
        (spoiler::knows_its_own_name_alone, "site.host-forwarded", "(AllViewerExceptHostHeader)"),
        (spoiler::leads_to_whatever_host_is_named, "site.host-reflected", "portico-doctor.invalid"),
        (spoiler::lets_get_through_alone, "site.methods", "PATCH is answered with 403"),
    ];
    for (spoil, code, words) in cases {
        one(Spoiler::Requests(spoil), code, words).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_spoilt_is_told_and_nothing_beside_it() {
    let cases: [(spoiler::SpoilAnswer, &str, &str); 10] = [
        (spoiler::is_another_site, "site.not-portico", "answered with 200"),
        (spoiler::removes_cookies, "site.set-cookie-lost", "sets no cookie csrftoken"),
        (spoiler::keeps_the_last_cookie, "site.set-cookie-lost", "two cookies should be set, and 1 arrives"),
        (spoiler::folds_cookies, "site.set-cookie-folded", "two cookies are set in one Set-Cookie header"),
        (spoiler::gives_cookies_a_domain, "site.cookie-attributes", "without Domain"),
        (spoiler::has_a_page_for_everything, "site.not-found", "and not with the site's page"),
        (spoiler::may_be_framed, "site.headers", "x-frame-options is missing"),
        (spoiler::lets_scripts_run, "site.headers", "content-security-policy is missing"),
        (spoiler::lives_in_the_past, "site.clock", "five minutes"),
        (spoiler::says_that_it_remembers, "site.pages-cached", "x-cache is Hit from cloudfront"),
    ];
    for (spoil, code, words) in cases {
        one(Spoiler::Answers(spoil), code, words).await;
    }
}

#[tokio::test]
async fn a_cache_that_says_nothing_is_told_by_the_request_that_it_answers_twice() {
    let (codes, said) = found(Spoiler::Cache).await;
    assert!(codes.contains(&"site.pages-cached".to_owned()), "{said}");
    assert!(said.contains("two requests have the same answer, x-request-id"), "{said}");
}

#[tokio::test]
async fn a_site_that_is_told_another_address_refuses_its_own_forms() {
    let (listener, url) = listen().await;
    stand_before(site_at("http://localhost:1", &[]).await, listener, Spoiler::Nobody);
    let (outcome, said) = diagnose(&of(&url)).await;
    assert!(in_part(&outcome), "{said}");
    assert_eq!(codes(&said), ["site.public-url"], "{said}");
    assert!(said.contains(&format!("PublicUrl={url}")), "{said}");
}

#[tokio::test]
async fn the_apis_own_address_answers_nobody_where_there_is_a_secret() {
    for (settings, expected) in [(&[("ORIGIN_SECRET", SECRET)][..], &[][..]), (&[], &["site.origin-open"])] {
        let (listener, url) = listen().await;
        let (straight, api) = listen().await;
        let site = site_at(&url, settings).await;
        stand_before(site.clone(), listener, Spoiler::Requests(spoiler::comes_through_the_distribution));
        stand_before(site, straight, Spoiler::Nobody);
        let (_, said) = diagnose(&Args { api: Some(api.clone()), ..of(url) }).await;
        assert_eq!(codes(&said), expected, "{said}");
        assert!(expected.is_empty() || said.contains(&format!("{api}/login")), "{said}");
    }
}

#[tokio::test]
async fn nobody_and_a_wrong_scheme_are_told() {
    let (listener, url) = listen().await;
    drop(listener);
    let (outcome, said) = diagnose(&of(url)).await;
    assert!(in_part(&outcome) && said.contains("cargo manage runserver"), "{said}");
    assert_eq!(codes(&said), ["site.no-answer"]);

    let (listener, url) = listen().await;
    stand_before(site_at(&url, &[]).await, listener, Spoiler::Nobody);
    let (_, said) = diagnose(&of(url.replacen("http://", "https://", 1))).await;
    assert_eq!(codes(&said), ["site.tls"], "{said}");
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    for address in ["example.com", "/login", "ftp://example.com", "https://kim:secret@example.com"] {
        let (outcome, said) = diagnose(&of(address)).await;
        assert!(outcome.is_err() && said.is_empty(), "{address}: {said}");
    }
}
