//! An unsafe request is carried out only when it comes from our own pages.

use http::Method;
use portico::site::shop;
use serde_json::json;

use crate::negotiation::ROUTES;
use crate::site::{Answer, PASSWORD, Site, Visitor};

/// Every unsafe route, with a body that it would carry out; what ends the session last.
pub(crate) const UNSAFE: [(&str, &str, &str); 37] = [
    ("POST", "/preferences/theme", "theme=dark"),
    ("POST", "/preferences/language", "language=ko"),
    ("POST", "/profile", "first_name=Eve&version=1"),
    ("PATCH", "/profile", "first_name=Eve&version=2"),
    ("POST", "/uploads", "purpose=avatar"),
    ("DELETE", "/uploads/{id}", ""),
    ("POST", "/uploads/{id}/abort", ""),
    ("POST", "/uploads/{id}/parts", "numbers=1"),
    ("POST", "/uploads/{id}/complete", ""),
    ("PATCH", "/media/{id}", "name=eve.txt&version=1"),
    ("DELETE", "/media/{id}", ""),
    ("POST", "/media/{id}/rename", "name=eve.txt&version=1"),
    ("POST", "/media/{id}/delete", ""),
    ("POST", "/media/{id}/grants", "email=eve%40example.com&verb=manage"),
    ("DELETE", "/media/{id}/grants/{grant}", ""),
    ("POST", "/media/{id}/grants/{grant}/revoke", ""),
    ("POST", "/media/{id}/links", "expires_in=60"),
    ("DELETE", "/media/{id}/links/{link}", ""),
    ("POST", "/media/{id}/links/{link}/revoke", ""),
    ("POST", "/staff/orders", "customer=Eve&what=A+hat"),
    ("POST", "/profile/export", "password=correct+horse+battery"),
    ("POST", "/password/reset", "email=kim%40example.com"),
    ("POST", "/password/reset/confirm", "new_password1=a+new+pass+phrase&new_password2=a+new+pass+phrase"),
    ("POST", "/email", "email=eve%40example.com&password=correct+horse+battery"),
    ("POST", "/email/resend", ""),
    ("POST", "/email/confirm", ""),
    ("POST", "/email/change/confirm", ""),
    ("POST", "/email/undo", ""),
    ("POST", "/signup", "email=eve%40example.com&password1=correct+horse+battery&password2=correct+horse+battery"),
    ("POST", "/login", "username=kim%40example.com&password=correct+horse+battery"),
    ("POST", "/reauthenticate", "password=correct+horse+battery"),
    ("POST", "/sessions/{id}/end", ""),
    ("POST", "/sessions/end-others", ""),
    (
        "POST",
        "/password/change",
        "old_password=correct+horse+battery&new_password1=a+new+pass+phrase&new_password2=a+new+pass+phrase",
    ),
    ("POST", "/logout/all", ""),
    ("POST", "/logout", ""),
    ("POST", "/profile/delete", "password=correct+horse+battery&confirm=on"),
];

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(visitor: &mut Visitor<'_>, route: (&str, &str, &str), headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = [("content-type", FORM)].iter().chain(headers).copied().collect();
    let method = Method::from_bytes(route.0.as_bytes()).unwrap();
    visitor.send(method, route.1, &headers, route.2.to_owned().into()).await
}

#[test]
fn the_list_of_unsafe_routes_is_whole() {
    for (path, allowed) in ROUTES {
        for method in allowed.split(", ").filter(|method| !["GET", "HEAD"].contains(method)) {
            assert!(UNSAFE.iter().any(|(known, at, _)| (*known, *at) == (method, path)), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_unsafe_route_refuses_whatever_is_not_ours() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = kim.with_session(None);
    lee.cookies.clear();
    lee.log_in("kim@example.com").await;
    let token = kim.csrf_token().await;
    let (of_other_session, of_stranger) = (lee.csrf_token().await, site.visitor().csrf_token().await);
    let cut = &token[..token.len() - 2];
    let attacks: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("x-csrftoken", "")],
        vec![("x-csrftoken", cut)],
        vec![("x-csrftoken", "AAAA")],
        vec![("x-csrftoken", &of_other_session)],
        vec![("x-csrftoken", &of_stranger)],
        vec![("x-csrftoken", &token), ("sec-fetch-site", "cross-site")],
        vec![("x-csrftoken", &token), ("sec-fetch-site", "same-site")],
        vec![("x-csrftoken", &token), ("sec-fetch-site", "nonsense")],
        vec![("x-csrftoken", &token), ("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8000")],
        vec![("x-csrftoken", &token), ("origin", "https://evil.example")],
        vec![("x-csrftoken", &token), ("origin", "null")],
        vec![("x-csrftoken", &token), ("origin", "http://localhost:8001")],
        vec![("x-csrftoken", &token), ("origin", "http://localhost")],
        vec![("x-csrftoken", &token), ("origin", "https://localhost:8000")],
        vec![("x-csrftoken", &token), ("origin", "http://localhost:8000.evil.example")],
        vec![("x-csrftoken", &token), ("origin", "http://localhost:8000/path")],
        vec![("x-csrftoken", &token), ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        // Ours in every way but without the token.
        vec![("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8000")],
    ];
    let before = site.state();
    for route in UNSAFE {
        for attack in &attacks {
            let page = send(&mut kim, route, attack).await;
            assert_eq!(page.status, 403, "{route:?} {attack:?}");
            assert!(page.header("content-type").starts_with("text/html"));
            let answer = send(&mut kim.clone().json(), route, attack).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf_failed"), "{route:?} {attack:?}");
        }
        // A token in the address is no token: addresses are logged and passed on.
        let path = format!("{}?csrfmiddlewaretoken={token}", route.1);
        assert_eq!(send(&mut kim, (route.0, &path, route.2), &[]).await.status, 403, "{path}");
    }
    assert_eq!(site.state(), before, "nothing has changed");
}

#[tokio::test]
async fn every_unsafe_route_carries_out_what_is_ours() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.amend(&kim.id, "user_permissions", json!({ "L": [{ "S": shop::Order::ADD.as_str() }] }));
    for (method, path, body) in UNSAFE {
        // Another session of hers, for what ends one.
        let mut phone = site.program();
        let of_a_file = path.starts_with("/uploads/") || path.starts_with("/media/");
        let path = match path.split_once("{id}") {
            Some(_) if of_a_file => path.replace(['{', '}'], ""),
            Some((before, after)) => {
                phone.log_in("kim@example.com").await;
                let listed = kim.clone().json().get("/sessions").await.json();
                format!("{before}{}{after}", listed["sessions"][1]["id"].as_str().unwrap())
            }
            None => path.to_owned(),
        };
        let route = (method, &*path, body);
        let token = kim.csrf_token().await;
        let headers =
            [("x-csrftoken", &*token), ("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8000")];
        let answer = send(&mut kim, route, &headers).await;
        // After `/logout/all` there is no session left to end, and without a link there is nothing to confirm: 410.
        // Of files there are none here: who may ask is told so.
        let expected = if of_a_file {
            matches!(answer.status.as_u16(), 404)
        } else {
            matches!(answer.status.as_u16(), 200 | 303 | 410)
        };
        assert!(expected, "{route:?}: {}", answer.status);
    }
    assert!(site.state().join("").contains("eve@example.com"));
}

#[tokio::test]
async fn the_token_may_come_as_a_field_or_a_header_or_as_the_cookies_value() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        let token = visitor.csrf_token().await;
        let cookie = visitor.cookies["csrftoken"].clone();
        let theme = |extra: String| format!("theme=dark&{extra}");
        for (headers, body) in [
            (vec![], theme(format!("csrfmiddlewaretoken={token}"))),
            (vec![], theme(format!("csrfmiddlewaretoken={cookie}"))),
            (vec![("x-csrftoken", &*token)], theme(String::new())),
            (vec![("x-csrftoken", &*cookie)], theme(String::new())),
        ] {
            let answer = send(&mut visitor, ("POST", "/preferences/theme", &body), &headers).await;
            assert_eq!(answer.status, 303, "{headers:?} {body}");
        }
        let body = json!({ "theme": "light", "csrfmiddlewaretoken": token }).to_string();
        let headers = [("content-type", "application/json")];
        let answer = visitor.send(Method::POST, "/preferences/theme", &headers, body.into()).await;
        assert_eq!(answer.status, 303);
        let answer = visitor.send(Method::POST, "/preferences/theme", &headers, r#"{"theme":"dark"}"#.into()).await;
        assert_eq!(answer.status, 403, "JSON needs a token too");
    }
}

#[tokio::test]
async fn the_forms_of_a_page_carry_a_token_that_is_good() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        for path in ["/", "/login", "/signup", "/logout", "/nowhere"] {
            let page = visitor.get(path).await;
            let token = page.after("name=\"csrfmiddlewaretoken\" value=\"");
            let forms = page.text().matches("method=\"post\"").count();
            assert_eq!(page.text().matches("name=\"csrfmiddlewaretoken\"").count(), forms, "{path}: one in each form");
            let body = format!("theme=dark&csrfmiddlewaretoken={token}");
            assert_eq!(send(&mut visitor, ("POST", "/preferences/theme", &body), &[]).await.status, 303, "{path}");
        }
    }
}

#[tokio::test]
async fn without_our_cookie_a_token_is_worth_nothing() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    let ours = kim.cookies.remove("csrftoken").unwrap();
    let route = UNSAFE[0];
    assert_eq!(send(&mut kim, route, &[("x-csrftoken", &token)]).await.status, 403);
    let stranger = {
        let mut stranger = site.visitor();
        stranger.csrf_token().await;
        stranger.cookies["csrftoken"].clone()
    };
    // Planted by another host: signed by us, for nobody's session.
    for planted in [stranger.as_str(), "", "AAAA", &"A".repeat(64), &format!("\"{ours}\"")] {
        kim.cookies.insert("csrftoken".to_owned(), planted.to_owned());
        for token in [planted, &token] {
            let answer = send(&mut kim, route, &[("x-csrftoken", token)]).await;
            assert_eq!(answer.status, 403, "{planted}");
            kim.cookies.insert("csrftoken".to_owned(), planted.to_owned());
        }
    }
    for header in [
        format!("sessionid={}; csrftoken={ours}; csrftoken={stranger}", kim.session_cookie()),
        format!("sessionid={}; a=[csrftoken={ours}", kim.session_cookie()),
        format!("sessionid={}; a=]csrftoken={ours}", kim.session_cookie()),
        format!("sessionid={}; a=\"b; csrftoken={ours}\"", kim.session_cookie()),
        format!("sessionid={}; csrftoken=\"{ours}\"", kim.session_cookie()),
    ] {
        let answer = send(&mut kim, route, &[("x-csrftoken", &token), ("cookie", &header)]).await;
        assert_eq!(answer.status, 403, "{header}");
    }
}

#[tokio::test]
async fn logging_in_and_out_changes_the_token() {
    let site = Site::start().await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let (anonymous, cookie) = (kim.csrf_token().await, kim.cookies["csrftoken"].clone());
    kim.log_in("kim@example.com").await;
    assert_ne!(kim.cookies["csrftoken"], cookie, "the answer to the log-in sets a new one");
    let route = UNSAFE[0];
    assert_eq!(send(&mut kim, route, &[("x-csrftoken", &anonymous)]).await.status, 403);
    let signed_in = kim.csrf_token().await;
    assert_eq!(send(&mut kim, route, &[("x-csrftoken", &signed_in)]).await.status, 200);
    kim.post_json("/logout", json!({})).await;
    assert_eq!(send(&mut kim, route, &[("x-csrftoken", &signed_in)]).await.status, 403);
}

#[tokio::test]
async fn a_program_gets_its_token_from_csrf() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.program()] {
        let answer = visitor.get("/csrf").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("csrftoken=")));
        assert_eq!(answer.json().as_object().unwrap().len(), 1);
        let (one, two) = (visitor.csrf_token().await, visitor.csrf_token().await);
        assert_ne!(one, two, "masked anew");
        assert!(visitor.get("/csrf").await.set_cookies().is_empty(), "the cookie is there already");
        let answer = send(&mut visitor, UNSAFE[0], &[("x-csrftoken", &one)]).await;
        assert!(matches!(answer.status.as_u16(), 200 | 303), "an earlier one is still good");
    }
}

#[tokio::test]
async fn localhost_and_its_addresses_are_our_own_origin_on_our_port() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let token = visitor.csrf_token().await;
    for (origin, ours) in [
        ("http://localhost:8000", true),
        ("http://127.0.0.1:8000", true),
        ("http://[::1]:8000", true),
        ("http://127.0.0.1:8001", false),
        ("http://127.0.0.1", false),
        ("http://127.0.0.2.evil.example:8000", false),
        ("http://192.0.2.1:8000", false),
        ("http://app.localhost:8001", false),
    ] {
        for host in ["localhost:8000", "127.0.0.1:8000"] {
            let headers = [("x-csrftoken", &*token), ("origin", origin), ("sec-fetch-site", "same-origin")];
            let mut visitor = visitor.clone().with("x-forwarded-host", host);
            let answer = send(&mut visitor, UNSAFE[0], &headers).await;
            assert_eq!(answer.status.as_u16(), if ours { 303 } else { 403 }, "{origin}");
        }
    }
}

#[tokio::test]
async fn another_origin_is_trusted_only_when_the_settings_say_so() {
    let settings = [("PUBLIC_URL", "https://example.com"), ("CSRF_TRUSTED_ORIGINS", "https://app.example.com")];
    let site = Site::start_with(|options| {
        options.settings.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    })
    .await;
    let mut visitor = site.visitor();
    visitor.sign_up("kim@example.com").await;
    let token = visitor.csrf_token().await;
    for (headers, ours) in [
        (vec![("origin", "https://example.com")], true),
        (vec![("origin", "https://app.example.com"), ("sec-fetch-site", "same-site")], true),
        (vec![("origin", "https://other.example.com"), ("sec-fetch-site", "same-site")], false),
        (vec![("origin", "http://example.com")], false),
        (vec![("origin", "http://localhost:8000")], false),
        (vec![("referer", "https://example.com/login")], true),
        (vec![("referer", "https://evil.example/?https://example.com/")], false),
        (vec![("referer", "http://example.com/login")], false),
    ] {
        let all: Vec<_> = [("x-csrftoken", &*token)].into_iter().chain(headers.clone()).collect();
        let answer = send(&mut visitor, ("POST", "/preferences/theme", "theme=dark"), &all).await;
        assert_eq!(answer.status.as_u16(), if ours { 303 } else { 403 }, "{headers:?}");
    }
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_eq!(visitor.json().post_json("/login", body).await.status, 200);
}
