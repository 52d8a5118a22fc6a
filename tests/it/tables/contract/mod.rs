//! What every `DynamoDB` keeps to: one suite of what `portico::store` asks of it, run against each of them.
//!
//! Most of it is asked in `DynamoDB`'s own JSON, so that it is seen what is answered, with which name and status; what
//! is made of that is asked of the product's own store (`flows.rs`).

pub(crate) mod batches;
pub(crate) mod capacity;
pub(crate) mod conditions;
pub(crate) mod definitions;
pub(crate) mod flows;
pub(crate) mod index;
pub(crate) mod items;
pub(crate) mod queries;
pub(crate) mod transactions;
pub(crate) mod updates;

use std::sync::Arc;

use http::Method;
use local::template::{Resolver, Table, Template};
use portico::config::aws::AwsSettings;
use portico::config::{Config, Tables};
use portico::store::{Database, Store};
use serde_json::{Value, json};

use crate::site::{root, s3};

/// What another server does otherwise than `DynamoDB`. The suite holds it to that too, so that none stays here for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// A request that has not the form of one is an internal failure, or even done.
    FormIsNotChecked,
    /// Keys of a batch that lead to nothing cost nothing to read, and two units to delete.
    AbsentKeysHaveAnotherPrice,
    /// A page of nothing costs nothing.
    EmptyPagesCostNothing,
    /// A transaction costs four units a table, however many items it has there.
    TransactionsHaveOnePrice,
}

/// Tables somewhere, as the product reaches them, and as somebody else does.
pub(crate) struct Place {
    aws: AwsSettings,
    config: Config,
    database: Arc<Database>,
    tables: Tables,
    endpoint: String,
    differences: &'static [Difference],
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The name of an error; empty when there is none.
    fn code(&self) -> &str {
        self.body["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or_default()
    }

    /// What became of each part of a transaction that was refused.
    fn reasons(&self) -> Vec<&str> {
        assert_eq!((self.status, self.code()), (400, "TransactionCanceledException"), "{}", self.body);
        let reasons = self.body["CancellationReasons"].as_array().expect("the reasons are told");
        reasons.iter().map(|reason| reason["Code"].as_str().unwrap()).collect()
    }
}

/// The tables of the template, under names that begin so.
pub(crate) fn tables(prefix: &str) -> Vec<Table> {
    let resolver = Resolver::local().parameter("PublicUrl", "http://localhost:8000");
    let template = Template::load(&root().join("template.yaml"), &resolver).unwrap();
    template.tables.into_iter().map(|table| Table { name: format!("{prefix}{}", table.name), ..table }).collect()
}

impl Place {
    /// The tables of [`tables`] at this endpoint; what its server does otherwise than `DynamoDB`.
    pub(crate) fn at(endpoint: &str, tables: &[Table], differences: &'static [Difference]) -> Self {
        let name = |ending: &str| tables.iter().find(|table| table.name.ends_with(ending)).unwrap().name.clone();
        let vars =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "PEER"), ("AWS_SECRET_ACCESS_KEY", "only-for-tests")];
        let vars = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let mut aws = AwsSettings::from_vars(vars).unwrap();
        aws.http_client = Some(aws_smithy_http_client::Builder::new().build_http());
        let config = Config::from_vars(
            [
                ("PUBLIC_URL", "http://localhost:8000"),
                ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
                ("ACCOUNTS_TABLE", &*name("accounts")),
                ("SESSIONS_TABLE", &*name("sessions")),
                ("OUTBOX_TABLE", &*name("outbox")),
                ("MEDIA_ROOT", "s3://none/media"),
                // A machine that runs many tests at once is slow.
                ("AWS_ATTEMPT_TIMEOUT_MS", "20000"),
                ("AWS_OPERATION_TIMEOUT_MS", "60000"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
        .unwrap();
        aws.dynamodb_endpoint = Some(endpoint.to_owned());
        let tables = config.tables.clone();
        let database = connect(&aws, &config, tables.clone());
        Self { aws, config, database, tables, endpoint: endpoint.to_owned(), differences }
    }

    fn differs(&self, difference: Difference) -> bool {
        self.differences.contains(&difference)
    }

    /// The product's own view of tables of other names.
    fn store_of(&self, tables: Tables) -> Store {
        Store::new(connect(&self.aws, &self.config, tables), Arc::default())
    }

    /// The product's own view, with a meter of its own.
    fn store(&self) -> Store {
        Store::new(self.database.clone(), Arc::default())
    }

    /// The table of accounts, which has the index.
    fn accounts(&self) -> &str {
        &self.tables.accounts
    }

    /// The table of sessions.
    fn sessions(&self) -> &str {
        &self.tables.sessions
    }

    /// Asks for something, whatever the answer is.
    pub(crate) async fn ask(&self, operation: &str, request: &Value) -> Answer {
        ask(&self.endpoint, operation, request).await
    }

    /// Asks for something that is done.
    async fn done(&self, operation: &str, request: Value) -> Value {
        let answer = self.ask(operation, &request).await;
        assert_eq!(answer.status, 200, "{operation} {:.2000}: {}", request.to_string(), answer.body);
        answer.body
    }

    /// Asks for something that is refused. Gives the error's name.
    async fn refused(&self, operation: &str, request: Value) -> String {
        let answer = self.ask(operation, &request).await;
        assert_eq!(answer.status, 400, "{operation} {:.2000}: {}", request.to_string(), answer.body);
        answer.code().to_owned()
    }

    /// Puts an item into the table of accounts.
    async fn put(&self, item: &Value) {
        self.done("PutItem", json!({ "TableName": self.accounts(), "Item": item })).await;
    }

    /// Reads an item of the table of accounts, strongly consistent; `Null` when there is none.
    async fn get(&self, pk: &str, sk: &str) -> Value {
        let request = json!({ "TableName": self.accounts(), "Key": key(pk, sk), "ConsistentRead": true });
        self.done("GetItem", request).await["Item"].take()
    }
}

fn connect(aws: &AwsSettings, config: &Config, tables: Tables) -> Arc<Database> {
    let sdk = aws.sdk_config(config.timeouts).unwrap();
    Arc::new(Database::new(&sdk, aws.dynamodb_endpoint.as_deref(), tables))
}

/// Asks a server for something.
pub(crate) async fn ask(endpoint: &str, operation: &str, request: &Value) -> Answer {
    let target = format!("DynamoDB_20120810.{operation}");
    // Nobody here checks a signature, but its form.
    let signed = "AWS4-HMAC-SHA256 Credential=PEER/20260101/us-east-1/dynamodb/aws4_request, \
                  SignedHeaders=host;x-amz-date;x-amz-target, Signature=0000";
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", &*target),
        ("x-amz-date", "20260101T000000Z"),
        ("authorization", signed),
    ];
    let answer = s3::send(Method::POST, &format!("{endpoint}/"), &headers, request.to_string()).await;
    let body = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{operation}: {}", answer.text()));
    Answer { status: answer.status.as_u16(), body }
}

/// A key.
fn key(pk: &str, sk: &str) -> Value {
    json!({ "PK": { "S": pk }, "SK": { "S": sk } })
}

/// An item of this key with further attributes.
fn item(pk: &str, sk: &str, attributes: Value) -> Value {
    let mut item = key(pk, sk);
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    item.as_object_mut().unwrap().extend(attributes);
    item
}

/// For each `#name` of these expressions the name that it stands for: some are reserved, and the product writes them all so.
fn names<'a>(expressions: impl IntoIterator<Item = &'a str>) -> Value {
    let words = expressions.into_iter().flat_map(|expression| expression.split('#').skip(1));
    let name = |word: &str| word.chars().take_while(|letter| letter.is_alphanumeric()).collect::<String>();
    words.map(|word| (format!("#{}", name(word)), Value::from(name(word)))).collect()
}

/// Makes a test of each case of the suite, on the [`Place`] that `$place` is.
macro_rules! contract {
    ($place:expr) => {
        $crate::tables::contract::contract! { $place;
            definitions: the_tables_are_as_the_template_says,
            definitions: what_has_expired_is_read_until_it_is_deleted,
            definitions: a_mistake_of_ours_has_the_name_that_tells_it_from_a_fault_of_theirs,
            items: an_item_is_read_as_it_was_written_at_once,
            items: a_number_is_stored_in_one_way,
            items: a_set_holds_each_value_once_and_is_not_empty,
            items: an_attribute_has_a_name,
            items: a_key_has_a_length,
            items: an_item_holds_400_kilobytes_and_no_more,
            conditions: each_condition_holds_where_it_should_and_nowhere_else,
            conditions: a_refused_put_or_delete_changes_nothing,
            conditions: of_many_puts_of_something_new_one_wins,
            updates: what_is_not_there_is_made_and_a_counter_begins_at_zero,
            updates: counts_at_the_same_time_are_counted_one_by_one,
            updates: a_refused_update_changes_nothing_and_says_what_was_there,
            updates: single_keys_of_a_map_are_set_and_removed,
            updates: a_map_that_is_gone_is_no_place_and_a_condition_comes_first,
            updates: what_is_there_is_kept_where_that_is_asked_for,
            updates: attributes_are_set_removed_and_counted_in_one_step,
            updates: an_update_that_makes_no_sense_changes_nothing,
            transactions: all_of_it_is_done_in_several_tables,
            transactions: a_refusal_names_each_part_in_order_and_nothing_is_done,
            transactions: the_same_name_does_the_same_once,
            transactions: a_repetition_is_done_though_its_conditions_no_longer_hold,
            transactions: what_was_refused_under_a_name_was_not_done_under_it,
            transactions: an_item_stands_in_a_transaction_once,
            transactions: a_transaction_holds_a_hundred_items_and_no_more,
            transactions: a_transaction_holds_four_megabytes_and_no_more,
            transactions: a_part_that_is_no_item_refuses_all_and_is_our_mistake,
            transactions: transactions_at_the_same_time_come_one_after_another,
            batches: items_of_several_tables_are_read_at_once_and_what_is_absent_is_left_out,
            batches: a_hundred_keys_are_read_at_once_each_named_once,
            batches: what_is_too_much_for_one_answer_is_left_to_be_asked_for_again,
            batches: twenty_five_are_deleted_at_once_whether_they_exist_or_not,
            queries: a_partition_is_read_in_the_order_of_the_bytes,
            queries: a_page_ends_at_its_limit_and_the_next_one_goes_on_there,
            queries: a_page_goes_on_after_a_place_where_nothing_is,
            queries: a_page_is_a_megabyte_whatever_is_asked_of_it,
            queries: a_scan_sees_everything_once,
            index: an_entry_shows_its_keys_and_whose_it_is,
            index: an_entry_follows_its_item,
            index: a_list_is_paged_through_by_its_places,
            index: a_page_of_the_index_goes_on_where_it_ended,
            index: the_index_is_not_read_strongly_and_takes_texts_alone,
            capacity: a_write_costs_a_unit_for_each_kilobyte,
            capacity: an_entry_of_the_index_costs_what_changes_in_it,
            capacity: a_strong_read_costs_a_unit_for_each_four_kilobytes,
            capacity: a_batch_costs_what_its_items_cost,
            capacity: a_transaction_costs_twice_as_much,
            capacity: a_page_costs_what_was_read_for_it,
            flows: of_sign_ups_at_the_same_time_one_gets_the_name,
            flows: a_session_is_read_with_its_user_and_not_brought_back,
            flows: every_session_ends_by_one_write,
            flows: tries_at_the_same_time_are_spent_one_by_one,
            flows: a_link_is_used_once,
            flows: a_mail_is_claimed_by_one,
            flows: what_hinders_an_import_is_told_piece_by_piece,
            flows: more_than_one_batch_is_read_and_erased,
            flows: log_ins_at_the_same_time_have_each_a_number_of_its_own,
            flows: a_trail_is_paged_through_by_account_and_by_month,
            flows: a_deleted_account_leaves_its_address_free,
            flows: what_hashes_cost_is_only_ever_raised,
            flows: a_table_that_is_not_there_is_our_mistake_and_not_a_bad_moment,
        }
    };
    ($place:expr; $($module:ident: $case:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            let (place, _server) = $place.await;
            $crate::tables::contract::$module::$case(&place).await;
        })*
    };
}
pub(crate) use contract;
