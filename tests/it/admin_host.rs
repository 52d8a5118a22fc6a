//! A host of the administration's own: whose pages may act there, where links lead, and to whom it is open.

use std::sync::Arc;

use http::{Method, StatusCode};
use local::template::{Resolver, Template};
use portico::{Allow, Context, Response, Result, Routes};
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Sent, Site, Visitor, root};

const SITE: &str = "http://localhost:8000";
const ADMIN: &str = "http://admin.localhost:8000";
const SECRET: &str = "the distribution knows this, and nobody else";

/// A site whose administration has a host of its own, with further settings.
async fn site(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.admin = true;
        options.admin_host = Some("admin.localhost".to_owned());
        options.set(settings);
    })
    .await
}

/// Where a request is sent by a browser at this origin.
fn host(origin: &str) -> &str {
    origin.split_once("://").unwrap().1
}

async fn change_theme(visitor: &mut Visitor<'_>, to: &str, from: &[(&str, &str)]) -> Answer {
    let mut visitor = visitor.clone().with("host", host(to));
    let token = visitor.csrf_token().await;
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-csrftoken", &*token)];
    visitor.send(Method::POST, "/preferences/theme", &[&headers[..], from].concat(), "theme=dark".into()).await
}

#[tokio::test]
async fn a_page_acts_on_its_own_host_alone() {
    let site = site(&[("CSRF_TRUSTED_ORIGINS", "http://*.localhost:8000, http://localhost:8000")]).await;
    for (to, from, status) in [
        (SITE, SITE, 303),
        (SITE, "http://127.0.0.1:8000", 303),
        (ADMIN, ADMIN, 303),
        (SITE, ADMIN, 403),
        (ADMIN, SITE, 403),
        (ADMIN, "http://127.0.0.1:8000", 403),
        (ADMIN, "http://app.localhost:8000", 403),
        (SITE, "http://app.localhost:8000", 303),
    ] {
        let answer = change_theme(&mut site.visitor(), to, &[("origin", from)]).await;
        assert_eq!(answer.status.as_u16(), status, "{from} to {to}");
    }
    // A header of the visitor's makes no host another.
    for header in ["x-forwarded-host", "x-viewer-host", "x-original-host"] {
        let mut visitor = site.visitor().with(header, host(ADMIN));
        assert_eq!(change_theme(&mut visitor, SITE, &[("origin", ADMIN)]).await.status, 403, "{header}");
        assert_eq!(change_theme(&mut visitor, SITE, &[("origin", SITE)]).await.status, 303, "{header}");
    }
}

#[tokio::test]
async fn without_one_every_name_of_this_machine_is_the_site() {
    let site = Site::start().await;
    for (to, from) in [(SITE, SITE), (ADMIN, ADMIN), (SITE, ADMIN), (ADMIN, SITE)] {
        assert_eq!(change_theme(&mut site.visitor(), to, &[("origin", from)]).await.status, 303, "{from} to {to}");
    }
}

#[tokio::test]
async fn each_host_has_sessions_of_its_own() {
    let site = site(&[]).await;
    let mut at_site = site.program();
    at_site.sign_up("kim@example.com").await;
    let mut at_admin = site.program().with("host", host(ADMIN)).with("origin", ADMIN);
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    let answer = at_admin.post_json("/login", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // A browser keeps what names no domain for the host alone.
    assert!(answer.set_cookies().iter().all(|cookie| !cookie.to_ascii_lowercase().contains("domain")));
    assert_eq!(at_admin.whoami().await["email"], "kim@example.com");
    assert_eq!(at_site.whoami().await, Value::Null);
}

#[tokio::test]
async fn a_session_of_the_site_opens_nothing_at_the_administrations_host() {
    let site = site(&[("THROTTLE_ENABLED", "false")]).await;
    let kim = site.member("kim@example.com").await;
    site.raise(&kim, |to| (to.is_staff, to.is_superuser) = (true, true)).await;
    // Its cookie, as whoever has stolen it sends it.
    let mut stolen = kim.clone().json().with("host", host(ADMIN)).with("origin", ADMIN);
    assert_eq!(stolen.whoami().await["email"], "kim@example.com");
    let refused = stolen.get("/admin/users").await;
    assert_eq!((refused.status.as_u16(), &*refused.code()), (403, "fresh_login_required"));
    assert_eq!(stolen.post_json("/admin/groups", json!({ "name": "Mine" })).await.status, 403);
    assert_eq!(stolen.post_json("/reauthenticate", json!({ "password": "wrong wrong wrong" })).await.status, 422);
    assert_eq!(stolen.get("/admin/users").await.status, 403);
    // Who knows the password proves it there.
    assert_eq!(stolen.post_json("/reauthenticate", json!({ "password": PASSWORD })).await.status, 200);
    assert_eq!(stolen.get("/admin/users").await.status, 200);

    let mut at_admin = site.program().with("host", host(ADMIN)).with("origin", ADMIN);
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(at_admin.post_json("/login", body).await.status, 200);
    assert_eq!(at_admin.get("/admin/users").await.status, 200);
    site.clock.advance(jiff::SignedDuration::from_mins(16));
    assert_eq!(at_admin.get("/admin/users").await.status, 403, "that grows old too");
}

#[tokio::test]
async fn links_stay_on_the_host_and_those_of_mails_lead_to_the_site() {
    let site = site(&[]).await;
    site.program().sign_up("kim@example.com").await;
    for (origin, other) in [(SITE, ADMIN), (ADMIN, SITE)] {
        let mut kim = site.visitor().with("host", host(origin));
        kim.log_in("kim@example.com").await;
        let page = kim.post("/uploads", &[("purpose", "avatar")]).await.text().replace("&#x2f;", "/");
        assert!(page.contains(&format!("value=\"{origin}/uploads/")), "{page}");
        assert!(!page.contains(&format!("{other}/uploads/")), "{page}");
        let next = |next: String| json!({ "username": "kim@example.com", "password": PASSWORD, "next": next });
        let mut kim = kim.json();
        let own = kim.post_json("/login", next(format!("{origin}/profile"))).await;
        assert_eq!(own.json()["next"], "/profile");
        let others = kim.post_json("/login", next(format!("{other}/profile"))).await;
        assert_eq!(others.json()["next"], "/", "to no page of {other}");
    }
    let mut lee = site.visitor().with("host", host(ADMIN)).with("origin", ADMIN);
    lee.ask_for_reset("kim@example.com").await;
    site.deliver_mail().await;
    let mail = site.mails_to("kim@example.com").await.pop().unwrap();
    assert!(mail.text.contains(SITE) && !mail.text.contains("admin.localhost"), "{}", mail.text);
}

/// What a request is told of itself.
async fn told(cx: Context) -> Result<Response> {
    let told = json!({ "admits": cx.admits_admin(), "is_admin_host": cx.is_admin_host(), "url": cx.site_url("/") });
    Response::json(StatusCode::OK, &told)
}

async fn ask(site: &Site, headers: &[(&str, &str)]) -> Answer {
    let routes = Arc::new(Routes::new().get("/told", Allow::ANYONE, told));
    let headers = [&[("accept", "application/json")][..], headers].concat();
    site.answer_by(&routes, &site.program(), Sent { method: "GET", path: "/told", headers: &headers, body: "" }).await
}

#[tokio::test]
async fn it_is_open_at_its_host_to_its_networks() {
    // Every request of a test's own routes comes from 192.0.2.1.
    for (networks, from_here) in [("", true), ("192.0.2.0/24", true), ("203.0.113.0/24, 2001:db8::/32", false)] {
        let site = site(&[("ADMIN_ENABLED", "true"), ("ADMIN_ALLOWED_NETWORKS", networks)]).await;
        let forged = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7;host=admin.localhost:8000")];
        for (origin, is_admin) in [(SITE, false), (ADMIN, true)] {
            let headers = [&forged[..], &[("host", host(origin)), ("x-forwarded-host", host(ADMIN))]].concat();
            let answer = ask(&site, &headers).await.json();
            let expected = json!({
                "admits": is_admin && from_here, "is_admin_host": is_admin, "url": format!("{origin}/"),
            });
            assert_eq!(answer, expected, "{networks} {origin}");
        }
    }
    let off = site(&[]).await;
    assert_eq!(ask(&off, &[("host", host(ADMIN))]).await.json()["admits"], false);
}

#[tokio::test]
async fn behind_the_distribution_it_says_which_host_that_is() {
    let settings = [
        ("PUBLIC_URL", "https://example.com"),
        ("ADMIN_URL", "https://admin.example.com"),
        ("ADMIN_ENABLED", "true"),
        ("ADMIN_ALLOWED_NETWORKS", "203.0.113.0/24"),
        ("ORIGIN_SECRET", SECRET),
    ];
    let site = site(&settings).await;
    let gateway = ("host", "abc.execute-api.us-east-1.amazonaws.com");
    let secret = ("x-origin-secret", SECRET);
    let address = ("x-viewer-address", "203.0.113.7");
    let answer = ask(&site, &[gateway, secret, address, ("x-viewer-host", "admin.example.com")]).await.json();
    let expected = json!({ "admits": true, "is_admin_host": true, "url": "https://admin.example.com/" });
    assert_eq!(answer, expected);
    for headers in [
        &[gateway, secret, address, ("x-viewer-host", "example.com")][..],
        // An older distribution, or one of another kind: no host is named.
        &[gateway, secret, address],
        &[("host", "admin.example.com"), secret, address],
    ] {
        let expected = json!({ "admits": false, "is_admin_host": false, "url": "https://example.com/" });
        assert_eq!(ask(&site, headers).await.json(), expected, "{headers:?}");
    }
    let elsewhere = [gateway, secret, ("x-viewer-address", "198.51.100.7"), ("x-viewer-host", "admin.example.com")];
    assert_eq!(ask(&site, &elsewhere).await.json()["admits"], false);
    let past = [("host", "admin.example.com"), address, ("x-viewer-host", "admin.example.com")];
    assert_eq!(ask(&site, &past).await.status, 403);
}

#[test]
fn the_distribution_and_every_function_know_both_hosts() {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let resolver = |parameters: &[(&str, &str)]| {
        let resolver = Resolver::local().parameter("PublicUrl", "https://www.example.org");
        parameters.iter().fold(resolver, |resolver, (name, value)| resolver.parameter(*name, *value))
    };
    let both = [("AdminUrl", "https://admin.example.org"), ("CertificateArn", "arn:aws:acm:x")];
    for (parameters, aliases, url) in [
        (&[][..], Value::Null, ""),
        (&both[1..], json!(["www.example.org"]), ""),
        (&both, json!(["www.example.org", "admin.example.org"]), "https://admin.example.org"),
    ] {
        let resolver = resolver(parameters)
            .attribute("StaticAccess.Id", "the-access-control")
            .attribute("StaticBucket.RegionalDomainName", "the-bucket.s3.us-east-1.amazonaws.com")
            .attribute("StaticEncoding.FunctionARN", "the-encoding")
            .attribute("ViewerHeaders.FunctionARN", "the-viewers-headers");
        let distribution = Template::properties(&text, &resolver, "Distribution").unwrap();
        assert_eq!(distribution["DistributionConfig"]["Aliases"], aliases, "{parameters:?}");
        let behavior = &distribution["DistributionConfig"]["DefaultCacheBehavior"];
        assert_eq!(
            behavior["FunctionAssociations"],
            json!([{ "EventType": "viewer-request", "FunctionARN": "the-viewers-headers" }])
        );
        for function in Template::load(&root().join("template.yaml"), &resolver).unwrap().functions {
            assert_eq!(function.environment["ADMIN_URL"], url, "{}", function.name);
        }
    }
}
