//! Hooks of the site: when they run, what they are told, and what becomes of their mistakes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use portico::accounts::{Backend, Credentials, Failure, Hooks, Scope, User, Verdict};
use portico::{BoxError, Context};
use serde_json::json;

use crate::site::{PASSWORD, Site, log};

/// Notes what it is told.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    /// What was noted since somebody asked last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Hooks for Recorder {
    async fn on_login(&self, cx: &Context, user: &User, backend: &str) -> Result<(), BoxError> {
        let here = cx.user().await?.map(|user| user.email.as_str().to_owned());
        assert_eq!(here.as_deref(), Some(user.email.as_str()), "the request is already theirs");
        self.note(format!("{} logged in by {backend} from {}", user.email.as_str(), cx.client_address()));
        Ok(())
    }

    async fn on_login_failed(&self, _: &Context, name: &str, failure: Failure) -> Result<(), BoxError> {
        self.note(format!("{name}: {failure:?}"));
        Ok(())
    }

    async fn on_logout(&self, cx: &Context, user: &User, scope: Scope) -> Result<(), BoxError> {
        assert!(cx.user().await?.is_none(), "the request is nobody's any more");
        self.note(format!("{} logged out {scope:?}", user.email.as_str()));
        Ok(())
    }

    async fn on_user_created(&self, _: &Context, user: &User) -> Result<(), BoxError> {
        self.note(format!("{} signed up", user.email.as_str()));
        Ok(())
    }
}

async fn with(hooks: Vec<Arc<dyn Hooks>>, settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.site.hooks = hooks;
        options.set(settings);
    })
    .await
}

#[tokio::test]
async fn they_hear_of_all_that_happens_to_an_account() {
    let recorder = Arc::new(Recorder::default());
    let site = with(vec![recorder.clone()], &[]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    assert_eq!(recorder.take(), ["kim@example.com signed up"]);
    let taken = json!({ "email": "KIM@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(kim.post_json("/signup", taken).await.status, 422);
    assert_eq!(recorder.take(), [""; 0], "nobody was created");

    for name in ["kim@example.com", "nobody@example.com", "not a name"] {
        let body = json!({ "username": name, "password": "wrong wrong wrong" });
        assert_eq!(kim.post_json("/login", body).await.status, 401);
        assert_eq!(recorder.take(), [format!("{name}: Refused")]);
    }
    assert_eq!(kim.post_json("/login", json!({ "username": "kim@example.com" })).await.status, 422);
    assert_eq!(recorder.take(), [""; 0], "a form that is not filled in is no attempt");

    kim.log_in("kim@example.com").await;
    assert_eq!(recorder.take(), ["kim@example.com logged in by email from 192.0.2.1"]);
    kim.get("/profile").await;
    kim.post_json("/logout", json!({})).await;
    assert_eq!(recorder.take(), ["kim@example.com logged out Here"]);
    kim.post_json("/logout", json!({})).await;
    assert_eq!(recorder.take(), [""; 0], "nobody was there");
    kim.log_in("kim@example.com").await;
    recorder.take();
    kim.post_json("/logout/all", json!({})).await;
    assert_eq!(recorder.take(), ["kim@example.com logged out Everywhere"]);
}

/// Does everything wrong that a hook can do.
struct Broken;

#[async_trait]
impl Hooks for Broken {
    async fn on_login(&self, _: &Context, _: &User, _: &str) -> Result<(), BoxError> {
        std::future::pending().await
    }

    async fn on_login_failed(&self, _: &Context, _: &str, _: Failure) -> Result<(), BoxError> {
        Err("no".into())
    }

    async fn on_logout(&self, _: &Context, _: &User, _: Scope) -> Result<(), BoxError> {
        panic!("a mistake of the site")
    }

    async fn on_user_created(&self, _: &Context, _: &User) -> Result<(), BoxError> {
        Err("no".into())
    }
}

#[tokio::test]
async fn a_broken_hook_undoes_nothing_and_the_next_one_runs() {
    let recorder = Arc::new(Recorder::default());
    let site = with(vec![Arc::new(Broken), recorder.clone()], &[("HOOK_TIMEOUT_MS", "10")]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let body = |password| json!({ "username": "kim@example.com", "password": password });
    let refused = kim.post_json("/login", body("wrong wrong wrong")).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "invalid_login"));
    let logged_in = kim.post_json("/login", body(PASSWORD)).await;
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    let logged_out = kim.post_json("/logout", json!({})).await;
    assert_eq!((logged_in.status.as_u16(), logged_out.status.as_u16()), (200, 200));
    assert!(kim.whoami().await.is_null());
    assert_eq!(recorder.take().len(), 4);

    for (answer, hook, error) in [
        (refused, "on_login_failed", "no"),
        (logged_in, "on_login", "it took longer than 10 ms"),
        (logged_out, "on_logout", "it panicked: a mistake of the site"),
    ] {
        let id = answer.header("x-request-id");
        let line = log::lines().into_iter().find(|line| line.contains(id) && line.contains("a hook failed"));
        let line: serde_json::Value = serde_json::from_str(&line.expect(hook)).unwrap();
        assert_eq!((&line["hook"], &line["error"], &line["level"]), (&json!(hook), &json!(error), &json!("ERROR")));
    }
}

/// Has no time for anybody.
struct Busy;

#[async_trait]
impl Backend for Busy {
    async fn authenticate(&self, _: &Context, _: &Credentials) -> portico::Result<Verdict> {
        Err(portico::Error::Throttled(30))
    }
}

#[tokio::test]
async fn they_hear_of_attempts_that_were_not_even_looked_at() {
    let recorder = Arc::new(Recorder::default());
    let site = Site::start_with(|options| {
        options.site.hooks = vec![recorder.clone()];
        options.site.backends = vec![("busy", Arc::new(Busy))];
        options.settings.push(("AUTHENTICATION_BACKENDS".into(), "busy,email".into()));
    })
    .await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    let answer = site.program().post_json("/login", body).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "30"));
    assert_eq!(recorder.take(), ["kim@example.com: Throttled"]);
}

/// Greets people, and keeps in their session that it did.
struct Welcome;

#[async_trait]
impl Hooks for Welcome {
    async fn on_login(&self, cx: &Context, _: &User, _: &str) -> Result<(), BoxError> {
        cx.session().await?.set("welcomed", true)?;
        cx.messages().success("login-done");
        Ok(())
    }
}

#[tokio::test]
async fn what_a_hook_sets_is_part_of_the_request() {
    let site = with(vec![Arc::new(Welcome)], &[]).await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let form = [("username", "kim@example.com"), ("password", PASSWORD)];
    assert_eq!(kim.post("/login", &form).await.status, 303);
    assert_eq!(site.sessions()[0]["data"]["M"]["welcomed"]["BOOL"], true);
    assert_eq!(kim.get("/").await.text().matches("class=\"message ").count(), 2);
}

#[tokio::test]
async fn they_hear_of_a_right_password_whose_owner_has_not_proven_the_address() {
    let recorder = Arc::new(Recorder::default());
    let site = with(vec![recorder.clone()], &[("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    recorder.take();
    let body = json!({ "username": " KIM@example.com", "password": PASSWORD });
    assert_eq!(kim.post_json("/login", body).await.code(), "invalid_login");
    assert_eq!(recorder.take(), ["KIM@example.com: Unverified"]);
}
