//! The table of `docs/cost.md`, held against what each of its operations costs: one call more, or one less, and the
//! operation is named here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Method;
use image::ImageFormat;
use jiff::SignedDuration;
use portico::meter::Cost;
use portico::site::shop::Order;
use portico::{Allow, Context, Response, Result, Routes, StatusCode};
use serde_json::json;

use crate::media::{TEXT, ready_text};
use crate::site::{PASSWORD, Sent, Site, Visitor, log, pictures, root};

const KIM: &str = "kim@example.com";
const NEW: &str = "a new pass phrase";

/// What a million units cost in the table's prices, US dollars.
const READ: f64 = 0.125;
const WRITE: f64 = 0.625;

/// What a row says, or should say.
#[derive(Debug, PartialEq)]
struct Row(String);

impl From<Cost> for Row {
    fn from(Cost { calls, trips, read_units, write_units }: Cost) -> Self {
        let dollars = read_units * READ + write_units * WRITE;
        Self(format!("{calls} | {trips} | {read_units} | {write_units} | {dollars:.3}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rows by the names of their operations.
type Table = BTreeMap<String, Row>;

/// What was measured.
#[derive(Default)]
struct Measured(Table);

impl Measured {
    fn note(&mut self, operation: &str, cost: Cost) {
        assert!(self.0.insert(operation.to_owned(), cost.into()).is_none(), "{operation} is measured twice");
    }
}

/// The table as the page has it.
fn told() -> Table {
    let page = std::fs::read_to_string(root().join("docs/cost.md")).unwrap();
    let (_, table) = page.split_once("| calls | trips | RCU | WCU | $ |\n").expect("docs/cost.md has the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let rows = rows.map(|line| line.trim_matches(['|', ' ']).split_once(" | ").expect("a row has a name"));
    rows.map(|(operation, row)| (operation.to_owned(), Row(row.to_owned()))).collect()
}

#[tokio::test]
async fn each_operation_costs_what_the_page_of_costs_says() {
    let mut measured = Measured::default();
    pages(&mut measured).await;
    signing_up(&mut measured).await;
    logging_in(&mut measured).await;
    passwords(&mut measured).await;
    proving(&mut measured).await;
    mails(&mut measured).await;
    files(&mut measured).await;
    leaving(&mut measured).await;
    let (measured, told) = (measured.0, told());
    let row = |table: &Table, name: &str| table.get(name).map_or_else(|| "nothing".to_owned(), Row::to_string);
    let names = measured.keys().chain(told.keys().filter(|name| !measured.contains_key(*name)));
    let wrong: Vec<_> = names
        .filter(|name| measured.get(*name) != told.get(*name))
        .map(|name| format!("{name}\n  costs        {}\n  docs/cost.md {}", row(&measured, name), row(&told, name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn answered(_: Context) -> Result<Response> {
    Response::json(StatusCode::OK, &json!({}))
}

async fn pages(measured: &mut Measured) {
    let site = Site::start().await;
    measured.note("a page, without a cookie", site.visitor().get("/").await.cost());
    let mut visitor = site.program();
    let token = visitor.csrf_token().await;
    let first = visitor.send_with(&token, Method::POST, "/preferences/theme", json!({ "theme": "dark" })).await;
    measured.note("a visitor's first value in a session", first.cost());
    measured.note("a page, of a visitor with a session", visitor.get("/").await.cost());

    let mut kim = site.member(KIM).await.json();
    measured.note("a page, signed in", kim.get("/profile").await.cost());
    let token = kim.csrf_token().await;
    let edit = kim.send_with(&token, Method::PATCH, "/profile", json!({ "version": 1, "bio": "cheap" })).await;
    measured.note("an edit of the profile", edit.cost());
    site.group("Staff", &[Order::VIEW]).await;
    site.join(&kim, "Staff").await;
    let routes = Arc::new(Routes::new().get("/asks", Allow::permission(Order::VIEW), answered));
    let sent = Sent { method: "GET", path: "/asks", headers: &[("accept", "application/json")], body: "" };
    let answer = site.answer_by(&routes, &kim, sent).await;
    assert_eq!(answer.status, 200);
    measured.note("a page that asks for a permission of a group", answer.cost());
    site.clock.advance(SignedDuration::from_mins(31));
    measured.note("a page, signed in, when a renewal is due", kim.get("/profile").await.cost());
}

async fn signing_up(measured: &mut Measured) {
    let site = Site::start().await;
    let mut program = site.program();
    let token = program.csrf_token().await;
    for (operation, body) in [
        ("a sign-up by address", json!({ "email": KIM, "password1": PASSWORD, "password2": PASSWORD })),
        (
            "a sign-up by address and user name",
            json!({ "email": "lee@example.com", "username": "lee", "password1": PASSWORD, "password2": PASSWORD }),
        ),
    ] {
        let answer = program.clone().send_with(&token, Method::POST, "/signup", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        measured.note(operation, answer.cost());
    }
}

/// Logs in, in one request.
async fn log_in(visitor: &mut Visitor<'_>, password: &str) -> (u16, Cost) {
    let token = visitor.csrf_token().await;
    let body = json!({ "username": KIM, "password": password });
    let answer = visitor.send_with(&token, Method::POST, "/login", body).await;
    (answer.status.as_u16(), answer.cost())
}

async fn logging_in(measured: &mut Measured) {
    let site = Site::start().await;
    let mut kim = site.program();
    let user = kim.sign_up(KIM).await;
    site.prove(&user["id"]);
    let (status, cost) = log_in(&mut kim, PASSWORD).await;
    assert_eq!(status, 200);
    measured.note("a log-in, the first of an account", cost);
    let token = kim.csrf_token().await;
    let out = kim.send_with(&token, Method::POST, "/logout", json!({})).await;
    measured.note("a log-out", out.cost());
    measured.note("a log-in, from a browser that the account knows", log_in(&mut kim, PASSWORD).await.1);
    let (status, cost) = log_in(&mut site.program(), PASSWORD).await;
    assert_eq!(status, 200);
    measured.note("a log-in, from one that it does not know", cost);
    let token = kim.csrf_token().await;
    let out = kim.send_with(&token, Method::POST, "/logout/all", json!({})).await;
    assert_eq!(out.status, 200, "{}", out.text());
    measured.note("a log-out of all sessions, however many", out.cost());

    let mut stranger = site.program();
    for _ in 0..5 {
        let (status, cost) = log_in(&mut stranger, "wrong wrong wrong").await;
        assert_eq!(status, 401);
        let row = measured.0.entry("a wrong password, whoever it was for".to_owned()).or_insert_with(|| cost.into());
        assert_eq!(*row, cost.into(), "each as dear as the first");
    }
    let (status, cost) = log_in(&mut stranger, PASSWORD).await;
    assert_eq!(status, 429);
    measured.note("a try that is put off", cost);
}

async fn passwords(measured: &mut Measured) {
    let site = Site::start().await;
    let mut kim = site.member(KIM).await.json();
    let token = kim.csrf_token().await;
    let proof = kim.send_with(&token, Method::POST, "/reauthenticate", json!({ "password": PASSWORD })).await;
    assert_eq!(proof.status, 200, "{}", proof.text());
    measured.note("the password is proven again", proof.cost());
    let token = kim.csrf_token().await;
    let form = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    let changed = kim.send_with(&token, Method::POST, "/password/change", form).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    measured.note("the password is changed", changed.cost());

    let mut lost = site.program();
    let token = lost.csrf_token().await;
    let asked = lost.send_with(&token, Method::POST, "/password/reset", json!({ "email": KIM })).await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    measured.note("a new password is asked for", asked.cost());
    let link = site.link_to(KIM, "/password/reset/").await;
    measured.note("a new password: the link", lost.get(&link).await.cost());
    measured.note("a new password: the form", lost.get("/password/reset/confirm").await.cost());
    let token = lost.csrf_token().await;
    let form = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    let reset = lost.send_with(&token, Method::POST, "/password/reset/confirm", form).await;
    assert_eq!(reset.status, 200, "{}", reset.text());
    measured.note("a new password is set", reset.cost());
}

async fn proving(measured: &mut Measured) {
    let site = Site::start().await;
    let mut kim = site.member(KIM).await.json();
    let link = site.link_to(KIM, "/email/confirm/").await;
    measured.note("an address is proven: the link", kim.get(&link).await.cost());
    measured.note("an address is proven: the form", kim.get("/email/confirm").await.cost());
    let token = kim.csrf_token().await;
    let proven = kim.send_with(&token, Method::POST, "/email/confirm", json!({})).await;
    assert_eq!(proven.status, 200, "{}", proven.text());
    measured.note("an address is proven", proven.cost());
}

/// Delivers what was promised. Gives what the mail of this kind has cost.
async fn delivered(site: &Site, kind: &str) -> Cost {
    let promised = site.outbox().into_iter().find(|item| item["letter"]["M"]["kind"]["S"] == kind);
    let key = promised.unwrap_or_else(|| panic!("{kind} is not promised"))["PK"]["S"].as_str().unwrap().to_owned();
    site.deliver_mail().await;
    log::job(&key).cost()
}

async fn mails(measured: &mut Measured) {
    let site = Site::start().await;
    let user = site.program().sign_up(KIM).await;
    measured.note("a mail that proves an address", delivered(&site, "confirm_email").await);
    site.prove(&user["id"]);
    site.visitor().ask_for_reset(KIM).await;
    measured.note("a mail with a link to a new password", delivered(&site, "reset_password").await);
    site.visitor().ask_for_reset("nobody@example.com").await;
    measured.note("a mail to an address that nobody has is dropped", delivered(&site, "reset_password").await);
    for _ in 0..2 {
        assert_eq!(log_in(&mut site.program(), PASSWORD).await.0, 200);
    }
    measured.note("a mail that tells of a new device", delivered(&site, "new_device").await);
}

async fn files(measured: &mut Measured) {
    let site = Site::by_hand().await;
    let mut kim = site.member(KIM).await.json();
    let token = kim.csrf_token().await;
    let ask = json!({ "purpose": "avatar", "filename": "me.png", "content_type": "image/png", "size": 10 });
    let asked = kim.send_with(&token, Method::POST, "/uploads", ask).await;
    assert_eq!(asked.status, 201, "{}", asked.text());
    measured.note("an upload is asked for, of a picture of oneself", asked.cost());
    let ask = json!({ "purpose": "document", "filename": "a.txt", "content_type": "text/plain", "size": 10 });
    let asked = kim.send_with(&token, Method::POST, "/uploads", ask).await;
    assert_eq!(asked.status, 201, "{}", asked.text());
    measured.note("an upload is asked for, of a file", asked.cost());
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    measured.note("how far an upload is", kim.get(&format!("/uploads/{id}")).await.cost());

    let photo = pictures::picture(1_400, 900, ImageFormat::Jpeg);
    for (operation, purpose, name, content_type, file) in [
        ("a picture of oneself is verified, drawn and published", "avatar", "me.jpg", "image/jpeg", &*photo),
        ("a picture is verified, drawn and published", "image", "sea.jpg", "image/jpeg", &*photo),
        ("a document is verified and published", "document", "notes.txt", "text/plain", TEXT),
    ] {
        let id = kim.send_file(purpose, name, content_type, file).await;
        site.deliver_next().await;
        assert_eq!(kim.state(&id).await["state"], "ready", "{operation}");
        measured.note(operation, log::job(&id).cost());
    }
    let id = ready_text(&site, &mut kim, "b.txt").await;
    measured.note("a download", kim.get(&format!("/media/{id}")).await.cost());
}

async fn leaving(measured: &mut Measured) {
    let site = Site::start().await;
    let mut kim = site.member(KIM).await.json();
    site.deliver_mail().await;
    let token = kim.csrf_token().await;
    let gone = json!({ "password": PASSWORD, "confirm": true });
    let gone = kim.send_with(&token, Method::POST, "/profile/delete", gone).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    measured.note("an account is deleted by its owner", gone.cost());
    site.deliver_mail().await;
    let key = format!("ERASE#{}", kim.id.as_str().unwrap());
    measured.note("what it leaves is erased: a session, and no file", log::job(&key).cost());
}
