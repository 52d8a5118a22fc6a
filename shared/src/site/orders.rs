//! What this site's shop was ordered: kept by the function `staff-orders`, the sample of a function that asks for a
//! permission and of what a site keeps for itself (`docs/adding-a-function.md`).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::{User, UserId};
use crate::audit::Month;
use crate::context::Context;
use crate::error::Result;
use crate::fields::{FieldReader, Form};

/// The identifier of an order: a UUID version 7, so that it says in which month it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(Uuid);

impl OrderId {
    /// Parses the one form in which it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7).map(Self)?;
        (id.to_string() == text && id.created_at().is_some()).then_some(id)
    }

    /// The month in which it was placed.
    pub fn month(self) -> Month {
        Month::of(self.created_at().unwrap_or_default())
    }

    fn created_at(self) -> Option<Timestamp> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanoseconds).ok()?).ok()
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// An order, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its identifier.
    pub id: OrderId,
    /// Who wants it: a name, or an address.
    pub customer: String,
    /// What they want.
    pub what: String,
    /// When it was placed.
    pub created_at: Timestamp,
    /// Who has placed it.
    pub placed_by: UserId,
}

/// An order that is to be placed: what somebody may say of it, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewOrder {
    /// Who wants it.
    pub customer: String,
    /// What they want.
    pub what: String,
}

impl NewOrder {
    /// The most characters of a customer: what the longest address takes.
    pub const CUSTOMER_MAX_LENGTH: usize = 254;
    /// The most characters of what is wanted.
    pub const WHAT_MAX_LENGTH: usize = 200;
}

impl Form for NewOrder {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            customer: fields.required_line("customer", Self::CUSTOMER_MAX_LENGTH),
            what: fields.required_line("what", Self::WHAT_MAX_LENGTH),
        }
    }
}

/// A part of a month's orders.
#[derive(Debug, Serialize)]
pub struct OrdersPage {
    /// The orders, the latest first.
    pub orders: Vec<Order>,
    /// After which order the next page begins, if there is one.
    pub next: Option<OrderId>,
    /// The month.
    pub month: String,
    /// The one before.
    pub before: String,
    /// The one after, if it has begun.
    pub after: Option<String>,
}

/// How many orders are on a page.
const PAGE: usize = 50;

/// A page of a month's orders, of the present one by default, the latest first: those before the order `after`, in whose
/// month it then is. One call.
pub async fn list(cx: &Context, month: Option<Month>, after: Option<OrderId>) -> Result<OrdersPage> {
    let present = Month::of(cx.now());
    let month = after.map(OrderId::month).or(month).unwrap_or(present);
    let (orders, more) = cx.store().orders(month, after, PAGE).await?;
    Ok(OrdersPage {
        next: orders.last().map(|order| order.id).filter(|_| more),
        orders,
        month: month.to_string(),
        before: month.previous().to_string(),
        after: (month < present).then(|| month.next().to_string()),
    })
}

/// The order of this identifier. One call.
pub async fn find(cx: &Context, id: OrderId) -> Result<Option<Order>> {
    Ok(cx.store().get_order(id).await?)
}

/// Places an order. One call.
pub async fn add(cx: &Context, user: &User, new: NewOrder) -> Result<Order> {
    let NewOrder { customer, what } = new;
    let (id, created_at) = (OrderId(cx.app().rng().uuid(cx.now())), cx.now());
    let order = Order { id, customer, what, created_at, placed_by: user.id };
    cx.store().put_order(&order).await?;
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, SystemRng};

    #[test]
    fn an_order_says_in_which_month_it_stands() {
        let rng: &dyn Rng = &SystemRng;
        for (at, month) in [("2026-11-30T23:59:59.999Z", "2026-11"), ("2026-12-01T00:00:00Z", "2026-12")] {
            let id = OrderId(rng.uuid(at.parse().unwrap()));
            assert_eq!((OrderId::parse(&id.to_string()), id.month().to_string()), (Some(id), month.to_owned()));
        }
    }

    #[test]
    fn what_is_no_identifier_of_ours_is_none() {
        let id = "0197a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b";
        assert!(OrderId::parse(id).is_some());
        for odd in [
            "",
            "x",
            &id.to_uppercase(),
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            "0197a3c4-5b6d-4e8f-9a0b-1c2d3e4f5a6b",
            // In the year 10889.
            "ffffffff-ffff-7e8f-9a0b-1c2d3e4f5a6b",
        ] {
            assert_eq!(OrderId::parse(odd), None, "{odd}");
        }
    }
}
