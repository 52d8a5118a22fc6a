//! Whole partitions: read a page at a time, and cleared.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, ReturnConsumedCapacity, WriteRequest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::call::{BATCH_ATTEMPTS, Item, internal, key_item, sdk_error, units};
use super::keys::{Key, PK, SK};
use super::listing::Order;
use super::{Store, StoreError};
use crate::meter::Units;

/// What `DynamoDB` takes in one `BatchWriteItem`.
const BATCH: usize = 25;

/// How many batches are under way at once: ten thousand items go in seconds, and one account's deletion does not take
/// the table's whole capacity.
const BATCHES_AT_ONCE: usize = 8;

/// A page of a partition.
pub(super) struct Page {
    /// Its items, in the order of their sort keys.
    pub(super) items: Vec<Item>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<Item>,
}

impl Store {
    /// Reads a page of the items of a partition whose sort key begins with `prefix`: up to 1 MB, strongly consistent.
    /// With `keys_only` their keys alone.
    pub(super) async fn page(
        &self,
        table: &str,
        partition: &str,
        prefix: &str,
        keys_only: bool,
        from: Option<Item>,
    ) -> Result<Page, StoreError> {
        let call = self.meter.begin();
        let mut request = self
            .client()
            .query()
            .table_name(table)
            .key_condition_expression(if prefix.is_empty() { "#p = :p" } else { "#p = :p AND begins_with(#s, :s)" })
            .expression_attribute_names("#p", PK)
            .expression_attribute_values(":p", AttributeValue::S(partition.to_owned()))
            .consistent_read(true)
            .set_exclusive_start_key(from)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if keys_only {
            request = request.projection_expression("#p, #s");
        }
        if keys_only || !prefix.is_empty() {
            request = request.expression_attribute_names("#s", SK);
        }
        if !prefix.is_empty() {
            request = request.expression_attribute_values(":s", AttributeValue::S(prefix.to_owned()));
        }
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        Ok(Page { items: output.items.unwrap_or_default(), next: output.last_evaluated_key })
    }

    /// Up to `limit` keys of a partition whose sort key begins with `prefix`, in `order` and those after `after`; and whether
    /// the limit has cut them. Strongly consistent.
    pub(super) async fn keys_beginning(
        &self,
        table: &str,
        (partition, prefix): (&str, &str),
        after: Option<Key>,
        limit: usize,
        order: Order,
    ) -> Result<(Vec<Key>, bool), StoreError> {
        let call = self.meter.begin();
        let request = self
            .client()
            .query()
            .table_name(table)
            .key_condition_expression("#p = :p AND begins_with(#s, :s)")
            .projection_expression("#p, #s")
            .expression_attribute_names("#p", PK)
            .expression_attribute_names("#s", SK)
            .expression_attribute_values(":p", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":s", AttributeValue::S(prefix.to_owned()))
            .consistent_read(true)
            .scan_index_forward(order == Order::First)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.as_ref().map(key_item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        let keys = output.items().iter().map(read_key).collect::<Result<_, _>>()?;
        Ok((keys, output.last_evaluated_key().is_some()))
    }

    /// Up to `most` keys of a partition from its end, those before `after`; and whether there are more.
    pub(super) async fn latest_keys(
        &self,
        table: &str,
        partition: &str,
        after: Option<Key>,
        most: usize,
    ) -> Result<(Vec<Key>, bool), StoreError> {
        let (items, more) = self.latest_page(table, partition, after, most, true).await?;
        Ok((items.iter().map(read_key).collect::<Result<_, _>>()?, more))
    }

    /// The same with the items themselves.
    pub(super) async fn latest(
        &self,
        table: &str,
        partition: &str,
        after: Option<Key>,
        most: usize,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        self.latest_page(table, partition, after, most, false).await
    }

    async fn latest_page(
        &self,
        table: &str,
        partition: &str,
        after: Option<Key>,
        most: usize,
        keys_only: bool,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let call = self.meter.begin();
        let mut request = self
            .client()
            .query()
            .table_name(table)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", PK)
            .expression_attribute_values(":p", AttributeValue::S(partition.to_owned()))
            .consistent_read(true)
            .scan_index_forward(false)
            // One more tells whether there are more: where the limit falls on the last one DynamoDB does not.
            .limit(i32::try_from(most + 1).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.as_ref().map(key_item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if keys_only {
            request = request.projection_expression("#p, #s").expression_attribute_names("#s", SK);
        }
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        let mut items = output.items.unwrap_or_default();
        let more = items.len() > most || output.last_evaluated_key.is_some();
        items.truncate(most);
        Ok((items, more))
    }

    /// The keys of a page of a partition, from its beginning.
    pub(super) async fn first_keys(&self, table: &str, partition: &str) -> Result<Vec<Key>, StoreError> {
        let page = self.page(table, partition, "", true, None).await?;
        page.items.iter().map(read_key).collect()
    }

    /// Deletes items, whether they exist or not, in no particular order.
    pub(super) async fn delete_all(&self, table: &str, keys: &[Key]) -> Result<(), StoreError> {
        let batches = keys.chunks(BATCH).map(<[Key]>::to_vec);
        let batches = batches.map(|batch| async move { self.delete_batch(table, &batch).await });
        stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE).try_collect().await
    }

    /// What `DynamoDB` leaves undone of a batch is asked for again; if some of it remains the work is not done.
    async fn delete_batch(&self, table: &str, keys: &[Key]) -> Result<(), StoreError> {
        let delete = |key: &Key| {
            let delete = DeleteRequest::builder().set_key(Some(key_item(key))).build().map_err(internal)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        let requests = keys.iter().map(delete).collect::<Result<Vec<_>, StoreError>>()?;
        let mut wanted = HashMap::from([(table.to_owned(), requests)]);
        for attempt in 0..BATCH_ATTEMPTS {
            if attempt > 0 {
                self.pause(attempt).await;
            }
            let call = self.meter.begin();
            let request = self
                .client()
                .batch_write_item()
                .set_request_items(Some(wanted))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
            call.consumed(Units::Write, output.consumed_capacity().iter().map(|c| units(Some(c))).sum());
            wanted = output.unprocessed_items.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("items of a batch stayed undeleted".into()))
    }
}

/// The key of an item.
pub(super) fn read_key(item: &Item) -> Result<Key, StoreError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    match (text(PK), text(SK)) {
        (Some(pk), Some(sk)) => Ok(Key { pk, sk }),
        _ => Err(internal("an item without a key")),
    }
}
