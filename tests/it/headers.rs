//! What protects an answer is on every one of them, whatever the route, the status, the format and the visitor.

use bytes::Bytes;
use http::Method;

use crate::negotiation::ROUTES;
use crate::site::{Answer, PASSWORD, Site, Visitor};

/// Every route, an address that is malformed, and one that is none.
fn paths() -> Vec<&'static str> {
    ROUTES.iter().map(|(path, _)| *path).chain(["/login?next=a&next=b", "/nowhere"]).collect()
}

/// What every answer must have; `signed_in` when the request came with a living session.
fn check(answer: &Answer, what: &str, signed_in: bool) {
    let has = |name: &str, value: &str| assert_eq!(answer.header(name), value, "{what}: {name}");
    has("x-content-type-options", "nosniff");
    // Where a link of a mail or to a file leads to, its address goes nowhere.
    let secret = answer.header("referrer-policy") == "no-referrer";
    assert!(secret || answer.header("referrer-policy") == "same-origin", "{what}: referrer-policy");
    let of_a_link =
        ["/{link}", "/password/reset/confirm", "/email/confirm", "/email/change/confirm", "/email/undo", "/media/{id}"];
    assert!(!secret || of_a_link.iter().any(|path| what.contains(path)), "{what}: referrer-policy");
    has("cross-origin-opener-policy", "same-origin");
    has("cross-origin-resource-policy", "same-origin");
    assert!(answer.header("access-control-allow-origin").is_empty(), "{what}");
    assert!(answer.header("x-request-id").len() >= 8, "{what}");
    for name in ["Accept", "Accept-Language", "Cookie"] {
        assert!(answer.header("vary").split(", ").any(|known| known == name), "{what}: {name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains(" *") && !policy.contains(" http:;"), "{what}: {policy}");
    if answer.header("content-type").starts_with("text/html") {
        has("content-type", "text/html; charset=utf-8");
        for part in ["object-src 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'nonce-"] {
            assert!(policy.contains(part), "{what}: {part}");
        }
    } else if !answer.body.is_empty() {
        has("content-type", "application/json");
    }
    let personal = signed_in || !answer.set_cookies().is_empty();
    let cached = answer.header("cache-control");
    assert!(cached == "no-store" || (!personal && cached == "private, no-cache"), "{what}: {cached}");
    for cookie in answer.set_cookies() {
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        let is_csrf = cookie.starts_with("csrftoken") || cookie.starts_with("__Host-csrftoken");
        assert!(attributes.contains(&"Path=/") && attributes.contains(&"SameSite=Lax"), "{what}: {cookie}");
        assert!(attributes.contains(&"HttpOnly") != is_csrf, "{what}: {cookie}");
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{what}: {cookie}");
        assert!(cookie.len() <= 4_096, "{what}");
    }
}

async fn sweep(visitor: &Visitor<'_>, signed_in: bool) {
    for path in paths() {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE] {
            for mut visitor in [visitor.clone(), visitor.clone().json()] {
                let answer = visitor.send(method.clone(), path, &[], Bytes::new()).await;
                check(&answer, &format!("{method} {path} {}", answer.status), signed_in);
            }
        }
    }
}

#[tokio::test]
async fn every_route_is_protected_for_visitors_and_members() {
    let site = Site::start().await;
    sweep(&site.visitor(), false).await;
    sweep(&site.member("kim@example.com").await, true).await;
}

#[tokio::test]
async fn every_status_is_protected() {
    let site = Site::start().await;
    let mut seen = std::collections::BTreeSet::new();
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let large = "x".repeat(70_000);
    for signed_in in [false, true] {
        let token = kim.csrf_token().await;
        let (form, json) = ("application/x-www-form-urlencoded", "application/json");
        for (method, path, content_type, body) in [
            (Method::GET, "/", "", ""),
            (Method::GET, "/profile", "", ""),
            (Method::GET, "/login?next=a&next=b", "", ""),
            (Method::POST, "/login", form, "username=kim&password=wrong"),
            (Method::GET, "/nowhere", "", ""),
            (Method::PUT, "/login", "", ""),
            (Method::POST, "/login", form, large.as_str()),
            (Method::POST, "/login", "text/plain", "x"),
            (Method::POST, "/login", json, "{}"),
            (Method::POST, "/login", json, "{"),
            (Method::POST, "/preferences/theme", form, "theme=dark"),
        ] {
            for mut visitor in [kim.clone(), kim.clone().json()] {
                let headers = [("content-type", content_type), ("x-csrftoken", token.as_str())];
                let answer = visitor.send(method.clone(), path, &headers, body.to_owned().into()).await;
                check(&answer, &format!("{method} {path} {}", answer.status), signed_in);
                seen.insert(answer.status.as_u16());
            }
        }
        let refused = kim.send(Method::POST, "/login", &[("content-type", form)], Bytes::new()).await;
        check(&refused, "without a token", signed_in);
        seen.insert(refused.status.as_u16());
        if !signed_in {
            let answer = kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
            check(&answer, "log-in", true);
        }
    }
    let answer = kim.post("/logout", &[]).await;
    check(&answer, "log-out", true);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [200, 303, 400, 401, 403, 404, 405, 413, 415, 422]);
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_and_no_inline_code() {
    let site = Site::start().await;
    let mut visitor = site.member("kim@example.com").await;
    let mut nonces = std::collections::BTreeSet::new();
    for path in ["/", "/", "/login", "/signup", "/profile", "/logout", "/nowhere"] {
        let page = visitor.get(path).await;
        let policy = page.header("content-security-policy");
        let nonce = policy.split_once("'nonce-").unwrap().1.split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 22, "128 bits at least");
        let text = page.text();
        for tag in text.split("<script").skip(1) {
            let tag = tag.split("</script>").next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")) && tag.contains("src="), "{path}: {tag}");
            assert!(tag.trim_end().ends_with('>'), "nothing between the tags: {tag}");
        }
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("javascript:"), "{path}");
        assert!(!text.contains(" onclick=") && !text.contains(" onload=") && !text.contains(" onsubmit="), "{path}");
        for asset in text.split("src=\"").chain(text.split("<link ")).skip(1) {
            assert!(!asset.starts_with("http"), "{path}: what a page needs comes from here");
        }
        assert!(nonces.insert(nonce), "{path}: seen before");
    }
}

#[tokio::test]
async fn on_https_cookies_are_bound_to_the_host_and_browsers_told_to_stay() {
    let site = Site::start_with(|options| {
        options.settings.push(("PUBLIC_URL".to_owned(), "https://example.com".to_owned()));
    })
    .await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let plain = kim.get("/").await;
    assert_eq!(plain.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    sweep(&site.visitor(), false).await;
    for answer in [
        kim.post("/preferences/theme", &[("theme", "dark")]).await,
        kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await,
        kim.post("/logout", &[]).await,
    ] {
        check(&answer, "https", true);
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
        assert!(!answer.set_cookies().is_empty());
        for cookie in answer.set_cookies() {
            assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
        }
    }
    let foreign = kim.clone().json().with("accept", "application/json").get("/profile").await;
    assert_eq!(foreign.status, 401);
    assert!(!foreign.header("strict-transport-security").is_empty());
}

#[tokio::test]
async fn on_plain_http_nothing_claims_to_be_secure() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let answer = visitor.get("/login").await;
    assert!(answer.header("strict-transport-security").is_empty());
    assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Secure") && !cookie.contains("__Host-")));
}

#[tokio::test]
async fn no_header_of_a_request_changes_links_or_opens_the_site_to_others() {
    let site = Site::start().await;
    let mut visitor = site
        .visitor()
        .with("x-forwarded-host", "evil.example")
        .with("forwarded", "host=evil.example")
        .with("origin", "https://evil.example");
    for path in paths() {
        let answer = visitor.get(path).await;
        assert!(!format!("{:?}{}", answer.headers, answer.text()).contains("evil.example"), "{path}");
        check(&answer, path, false);
    }
}
