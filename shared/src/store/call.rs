//! The calls themselves: each is counted, and each error becomes one of three that the callers can act on.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, ConsumedCapacity, Delete, KeysAndAttributes, Put, ReturnConsumedCapacity,
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use super::expression::Expression;
use super::keys::{Key, PK, SK};
use crate::error::BoxError;
use crate::meter::Units;

/// An item as `DynamoDB` holds it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The condition did not hold. For a transaction: which of its parts, by their index.
    #[error("the condition did not hold at {failed:?}")]
    Condition {
        /// Indices of the parts whose condition failed; 0 for a single write.
        failed: Vec<usize>,
    },
    /// `DynamoDB` did not answer in time, refused for load, or could not be reached.
    #[error("the store is unavailable")]
    Unavailable(#[source] BoxError),
    /// A request that should not have been made, or an item that cannot be read: our fault.
    #[error("the store refused the request")]
    Internal(#[source] BoxError),
}

impl StoreError {
    /// Whether a condition failed.
    pub fn is_condition(&self) -> bool {
        matches!(self, Self::Condition { .. })
    }
}

/// How often a transaction that met another one is tried.
const TRANSACTION_ATTEMPTS: u32 = 5;

/// How often the rest of an incomplete batch is asked for.
pub(super) const BATCH_ATTEMPTS: u32 = 4;

impl Store {
    /// Reads one item, strongly consistent.
    pub(super) async fn get(&self, table: &str, key: &Key) -> Result<Option<Item>, StoreError> {
        let call = self.meter.begin();
        let request = self
            .client()
            .get_item()
            .table_name(table)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Read, units(output.consumed_capacity()));
        Ok(output.item)
    }

    /// Reads items of several tables in one strongly consistent call; what is absent is left out.
    ///
    /// Keys that `DynamoDB` leaves unprocessed are asked for again; if some remain the answer is
    /// [`StoreError::Unavailable`], never "absent": a session that could not be read is not a signed-out one.
    pub(super) async fn batch_get(&self, keys: &[(&str, Key)]) -> Result<Vec<(String, Item)>, StoreError> {
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        for (table, key) in keys {
            let builder = KeysAndAttributes::builder().consistent_read(true);
            let before = wanted.remove(*table).map(|known| known.keys).unwrap_or_default();
            let all = builder.set_keys(Some(before)).keys(key_item(key)).build().map_err(internal)?;
            wanted.insert((*table).to_owned(), all);
        }
        let mut found = Vec::with_capacity(keys.len());
        for attempt in 0..BATCH_ATTEMPTS {
            if attempt > 0 {
                self.pause(attempt).await;
            }
            let call = self.meter.begin();
            let request = self
                .client()
                .batch_get_item()
                .set_request_items(Some(wanted))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
            call.consumed(Units::Read, output.consumed_capacity().iter().map(|c| units(Some(c))).sum());
            for (table, items) in output.responses.unwrap_or_default() {
                found.extend(items.into_iter().map(|item| (table.clone(), item)));
            }
            wanted = output.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
        }
        Err(StoreError::Unavailable("keys of a batch stayed unprocessed".into()))
    }

    /// Writes a whole item under a condition.
    pub(super) async fn put(&self, table: &str, item: Item, condition: &Expression) -> Result<(), StoreError> {
        let call = self.meter.begin();
        let request = self
            .client()
            .put_item()
            .table_name(table)
            .set_item(Some(item))
            .set_condition_expression(condition.condition())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Write, units(output.consumed_capacity()));
        Ok(())
    }

    /// Changes attributes of one item under a condition. Gives the item as it is afterwards.
    pub(super) async fn update(&self, table: &str, key: &Key, change: &Expression) -> Result<Item, StoreError> {
        let updated = self.update_giving(table, key, change, ReturnValue::AllNew).await?;
        updated.map_err(|_| StoreError::Condition { failed: vec![0] })
    }

    /// The same. Gives the item as it was before.
    ///
    /// # Errors
    /// The inner `Err` is the item for which the condition did not hold, empty when there is none: what a refusal says
    /// costs no further read.
    pub(super) async fn try_update(
        &self,
        table: &str,
        key: &Key,
        change: &Expression,
    ) -> Result<Result<Item, Item>, StoreError> {
        self.update_giving(table, key, change, ReturnValue::AllOld).await
    }

    /// A change that meets a transaction on the same item is tried again after a pause: the SDK does not do that by
    /// itself.
    async fn update_giving(
        &self,
        table: &str,
        key: &Key,
        change: &Expression,
        giving: ReturnValue,
    ) -> Result<Result<Item, Item>, StoreError> {
        let request = self
            .client()
            .update_item()
            .table_name(table)
            .set_key(Some(key_item(key)))
            .update_expression(change.update())
            .set_condition_expression(change.condition())
            .set_expression_attribute_names(change.names())
            .set_expression_attribute_values(change.values())
            .return_values(giving)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut attempt = 0;
        loop {
            let call = self.meter.begin();
            let result = Box::pin(request.clone().send()).await;
            attempt += 1;
            match result {
                Ok(output) => {
                    call.consumed(Units::Write, units(output.consumed_capacity()));
                    return Ok(Ok(output.attributes.unwrap_or_default()));
                }
                Err(error)
                    if attempt < TRANSACTION_ATTEMPTS && error.code() == Some("TransactionConflictException") =>
                {
                    drop(call);
                }
                Err(error) => {
                    return match error.as_service_error() {
                        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                            Ok(Err(failed.item().cloned().unwrap_or_default()))
                        }
                        _ => Err(sdk_error(&error)),
                    };
                }
            }
            self.pause(attempt).await;
        }
    }

    /// Deletes one item, whether it exists or not.
    pub(super) async fn delete(&self, table: &str, key: &Key) -> Result<(), StoreError> {
        self.delete_if(table, key, &Expression::new()).await
    }

    /// Deletes one item under a condition.
    pub(super) async fn delete_if(&self, table: &str, key: &Key, condition: &Expression) -> Result<(), StoreError> {
        let call = self.meter.begin();
        let request = self
            .client()
            .delete_item()
            .table_name(table)
            .set_key(Some(key_item(key)))
            .set_condition_expression(condition.condition())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = Box::pin(request.send()).await.map_err(|error| sdk_error(&error))?;
        call.consumed(Units::Write, units(output.consumed_capacity()));
        Ok(())
    }

    /// Carries out all of `writes` or none.
    ///
    /// `token` makes it idempotent for ten minutes: a retry after a lost answer finds its own work done, and does
    /// not report it as somebody else's. Without one the SDK makes one for its own retries. A transaction that meets
    /// another one is tried again after a pause.
    pub(super) async fn transact<'a>(
        &self,
        token: Option<String>,
        writes: impl IntoIterator<Item = &'a Write>,
    ) -> Result<(), StoreError> {
        let items = writes.into_iter().map(Write::build).collect::<Result<Vec<_>, _>>()?;
        let mut attempt = 0;
        loop {
            let call = self.meter.begin();
            let result = self
                .client()
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .set_client_request_token(token.clone())
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            attempt += 1;
            match result {
                Ok(output) => {
                    call.consumed(Units::Write, output.consumed_capacity().iter().map(|c| units(Some(c))).sum());
                    return Ok(());
                }
                Err(error) if attempt < TRANSACTION_ATTEMPTS && met_another(&error) => drop(call),
                Err(error) => return Err(transaction_error(&error)),
            }
            self.pause(attempt).await;
        }
    }

    /// Waits before attempt number `attempt`: 20 ms doubling, jittered so that rivals do not meet again.
    pub(super) async fn pause(&self, attempt: u32) {
        let mut byte = [0];
        let _ = getrandom::fill(&mut byte);
        let most = 20_u64 << attempt.min(6);
        tokio::time::sleep(Duration::from_millis(most / 2 + most * u64::from(byte[0]) / 512)).await;
    }
}

/// One part of a transaction.
pub(super) struct Write {
    table: String,
    what: What,
    expression: Expression,
}

enum What {
    Put(Item),
    Update(Key),
    Delete(Key),
    Check(Key),
}

impl Write {
    pub(super) fn put(table: &str, item: Item, condition: Expression) -> Self {
        Self { table: table.to_owned(), what: What::Put(item), expression: condition }
    }

    pub(super) fn update(table: &str, key: Key, change: Expression) -> Self {
        Self { table: table.to_owned(), what: What::Update(key), expression: change }
    }

    pub(super) fn delete(table: &str, key: Key) -> Self {
        Self::delete_if(table, key, Expression::new())
    }

    pub(super) fn delete_if(table: &str, key: Key, condition: Expression) -> Self {
        Self { table: table.to_owned(), what: What::Delete(key), expression: condition }
    }

    /// Writes nothing: what the other parts depend on.
    pub(super) fn check(table: &str, key: Key, condition: Expression) -> Self {
        Self { table: table.to_owned(), what: What::Check(key), expression: condition }
    }

    /// The table it goes to.
    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// The item that is put, if one is.
    pub(super) fn item(&self) -> Option<&Item> {
        match &self.what {
            What::Put(item) => Some(item),
            What::Update(_) | What::Delete(_) | What::Check(_) => None,
        }
    }

    fn build(&self) -> Result<TransactWriteItem, StoreError> {
        let Self { table, what, expression } = self;
        let builder = TransactWriteItem::builder();
        let item = match what {
            What::Put(item) => builder.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(expression.condition())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
                    .build()
                    .map_err(internal)?,
            ),
            What::Update(key) => builder.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .update_expression(expression.update())
                    .set_condition_expression(expression.condition())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .build()
                    .map_err(internal)?,
            ),
            What::Delete(key) => builder.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .set_condition_expression(expression.condition())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .build()
                    .map_err(internal)?,
            ),
            What::Check(key) => builder.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .set_condition_expression(expression.condition())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .build()
                    .map_err(internal)?,
            ),
        };
        Ok(item.build())
    }
}

pub(super) fn key_item(key: &Key) -> Item {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

/// A record as an item under its key.
pub(super) fn to_item(key: &Key, record: impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(record).map_err(internal)?;
    item.extend(key_item(key));
    Ok(item)
}

/// A record from an item; attributes that the record does not know are left alone.
pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(internal)
}

pub(super) fn to_value(value: impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value).map_err(internal)
}

pub(super) fn from_value<T: DeserializeOwned>(value: AttributeValue) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value(value).map_err(internal)
}

pub(super) fn internal(error: impl Into<BoxError>) -> StoreError {
    StoreError::Internal(error.into())
}

pub(super) fn units(capacity: Option<&ConsumedCapacity>) -> f64 {
    capacity.and_then(ConsumedCapacity::capacity_units).unwrap_or_default()
}

pub(super) fn sdk_error<E>(error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().map(str::to_owned);
    if code.as_deref() == Some("ConditionalCheckFailedException") {
        return StoreError::Condition { failed: vec![0] };
    }
    let cause = format!("{}", DisplayErrorContext(error));
    match code.as_deref() {
        Some(
            "ValidationException" | "SerializationException" | "ResourceNotFoundException" | "AccessDeniedException",
        ) => StoreError::Internal(cause.into()),
        _ => StoreError::Unavailable(cause.into()),
    }
}

fn met_another(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
        return false;
    };
    let codes: Vec<_> = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    codes.contains(&"TransactionConflict") && !codes.contains(&"ConditionalCheckFailed")
}

/// A cancellation mixes causes: a failed condition is the domain's answer, everything else is not.
fn transaction_error(error: &SdkError<TransactWriteItemsError>) -> StoreError {
    if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() {
        let failed: Vec<usize> = canceled
            .cancellation_reasons()
            .iter()
            .enumerate()
            .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
            .map(|(index, _)| index)
            .collect();
        if !failed.is_empty() {
            return StoreError::Condition { failed };
        }
        let cause = format!("{}", DisplayErrorContext(error));
        let malformed = canceled.cancellation_reasons().iter().any(|reason| reason.code() == Some("ValidationError"));
        return if malformed { internal(cause) } else { StoreError::Unavailable(cause.into()) };
    }
    sdk_error(error)
}
