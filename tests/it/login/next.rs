//! Where a log-in leads: only to a page of this site.

use serde_json::json;

use crate::site::{PASSWORD, Site};

/// What could leave the site, in the ways in which it was tried on others.
const FOREIGN: [&str; 34] = [
    "http://evil.example",
    "https://evil.example/",
    "http:///evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "http:\\\\evil.example",
    "http:/\\evil.example",
    "ftp://localhost:8000/",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "\njavascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "\u{8}//evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\0",
    "http://localhost:8000@evil.example/",
    "http://user@localhost:8000/",
    "http://localhost:8001/",
    "https://localhost:8000/",
    "http://localhost.evil.example:8000/",
    "/.//evil.example",
    "/..//evil.example",
    "/\u{200b}/evil.example",
    "\u{ff0f}\u{ff0f}evil.example",
    "/\u{2028}evil",
    "profile",
];

fn query(next: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish()
}

#[tokio::test]
async fn the_form_carries_on_only_what_stays_on_this_site() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    for next in FOREIGN {
        let page = visitor.get(&format!("/login?{}", query(next))).await;
        assert_eq!(page.status, 200, "{next:?}");
        assert_eq!(login_form(&page.text()), None, "{next:?}");
    }
    for (next, kept) in [
        ("/profile", "/profile"),
        ("/a?b=c&d=e", "/a?b=c&amp;d=e"),
        ("http://localhost:8000/profile", "/profile"),
        ("/%2F%2Fevil.example", "/%2F%2Fevil.example"),
    ] {
        let page = visitor.get(&format!("/login?{}", query(next))).await.text();
        let shown = login_form(&page).expect("a hidden field").replace("&#x2f;", "/").replace("&#x3d;", "=");
        assert_eq!(shown, kept);
    }
    let long = format!("/{}", "a".repeat(3_000));
    assert!(login_form(&visitor.get(&format!("/login?{}", query(&long))).await.text()).is_none());
}

/// The hidden `next` of the log-in form; the footer's forms have their own.
fn login_form(page: &str) -> Option<String> {
    let form = page.split_once("action=\"/login\"")?.1.split_once("</form>")?.0;
    let value = form.split_once("name=\"next\" value=\"")?.1;
    Some(value.split('"').next()?.to_owned())
}

#[tokio::test]
async fn a_log_in_leads_only_to_this_site() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    for foreign in
        ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/.//evil.example"]
    {
        let body = json!({ "username": "kim@example.com", "password": PASSWORD, "next": foreign });
        let answer = site.program().post_json("/login", body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/")), "{foreign}");
    }
    let form = [("username", "kim@example.com"), ("password", PASSWORD)];
    let answer = site.visitor().post("/login?next=//evil.example", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
}

#[tokio::test]
async fn the_body_or_else_the_query_says_where_to_go() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let form = [("username", "kim@example.com"), ("password", PASSWORD), ("next", "/profile")];
    let answer = site.visitor().post("/login", &form).await;
    assert_eq!(answer.header("location"), "/profile");
    let answer = site.visitor().post("/login?next=%2Fprofile%3Fa%3Db", &form[..2]).await;
    assert_eq!(answer.header("location"), "/profile?a=b");
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(site.program().post_json("/login?next=/profile", body).await.json()["next"], "/profile");
}

#[tokio::test]
async fn a_repeated_next_is_refused() {
    let site = Site::start().await;
    let form = [("username", "kim@example.com"), ("password", PASSWORD), ("next", "/a"), ("next", "//evil.example")];
    assert_eq!(site.visitor().post("/login", &form).await.status, 400);
    assert_eq!(site.visitor().post("/login?next=/a&next=//evil.example", &form[..2]).await.status, 400);
    assert_eq!(site.visitor().get("/login?next=/a&next=/b").await.status, 400);
    let mut program = site.program();
    let token = program.csrf_token().await;
    let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
    let body = r#"{"username":"a","password":"b","next":"/a","next":"//evil.example"}"#;
    let answer = program.send(http::Method::POST, "/login", &headers, body.into()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "bad_request"));
}

#[tokio::test]
async fn a_page_that_needs_a_log_in_is_returned_to() {
    let site = Site::start().await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let answer = kim.get("/profile?a=b%20c").await;
    assert_eq!(answer.status, 303);
    let login = answer.header("location").to_owned();
    assert!(login.starts_with("/login?next=%2Fprofile%3Fa%3Db"), "{login}");
    let answer = kim.post(&login, &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.header("location"), "/profile?a=b%20c");
    let answer = site.program().get("/profile").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
}
