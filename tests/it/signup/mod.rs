//! `/signup`.

mod fields;
mod required;
mod unique;

use portico::site::UserFields;
use portico::user_fields::FieldSet as _;
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site};

fn form(email: &str) -> Value {
    json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD })
}

#[tokio::test]
async fn a_program_gets_the_user_and_where_to_log_in() {
    let site = Site::start().await;
    let mut program = site.program();
    let mut body = form("Kim@Example.com");
    for (name, value) in [("username", "kim_lee"), ("first_name", " 민준 "), ("last_name", "김"), ("phone", "+82 10 1")]
    {
        body[name] = json!(value);
    }
    body["is_marketing_agreed"] = json!(true);
    let answer = program.post_json("/signup", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["next"], "/login");
    let user = json["user"].as_object().unwrap();
    let mut names: Vec<_> = user.keys().map(String::as_str).collect();
    names.sort_unstable();
    let own = ["avatar", "date_joined", "email", "email_verified", "id", "last_login", "username", "version"];
    let mut expected: Vec<_> = own.into_iter().chain(UserFields::FIELDS.iter().map(|field| field.name)).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(user["email"], "Kim@Example.com");
    assert_eq!((&user["username"], &user["first_name"]), (&json!("kim_lee"), &json!("민준")));
    assert_eq!((&user["last_name"], &user["phone"]), (&json!("김"), &json!("+82 10 1")));
    assert_eq!((&user["is_marketing_agreed"], &user["version"]), (&json!(true), &json!(1)));
    assert_eq!((&user["avatar"], &user["last_login"], &user["bio"]), (&Value::Null, &Value::Null, &json!("")));
    let joined: jiff::Timestamp = user["date_joined"].as_str().unwrap().parse().unwrap();
    assert!(user["date_joined"].as_str().unwrap().ends_with('Z') && joined <= jiff::Timestamp::now());
    assert!(program.whoami().await.is_null(), "signing up logs nobody in");
    assert!(site.sessions().is_empty());
    let hash = site.user(&user["id"])["password"]["S"].as_str().unwrap().to_owned();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
}

#[tokio::test]
async fn a_visitor_is_led_to_the_login_page_where_a_message_is_shown_once() {
    let site = Site::start().await;
    let mut kim = site.visitor().with("accept-language", "en");
    let page = kim.get("/signup").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("name=\"password2\""));
    let form = [("email", "kim@example.com"), ("password1", PASSWORD), ("password2", PASSWORD)];
    let answer = kim.post("/signup", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{}", answer.text());
    let shown = "Your account is ready";
    assert!(kim.get("/login").await.text().contains(shown));
    assert!(!kim.get("/login").await.text().contains(shown));
}

#[tokio::test]
async fn nobody_signs_up_into_rights() {
    let site = Site::start().await;
    let mut body = form("kim@example.com");
    for name in ["is_staff", "is_superuser", "email_verified"] {
        body[name] = json!(true);
    }
    for (name, value) in [
        ("is_active", json!(false)),
        ("session_epoch", json!(99)),
        ("version", json!(7)),
        ("id", json!("00000000-0000-0000-0000-000000000000")),
        ("password", json!("$argon2id$x")),
        ("PK", json!("USER#x")),
        ("groups", json!(["admin"])),
        ("bio", json!("not asked for here")),
        ("avatar_key", json!("media/x")),
    ] {
        body[name] = value;
    }
    let answer = site.program().post_json("/signup", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let user = site.user(&answer.json()["user"]["id"]);
    for name in ["is_staff", "is_superuser", "email_verified"] {
        assert_eq!(user[name]["BOOL"], false, "{name}");
    }
    assert_eq!((&user["is_active"]["BOOL"], &user["session_epoch"]["N"]), (&json!(true), &json!("1")));
    assert_eq!((&user["version"]["N"], &user["bio"]["S"]), (&json!("1"), &json!("")));
    for name in ["groups", "avatar_key"] {
        assert!(user.get(name).is_none_or(Value::is_null), "{name}");
    }
}

#[tokio::test]
async fn a_page_keeps_what_was_typed_and_escapes_it() {
    let site = Site::start().await;
    let nasty = "\"><svg/onload=1>";
    let answer = site
        .visitor()
        .post(
            "/signup",
            &[
                ("email", nasty),
                ("username", nasty),
                ("first_name", "</script>{{7*7}}"),
                ("phone", nasty),
                ("is_marketing_agreed", "on"),
                ("password1", "canary-one"),
                ("password2", "canary-two"),
            ],
        )
        .await;
    assert_eq!(answer.status, 422);
    let page = answer.text();
    assert!(!page.contains("<svg") && !page.contains("</script>{{"), "{page}");
    assert!(page.contains("&lt;svg") && page.contains("{{7*7}}"), "{page}");
    assert!(!page.contains("canary"), "a password came back");
    let ticked = page.lines().find(|line| line.contains("id=\"id_is_marketing_agreed\"")).unwrap();
    let rest = page.split_once(ticked).unwrap().1;
    assert!(ticked.contains("checked") || rest.trim_start().starts_with("checked"), "the box is still ticked");
    assert!(page.contains("href=\"#id_email\""), "the summary leads to the field");
}

/// So costly that one hash alone would take minutes: whoever answers has computed none.
fn costly(options: &mut local::Options) {
    for (name, value) in [("ARGON2_MEMORY_KIB", "1048576"), ("ARGON2_ITERATIONS", "64")] {
        options.settings.push((name.to_owned(), value.to_owned()));
    }
}

#[tokio::test]
async fn a_huge_password_is_refused_before_it_is_hashed() {
    let site = Site::start_with(costly).await;
    let mut program = site.program();
    let long = "x".repeat(4_097);
    let answer = program.post_json("/signup", json!({ "email": "a@b.de", "password1": long, "password2": long })).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.json()["error"]["fields"].as_object().unwrap().is_empty());
    let answer = program.post_json("/login", json!({ "username": "a@b.de", "password": long })).await;
    assert_eq!((answer.status.as_u16(), answer.field("password")), (422, vec!["password_too_long".to_owned()]));
    let huge = "x".repeat(1_000_000);
    for path in ["/signup", "/login"] {
        let answer = program.post_json(path, json!({ "username": "a@b.de", "password": huge })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "payload_too_large"));
    }
    assert!(site.accounts().is_empty());
}
