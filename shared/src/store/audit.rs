//! Events of the audit trail as items: put with what they tell of, listed by whom they are about and by month.

use uuid::Uuid;

use super::call::{Write, from_item, key_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, audit_partition};
use super::listing::{Listed, Listing, Order, Shard};
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
        after: Option<Uuid>,
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
        after: Option<Uuid>,
        most: usize,
    ) -> Result<(Vec<Event>, bool), StoreError> {
        let after = after.map(|id| id.to_string());
        let (keys, more) = self.listed(Listing::Audit(month), "", after.as_deref(), most, Order::Latest).await?;
        let wanted: Vec<_> = keys.into_iter().map(|entry| (self.accounts(), entry.key)).collect();
        let found = if wanted.is_empty() { Vec::new() } else { self.batch_get(&wanted).await? };
        let mut events: Vec<Event> = found.into_iter().map(|(_, item)| from_item(item)).collect::<Result<_, _>>()?;
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
        Ok((events, more))
    }

    /// A page of events about somebody or something, the first ones first, those after the event `after`; and after which
    /// the next page begins, if there is one. Up to 1 MB, strongly consistent.
    pub async fn first_events_of(
        &self,
        subject: &Subject,
        after: Option<Uuid>,
    ) -> Result<(Vec<Event>, Option<Uuid>), StoreError> {
        let after = after.map(|id| key_item(&Key::event(subject, id)));
        let page = self.page(self.accounts(), &audit_partition(subject), "", false, after).await?;
        let events: Vec<Event> = page.items.into_iter().map(from_item).collect::<Result<_, _>>()?;
        let next = events.last().map(|event| event.id).filter(|_| page.next.is_some());
        Ok((events, next))
    }

    /// The same for a month, up to `most` events of it.
    pub async fn first_events_in(
        &self,
        month: Month,
        after: Option<Uuid>,
        most: usize,
    ) -> Result<(Vec<Event>, Option<Uuid>), StoreError> {
        let after = after.map(|id| id.to_string());
        let (entries, more) = self.listed(Listing::Audit(month), "", after.as_deref(), most, Order::First).await?;
        // What the index still names and TTL has deleted is no event any more, but a place to go on from.
        let next = entries.last().filter(|_| more).and_then(|entry| Uuid::try_parse(&entry.name).ok());
        let found = self.all_of(entries.into_iter().map(|entry| entry.key).collect()).await?;
        let mut events: Vec<Event> = found.into_values().map(from_item).collect::<Result<_, _>>()?;
        events.sort_unstable_by_key(|event| event.id);
        Ok((events, next))
    }
}
