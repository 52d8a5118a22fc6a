//! Each cause, by its facts: here those that are found before the site answers.

mod answers;

use super::super::address::Misplaced;
use super::super::facts::{Collected, Site, Source};
use super::*;
use crate::doctor::http::Answer;

const HASHED: &str = "css/site.5f0c1c8b3a2d.css";
const OLD: &str = "css/site.000000000000.css";

/// A file that is served well.
fn well() -> Facts {
    Facts {
        asked: "https://example.com/static/css/site.css".into(),
        right: "https://example.com/static/css/site.css".into(),
        misplaced: None,
        other_host: None,
        is_local: false,
        stack: None,
        file: Some(File {
            name: "css/site.css".into(),
            asked_name: "css/site.css".into(),
            version: Version::Plain,
            source: Source { path: Some("static/css/site.css".into()), ..Source::default() },
            collected: Collected {
                root: "staticfiles".into(),
                manifest: Local::Read { hashed: Some(HASHED.into()), hash: "7f0c1c8b3a2d".into() },
                has_asked: true,
                has_plain: true,
                is_outdated: false,
                has_sibling: true,
            },
            site: Site {
                answer: Ok(sheet(&[])),
                compressed: Some(sheet(&[("content-encoding", "br"), ("vary", "Accept-Encoding")])),
                fresh: None,
                manifest: Remote::Read { hashed: Some(HASHED.into()), hash: "7f0c1c8b3a2d".into() },
                is_source: Some(true),
                is_collected: Some(true),
                current: None,
                is_from_folder: false,
            },
            bucket: None,
        }),
    }
}

/// The style sheet, with other headers in the place of its own, or more of them.
fn sheet(headers: &[(&str, &str)]) -> Answer {
    let own = [
        ("content-type", "text/css; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "public"),
    ];
    let headers = headers.iter().chain(&own).filter(|(_, value)| !value.is_empty());
    Answer {
        status: 200,
        headers: headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: b"body{}".to_vec(),
        is_whole: true,
        hops: Vec::new(),
    }
}

/// The style sheet without a header of its own.
fn without(name: &str) -> Answer {
    let mut answer = sheet(&[]);
    answer.headers.retain(|(header, _)| header != name);
    answer
}

fn error(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status, headers, body: body.as_bytes().to_vec(), is_whole: true, hops: Vec::new() }
}

/// What S3 says of a file that it does not have.
fn not_found() -> Answer {
    let xml = ("content-type", "application/xml");
    error(404, &[xml, ("server", "AmazonS3")], "<Error><Code>NoSuchKey</Code></Error>")
}

fn denied() -> Answer {
    let xml = ("content-type", "application/xml");
    error(
        403,
        &[xml, ("server", "AmazonS3"), ("x-cache", "Error from cloudfront")],
        "<Error><Code>AccessDenied</Code></Error>",
    )
}

/// What is found when a file is served well but for this.
fn found(change: impl FnOnce(&mut Facts, &mut File)) -> Vec<Finding> {
    let mut facts = well();
    let mut file = facts.file.take().unwrap();
    change(&mut facts, &mut file);
    facts.file = Some(file);
    diagnose(&facts)
}

/// The one thing that is found, with its words.
#[track_caller]
fn one(cause: Cause, words: &[&str], change: impl FnOnce(&mut Facts, &mut File)) {
    let findings = found(change);
    let causes: Vec<_> = findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, [cause], "{findings:#?}");
    let told = findings[0].to_string();
    for word in words {
        assert!(told.contains(word), "{told} has no {word}");
    }
    assert!(!told.contains(".."), "{told}");
}

fn gone(file: &mut File) {
    file.site =
        Site { answer: Ok(not_found()), compressed: None, is_source: None, is_collected: None, ..file.site.clone() };
}

fn without_source(file: &mut File) {
    file.source = Source::default();
    file.collected.manifest = Local::Read { hashed: None, hash: "7f0c1c8b3a2d".into() };
    file.collected.has_asked = false;
    file.collected.has_plain = false;
    gone(file);
}

#[test]
fn what_is_served_well_has_no_finding() {
    assert_eq!(found(|_, _| {}), []);
    let not_here = found(|_, file| {
        file.source = Source::default();
        file.collected.manifest = Local::Missing;
        file.site.is_source = None;
        file.site.is_collected = None;
    });
    assert_eq!(not_here, [], "another checkout has deployed it");
    let development = found(|facts, file| {
        facts.is_local = true;
        file.collected.manifest = Local::Missing;
        file.site.manifest = Remote::Missing(404);
        file.site.is_from_folder = true;
        file.site.compressed = Some(sheet(&[]));
        file.site.is_collected = None;
    });
    assert_eq!(development, [], "the development server needs no collect step");
}

#[test]
fn a_wrong_address_is_told_with_the_right_one() {
    one(Cause::WrongAddress, &["lacks STATIC_URL", "Ask for https://example.com/static/css/site.css"], |facts, _| {
        facts.asked = "https://example.com/css/site.css".into();
        facts.misplaced = Some(Misplaced::NoPrefix("/static/".into()));
    });
    one(Cause::OtherHost, &["https://cdn.example.com", "Ask for"], |facts, _| {
        facts.other_host = Some("https://cdn.example.com".into());
    });
    let nowhere = diagnose(&Facts { misplaced: Some(Misplaced::Elsewhere("/static/".into())), file: None, ..well() });
    assert_eq!(nowhere.len(), 1);
    assert!(nowhere[0].to_string().contains("not below STATIC_URL"), "{nowhere:?}");
    assert_eq!(diagnose(&Facts { file: None, ..well() })[0].cause, Cause::WrongAddress, "what cannot be a name");
}

#[test]
fn a_file_that_no_folder_has_is_told_with_names_that_are_near() {
    one(Cause::NoSuchFile, &["has css/site.css", "Perhaps it is css/Site.css, or css/sites.css"], |_, file| {
        without_source(file);
        file.source.near = vec!["css/Site.css".into(), "css/sites.css".into()];
    });
    one(Cause::Unexplained, &["404"], |_, file| {
        without_source(file);
        (file.name, file.collected.has_asked) = ("staticfiles.json".into(), true);
    });
    one(Cause::NoSuchFile, &["add its folder to STATICFILES_DIRS"], |_, file| without_source(file));
    one(Cause::Ignored, &["static/css/site.css~", "*~", "--no-default-ignore"], |_, file| {
        without_source(file);
        file.source.ignored = Some(("static/css/site.css~".into(), "*~".into()));
    });
    one(Cause::Refused, &["leads out of"], |_, file| {
        without_source(file);
        file.source.problems = vec!["static/css/site.css is a link that leads out of static".into()];
    });
}

#[test]
fn a_file_that_is_not_collected_is_told_for_each_way_in_which_it_can_be() {
    let lacking = Local::Read { hashed: None, hash: "7f0c1c8b3a2d".into() };
    for (manifest, words) in [(Local::Missing, "has no staticfiles.json"), (lacking, "has no css/site.css")] {
        one(Cause::NotCollected, &[words, "Run `cargo manage collectstatic`", "--stack NAME"], |_, file| {
            gone(file);
            file.collected.manifest = manifest.clone();
        });
    }
    one(Cause::NotCollected, &["the folder has no such file"], |_, file| {
        gone(file);
        file.collected.has_plain = false;
    });
    one(Cause::NotCollected, &[HASHED, "the folder has no such file"], |_, file| {
        gone(file);
        file.version = Version::Current;
        file.collected.has_asked = false;
    });
    one(Cause::Outdated, &["has changed since", "collectstatic"], |_, file| {
        file.collected.is_outdated = true;
        file.site.is_source = Some(false);
    });
}

#[test]
fn what_no_deployment_will_have_is_left_out_though_it_is_served() {
    for (name, pattern) in [("a~", "*~"), ("CVS/Root", "CVS"), (".hidden", ".*")] {
        one(Cause::Ignored, &[name, &format!("the pattern {pattern} leaves it out")], |facts, file| {
            facts.is_local = true;
            file.source = Source { ignored: Some((name.into(), pattern.into())), ..Source::default() };
            file.collected.manifest = Local::Missing;
            file.site.is_from_folder = true;
        });
    }
    let collected = found(|_, file| {
        file.source = Source { ignored: Some(("a~".into(), "*~".into())), ..Source::default() };
    });
    assert_eq!(collected, [], "somebody has collected it with --no-default-ignore");
}

#[test]
fn a_damaged_manifest_is_told_though_the_file_is_served() {
    for is_there in [true, false] {
        one(Cause::DamagedManifest, &["cannot be used: EOF", "Run `cargo manage collectstatic`"], |_, file| {
            if !is_there {
                gone(file);
            }
            file.collected.manifest = Local::Unreadable("EOF".into());
        });
    }
}

#[test]
fn a_server_that_serves_folders_is_asked_for_plain_names() {
    for (asked, version) in [(HASHED, Version::Current), (OLD, Version::Other)] {
        for manifest in [Local::Missing, Local::Read { hashed: Some(HASHED.into()), hash: "7f0c1c8b3a2d".into() }] {
            one(Cause::WrongAddress, &["serves plain names", "Ask for css/site.css"], |facts, file| {
                facts.is_local = true;
                gone(file);
                (file.asked_name, file.version) = (asked.into(), version);
                (file.site.is_from_folder, file.site.manifest) = (true, Remote::Missing(404));
                file.collected.manifest = manifest.clone();
            });
        }
    }
}

#[test]
fn a_server_on_this_machine_is_started_again_where_a_deployment_is_uploaded_to() {
    let older = || Remote::Read { hashed: Some(OLD.into()), hash: "000000000000".into() };
    one(Cause::StaleManifest, &["the site is at another version", "Start the server again"], |facts, file| {
        facts.is_local = true;
        (file.asked_name, file.version) = (OLD.into(), Version::Other);
        (file.site.is_source, file.site.is_collected) = (None, None);
        file.site.manifest = older();
    });
    for (current, words) in [(Some(200), "load the page again"), (Some(404), "Start the server again")] {
        one(Cause::StaleManifest, &["not there any more", words], |facts, file| {
            facts.is_local = true;
            gone(file);
            (file.asked_name, file.version) = (OLD.into(), Version::Other);
            file.site.current = current;
        });
    }
    one(Cause::Cached, &["(000000000000) is of another version", "Start the server again"], |facts, file| {
        facts.is_local = true;
        gone(file);
        (file.asked_name, file.version) = (HASHED.into(), Version::Current);
        file.site.manifest = older();
    });
}

#[test]
fn a_name_of_another_version_is_told_with_the_one_that_is_right() {
    let other = |file: &mut File| {
        file.asked_name = OLD.into();
        file.version = Version::Other;
        file.site.is_source = None;
        file.site.is_collected = None;
    };
    one(Cause::StaleManifest, &[OLD, HASHED, "still there", "sam build && sam deploy"], |_, file| {
        other(file);
        file.site.current = Some(200);
    });
    one(Cause::StaleManifest, &["not there any more (404)", "--upload --stack site", "sam deploy"], |facts, file| {
        facts.stack = Some("site".into());
        other(file);
        gone(file);
        file.site.current = Some(404);
    });
    one(Cause::StaleManifest, &["the site is at another version", "--upload"], |_, file| {
        other(file);
        file.site.manifest = Remote::Read { hashed: Some(OLD.into()), hash: "000000000000".into() };
    });
}

#[test]
fn what_was_not_uploaded_is_told_by_the_bucket_or_by_the_sites_manifest() {
    for answer in [not_found(), denied()] {
        one(
            Cause::NotUploaded,
            &["the bucket b has no static/css/site.css", "--upload --stack site"],
            |facts, file| {
                facts.stack = Some("site".into());
                gone(file);
                file.site.answer = Ok(answer.clone());
                let (name, key) = ("b".into(), "static/css/site.css".into());
                file.bucket = Some(Bucket::Read { name, key, is_there: false });
            },
        );
    }
    for (manifest, words) in [
        (Remote::Missing(404), "no staticfiles.json (404)"),
        (Remote::Read { hashed: None, hash: "000000000000".into() }, "(000000000000) has no css/site.css"),
        (Remote::Read { hashed: Some(OLD.into()), hash: "000000000000".into() }, "of another version"),
    ] {
        one(Cause::NotUploaded, &[words, "--upload --stack NAME"], |_, file| {
            gone(file);
            file.site.manifest = manifest.clone();
        });
    }
    one(Cause::NotUploaded, &["of another version"], |_, file| {
        file.site.is_source = Some(false);
        file.site.is_collected = Some(false);
        file.site.manifest = Remote::Read { hashed: Some(OLD.into()), hash: "000000000000".into() };
    });
}
