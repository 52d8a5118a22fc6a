//! Hashes of Django's: their owners log in, and have one of ours from then on.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::Method;
use portico::accounts::password::{Cost, Costs, Kind, Work};
use portico::accounts::{Failure, Hooks, Password, PasswordHash};
use portico::clock::SystemClock;
use portico::config::aws::AwsSettings;
use portico::rng::SystemRng;
use portico::static_files::Assets;
use portico::{App, BoxError, Context, Parts};
use serde_json::{Value, json};

use super::django;
use crate::site::{Fault, PASSWORD, Site};

/// The hash that is stored.
fn hash(site: &Site, id: &Value) -> String {
    site.user(id)["password"]["S"].as_str().unwrap().to_owned()
}

fn login(password: &str) -> Value {
    json!({ "username": "kim@example.com", "password": password })
}

#[tokio::test]
async fn people_keep_their_passwords_and_get_a_better_hash() {
    let site = Site::start().await;
    let mut kim = site.program();
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    for (password, old) in django() {
        site.amend(&id, "password", json!({ "S": old }));
        let before = site.user(&id);
        let answer = site.program().post_json("/login", login("wrong wrong wrong")).await;
        assert_eq!((answer.status.as_u16(), hash(&site, &id)), (401, old.clone()), "a wrong password changes nothing");
        let first = site.program().post_json("/login", login(&password)).await;
        assert_eq!(first.status, 200, "{old}: {}", first.text());
        let new = hash(&site, &id);
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{old} became {new}");
        let others = |mut user: Value| {
            user.as_object_mut()
                .unwrap()
                .retain(|name, _| !["password", "last_login", "last_login_ip", "login_count"].contains(&&**name));
            user
        };
        assert_eq!(others(site.user(&id)), others(before), "nothing else has changed");
        // From now on it is a log-in like any other.
        let second = site.program().post_json("/login", login(&password)).await;
        assert_eq!((second.status.as_u16(), hash(&site, &id)), (200, new));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn where_people_visit_passwords_are_hashed_by_threads_that_step_back() {
    let site = Site::start_with(|options| options.address = Some(([127, 0, 0, 1], 0).into())).await;
    site.program().sign_up("kim@example.com").await;
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    let names: Vec<_> = tasks.flatten().filter_map(name).collect();
    assert!(names.iter().any(|name| name == "hashing\n"), "{names:?}");
}

#[tokio::test]
async fn an_upgrade_is_one_write_on_the_hash_that_was_verified() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    let (password, old) = django().swap_remove(3);
    site.amend(&id, "password", json!({ "S": old }));
    faults.clear();
    for upgrades in [1, 0] {
        assert_eq!(site.program().post_json("/login", login(&password)).await.status, 200);
        let calls = faults.calls();
        faults.clear();
        let calls: Vec<_> =
            calls.iter().filter(|call| call.name == "UpdateItem" && call.holds("\"password\"")).collect();
        assert_eq!(calls.len(), upgrades);
        for call in calls {
            let condition = call.body["ConditionExpression"].as_str().unwrap();
            assert!(condition.contains(" = ") && call.holds(&old), "{}", call.body);
        }
    }
}

#[tokio::test]
async fn a_hash_at_another_cost_is_upgraded() {
    let site = Site::start_with(|options| options.settings.push(("ARGON2_ITERATIONS".into(), "3".into()))).await;
    let mut kim = site.program();
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    // Of PASSWORD, at the cost of another time.
    let old = "$argon2id$v=19$m=512,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$oloaeiaHinmEJYjuj7hn1DEOOhmV/zghlONUfZsVmSY";
    site.amend(&id, "password", json!({ "S": old }));
    kim.log_in("kim@example.com").await;
    assert!(hash(&site, &id).starts_with("$argon2id$v=19$m=19456,t=3,p=1$"));
}

#[tokio::test]
async fn an_upgrade_that_fails_keeps_nobody_out() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    let (password, old) = django().swap_remove(0);
    site.amend(&id, "password", json!({ "S": old }));
    let token = kim.csrf_token().await;
    // The first change of an item in the accounts' table is the upgrade.
    for fault in [Fault::error("ValidationException"), Fault::error("ConditionalCheckFailedException")] {
        faults.clear();
        faults.on("UpdateItem", "\"password\"", fault);
        let answer = kim.clone().send_with(&token, Method::POST, "/login", login(&password)).await;
        assert_eq!((answer.status.as_u16(), hash(&site, &id)), (200, old.clone()), "{}", answer.text());
    }
    faults.clear();
    assert_eq!(kim.send_with(&token, Method::POST, "/login", login(&password)).await.status, 200);
    assert!(hash(&site, &id).starts_with("$argon2id$"), "it is tried again");
}

#[tokio::test]
async fn what_is_no_hash_lets_nobody_in() {
    // More tries than one account is given.
    let site = Site::start_with(|options| options.settings.push(("THROTTLE_ENABLED".into(), "false".into()))).await;
    let mut kim = site.program();
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    let texts =
        ["!", "!abc", "", "plain", "md5$salt$hash", "pbkdf2_sha256$1000000000000$a$b", "scrypt$1099511627776$a$8$5$b"];
    for text in texts {
        site.amend(&id, "password", json!({ "S": text }));
        for password in [PASSWORD, text, "!"] {
            if password.is_empty() {
                continue;
            }
            let answer = site.program().post_json("/login", login(password)).await;
            assert_eq!(answer.status, 401, "{text} {password}");
        }
        assert_eq!(hash(&site, &id), text);
    }
}

#[tokio::test]
async fn a_process_knows_from_its_start_what_hashes_there_are() {
    let site = Site::start().await;
    let accepted = &site.stack.app().config().passwords.hashers;
    let mut costs = Costs::default();
    for (_, hash) in django() {
        costs = costs.or_more(Costs::of(&PasswordHash::from_stored(hash), accepted).unwrap());
    }
    let store = site.stack.app().store(Arc::default());
    assert_eq!(store.hash_costs().await.unwrap(), Costs::default());
    store.note_hash_costs(costs).await.unwrap();
    store.note_hash_costs(costs).await.unwrap();
    assert_eq!(store.hash_costs().await.unwrap(), costs);
    // What is cheaper changes nothing, what is dearer does.
    let mut more = Costs::default();
    more.raise(Kind::Pbkdf2Sha256, Cost { work: 2_000, memory: 0 });
    more.raise(Kind::Bcrypt, Cost { work: 1, memory: 0 });
    store.note_hash_costs(more).await.unwrap();
    assert_eq!(store.hash_costs().await.unwrap(), costs.or_more(more));

    let aws = AwsSettings { dynamodb_endpoint: Some(site.stack.dynamodb().url()), ..aws() };
    let config = site.stack.app().config().clone();
    let (clock, rng) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let (site, assets) = (portico::site::site(), Assets::Plain);
    let parts =
        Parts { config, aws: &aws, clock, rng, site, assets, has_tables: true, hashing: None, first_page: None };
    let app = Box::pin(App::build(parts)).await.unwrap();
    assert!(!app.hasher().verify(Password::new("x"), None).await.unwrap());
    let work = app.hasher().work();
    assert_eq!(work.get(Kind::Own), 19_456 * 2);
    assert_eq!(work.get(Kind::Pbkdf2Sha256), 2_000);
    assert_eq!(work.get(Kind::Bcrypt), 16);
    assert_eq!(work.get(Kind::Scrypt), costs.get(Kind::Scrypt).work);
}

/// Notes how much hashing was done by the time of each refusal, and why it was one.
#[derive(Default)]
struct Refusals(Mutex<Vec<(Work, Failure)>>);

#[async_trait]
impl Hooks for Refusals {
    async fn on_login_failed(&self, cx: &Context, _: &str, failure: Failure) -> Result<(), BoxError> {
        self.0.lock().unwrap().push((cx.app().hasher().work(), failure));
        Ok(())
    }
}

#[tokio::test]
async fn the_right_password_of_an_address_that_is_not_proven_costs_what_a_wrong_one_does() {
    let refusals = Arc::new(Refusals::default());
    let hooks = refusals.clone();
    let site = Site::start_with(|options| {
        options.site.hooks = vec![hooks];
        let settings = [("ACCOUNT_EMAIL_VERIFICATION", "mandatory"), ("THROTTLE_ENABLED", "false")];
        options.settings.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    })
    .await;
    let (password, old) =
        django().into_iter().find(|(password, old)| password.is_ascii() && old.starts_with("pbkdf2_sha256$")).unwrap();
    let mut ids = Vec::new();
    for email in ["imported@example.com", "free@example.com"] {
        let form = json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
        let answer = site.program().post_json("/signup", form).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        ids.push(answer.json()["user"]["id"].clone());
    }
    site.amend(&ids[0], "password", json!({ "S": old }));
    for (email, password) in [
        // From here on the process knows that there is such a hash.
        ("imported@example.com", "wrong wrong wrong"),
        ("imported@example.com", "wrong wrong wrong"),
        ("imported@example.com", &*password),
        ("free@example.com", PASSWORD),
        ("free@example.com", "wrong wrong wrong"),
        ("nobody@example.com", PASSWORD),
    ] {
        let answer = site.program().post_json("/login", json!({ "username": email, "password": password })).await;
        assert_eq!(answer.status, 401, "{email}");
    }
    let refusals = refusals.0.lock().unwrap();
    let works: Vec<_> = refusals.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(works[0].get(Kind::Own) > 0 && works[0].get(Kind::Pbkdf2Sha256) > 0, "{works:?}");
    assert!(works.iter().all(|work| *work == works[0]), "{works:?}");
    let right: Vec<_> = refusals.iter().map(|(_, failure)| *failure == Failure::Unverified).collect();
    assert_eq!(right, [false, false, true, true, false, false]);
    assert_eq!(hash(&site, &ids[0]), old, "it is hashed anew when somebody is let in");
}

/// An account with AWS that is none.
fn aws() -> AwsSettings {
    let vars = |name: &str| {
        matches!(name, "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY").then(|| "local".to_owned())
    };
    let plain = aws_smithy_http_client::Builder::new().build_http();
    AwsSettings { http_client: Some(plain), ..AwsSettings::from_vars(vars).unwrap() }
}
