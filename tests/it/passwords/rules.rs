//! The rules: shown before anything is typed, and told all at once.

use local::{Options, Stack};
use serde_json::json;

use super::form;
use crate::site::{Site, root};

#[tokio::test]
async fn the_rules_are_shown_before_anything_is_typed() {
    let site = Site::start().await;
    for (language, words) in [("en", "At least 10 characters."), ("ko", "10자 이상으로 정해 주세요.")] {
        let answer = site.program().with("accept-language", language).get("/signup").await.json();
        let codes: Vec<_> = answer["password_rules"].as_array().unwrap().iter().map(|rule| &rule["code"]).collect();
        assert_eq!(
            codes,
            ["password_too_similar", "password_too_short", "password_too_common", "password_entirely_numeric"]
        );
        assert_eq!(answer["password_rules"][1]["message"], words);
        assert_eq!(answer["password_min_length"], 10);
        let page = site.visitor().with("accept-language", language).get("/signup").await.text();
        let list = page.split_once("id=\"id_password1-rules\"").unwrap().1.split_once("</ul>").unwrap().0;
        assert_eq!(list.matches("<li>").count(), 4);
        assert!(list.contains(words) && page.contains("aria-describedby=\"id_password1-rules id_password1-hint\""));
    }
    // In the language that was chosen, whatever the browser prefers.
    let mut kim = site.visitor().with("accept-language", "en");
    kim.post("/preferences/language", &[("language", "ko")]).await;
    assert_eq!(
        kim.clone().json().get("/signup").await.json()["password_rules"][1]["message"],
        "10자 이상으로 정해 주세요."
    );
    let page = kim.get("/signup").await.text();
    assert!(page.contains("10자 이상으로 정해 주세요.") && !page.contains("At least 10 characters."));
}

#[tokio::test]
async fn they_are_shown_wherever_a_new_password_is_asked_for() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    assert!(kim.get("/password/change").await.text().contains("id=\"id_new_password1-rules\""));
    let rules = kim.json().get("/password/change").await.json()["password_rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn every_rule_that_a_new_password_breaks_is_told_at_once() {
    let site = Site::start().await;
    let mut program = site.program().with("accept-language", "en");
    let cases: [(&str, &[&str]); 9] = [
        ("123456", &["password_too_short", "password_too_common", "password_entirely_numeric"]),
        ("\u{661}\u{662}\u{663}", &["password_too_short", "password_entirely_numeric"]),
        ("98765432109876", &["password_entirely_numeric"]),
        (" PassWord123 ", &["password_too_common"]),
        ("minjun.kim1", &["password_too_similar"]),
        ("Hanamori-Han", &["password_too_similar"]),
        ("orchardist2", &["password_too_similar"]),
        ("orchard", &["password_too_similar", "password_too_short"]),
        ("ytrewq", &["password_too_short", "password_too_common"]),
    ];
    for (password, codes) in cases {
        let mut body = form("minjun.kim@example.com", password);
        body["username"] = json!("orchardist");
        body["first_name"] = json!("Hanamori");
        let answer = program.post_json("/signup", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field("password2")),
            (422, codes.iter().map(ToString::to_string).collect()),
            "{password}"
        );
        assert!(answer.field("password1").is_empty(), "{password}");
    }
    assert!(site.accounts().is_empty());
    let answer = program.post_json("/signup", form("minjun.kim@example.com", "minjun.kim")).await;
    let told = answer.json()["error"]["fields"]["password2"][0]["message"].clone();
    assert_eq!(told, "This password is too similar to your email address.");
    let mut program = program.with("accept-language", "ko");
    program.headers.remove(0);
    let answer = program.post_json("/signup", form("minjun.kim@example.com", "98765432109876")).await;
    assert_eq!(answer.json()["error"]["fields"]["password2"][0]["message"], "숫자로만 된 비밀번호는 쓸 수 없습니다.");
}

#[tokio::test]
async fn what_is_wrong_itself_is_not_compared_with() {
    let site = Site::start().await;
    let mut body = form("kim@example.com", "hanamori-hanamori");
    body["first_name"] = json!("hanamori\nhanamori");
    let answer = site.program().post_json("/signup", body).await;
    assert_eq!((answer.field("first_name"), answer.field("password2")), (vec!["invalid".to_owned()], Vec::new()));
}

#[tokio::test]
async fn the_rules_hold_for_a_changed_password_too() {
    let site = Site::start().await;
    let mut kim = site.member("minjun.kim@example.com").await.json();
    let mut change = async |password: &str| {
        let body = json!({
            "old_password": crate::site::PASSWORD, "new_password1": password, "new_password2": password,
        });
        let answer = kim.post_json("/password/change", body).await;
        (answer.status.as_u16(), if answer.status == 422 { answer.field("new_password2") } else { Vec::new() })
    };
    assert_eq!(change("minjun.kim1").await, (422, vec!["password_too_similar".to_owned()]));
    assert_eq!(change("password123").await, (422, vec!["password_too_common".to_owned()]));
    assert_eq!(change("staple horse battery").await.0, 200);
}

#[tokio::test]
async fn a_site_has_the_rules_that_it_sets() {
    let site = Site::start_with(|options| {
        let rules = "NumericPassword, MinimumLength(min_length=12), ContextWords(words=portico)";
        options.settings.push(("AUTH_PASSWORD_VALIDATORS".into(), rules.into()));
    })
    .await;
    let mut program = site.program();
    assert_eq!(program.get("/signup").await.json()["password_min_length"], 12);
    let mut told = async |password: &str| {
        program.post_json("/signup", form("haneul@example.com", password)).await.field("password2")
    };
    assert_eq!(told("12345678901").await, ["password_entirely_numeric", "password_too_short"]);
    assert_eq!(told("Portico2026!").await, ["password_context_word"]);
    assert_eq!(told("haneul@localhost").await, ["password_context_word"]);
    assert_eq!(told("qwertyuiop123").await, [""; 0]);
}

#[tokio::test]
async fn a_rule_that_does_not_exist_stops_the_start() {
    for (name, value) in [("AUTH_PASSWORD_VALIDATORS", "MinimumLength, Pwned"), ("PASSWORD_HASHERS", "argon2, md5")] {
        let mut options = Options::in_memory(root());
        options.settings.push((name.into(), value.into()));
        let Err(error) = Stack::start(options).await else { panic!("{name} was accepted") };
        assert!(portico::log::chain(&error).contains(name), "{error}");
    }
}
