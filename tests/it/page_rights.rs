//! What every page does is what `PagePolicy` is for: each function with pages needs it.

use bytes::Bytes;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use crate::site::{Site, Visitor, pictures, s3};

/// After this a session is renewed.
const LATER: SignedDuration = SignedDuration::from_hours(5);

/// The paths of each function with pages, with something for their variables.
fn paths(site: &Site) -> Vec<(String, Vec<String>)> {
    let functions = site.stack.template().functions.iter().filter(|function| function.name != "static-files");
    let paths = functions.map(|function| {
        let routes = function.routes.iter().filter(|route| route.path.starts_with('/'));
        (function.name.clone(), routes.map(|route| route.path.replace(['{', '}'], "")).collect::<Vec<_>>())
    });
    paths.filter(|(_, paths)| !paths.is_empty()).collect()
}

async fn site() -> Site {
    Site::start_with(|options| {
        options.admin = true;
        options.deliver_events = false;
    })
    .await
}

/// Refused for want of a token, by a page that shows who is refused.
async fn page(visitor: &mut Visitor<'_>, path: &str) -> String {
    visitor.send(Method::POST, path, &[], Bytes::new()).await.text()
}

#[tokio::test]
async fn every_function_with_pages_reads_the_session_of_a_visitor() {
    let site = site().await;
    let mut visitor = site.program();
    visitor.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    let mut visitor = visitor.html();
    for (name, paths) in paths(&site) {
        let path = &paths[0];
        assert!(page(&mut visitor, path).await.contains(r#"data-theme="dark""#), "{name} {path}");
    }
}

#[tokio::test]
async fn every_function_with_pages_knows_its_member_and_renews_their_session() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await;
    for (name, paths) in paths(&site) {
        site.clock.advance(LATER);
        let before = site.sessions();
        for path in &paths {
            kim.get(path).await;
        }
        assert_ne!(site.sessions(), before, "{name} renews it");
    }
}

#[tokio::test]
async fn every_function_with_pages_shows_its_member_their_picture() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    for (name, paths) in paths(&site) {
        let page = page(&mut kim, &paths[0]).await;
        let picture = page.split("<span class=\"avatar").nth(1).unwrap_or_else(|| panic!("{name}: {page}"));
        let address = picture.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
        let address = address.replace("&amp;", "&").replace("&#x2f;", "/");
        assert_eq!(s3::get(&address).await.status, 200, "{name} {address}");
    }
}
