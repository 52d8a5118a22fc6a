//! `export` and `import`.

use std::path::{Path, PathBuf};

use manage::{Outcome, export, import};
use serde_json::{Value, json};

use super::{Folder, Script, fixture, in_part, is_private, whole, why};
use crate::site::{PASSWORD, Site, pictures};

async fn export(site: &Site, file: &Path) -> Outcome {
    let args = export::Args { file: file.to_owned(), ..Default::default() };
    export::run(&args, &site.managed(), &mut Script::nobody(&[])).await
}

async fn import(site: &Site, file: &Path) -> (Outcome, String) {
    let args = import::Args { file: file.to_owned(), ..Default::default() };
    let mut script = Script::nobody(&[]);
    let outcome = import::run(&args, &site.managed(), &mut script).await;
    (outcome, script.said())
}

/// A site with a bit of everything, exported.
async fn busy(folder: &Folder) -> (Site, PathBuf) {
    let site = Site::by_hand().await;
    let mut kim = site.member("Kim@Example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    super::import_django::import(&site, &fixture("dumpdata.json")).await.0.unwrap();
    // What a later version, or a site of one's own, may keep.
    let odd = json!({
        "PK": { "S": "ODD#\u{1f600} \"x\"" }, "SK": { "S": "2" }, "n": { "N": "3.140" }, "b": { "B": "AP8=" },
        "s": { "SS": ["b", "a"] }, "m": { "M": { "$x": { "NULL": true } } }, "l": { "L": [{ "BOOL": true }] },
    });
    site.put(&site.stack.app().config().tables.accounts, &odd);
    let file = folder.path("export.jsonl");
    assert!(whole(&export(&site, &file).await));
    (site, file)
}

#[tokio::test]
async fn what_was_exported_and_imported_is_exported_again_byte_for_byte() {
    let folder = Folder::new();
    let (site, first) = busy(&folder).await;
    assert!(is_private(&first));
    assert_eq!(folder.names(), ["export.jsonl"]);
    let other = Site::by_hand().await;
    let (outcome, said) = import(&other, &first).await;
    assert!(whole(&outcome), "{said}");
    let second = folder.path("again.jsonl");
    assert!(whole(&export(&other, &second).await));
    let text = std::fs::read_to_string(&first).unwrap();
    assert_eq!(text, std::fs::read_to_string(&second).unwrap());
    assert_eq!(site.accounts(), other.accounts(), "guards and all");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({ "format": "portico-accounts", "version": 1 }));
    assert!(lines.iter().any(|line| line["email"] == "Kim@Example.com" && line["password"].is_string()));
    assert!(lines.iter().all(|line| line["SK"] != "GUARD"), "guards follow from their users");
    let mut kim = other.program();
    assert_eq!(kim.log_in("kim@example.com").await["email"], "Kim@Example.com");
    // A second import changes nothing.
    let before = other.state();
    let (outcome, said) = import(&other, &first).await;
    assert!(in_part(&outcome) && said.contains("Imported: items 0."), "kim has logged in since: {said}");
    assert_eq!(other.state(), before);
}

#[tokio::test]
async fn nothing_that_is_there_is_changed_by_an_import() {
    let folder = Folder::new();
    let (_, file) = busy(&folder).await;
    let other = Site::by_hand().await;
    other.program().sign_up("kim@example.com").await;
    let group = json!({ "PK": { "S": "GROUP#editors" }, "SK": { "S": "GROUP" }, "name": { "S": "editors" }, "permissions": { "L": [] } });
    other.put(&other.stack.app().config().tables.accounts, &group);
    let before = other.accounts();
    let (outcome, said) = import(&other, &file).await;
    assert!(in_part(&outcome), "{said}");
    assert!(said.contains("its address or user name is another account's"), "{said}");
    assert!(said.contains("it is there with other content, which stays: GROUP#editors"), "{said}");
    let after = other.accounts();
    assert!(before.iter().all(|item| after.contains(item)));
    assert_eq!(other.program().log_in("kim@example.com").await["email"], "kim@example.com");
}

#[tokio::test]
async fn an_address_that_is_kept_and_a_deletion_under_way_come_along() {
    let (site, folder) = (Site::by_hand().await, Folder::new());
    let table = site.stack.app().config().tables.accounts.clone();
    let kim = site.program().sign_up("kim@example.com").await["id"].as_str().unwrap().to_owned();
    let kept = json!({
        "PK": { "S": "EMAIL#old@example.com" }, "SK": { "S": "GUARD" }, "user_id": { "S": kim },
        "reserved_until": { "N": "4102444800" },
    });
    let gone = "01a20380-4626-78f1-a5ed-15e9409b99f0";
    let tombstone = json!({
        "PK": { "S": format!("USER#{gone}") }, "SK": { "S": "PROFILE" }, "id": { "S": gone }, "is_active": { "BOOL": false },
        "session_epoch": { "N": "2" }, "deleted_at": { "S": "2026-01-01T00:00:00Z" },
    });
    site.put(&table, &kept);
    site.put(&table, &tombstone);
    let file = folder.path("export");
    assert!(whole(&export(&site, &file).await));
    let other = Site::by_hand().await;
    let (outcome, said) = import(&other, &file).await;
    assert!(whole(&outcome), "{said}");
    assert_eq!(other.accounts(), site.accounts());
    let body = json!({ "email": "old@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(other.program().post_json("/signup", body).await.status, 422);
    other.deliver_mail().await;
    assert_eq!(other.stored(&table, &format!("USER#{gone}"), "PROFILE"), None, "the rest of a deletion is done here");
}

#[tokio::test]
async fn broken_lines_and_other_files_are_told() {
    let folder = Folder::new();
    let (_, file) = busy(&folder).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let other = Site::by_hand().await;
    for (content, expected) in [
        (String::new(), "is empty"),
        (std::fs::read_to_string(fixture("dumpdata.jsonl")).unwrap(), "no export of this version"),
        (std::fs::read_to_string(fixture("dumpdata.json")).unwrap(), "no export of this version"),
        (text.replace("\"version\":1", "\"version\":2"), "no export of this version"),
    ] {
        let why = why(import(&other, &folder.file("other", content)).await.0);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    assert!(other.accounts().is_empty());
    let user = text.lines().find(|line| line.contains("Kim@Example.com")).unwrap();
    let header = text.lines().next().unwrap();
    let lines = [
        header.to_owned(),
        "{\"PK\":\"A\"}".to_owned(),
        "{\"PK\":\"\",\"SK\":\"B\"}".to_owned(),
        "{\"PK\":\"A\",\"SK\":\"B\",\"n\":1.5}".to_owned(),
        "nonsense".to_owned(),
        user.replace("Kim@Example.com", "Kim\u{ff20}Example.com"),
        user.replacen("USER#", "USER#x", 1),
        user.replace("\"is_active\":true", "\"is_active\":\"yes\""),
        "{\"PK\":\"USER#x\",\"SK\":\"PROFILE\"}".to_owned(),
        "{\"PK\":\"FINE\",\"SK\":\"1\"}".to_owned(),
        format!("{{\"PK\":\"BIG\",\"SK\":\"1\",\"x\":\"{}\"}}", "x".repeat(500_000)),
        user.to_owned(),
    ];
    let (outcome, said) = import(&other, &folder.file("broken", lines.join("\n"))).await;
    assert!(in_part(&outcome), "{said}");
    assert!(
        said.contains("Imported: items 2.") && said.contains("Not imported: items 8, the line is broken"),
        "{said}"
    );
    assert!(said.contains("the tables refuse it: BIG 1"), "{said}");
    for line in 2..=9 {
        assert!(said.contains(&format!("line {line}: ")), "{line}: {said}");
    }
    let cut = text.len() - 40;
    let why = why(import(&other, &folder.file("cut", &text.as_bytes()[..cut])).await.0);
    assert!(why.contains("cut off") && why.contains(&format!("byte {cut}")), "{why}");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_leaves_the_old_one_alone() {
    let (site, folder) = (Site::by_hand().await, Folder::new());
    let old = folder.file("old", "an older export");
    assert!(why(export(&site, &folder.path("")).await).contains("is a folder"));
    assert!(why(export(&site, &folder.path("no/such")).await).contains("cannot be written"));
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "an older export");
    assert!(whole(&export(&site, &old).await));
    assert!(is_private(&old), "also where an open one was");
    assert_eq!(folder.names(), ["old"]);
}

#[tokio::test]
async fn what_refusals_must_cost_is_known_before_the_hashes_are_there() {
    let folder = Folder::new();
    let (site, file) = busy(&folder).await;
    let hashes = |site: &Site| site.of_kind("HASHES").pop().unwrap_or_default();
    let of_all = hashes(&site);
    assert!(of_all["bcrypt"].is_object() && of_all["scrypt"].is_object(), "{of_all}");
    // Without the record of it, each hash tells itself what it costs.
    let text = std::fs::read_to_string(&file).unwrap();
    let without: Vec<_> = text.lines().filter(|line| !line.contains("\"HASHES\"")).collect();
    let other = Site::by_hand().await;
    let (outcome, said) = import(&other, &folder.file("without", without.join("\n") + "\n")).await;
    assert!(whole(&outcome), "{said}");
    assert_eq!(hashes(&other), of_all);
    // Where something is known already, the greater counts, kind by kind.
    let third = Site::by_hand().await;
    let mut known = of_all.clone();
    let known = known.as_object_mut().unwrap();
    known.remove("bcrypt");
    known["scrypt"]["M"]["work"]["N"] = json!("999999999");
    third.put(&third.stack.app().config().tables.accounts, &json!(known));
    let (outcome, said) = import(&third, &file).await;
    assert!(whole(&outcome), "{said}");
    assert_eq!(hashes(&third)["bcrypt"], of_all["bcrypt"]);
    assert_eq!(hashes(&third)["scrypt"]["M"]["work"]["N"], "999999999");
}
