//! The administration from where it is not reached, by whom it is not entered, and long after the log-in: every one of its
//! routes.

use http::Method;
use jiff::SignedDuration;

use super::Outcome::{self, Answered, Denied, Fresh, Login, NotFound};
use super::{Format, Route, observed, routes};
use crate::site::{Site, Visitor};

const HOST: &str = "admin.localhost:8000";
const ORIGIN: &str = "http://admin.localhost:8000";

/// Somebody at the administration's host.
fn at_its_host(site: &Site) -> Visitor<'_> {
    site.visitor().with("host", HOST).with("origin", ORIGIN)
}

/// Asks every route of the administration, and checks what becomes of that.
async fn ask(site: &Site, visitor: &Visitor<'_>, what: &str, expected: &[Outcome]) -> usize {
    let before = site.snapshot();
    let mut visitor = visitor.clone();
    let token = visitor.csrf_token().await;
    let mut cells = 0;
    for route in routes(site).iter().filter(|route| route.allow.is_admin()) {
        let Route { method, path, allow } = route;
        let filled = path.replace("{id}", visitor.id.as_str().unwrap_or("0190a5b0-0000-7000-8000-000000000000"));
        let filled = filled.replace("{session}", "AAAA").replace("{group}", "AAAA");
        for format in [Format::Json, Format::Html] {
            let answer = route.ask(&visitor, &token, &filled, format).await;
            let outcome = observed(&answer);
            assert!(expected.contains(&outcome), "{what}: {method} {path} ({allow}) in {format:?}: {outcome:?}");
            if format == Format::Html && matches!(outcome, Fresh) {
                assert!(answer.header("location").starts_with("/reauthenticate"), "{}", answer.header("location"));
            }
            let changed = site.rewind(&before);
            assert!(changed.is_empty() || outcome == Answered, "{what}: {method} {path}: {changed:?}");
            cells += 1;
        }
    }
    cells
}

#[tokio::test]
async fn it_is_nowhere_but_at_its_host_from_its_networks_and_after_a_recent_log_in() {
    let site = Site::start_with(|options| {
        options.admin = true;
        options.admin_host = Some("admin.localhost".to_owned());
        options.settings.push(("ADMIN_ALLOWED_NETWORKS".to_owned(), "192.0.2.0/24".to_owned()));
    })
    .await;
    let routes = routes(&site).iter().filter(|route| route.allow.is_admin()).count();
    let (kim, lee) = ("kim@example.com", "lee@example.com");
    let mut at_site = site.member(kim).await;
    let id = at_site.id.clone();
    site.raise(&at_site, |to| (to.is_superuser, to.is_staff) = (true, true)).await;
    at_site.log_in(kim).await;
    let mut at_host = at_its_host(&site);
    at_host.log_in(kim).await;
    at_host.id = id.clone();
    let mut elsewhere = at_host.clone();
    elsewhere.address.set_ip([203, 0, 113, 7].into());
    // Django's rule: a superuser who is not staff has all permissions, and does not enter.
    let mut not_staff = at_its_host(&site);
    not_staff.id = site.member(lee).await.id;
    site.raise(&not_staff, |to| to.is_superuser = true).await;
    not_staff.log_in(lee).await;
    let nobody = at_its_host(&site);

    let mut cells = 0;
    cells += ask(&site, &at_host, "at its host", &[Answered, NotFound]).await;
    cells += ask(&site, &at_site, "at the site's host", &[NotFound]).await;
    cells += ask(&site, &elsewhere, "from another network", &[NotFound]).await;
    cells += ask(&site, &not_staff, "a superuser who is not staff", &[Denied]).await;
    cells += ask(&site, &nobody, "nobody", &[Login]).await;
    // To whom it is not there, it has no methods either.
    for (visitor, status) in [(&at_host, 405), (&at_site, 404), (&elsewhere, 404)] {
        assert_eq!(visitor.clone().send(Method::PUT, "/admin/users", &[], "".into()).await.status, status);
    }
    site.clock.advance(SignedDuration::from_secs(901));
    cells += ask(&site, &at_host, "a log-in of long ago", &[Fresh]).await;
    cells += ask(&site, &not_staff, "the same by a superuser who is not staff", &[Denied]).await;
    cells += ask(&site, &elsewhere, "the same from another network", &[NotFound]).await;
    assert_eq!(cells, routes * 8 * 2, "no cell is skipped");
    assert!(routes > 20);
}
