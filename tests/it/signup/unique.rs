//! One account for an address and for a name, however they are written and however many try at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::form;
use crate::site::{Answer, Site};

fn is_taken(answer: &Answer, field: &str) -> bool {
    answer.status == 422 && answer.field(field) == ["unique"]
}

/// The partition keys of the guards, and of the users that they lead to.
fn guards(site: &Site) -> (Vec<String>, Vec<String>) {
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
    let items = site.accounts();
    let (guards, users): (Vec<_>, Vec<_>) = items.iter().partition(|item| item["SK"]["S"] == "GUARD");
    for guard in &guards {
        let user = format!("USER#{}", text(guard, "user_id"));
        assert!(users.iter().any(|item| text(item, "PK") == user), "a guard without its user: {guard}");
    }
    let keys = |items: &[&Value]| items.iter().map(|item| text(item, "PK")).collect();
    (keys(&guards), keys(&users))
}

#[tokio::test]
async fn an_address_is_one_however_it_is_written() {
    let site = Site::start().await;
    let mut program = site.program();
    program.sign_up("Kim@Caf\u{e9}.example").await;
    for same in ["kim@caf\u{e9}.example", " KIM@CAF\u{c9}.EXAMPLE ", "kim@cafe\u{301}.example"] {
        let answer = program.post_json("/signup", form(same)).await;
        assert!(is_taken(&answer, "email"), "{same}: {}", answer.text());
    }
    program.sign_up("kim@cafe.example").await;
    assert_eq!(guards(&site).1.len(), 2);
}

#[tokio::test]
async fn a_mailbox_is_one_address_and_one_that_no_mail_can_reach_is_none() {
    let site = Site::start().await;
    let mut program = site.program();
    program.sign_up("kim@ex\u{e4}mple.com").await;
    for same in ["kim@xn--exmple-cua.com", "Kim@XN--Exmple-CUA.com"] {
        let answer = program.post_json("/signup", form(same)).await;
        assert!(is_taken(&answer, "email"), "{same}: {}", answer.text());
    }
    program.log_in("kim@xn--exmple-cua.com").await;
    let mut program = site.program();
    for none in ["kim@xn--a.com", "kim@example.xn--a", "kim@1\u{5d0}.com", &format!("kim@{}.com", "\u{e4}".repeat(60))]
    {
        let answer = program.post_json("/signup", form(none)).await;
        assert_eq!((answer.status.as_u16(), answer.field("email")), (422, vec!["invalid".to_owned()]), "{none}");
    }
    assert_eq!(guards(&site).0.len(), 1);
}

#[tokio::test]
async fn a_name_is_one_however_it_is_written() {
    let site = Site::start().await;
    let mut program = site.program();
    let mut sign_up = async |email: &str, username: &str| {
        let mut body = form(email);
        body["username"] = json!(username);
        program.post_json("/signup", body).await
    };
    let answer = sign_up("a@example.com", "Stra\u{df}e").await;
    assert_eq!(answer.json()["user"]["username"], "Stra\u{df}e");
    for same in ["STRASSE", "\u{ff33}trasse", "stra\u{df}e"] {
        let answer = sign_up("b@example.com", same).await;
        assert!(is_taken(&answer, "username"), "{same}: {}", answer.text());
    }
    let both = sign_up("A@example.com", "strasse").await;
    assert!(is_taken(&both, "email") && is_taken(&both, "username"), "{}", both.text());
}

#[tokio::test]
async fn a_refused_sign_up_leaves_nothing_behind() {
    let site = Site::start().await;
    let mut program = site.program();
    let mut first = form("kim@example.com");
    first["username"] = json!("kim");
    assert_eq!(program.post_json("/signup", first).await.status, 201);
    let before = site.state();
    let mut second = form("kim@example.com");
    second["username"] = json!("lee");
    assert!(is_taken(&program.post_json("/signup", second).await, "email"));
    assert_eq!(site.state(), before);
    let mut third = form("lee@example.com");
    third["username"] = json!("lee");
    assert_eq!(program.post_json("/signup", third).await.status, 201, "the name is still free");
    let (guards, users) = guards(&site);
    assert_eq!((guards.len(), users.len()), (4, 2));
}

#[tokio::test]
async fn a_name_is_optional() {
    let site = Site::start().await;
    for email in ["kim@example.com", "lee@example.com"] {
        let user = site.program().sign_up(email).await;
        assert_eq!(user["username"], "");
    }
    assert_eq!(guards(&site).0.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_identical_sign_ups_make_one_account() {
    // The machine is shared: how long a call may take is not what is asked here.
    let site = Site::start_with(|options| {
        for name in ["AWS_ATTEMPT_TIMEOUT_MS", "AWS_OPERATION_TIMEOUT_MS"] {
            options.settings.push((name.to_owned(), "30000".to_owned()));
        }
        options.settings.push(("THROTTLE_ENABLED".to_owned(), "false".to_owned()));
    })
    .await;
    let mut body = form("kim@example.com");
    body["username"] = json!("kim");
    let program = site.program();
    let answers = join_all((0..100).map(|_| {
        let (mut program, body) = (program.clone(), body.clone());
        async move { program.post_json("/signup", body).await }
    }))
    .await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| is_taken(answer, "email") && is_taken(answer, "username")).count();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!((created, refused), (1, 99), "{statuses:?}");
    let (guards, users) = guards(&site);
    assert_eq!((guards.len(), users.len()), (2, 1));
}
