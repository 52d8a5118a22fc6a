//! What a function of one's own asks in its handlers, and changes in code: `cx.require_..`, `cx.has_..`, `groups::..`.

use std::sync::Arc;

use portico::accounts::User;
use portico::permissions::{GroupName, Permission, groups};
use portico::site::shop::Order;
use portico::{Allow, Context, Error, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

use crate::site::{Sent, Site, Visitor, author};

const CHANGE_AND_DELETE: &[Permission] = &[Order::CHANGE, Order::DELETE];

/// Each asks in its handler: the declaration lets everybody through to it.
fn routes() -> Arc<Routes> {
    fn by(user: &User) -> Result<Response> {
        Response::json(StatusCode::OK, &user.email.as_str())
    }
    async fn told(cx: Context) -> Result<Response> {
        let perms = cx.rights().await?.map(|rights| rights.get_all_permissions());
        let told = json!({
            "has_perm": cx.has_perm(Order::VIEW).await?,
            "has_perms": cx.has_perms(CHANGE_AND_DELETE).await?,
            "has_module_perms": [cx.has_module_perms("shop").await?, cx.has_module_perms("media").await?],
            "all": perms,
        });
        Response::json(StatusCode::OK, &told)
    }
    let routes = Routes::new()
        .get("/login", Allow::ANYONE, async |cx: Context| by(&*cx.require_login().await?))
        .get("/staff", Allow::ANYONE, async |cx: Context| by(&*cx.require_staff().await?))
        .get("/permission", Allow::ANYONE, async |cx: Context| by(&*cx.require_permission(Order::VIEW).await?))
        .get("/any", Allow::ANYONE, async |cx: Context| by(&*cx.require_any(CHANGE_AND_DELETE).await?))
        .get("/all", Allow::ANYONE, async |cx: Context| by(&*cx.require_all(CHANGE_AND_DELETE).await?))
        .get("/declared", Allow::all_of(CHANGE_AND_DELETE), async |cx: Context| {
            by(&*cx.user().await?.ok_or(Error::LoginRequired)?)
        })
        .get("/told", Allow::ANYONE, told);
    Arc::new(routes)
}

/// What each of them answers: the status, and what is missing.
async fn ask(site: &Site, routes: &Arc<Routes>, visitor: &Visitor<'_>) -> Vec<(u16, Value)> {
    let mut answers = Vec::new();
    for path in ["/login", "/staff", "/permission", "/any", "/all", "/declared"] {
        let sent = Sent { method: "GET", path, headers: &[("accept", "application/json")], body: "" };
        let answer = site.answer_by(routes, visitor, sent).await;
        answers.push((answer.status.as_u16(), answer.json()["error"]["missing"].clone()));
    }
    answers
}

async fn told(site: &Site, routes: &Arc<Routes>, visitor: &Visitor<'_>) -> Value {
    let sent = Sent { method: "GET", path: "/told", headers: &[("accept", "application/json")], body: "" };
    site.answer_by(routes, visitor, sent).await.json()
}

#[tokio::test]
async fn each_guard_turns_away_who_lacks_what_it_asks_for_and_says_what() {
    let (site, routes) = (Site::start().await, routes());
    let (view, change, delete) = ("shop.view_order", "shop.change_order", "shop.delete_order");
    let ok = (200, Value::Null);
    let missing = |names: &[&str]| (403, json!(names));
    assert_eq!(ask(&site, &routes, &site.program()).await, vec![(401, Value::Null); 6]);

    let kim = site.member("kim@example.com").await.json();
    let both = missing(&[change, delete]);
    let refused = ask(&site, &routes, &kim).await;
    assert_eq!(refused[1].0, 403);
    assert_eq!(
        [&refused[0], &refused[2], &refused[3], &refused[4], &refused[5]],
        [&ok, &missing(&[view]), &both, &both, &both]
    );

    site.raise(&kim, |to| (to.is_staff, to.user_permissions) = (true, vec![view.to_owned(), delete.to_owned()])).await;
    let lacks = missing(&[change]);
    let some = [ok.clone(), ok.clone(), ok.clone(), ok.clone(), lacks.clone(), lacks];
    assert_eq!(ask(&site, &routes, &kim).await, some);

    site.raise(&kim, |to| to.user_permissions.push(change.to_owned())).await;
    assert_eq!(ask(&site, &routes, &kim).await, vec![ok.clone(); 6], "on the very next request");

    let root = site.member("root@example.com").await.json();
    site.raise(&root, |to| to.is_superuser = true).await;
    let answers = ask(&site, &routes, &root).await;
    assert_eq!(answers[1].0, 403, "as in Django, a superuser who is not staff is none");
    assert!([0, 2, 3, 4, 5].iter().all(|index| answers[*index] == ok), "{answers:?}");
    site.raise(&root, |to| to.is_active = false).await;
    assert_eq!(ask(&site, &routes, &root).await, vec![(401, Value::Null); 6], "who is inactive is nobody");
}

#[tokio::test]
async fn in_code_groups_are_made_permit_and_are_joined_as_in_django() {
    let (site, routes) = (Site::start().await, routes());
    let (store, author) = (site.stack.app().store(Arc::default()), author());
    let kim = site.member("kim@example.com").await.json();
    let user = async || store.get_user(serde_json::from_value(kim.id.clone()).unwrap()).await.unwrap().unwrap();
    let nothing = json!({ "has_perm": false, "has_perms": false, "has_module_perms": [false, false], "all": [] });
    assert_eq!(told(&site, &routes, &kim).await, nothing);

    let name = GroupName::parse("Clerks").unwrap();
    let (group, made) = groups::get_or_create(&store, &author, &name).await.unwrap();
    assert!(made && group.permissions.is_empty());
    assert_eq!(groups::get_or_create(&store, &author, &name).await.unwrap(), (group, false));
    assert!(groups::grant(&store, &author, "Clerks", &[Order::VIEW, Order::CHANGE]).await.unwrap());
    assert!(!groups::grant(&store, &author, "Clerks", &[Order::VIEW]).await.unwrap(), "it permits that already");
    assert!(groups::grant(&store, &author, "Nowhere", &[Order::VIEW]).await.unwrap_err().is_condition());
    assert!(user().await.add_to_group(&store, &author, "Nowhere").await.unwrap_err().is_condition());
    assert!(user().await.add_to_group(&store, &author, "Clerks").await.unwrap());
    assert!(!user().await.add_to_group(&store, &author, "Clerks").await.unwrap(), "who joins twice is in it once");
    let through_the_group = json!({
        "has_perm": true, "has_perms": false, "has_module_perms": [true, false],
        "all": ["shop.change_order", "shop.view_order"],
    });
    assert_eq!(told(&site, &routes, &kim).await, through_the_group);

    assert!(user().await.grant(&store, &author, Order::DELETE).await.unwrap());
    assert_eq!(told(&site, &routes, &kim).await["has_perms"], true, "one by the group, one of their own");
    assert!(user().await.revoke(&store, &author, Order::DELETE).await.unwrap());
    assert!(!user().await.revoke(&store, &author, Order::DELETE).await.unwrap());
    assert!(groups::revoke(&store, &author, "Clerks", &[Order::VIEW]).await.unwrap());
    assert_eq!(told(&site, &routes, &kim).await["all"], json!(["shop.change_order"]));
    assert!(user().await.remove_from_group(&store, &author, "Clerks").await.unwrap());
    assert_eq!(told(&site, &routes, &kim).await, nothing);
    assert_eq!(groups::delete(&store, &author, "Clerks").await.unwrap(), 0);
    assert!(
        groups::get_or_create(&store, &author, &name).await.unwrap().1,
        "its name is free, and what looked like it"
    );
}
