//! `/login`.

use serde_json::json;

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_member_logs_in_by_address_and_is_known_afterwards() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() {
    let site = Site::start().await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let answer = kim.post("/login", &[("username", "kim@example.com"), ("password", "wrong wrong wrong")]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("value=\"kim@example.com\""));
    assert!(!answer.text().contains("wrong wrong"));
    let answer = site.program().post_json("/login", json!({ "username": "nobody", "password": PASSWORD })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_login"));
}

#[tokio::test]
async fn a_login_takes_three_trips() {
    let site = Site::start().await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    let answer = kim.post_json("/login", body).await;
    let cost = answer.cost();
    assert_eq!((cost.calls, cost.trips, cost.read_units, cost.write_units), (4, 3, 2.0, 2.0));
}

#[tokio::test]
async fn a_member_without_a_name_is_called_by_their_address() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for path in ["/", "/profile"] {
        let page = kim.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("<span class=\"who-name\">kim@example.com</span>"), "{path}");
    }
}

#[tokio::test]
async fn a_link_does_not_log_out_and_says_what_does() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.program()] {
        let answer = visitor.get("/logout").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
    }
}
