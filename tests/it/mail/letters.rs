//! What stands in a mail, in both languages and both renderings.

use portico::i18n::Language;
use portico::mail::Letter;
use serde_json::json;

use super::{client, email, id, reset, site, site_with};

fn all(user: portico::accounts::UserId) -> Vec<Letter> {
    let (kim, new) = (email("kim@example.com"), email("new@example.com"));
    vec![
        Letter::ConfirmEmail { user, email: kim.clone() },
        Letter::AccountExists { email: kim.clone() },
        Letter::ResetPassword { email: kim.clone() },
        Letter::PasswordChanged { user, client: Some(client()) },
        Letter::ChangeEmail { user, old: kim.clone(), new: new.clone(), epoch: 1 },
        Letter::EmailChanged { proven: true, user, old: kim.clone(), new: new.clone(), client: client() },
        Letter::EmailChanged { proven: false, user, old: kim.clone(), new, client: client() },
        Letter::NewDevice { user, client: client() },
        Letter::AccountDeleted { email: kim, name: Some("Kim".to_owned()) },
    ]
}

#[tokio::test]
async fn every_letter_is_whole_in_both_languages_and_both_renderings() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    for language in Language::ALL {
        for letter in all(id(&kim.id)) {
            let kind = letter.kind();
            site.amend(&kim.id, "email_verified", json!({ "BOOL": kind == "new_device" }));
            site.promise_in(language, letter).await;
            site.deliver_mail().await;
            let mail = site.mails().pop().unwrap();
            for text in [&mail.subject, &mail.text, &mail.html] {
                let key = format!("mail-{}", kind.replace('_', "-"));
                assert!(!text.contains("{{") && !text.contains("{ $") && !text.contains(&key), "{kind}: {text}");
                assert!(text.contains("Portico"), "{kind}: {text}");
            }
            let hangul = |text: &str| text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
            let korean = language == Language::Ko;
            assert!([&mail.subject, &mail.text, &mail.html].iter().all(|text| hangul(text) == korean), "{kind}");
            assert!(mail.html.contains(&format!("<html lang=\"{}\">", language.code())), "{kind}");
            assert!(!mail.html.contains("src=") && !mail.html.contains("<link"), "{kind}: nothing is loaded");
            let told = matches!(kind, "password_changed" | "email_changed" | "new_device");
            // An address that nobody had proven may be a stranger's: it is told when, and not by whom from where.
            let dated = told || kind == "email_replaced";
            for (fact, stands) in [("192.0.2.7", told), ("Firefox", told), ("UTC", dated)] {
                assert_eq!(mail.text.contains(fact), stands, "{kind}: {}", mail.text);
                assert_eq!(mail.html.contains(fact), stands, "{kind}: {}", mail.html);
            }
            let to = if kind == "change_email" { "new@example.com" } else { "kim@example.com" };
            assert!(mail.to == to && mail.text.contains(to) && mail.html.contains(to), "{kind}: why it came");
        }
    }
    assert_eq!(site.mails().len(), 18);
}

#[tokio::test]
async fn the_headers_are_those_of_a_machine_and_the_subject_reads_in_any_script() {
    let site = site_with(|options| {
        options.settings = vec![("SITE_NAME".to_owned(), "\u{c0ac}\u{c774}\u{d2b8}".to_owned())];
        options.parameters = vec![("DefaultFromEmail".to_owned(), "no-reply@example.org".to_owned())];
    })
    .await;
    site.member("kim@example.com").await;
    let promise = site.promise_in(Language::Ko, reset("kim@example.com")).await;
    site.deliver_mail().await;
    let mail = site.mails().remove(0);
    assert_eq!(mail.subject, "\u{c0ac}\u{c774}\u{d2b8} 비밀번호를 새로 정해 주세요");
    assert_eq!(mail.from, "\u{c0ac}\u{c774}\u{d2b8} <no-reply@example.org>");
    let shown = site.visitor().get(&format!("/__local/mail/{}", mail.id)).await.text();
    assert!(!shown.contains("=?utf-8?"), "what people read is decoded: {shown}");
    assert!(mail.headers.contains(&("Subject".to_owned(), mail.subject.clone())), "{:?}", mail.headers);
    let header = |name: &str| {
        let found: Vec<_> = mail.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", mail.headers);
        found[0].1.clone()
    };
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Content-Language"), "ko");
    assert_eq!(header("MIME-Version"), "1.0");
    assert_eq!(header("Message-ID"), format!("<{}@localhost>", promise.id.simple()));
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    assert!(header("Date").ends_with("+0000"));
    assert!(mail.raw.is_ascii(), "any server takes it");
    assert!(mail.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999), "RFC 5322, 2.1.1");
}

#[tokio::test]
async fn a_name_is_shown_as_it_is_written_and_only_to_who_has_proven_the_address() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    let greeted = async |name: &str, verified: bool| {
        site.amend(&kim.id, "first_name", json!({ "S": name }));
        site.amend(&kim.id, "email_verified", json!({ "BOOL": verified }));
        site.promise(reset("kim@example.com")).await;
        site.deliver_mail().await;
        site.mails().pop().unwrap()
    };
    let mail = greeted("{{7*7}}", true).await;
    assert!(mail.text.contains("Hello {{7*7}},") && mail.html.contains("Hello {{7*7}},"), "{}", mail.text);
    let mail = greeted("<b>Kim</b>", true).await;
    assert!(mail.html.contains("Hello &lt;b&gt;Kim&lt;&#x2f;b&gt;,"), "{}", mail.html);
    let mail = greeted("Kim\r\nBcc: x@example.com\r\n\r\nSee http://evil.example", true).await;
    assert!(mail.text.contains("Hello Kim  Bcc: x@example.com"), "one line: {}", mail.text);
    assert_eq!(mail.recipients, ["kim@example.com"]);
    assert!(mail.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("bcc")));
    let mail = greeted("See http://evil.example", false).await;
    assert!(!mail.text.contains("evil") && !mail.html.contains("evil"), "else anybody could write to anybody");
    assert!(mail.text.contains("Hello,"), "{}", mail.text);
}

#[tokio::test]
async fn what_a_browser_calls_itself_is_not_repeated() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let agent = format!("<img src=x>\r\n\r\nhttp://evil {}", "x".repeat(5_000));
    let client = portico::mail::Client { address: "2001:db8::7".to_owned(), user_agent: agent };
    site.promise(Letter::NewDevice { user: id(&kim.id), client }).await;
    let mail = site.mails_to("kim@example.com").await.remove(0);
    for text in [mail.text, mail.html] {
        assert!(text.contains("2001:db8::7"), "{text}");
        assert!(!text.contains("img") && !text.contains("evil") && !text.contains("xxx"), "{text}");
    }
}

#[tokio::test]
async fn the_links_lead_to_the_configured_site_and_no_header_has_a_say() {
    let site = site().await;
    let mut kim = site.member("kim@example.com").await.with("x-forwarded-host", "evil.example");
    kim.headers.push(("host".to_owned(), "evil.example".to_owned()));
    kim.get("/").await;
    for letter in all(id(&kim.id)) {
        site.promise(letter).await;
    }
    site.deliver_mail().await;
    for mail in site.mails() {
        for (at, _) in mail.text.match_indices("http") {
            assert!(mail.text[at..].starts_with("http://localhost:8000"), "{}", mail.text);
        }
    }
}
