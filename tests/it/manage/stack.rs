//! Commands on a deployed stack: a CloudFormation that tells its outputs, and the embedded engine as DynamoDB.

use manage::stack::{Outputs, describe};
use manage::{createsuperuser, site};
use portico::config::Timeouts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Script, whole};
use crate::site::{PASSWORD, Site, root};

/// Answers one request with this, and gives what was asked.
async fn answer_once(status: &'static str, body: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !String::from_utf8_lossy(&request).contains("DescribeStacks") {
            let mut piece = [0; 4_096];
            let length = stream.read(&mut piece).await.unwrap();
            request.extend_from_slice(&piece[..length]);
        }
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request).into_owned()
    });
    (url, asked)
}

fn stack(outputs: &[(&str, &str)]) -> String {
    let member = |(key, value): &(&str, &str)| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let members: Vec<_> = outputs.iter().map(member).collect();
    let members = members.concat();
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks>\
         <member><StackName>portico</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>"
    )
}

async fn ask(status: &'static str, body: String) -> (Result<Outputs, String>, String) {
    let (url, asked) = answer_once(status, body).await;
    let timeouts = Timeouts { attempt_ms: 5_000, operation_ms: 5_000 };
    let sdk = local::dynamodb_at(&url).sdk_config(timeouts).unwrap().into_builder().endpoint_url(url).build();
    let outputs = describe(&sdk, "portico").await.map_err(|failure| failure.message().to_owned());
    (outputs, asked.await.unwrap())
}

#[tokio::test]
async fn the_tables_of_a_stack_are_its_outputs() {
    let site = Site::start().await;
    let tables = site.stack.app().config().tables.clone();
    let body = stack(&[
        ("SiteUrl", "https://example.com"),
        ("AccountsTable", &tables.accounts),
        ("SessionsTable", &tables.sessions),
        ("OutboxTable", &tables.outbox),
    ]);
    let (outputs, asked) = ask("200 OK", body).await;
    assert!(asked.contains("StackName=portico") && asked.contains("AWS4-HMAC-SHA256"), "{asked}");
    assert_eq!(outputs.as_ref().unwrap().static_bucket, None, "an older stack does not tell it");
    let dynamodb = site.stack.dynamodb().url();
    let sdk = local::dynamodb_at(&dynamodb).sdk_config(Timeouts { attempt_ms: 5_000, operation_ms: 5_000 }).unwrap();
    let managed = site::Site::deployed(&root(), &sdk, Some(&dynamodb), &outputs.unwrap());
    let managed = managed.unwrap_or_else(|failure| panic!("{}", failure.message()));
    let args =
        createsuperuser::Args { email: Some("kim@example.com".into()), password_stdin: true, ..Default::default() };
    let mut script = Script::nobody(&[PASSWORD]);
    assert!(whole(&createsuperuser::run(&args, &managed, &mut script).await));
    assert!(script.said().contains("the stack portico in us-east-1"), "{}", script.said());
    site.program().log_in("kim@example.com").await;
}

#[tokio::test]
async fn the_bucket_of_the_static_files_is_told_where_there_is_one() {
    let tables = [("AccountsTable", "a"), ("SessionsTable", "s"), ("OutboxTable", "o")];
    let (outputs, _) = ask("200 OK", stack(&[&tables[..], &[("StaticBucket", "site-static-1")]].concat())).await;
    assert_eq!(outputs.unwrap().static_bucket.as_deref(), Some("site-static-1"));
}

#[tokio::test]
async fn a_stack_tells_where_its_site_is() {
    let tables = [("AccountsTable", "a"), ("SessionsTable", "s"), ("OutboxTable", "o")];
    let distribution = ("DistributionUrl", "https://d1.cloudfront.net");
    for (site, told) in [
        ("https://example.com", "https://example.com"),
        ("PublicUrl is not set; deploy again with DistributionUrl", "https://d1.cloudfront.net"),
    ] {
        let (outputs, _) = ask("200 OK", stack(&[&tables[..], &[("SiteUrl", site), distribution]].concat())).await;
        assert_eq!(outputs.unwrap().site_url.as_deref(), Some(told));
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_or_not_ours_is_told() {
    let (outputs, _) = ask("200 OK", stack(&[("BucketName", "x"), ("AccountsTable", "a")])).await;
    let why = outputs.unwrap_err();
    assert!(why.contains("no output SessionsTable"), "{why}");
    let error = "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
                 <Code>ValidationError</Code><Message>Stack with id portico does not exist</Message></Error>\
                 <RequestId>1</RequestId></ErrorResponse>";
    let (outputs, _) = ask("400 Bad Request", error.to_owned()).await;
    let why = outputs.unwrap_err();
    assert_eq!(why, "CloudFormation in us-east-1: Stack with id portico does not exist");
}

#[tokio::test]
async fn without_a_network_it_is_told_in_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let timeouts = Timeouts { attempt_ms: 5_000, operation_ms: 5_000 };
    let sdk = local::dynamodb_at(&url).sdk_config(timeouts).unwrap().into_builder().endpoint_url(url).build();
    let failure = describe(&sdk, "portico").await.unwrap_err();
    let why = failure.message();
    assert!(why.starts_with("CloudFormation in us-east-1 cannot be asked: ") && why.contains("refused"), "{why}");
    assert!(!why.contains("DispatchFailure") && !why.contains('{'), "{why}");
}

#[tokio::test]
async fn the_template_says_which_tables_are_which() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    for name in ["AccountsTable", "SessionsTable", "OutboxTable"] {
        let output = format!("\n  {name}:\n    Value: !Ref {name}\n");
        assert!(template.contains(&output), "{name} is no output");
    }
    let bucket = "under static/\n    Value: !Ref StaticBucket\n";
    assert!(template.contains(bucket), "nor is the bucket of the static files");
}
