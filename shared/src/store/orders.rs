//! Orders of the site's shop. A month's stand together, so that a page of them is one `Query`, the latest first.

use super::call::{from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, orders_partition};
use super::{Store, StoreError};
use crate::audit::Month;
use crate::site::orders::{Order, OrderId};

impl Store {
    /// Writes a new order. Its identifier is nobody else's, so that a repeated attempt writes the same.
    pub async fn put_order(&self, order: &Order) -> Result<(), StoreError> {
        let item = to_item(&Key::order(order.id), order)?;
        self.put(self.accounts(), item, &Expression::new()).await
    }

    /// The order of this identifier, strongly consistent.
    pub async fn get_order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.get(self.accounts(), &Key::order(id)).await?.map(from_item).transpose()
    }

    /// Up to `most` orders of a month, the latest first, those before the order `after`; and whether there are more. One
    /// call, strongly consistent.
    pub async fn orders(
        &self,
        month: Month,
        after: Option<OrderId>,
        most: usize,
    ) -> Result<(Vec<Order>, bool), StoreError> {
        let after = after.map(Key::order);
        let (items, more) = self.latest(self.accounts(), &orders_partition(month), after, most).await?;
        Ok((items.into_iter().map(from_item).collect::<Result<_, _>>()?, more))
    }
}
