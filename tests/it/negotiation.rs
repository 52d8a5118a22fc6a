//! HTML for people, JSON for programs, and what is not there or not possible, in both.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::site::Site;

/// Every route and what `Allow` says of it.
pub(crate) const ROUTES: [(&str, &str); 49] = [
    ("/", "GET, HEAD"),
    ("/csrf", "GET, HEAD"),
    ("/signup", "GET, POST, HEAD"),
    ("/login", "GET, POST, HEAD"),
    ("/reauthenticate", "GET, POST, HEAD"),
    ("/logout", "POST"),
    ("/logout/all", "POST"),
    ("/profile", "GET, POST, PATCH, HEAD"),
    ("/profile/security", "GET, HEAD"),
    ("/sessions", "GET, HEAD"),
    ("/sessions/{id}/end", "POST"),
    ("/sessions/end-others", "POST"),
    ("/profile/export", "GET, POST, HEAD"),
    ("/profile/delete", "GET, POST, HEAD"),
    ("/password/change", "GET, POST, HEAD"),
    ("/password/reset", "GET, POST, HEAD"),
    ("/password/reset/sent", "GET, HEAD"),
    ("/password/reset/{link}", "GET, HEAD"),
    ("/password/reset/confirm", "GET, POST, HEAD"),
    ("/email", "GET, POST, HEAD"),
    ("/email/resend", "POST"),
    ("/email/confirm/{link}", "GET, HEAD"),
    ("/email/confirm", "GET, POST, HEAD"),
    ("/email/change/{link}", "GET, HEAD"),
    ("/email/change/confirm", "GET, POST, HEAD"),
    ("/email/undo/{link}", "GET, HEAD"),
    ("/email/undo", "GET, POST, HEAD"),
    ("/uploads", "POST"),
    ("/uploads/{id}", "GET, DELETE, HEAD"),
    ("/uploads/{id}/abort", "POST"),
    ("/uploads/{id}/parts", "GET, POST, HEAD"),
    ("/uploads/{id}/complete", "POST"),
    ("/media", "GET, HEAD"),
    ("/media/shared", "GET, HEAD"),
    ("/media/{id}", "GET, PATCH, DELETE, HEAD"),
    ("/media/{id}/thumbnails/{side}", "GET, HEAD"),
    ("/media/{id}/details", "GET, HEAD"),
    ("/media/{id}/rename", "POST"),
    ("/media/{id}/delete", "GET, POST, HEAD"),
    ("/media/{id}/grants", "POST"),
    ("/media/{id}/grants/{grant}", "DELETE"),
    ("/media/{id}/grants/{grant}/revoke", "POST"),
    ("/media/{id}/links", "POST"),
    ("/media/{id}/links/{link}", "DELETE"),
    ("/media/{id}/links/{link}/revoke", "POST"),
    ("/staff/orders", "GET, POST, HEAD"),
    ("/staff/orders/{id}", "GET, HEAD"),
    ("/preferences/theme", "POST"),
    ("/preferences/language", "POST"),
];

/// Those of the administration, where it is on.
pub(crate) const ADMIN_ROUTES: [(&str, &str); 18] = [
    ("/admin", "GET, HEAD"),
    ("/admin/users", "GET, HEAD"),
    ("/admin/users/{id}", "GET, HEAD"),
    ("/admin/users/{id}/privileges", "POST"),
    ("/admin/users/{id}/password-reset", "POST"),
    ("/admin/users/{id}/sessions/end", "POST"),
    ("/admin/users/{id}/sessions/{session}/end", "POST"),
    ("/admin/users/{id}/delete", "GET, POST, HEAD"),
    ("/admin/users/{id}/media", "GET, HEAD"),
    ("/admin/users/{id}/audit", "GET, HEAD"),
    ("/admin/groups", "GET, POST, HEAD"),
    ("/admin/groups/{group}", "GET, HEAD"),
    ("/admin/groups/{group}/permissions", "POST"),
    ("/admin/groups/{group}/members", "POST"),
    ("/admin/groups/{group}/members/{id}/remove", "POST"),
    ("/admin/groups/{group}/delete", "GET, POST, HEAD"),
    ("/admin/groups/{group}/audit", "GET, HEAD"),
    ("/admin/audit", "GET, HEAD"),
];

#[tokio::test]
async fn the_list_of_routes_is_the_templates() {
    let site = Site::start().await;
    let functions = &site.stack.template().functions;
    let mut routes: Vec<_> =
        functions.iter().flat_map(|function| &function.routes).map(|route| route.path.as_str()).collect();
    let mut listed: Vec<_> = ROUTES.iter().map(|(path, _)| *path).chain(["$default"]).collect();
    routes.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, routes);
}

#[tokio::test]
async fn accept_decides_and_the_body_where_it_is_silent() {
    let site = Site::start().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    for (accept, plain, with_json) in [
        ("application/json", "application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json", "application/json"),
        ("APPLICATION/JSON", "application/json", "application/json"),
        (browser, "text/html", "text/html"),
        ("text/html", "text/html", "text/html"),
        ("text/html, application/json", "text/html", "text/html"),
        ("application/json;q=0.5, text/html", "text/html", "text/html"),
        ("*/*", "text/html", "application/json"),
        ("", "text/html", "application/json"),
        ("image/png", "text/html", "application/json"),
        (";;q=x,,", "text/html", "application/json"),
    ] {
        let mut visitor = site.visitor().indifferent();
        if !accept.is_empty() {
            visitor = visitor.with("accept", accept);
        }
        let get = visitor.get("/nowhere").await;
        assert_eq!(get.status, 404);
        assert!(get.header("content-type").starts_with(plain), "{accept:?}: {}", get.header("content-type"));
        let json_type = [("content-type", "application/json")];
        let post = visitor.send(Method::POST, "/login", &json_type, "{}".into()).await;
        assert_eq!(post.status, 403);
        assert!(post.header("content-type").starts_with(with_json), "{accept:?}: {}", post.header("content-type"));
        assert!(post.header("vary").contains("Accept"));
    }
}

#[tokio::test]
async fn the_home_page_says_in_json_who_is_there() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let json = kim.get("/").await.json();
    assert_eq!((json["name"].as_str(), json["version"].as_str()), (Some("Portico"), Some(portico::VERSION)));
    assert_eq!((&json["user"]["email"], json["user"].as_object().unwrap().len()), (&json!("kim@example.com"), 13));
    assert!(site.program().get("/").await.json()["user"].is_null());
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for path in ["/", "/csrf", "/signup", "/login", "/profile", "/nowhere", "/uploads/x"] {
        let get = kim.get(path).await;
        let head = kim.send(Method::HEAD, path, &[], Bytes::new()).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-type", "cache-control", "vary", "x-content-type-options"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_route_does_not_have_is_405_with_allow() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    for (path, allowed) in ROUTES {
        let path = path.replace("{id}", "0190a5b0-0000-7000-8000-000000000000");
        let path = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
            if allowed.split(", ").any(|known| known == method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            for mut visitor in [site.visitor(), site.program(), kim.clone()] {
                let answer = visitor.send(method.clone(), &path, &[], Bytes::new()).await;
                assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allowed), "{method} {path}");
            }
            let answer = site.program().send(method.clone(), &path, &[], Bytes::new()).await;
            assert_eq!(answer.code(), "method_not_allowed", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_does_not_exist_is_a_page_or_an_error_in_json() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    for path in [
        "/nowhere",
        "/login//",
        "/Login",
        "/profile/x.css",
        "/logout/everyone",
        "/uploads/1/2",
        "//evil.example/x",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/media/1/%252e%252e%252f",
        "/.git/HEAD",
        "/.env",
        "/a%3Fb%23c",
        "/%00",
        "/\u{d55c}\u{ae00}",
    ] {
        let path = percent_encoding::utf8_percent_encode(path, percent_encoding::CONTROLS).to_string();
        let page = kim.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        let text = page.text().replace("&#x2f;", "/").replace("&#x3d;", "=");
        assert!(text.contains("Page not found") && text.contains(page.header("x-request-id")), "{path}");
        assert!(text.contains("kim@example.com"), "the frame greets as everywhere");
        for method in [Method::GET, Method::POST, Method::TRACE, Method::DELETE] {
            let answer = site.program().send(method.clone(), &path, &[], Bytes::new()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{method} {path}");
            assert_eq!(answer.json()["error"]["request_id"], answer.header("x-request-id"));
        }
    }
}

#[tokio::test]
async fn an_error_in_json_has_a_code_words_and_the_requests_id() {
    let site = Site::start().await;
    let mut program = site.program();
    let token = program.csrf_token().await;
    let mut seen = Vec::new();
    for (method, path, headers, body) in [
        (Method::GET, "/login?next=a&next=b", vec![], ""),
        (Method::GET, "/profile", vec![], ""),
        (Method::POST, "/login", vec![("content-type", "application/json")], "{}"),
        (Method::GET, "/nowhere", vec![], ""),
        (Method::PUT, "/login", vec![], ""),
        (Method::POST, "/login", vec![("content-type", "text/plain")], "x"),
        (Method::POST, "/login", vec![("content-type", "application/json"), ("x-csrftoken", &*token)], "{}"),
    ] {
        let answer = program.send(method, path, &headers, body.into()).await;
        let error = answer.json()["error"].clone();
        assert_eq!(answer.json().as_object().unwrap().len(), 1);
        assert_eq!(error["request_id"], answer.header("x-request-id"));
        assert!(error["message"].as_str().is_some_and(|words| words.len() > 10), "{error}");
        assert_eq!(error.get("fields").is_some(), answer.status == 422, "{error}");
        seen.push((answer.status.as_u16(), answer.code()));
    }
    let expected = [
        (400, "bad_request"),
        (401, "login_required"),
        (403, "csrf_failed"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (415, "unsupported_media_type"),
        (422, "invalid"),
    ];
    assert_eq!(seen, expected.map(|(status, code)| (status, code.to_owned())));
}
