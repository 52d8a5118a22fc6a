//! What is found by what the site answers.

use super::super::super::facts::{Bucket, Facts, File, Local, Remote, Version};
use super::super::super::finding::Cause;
use super::{HASHED, denied, error, found, gone, one, sheet, without};
use crate::doctor::http::{Answer, NoAnswer};

#[test]
fn what_may_not_be_read_leads_to_the_policy() {
    one(
        Cause::Forbidden,
        &["S3 or CloudFront", "403, AccessDenied", "StaticBucketPolicy", "StaticAccess"],
        |_, file| {
            gone(file);
            file.site.answer = Ok(denied());
        },
    );
    one(Cause::Forbidden, &["the site refuses"], |_, file| {
        gone(file);
        file.site.answer = Ok(error(403, &[("content-type", "text/plain")], "no"));
    });
    one(Cause::Forbidden, &["S3 or CloudFront"], |_, file| {
        gone(file);
        let page = [("content-type", "text/html"), ("x-cache", "Error from cloudfront")];
        file.site.answer = Ok(error(403, &page, "<HTML><H1>Request blocked</H1>"));
    });
}

#[test]
fn what_is_no_static_file_has_not_reached_them() {
    for status in [200, 404] {
        one(Cause::NotStatic, &["a page", "the behaviour /static/*"], |_, file| {
            gone(file);
            file.site.answer = Ok(error(status, &[("content-type", "text/html")], "<!doctype html><title>x"));
        });
    }
    one(Cause::NotStatic, &["after a redirect (302 to https://example.com/login)"], |_, file| {
        gone(file);
        let page = error(200, &[("content-type", "text/html")], "<html>");
        file.site.answer = Ok(Answer { hops: vec!["302 to https://example.com/login".into()], ..page });
    });
    one(Cause::NotStatic, &["application/json", "See what listens there"], |facts, file| {
        facts.is_local = true;
        gone(file);
        file.site.answer = Ok(error(404, &[("content-type", "application/json")], "{}"));
    });
}

#[test]
fn a_wrong_header_is_told() {
    let answered = |answer: Answer| move |_: &mut Facts, file: &mut File| file.site.answer = Ok(answer);
    one(Cause::WrongType, &["application/octet-stream", "text/css; charset=utf-8 is right", "--all"], {
        answered(sheet(&[("content-type", "application/octet-stream")]))
    });
    one(Cause::WrongType, &["without charset=utf-8"], answered(sheet(&[("content-type", "text/css")])));
    one(Cause::WrongType, &["no Content-Type"], answered(without("content-type")));
    one(Cause::NoNosniff, &["StaticHeaders"], answered(without("x-content-type-options")));
    assert_eq!(found(answered(sheet(&[("content-type", "TEXT/CSS; Charset=\"UTF-8\"")]))), []);
}

#[test]
fn a_wrong_encoding_is_told() {
    one(Cause::WrongEncoding, &["gzip, though nobody asked"], |_, file| {
        file.site.answer = Ok(sheet(&[("content-encoding", "gzip")]));
    });
    one(Cause::WrongEncoding, &["does not say so"], |_, file| {
        file.site.answer = Ok(Answer { body: vec![0x1f, 0x8b, 8], ..sheet(&[]) });
        file.site.is_source = None;
    });
    let vary = ("vary", "accept-encoding");
    for (answer, words) in [
        (sheet(&[("content-encoding", "gzip"), vary]), "is not gzip"),
        (sheet(&[("content-encoding", "zstd"), vary]), "zstd"),
        (sheet(&[("content-encoding", "br")]), "without Vary"),
        (sheet(&[]), "is sent without it"),
    ] {
        one(Cause::WrongEncoding, &[words], |_, file| file.site.compressed = Some(answer));
    }
    assert_eq!(found(|_, file| (file.site.compressed, file.collected.has_sibling) = (Some(sheet(&[])), false)), []);
}

#[test]
fn a_server_on_this_machine_has_no_advice_of_a_deployment() {
    one(Cause::WrongEncoding, &["is sent without it", "Start the server again"], |facts, file| {
        facts.is_local = true;
        file.site.compressed = Some(sheet(&[]));
    });
    for (answer, cause) in [
        (sheet(&[("content-type", "text/plain")]), Cause::WrongType),
        (without("x-content-type-options"), Cause::NoNosniff),
        (sheet(&[("content-encoding", "gzip")]), Cause::WrongEncoding),
        (error(403, &[("content-type", "text/plain")], "no"), Cause::Forbidden),
    ] {
        one(cause, &["See what listens there"], |facts, file| {
            facts.is_local = true;
            file.site.answer = Ok(answer);
        });
    }
    one(Cause::Tls, &["speaks no TLS"], |facts, file| {
        facts.is_local = true;
        gone(file);
        file.site.answer = Err(NoAnswer::Tls("wrong version".into()));
    });
}

#[test]
fn an_older_content_is_told_beside_the_faults_of_its_answer() {
    let causes = |manifest: Remote| {
        let findings = found(|_, file| {
            file.site.answer = Ok(sheet(&[("age", "5"), ("content-type", "text/plain")]));
            file.site.compressed = Some(sheet(&[]));
            (file.site.is_source, file.site.is_collected) = (Some(false), Some(false));
            file.site.manifest = manifest;
        });
        findings.iter().map(|finding| finding.cause).collect::<Vec<_>>()
    };
    let same = Remote::Read { hashed: Some(HASHED.into()), hash: "7f0c1c8b3a2d".into() };
    assert_eq!(causes(same), [Cause::Cached, Cause::WrongType, Cause::WrongEncoding]);
    let other = Remote::Read { hashed: Some(HASHED.into()), hash: "000000000000".into() };
    assert_eq!(causes(other), [Cause::NotUploaded, Cause::WrongType, Cause::WrongEncoding]);
    assert_eq!(causes(Remote::Unreadable), [Cause::WrongType, Cause::WrongEncoding, Cause::Unexplained]);
    one(Cause::WrongEncoding, &["does not say so"], |_, file| {
        file.site.answer = Ok(Answer { body: vec![0x1f, 0x8b, 8], ..sheet(&[]) });
        (file.site.is_source, file.site.is_collected) = (Some(false), Some(false));
    });
}

#[test]
fn a_cache_that_remembers_an_error_is_told_with_the_invalidation() {
    let remembered = || {
        let headers = [("content-type", "application/xml"), ("age", "7"), ("x-cache", "Error from cloudfront")];
        error(404, &headers, "<Error/>")
    };
    let command = "aws cloudfront create-invalidation --paths '/static/css/site.css'";
    one(Cause::Cached, &["age: 7, x-cache: Error from cloudfront", "a new query", command], |_, file| {
        gone(file);
        file.site.answer = Ok(remembered());
        file.site.fresh = Some(200);
    });
    one(Cause::Cached, &["--paths '/static/x%27;reboot;%27.css' --dist"], |facts, file| {
        facts.right = "https://example.com/static/x';reboot;'.css".into();
        gone(file);
        file.site.answer = Ok(remembered());
        file.site.fresh = Some(200);
    });
    one(Cause::Cached, &["Start the server again"], |facts, file| {
        facts.is_local = true;
        file.site.is_source = Some(false);
        file.site.is_collected = Some(false);
    });
    one(Cause::Cached, &["the bucket has the file", "--stack-name site"], |facts, file| {
        facts.stack = Some("site".into());
        gone(file);
        file.site.answer = Ok(remembered());
        file.site.fresh = Some(404);
        file.bucket = Some(Bucket::Read { name: "b".into(), key: "static/css/site.css".into(), is_there: true });
    });
    one(Cause::Cached, &["an older content"], |_, file| {
        file.site.answer = Ok(sheet(&[("age", "9")]));
        file.site.is_source = Some(false);
        file.site.is_collected = Some(false);
    });
}

#[test]
fn who_does_not_answer_is_told() {
    let refused = || NoAnswer::Unreachable("connection refused".into());
    one(Cause::NoAnswer, &["connection refused", "DNS"], |_, file| {
        gone(file);
        (file.site.answer, file.site.manifest) = (Err(refused()), Remote::Unreadable);
    });
    one(Cause::NoAnswer, &["cargo manage runserver"], |facts, file| {
        facts.is_local = true;
        gone(file);
        (file.site.answer, file.site.manifest) = (Err(refused()), Remote::Unreadable);
        file.collected.manifest = Local::Missing;
    });
    one(Cause::Tls, &["certificate expired", "CertificateArn"], |_, file| {
        gone(file);
        file.site.answer = Err(NoAnswer::Tls("certificate expired".into()));
    });
    one(Cause::Redirects, &["301 to https://example.com/a, 301 to https://example.com/b"], |_, file| {
        gone(file);
        let hops = ["301 to https://example.com/a", "301 to https://example.com/b"].map(str::to_owned).to_vec();
        file.site.answer = Err(NoAnswer::Redirects(hops));
    });
}

#[test]
fn what_nothing_explains_is_told_too() {
    one(Cause::Unexplained, &["404", "--stack tells"], |_, file| gone(file));
    one(Cause::Unexplained, &["500", "sam logs"], |_, file| {
        gone(file);
        file.site.answer = Ok(error(500, &[("content-type", "text/plain")], "no"));
    });
    one(Cause::Unexplained, &["404", "the one of this project", "Start the server again"], |facts, file| {
        facts.is_local = true;
        gone(file);
        (file.asked_name, file.version) = (HASHED.into(), Version::Current);
    });
    one(Cause::Unexplained, &["another content"], |_, file| {
        file.site.is_source = Some(false);
        file.site.is_collected = Some(false);
        file.site.manifest = Remote::Unreadable;
    });
}
