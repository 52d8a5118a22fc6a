//! Asks AWS about a stack: settings alone, never a row, an object or a secret's text.

use std::fmt::Debug;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::types::{PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus};
use aws_sdk_s3::types::CorsRule;
use aws_sdk_sesv2::types::VerificationStatus;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use portico::store::keys;

use super::Stack;
use super::facts::{Account, Bucket, Cors, Mail, Secret, Table, Told};
use crate::stack::{resource, s3};

/// The address of an API, by its id.
pub(super) fn api(id: &str, sdk: &SdkConfig) -> String {
    let region = sdk.region().map_or("us-east-1", Region::as_ref);
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{id}.execute-api.{region}.{suffix}")
}

/// Asks everything; what cannot be asked is told as that.
pub(super) async fn gather(stack: &Stack) -> Account {
    let outputs = &stack.outputs;
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.sdk);
    let mut tables = Vec::new();
    for (name, expires_by, is_durable) in [
        (&outputs.accounts, keys::AUDIT_TTL, true),
        (&outputs.sessions, keys::TTL, false),
        (&outputs.outbox, keys::TTL, true),
    ] {
        tables.push(table(&dynamodb, name, expires_by, is_durable).await);
    }
    let s3 = s3(&stack.sdk, stack.s3_endpoint.as_deref());
    let mut buckets = Vec::new();
    for (name, is_media) in [(&outputs.media_bucket, true), (&outputs.static_bucket, false)] {
        if let Some(name) = name {
            buckets.push(bucket(&s3, name, is_media).await);
        }
    }
    let secrets_manager = aws_sdk_secretsmanager::Client::new(&stack.sdk);
    let mut secrets = Vec::new();
    for id in ["SecretKey", "OriginSecret"] {
        let told = match resource(&stack.sdk, &outputs.name, id).await {
            Ok(arn) => secret(&secrets_manager, &arn).await,
            Err(failure) => Err(failure.message().to_owned()),
        };
        secrets.push((id, told));
    }
    let mail = mail(&aws_sdk_sesv2::Client::new(&stack.sdk), outputs.sender.as_deref()).await;
    Account { stack: outputs.name.clone(), site: outputs.site_url.clone(), tables, buckets, secrets, mail }
}

async fn table(client: &aws_sdk_dynamodb::Client, name: &str, expires_by: &'static str, is_durable: bool) -> Table {
    let described = client.describe_table().table_name(name).send().await.map_err(|error| why(&error));
    let state = described.map(|answer| {
        let table = answer.table();
        let state = table.and_then(|table| table.table_status()).map_or("unknown", |status| status.as_str());
        (state.to_owned(), table.and_then(TableDescription::deletion_protection_enabled).unwrap_or_default())
    });
    let ttl = client.describe_time_to_live().table_name(name).send().await.map_err(|error| why(&error));
    let ttl = ttl.map(|answer| {
        let told = answer.time_to_live_description();
        let is_on =
            |status: &&TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        told.filter(|told| told.time_to_live_status().as_ref().is_some_and(is_on))
            .and_then(|told| told.attribute_name().map(str::to_owned))
    });
    let backups = if is_durable {
        let told = client.describe_continuous_backups().table_name(name).send().await.map_err(|error| why(&error));
        Some(told.map(|answer| {
            let told =
                answer.continuous_backups_description().and_then(|told| told.point_in_time_recovery_description());
            let status = told.and_then(|told| told.point_in_time_recovery_status());
            status == Some(&PointInTimeRecoveryStatus::Enabled)
        }))
    } else {
        None
    };
    Table { name: name.to_owned(), expires_by, is_durable, state, ttl, backups }
}

async fn bucket(client: &aws_sdk_s3::Client, name: &str, is_media: bool) -> Bucket {
    let blocked = match client.get_public_access_block().bucket(name).send().await {
        Ok(answer) => Ok(answer.public_access_block_configuration().is_some_and(|block| {
            [
                block.block_public_acls(),
                block.block_public_policy(),
                block.ignore_public_acls(),
                block.restrict_public_buckets(),
            ]
            .into_iter()
            .all(|blocks| blocks == Some(true))
        })),
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => Ok(false),
        Err(error) => Err(why(&error)),
    };
    let cors = if is_media {
        Some(match client.get_bucket_cors().bucket(name).send().await {
            Ok(answer) => Ok(answer.cors_rules().iter().map(rule).collect()),
            Err(error) if error.code() == Some("NoSuchCORSConfiguration") => Ok(Vec::new()),
            Err(error) => Err(why(&error)),
        })
    } else {
        None
    };
    Bucket { name: name.to_owned(), blocked, cors }
}

fn rule(rule: &CorsRule) -> Cors {
    Cors {
        origins: rule.allowed_origins().to_vec(),
        methods: rule.allowed_methods().to_vec(),
        exposed: rule.expose_headers().to_vec(),
    }
}

async fn secret(client: &aws_sdk_secretsmanager::Client, arn: &str) -> Told<Secret> {
    match client.describe_secret().secret_id(arn).send().await {
        Ok(answer) if answer.deleted_date().is_some() => Ok(Secret::Ending),
        Ok(_) => Ok(Secret::There),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Secret::Missing),
        Err(error) => Err(why(&error)),
    }
}

/// The address may be verified, or its domain: one of them will do.
async fn mail(client: &aws_sdk_sesv2::Client, sender: Option<&str>) -> Mail {
    let mut is_verified = Ok(false);
    if let Some(sender) = sender {
        let domain = sender.rsplit('@').next().unwrap_or_default();
        for identity in [sender, domain] {
            is_verified = match client.get_email_identity().email_identity(identity).send().await {
                Ok(answer) => {
                    let is_good = answer.verification_status() == Some(&VerificationStatus::Success);
                    Ok(is_good || answer.verified_for_sending_status())
                }
                Err(error) if error.code() == Some("NotFoundException") => Ok(false),
                Err(error) => Err(why(&error)),
            };
            if is_verified != Ok(false) {
                break;
            }
        }
    }
    let account = client.get_account().send().await;
    let account = account.map(|told| (told.production_access_enabled(), told.sending_enabled()));
    Mail { sender: sender.map(str::to_owned), is_verified, account: account.map_err(|error| why(&error)) }
}

/// In words: AWS's own, where it has said something.
fn why<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + ProvideErrorMetadata + Debug + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => portico::log::chain(error),
    }
}
