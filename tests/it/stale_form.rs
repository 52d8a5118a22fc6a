//! A form that was left open over a log-in: it is explained, and sent again without being typed again.

use crate::site::{Answer, PASSWORD, Site, Visitor};

const FORM: &str = "application/x-www-form-urlencoded";
const TYPED: &str = "two lines:\r\n\"quoted\" <b>&amp; 한글";
/// A browser that says that the form is a page's of this site.
const HERE: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8000")];

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(visitor: &mut Visitor<'_>, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = [("content-type", FORM)].iter().chain(headers).copied().collect();
    visitor.send(http::Method::POST, path, &headers, encoded(fields).into()).await
}

async fn token_on(visitor: &mut Visitor<'_>, path: &str) -> String {
    visitor.get(path).await.after("name=\"csrfmiddlewaretoken\" value=\"")
}

/// Kim, with a token of a page that she opened before she logged in once more.
async fn over_a_log_in(site: &Site) -> (Visitor<'_>, String) {
    let mut kim = site.member("kim@example.com").await;
    let token = token_on(&mut kim, "/profile").await;
    kim.log_in("kim@example.com").await;
    (kim, token)
}

/// The form of the page: where it goes, what goes along unseen, what is asked for.
fn form_of(page: &Answer) -> (String, Vec<(String, String)>, Vec<String>) {
    let text = page.text();
    let form = text.split("<form class=\"form\"").nth(1).unwrap_or_else(|| panic!("no form in {text}"));
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_default();
        unescaped(value.split('"').next().unwrap())
    };
    let inputs = || form.split("<input").skip(1).map(|tag| format!(" {}", tag.split('>').next().unwrap().trim()));
    let kept = inputs().filter(|tag| tag.contains("type=\"hidden\""));
    let asked = inputs().filter(|tag| tag.contains("type=\"password\""));
    (
        attribute(form, "action"),
        kept.map(|tag| (attribute(&tag, "name"), attribute(&tag, "value"))).collect(),
        asked.map(|tag| attribute(&tag, "name")).collect(),
    )
}

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, meant) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&#x3d;", "=")]
    {
        text = text.replace(entity, meant);
    }
    text.replace("&amp;", "&")
}

async fn send_again(visitor: &mut Visitor<'_>, page: &Answer, typed: &[(&str, &str)]) -> Answer {
    let (action, kept, _) = form_of(page);
    let fields: Vec<_> =
        kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(typed.to_vec()).collect();
    send(visitor, &action, &fields, &HERE).await
}

#[tokio::test]
async fn what_was_typed_is_sent_again_as_it_was() {
    let site = Site::start().await;
    let (mut kim, token) = over_a_log_in(&site).await;
    let before = site.state();
    let fields = [("csrfmiddlewaretoken", &*token), ("version", "1"), ("first_name", "Kim"), ("bio", TYPED)];
    let page = send(&mut kim, "/profile", &fields, &HERE).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (403, "no-store"));
    assert_eq!(site.state(), before, "nothing was done");
    assert_eq!(page.line().0["code"], "csrf_failed");
    let text = page.text();
    assert!(
        text.contains("out of date") && text.contains("as kim@example.com") && !text.contains("<b>&amp; "),
        "{text}"
    );
    let (action, kept, asked) = form_of(&page);
    assert_eq!((action.as_str(), asked.len()), ("/profile", 0));
    let kept: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(kept[1..], [("version", "1"), ("first_name", "Kim"), ("bio", TYPED)]);
    assert!(kept[0].0 == "csrfmiddlewaretoken" && kept[0].1 != token);
    let answer = send_again(&mut kim, &page, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/profile"));
    let bio = kim.json().get("/profile").await.json()["user"]["bio"].clone();
    assert_eq!(bio, TYPED.replace("\r\n", "\n"));
}

#[tokio::test]
async fn a_page_that_a_visitor_left_open_goes_on_after_the_log_in() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let mut kim = site.visitor();
    let token = token_on(&mut kim, "/").await;
    kim.log_in("kim@example.com").await;
    let fields = [("csrfmiddlewaretoken", &*token), ("next", "/signup"), ("theme", "dark")];
    let page = send(&mut kim, "/preferences/theme", &fields, &HERE).await;
    assert_eq!(page.status, 403);
    let answer = send_again(&mut kim, &page, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/signup"));
}

#[tokio::test]
async fn a_secret_is_asked_again_and_never_sent_back() {
    let site = Site::start().await;
    let (mut kim, token) = over_a_log_in(&site).await;
    let (new, secrets) = ("a new pass phrase", ["s3cret-one", "s3cret-two", "s3cret-three"]);
    let fields = [
        ("csrfmiddlewaretoken", &*token),
        ("old_password", secrets[0]),
        ("new_password1", secrets[1]),
        ("new_password2", secrets[1]),
        ("otp_code", secrets[2]),
        ("note", "kept"),
    ];
    let page = send(&mut kim, "/password/change", &fields, &HERE).await;
    let text = page.text();
    assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    assert!(text.contains("Current password") && text.contains("type them again"), "{text}");
    let (_, kept, asked) = form_of(&page);
    assert_eq!(asked, ["old_password", "new_password1", "new_password2", "otp_code"]);
    assert_eq!(kept[1..], [("note".to_owned(), "kept".to_owned())]);
    let typed = [("old_password", PASSWORD), ("new_password1", new), ("new_password2", new), ("otp_code", "")];
    assert_eq!(send_again(&mut kim, &page, &typed).await.status, 303);
    let login = site.program().post("/login", &[("username", "kim@example.com"), ("password", new)]).await;
    assert_eq!(login.status, 200);
}

#[tokio::test]
async fn a_log_in_page_that_was_open_over_a_log_out_goes_on_as_nobody() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = token_on(&mut kim, "/login").await;
    kim.post("/logout", &[]).await;
    let path = "/login?next=%2Fprofile%3Fa%3D%2522b";
    let fields = [("csrfmiddlewaretoken", &*token), ("username", "kim@example.com"), ("password", PASSWORD)];
    // The log-out made the browser forget the cookie that belonged to the token.
    kim.get("/login").await;
    let page = send(&mut kim, path, &fields, &HERE).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("not logged in") && !page.text().contains(PASSWORD));
    assert!(!page.text().contains("another tab"), "it is the log-in");
    assert_eq!(form_of(&page).0, path);
    let answer = send_again(&mut kim, &page, &[("password", PASSWORD)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/profile?a=%22b"));
    assert!(!kim.whoami().await.is_null());
}

#[tokio::test]
async fn what_was_typed_survives_a_log_out_and_a_log_in_in_other_tabs() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = token_on(&mut kim, "/profile").await;
    kim.post("/logout", &[]).await;
    kim.get("/").await;
    let fields = [("csrfmiddlewaretoken", &*token), ("version", "1"), ("bio", TYPED)];
    let page = send(&mut kim, "/profile", &fields, &HERE).await;
    let text = unescaped(&page.text());
    assert!(text.contains("log in in another tab, then send it from here"), "{text}");
    assert!(text.contains("<a href=\"/login\" target=\"_blank\" rel=\"noopener\">Log in in another tab</a>"), "{text}");
    kim.log_in("kim@example.com").await;
    // The page that stayed open has a token of the visitor who had logged out.
    let page = send_again(&mut kim, &page, &[]).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("as kim@example.com") && !page.text().contains("another tab"), "{}", page.text());
    let answer = send_again(&mut kim, &page, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/profile"));
    let bio = kim.json().get("/profile").await.json()["user"]["bio"].clone();
    assert_eq!(bio, TYPED.replace("\r\n", "\n"));
}

#[tokio::test]
async fn what_will_be_sent_has_labels_and_what_nobody_typed_is_not_told() {
    let site = Site::start().await;
    let (mut kim, token) = over_a_log_in(&site).await;
    let token = ("csrfmiddlewaretoken", &*token);
    let page =
        send(&mut kim, "/profile", &[token, ("version", "1"), ("first_name", "Kim"), ("phone", "")], &HERE).await;
    let text = page.text();
    assert!(
        text.contains("What you typed is still here") && text.contains("<dt>First name</dt><dd>Kim</dd>"),
        "{text}"
    );
    assert!(!text.contains("<dt>version") && !text.contains("<dt>Phone"), "{text}");
    for (path, fields) in [
        ("/preferences/theme", vec![token, ("next", "/signup"), ("theme", "dark")]),
        ("/logout", vec![token]),
        ("/password/change", vec![token, ("old_password", PASSWORD)]),
    ] {
        let page = send(&mut kim, path, &fields, &HERE).await;
        let text = page.text();
        assert!(page.status == 403 && text.contains("nothing was done yet"), "{text}");
        assert!(!text.contains("What you typed") && !text.contains("What will be sent"), "{path}: {text}");
        assert_eq!(form_of(&page).0, path, "and it can be sent again");
    }
}

#[tokio::test]
async fn nothing_comes_back_where_the_browser_does_not_say_that_the_form_is_ours() {
    let site = Site::start_with(|options| {
        options.settings.push(("CSRF_TRUSTED_ORIGINS".to_owned(), "https://app.example.com".to_owned()));
    })
    .await;
    let (kim, token) = over_a_log_in(&site).await;
    let cut = token[..token.len() - 4].to_owned();
    let field = ("csrfmiddlewaretoken", &*token);
    for (fields, headers) in [
        (vec![field], vec![]),
        (vec![field], vec![("referer", "http://localhost:8000/profile")]),
        (vec![field], vec![("sec-fetch-site", "none")]),
        (vec![field], vec![("sec-fetch-site", "cross-site")]),
        (vec![field], vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]),
        (vec![field], vec![("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com")]),
        (vec![field], vec![("origin", "null")]),
        // Ours, but no page's form with a token: a script, or a form that somebody slipped in.
        (vec![], HERE.to_vec()),
        (vec![("csrfmiddlewaretoken", "")], HERE.to_vec()),
        (vec![("csrfmiddlewaretoken", &*cut)], HERE.to_vec()),
        (vec![field], [HERE.to_vec(), vec![("x-csrftoken", &*token)]].concat()),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("version", "1"), ("bio", "typed-here")]).collect();
        let page = send(&mut kim.clone(), "/profile", &fields, &headers).await;
        assert_eq!(page.status, 403, "{fields:?} {headers:?}");
        assert!(!page.text().contains("typed-here"), "{fields:?} {headers:?}");
        assert!(page.text().contains("no longer valid"));
    }
    let body = encoded(&[field, ("version", "1"), ("bio", "typed-here")]);
    let headers = [("content-type", FORM), HERE[0], HERE[1]];
    let page = kim.clone().send(http::Method::PATCH, "/profile", &headers, body.into()).await;
    assert!(page.status == 403 && !page.text().contains("typed-here"), "no form sends PATCH");
}

#[tokio::test]
async fn a_program_is_told_where_to_get_another_token() {
    let site = Site::start().await;
    let (kim, token) = over_a_log_in(&site).await;
    let mut kim = kim.json();
    for (headers, hinted) in [
        (HERE.to_vec(), true),
        (vec![], true),
        (vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
    ] {
        let fields = [("csrfmiddlewaretoken", &*token), ("version", "1"), ("bio", "typed-here")];
        let answer = send(&mut kim, "/profile", &fields, &headers).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf_failed"));
        let hint = answer.json()["error"]["hint"].as_str().unwrap_or_default().to_owned();
        assert_eq!(hint.contains("/csrf"), hinted, "{headers:?}: {hint}");
        assert!(!answer.text().contains("typed-here"));
    }
}

#[tokio::test]
async fn the_page_speaks_the_visitors_language() {
    let site = Site::start().await;
    let (mut kim, token) = over_a_log_in(&site).await;
    kim.post("/preferences/language", &[("language", "ko")]).await;
    let fields = [("csrfmiddlewaretoken", &*token), ("version", "1"), ("bio", "소개")];
    let page = send(&mut kim, "/profile", &fields, &HERE).await.text();
    assert!(page.contains("다시 보내기") && page.contains("<dt>소개</dt>"), "{page}");
}
