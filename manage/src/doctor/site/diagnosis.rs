//! From what a site answers to what is wrong.

use portico::headers::FIXED;

use super::checks as c;
use super::facts::{FOREIGN, Facts, More, QUERY};
use super::gathering::{csrf_cookie, is_ours};
use crate::doctor::Check;
use crate::doctor::finding::Finding;
use crate::doctor::http::{Answer, NoAnswer};

/// How far two clocks may be apart before it is told, seconds.
const APART: i64 = 60;

/// Finds what is wrong; nothing, where all is well.
pub(super) fn diagnose(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(plain_http(facts));
    let first = match &facts.first {
        Ok(answer) => answer,
        Err(error) => {
            findings.push(no_answer(facts, "/login", error));
            return findings;
        }
    };
    let Some(more) = &facts.more else {
        findings.push(not_ours(facts, first));
        return findings;
    };
    findings.extend(clock(facts));
    headers(facts, first, &mut findings);
    cookies(facts, first, more, &mut findings);
    findings.extend(cached(facts, first, more));
    requests(facts, more, &mut findings);
    findings.extend(reflected(facts, more));
    forms(facts, more, &mut findings);
    findings.extend(missing(facts, more));
    findings.extend(origin_open(more));
    findings.extend(unanswered(facts, more));
    findings
}

/// What had no answer, although the first page had one. Who knows no such host, or lets nobody past, may be silent.
fn unanswered(facts: &Facts, more: &More) -> Option<Finding> {
    let asked = [
        ("/login", &more.again),
        ("/login", &more.several),
        ("/login", &more.query),
        ("/profile", &more.redirect),
        ("/preferences/theme", &more.form),
        ("/portico-doctor-..", &more.missing),
        ("/login", &more.wrong_method),
    ];
    asked.into_iter().find_map(|(path, asked)| Some(no_answer(facts, path, asked.as_ref().err()?)))
}

fn at(facts: &Facts, path: &str) -> String {
    format!("{}{path}", facts.origin)
}

/// What to do, by where the site is: nobody stands before one on this machine that does not do it on purpose.
fn fix(facts: &Facts, deployed: &str) -> String {
    if facts.is_local {
        return "See what stands between here and `cargo manage runserver`: it does this, and runserver does not"
            .to_owned();
    }
    deployed.to_owned()
}

fn no_answer(facts: &Facts, path: &str, error: &NoAnswer) -> Finding {
    let place = at(facts, path);
    match error {
        NoAnswer::Tls(why) => {
            let fix = "See that CertificateArn is of a certificate for this host, in us-east-1 and not expired, and that the \
                       address is the site's";
            Finding::new(c::TLS, place, why, fix)
        }
        NoAnswer::Unreachable(why) => {
            let fix = if facts.is_local {
                "Start it with `cargo manage runserver`, or give another address"
            } else {
                "See that the name leads to the distribution (DistributionUrl of the stack) and that the address is right"
            };
            Finding::new(c::NO_ANSWER, place, format!("no answer: {why}"), fix)
        }
        NoAnswer::Redirects(hops) => {
            Finding::new(c::NO_ANSWER, place, format!("it leads on: {}", hops.join(", ")), "See who redirects")
        }
    }
}

/// Something has answered that is no page of the product's.
fn not_ours(facts: &Facts, first: &Answer) -> Finding {
    let place = at(facts, "/login");
    if is_gateways(first, "Forbidden") {
        let what = "the answer is 403 {\"message\":\"Forbidden\"}, API Gateway's own";
        let fix = "Write OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac (AllViewerExceptHostHeader) into \
                   DefaultCacheBehavior of Distribution in template.yaml, and have whatever stands before it leave Host alone";
        return Finding::new(c::HOST_FORWARDED, place, what, fix);
    }
    let said = match first.header("location") {
        Some(to) => format!("{}, which leads to {to}", first.status),
        None => format!("{} and {}", first.status, first.header("content-type").unwrap_or("no Content-Type")),
    };
    let fix = match first.status {
        301..=308 => "Ask the address that it leads to",
        500.. => "See what the function says in the stack's log group, by the answer's x-request-id or apigw-requestid",
        _ => "Give the address of the site, and see that the default behaviour of its distribution leads to the API",
    };
    Finding::new(c::NOT_PORTICO, place, format!("the log-in page is answered with {said}"), fix)
}

/// Whether API Gateway itself has said it.
fn is_gateways(answer: &Answer, message: &str) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    value.is_some_and(|value| value["message"] == message && value.get("error").is_none())
}

fn plain_http(facts: &Facts) -> Option<Finding> {
    // Nobody there is as good as a redirect: nothing is sent in the clear.
    let answer = facts.plain.as_ref()?.as_ref().ok()?;
    let leads = answer.header("location").is_some_and(|to| to.starts_with("https://"));
    if matches!(answer.status, 301 | 302 | 307 | 308) && leads {
        return None;
    }
    let place = at(facts, "/login").replacen("https://", "http://", 1);
    let what = format!("plain HTTP is answered with {}", answer.status);
    let fix = "Write ViewerProtocolPolicy: redirect-to-https into each behaviour of Distribution in template.yaml";
    Some(Finding::new(c::PLAIN_HTTP, place, what, fix))
}

fn clock(facts: &Facts) -> Option<Finding> {
    let ahead = facts.ahead.filter(|ahead| ahead.abs() > APART)?;
    let way = if ahead > 0 { "before" } else { "behind" };
    let what = format!("this machine's clock is {} seconds {way} the site's (Date)", ahead.abs());
    let fix = "Set the clock that is wrong: this machine's by NTP; what is in AWS is right";
    Some(Finding::new(c::CLOCK, at(facts, "/login"), what, fix))
}

fn headers(facts: &Facts, first: &Answer, findings: &mut Vec<Finding>) {
    let place = at(facts, "/login");
    let remedy = fix(
        facts,
        "See that no response headers policy of the behaviour that leads to the API, and nobody before CloudFront, sets or \
         removes it: the functions send it themselves",
    );
    let mut say = |check: Check, what: String| findings.push(Finding::new(check, &place, what, &remedy));
    let told = first.header("strict-transport-security").unwrap_or_default();
    let age = told.split(';').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
    if facts.is_https && age.unwrap_or_default() == 0 {
        say(c::HSTS, "there is no Strict-Transport-Security, or its max-age is 0".to_owned());
    }
    for (name, value) in FIXED {
        match first.header(name.as_str()) {
            Some(sent) if sent == value => {}
            Some(sent) => say(c::HEADERS, format!("{name} is {sent}, and the functions send {value}")),
            None => say(c::HEADERS, format!("{name} is missing, and the functions send {value}")),
        }
    }
    let policy = first.header("content-security-policy").unwrap_or_default();
    if !(policy.contains("default-src 'none'")
        && policy.contains("frame-ancestors 'none'")
        && policy.contains("'nonce-"))
    {
        say(c::HEADERS, "content-security-policy is missing, or is another one than the functions send".to_owned());
    }
    let varies = first.all("vary").collect::<Vec<_>>().join(", ").to_ascii_lowercase();
    if !varies.split(',').any(|name| matches!(name.trim(), "cookie" | "*")) {
        say(c::HEADERS, "vary does not name Cookie, and the functions send that".to_owned());
    }
    if let Some(origin) = first.header("access-control-allow-origin") {
        say(c::HEADERS, format!("access-control-allow-origin is {origin}, and the functions send none"));
    }
}

fn cookies(facts: &Facts, first: &Answer, more: &More, findings: &mut Vec<Finding>) {
    let place = at(facts, "/login");
    let name = facts.csrf_name.as_str();
    let Some((full, _)) = csrf_cookie(first, name) else {
        let what = format!("the first page sets no cookie {name}");
        let fix = fix(facts, "See who removes Set-Cookie: a cache policy that keeps pages does, and some proxies do");
        findings.push(Finding::new(c::COOKIE_LOST, place, what, fix));
        return;
    };
    let line = first.all("set-cookie").find(|line| line.starts_with(full)).unwrap_or_default();
    let has = |attribute: &str| line.split(';').skip(1).any(|part| part.trim().eq_ignore_ascii_case(attribute));
    let has_domain = line.split(';').skip(1).any(|part| part.trim().to_ascii_lowercase().starts_with("domain="));
    if !has("path=/") || has_domain || (facts.is_https && !(has("secure") && full.starts_with("__Host-"))) {
        let what = format!(
            "the cookie {full} is not Path=/, without Domain{}",
            if facts.is_https { ", Secure and __Host-" } else { "" }
        );
        let fix = fix(facts, "Deploy with PublicUrl=https://.., and see who rewrites Set-Cookie");
        findings.push(Finding::new(c::COOKIE_CHANGED, &place, what, fix));
    }
    let is_forwarded = more.again.as_ref().is_ok_and(|again| csrf_cookie(again, name).is_none());
    if let (Ok(again), false) = (&more.again, is_forwarded) {
        let what =
            format!("the cookie {full} was sent back, and is set anew with {}: it has not arrived", again.status);
        let fix = fix(
            facts,
            "Write OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac (AllViewerExceptHostHeader) into \
             DefaultCacheBehavior of Distribution in template.yaml",
        );
        findings.push(Finding::new(c::COOKIES, &place, what, fix));
    }
    let Ok(several) = &more.several else { return };
    let lines: Vec<_> = several.all("set-cookie").collect();
    let messages = |line: &str| line.contains("messages=");
    let own = |line: &str| line.contains(&format!("{name}="));
    if lines.iter().any(|line| messages(line) && own(line)) {
        let what = "two cookies are set in one Set-Cookie header";
        let fix = fix(
            facts,
            "See who joins the headers of an answer: CloudFront and HTTP API with payload format 2.0 do not",
        );
        findings.push(Finding::new(c::COOKIE_FOLDED, place, what, fix));
    } else if is_forwarded && !(lines.iter().any(|line| messages(line)) && lines.iter().any(|line| own(line))) {
        let what = format!("two cookies should be set, and {} arrives", lines.len());
        let fix = fix(
            facts,
            "See who keeps one Set-Cookie header of several: CloudFront and HTTP API with payload format 2.0 do not",
        );
        findings.push(Finding::new(c::COOKIE_LOST, place, what, fix));
    }
}

/// What comes out of a memory, and what could go into one.
fn cached(facts: &Facts, first: &Answer, more: &More) -> Option<Finding> {
    let fix = "Write CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad (CachingDisabled) into DefaultCacheBehavior of \
               Distribution in template.yaml, and see that whatever stands before it keeps no pages";
    let say = |what: String| Some(Finding::new(c::CACHED, at(facts, "/login"), what, fix));
    let answers = [Some(first), more.again.as_ref().ok(), more.several.as_ref().ok()];
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    for answer in &answers {
        if let Some(hit) = answer.all("x-cache").find(|cache| cache.to_ascii_lowercase().contains("hit")) {
            return say(format!("a page comes out of a cache: x-cache is {hit}"));
        }
        if let Some(age) = answer.header("age").filter(|age| age.parse::<u64>().is_ok_and(|age| age > 0)) {
            return say(format!("a page comes out of a cache: age is {age}"));
        }
        let control = answer.header("cache-control").unwrap_or_default();
        let is_kept = !["no-store", "private"].iter().any(|word| control.contains(word));
        if answer.header("set-cookie").is_some() && is_kept {
            return say(format!(
                "a page with a cookie may be kept: cache-control is {control:?}, and the functions send no-store"
            ));
        }
    }
    let mut ids: Vec<_> = answers.iter().filter_map(|answer| answer.header("x-request-id")).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1])?;
    say(format!("two requests have the same answer, x-request-id {}", twice[0]))
}

/// What arrives of a request, beside its cookies.
fn requests(facts: &Facts, more: &More, findings: &mut Vec<Finding>) {
    let forward = fix(
        facts,
        "Write OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac (AllViewerExceptHostHeader) into DefaultCacheBehavior \
         of Distribution in template.yaml",
    );
    if let Ok(query) = &more.query {
        let place = at(facts, &format!("/login?next=/{QUERY}"));
        if !query.text().contains(QUERY) {
            findings.push(Finding::new(c::QUERY, &place, "what the query string says is not in the answer", &forward));
        }
        if !query.header("content-type").unwrap_or_default().starts_with("application/json") {
            let what = "JSON was asked for, and something else has come";
            findings.push(Finding::new(c::ACCEPT, &place, what, &forward));
        }
    }
    if let Ok(answer) = &more.wrong_method
        && !(answer.status == 405 && answer.header("allow").is_some_and(|allow| allow.contains("POST")))
    {
        let what = format!("PATCH is answered with {}, and the functions answer 405 with Allow", answer.status);
        let fix = fix(
            facts,
            "Write AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE] into DefaultCacheBehavior of Distribution, \
             and Method: ANY into each HttpApi event",
        );
        findings.push(Finding::new(c::METHODS, at(facts, "/login"), what, fix));
    }
}

/// Whether a made-up host comes back.
fn reflected(facts: &Facts, more: &More) -> Option<Finding> {
    let names = |answer: &&Answer| {
        answer.headers.iter().any(|(_, value)| value.contains(FOREIGN)) || answer.text().contains(FOREIGN)
    };
    // What is not the product's own page is somebody's who was asked for a host that they do not know.
    let ours = more.foreign.iter().filter_map(|answer| answer.as_ref().ok());
    ours.filter(|answer| is_ours(answer) || answer.header("location").is_some()).find(names)?;
    let what = format!("a page of {FOREIGN} was asked for, and the answer names it");
    let fix =
        "Make every address from PUBLIC_URL, never from Host or X-Forwarded-Host, and see who rewrites what is sent";
    Some(Finding::new(c::REFLECTED, at(facts, "/login"), what, fix))
}

/// Whether forms are taken, and where the site leads to.
fn forms(facts: &Facts, more: &More, findings: &mut Vec<Finding>) {
    let public = facts.public_url.as_deref().unwrap_or(&facts.origin);
    let fix_url = format!("Deploy with PublicUrl={}, or visit the site under the address that it has", facts.origin);
    if let Ok(answer) = &more.redirect
        && let Some(to) = answer.header("location")
        && (to.contains("://") || to.starts_with("//"))
        && to.strip_prefix(public).is_none_or(|rest| !rest.starts_with('/') && !rest.is_empty())
    {
        let what = format!("/profile leads to {to}, and PUBLIC_URL is {public}");
        findings.push(Finding::new(c::PUBLIC_URL, at(facts, "/profile"), what, &fix_url));
    }
    // Without its cookie a form is refused, too; that is told already.
    let cookies_fail = findings.iter().any(|finding| [c::COOKIES, c::COOKIE_LOST].contains(&finding.check));
    let Ok(answer) = &more.form else { return };
    let place = at(facts, "/preferences/theme");
    let code: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let code = code.as_ref().and_then(|body| body["error"]["code"].as_str()).unwrap_or_default();
    match (answer.status, code) {
        (422, _) => {}
        (403, "csrf_failed") if cookies_fail => {}
        (403, "csrf_failed") => {
            let what = format!("a form with its token and Origin: {} is refused", facts.origin);
            findings.push(Finding::new(c::PUBLIC_URL, place, what, fix_url));
        }
        (status, _) => {
            let what = format!("a form is answered with {status}, and its function answers 422 to what it says");
            let remedy = "Write AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE] into DefaultCacheBehavior of \
                          Distribution, and Method: ANY into each HttpApi event";
            if !findings.iter().any(|finding| finding.check == c::METHODS) {
                findings.push(Finding::new(c::METHODS, place, what, fix(facts, remedy)));
            }
        }
    }
}

fn missing(facts: &Facts, more: &More) -> Option<Finding> {
    let answer = more.missing.as_ref().ok()?;
    let is_page = answer.header("content-type").unwrap_or_default().starts_with("text/html");
    if answer.status == 404 && is_page && answer.header("content-security-policy").is_some() {
        return None;
    }
    let who = if is_gateways(answer, "Not Found") { ", API Gateway's own" } else { "" };
    let what =
        format!("a path that there is not is answered with {}{who}, and not with the site's page", answer.status);
    let remedy = "Write Default: { Type: HttpApi, Properties: { ApiId: !Ref HttpApi } } into the events of HomeFunction in \
                  template.yaml, and no ResponsePagePath into CustomErrorResponses of Distribution";
    Some(Finding::new(c::NOT_FOUND, at(facts, "/portico-doctor-.."), what, fix(facts, remedy)))
}

fn origin_open(more: &More) -> Option<Finding> {
    let (url, answer) = more.direct.as_ref()?;
    let answer = answer.as_ref().ok().filter(|answer| is_ours(answer))?;
    let what = format!("the API answers by its own address with {}", answer.status);
    let fix = "Give the functions ORIGIN_SECRET_ARN and the distribution x-origin-secret, as template.yaml has them, and deploy";
    Some(Finding::new(c::ORIGIN_OPEN, format!("{url}/login"), what, fix))
}
