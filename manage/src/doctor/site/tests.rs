//! Every check bites: a site and a stack that are well have no finding, and each broken in one way has that one.

use std::collections::BTreeSet;

use portico::headers::FIXED;

use super::facts::{Account, Asked, Bucket, Cors, FOREIGN, Facts, Mail, More, QUERY, Secret, Table};
use super::{CHECKS, diagnosis, stack};
use crate::doctor::finding::Finding;
use crate::doctor::http::{Answer, NoAnswer};

const COOKIE: &str = "__Host-csrftoken=value; SameSite=Lax; Secure; Path=/; Max-Age=31449600";

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status, headers, body: body.as_bytes().to_vec(), is_whole: true, hops: Vec::new() }
}

/// A page of the product's, as it comes through CloudFront.
fn page(id: &str, more: &[(&str, &str)]) -> Answer {
    let own = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; script-src 'nonce-x'; frame-ancestors 'none'"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("vary", "Accept, Accept-Language, Cookie"),
        ("x-cache", "Miss from cloudfront"),
        ("x-request-id", id),
    ];
    let fixed = FIXED.map(|(name, value)| (name.to_string(), value.to_owned()));
    let mut page = answer(200, &[&own, more].concat(), "<input name=csrfmiddlewaretoken>");
    page.headers.extend(fixed);
    page
}

fn with_cookie(id: &str) -> Answer {
    page(id, &[("set-cookie", COOKIE), ("cache-control", "no-store")])
}

fn well() -> Facts {
    let taken_back = "__Host-messages=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    let cookies = [("set-cookie", COOKIE), ("set-cookie", taken_back), ("cache-control", "no-store")];
    let json = [("content-type", "application/json")];
    let refused = r#"{"error":{"code":"invalid"}}"#;
    Facts {
        origin: "https://example.com".into(),
        is_https: true,
        is_local: false,
        public_url: Some("https://example.com".into()),
        csrf_name: "csrftoken".into(),
        ahead: Some(2),
        plain: Some(Ok(answer(301, &[("location", "https://example.com/login")], ""))),
        first: Ok(with_cookie("1")),
        more: Some(More {
            again: Ok(page("2", &[("cache-control", "private, no-cache")])),
            several: Ok(page("3", &cookies)),
            query: Ok(answer(200, &json, &format!(r#"{{"next":"/{QUERY}"}}"#))),
            foreign: vec![Ok(answer(403, &[], "no such distribution")), Ok(with_cookie("5"))],
            redirect: Ok(answer(303, &[("location", "/login?next=/profile")], "")),
            form: Ok(answer(422, &json, refused)),
            missing: Ok(Answer { status: 404, ..page("6", &[]) }),
            wrong_method: Ok(answer(405, &[("allow", "GET, HEAD, POST")], "")),
            direct: Some(("https://a.execute-api.example".into(), Ok(answer(403, &[], "")))),
        }),
    }
}

fn deployed() -> Account {
    let table = |name: &str, expires_by, is_durable| Table {
        name: name.into(),
        expires_by,
        is_durable,
        state: Ok(("ACTIVE".into(), is_durable)),
        ttl: Ok(Some(String::from(expires_by))),
        backups: is_durable.then_some(Ok(true)),
    };
    let cors = Cors {
        origins: vec!["https://example.com".into()],
        methods: ["GET", "HEAD", "PUT", "POST"].map(str::to_owned).into(),
        exposed: vec!["ETag".into()],
    };
    Account {
        stack: "shop".into(),
        site: Some("https://example.com".into()),
        tables: vec![
            table("shop-accounts", "audited_until", true),
            table("shop-sessions", "expires_at", false),
            table("shop-outbox", "expires_at", true),
        ],
        buckets: vec![
            Bucket { name: "shop-media".into(), blocked: Ok(true), cors: Some(Ok(vec![cors])) },
            Bucket { name: "shop-static".into(), blocked: Ok(true), cors: None },
        ],
        secrets: vec![("SecretKey", Ok(Secret::There)), ("OriginSecret", Ok(Secret::There))],
        mail: Mail { sender: Some("no-reply@example.com".into()), is_verified: Ok(true), account: Ok((true, true)) },
    }
}

fn more(facts: &mut Facts) -> &mut More {
    facts.more.as_mut().unwrap()
}

/// Removes a header of an answer, or gives it another value.
fn set(asked: &mut Asked, name: &str, value: &str) {
    let answer = asked.as_mut().unwrap();
    answer.headers.retain(|(known, _)| known != name);
    if !value.is_empty() {
        answer.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// A site that is not the product's, whose first answer this is.
fn other(facts: &mut Facts, first: Asked) {
    facts.first = first;
    facts.more = None;
}

/// A site with one thing broken, and what is said of it.
type BrokenSite = (&'static str, &'static [&'static str], fn(&mut Facts));

#[rustfmt::skip]
const SITES: &[BrokenSite] = &[
    ("site.no-answer", &["connection refused", "DistributionUrl"], |f| other(f, Err(NoAnswer::Unreachable("connection refused".into())))),
    ("site.no-answer", &["cargo manage runserver"], |f| { f.is_local = true; other(f, Err(NoAnswer::Unreachable("connection refused".into()))); }),
    ("site.tls", &["expired", "CertificateArn"], |f| other(f, Err(NoAnswer::Tls("certificate expired".into())))),
    ("site.not-portico", &["200 and text/plain", "the default behaviour"], |f| other(f, Ok(answer(200, &[("content-type", "text/plain")], "hello")))),
    ("site.not-portico", &["301, which leads to https://www.example.com/login"], |f| other(f, Ok(answer(301, &[("location", "https://www.example.com/login")], "")))),
    ("site.not-portico", &["500 and", "log group"], |f| other(f, Ok(answer(500, &[], r#"{"message":"Internal Server Error"}"#)))),
    ("site.host-forwarded", &[r#"403 {"message":"Forbidden"}"#, "AllViewerExceptHostHeader"], |f| other(f, Ok(answer(403, &[], r#"{"message":"Forbidden"}"#)))),
    ("site.plain-http", &["http://example.com/login", "redirect-to-https"], |f| f.plain = Some(Ok(page("9", &[])))),
    ("site.plain-http", &["plain HTTP is answered with 302"], |f| f.plain = Some(Ok(answer(302, &[("location", "http://example.com/")], "")))),
    ("site.no-hsts", &["Strict-Transport-Security"], |f| set(&mut f.first, "strict-transport-security", "")),
    ("site.no-hsts", &["max-age is 0"], |f| set(&mut f.first, "strict-transport-security", "max-age=0")),
    ("site.headers", &["x-frame-options is SAMEORIGIN, and the functions send DENY", "response headers policy"], |f| set(&mut f.first, "x-frame-options", "SAMEORIGIN")),
    ("site.headers", &["permissions-policy is missing"], |f| set(&mut f.first, "permissions-policy", "")),
    ("site.headers", &["content-security-policy is missing"], |f| set(&mut f.first, "content-security-policy", "default-src *")),
    ("site.headers", &["vary does not name Cookie"], |f| set(&mut f.first, "vary", "Accept")),
    ("site.headers", &["access-control-allow-origin is *"], |f| set(&mut f.first, "access-control-allow-origin", "*")),
    ("site.cookies-not-forwarded", &["is set anew", "AllViewerExceptHostHeader"], |f| {
        more(f).again = Ok(with_cookie("2"));
        // A form without its cookie is refused for that, and says nothing more.
        more(f).form = Ok(answer(403, &[], r#"{"error":{"code":"csrf_failed"}}"#));
    }),
    ("site.set-cookie-lost", &["sets no cookie csrftoken", "who removes Set-Cookie"], |f| { set(&mut f.first, "set-cookie", ""); more(f).form = Ok(answer(403, &[], r#"{"error":{"code":"csrf_failed"}}"#)); }),
    ("site.set-cookie-lost", &["two cookies should be set, and 1 arrives"], |f| set(&mut more(f).several, "set-cookie", COOKIE)),
    ("site.set-cookie-folded", &["in one Set-Cookie header", "who joins the headers"], |f| set(&mut more(f).several, "set-cookie", &format!("{COOKIE}, __Host-messages=; Path=/"))),
    ("site.cookie-attributes", &["PublicUrl=https://.."], |f| set(&mut f.first, "set-cookie", "csrftoken=value; Path=/")),
    ("site.cookie-attributes", &["without Domain"], |f| set(&mut f.first, "set-cookie", &format!("{COOKIE}; Domain=example.com"))),
    ("site.query-not-forwarded", &["login?next=/portico-doctor-asks", "AllViewerExceptHostHeader"], |f| more(f).query = Ok(answer(200, &[("content-type", "application/json")], r#"{"next":""}"#))),
    ("site.accept-not-forwarded", &["JSON was asked for"], |f| more(f).query = Ok(answer(200, &[("content-type", "text/html")], QUERY))),
    ("site.host-reflected", &[FOREIGN, "from PUBLIC_URL"], |f| more(f).foreign[1] = Ok(page("5", &[("link", "<https://portico-doctor.invalid/>")]))),
    ("site.host-reflected", &[FOREIGN], |f| more(f).foreign[0] = Ok(answer(301, &[("location", "https://portico-doctor.invalid/login")], ""))),
    ("site.public-url", &["a form with its token", "PublicUrl=https://example.com"], |f| more(f).form = Ok(answer(403, &[], r#"{"error":{"code":"csrf_failed"}}"#))),
    ("site.public-url", &["/profile leads to https://example.com.evil/login"], |f| set(&mut more(f).redirect, "location", "https://example.com.evil/login")),
    ("site.methods", &["PATCH is answered with 403", "AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]"], |f| more(f).wrong_method = Ok(answer(403, &[], ""))),
    ("site.methods", &["a form is answered with 403"], |f| more(f).form = Ok(answer(403, &[], "This distribution is not configured"))),
    ("site.origin-open", &["https://a.execute-api.example/login", "ORIGIN_SECRET_ARN"], |f| more(f).direct = Some(("https://a.execute-api.example".into(), Ok(with_cookie("7"))))),
    ("site.pages-cached", &["x-cache is Hit from cloudfront", "CachingDisabled"], |f| set(&mut more(f).again, "x-cache", "Hit from cloudfront")),
    ("site.pages-cached", &["age is 7"], |f| set(&mut f.first, "age", "7")),
    ("site.pages-cached", &["may be kept"], |f| set(&mut f.first, "cache-control", "public, max-age=60")),
    ("site.pages-cached", &["the same answer, x-request-id 1"], |f| set(&mut more(f).several, "x-request-id", "1")),
    ("site.not-found", &["API Gateway's own", "Default: { Type: HttpApi"], |f| more(f).missing = Ok(answer(404, &[("content-type", "application/json")], r#"{"message":"Not Found"}"#))),
    ("site.not-found", &["answered with 200"], |f| more(f).missing = Ok(page("6", &[]))),
    ("site.clock", &["400 seconds behind", "five minutes", "NTP"], |f| f.ahead = Some(-400)),
    ("site.clock", &["61 seconds before"], |f| f.ahead = Some(61)),
];

/// A stack with one thing broken, and what is said of it.
type BrokenStack = (&'static str, &'static [&'static str], fn(&mut Account));

#[rustfmt::skip]
const STACKS: &[BrokenStack] = &[
    ("aws.unchecked", &["the expiry of shop-accounts", "could not be checked: AccessDenied", "docs/doctor.md"], |a| a.tables[0].ttl = Err("AccessDenied".into())),
    ("aws.unchecked", &["the backups of shop-accounts"], |a| a.tables[0].backups = Some(Err("AccessDenied".into()))),
    ("aws.unchecked", &["the CORS rules of shop-media"], |a| a.buckets[0].cors = Some(Err("AccessDenied".into()))),
    ("aws.unchecked", &["public access to shop-static"], |a| a.buckets[1].blocked = Err("AccessDenied".into())),
    ("aws.unchecked", &["the secret OriginSecret"], |a| a.secrets[1].1 = Err("AccessDenied".into())),
    ("aws.unchecked", &["mail from no-reply@example.com"], |a| a.mail.is_verified = Err("AccessDenied".into())),
    ("aws.unchecked", &["the account's mail"], |a| a.mail.account = Err("AccessDenied".into())),
    ("aws.unchecked", &["the table shop-sessions"], |a| a.tables[1].state = Err("ResourceNotFoundException".into())),
    ("aws.table", &["it is INACCESSIBLE_ENCRYPTION_CREDENTIALS"], |a| a.tables[1].state = Ok(("INACCESSIBLE_ENCRYPTION_CREDENTIALS".into(), false))),
    ("aws.ttl", &["items expire by ttl", "AttributeName=expires_at"], |a| a.tables[1].ttl = Ok(Some("ttl".into()))),
    ("aws.ttl", &["nothing expires", "--table-name shop-accounts", "AttributeName=audited_until"], |a| a.tables[0].ttl = Ok(None)),
    ("aws.no-backups", &["update-continuous-backups --table-name shop-accounts"], |a| a.tables[0].backups = Some(Ok(false))),
    ("aws.no-backups", &["update-continuous-backups --table-name shop-outbox"], |a| a.tables[2].backups = Some(Ok(false))),
    ("aws.unprotected", &["--deletion-protection-enabled"], |a| a.tables[0].state = Ok(("ACTIVE".into(), false))),
    ("aws.bucket-public", &["public access to shop-static", "put-public-access-block --bucket shop-static"], |a| a.buckets[1].blocked = Ok(false)),
    ("aws.bucket-cors", &["pages of * may upload too", "PublicUrl=https://example.com"], |a| a.buckets[0].cors = Some(Ok(vec![Cors { origins: vec!["*".into()], ..Cors::default() }]))),
    ("aws.bucket-cors", &["cannot upload"], |a| a.buckets[0].cors = Some(Ok(Vec::new()))),
    ("aws.bucket-cors", &["cannot read ETag"], |a| { if let Some(Ok(rules)) = &mut a.buckets[0].cors { rules[0].exposed.clear(); } }),
    ("aws.secret", &["the secret SecretKey", "is not there"], |a| a.secrets[0].1 = Ok(Secret::Missing)),
    ("aws.secret", &["restore-secret"], |a| a.secrets[0].1 = Ok(Secret::Ending)),
    ("aws.mail-identity", &["neither the address nor its domain", "create-email-identity --email-identity no-reply@example.com"], |a| a.mail.is_verified = Ok(false)),
    ("aws.mail-sandbox", &["put-account-details"], |a| a.mail.account = Ok((false, true))),
    ("aws.mail-off", &["DefaultFromEmail=ADDRESS"], |a| a.mail.sender = None),
    ("aws.mail-off", &["sending is switched off"], |a| a.mail.account = Ok((true, false))),
];

#[track_caller]
fn one(code: &str, says: &[&str], findings: &[Finding]) {
    let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
    let codes: Vec<_> = findings.iter().map(|finding| finding.check.code).collect();
    assert_eq!(codes, [code], "{told:#?}");
    for words in says {
        assert!(told[0].contains(words), "{} has no {words}", told[0]);
    }
}

#[test]
fn a_site_and_a_stack_that_are_well_have_no_finding() {
    assert_eq!(diagnosis::diagnose(&well()), []);
    let closed = Facts { plain: Some(Err(NoAnswer::Unreachable("refused".into()))), ..well() };
    assert_eq!(diagnosis::diagnose(&closed), [], "where nobody listens nothing is sent in the clear");
    assert_eq!(stack::diagnose(&deployed()), []);
}

#[test]
fn each_check_of_a_site_bites() {
    for (code, says, break_it) in SITES {
        let mut facts = well();
        break_it(&mut facts);
        one(code, says, &diagnosis::diagnose(&facts));
    }
}

#[test]
fn each_check_of_a_stack_bites() {
    for (code, says, break_it) in STACKS {
        let mut account = deployed();
        break_it(&mut account);
        one(code, says, &stack::diagnose(&account));
    }
}

#[test]
fn there_is_a_broken_site_or_stack_for_each_check() {
    let bitten: BTreeSet<_> =
        SITES.iter().map(|(code, ..)| *code).chain(STACKS.iter().map(|(code, ..)| *code)).collect();
    let checks: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(bitten, checks);
    assert_eq!(checks.len(), CHECKS.len(), "each code is one check's");
    for check in CHECKS {
        assert!(!check.why.ends_with('.') && check.why.starts_with(|c: char| c.is_uppercase()), "{}", check.code);
    }
}

#[test]
fn the_address_of_an_api_follows_from_its_region() {
    let in_region = |region: &str| {
        let sdk = aws_config::SdkConfig::builder().region(aws_config::Region::new(region.to_owned())).build();
        super::account::api("abc123", &sdk)
    };
    assert_eq!(in_region("eu-west-1"), "https://abc123.execute-api.eu-west-1.amazonaws.com");
    assert_eq!(in_region("cn-north-1"), "https://abc123.execute-api.cn-north-1.amazonaws.com.cn");
}

#[test]
fn what_was_not_answered_is_told() {
    let mut facts = well();
    more(&mut facts).form = Err(NoAnswer::Unreachable("nothing came within 10 seconds".into()));
    one("site.no-answer", &["/preferences/theme", "nothing came within 10 seconds"], &diagnosis::diagnose(&facts));
}
