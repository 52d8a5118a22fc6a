//! Events of the audit trail as items: put with what they tell of, listed by whom they are about and by month.

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, audit_partition};
use super::listing::{Listed, Listing, Shard};
use super::{Store, StoreError};
use crate::audit::{Event, Month, Subject};

impl Store {
    /// An event, for the transaction of what it tells of. It is written once, and never over another one.
    pub(super) fn record(&self, event: &Event) -> Result<Write, StoreError> {
        let mut item = to_item(&Key::event(&event.subject, event.id), event)?;
        let listing = Listing::Audit(Month::of(event.at));
        Listed { listing, shard: Shard::of(event.id), name: event.id.to_string() }.mark(&mut item)?;
        Ok(Write::put(self.accounts(), item, Expression::new().if_absent(PK)))
    }

    /// Writes an event by itself: of something that is done by promising a mail, or that no transaction can hold.
    pub async fn put_event(&self, event: &Event) -> Result<(), StoreError> {
        self.transact(Some(event.id.to_string()), &[self.record(event)?]).await
    }

    /// Up to `most` events about somebody or something, the latest first, those before the event `after`; and whether there
    /// are more. One call, strongly consistent.
    pub async fn events_of(
        &self,
        subject: &Subject,
        after: Option<uuid::Uuid>,
        most: usize,
    ) -> Result<(Vec<Event>, bool), StoreError> {
        let after = after.map(|id| Key::event(subject, id));
        let (items, more) = self.latest(self.accounts(), &audit_partition(subject), after, most).await?;
        Ok((items.into_iter().map(from_item).collect::<Result<_, _>>()?, more))
    }

    /// Up to `most` events of a month, the latest first, those before the event `after`; and whether there are more. The
    /// index names them, a read of the table gives them.
    pub async fn events_in(
        &self,
        month: Month,
        after: Option<uuid::Uuid>,
        most: usize,
    ) -> Result<(Vec<Event>, bool), StoreError> {
        let after = after.map(|id| id.to_string());
        let (keys, more) =
            self.listed(Listing::Audit(month), "", after.as_deref(), most, super::listing::Order::Latest).await?;
        let wanted: Vec<_> = keys.into_iter().map(|entry| (self.accounts(), entry.key)).collect();
        let found = if wanted.is_empty() { Vec::new() } else { self.batch_get(&wanted).await? };
        let mut events: Vec<Event> = found.into_iter().map(|(_, item)| from_item(item)).collect::<Result<_, _>>()?;
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
        Ok((events, more))
    }
}
