//! What an answer should be: by a file's name alone, as whoever serves static files makes it.

use portico::static_files::{compressible, content_type};

use super::advice::{START_AGAIN, correct, stack};
use super::facts::{Facts, File};
use super::finding::{Cause, Finding};
use crate::doctor::http::Answer;

/// What gzip begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What is wrong with what the site answers.
pub(super) fn faults(facts: &Facts, file: &File) -> Vec<Finding> {
    let Ok(answer) = &file.site.answer else { return Vec::new() };
    if let Some(finding) = not_static(facts, file, answer) {
        return vec![finding];
    }
    if answer.status != 200 {
        return Vec::new();
    }
    let mut findings = Vec::new();
    findings.extend(wrong_type(facts, file, answer));
    if !answer.header("x-content-type-options").is_some_and(|value| value.eq_ignore_ascii_case("nosniff")) {
        let what = "the answer has no X-Content-Type-Options: nosniff";
        let remedy = "See that the behaviour of /static/* has the ResponseHeadersPolicyId of StaticHeaders in template.yaml, and \
                      that nobody on the way removes it";
        findings.push(Finding::new(Cause::NoNosniff, what, correct(facts, remedy)));
    }
    findings.extend(wrong_encoding(facts, file, answer));
    findings
}

/// Whether S3 or CloudFront itself says it.
pub(super) fn is_of_s3(answer: &Answer) -> bool {
    answer.header("server") == Some("AmazonS3")
        || answer.header("x-amz-request-id").is_some()
        || answer.header("x-cache").is_some_and(|cache| cache.contains("cloudfront"))
}

/// The code of an error of S3, as `, AccessDenied`.
pub(super) fn error_code(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map(|(code, _)| code).filter(|code| code.len() <= 40);
    code.map(|code| format!(", {code}")).unwrap_or_default()
}

/// A page, or an error of a program's interface: what serves static files says neither.
fn not_static(facts: &Facts, file: &File, answer: &Answer) -> Option<Finding> {
    let expected = essence(content_type(&file.name));
    let said = essence(answer.header("content-type").unwrap_or_default());
    let start: String = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).trim_start().to_lowercase();
    let is_page = start.starts_with("<!doctype html") || start.starts_with("<html");
    let is_other = match expected.as_str() {
        "text/html" => false,
        _ if is_page || said == "text/html" => true,
        "application/json" => false,
        _ => said == "application/json" || said == "application/problem+json",
    };
    // What CloudFront itself refuses is a page too; a function's has an id of the request.
    let refuses = answer.status == 403 && is_of_s3(answer) && answer.header("x-request-id").is_none();
    if !is_other || refuses {
        return None;
    }
    let way = match answer.hops.last() {
        Some(hop) => format!(" after a redirect ({hop})"),
        None => String::new(),
    };
    let what = format!(
        "{} is answered{way} with {} and {}, where {expected} should be: the request has not reached the static files",
        facts.right,
        answer.status,
        if is_page { "a page" } else { said.as_str() },
    );
    let remedy = "See that the behaviour /static/* of Distribution in template.yaml leads to the static files, and that whatever \
                  stands before it (a proxy, a rule that answers every path with a page) passes that path on";
    Some(Finding::new(Cause::NotStatic, what, correct(facts, remedy)))
}

fn wrong_type(facts: &Facts, file: &File, answer: &Answer) -> Option<Finding> {
    let expected = content_type(&file.name);
    let said = answer.header("content-type").unwrap_or_default();
    let what = if said.is_empty() {
        format!("the answer has no Content-Type, {expected} is right")
    } else if !is_as_good(&essence(said), &essence(expected)) {
        format!("the answer is {said}, {expected} is right: a browser does not take it")
    } else if expected.contains("charset=utf-8")
        && !said.to_ascii_lowercase().replace('"', "").contains("charset=utf-8")
    {
        format!("the answer is {said}, without charset=utf-8")
    } else {
        return None;
    };
    let remedy = format!(
        "Upload it once more with all headers, `cargo manage collectstatic --upload --all --stack {}`: other tools guess the \
         type, and nobody on the way may change it",
        stack(facts)
    );
    Some(Finding::new(Cause::WrongType, what, correct(facts, remedy)))
}

/// Names that browsers take for the same.
fn is_as_good(said: &str, expected: &str) -> bool {
    said == expected
        || matches!(
            (said, expected),
            ("application/javascript" | "application/x-javascript", "text/javascript")
                | ("image/x-icon", "image/vnd.microsoft.icon")
                | ("application/xml", "text/xml")
        )
}

fn wrong_encoding(facts: &Facts, file: &File, answer: &Answer) -> Option<Finding> {
    let again = format!("Upload it once more, `cargo manage collectstatic --upload --all --stack {}`", stack(facts));
    let again = correct(facts, again);
    if let Some(encoding) = encoding(answer) {
        let what = format!("the answer is Content-Encoding: {encoding}, though nobody asked for that");
        return Some(Finding::new(Cause::WrongEncoding, what, again));
    }
    if is_gzip_unsaid(file, answer) {
        let what = "the answer is compressed, and does not say so (Content-Encoding)";
        return Some(Finding::new(Cause::WrongEncoding, what, again));
    }
    let compressed = file.site.compressed.as_ref().filter(|answer| answer.status == 200)?;
    match encoding(compressed) {
        Some("gzip") if !compressed.body.starts_with(GZIP) => {
            let what = "the answer says Content-Encoding: gzip, and is not gzip";
            Some(Finding::new(Cause::WrongEncoding, what, again))
        }
        Some(other) if !matches!(other, "br" | "gzip") => {
            let what = format!("the answer is Content-Encoding: {other}, where br and gzip were asked for");
            Some(Finding::new(Cause::WrongEncoding, what, again))
        }
        Some(_) => {
            let varies = compressed.header("vary").unwrap_or_default().to_ascii_lowercase();
            if varies.contains("accept-encoding") || varies.contains('*') {
                return None;
            }
            let what = "the answer is compressed without Vary: Accept-Encoding: a cache gives it to browsers that cannot read it";
            let remedy =
                "See that the function StaticEncoding is associated with viewer-response of /static/* in template.yaml";
            Some(Finding::new(Cause::WrongEncoding, what, correct(facts, remedy)))
        }
        // The development server compresses nothing.
        None if file.collected.has_sibling && !file.site.is_from_folder => {
            let what = format!("{} has a compressed form in STATIC_ROOT, and is sent without it", file.asked_name);
            let remedy = "See that the function StaticEncoding is associated with viewer-request of /static/* in template.yaml, and \
                          that Accept-Encoding comes through; then upload once more";
            let remedy = if facts.is_local { START_AGAIN } else { remedy };
            Some(Finding::new(Cause::WrongEncoding, what, remedy))
        }
        None => None,
    }
}

/// Whether an answer's body can be held against a file: it is one, and is not compressed.
pub(super) fn is_comparable(faults: &[Finding], file: &File, answer: &Answer) -> bool {
    !faults.iter().any(|fault| fault.cause == Cause::NotStatic)
        && encoding(answer).is_none()
        && !is_gzip_unsaid(file, answer)
}

fn is_gzip_unsaid(file: &File, answer: &Answer) -> bool {
    let is_gzip_file = essence(content_type(&file.name)) == "application/gzip";
    answer.body.starts_with(GZIP) && compressible(&file.name) && !is_gzip_file
}

/// The coding of an answer, if it has one.
pub(super) fn encoding(answer: &Answer) -> Option<&str> {
    answer.header("content-encoding").map(str::trim).filter(|value| !value.is_empty() && *value != "identity")
}

/// A type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
