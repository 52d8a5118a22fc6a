//! Sharing: what is granted to users and groups, links, and what is left of both.

mod access;
mod forgetting;
mod grants;
mod links;
mod listing;

use std::sync::Arc;

use portico::fields::{FieldReader, Form};
use portico::sharing::{self, Access, Cursor, GrantForm, Kind, LinkForm, LinkSecret, Object, Verb};
use portico::{Allow, Context, Error, Response, Result, Routes, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::site::{Answer, Sent, Site, Visitor};

/// A kind of a site's own: everything that holds for files holds for it.
const ALBUM: Kind = Kind::new("ALBUM");

/// An album as its site keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Album {
    title: String,
}

/// The function of a site that shares albums, as `docs/sharing.md` has it.
fn routes() -> Arc<Routes> {
    let routes = Routes::new()
        .get("/albums/{id}", Allow::ANYONE, show)
        .get("/albums/{id}/by/{secret}", Allow::ANYONE, show_by_link)
        .post("/albums/{id}/may", Allow::ANYONE, may)
        .get("/albums/{id}/details", Allow::ANYONE, details)
        .get("/albums/{id}/grants", Allow::ANYONE, grants)
        .post("/albums/{id}/grants", Allow::ANYONE, grant)
        .post("/albums/{id}/grants/{grant}/revoke", Allow::ANYONE, revoke)
        .get("/albums/{id}/links", Allow::ANYONE, links)
        .post("/albums/{id}/links", Allow::ANYONE, link)
        .post("/albums/{id}/links/{link}/revoke", Allow::ANYONE, revoke_link)
        .get("/shared", Allow::ANYONE, shared)
        .get("/shared/{cursor}", Allow::ANYONE, shared);
    Arc::new(routes)
}

fn album(cx: &Context) -> Result<Object> {
    let id = Uuid::try_parse(cx.param("id")).map_err(|_| Error::NotFound)?;
    Ok(Object { kind: ALBUM, id })
}

fn ok(body: &Value) -> Result<Response> {
    Response::json(StatusCode::OK, body)
}

async fn show(cx: Context) -> Result<Response> {
    let user = cx.user().await?;
    let (album, access): (Album, Access) =
        sharing::require(&cx, user.as_deref(), Verb::View, album(&cx)?, None).await?;
    ok(&json!({ "title": album.title, "access": access.as_str() }))
}

async fn show_by_link(cx: Context) -> Result<Response> {
    let secret = LinkSecret::parse(cx.param("secret"));
    let user = cx.user().await?;
    let (album, access): (Album, Access) =
        sharing::require(&cx, user.as_deref(), Verb::View, album(&cx)?, secret.as_ref()).await?;
    ok(&json!({ "title": album.title, "access": access.as_str() }))
}

struct MayForm(String);

impl Form for MayForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self(fields.required_line("verb", 16))
    }
}

async fn may(cx: Context) -> Result<Response> {
    let (MayForm(verb), _) = cx.form::<MayForm>()?;
    let user = cx.user().await?;
    let verb = Verb::parse(&verb).ok_or(Error::NotFound)?;
    ok(&json!(sharing::can(&cx, user.as_deref(), verb, album(&cx)?).await?))
}

async fn details(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let shares = sharing::shares_of::<Album>(&cx, &user, album(&cx)?).await?;
    let (title, access) = (shares.item.title, shares.access.as_str());
    ok(&json!({ "title": title, "access": access, "grants": shares.grants, "links": shares.links }))
}

async fn grants(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    ok(&json!(sharing::grants_of(&cx, &user, album(&cx)?).await?))
}

async fn grant(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<GrantForm>()?;
    errors.into_result()?;
    let (Some(to), Some(verb)) = (form.to, form.verb) else { return Err(Error::bad_request("an empty form")) };
    let row = sharing::grant(&cx, &user, album(&cx)?, &to, verb).await?;
    Response::json(StatusCode::CREATED, &row)
}

async fn revoke(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let id = Uuid::try_parse(cx.param("grant")).map_err(|_| Error::NotFound)?;
    sharing::revoke(&cx, &user, album(&cx)?, id).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

async fn links(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    ok(&json!(sharing::links_of(&cx, &user, album(&cx)?).await?))
}

async fn link(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<LinkForm>()?;
    errors.into_result()?;
    let made = sharing::create_link(&cx, &user, album(&cx)?, form.expires_in).await?;
    let body = json!({ "id": made.row.id, "secret": made.secret.expose(), "expires_at": made.row.expires_at });
    Response::json(StatusCode::CREATED, &body)
}

async fn revoke_link(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    sharing::revoke_link(&cx, &user, album(&cx)?, cx.param("link")).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

async fn shared(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let page = sharing::shared_with::<Album>(&cx, &user, ALBUM, Cursor::parse(cx.param("cursor"))).await?;
    let shown = |shared: &sharing::SharedObject<Album>| json!([shared.item.title, shared.access.as_str()]);
    let objects: Vec<_> = page.objects.iter().map(shown).collect();
    ok(&json!({ "objects": objects, "next": page.next.map(Cursor::as_text) }))
}

impl Site {
    /// Grants an object to a user behind the product's back: `MEDIA#<id>`, whose item is stored.
    pub(crate) fn share(&self, object: &str, with: &Value) {
        let with = format!("USER#{}", with.as_str().unwrap());
        let row = json!({ "M": {
            "id": { "S": "00000000-0000-0000-0000-000000000001" }, "verb": { "S": "view" },
            "label": { "S": "a friend" }, "name": { "S": "a friend" }, "created_at": { "S": "2026-01-01T00:00:00Z" },
        } });
        self.put(
            "accounts",
            &json!({
                "PK": { "S": object }, "SK": { "S": format!("GRANT#{with}") },
                "verb": { "S": "view" }, "revision": { "N": "1" }, "rows": { "L": [row] },
            }),
        );
        self.put("accounts", &json!({ "PK": { "S": format!("SHARED#{with}") }, "SK": { "S": object } }));
        self.count_shares(object, 1);
    }

    /// Sets how many grants an object's item counts.
    pub(crate) fn count_shares(&self, object: &str, count: usize) {
        let mut item = self.stored("accounts", object, "META").expect("the object is stored");
        item["share_count"] = json!({ "N": count.to_string() });
        self.put("accounts", &item);
    }
}

/// A site that shares albums.
struct Desk {
    site: Site,
    routes: Arc<Routes>,
}

/// Somebody at it, with the token of the session.
struct Person<'a> {
    desk: &'a Desk,
    visitor: Visitor<'a>,
    token: String,
}

impl Desk {
    async fn open(settings: &[(&str, &str)]) -> Self {
        Self { site: Site::uncounted(settings).await, routes: routes() }
    }

    /// Somebody who is signed in.
    async fn member(&self, email: &str) -> Person<'_> {
        self.person(self.site.member(email).await).await
    }

    /// Somebody who is not.
    async fn stranger(&self) -> Person<'_> {
        self.person(self.site.visitor()).await
    }

    async fn person<'a>(&'a self, visitor: Visitor<'a>) -> Person<'a> {
        let mut visitor = visitor.json();
        let token = visitor.csrf_token().await;
        Person { desk: self, visitor, token }
    }

    /// An album of somebody's. Albums are told apart by number, and a greater one is newer.
    fn album(&self, owner: &Person<'_>, number: u128) -> String {
        let id = Uuid::from_u128(number).to_string();
        self.site.put(
            "accounts",
            &json!({
                "PK": { "S": format!("ALBUM#{id}") }, "SK": { "S": "META" }, "owner": { "S": owner.visitor.id },
                "title": { "S": format!("album {number}") },
            }),
        );
        id
    }

    /// Puts a user into these groups, which there are.
    fn join(&self, person: &Person<'_>, groups: &[&str]) {
        for name in groups {
            self.site.put(
                "accounts",
                &json!({
                    "PK": { "S": format!("GROUP#{name}") }, "SK": { "S": "GROUP" }, "name": { "S": name },
                    "permissions": { "L": [] },
                }),
            );
        }
        let list: Vec<_> = groups.iter().map(|name| json!({ "S": name })).collect();
        self.site.amend(&person.visitor.id, "groups", json!({ "L": list }));
    }

    /// Every item that speaks of sharing: in the partitions of albums, and in the lists of grantees. Counts are not it.
    fn shares(&self) -> Vec<String> {
        let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let items = self.site.accounts();
        let keys = items.iter().map(|item| format!("{} {}", text(item, "PK"), text(item, "SK")));
        let mut keys: Vec<_> =
            keys.filter(|key| [" GRANT#", " LINK#", "SHARED#"].iter().any(|part| key.contains(part))).collect();
        keys.sort();
        keys
    }

    /// How many grants the album's item counts, and how many links.
    fn counted(&self, album: &str) -> (i64, i64) {
        let item = self.site.stored("accounts", &format!("ALBUM#{album}"), "META").expect("the album is stored");
        let number = |name: &str| item[name]["N"].as_str().map_or(0, |number| number.parse().unwrap());
        (number("share_count"), number("link_count"))
    }
}

impl<'a> Person<'a> {
    /// The same with another address.
    async fn with_address(self, email: &str) -> Person<'a> {
        let mut browser = self.visitor.html();
        browser.change_address(&self.desk.site, email).await;
        self.desk.person(browser).await
    }
}

impl Person<'_> {
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers =
            [("content-type", "application/json"), ("accept", "application/json"), ("x-csrftoken", &*self.token)];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let sent = Sent { method, path, headers: &headers, body: &body };
        self.desk.site.answer_by(&self.desk.routes, &self.visitor, sent).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, &body).await
    }

    /// What they may do with an album: `own`, a verb, or `none`.
    async fn access(&self, album: &str) -> String {
        let answer = self.get(&format!("/albums/{album}")).await;
        match answer.status.as_u16() {
            200 => answer.json()["access"].as_str().unwrap().to_owned(),
            404 => "none".to_owned(),
            other => panic!("{other}: {}", answer.text()),
        }
    }

    /// Grants it. Gives the row.
    async fn grant(&self, album: &str, email: &str, verb: &str) -> Value {
        let answer = self.try_grant(album, json!({ "email": email, "verb": verb })).await;
        assert_eq!(answer.status, 201, "{email}: {}", answer.text());
        answer.json()
    }

    async fn grant_group(&self, album: &str, group: &str, verb: &str) -> Value {
        let answer = self.try_grant(album, json!({ "group": group, "verb": verb })).await;
        assert_eq!(answer.status, 201, "{group}: {}", answer.text());
        answer.json()
    }

    async fn try_grant(&self, album: &str, body: Value) -> Answer {
        self.post(&format!("/albums/{album}/grants"), body).await
    }

    async fn revoke(&self, album: &str, row: &Value) -> Answer {
        self.post(&format!("/albums/{album}/grants/{}/revoke", row["id"].as_str().unwrap()), json!({})).await
    }

    async fn rows(&self, album: &str) -> Vec<Value> {
        let answer = self.get(&format!("/albums/{album}/grants")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json().as_array().unwrap().clone()
    }
}

/// The body of a program's request to delete an account.
fn consent() -> Value {
    json!({ "password": crate::site::PASSWORD, "confirm": true })
}
