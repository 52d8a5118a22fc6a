//! `import-django`: dumps with broken rows, and files that are no dumps.

use std::collections::BTreeMap;

use manage::import_django::Args;
use serde_json::{Value, json};

use super::import_django::{dump, import, import_with, row};
use super::{Folder, Script, in_part, whole, why};
use crate::site::Site;

/// Imports a file of rows as they are written here, between two sound ones. Gives the codes by line.
async fn codes(rows: &[&str]) -> BTreeMap<u64, Vec<String>> {
    let (site, folder) = (Site::start().await, Folder::new());
    let sound = |pk| row(pk, &json!({})).to_string();
    let text = format!("[{},\n{},\n{}]\n", sound(1001), rows.join(",\n"), sound(1002));
    let report = folder.path("report");
    let args = Args { file: folder.file("dump", text), report: Some(report.clone()), ..Args::default() };
    let (outcome, said) = import_with(&site, args).await;
    assert!(outcome.is_ok(), "{said}");
    for email in ["user1001@example.com", "user1002@example.com"] {
        assert_eq!(site.user_of(email)["is_active"]["BOOL"], true, "{said}");
    }
    let mut codes = BTreeMap::<u64, Vec<String>>::new();
    for line in std::fs::read_to_string(report).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let code = format!("{} {}", line["result"].as_str().unwrap(), line["code"].as_str().unwrap());
        codes.entry(line["line"].as_u64().unwrap()).or_default().push(code);
    }
    codes
}

#[expect(clippy::needless_pass_by_value, reason = "what json! makes is given away")]
fn with(fields: Value) -> String {
    static PK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    row(PK.fetch_add(1, std::sync::atomic::Ordering::Relaxed), &fields).to_string()
}

fn without(field: &str) -> String {
    let mut row: Value = serde_json::from_str(&with(json!({}))).unwrap();
    row["fields"].as_object_mut().unwrap().remove(field);
    row.to_string()
}

#[tokio::test]
async fn each_broken_row_is_skipped_for_its_reason_and_holds_up_nobody() {
    let nul = with(json!({ "email": "nul\u{0}@example.com" }));
    let surrogate = with(json!({ "first_name": "@@" })).replace("@@", "\\ud800");
    let latin = with(json!({ "first_name": "@@" }));
    let huge = with(json!({ "first_name": "x".repeat(2 << 20) }));
    let deep = format!("{{\"model\": \"auth.user\", \"fields\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let rows: Vec<(String, &str)> = vec![
        ("17".into(), "not_an_object"),
        ("null".into(), "not_an_object"),
        ("[1, 2]".into(), "not_an_object"),
        ("\"auth.user\"".into(), "not_an_object"),
        ("{}".into(), "not_a_row"),
        ("{\"model\": 7, \"fields\": {}}".into(), "not_a_row"),
        ("{\"model\": \"auth.user\", \"pk\": 900}".into(), "fields_missing"),
        ("{\"model\": \"auth.user\", \"pk\": 901, \"fields\": []}".into(), "fields_missing"),
        ("{\"model\": \"auth.user\", \"pk\": 902, \"fields\": {\"a\": tru}}".into(), "not_json"),
        (surrogate, "not_json"),
        (deep, "not_json"),
        (huge, "too_large"),
        (without("password"), "password_missing"),
        (with(json!({ "password": null })), "password_missing"),
        (with(json!({ "password": 5 })), "wrong_type"),
        (without("email"), "email_missing"),
        (with(json!({ "email": null })), "email_missing"),
        (with(json!({ "email": "kim" })), "email_malformed"),
        (with(json!({ "email": "kim@example" })), "email_malformed"),
        (with(json!({ "email": "kim\u{ff20}example.com" })), "email_malformed"),
        (with(json!({ "email": "k\u{131}m@example.com" })), "email_malformed"),
        (with(json!({ "email": "kim@example.com\nBcc: lee@example.com" })), "email_malformed"),
        (with(json!({ "email": format!("kim@{}.com", "a".repeat(65_536)) })), "email_malformed"),
        (
            with(
                json!({ "email": format!("{}@{}.com", "a".repeat(64), ["b".repeat(60), "c".repeat(60), "d".repeat(60), "e".repeat(20)].join(".")) }),
            ),
            "too_long",
        ),
        (with(json!({ "email": ["kim@example.com"] })), "wrong_type"),
        (nul, "null_character"),
        (with(json!({ "username": "x".repeat(151) })), "too_long"),
        (with(json!({ "username": {} })), "wrong_type"),
        (with(json!({ "first_name": "x".repeat(151) })), "too_long"),
        (with(json!({ "last_name": "\u{0}" })), "null_character"),
        (with(json!({ "last_name": false })), "wrong_type"),
        (with(json!({ "is_active": "yes" })), "wrong_type"),
        (with(json!({ "is_staff": null })), "wrong_type"),
        (with(json!({ "is_superuser": 1 })), "wrong_type"),
        (with(json!({ "date_joined": "yesterday" })), "date_malformed"),
        (with(json!({ "date_joined": 1_551_432_615 })), "wrong_type"),
        (with(json!({ "last_login": "2019-13-01T00:00:00Z" })), "date_malformed"),
        (with(json!({ "groups": "editors" })), "wrong_type"),
        (with(json!({ "user_permissions": 3 })), "wrong_type"),
        (with(json!({})).replace("\"pk\":", "\"pk\":[],\"_\":"), "wrong_type"),
        (with(json!({ "email": "USER1001@Example.COM" })), "email_duplicate"),
    ];
    let texts: Vec<_> = rows.iter().map(|(text, _)| &**text).collect();
    let mut codes = codes(&texts).await;
    for (index, (text, code)) in rows.iter().enumerate() {
        let told = codes.remove(&(index as u64 + 2)).unwrap_or_default();
        assert_eq!(told, [format!("skipped {code}")], "{text:.200}");
    }
    assert_eq!(codes, BTreeMap::new());
    // What is not UTF-8 cannot be written as text here.
    let (site, folder) = (Site::start().await, Folder::new());
    let bytes = format!("[{latin},{}]", row(1001, &json!({}))).into_bytes();
    let at = bytes.windows(2).position(|two| two == b"@@").unwrap();
    let file = folder.file("latin", [&bytes[..at], &[0xe9], &bytes[at + 2..]].concat());
    let (outcome, said) = import(&site, &file).await;
    assert!(in_part(&outcome) && said.contains("users 1") && said.contains("not_json"), "{said}");
}

#[tokio::test]
async fn what_django_permits_and_this_site_does_not_is_left_out_alone() {
    let rows = [
        with(json!({ "password": "plain text" })),
        with(json!({ "password": "" })),
        with(json!({ "password": "sha1$salt$hash" })),
        with(json!({ "password": "pbkdf2_sha256$x" })),
        with(json!({ "password": "argon2$argon2d$v=19$m=512,t=2,p=2$c2FsdA$aGFzaA" })),
        with(json!({ "password": "pbkdf2_sha256$1000$salt$ha\u{0}sh" })),
        with(json!({ "password": format!("pbkdf2_sha256$1000$salt${}", "x".repeat(5_000)) })),
        with(json!({ "username": "kim@home" })),
        with(json!({ "username": "kim lee" })),
        with(json!({ "first_name": "Kim\tLee" })),
        with(json!({ "groups": [7] })),
        with(json!({ "user_permissions": [7, {}, "x"] })),
        with(json!({ "username": "USER1001" })),
    ];
    let texts: Vec<_> = rows.iter().map(|text| &**text).collect();
    let codes = codes(&texts).await;
    let expected = [
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["password_unusable"],
        vec!["username_left_out"],
        vec!["username_left_out"],
        vec!["field_left_out"],
        vec!["group_unknown"],
        vec!["permission_unknown", "permission_unknown", "permission_unknown"],
        vec!["username_left_out"],
    ];
    for (index, expected) in expected.iter().enumerate() {
        let expected: Vec<_> = expected.iter().map(|code| format!("changed {code}")).collect();
        assert_eq!(codes.get(&(index as u64 + 2)), Some(&expected), "{}", rows[index]);
    }
}

#[tokio::test]
async fn dates_of_any_zone_are_instants() {
    let (site, folder) = (Site::start().await, Folder::new());
    let rows = ["2019-03-01T18:30:15.123456+09:00", "2019-03-01T09:30:15.123456", "2019-03-01 09:30:15.123456Z"]
        .into_iter()
        .zip(1..)
        .map(|(date, pk)| row(pk, &json!({ "date_joined": date })));
    let file = dump(&folder, &rows.collect::<Vec<_>>());
    let (outcome, said) = import(&site, &file).await;
    assert!(whole(&outcome), "{said}");
    for pk in 1..=3 {
        let user = site.user_of(&format!("user{pk}@example.com"));
        assert_eq!(user["date_joined"]["S"], "2019-03-01T09:30:15.123456Z");
    }
    assert!(whole(&import(&site, &file).await.0), "what was stored reads back the same");
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_told_with_the_place_and_what_was_before_stays() {
    let (site, folder) = (Site::start().await, Folder::new());
    let rows: Vec<_> = (1..=50).map(|pk| row(pk, &json!({}))).collect();
    let text = serde_json::to_string_pretty(&rows).unwrap();
    let at = text.find("user41").unwrap();
    let (outcome, said) = import(&site, &folder.file("cut", &text[..at])).await;
    let line = text[..at].lines().count();
    let why = why(outcome);
    assert!(why.contains("cut off") && why.contains(&format!("at line {line}, column")), "{why}");
    assert!(why.contains(&format!("(byte {at})")), "{why}");
    assert!(said.contains("Imported: users 40"), "{said}");
    let (outcome, said) = import(&site, &folder.file("whole", &text)).await;
    assert!(whole(&outcome) && said.contains("users 10") && said.contains("There already: users 40"), "{said}");
}

#[tokio::test]
async fn what_is_no_dump_is_told_and_nothing_is_written() {
    let (site, folder) = (Site::start().await, Folder::new());
    let utf16: Vec<u8> = "\u{feff}[]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (content, expected) in [
        (&b""[..], "the file is empty"),
        (b"[]", "no rows"),
        (b"[1, 2]", "no rows"),
        (b"id,email\n1,kim@example.com\n", "neither an array nor an object begins at line 1"),
        (&utf16, "UTF-16"),
        (
            b"[{\"model\": \"blog.post\", \"pk\": 1, \"fields\": {\"title\": \"x\"}}]",
            "no rows of the file have a password; it has blog.post",
        ),
        (b"SQLite format 3\0", "is not JSON"),
    ] {
        let (outcome, _) = import(&site, &folder.file("file", content)).await;
        let why = why(outcome);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    for (path, expected) in [(folder.path("missing"), "cannot be read"), (folder.path(""), "not a file")] {
        let why = why(import(&site, &path).await.0);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    assert!(site.accounts().is_empty());
    let args = Args {
        file: dump(&folder, &[row(1, &json!({}))]),
        report: Some(folder.path("no/such/folder")),
        ..Args::default()
    };
    let outcome = manage::import_django::run(&args, &site.managed(), &mut Script::nobody(&[])).await;
    assert!(why(outcome).contains("cannot be written"));
    assert!(site.accounts().is_empty(), "a report that cannot be written is told first");
}
