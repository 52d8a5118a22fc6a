//! Where addresses must be proven: nobody logs in without, and nobody learns who has an account.

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::{Value, json};

use super::guards;
use crate::site::{Answer, PASSWORD, Site, Visitor};

async fn strict() -> Site {
    Site::uncounted(&[("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]).await
}

fn form(email: &str, username: &str) -> Value {
    json!({ "email": email, "username": username, "password1": PASSWORD, "password2": PASSWORD })
}

/// Proves the address by the newest link.
async fn confirm(site: &Site, email: &str) {
    let link = site.link_to(email, "/email/confirm/").await;
    let mut phone = site.visitor();
    phone.follow(&link).await;
    assert_eq!(phone.post("/email/confirm", &[]).await.status, 303);
}

/// What somebody sees of an answer: everything but what is new in each.
fn seen(answer: &Answer) -> (u16, String, Value, Vec<String>) {
    let mut body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    if let Some(user) = body.get_mut("user").and_then(Value::as_object_mut) {
        for (name, value) in user.iter_mut().filter(|(name, _)| ["id", "date_joined", "email"].contains(&name.as_str()))
        {
            assert!(value.is_string(), "{name}");
            *value = Value::Null;
        }
    }
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("request_id");
    }
    let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    (answer.status.as_u16(), answer.header("location").to_owned(), body, headers)
}

#[tokio::test]
async fn the_right_password_is_refused_until_the_address_is_proven() {
    let site = strict().await;
    let mut kim = site.visitor().with("accept-language", "en");
    let form = [("email", "kim@example.com"), ("password1", PASSWORD), ("password2", PASSWORD)];
    assert_eq!(kim.post("/signup", &form).await.header("location"), "/login");
    assert!(kim.get("/login").await.text().contains("open the link in it"));
    site.deliver_mail().await;
    let log_in = [("username", "kim@example.com"), ("password", PASSWORD)];
    let answer = kim.post("/login", &log_in).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("Have you just signed up?"), "{}", answer.text());
    assert!(kim.whoami().await.is_null());
    assert_eq!(site.links_to("kim@example.com", "/email/confirm/").await.len(), 2, "another mail");
    let wrong = kim.post("/login", &[("username", "kim@example.com"), ("password", "wrong")]).await;
    assert!(wrong.text().contains("Have you just signed up?"), "everybody is told the same");
    assert_eq!(site.links_to("kim@example.com", "/email/confirm/").await.len(), 2, "and gets no mail for it");
    assert!(!kim.get("/login").await.text().contains("Have you just signed up?"));
    confirm(&site, "kim@example.com").await;
    assert_eq!(kim.post("/login", &log_in).await.status, 303);
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn a_log_in_does_not_tell_whether_the_sign_up_made_the_account() {
    let site = Site::start_with(|options| {
        let settings = [("ACCOUNT_EMAIL_VERIFICATION", "mandatory"), ("SIGNUP_NETWORK_RATE", "100/h")];
        options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    })
    .await;
    // Somebody has this one; proven, with another password.
    site.program().post_json("/signup", form("taken@example.com", "")).await;
    confirm(&site, "taken@example.com").await;
    let password = "another horse battery";
    let mut stories = Vec::new();
    for (host, email) in [(1, "taken@example.com"), (2, "free@example.com"), (3, "nobody@example.com")] {
        let mut attacker = site.program();
        attacker.address = std::net::SocketAddr::from(([198, 51, 100, host], 50_000));
        let sign_up =
            json!({ "email": email, "username": format!("name{host}"), "password1": password, "password2": password });
        if host != 3 {
            assert_eq!(attacker.post_json("/signup", sign_up).await.status, 201);
            site.deliver_mail().await;
        }
        let mut story = Vec::new();
        for round in 0..7 {
            let name = if round == 5 && host != 3 { format!("name{host}") } else { email.to_owned() };
            let answer = attacker.post_json("/login", json!({ "username": name, "password": password })).await;
            let cost = portico::meter::Cost { trips: 0, ..answer.cost() };
            let (status, _, mut body, headers) = seen(&answer);
            body["error"]["message"] = Value::Null;
            story.push(format!("{status} {body} {headers:?} {cost:?} {}", site.promised().len()));
            site.deliver_mail().await;
            let page = [("username", &*name), ("password", password)];
            let page = attacker.clone().html().post("/login", &page).await;
            let hint = page.text().contains("Have you just signed up?");
            story.push(format!("{} {hint}", page.status));
            site.deliver_mail().await;
        }
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1]);
    assert_eq!(stories[0][..10], stories[2][..10]);
    assert!(stories[0][0].starts_with("401") && stories[0][0].ends_with(" 1"), "{}", stories[0][0]);
    assert!(stories[0][8].starts_with("429") && stories[0][8].ends_with(" 0"), "{}", stories[0][8]);
    // The address is written to as often as its owner could have asked.
    let links = site.links_to("free@example.com", "/email/confirm/").await.len();
    assert!((2..=6).contains(&links), "{links}");
    assert!(site.links_to("taken@example.com", "/email/confirm/").await.len() == 1);
}

#[tokio::test]
async fn a_reset_by_mail_proves_it_too() {
    let site = strict().await;
    site.program().post_json("/signup", form("kim@example.com", "")).await;
    let mut kim = site.visitor();
    kim.ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    kim.follow(&link).await;
    assert_eq!(kim.set_password("staple battery horse").await.status, 303);
    assert!(kim.can_log_in(&site, "kim@example.com", "staple battery horse").await);
}

#[tokio::test]
async fn a_taken_address_is_answered_as_a_free_one() {
    let site = strict().await;
    assert_eq!(site.program().post_json("/signup", form("kim@example.com", "kim")).await.status, 201);
    confirm(&site, "kim@example.com").await;
    for (taken, free, username) in [
        ("KIM@example.com", "one@example.com", ""),
        ("kim@example.com", "two@example.com", "two"),
        ("kim@example.com", "six@example.com", "kim"),
        ("kim@example.com", "six@example.com", "a b"),
    ] {
        // A name that is free is kept by the first of them.
        let other = if username == "two" { "tw0" } else { username };
        let told = site.program().post_json("/signup", form(taken, other)).await;
        let new = site.program().post_json("/signup", form(free, username)).await;
        assert_eq!(
            format!("{:?}", seen(&told)).replace("tw0", "two"),
            format!("{:?}", seen(&new)),
            "{taken} {username}"
        );
        assert_eq!(as_dear(told.cost()), as_dear(new.cost()), "{taken} {username}");
        if told.status == 201 {
            assert_eq!(told.json()["user"]["email"], taken);
            assert_eq!(told.cost().calls, 2, "the guard, one transaction");
        }
    }
    for (taken, free, username) in
        [("kim@example.com", "three@example.com", ""), ("kim@example.com", "four@example.com", "four")]
    {
        let mut costs = Vec::new();
        for (email, username) in [(taken, username.replace('o', "0")), (free, username.to_owned())] {
            let page = [("email", email), ("username", &username), ("password1", PASSWORD), ("password2", PASSWORD)];
            let mut visitor = site.visitor().with("accept-language", "en");
            let answer = visitor.post("/signup", &page).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{email}");
            assert!(visitor.get("/login").await.text().contains("open the link in it"), "{email}");
            costs.push(answer.cost());
        }
        assert_eq!(as_dear(costs[0]), as_dear(costs[1]), "{username}");
    }
    let mails = site.mails_to("kim@example.com").await;
    let told = mails.iter().filter(|mail| mail.subject.contains("already"));
    assert_eq!(told.count(), 4, "the owner is told: {:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>());
    assert!(site.mails_to("KIM@example.com").await.is_empty(), "at the stored address alone");
    assert!(!site.mails_to("one@example.com").await.is_empty());
}

/// What of a cost takes time: an entry of the index is written after the answer.
fn as_dear(cost: Cost) -> (u32, u32, f64) {
    (cost.calls, cost.trips, cost.read_units)
}

#[tokio::test]
async fn a_user_name_does_not_tell_whether_the_address_was_taken() {
    let site = strict().await;
    site.program().post_json("/signup", form("kim@example.com", "")).await;
    confirm(&site, "kim@example.com").await;
    let mut stories = Vec::new();
    for (address, name) in [("kim@example.com", "one"), ("free@example.com", "two")] {
        let mut story = Vec::new();
        let mut tell = async |email: &str, name: &str| {
            let answer = site.program().post_json("/signup", form(email, name)).await;
            story.push((seen(&answer), as_dear(answer.cost())));
            answer.status.as_u16()
        };
        assert_eq!(tell(address, name).await, 201);
        assert_eq!(tell(&format!("{name}-a@example.com"), name).await, 422, "{address}: the name is kept");
        assert_eq!(tell(address, name).await, 422, "{address}");
        site.clock.advance(SignedDuration::from_hours(7 * 24) + SignedDuration::from_secs(1));
        assert_eq!(tell(&format!("{name}-b@example.com"), name).await, 201, "{address}: and then anybody's");
        stories.push(story);
    }
    let usernames = |told: &str| told.replace("\"two\"", "\"one\"");
    assert_eq!(format!("{:?}", stories[0]), usernames(&format!("{:?}", stories[1])));
}

#[tokio::test]
async fn a_proven_address_keeps_the_user_name_and_a_late_one_may_find_it_gone() {
    let site = strict().await;
    let week = SignedDuration::from_hours(7 * 24) + SignedDuration::from_secs(1);
    site.program().post_json("/signup", form("kim@example.com", "kim")).await;
    let late = site.program().post_json("/signup", form("late@example.com", "late")).await.json()["user"]["id"].clone();
    confirm(&site, "kim@example.com").await;
    site.clock.advance(week);
    let taken = site.program().post_json("/signup", form("other@example.com", "kim")).await;
    assert_eq!((taken.status.as_u16(), taken.field("username")), (422, vec!["unique".to_owned()]));
    assert!(site.program().can_log_in(&site, "kim", PASSWORD).await);
    // Nobody else has wanted it: a late proof keeps it too.
    let mut phone = site.visitor();
    phone.ask_for_reset("late@example.com").await;
    let reset = site.link_to("late@example.com", "/password/reset/").await;
    site.program().post_json("/signup", form("quick@example.com", "late")).await;
    phone.follow(&reset).await;
    assert_eq!(phone.set_password(PASSWORD).await.status, 303);
    assert!(site.user(&late).get("username").is_none(), "it is somebody else's by now");
    assert!(phone.can_log_in(&site, "late@example.com", PASSWORD).await);
    assert_eq!(site.program().log_in("late@example.com").await["id"], late);
    confirm(&site, "quick@example.com").await;
    assert_eq!(site.program().log_in("late").await["email"], "quick@example.com");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_sign_ups_at_once_one_makes_the_account_and_all_are_told_the_same() {
    let site = Site::uncounted(&[
        ("AWS_ATTEMPT_TIMEOUT_MS", "30000"),
        ("AWS_OPERATION_TIMEOUT_MS", "30000"),
        ("ACCOUNT_EMAIL_VERIFICATION", "mandatory"),
    ])
    .await;
    let program = site.program();
    let answers = join_all((0..30).map(|_| {
        let mut program: Visitor<'_> = program.clone();
        async move { program.post_json("/signup", form("kim@example.com", "")).await }
    }))
    .await;
    let first = seen(&answers[0]);
    assert!(answers.iter().all(|answer| seen(answer) == first));
    assert_eq!(first.0, 201);
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
    let promised = site.promised();
    let count = |kind: &str| promised.iter().filter(|known| *known == kind).count();
    assert_eq!((count("confirm_email"), count("account_exists")), (1, 29));
}

#[tokio::test]
async fn who_is_signed_in_stays_so_when_it_becomes_mandatory() {
    let site = strict().await;
    let mut kim = site.program();
    kim.post_json("/signup", form("kim@example.com", "")).await;
    confirm(&site, "kim@example.com").await;
    let user = kim.log_in("kim@example.com").await;
    site.amend(&user["id"], "email_verified", json!({ "BOOL": false }));
    assert_eq!(kim.send(Method::GET, "/profile", &[], bytes::Bytes::new()).await.status, 200);
}
