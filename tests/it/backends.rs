//! `AUTHENTICATION_BACKENDS`: the built-in ones, one of the site's own, and their order.

use std::sync::Arc;

use async_trait::async_trait;
use local::{Options, Stack};
use portico::accounts::{Backend, Credentials, Email, Identifier, Verdict};
use portico::{Context, Result};
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor, root, with_template};

/// A company's directory: it knows the passwords of its people, and who has left.
struct Directory;

const IN_DIRECTORY: &str = "known to the directory alone";

#[async_trait]
impl Backend for Directory {
    async fn authenticate(&self, cx: &Context, credentials: &Credentials) -> Result<Verdict> {
        let Some(email) = Email::parse(credentials.username.trim()) else { return Ok(Verdict::Pass) };
        if email.as_str().starts_with("left@") {
            return Ok(Verdict::Deny);
        }
        if credentials.password.expose() != IN_DIRECTORY {
            return Ok(Verdict::Pass);
        }
        let user = cx.store().find_user(&Identifier::Email(email.canonical())).await?;
        Ok(user.map_or(Verdict::Pass, Verdict::Accept))
    }
}

/// Lets people log in by the number on their badge, with the password of their account.
struct Badge;

impl Backend for Badge {
    fn identify(&self, name: &str) -> Option<Identifier> {
        name.strip_prefix("badge ").and_then(|number| Identifier::parse(&format!("employee{number}")))
    }
}

/// A site with the two, listed so.
fn listed(backends: &'static str) -> impl FnOnce(&mut Options) {
    move |options| {
        options.site.backends = vec![("directory", Arc::new(Directory)), ("badge", Arc::new(Badge))];
        options.settings.push(("AUTHENTICATION_BACKENDS".into(), backends.into()));
    }
}

async fn log_in(visitor: &mut Visitor<'_>, username: &str, password: &str) -> Answer {
    visitor.post_json("/login", json!({ "username": username, "password": password })).await
}

async fn sign_up(site: &Site, email: &str, username: &str) -> Value {
    let body = json!({ "email": email, "username": username, "password1": PASSWORD, "password2": PASSWORD });
    site.program().post_json("/signup", body).await.json()["user"].clone()
}

/// The backend that the one session there is stands by.
fn backend(site: &Site) -> Value {
    let sessions = site.sessions();
    assert_eq!(sessions.len(), 1);
    sessions[0]["backend"]["S"].clone()
}

#[tokio::test]
async fn the_session_knows_which_backend_said_who_this_is() {
    for (name, expected) in [("kim@example.com", "email"), ("kim", "username")] {
        let site = Site::start().await;
        sign_up(&site, "kim@example.com", "kim").await;
        assert_eq!(log_in(&mut site.program(), name, PASSWORD).await.status, 200);
        assert_eq!(backend(&site), expected);
    }
}

#[tokio::test]
async fn what_is_not_on_the_list_logs_nobody_in() {
    let site = Site::start_with(listed("email")).await;
    sign_up(&site, "kim@example.com", "kim").await;
    assert_eq!(log_in(&mut site.program(), "kim", PASSWORD).await.status, 401);
    assert_eq!(log_in(&mut site.program(), "kim@example.com", IN_DIRECTORY).await.status, 401);
    assert_eq!(log_in(&mut site.program(), "kim@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_refusal_costs_the_same_whatever_the_list_and_whoever_is_asked_for() {
    // Eight passes cost at least this much on any machine: an answer that is faster has computed no hash.
    const LEAST_MS: f64 = 20.0;
    for list in ["email,username", "username,email", "email", "directory,email,username", "badge,email", "directory"] {
        let site = Site::start_with(|options| {
            listed(list)(options);
            options.settings.push(("ARGON2_ITERATIONS".into(), "8".into()));
        })
        .await;
        sign_up(&site, "kim@example.com", "kim").await;
        for name in
            ["kim@example.com", "kim", "nobody@example.com", "nobody", "not a name", "badge 7", "left@x.example"]
        {
            let answer = log_in(&mut site.program(), name, "wrong wrong wrong").await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_login"), "{list}: {name}");
            let cost = answer.cost();
            let cost = (cost.calls, cost.trips, cost.read_units, cost.write_units);
            assert_eq!(cost, (6, 2, 2.0, 4.0), "{list}: {name}");
            assert!(answer.line().0["duration_ms"].as_f64().unwrap() > LEAST_MS, "{list}: {name}: no hash");
        }
    }
}

#[tokio::test]
async fn the_first_backend_that_accepts_wins_and_the_others_are_asked_in_their_order() {
    let site = Site::start_with(listed("directory,email,username")).await;
    sign_up(&site, "kim@example.com", "kim").await;
    assert_eq!(log_in(&mut site.program(), "kim@example.com", IN_DIRECTORY).await.json()["user"]["username"], "kim");
    assert_eq!(backend(&site), "directory");

    let site = Site::start_with(listed("directory,email,username")).await;
    sign_up(&site, "kim@example.com", "kim").await;
    assert_eq!(log_in(&mut site.program(), "kim@example.com", PASSWORD).await.status, 200, "what it passes on");
    assert_eq!(backend(&site), "email");
    assert_eq!(log_in(&mut site.program(), "kim", IN_DIRECTORY).await.status, 401, "it knows addresses alone");
    assert_eq!(log_in(&mut site.program(), "nobody@example.com", IN_DIRECTORY).await.status, 401);
}

#[tokio::test]
async fn a_backend_can_deny_for_all_that_follow_it() {
    for (list, status) in [("directory,email", 401), ("email,directory", 200)] {
        let site = Site::start_with(listed(list)).await;
        sign_up(&site, "left@example.com", "").await;
        let answer = log_in(&mut site.program(), "left@example.com", PASSWORD).await;
        assert_eq!(answer.status.as_u16(), status, "{list}");
        assert_eq!(log_in(&mut site.program(), "left@example.com", "wrong wrong wrong").await.status, 401, "{list}");
    }
}

#[tokio::test]
async fn whoever_a_backend_accepts_must_be_active() {
    let site = Site::start_with(listed("directory,email")).await;
    let user = sign_up(&site, "kim@example.com", "").await;
    site.amend(&user["id"], "is_active", json!({ "BOOL": false }));
    let answer = log_in(&mut site.program(), "kim@example.com", IN_DIRECTORY).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_login"));
    assert!(site.sessions().is_empty());
}

#[tokio::test]
async fn a_backend_can_say_whose_a_name_is_and_leave_the_rest_to_the_password() {
    let site = Site::start_with(listed("badge,email,username")).await;
    sign_up(&site, "kim@example.com", "employee7").await;
    assert_eq!(log_in(&mut site.program(), "badge 7", "wrong wrong wrong").await.status, 401);
    let answer = log_in(&mut site.program(), "badge 7", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.cost().calls, answer.cost().trips), (200, 13, 3));
    assert_eq!(backend(&site), "badge");
}

#[tokio::test]
async fn a_backend_that_is_taken_off_the_list_takes_its_sessions_along() {
    let site = Site::start_with(listed("email,username")).await;
    let mut kim = site.member("kim@example.com").await;
    let mut session = site.sessions().remove(0);
    session["backend"] = json!({ "S": "directory" });
    site.put("sessions", &session);
    assert!(kim.clone().whoami().await.is_null());
    session["backend"] = json!({ "S": "username" });
    site.put("sessions", &session);
    assert_eq!(kim.whoami().await["email"], "kim@example.com", "another one of the list is as good");
}

async fn start_error(settings: &[(&str, &str)]) -> String {
    let mut options = Options::in_memory(root());
    options.site.backends = vec![("directory", Arc::new(Directory))];
    options.set(settings);
    match Stack::start(options).await {
        Ok(_) => panic!("{settings:?} is accepted"),
        Err(error) => portico::log::chain(&error),
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_meant_stops_the_start_and_says_what_is_accepted() {
    let error = start_error(&[("AUTHENTICATION_BACKENDS", "email,ldap")]).await;
    assert!(error.contains("AUTHENTICATION_BACKENDS accepts email, username, directory"), "{error}");
    for list in ["", " , ", "email,email"] {
        let error = start_error(&[("AUTHENTICATION_BACKENDS", list)]).await;
        assert!(error.contains("AUTHENTICATION_BACKENDS accepts names of backends, each once"), "{list}: {error}");
    }
    let error = start_error(&[("AUTHENTICATION_BACKENDS", "email"), ("USERNAME_FIELD", "username")]).await;
    assert!(error.contains("AUTHENTICATION_BACKENDS lacks username"), "{error}");
    let error = start_error(&[("USERNAME_FIELD", "phone")]).await;
    assert!(error.contains("USERNAME_FIELD accepts email or username"), "{error}");
    let error = start_error(&[("REQUIRED_FIELDS", "first_name,shoe_size")]).await;
    assert!(
        error.contains("REQUIRED_FIELDS accepts names of sign-up fields") && error.contains("first_name"),
        "{error}"
    );
}

/// A directory that does not answer, or says whose password it was.
struct Distant(std::sync::atomic::AtomicBool);

#[async_trait]
impl Backend for Distant {
    async fn authenticate(&self, _: &Context, _: &Credentials) -> Result<Verdict> {
        if self.0.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(Verdict::Pass);
        }
        Err(portico::Error::unavailable("the directory does not answer"))
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_no_wrong_password() {
    let distant = Arc::new(Distant(false.into()));
    let site = Site::start_with(|options| {
        options.site.backends = vec![("distant", distant.clone())];
        options.settings.push(("AUTHENTICATION_BACKENDS".into(), "distant,email".into()));
    })
    .await;
    sign_up(&site, "kim@example.com", "").await;
    for _ in 0..8 {
        for password in [PASSWORD, "wrong wrong wrong"] {
            let answer = log_in(&mut site.program(), "kim@example.com", password).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        }
    }
    distant.0.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(log_in(&mut site.program(), "kim@example.com", PASSWORD).await.status, 200);

    let (site, faults) = Site::with_faults(&[]).await;
    sign_up(&site, "kim@example.com", "").await;
    let mut program = site.program();
    let token = program.csrf_token().await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    for _ in 0..8 {
        faults.on("GetItem", "USER#", crate::site::Fault::internal());
        let answer = program.clone().send_with(&token, http::Method::POST, "/login", body.clone()).await;
        assert_eq!(answer.status, 503);
        faults.clear();
    }
    assert_eq!(program.send_with(&token, http::Method::POST, "/login", body).await.status, 200);
}

#[tokio::test]
async fn whoever_has_a_password_elsewhere_alone_proves_that_one() {
    // What a backend reads must be permitted wherever a password is proven.
    let folder = with_template(|template| {
        let own = "            - Sid: LookUpWhoTheDirectoryNames\n              Effect: Allow\n              Action: dynamodb:GetItem\n              \
                   Resource: !GetAtt AccountsTable.Arn\n";
        let before = "            - Sid: ListTheLastLoginsForTheirUser";
        template.replacen(before, &format!("{own}{before}"), 1)
    });
    let site = Site::start_with(|options| {
        listed("directory,email")(options);
        options.root = folder.path().into();
    })
    .await;
    let kim = sign_up(&site, "kim@example.com", "").await;
    let mut browser = site.program();
    assert_eq!(log_in(&mut browser, "kim@example.com", IN_DIRECTORY).await.status, 200);
    site.amend(&kim["id"], "password", json!({ "S": "!imported" }));
    let refused = browser.post_json("/profile/export", json!({ "password": PASSWORD })).await;
    assert_eq!((refused.status.as_u16(), refused.field("password")), (422, vec!["password_unusable".to_owned()]));
    let page = browser.clone().html().post("/profile/export", &[("password", PASSWORD)]).await.text();
    assert!(page.contains("href=\"/password/reset\""), "{page}");
    let answer = browser.post_json("/profile/export", json!({ "password": IN_DIRECTORY })).await;
    assert_eq!(answer.header("content-type"), "application/zip");
    let body = json!({ "password": IN_DIRECTORY, "confirm": true });
    assert_eq!(browser.post_json("/profile/delete", body).await.status, 200);
}
