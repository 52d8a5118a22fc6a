//! What is on disk: restarts, crashes, leftovers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use aws_sdk_s3::primitives::ByteStream;

use super::{Folder, Options, refusal, start, start_with};
use crate::s3::{Bucket, Error, S3Server};

/// Tells the child of the crash test which folder to write to.
const CHILD: &str = "PORTICO_TEST_S3_CHILD";

#[tokio::test]
async fn a_restart_keeps_objects_and_their_headers() {
    let folder = Folder::new();
    let s3 = start_with(folder.options()).await;
    let put = s3.client.put_object().bucket("media").key("a/../b").body(ByteStream::from_static(b"kept"));
    put.content_type("text/plain").metadata("k", "v").send().await.unwrap();
    let big = ByteStream::from(vec![7; 1_000_000]);
    s3.client.put_object().bucket("plain").key("big").body(big).send().await.unwrap();
    s3.server.shutdown().await;

    let s3 = start_with(folder.options()).await;
    let got = s3.client.get_object().bucket("media").key("a/../b").send().await.unwrap();
    assert_eq!((got.content_type(), &*got.metadata().unwrap()["k"]), (Some("text/plain"), "v"));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"kept");
    let got = s3.client.get_object().bucket("plain").key("big").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == vec![7; 1_000_000]);
}

#[tokio::test]
async fn a_bucket_no_longer_declared_is_unreachable_until_it_is_again() {
    let folder = Folder::new();
    let s3 = start_with(folder.options()).await;
    s3.put("incoming/a", "kept").await;
    s3.server.shutdown().await;

    let plain = vec![Bucket::named("plain")];
    let s3 = start_with(Options { buckets: plain, ..folder.options() }).await;
    let gone = s3.client.get_object().bucket("media").key("incoming/a").send().await.unwrap_err();
    assert_eq!(refusal(gone), (404, "NoSuchBucket".to_owned()));
    s3.server.shutdown().await;

    let s3 = start_with(folder.options()).await;
    assert_eq!(s3.text("incoming/a").await, "kept");
    assert_eq!(s3.server.events().next().await.key, "incoming/a");
}

#[tokio::test]
async fn leftovers_are_swept_and_replaced_bodies_removed() {
    let folder = Folder::new();
    let s3 = start_with(folder.options()).await;
    s3.put("a", "one").await;
    s3.put("a", "two").await;
    let refused = s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"three"));
    refused.if_none_match("*").send().await.unwrap_err();
    let bad = s3.client.put_object().bucket("media").key("a").body(ByteStream::from_static(b"four"));
    bad.content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap_err();
    assert_eq!((folder.files("bodies"), folder.files("drafts")), (1, 0));
    s3.server.shutdown().await;

    std::fs::write(folder.path().join("bodies/orphan"), "x").unwrap();
    std::fs::write(folder.path().join("drafts/half"), "x").unwrap();
    let s3 = start_with(folder.options()).await;
    assert_eq!((folder.files("bodies"), folder.files("drafts")), (1, 0));
    assert_eq!(s3.text("a").await, "two");
    s3.client.delete_object().bucket("media").key("a").send().await.unwrap();
    assert_eq!(folder.files("bodies"), 0);
}

#[tokio::test]
async fn a_folder_in_use_is_left_alone() {
    let folder = Folder::new();
    let _first = start_with(folder.options()).await;
    let second = S3Server::start(folder.options()).await;
    assert!(matches!(second, Err(Error::DataInUse(path)) if path == folder.path()));
}

#[tokio::test]
async fn in_memory_nothing_is_written() {
    let before = std::time::Instant::now();
    let s3 = start().await;
    // Generous: the aim is 5 ms, and machines under test are busy.
    assert!(before.elapsed().as_millis() < 500);
    s3.put("a", "x").await;
    assert_eq!(s3.text("a").await, "x");
}

/// Writes objects until it is killed, and says which are acknowledged. Does nothing as an ordinary test.
#[tokio::test]
async fn child_of_the_crash_test() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let s3 = start_with(Options { data: Some(folder.into()), ..super::options() }).await;
    for number in 0.. {
        let body = ByteStream::from(vec![b'x'; 300_000 + number]);
        let key = format!("incoming/{number}");
        s3.client.put_object().bucket("media").key(&key).body(body).send().await.unwrap();
        writeln!(std::io::stdout(), "acknowledged {number}").unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = Folder::new();
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::child_of_the_crash_test"), "--nocapture"])
        .env(CHILD, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = lines.filter_map(|line| line.split_once("acknowledged ")?.1.parse::<usize>().ok());
    let mut last = acknowledged.find(|number| *number == 10).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    last = acknowledged.last().unwrap_or(last);

    let s3 = start_with(folder.options()).await;
    let events = s3.server.events();
    for number in 0..=last {
        let key = format!("incoming/{number}");
        let got = s3.client.get_object().bucket("media").key(&key).send().await.unwrap();
        assert_eq!(got.body.collect().await.unwrap().to_vec().len(), 300_000 + number);
        assert_eq!(events.next().await.key, key);
    }
    let objects = s3.client.list_objects_v2().bucket("media").send().await.unwrap().contents().len();
    assert_eq!((folder.files("bodies"), folder.files("drafts")), (objects, 0));
}
