//! What AWS says of a stack: by somebody who answers as CloudFormation, DynamoDB, S3, Secrets Manager and SES do.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use manage::doctor::site::{Args, Stack, examine};
use manage::stack::describe;
use portico::config::Timeouts;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Script, in_part, whole};
use super::spoiler::{SECRET, Spoiler, stand_before};
use super::{codes, listen, site_at};

/// What AWS is asked, and what it answers: a part of the question, and the answer's body.
type Answers = Vec<(&'static str, String)>;

const XML: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// A stack with which all is well, whose site is at `url`.
fn well(url: &str) -> Answers {
    let outputs = [
        ("SiteUrl", "PublicUrl is not set"),
        ("DistributionUrl", url),
        ("AccountsTable", "shop-accounts"),
        ("SessionsTable", "shop-sessions"),
        ("OutboxTable", "shop-outbox"),
        ("MediaBucket", "shop-media"),
        ("StaticBucket", "shop-static"),
    ];
    let outputs: String = outputs
        .map(|(key, value)| format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"))
        .concat();
    let stacks = format!(
        "<DescribeStacksResponse xmlns=\"{XML}\"><DescribeStacksResult><Stacks><member><StackName>shop</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Parameters><member>\
         <ParameterKey>DefaultFromEmail</ParameterKey><ParameterValue>no-reply@example.com</ParameterValue></member>\
         </Parameters><Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    );
    let resource = format!(
        "<DescribeStackResourceResponse xmlns=\"{XML}\"><DescribeStackResourceResult><StackResourceDetail>\
         <LogicalResourceId>SecretKey</LogicalResourceId><PhysicalResourceId>arn:aws:secretsmanager:us-east-1:1:secret:x\
         </PhysicalResourceId><ResourceType>AWS::SecretsManager::Secret</ResourceType><LastUpdatedTimestamp>\
         2026-01-01T00:00:00Z</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></StackResourceDetail>\
         </DescribeStackResourceResult></DescribeStackResourceResponse>"
    );
    let ttl = |attribute: &str| {
        json!({ "TimeToLiveDescription": { "TimeToLiveStatus": "ENABLED", "AttributeName": attribute } }).to_string()
    };
    let table = json!({ "Table": { "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true } });
    let backups = json!({ "ContinuousBackupsDescription": { "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "ENABLED" } } });
    let block = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let block: String = block.map(|name| format!("<{name}>true</{name}>")).concat();
    let methods: String =
        ["GET", "HEAD", "PUT", "POST"].map(|name| format!("<AllowedMethod>{name}</AllowedMethod>")).concat();
    vec![
        ("Action=DescribeStackResource", resource),
        ("Action=DescribeStacks", stacks),
        ("DescribeTimeToLive shop-accounts", ttl("audited_until")),
        ("DescribeTimeToLive", ttl("expires_at")),
        ("DescribeTable", table.to_string()),
        ("DescribeContinuousBackups", backups.to_string()),
        ("secretsmanager.DescribeSecret", json!({ "Name": "x" }).to_string()),
        ("publicAccessBlock", format!("<PublicAccessBlockConfiguration>{block}</PublicAccessBlockConfiguration>")),
        (
            "?cors",
            format!(
                "<CORSConfiguration><CORSRule><AllowedOrigin>{url}</AllowedOrigin>{methods}<ExposeHeader>ETag</ExposeHeader>\
                 </CORSRule></CORSConfiguration>"
            ),
        ),
        (
            "/v2/email/identities/",
            json!({ "VerificationStatus": "SUCCESS", "VerifiedForSendingStatus": true }).to_string(),
        ),
        ("/v2/email/account", json!({ "ProductionAccessEnabled": true, "SendingEnabled": true }).to_string()),
    ]
}

/// AWS, which answers so, and refuses the rest.
async fn aws(answers: Answers) -> String {
    let (listener, url) = listen().await;
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answers = answers.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answers = answers.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let target = parts.headers.get("x-amz-target").map_or("", |target| target.to_str().unwrap());
                    let table: Value = serde_json::from_slice(&body).unwrap_or_default();
                    let table = table["TableName"].as_str().unwrap_or_default();
                    let question = format!("{} {target} {table} {}", parts.uri, String::from_utf8_lossy(&body));
                    let known = answers.iter().find(|(asked, _)| question.contains(asked));
                    let (status, body) = known.map_or_else(|| refusal(&question), |(_, body)| (200, body.clone()));
                    let answer =
                        Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
                    Ok::<_, Infallible>(answer.body(Full::new(Bytes::from(body))).unwrap())
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    url
}

/// As each service says it.
fn refusal(question: &str) -> (u16, String) {
    let body = if question.contains("Action=") {
        format!(
            "<ErrorResponse xmlns=\"{XML}\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>kim is not authorized\
             </Message></Error></ErrorResponse>"
        )
    } else if question.contains("publicAccessBlock") || question.contains("?cors") {
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>".to_owned()
    } else {
        json!({ "__type": "AccessDeniedException", "message": "kim is not authorized" }).to_string()
    };
    (403, body)
}

/// What is said of a stack of which AWS answers so, and whether that is all well.
async fn told(change: impl FnOnce(&mut Answers)) -> (bool, String) {
    told_past(Some(listen().await), change).await
}

/// The same, with this way past the distribution, or with the one that AWS tells.
async fn told_past(past: Option<(TcpListener, String)>, change: impl FnOnce(&mut Answers)) -> (bool, String) {
    let (listener, url) = listen().await;
    stand_before(site_at(&url, &[]).await, listener, Spoiler::Nobody);
    let mut api = None;
    if let Some((straight, address)) = past {
        stand_before(site_at(&url, &[("ORIGIN_SECRET", SECRET)]).await, straight, Spoiler::Nobody);
        api = Some(address);
    }
    let mut answers = well(&url);
    change(&mut answers);
    let aws = aws(answers).await;
    let timeouts = Timeouts { attempt_ms: 5_000, operation_ms: 5_000 };
    let sdk = local::dynamodb_at(&aws).sdk_config(timeouts).unwrap().into_builder().endpoint_url(&aws).build();
    let outputs = describe(&sdk, "shop").await.unwrap_or_else(|failure| panic!("{}", failure.message()));
    assert_eq!(outputs.sender.as_deref(), Some("no-reply@example.com"));
    let stack = Stack { sdk, outputs, s3_endpoint: Some(aws) };
    let mut script = Script::nobody(&[]);
    let outcome = examine(&Args { api, ..Args::default() }, Some(&stack), &mut script).await;
    assert!(whole(&outcome) || in_part(&outcome), "{outcome:?}");
    (whole(&outcome), script.said())
}

#[tokio::test]
async fn a_stack_that_is_well_has_no_finding() {
    let (is_well, said) = told(|_| {}).await;
    assert!(is_well, "{said}");
    assert!(!said.contains("tables, buckets"), "they were checked: {said}");
}

#[tokio::test]
async fn what_the_caller_may_not_ask_is_told_of_each() {
    let deny = |answers: &mut Answers| answers.retain(|(asked, _)| *asked == "Action=DescribeStacks");
    let (is_well, said) = told_past(None, deny).await;
    assert!(!is_well);
    let codes = codes(&said);
    assert!(codes.iter().all(|code| code == "aws.unchecked"), "{said}");
    // The API, three tables and their expiry, the backups of two, two buckets, the rules of one, two secrets, mail twice.
    assert_eq!(codes.len(), 1 + 3 * 2 + 2 + 2 + 1 + 2 + 2, "{said}");
    assert!(said.contains("aws.unchecked: the API's own address: could not be checked: "), "{said}");
    assert!(said.contains("kim is not authorized") && said.contains("AccessDenied"), "{said}");
}

#[tokio::test]
async fn what_somebody_has_changed_is_told_with_the_command_that_undoes_it() {
    let cases: [(&str, &str, &str, &str); 6] = [
        (
            "aws.ttl",
            "DescribeTimeToLive shop-accounts",
            r#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#,
            "AttributeName=audited_until",
        ),
        (
            "aws.no-backups",
            "DescribeContinuousBackups",
            r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}"#,
            "update-continuous-backups",
        ),
        ("aws.unprotected", "DescribeTable", r#"{"Table":{"TableStatus":"ACTIVE"}}"#, "--deletion-protection-enabled"),
        (
            "aws.bucket-cors",
            "?cors",
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
            "PublicUrl=",
        ),
        ("aws.mail-identity", "/v2/email/identities/", r#"{"VerificationStatus":"PENDING"}"#, "create-email-identity"),
        (
            "aws.mail-sandbox",
            "/v2/email/account",
            r#"{"ProductionAccessEnabled":false,"SendingEnabled":true}"#,
            "put-account-details",
        ),
    ];
    for (code, asked, answer, words) in cases {
        let (_, said) = told(|answers| {
            let known = answers.iter_mut().find(|(known, _)| *known == asked).unwrap();
            answer.clone_into(&mut known.1);
        })
        .await;
        // Of accounts and outbox, where all tables answer alike.
        let times = if ["aws.no-backups", "aws.unprotected"].contains(&code) { 2 } else { 1 };
        assert_eq!(codes(&said), vec![code; times], "{said}");
        assert!(said.contains(words), "{said}");
    }
    let ending = r#"{"Name":"x","DeletedDate":1790000000}"#;
    let (_, said) = told(|answers| {
        let known = answers.iter_mut().find(|(known, _)| *known == "secretsmanager.DescribeSecret").unwrap();
        ending.clone_into(&mut known.1);
    })
    .await;
    assert_eq!(codes(&said), ["aws.secret", "aws.secret"], "{said}");
}
