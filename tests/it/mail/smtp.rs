//! The other ways out: a server that speaks SMTP, and a folder.

use std::sync::Arc;

use local::Delivery;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::reset;
use crate::site::Site;

/// What a server has heard, line by line.
type Heard = Arc<Mutex<Vec<String>>>;

/// A server that takes everything but mail to `refused@example.com`, as RFC 5321 has it.
async fn server() -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, kept.clone()));
        }
    });
    (port, heard)
}

async fn talk(stream: TcpStream, heard: Heard) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await?;
    let mut data = false;
    while let Some(line) = lines.next_line().await? {
        heard.lock().await.push(line.clone());
        let answer: &[u8] = match line.split([' ', ':']).next().unwrap_or_default() {
            "." if data => {
                data = false;
                b"250 taken\r\n"
            }
            _ if data => continue,
            "EHLO" => b"250-test\r\n250 AUTH PLAIN\r\n",
            "AUTH" => b"235 welcome\r\n",
            "RCPT" if line.contains("refused@") => b"550 no <refused@example.com> here\r\n",
            "DATA" => {
                data = true;
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

async fn site(settings: &[(&str, &str)]) -> Site {
    super::site_with(|options| options.set(settings)).await
}

#[tokio::test]
async fn a_mail_goes_through_a_server_that_speaks_smtp() {
    let (port, heard) = server().await;
    let port = port.to_string();
    let settings = [
        ("EMAIL_BACKEND", "smtp"),
        ("EMAIL_HOST", "127.0.0.1"),
        ("EMAIL_PORT", &port),
        ("EMAIL_HOST_USER", "site"),
        ("EMAIL_HOST_PASSWORD", "secret"),
        ("DEFAULT_FROM_EMAIL", "Site <no-reply@example.org>"),
    ];
    let site = site(&settings).await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    let heard = heard.lock().await.clone();
    let said = |line: &str| heard.iter().any(|heard| heard.starts_with(line));
    assert!(said("AUTH PLAIN AHNpdGUAc2VjcmV0"), "{heard:?}");
    assert!(said("MAIL FROM:<no-reply@example.org>") && said("RCPT TO:<kim@example.com>"), "{heard:?}");
    assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT")).count(), 1);
    assert!(said(&format!("Message-ID: <{}@localhost>", promise.id.simple())), "{heard:?}");
    assert!(said("From: Site <no-reply@example.org>") && said("Auto-Submitted: auto-generated"));
    assert!(site.mails().is_empty(), "nothing goes to SES");
}

#[tokio::test]
async fn a_refusal_is_noted_without_the_address() {
    let (port, _) = server().await;
    let port = port.to_string();
    let site = site(&[("EMAIL_BACKEND", "smtp"), ("EMAIL_HOST", "127.0.0.1"), ("EMAIL_PORT", &port)]).await;
    site.member("refused@example.com").await;
    site.promise(reset("refused@example.com")).await;
    assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
    let error = site.outbox()[0]["error"]["S"].as_str().unwrap().to_owned();
    assert!(error.contains("SMTP") && error.contains("550") && !error.contains("refused@"), "{error}");
}

#[tokio::test]
async fn without_the_protection_that_was_asked_for_nothing_is_said() {
    let (port, heard) = server().await;
    let port = port.to_string();
    let settings = [
        ("EMAIL_BACKEND", "smtp"),
        ("EMAIL_HOST", "localhost"),
        ("EMAIL_PORT", &port),
        ("EMAIL_USE_TLS", "true"),
        ("EMAIL_HOST_USER", "site"),
        ("EMAIL_HOST_PASSWORD", "secret"),
    ];
    let site = site(&settings).await;
    site.member("kim@example.com").await;
    site.promise(reset("kim@example.com")).await;
    // Somebody in between has taken STARTTLS out of the server's answer.
    assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
    let heard = heard.lock().await.clone();
    assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn mails_can_be_kept_as_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mails");
    let site = site(&[("EMAIL_BACKEND", "file"), ("EMAIL_FILE_PATH", path.to_str().unwrap())]).await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, [format!("{}.eml", promise.id.simple()).as_str()]);
    let mail = std::fs::read_to_string(path.join(&files[0])).unwrap();
    assert!(mail.contains("\r\nTo: kim@example.com\r\n"), "{mail}");
}
