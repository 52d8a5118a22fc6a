//! Where a cache can be: behind a password, behind TLS, at one of several addresses.

use std::process::Command;

use serde_json::json;

use crate::redis::{Redis, keeper};
use crate::site::{PASSWORD, Site};

async fn works(site: &Site) -> bool {
    let mut visitor = site.visitor();
    let answer = visitor.post("/preferences/theme", &[("theme", "dark")]).await;
    assert!([303, 503].contains(&answer.status.as_u16()), "{}", answer.text());
    answer.status == 303 && visitor.get("/").await.text().contains("data-theme=\"dark\"")
}

#[tokio::test]
async fn a_password_is_given_and_a_wrong_one_is_no_session() {
    let redis = Redis::start(&["--requirepass", "open sesame"]);
    for (settings, expected) in [
        (&[("CACHE_PASSWORD", "open sesame")][..], true),
        (&[("CACHE_PASSWORD", "open sesame"), ("CACHE_USERNAME", "default")], true),
        (&[("CACHE_PASSWORD", "wrong")], false),
        (&[], false),
    ] {
        assert_eq!(works(&redis.site("cache", settings).await).await, expected, "{settings:?}");
        assert!(works(&redis.site("cached_db", settings).await).await, "the table serves: {settings:?}");
    }
}

#[tokio::test]
async fn over_tls_the_server_must_be_who_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap_or_else(|error| panic!("openssl: {error}; it is in Debian's package openssl"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
    let plain = Redis::start(&[]);
    let port = plain.port.to_string();
    // The TLS port is the one that the plain server gives back when it ends.
    drop(plain);
    let options =
        ["--tls-port", &port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"];
    let _redis = Redis::start(&options);
    let at = |host: &str| keeper("cache", &format!("rediss://{host}:{port}"));
    assert!(works(&at("localhost").site(&[("CACHE_CA_FILE", certificate)]).await).await);
    assert!(!works(&at("localhost").site(&[]).await).await, "Amazon has not signed it");
    assert!(!works(&at("127.0.0.2").site(&[("CACHE_CA_FILE", certificate)]).await).await, "another name");
    assert!(!works(&at("localhost").site(&[("CACHE_CA_FILE", "/nowhere.pem")]).await).await);
}

#[tokio::test]
async fn of_several_addresses_the_primary_is_found_and_its_successor_too() {
    let mut primary = Redis::start(&[]);
    let port = primary.port.to_string();
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &port]);
    while !replica.ask(&["GET", "synced"]).starts_with("$3") {
        primary.ask(&["SET", "synced", "yes"]);
        std::thread::yield_now();
    }
    let nowhere = "redis://127.0.0.1:1";
    let location = format!("{nowhere},{},{}", replica.url(), primary.url());
    let site = keeper("cache", &location).site(&[("CACHE_RETRY_MS", "0")]).await;
    let mut kim = site.member("kim@example.com").await;
    assert_eq!(kim.post("/preferences/theme", &[("theme", "dark")]).await.status, 303);
    primary.kill();
    assert_eq!(kim.clone().get("/").await.status, 503, "there is no primary");
    assert_eq!(replica.ask(&["REPLICAOF", "NO", "ONE"]), "+OK");
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    let mut again = site.program();
    let answer = again.post_json("/login", json!({ "username": "kim@example.com", "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // A primary that has become a replica refuses to write: the next request looks for another one.
    let other = Redis::start(&[]);
    let both = keeper("cache", &format!("{},{}", replica.url(), other.url())).site(&[("CACHE_RETRY_MS", "0")]).await;
    assert!(works(&both).await);
    let other_port = other.port.to_string();
    assert_eq!(replica.ask(&["REPLICAOF", "127.0.0.1", &other_port]), "+OK");
    let mut visitor = both.visitor();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(visitor.post("/preferences/theme", &[("theme", "dark")]).await.status.as_u16());
    }
    assert!(answers.contains(&303), "{answers:?}");
    assert!(works(&both).await);
}
