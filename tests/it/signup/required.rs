//! What a new user must say: `USERNAME_FIELD` and `REQUIRED_FIELDS`.

use serde_json::json;

use super::form;
use crate::site::{PASSWORD, Site};

async fn site(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| options.set(settings)).await
}

#[tokio::test]
async fn required_fields_must_be_filled_in_and_stay_so() {
    let site = site(&[("REQUIRED_FIELDS", "email, first_name,phone , is_marketing_agreed")]).await;
    let mut program = site.program();
    let mut body = form("kim@example.com");
    body["phone"] = json!(" ");
    body["last_name"] = json!("Kim");
    let answer = program.post_json("/signup", body.clone()).await;
    assert_eq!(answer.status, 422);
    for name in ["first_name", "phone", "is_marketing_agreed"] {
        assert_eq!(answer.field(name), ["required"], "{name}");
    }
    assert_eq!(answer.json()["error"]["fields"].as_object().unwrap().len(), 3);
    assert!(site.accounts().is_empty());
    let page = site.visitor().get("/signup").await.text();
    let first_name = page.split("id=\"id_first_name\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(first_name.contains(" required"), "the page says so: {first_name}");

    for (name, value) in
        [("first_name", json!("Haneul")), ("phone", json!("+82 10")), ("is_marketing_agreed", json!(true))]
    {
        body[name] = value;
    }
    assert_eq!(program.post_json("/signup", body).await.status, 201);
    let mut kim = site.program();
    kim.log_in("kim@example.com").await;
    let mut patch = async |body| kim.send_json(http::Method::PATCH, "/profile", body).await;
    let answer = patch(json!({ "version": 1, "phone": "", "is_marketing_agreed": false })).await;
    assert_eq!(
        (answer.field("phone"), answer.field("is_marketing_agreed")),
        (vec!["required".into()], vec!["required".into()])
    );
    assert_eq!(patch(json!({ "version": 1, "bio": "what is not sent is not missing" })).await.status, 200);
    let answer = kim.html().post("/profile", &[("version", "2"), ("first_name", ""), ("phone", "1")]).await;
    assert_eq!(answer.status, 422, "a box that is not ticked is missing too");
    assert!(
        answer.text().contains("href=\"#id_first_name\"") && answer.text().contains("href=\"#id_is_marketing_agreed\"")
    );
}

#[tokio::test]
async fn where_people_log_in_by_name_everybody_has_one() {
    let site = site(&[("USERNAME_FIELD", "username"), ("AUTHENTICATION_BACKENDS", "username")]).await;
    let mut program = site.program();
    let answer = program.post_json("/signup", form("kim@example.com")).await;
    assert_eq!((answer.status.as_u16(), answer.field("username")), (422, vec!["required".to_owned()]));
    let mut body = form("kim@example.com");
    body["username"] = json!("kim");
    assert_eq!(program.post_json("/signup", body).await.status, 201);
    for (username, status) in [("kim@example.com", 401), ("kim", 200)] {
        let body = json!({ "username": username, "password": PASSWORD });
        assert_eq!(site.program().post_json("/login", body).await.status.as_u16(), status, "{username}");
    }
    let mut visitor = site.visitor().with("accept-language", "en");
    let page = visitor.get("/login").await.text();
    assert!(page.contains(">Username</label>"), "{page}");
    let page = visitor.get("/signup").await.text();
    let email = page.split("id=\"id_email\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(email.contains("autocomplete=\"email\"") && !page.contains("You can log in with it"), "{email}");
}

#[tokio::test]
async fn the_login_page_asks_for_what_logs_in() {
    for (backends, label, kind) in [("email", "Email", "email"), ("email,username", "Email or username", "text")] {
        let site = site(&[("AUTHENTICATION_BACKENDS", backends)]).await;
        let page = site.visitor().with("accept-language", "en").get("/login").await.text();
        assert!(page.contains(&format!("<label for=\"id_username\">{label}</label>")), "{page}");
        assert!(page.contains(&format!("type=\"{kind}\" id=\"id_username\"")), "{page}");
    }
}
