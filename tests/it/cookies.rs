//! Every cookie that the site sets: its attributes on https and on one machine, how long it lives, how it goes.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::site::{Answer, PASSWORD, Site, Visitor};

const LOGIN: [(&str, &str); 2] = [("username", "kim@example.com"), ("password", PASSWORD)];

async fn site(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.set(settings);
    })
    .await
}

/// A `Set-Cookie` header: the value, and the attributes in their order.
fn set<'a>(answer: &'a Answer, name: &str) -> (&'a str, Vec<&'a str>) {
    let cookies = answer.set_cookies();
    let start = format!("{name}=");
    let mut of_name = cookies.iter().filter(|cookie| cookie.starts_with(&start));
    let cookie = of_name.next().unwrap_or_else(|| panic!("no {name} in {cookies:?}"));
    assert!(of_name.next().is_none(), "{name} is set once");
    let mut parts = cookie[start.len()..].split("; ");
    (parts.next().unwrap(), parts.collect())
}

/// The seconds of `Max-Age`, if there is one. `Expires` stands beside it and says the same.
fn age(site: &Site, attributes: &[&str]) -> Option<i64> {
    let value = |name: &str| attributes.iter().find_map(|attribute| attribute.strip_prefix(name));
    let (age, expires) = (value("Max-Age="), value("Expires="));
    assert_eq!(age.is_some(), expires.is_some(), "{attributes:?}");
    let age: i64 = age?.parse().unwrap();
    let expires = DateTimeParser::new().relaxed_weekday(false).parse_timestamp(expires?).unwrap();
    let now = portico::clock::Clock::now(&*site.clock);
    let apart = (expires.as_second() - now.as_second() - age).abs();
    assert!(apart <= 5, "{attributes:?}");
    Some(age)
}

/// Attributes without those of time.
fn fixed(attributes: &[&str]) -> Vec<String> {
    let timed = |attribute: &&&str| attribute.starts_with("Max-Age") || attribute.starts_with("Expires");
    attributes.iter().filter(|attribute| !timed(attribute)).map(|attribute| (*attribute).to_owned()).collect()
}

async fn log_in(visitor: &mut Visitor<'_>, remember: bool) -> Answer {
    let remember = remember.then_some(("remember", "on"));
    let form: Vec<_> = LOGIN.into_iter().chain(remember).collect();
    let answer = visitor.post("/login", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer
}

#[tokio::test]
async fn each_has_the_attributes_and_the_life_that_are_documented() {
    for (url, prefix, secure) in [("http://localhost:8000", "", false), ("https://example.com", "__Host-", true)] {
        let site = site(&[("PUBLIC_URL", url)]).await;
        site.program().sign_up("kim@example.com").await;
        for remember in [false, true] {
            let answer = log_in(&mut site.visitor(), remember).await;
            for (name, script, life) in [
                ("sessionid", false, remember.then_some(1_209_600)),
                ("csrftoken", true, Some(31_449_600)),
                ("messages", false, None),
                ("device", false, Some(34_560_000)),
            ] {
                let (value, attributes) = set(&answer, &format!("{prefix}{name}"));
                let mut expected = vec!["SameSite=Lax", "Path=/"];
                if secure {
                    expected.insert(1, "Secure");
                }
                if !script {
                    expected.insert(0, "HttpOnly");
                }
                assert!(!value.is_empty());
                assert_eq!(fixed(&attributes), expected, "{url} {name}");
                assert_eq!(age(&site, &attributes), life, "{url} {name} {remember}");
            }
        }
    }
}

#[tokio::test]
async fn a_visitors_session_is_kept_and_a_renewed_one_is_kept_as_it_was() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let mut visitor = site.visitor();
    let answer = visitor.post("/preferences/theme", &[("theme", "dark")]).await;
    assert_eq!(age(&site, &set(&answer, "sessionid").1), Some(1_209_600));
    for (remember, life) in [(true, Some(1_209_600)), (false, None)] {
        let mut kim = site.visitor();
        log_in(&mut kim, remember).await;
        kim.get("/").await;
        site.clock.advance(jiff::SignedDuration::from_hours(if remember { 15 } else { 1 }));
        let renewed = kim.get("/").await;
        assert_eq!(age(&site, &set(&renewed, "sessionid").1), life, "{remember}");
    }
}

#[tokio::test]
async fn a_deletion_has_the_attributes_of_what_it_deletes_and_is_long_past() {
    for (url, prefix) in [("http://localhost:8000", ""), ("https://example.com", "__Host-")] {
        let site = site(&[("PUBLIC_URL", url)]).await;
        site.program().sign_up("kim@example.com").await;
        let mut kim = site.visitor();
        let set_by = log_in(&mut kim, true).await;
        let shown = kim.get("/").await;
        let ended = kim.post("/logout", &[]).await;
        for (answer, name) in [(&shown, "messages"), (&ended, "sessionid")] {
            let name = format!("{prefix}{name}");
            let (value, attributes) = set(answer, &name);
            assert_eq!(value, "", "{name}");
            assert_eq!(fixed(&attributes), fixed(&set(&set_by, &name).1), "{name}: a browser deletes what is the same");
            assert!(attributes.contains(&"Max-Age=0"), "{name}: {attributes:?}");
            assert!(attributes.contains(&"Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "{name}: {attributes:?}");
            assert!(!kim.cookies.contains_key(&name) || name.ends_with("messages"), "{name}");
        }
    }
}

#[tokio::test]
async fn names_and_same_site_and_the_age_of_the_token_are_settings() {
    let site = site(&[
        ("SESSION_COOKIE_NAME", "shop"),
        ("CSRF_COOKIE_NAME", "shop-csrf"),
        ("SESSION_COOKIE_SAMESITE", "Strict"),
        ("CSRF_COOKIE_SAMESITE", "Strict"),
        ("CSRF_COOKIE_AGE", "86400"),
    ])
    .await;
    site.program().sign_up("kim@example.com").await;
    let mut kim = site.visitor();
    let answer = log_in(&mut kim, false).await;
    for (name, same_site, life) in [
        ("shop", "SameSite=Strict", None),
        ("shop-csrf", "SameSite=Strict", Some(86_400)),
        ("messages", "SameSite=Strict", None),
        ("device", "SameSite=Lax", Some(34_560_000)),
    ] {
        let (_, attributes) = set(&answer, name);
        assert!(attributes.contains(&same_site), "{name}: {attributes:?}");
        assert_eq!(age(&site, &attributes), life, "{name}");
    }
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    assert_eq!(kim.post("/logout", &[]).await.status, 303);
    assert!(kim.whoami().await.is_null() && !kim.cookies.contains_key("shop"));
}

#[tokio::test]
async fn under_strict_a_link_of_a_mail_takes_one_more_click_and_nobodys_session() {
    let site = Site::uncounted(&[("SESSION_COOKIE_SAMESITE", "Strict")]).await;
    let kim = site.member("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    // From a webmail's page a browser sends no strict cookie.
    let mut arriving = kim.with_session(None).with("sec-fetch-site", "cross-site");
    let before = site.state();
    let page = arriving.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<a class=\"button button-primary\" href=\"\">"), "{}", page.text());
    assert!(!page.set_cookies().iter().any(|cookie| cookie.starts_with("sessionid")), "Kim's stays in the browser");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(site.state(), before);
    // The click comes from our own page.
    let mut kim = kim.with("sec-fetch-site", "same-origin");
    let answer = kim.get(&link).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/email/confirm"));
    // Under Lax nothing of this is needed.
    let site = Site::uncounted(&[]).await;
    let lee = site.member("lee@example.com").await;
    let link = site.link_to("lee@example.com", "/email/confirm/").await;
    assert_eq!(lee.with("sec-fetch-site", "cross-site").get(&link).await.status, 303);
}

#[tokio::test]
async fn the_clock_of_expires_is_the_sites() {
    let site = Site::start().await;
    site.clock.advance(jiff::SignedDuration::from_hours(24 * 365));
    let answer = site.visitor().get("/").await;
    let (_, attributes) = set(&answer, "csrftoken");
    let expires = attributes.iter().find_map(|attribute| attribute.strip_prefix("Expires=")).unwrap();
    let expires = DateTimeParser::new().parse_timestamp(expires).unwrap();
    assert!(expires.as_second() - Timestamp::now().as_second() > 31_449_600 + 364 * 86_400);
}
