//! The port, and clients that misbehave.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Bucket, Options, options, read, start, start_with};
use crate::s3::{Error, S3Server};

#[tokio::test]
async fn a_taken_port_is_named() {
    let s3 = start().await;
    let address = s3.server.address();
    let second = S3Server::start(Options { address, ..options() }).await;
    assert!(matches!(second, Err(Error::AddressInUse(taken)) if taken == address));
}

#[tokio::test]
async fn a_port_is_free_again_after_the_shutdown() {
    let s3 = start().await;
    let address = s3.server.address();
    s3.put("a", "x").await;
    s3.server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn nothing_but_loopback_is_served() {
    let address = "0.0.0.0:0".parse().unwrap();
    let refused = S3Server::start(Options { address, ..options() }).await;
    assert!(matches!(refused, Err(Error::NotLoopback(_))));
}

#[tokio::test]
async fn a_bucket_has_to_have_a_valid_name_of_its_own() {
    let named =
        |names: &[&str]| Options { buckets: names.iter().map(|name| Bucket::named(*name)).collect(), ..options() };
    assert!(matches!(S3Server::start(named(&["Media"])).await, Err(Error::BucketName(_))));
    assert!(matches!(S3Server::start(named(&["media", "media"])).await, Err(Error::BucketTwice(_))));
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_let_go() {
    let s3 = start_with(Options { head_timeout: Duration::from_millis(50), ..options() }).await;
    let mut stream = TcpStream::connect(s3.server.address()).await.unwrap();
    stream.write_all(b"GET /media HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_ends_its_body_is_let_go() {
    let s3 = start_with(Options { idle_timeout: Duration::from_millis(50), ..options() }).await;
    let mut stream = TcpStream::connect(s3.server.address()).await.unwrap();
    let head = "POST /media HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\
                Content-Type: multipart/form-data; boundary=b\r\n\r\n--b";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read(&mut stream).await;
    assert_eq!((answer.status, answer.code()), (400, "RequestTimeout"));
}

#[tokio::test]
async fn a_refused_upload_is_read_to_its_end_so_that_the_refusal_is_seen() {
    let s3 = start().await;
    let answer = s3.send("PUT", "/media/a", &[], &vec![0; 20_000_000]).await;
    assert_eq!((answer.status, answer.code()), (403, "AccessDenied"));
}

#[test]
fn options_do_not_print_the_secret() {
    assert!(!format!("{:?}", options()).contains(super::SECRET_KEY));
}
