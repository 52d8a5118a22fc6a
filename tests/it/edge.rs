//! Behind the distribution: whose request it is, and that nobody comes another way.

use crate::site::{PASSWORD, Site, Visitor};

const SECRET: &str = "the distribution knows this, and nobody else";
const OLDER: &str = "this is what it knew before that was rotated";

async fn behind_the_distribution(more: &[(&str, &str)]) -> Site {
    let settings = [("ORIGIN_SECRET", SECRET), ("ORIGIN_SECRET_FALLBACKS", OLDER)];
    Site::start_with(|options| {
        let settings = settings.iter().chain(more);
        options.settings = settings.map(|(name, value)| ((*name).into(), (*value).into())).collect();
    })
    .await
}

/// Somebody at this address, whose requests come through the distribution.
fn through<'a>(visitor: &Visitor<'a>, secret: &str, address: &str) -> Visitor<'a> {
    visitor.clone().with("x-origin-secret", secret).with("x-viewer-address", address)
}

#[tokio::test]
async fn the_viewers_address_is_the_networks() {
    let site = behind_the_distribution(&[("SIGNUP_NETWORK_RATE", "1/h")]).await;
    let program = site.program();
    for (address, status) in [
        ("203.0.113.7", 201),
        ("203.0.113.7", 429),
        ("203.0.113.8", 201),
        ("2001:db8:1:2::1", 201),
        ("2001:db8:1:2::2", 429),
        // What is no address is the edge's.
        ("nonsense", 201),
        ("nonsense of another kind", 429),
    ] {
        let email = format!("kim{}@example.com", site.accounts().len());
        let body = serde_json::json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
        let answer = through(&program, SECRET, address).post_json("/signup", body).await;
        assert_eq!(answer.status.as_u16(), status, "{address}: {}", answer.text());
    }
}

#[tokio::test]
async fn it_is_noted_and_told_as_the_clients() {
    let site = behind_the_distribution(&[]).await;
    let mut kim = through(&site.program(), OLDER, "2001:db8::7");
    let user = kim.sign_up("kim@example.com").await;
    kim.log_in("kim@example.com").await;
    assert_eq!(site.user(&user["id"])["last_login_ip"]["S"], "2001:db8::7");
    assert_eq!(kim.get("/profile").await.line().0["address"], "2001:db8::7");
}

#[tokio::test]
async fn who_comes_past_the_distribution_is_refused() {
    let site = behind_the_distribution(&[]).await;
    for secret in
        [None, Some(""), Some("the distribution knows this"), Some("THE DISTRIBUTION KNOWS THIS, AND NOBODY ELSE")]
    {
        let mut visitor = site.program().with("x-viewer-address", "203.0.113.7");
        if let Some(secret) = secret {
            visitor = visitor.with("x-origin-secret", secret);
        }
        for path in ["/", "/login", "/csrf", "/profile", "/nowhere"] {
            let answer = visitor.get(path).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (403, "permission_denied"),
                "{secret:?} {path}"
            );
            assert_eq!(answer.cost().calls, 0);
            assert_eq!(answer.line().0["address"], "192.0.2.1", "the log has what the gateway saw");
        }
        assert_eq!(visitor.html().get("/").await.status, 403);
    }
}

#[tokio::test]
async fn without_a_distribution_its_headers_are_nobodys() {
    let site = Site::start().await;
    let mut kim = through(&site.program(), SECRET, "203.0.113.7");
    let user = kim.sign_up("kim@example.com").await;
    kim.log_in("kim@example.com").await;
    assert_eq!(site.user(&user["id"])["last_login_ip"]["S"], "192.0.2.1");
}
