//! `createsuperuser`, `changepassword`, `unlock`, `deactivate`.

use jiff::SignedDuration;
use manage::{changepassword, createsuperuser, deactivate, unlock};
use serde_json::{Value, json};

use super::{Script, whole, why};
use crate::site::{PASSWORD, Site, Visitor};

const ANOTHER: &str = "quite another password";

async fn log_in(site: &Site, username: &str, password: &str) -> (u16, Value) {
    let mut program = site.program();
    let answer = program.post_json("/login", json!({ "username": username, "password": password })).await;
    (answer.status.as_u16(), program.whoami().await)
}

async fn create(site: &Site, args: createsuperuser::Args, script: &mut Script) -> manage::Outcome {
    createsuperuser::run(&args, &site.managed(), script).await
}

async fn change(site: &Site, whom: &str, no_mail: bool, script: &mut Script) -> manage::Outcome {
    let args =
        changepassword::Args { whom: whom.into(), password_stdin: !script.is_there, no_mail, ..Default::default() };
    changepassword::run(&args, &site.managed(), script).await
}

async fn set_active(site: &Site, whom: &str, activate: bool) -> String {
    let args = deactivate::Args { whom: whom.into(), activate, ..Default::default() };
    let mut script = Script::nobody(&[]);
    assert!(whole(&deactivate::run(&args, &site.managed(), &mut script).await));
    script.said()
}

async fn is_signed_in(visitor: &mut Visitor<'_>) -> bool {
    !visitor.whoami().await.is_null()
}

fn given(email: &str) -> createsuperuser::Args {
    createsuperuser::Args { email: Some(email.into()), ..Default::default() }
}

#[tokio::test]
async fn a_superuser_is_made_at_a_terminal_and_logs_in() {
    let site = Site::start().await;
    site.program().sign_up("taken@example.com").await;
    let mut script = Script::person(
        &["nonsense", "TAKEN@example.com", " Kim@Example.com ", "no spaces", "kim"],
        &[PASSWORD, "something else", PASSWORD, PASSWORD],
    );
    assert!(whole(&create(&site, createsuperuser::Args::default(), &mut script).await), "{}", script.warned());
    assert!(script.is_done() && script.said().contains("Kim@Example.com created"), "{}", script.said());
    for warning in ["not an address", "address is taken", "no user name", "not the same"] {
        assert!(script.warned().contains(warning), "{warning}: {}", script.warned());
    }
    let user = site.user_of("Kim@Example.com");
    for flag in ["is_staff", "is_superuser", "is_active", "email_verified"] {
        assert_eq!(user[flag]["BOOL"], true, "{flag}");
    }
    for name in ["kim@example.com", "KIM"] {
        assert_eq!(log_in(&site, name, PASSWORD).await.1["email"], "Kim@Example.com");
    }
    assert!(site.of_kind("GUARD").len() == 3, "an address each, and a name");
}

#[tokio::test]
async fn without_a_terminal_the_options_say_everything() {
    let site = Site::start().await;
    let stdin = createsuperuser::Args { password_stdin: true, ..given("one@example.com") };
    assert!(whole(&create(&site, stdin, &mut Script::nobody(&[PASSWORD])).await));
    let environment =
        createsuperuser::Args { noinput: true, password: Some(PASSWORD.into()), ..given("two@example.com") };
    assert!(whole(&create(&site, environment, &mut Script::nobody(&[])).await));
    for email in ["one@example.com", "two@example.com"] {
        assert_eq!(log_in(&site, email, PASSWORD).await.0, 200, "{email}");
    }
    let mut script = Script::nobody(&[]);
    let nothing = createsuperuser::Args { noinput: true, ..given("three@example.com") };
    assert!(whole(&create(&site, nothing, &mut script).await));
    assert!(script.said().contains("changepassword three@example.com"), "{}", script.said());
    let stored = site.user_of("three@example.com")["password"]["S"].clone();
    assert!(stored.as_str().unwrap().starts_with('!'));
    assert_eq!(log_in(&site, "three@example.com", stored.as_str().unwrap()).await.0, 401);
    assert!(whole(&change(&site, "three@example.com", true, &mut Script::nobody(&[PASSWORD])).await));
    assert_eq!(log_in(&site, "three@example.com", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_told_and_nothing_is_made() {
    let site = Site::start().await;
    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(site.program().post_json("/signup", body).await.status, 201);
    let before = site.state();
    let stdin = |email: &str| createsuperuser::Args { password_stdin: true, ..given(email) };
    let long = "x".repeat(5_000);
    for (args, lines, expected) in [
        (createsuperuser::Args::default(), vec![], "no terminal"),
        (createsuperuser::Args { noinput: true, ..Default::default() }, vec![], "--email is needed"),
        (given("lee@example.com"), vec![], "no terminal"),
        (stdin("lee@example"), vec![PASSWORD], "not an address"),
        (stdin("lee\u{ff20}example.com"), vec![PASSWORD], "not an address"),
        (stdin("lee@example.com\nBcc: x@example.com"), vec![PASSWORD], "not an address"),
        (stdin("KIM@EXAMPLE.COM"), vec![PASSWORD], "address is taken"),
        (
            createsuperuser::Args { username: Some("\u{ff2b}im".into()), ..stdin("lee@example.com") },
            vec![PASSWORD],
            "user name is taken",
        ),
        (stdin("lee@example.com"), vec!["short"], "at least 10"),
        (stdin("lee@example.com"), vec![&long], "4096"),
        (stdin("lee@example.com"), vec![""], "blank"),
        (stdin("lee@example.com"), vec!["twelve\0chars!"], "null"),
        (stdin("lee@example.com"), vec![], "standard input"),
    ] {
        let shown = format!("{args:?} {lines:?}");
        let why = why(create(&site, args, &mut Script::nobody(&lines)).await).replace(',', "");
        assert!(why.to_lowercase().contains(&expected.to_lowercase()), "{shown:.200}: {why}");
    }
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_weak_password_can_be_insisted_on_at_a_terminal_alone() {
    let site = Site::start().await;
    let mut script = Script::person(&["n", "y"], &["short", "short", "brief", "brief"]);
    assert!(whole(&create(&site, given("kim@example.com"), &mut script).await), "{}", script.warned());
    assert!(script.is_done());
    assert_eq!(log_in(&site, "kim@example.com", "brief").await.0, 200);
    let mut script = Script::person(&[], &["a", "b", "a", "b", "a", "b"]);
    let why = why(create(&site, given("lee@example.com"), &mut script).await);
    assert!(why.contains("3 tries"), "{why}");
}

#[tokio::test]
async fn another_password_ends_every_session_and_the_owner_is_told() {
    let site = Site::start().await;
    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    let id = site.program().post_json("/signup", body).await.json()["user"]["id"].clone();
    let mut kim = site.program();
    kim.log_in("kim").await;
    for (round, whom) in ["KIM@example.com", "Kim", id.as_str().unwrap()].into_iter().enumerate() {
        let mut script = Script::person(&[], &[ANOTHER, ANOTHER]);
        assert!(whole(&change(&site, whom, round > 0, &mut script).await), "{whom}");
        assert!(script.said().contains("kim@example.com"), "{}", script.said());
        assert!(!is_signed_in(&mut kim).await, "{whom}");
        assert_eq!(log_in(&site, "kim", PASSWORD).await.0, 401, "{whom}");
        assert_eq!(log_in(&site, "kim", ANOTHER).await.0, 200, "{whom}");
        assert!(whole(&change(&site, whom, true, &mut Script::nobody(&[PASSWORD])).await));
        kim.log_in("kim").await;
    }
    let mails = site.mails_to("kim@example.com").await;
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("password")).collect();
    assert_eq!(told.len(), 1, "once it was not forbidden: {mails:?}");
    assert!(!told[0].text.contains("cargo"), "{}", told[0].text);
}

/// A site of which each account has three wrong passwords in all, and one that has used them up.
async fn locked() -> Site {
    let site = with(&[("LOGIN_ACCOUNT_FAILURE_MAX", "3")]).await;
    site.program().sign_up("kim@example.com").await;
    for _ in 0..3 {
        site.clock.advance(SignedDuration::from_hours(25));
        assert_eq!(log_in(&site, "kim@example.com", "wrong wrong wrong").await.0, 401);
    }
    site.clock.advance(SignedDuration::from_hours(25 * 30));
    assert_eq!(log_in(&site, "kim@example.com", PASSWORD).await.0, 429);
    site
}

async fn with(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| options.set(settings)).await
}

#[tokio::test]
async fn an_account_that_wrong_passwords_have_locked_is_open_again_with_another_password() {
    let site = locked().await;
    assert!(whole(&change(&site, "kim@example.com", true, &mut Script::nobody(&[ANOTHER])).await));
    assert_eq!(log_in(&site, "kim@example.com", ANOTHER).await.0, 200);
}

#[tokio::test]
async fn it_is_unlocked_with_the_password_that_it_has() {
    let site = locked().await;
    let args = unlock::Args { whom: "KIM@example.com".into(), ..Default::default() };
    let mut script = Script::nobody(&[]);
    assert!(whole(&unlock::run(&args, &site.managed(), &mut script).await));
    assert!(script.said().contains("kim@example.com are forgotten"), "{}", script.said());
    assert_eq!(log_in(&site, "kim@example.com", PASSWORD).await.0, 200);
    assert!(whole(&unlock::run(&args, &site.managed(), &mut script).await), "nothing to forget is no mistake");
    let args = unlock::Args { whom: "lee@example.com".into(), ..Default::default() };
    assert!(why(unlock::run(&args, &site.managed(), &mut script).await).contains("no account is called"));
}

#[tokio::test]
async fn the_mail_says_that_an_administrator_did_it_and_when() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    assert!(whole(&change(&site, "kim@example.com", false, &mut Script::nobody(&[ANOTHER])).await));
    let mails = site.mails_to("kim@example.com").await;
    let mail = mails.iter().find(|mail| mail.subject.contains("password")).unwrap();
    for text in [&mail.text, &mail.html] {
        for fact in ["An administrator of Portico has changed", "UTC", "/password/reset"] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
        for wrong in ["somebody else", "IP address", "Device"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
    }
}

#[tokio::test]
async fn where_people_log_in_by_name_a_superuser_has_one() {
    let site = with(&[("USERNAME_FIELD", "username")]).await;
    let stdin = |name: Option<&str>| createsuperuser::Args {
        username: name.map(str::to_owned),
        password_stdin: true,
        ..given("kim@example.com")
    };
    let refused = why(create(&site, stdin(None), &mut Script::nobody(&[PASSWORD])).await);
    assert!(refused.contains("--username is needed"), "{refused}");
    let noinput = createsuperuser::Args { noinput: true, ..given("kim@example.com") };
    assert!(why(create(&site, noinput, &mut Script::nobody(&[])).await).contains("--username is needed"));
    let mut script = Script::person(&["", "kim"], &[PASSWORD, PASSWORD]);
    assert!(whole(&create(&site, given("kim@example.com"), &mut script).await), "{}", script.warned());
    assert!(script.is_done() && script.warned().contains("Everybody has a user name"), "{}", script.warned());
    assert_eq!(log_in(&site, "kim", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn what_nobody_signs_up_without_a_superuser_is_asked_for() {
    let site = with(&[("REQUIRED_FIELDS", "first_name,phone")]).await;
    let mut script = Script::person(&["", "Kim", "ask my mother", "+82 2 123"], &[PASSWORD, PASSWORD]);
    assert!(whole(&create(&site, given("kim@example.com"), &mut script).await), "{}", script.warned());
    assert!(script.is_done() && script.warned.len() == 2, "{}", script.warned());
    let kim = site.user_of("kim@example.com");
    assert_eq!((&kim["first_name"]["S"], &kim["phone"]["S"]), (&json!("Kim"), &json!("+82 2 123")));

    let fields = |fields: &[&str]| createsuperuser::Args {
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        password_stdin: true,
        ..given("lee@example.com")
    };
    for (given, expected) in [
        (&["first_name=Lee"][..], "--field phone=.. is needed"),
        (&["first_name=Lee", "phone=ask my mother"], "phone: "),
        (&["first_name=Lee", "phone="], "phone: "),
        (&["first_name"], "no NAME=VALUE"),
        (&["is_staff=true"], "no field \"is_staff\""),
    ] {
        let why = why(create(&site, fields(given), &mut Script::nobody(&[PASSWORD])).await);
        assert!(why.contains(expected), "{given:?}: {why}");
    }
    let all = fields(&["first_name=Lee", "phone=02 123", "bio=A=B", "is_marketing_agreed=true"]);
    assert!(whole(&create(&site, all, &mut Script::nobody(&[PASSWORD])).await));
    let lee = site.user_of("lee@example.com");
    assert_eq!((&lee["bio"]["S"], &lee["is_marketing_agreed"]["BOOL"]), (&json!("A=B"), &json!(true)));
    // The password is held against them too.
    let alike = fields(&["first_name=Bartholomew", "phone=02 123"]);
    let alike = createsuperuser::Args { email: Some("b@example.com".into()), ..alike };
    let why = why(create(&site, alike, &mut Script::nobody(&["bartholomew1"])).await);
    assert!(why.contains("similar"), "{why}");
}

#[tokio::test]
async fn an_address_that_is_kept_for_somebody_is_taken() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "new@example.com").await;
    let stdin = createsuperuser::Args { password_stdin: true, ..given("kim@example.com") };
    let refused = why(create(&site, stdin, &mut Script::nobody(&[PASSWORD])).await);
    assert!(refused.contains("address is taken."), "before a password is asked for: {refused}");
}

#[tokio::test]
async fn nobody_and_somebody_who_is_gone_are_told_apart_from_a_change() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let before = site.state();
    for whom in ["lee@example.com", "lee", "", "00000000-0000-0000-0000-000000000000", "k\u{131}m@example.com", "a b"] {
        let why = why(change(&site, whom, false, &mut Script::nobody(&[PASSWORD])).await);
        assert!(why.contains("no account is called"), "{whom}: {why}");
    }
    let why = why(change(&site, "kim@example.com", false, &mut Script::nobody(&["short"])).await);
    assert!(why.contains("10"), "{why}");
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once_and_comes_back_when_activated() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    assert!(is_signed_in(&mut kim).await);
    assert!(set_active(&site, "KIM@example.com", false).await.contains("cannot log in"));
    assert!(!is_signed_in(&mut kim).await);
    assert_eq!(log_in(&site, "kim@example.com", PASSWORD).await.0, 401);
    assert!(set_active(&site, "kim@example.com", false).await.contains("inactive already"));
    assert!(set_active(&site, "kim@example.com", true).await.contains("may log in"));
    assert!(!is_signed_in(&mut kim).await, "the old session stays dead");
    assert_eq!(log_in(&site, "kim@example.com", PASSWORD).await.0, 200);
    assert!(set_active(&site, "kim@example.com", true).await.contains("active already"));
}
