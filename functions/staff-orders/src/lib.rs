//! `/staff/orders`: what has been ordered, for whoever is permitted to view it; whoever is permitted to add orders adds
//! some. The sample to copy for a function that asks for a permission (`docs/adding-a-function.md`).

use portico::audit::Month;
use portico::site::orders::{self, NewOrder, OrderId, OrdersPage};
use portico::site::shop;
use portico::{Allow, Context, Error, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(TEMPLATE)
        .get("/staff/orders", Allow::permission(shop::Order::VIEW), list)
        .post("/staff/orders", Allow::permission(shop::Order::ADD), add)
        .get("/staff/orders/{id}", Allow::permission(shop::Order::VIEW), show)
}

const TEMPLATE: &str = "shop/orders.html";

#[derive(Serialize)]
struct ListPage {
    /// `None` for who may add orders and not view them.
    #[serde(flatten)]
    page: Option<OrdersPage>,
    /// What was typed, where something of it was wrong.
    form: NewOrder,
}

async fn list(cx: Context) -> Result<Response> {
    let page = read(&cx).await?;
    cx.page(TEMPLATE, ListPage { page: Some(page), form: NewOrder::default() }).await
}

async fn show(cx: Context) -> Result<Response> {
    let id = OrderId::parse(cx.param("id")).ok_or(Error::NotFound)?;
    let order = orders::find(&cx, id).await?.ok_or(Error::NotFound)?;
    cx.page("shop/order.html", json!({ "order": order })).await
}

async fn add(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<NewOrder>()?;
    // To add orders is not to view them.
    let views = cx.has_perm(shop::Order::VIEW).await?;
    if !errors.is_empty() {
        let page = if views && !cx.wants_json() { Some(read(&cx).await?) } else { None };
        return cx.refuse(Error::Invalid(errors), TEMPLATE, ListPage { page, form }).await;
    }
    let order = orders::add(&cx, &user, form).await?;
    cx.messages().success("order-added");
    let next = Next::to(if views { "/staff/orders" } else { "/" });
    cx.done(StatusCode::CREATED, &next, json!({ "order": order }))
}

/// The part of the list that the address names.
async fn read(cx: &Context) -> Result<OrdersPage> {
    let query = |name: &str| cx.request().query_param(name);
    let month = query("month")?.map(|text| Month::parse(&text).ok_or(Error::NotFound)).transpose()?;
    let after = query("cursor")?.map(|text| OrderId::parse(&text).ok_or(Error::NotFound)).transpose()?;
    orders::list(cx, month, after).await
}
