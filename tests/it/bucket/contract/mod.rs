//! What every S3 keeps to: one suite of what is signed, right and wrong, run against each of them.

pub(crate) mod downloads;
pub(crate) mod forms;
pub(crate) mod objects;
pub(crate) mod parts;
pub(crate) mod puts;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use portico::config::Config;
use portico::config::aws::AwsSettings;
use portico::media::{Media, PresignedPost, PresignedPut, Sending, Sha256};
use uuid::Uuid;

use crate::site::{Answer, s3};

/// The bucket that a server must have.
pub(crate) const BUCKET: &str = "media-of-the-tests";

/// What another server does otherwise than S3. The suite holds it to that too, so that none stays here for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// A form may have fields that its policy does not list, unless they begin with `x-amz-`.
    UnlistedFieldsPass,
    /// A part that was sent again is listed beside the one that it replaces.
    ReplacedPartsStay,
    /// The checksums of parts are verified, and not told when they are listed.
    PartChecksumsAreNotTold,
    /// A completion that is repeated succeeds, as long as the object is there.
    CompletionsRepeat,
    /// Unfinished uploads are listed in no order of their keys.
    UnfinishedHaveNoOrder,
}

/// A bucket somewhere, as the product reaches it, and as somebody else who has its keys.
pub(crate) struct Place {
    /// As the product does.
    pub(crate) media: Media,
    /// As anybody does: for looking at what is stored.
    pub(crate) client: aws_sdk_s3::Client,
    /// What the keys of this test begin with: others are in the same bucket.
    pub(crate) folder: String,
    differences: &'static [Difference],
}

impl Place {
    /// The bucket at this endpoint, for who has this key; what its server does otherwise than S3.
    pub(crate) fn at(
        endpoint: &str,
        (access_key, secret_key): (&str, &str),
        differences: &'static [Difference],
    ) -> Self {
        let vars =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", access_key), ("AWS_SECRET_ACCESS_KEY", secret_key)];
        let vars = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let mut aws = AwsSettings::from_vars(vars).unwrap();
        aws.s3_endpoint = Some(endpoint.to_owned());
        aws.http_client = Some(aws_smithy_http_client::Builder::new().build_http());
        let media_root = format!("s3://{BUCKET}/media");
        let config = Config::from_vars(
            [
                ("PUBLIC_URL", "http://localhost:8000"),
                ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
                ("ACCOUNTS_TABLE", "accounts"),
                ("SESSIONS_TABLE", "sessions"),
                ("OUTBOX_TABLE", "outbox"),
                ("MEDIA_ROOT", &*media_root),
                // A machine that runs many tests at once is slow.
                ("AWS_ATTEMPT_TIMEOUT_MS", "20000"),
                ("AWS_OPERATION_TIMEOUT_MS", "60000"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
        .unwrap();
        let sdk = aws.sdk_config(config.timeouts).unwrap();
        let client = aws_sdk_s3::config::Builder::from(&sdk).endpoint_url(endpoint).force_path_style(true).build();
        Self {
            media: Media::new(&sdk, &aws, &config),
            client: aws_sdk_s3::Client::from_conf(client),
            folder: format!("uploads/{}/", Uuid::new_v4()),
            differences,
        }
    }

    fn differs(&self, difference: Difference) -> bool {
        self.differences.contains(&difference)
    }

    /// A key of this test's own.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.folder)
    }

    /// The bytes and the type of what is stored; `None` for nothing.
    async fn stored(&self, key: &str) -> Option<(Vec<u8>, String)> {
        let object = self.client.get_object().bucket(BUCKET).key(key).send().await.ok()?;
        let content_type = object.content_type().unwrap_or_default().to_owned();
        Some((object.body.collect().await.unwrap().to_vec(), content_type))
    }

    /// What is stored is still, or again, nothing but this text.
    async fn holds(&self, key: &str, text: Option<&str>, case: &str) {
        let stored = self.stored(key).await.map(|(bytes, _)| String::from_utf8(bytes).unwrap());
        assert_eq!(stored.as_deref(), text, "{case}");
    }
}

/// Makes a test of each case of the suite, on the [`Place`] that `$place` is.
macro_rules! contract {
    ($place:expr) => {
        $crate::bucket::contract::contract! { $place;
            forms: a_form_takes_what_was_signed,
            forms: a_form_takes_nothing_else,
            forms: a_form_may_be_sent_again_until_it_ends,
            forms: a_form_leads_back_where_that_was_signed,
            forms: a_form_holds_the_file_to_its_checksum,
            puts: a_put_takes_what_was_signed,
            puts: a_put_takes_nothing_else,
            puts: a_put_ends,
            puts: a_put_holds_the_file_to_its_checksum,
            puts: a_put_of_something_new_takes_nothing_that_is_there,
            parts: parts_in_any_order_become_one_object,
            parts: a_part_is_what_was_signed,
            parts: parts_are_held_to_their_checksums,
            parts: a_completion_that_does_not_fit_changes_nothing,
            parts: what_was_given_up_is_gone,
            downloads: a_download_is_as_it_was_signed,
            downloads: a_download_ends_and_is_for_reading_alone,
            downloads: a_look_at_a_file_is_signed_as_one,
            objects: a_copy_is_of_what_was_meant_and_has_its_new_type_alone,
            objects: a_range_is_read_of_what_was_meant,
            objects: an_object_is_known_by_its_head_and_gone_once_it_is_removed,
            objects: a_refusal_is_not_taken_for_nothing,
            objects: a_listing_goes_on_where_it_ended,
            objects: a_user_leaves_nothing,
        }
    };
    ($place:expr; $($module:ident: $case:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            let (place, _server) = $place.await;
            $crate::bucket::contract::$module::$case(&place).await;
        })*
    };
}
pub(crate) use contract;

fn now() -> Timestamp {
    Timestamp::now()
}

fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// A text of up to so many bytes for this key.
fn text(key: &str, most: u64) -> Sending<'_> {
    Sending { key, content_type: "text/plain", size: 1..=most, sha256: None, expires: in_seconds(300) }
}

/// The SHA-256 of `hello`.
fn sum() -> Sha256 {
    Sha256::parse("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=").unwrap()
}

/// Sends a form with a file.
async fn post(form: &PresignedPost, file: &[u8]) -> Answer {
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    s3::post(&form.url, &fields, file).await
}

/// Sends a body, with the headers that were signed.
async fn put(put: &PresignedPut, body: &[u8]) -> Answer {
    put_with(put, body, &[]).await
}

/// The same, with these headers in the place of the signed ones of their names, or beside them; an empty one is left out.
async fn put_with(put: &PresignedPut, body: &[u8], changes: &[(&str, &str)]) -> Answer {
    let replaced = |name: &str| changes.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let signed = put.headers.iter().map(|(name, value)| (*name, &**value)).filter(|(name, _)| !replaced(name));
    let headers: Vec<_> = signed.chain(changes.iter().copied()).collect();
    // The length is the body's.
    let sent = headers.iter().copied().filter(|(name, value)| *name != "Content-Length" && !value.is_empty());
    s3::send(Method::PUT, &put.url, &sent.collect::<Vec<_>>(), body.to_vec()).await
}

/// The code of an error of S3's.
fn code(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let code = text.split_once("<Code>").and_then(|(_, rest)| Some(rest.split_once("</Code>")?.0.to_owned()));
    code.unwrap_or_default()
}

/// An address with one of its parameters changed.
fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (address, query) = url.split_once('?').unwrap();
    let changed = query.split('&').map(|pair| match pair.split_once('=') {
        Some((known, _)) if known == name => format!("{name}={value}"),
        _ => pair.to_owned(),
    });
    let changed = format!("{address}?{}", changed.collect::<Vec<_>>().join("&"));
    assert_ne!(changed, url);
    changed
}

/// A signature of the same form that is none.
fn forged(url: &str) -> String {
    with_parameter(url, "X-Amz-Signature", &"0".repeat(64))
}
