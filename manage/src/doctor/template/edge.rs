//! CloudFront: what comes to the functions and to the buckets, from where, and what is kept of it.

use portico::edge;

use super::checks as c;
use super::forwarded::{Forwarded, forwarded};
use super::part::Part;
use super::project::Project;
use crate::doctor::finding::Finding;

/// The managed cache policy that keeps nothing, and the managed origin request policy that passes on all but Host
/// ("Use managed cache policies", "Use managed origin request policies", Amazon CloudFront Developer Guide).
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_BUT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// What a form needs, and what the functions answer 405 to themselves.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];

/// Behind what a behaviour is.
enum Target<'a> {
    /// The functions' pages.
    Pages,
    /// The functions' static files.
    StaticByFunction,
    /// A bucket, by its origin.
    Bucket(Part<'a>),
    /// Something else.
    Other,
}

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    for (_, distribution) in project.all("AWS::CloudFront::Distribution") {
        let config = distribution.get("DistributionConfig");
        certificate(&config.get("ViewerCertificate"), findings);
        let origins = config.get("Origins").items();
        for origin in &origins {
            if is_api(origin) {
                api_origin(project, origin, findings);
            } else if is_bucket(origin) {
                bucket_origin(project, origin, findings);
            }
        }
        if origins.iter().any(is_api) {
            errors(&config, findings);
        }
        let others = config.get("CacheBehaviors").items();
        for behaviour in std::iter::once(config.get("DefaultCacheBehavior")).chain(others) {
            if !matches!(behaviour.get("ViewerProtocolPolicy").text(), "redirect-to-https" | "https-only") {
                findings.push(behaviour.get("ViewerProtocolPolicy").finding(
                    c::PLAIN_HTTP,
                    "it answers over plain HTTP too",
                    "Write ViewerProtocolPolicy: redirect-to-https",
                ));
            }
            match target(project, &origins, &behaviour) {
                Target::Pages => pages(project, &behaviour, findings),
                Target::StaticByFunction => files(project, &behaviour, findings),
                Target::Bucket(origin) => {
                    files(project, &behaviour, findings);
                    media(project, &origin, &behaviour, findings);
                }
                Target::Other => {}
            }
        }
    }
}

fn target<'a>(project: &Project<'_>, origins: &[Part<'a>], behaviour: &Part<'_>) -> Target<'a> {
    let id = behaviour.get("TargetOriginId").text();
    let Some(origin) = origins.iter().find(|origin| origin.get("Id").text() == id) else { return Target::Other };
    let is_static = behaviour.get("PathPattern").text() == format!("{}*", project.static_path());
    match (is_api(origin), is_bucket(origin)) {
        (true, _) if is_static => Target::StaticByFunction,
        (true, _) => Target::Pages,
        (false, true) => Target::Bucket(origin.clone()),
        (false, false) => Target::Other,
    }
}

fn is_api(origin: &Part<'_>) -> bool {
    origin.get("DomainName").text().contains(".execute-api.")
}

fn is_bucket(origin: &Part<'_>) -> bool {
    let domain = origin.get("DomainName").text();
    origin.get("S3OriginConfig").exists() || domain.ends_with(".RegionalDomainName") || domain.contains(".s3.")
}

fn pages(project: &Project<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    let write = format!("Write OriginRequestPolicyId: {ALL_BUT_HOST} (AllViewerExceptHostHeader)");
    let policy = behaviour.get("OriginRequestPolicyId");
    match forwarded(project, behaviour) {
        Forwarded::Unknown => findings.push(policy.finding(
            c::UNKNOWN_POLICY,
            format!("{} is no policy of this template, and none of AWS's own that is known here", policy.text()),
            &write,
        )),
        Forwarded::Known(passed) => {
            let mut say = |check, what: String| findings.push(policy.finding(check, what, &write));
            if !passed.cookies {
                say(c::COOKIES, "cookies do not reach the functions, or not all of them".to_owned());
            }
            if !passed.queries {
                say(c::QUERY, "query strings do not reach the functions, or not all of them".to_owned());
            }
            if passed.headers.passes("host") {
                say(c::HOST, "Host is passed on".to_owned());
            }
            let missing: Vec<_> = needed().into_iter().filter(|name| !passed.headers.passes(name)).collect();
            if !missing.is_empty() {
                say(c::HEADERS, format!("the functions do not get {}", missing.join(", ")));
            }
        }
    }
    caching(project, behaviour, findings);
    let allowed = behaviour.get("AllowedMethods");
    let missing: Vec<_> = METHODS.into_iter().filter(|method| !allowed.texts().contains(method)).collect();
    if !missing.is_empty() {
        let what = format!("{} are not allowed", missing.join(", "));
        findings.push(allowed.finding(c::METHODS, what, format!("Write AllowedMethods: [{}]", METHODS.join(", "))));
    }
    viewer(project, behaviour, findings);
}

/// The headers that the functions read.
fn needed() -> [&'static str; 9] {
    // `portico::edge` and `portico::csrf` spell three of them; a test holds these to theirs.
    [
        "accept",
        "accept-language",
        "origin",
        "referer",
        "sec-fetch-site",
        "user-agent",
        "x-csrftoken",
        "x-viewer-address",
        "x-viewer-host",
    ]
}

fn caching(project: &Project<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    let fix = format!("Write CachePolicyId: {CACHING_DISABLED} (CachingDisabled)");
    let policy = behaviour.get("CachePolicyId");
    let legacy = behaviour.get("ForwardedValues");
    if !policy.exists() && legacy.exists() {
        if behaviour.get("MaxTTL").number() != Some(0) {
            let what = "pages are kept, for up to a year where MaxTTL says nothing";
            findings.push(behaviour.get("MaxTTL").finding(c::CACHED, what, fix));
        }
        return;
    }
    if policy.text() == CACHING_DISABLED {
        return;
    }
    let own = project.find("AWS::CloudFront::CachePolicy", policy.text());
    let longest = own.map(|(_, policy)| policy.get("CachePolicyConfig.MaxTTL").number());
    if longest != Some(Some(0)) {
        let what = format!("pages are kept by the cache policy {}, whose MaxTTL is not 0", shown(policy.text()));
        findings.push(policy.finding(c::CACHED, what, fix));
    }
}

fn viewer(project: &Project<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    let associations = behaviour.get("FunctionAssociations");
    let names = [edge::VIEWER, edge::VIEWER_HOST];
    let writes = associations.items().iter().any(|association| {
        let arn = association.get("FunctionARN").text();
        let code = project.find("AWS::CloudFront::Function", arn).map(|(_, function)| function.get("FunctionCode"));
        association.get("EventType").text() == "viewer-request"
            && code.is_some_and(|code| names.iter().all(|name| code.text().contains(name.as_str())))
    });
    if !writes {
        let what = format!("no function writes {} and {}", edge::VIEWER, edge::VIEWER_HOST);
        let fix = "Write FunctionAssociations: [{ EventType: viewer-request, FunctionARN: !GetAtt ViewerHeaders.FunctionARN }]";
        findings.push(associations.finding(c::VIEWER, what, fix));
    }
}

/// What every static file, and everything in a bucket, is served with.
fn files(project: &Project<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    let policy = behaviour.get("OriginRequestPolicyId");
    match forwarded(project, behaviour) {
        Forwarded::Unknown => {
            let what = format!("{} is no policy of this template", policy.text());
            findings.push(policy.finding(c::UNKNOWN_POLICY, what, "Leave OriginRequestPolicyId out"));
        }
        Forwarded::Known(passed) => {
            let is_plain = !policy.exists();
            let place = if is_plain { behaviour.get("CachePolicyId") } else { policy };
            let fix = if is_plain {
                "Write CookieBehavior: none into the cache policy"
            } else {
                "Leave OriginRequestPolicyId out"
            };
            if passed.any_cookies {
                findings.push(place.finding(c::STATIC_COOKIES, "cookies are passed on", fix));
            }
            if passed.queries {
                let fix = if is_plain { "Write QueryStringBehavior: none into the cache policy" } else { fix };
                findings.push(place.finding(c::STATIC_QUERY, "every query string is passed on", fix));
            }
        }
    }
    response_headers(project, behaviour, findings);
}

fn response_headers(project: &Project<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    /// The managed policy that has both.
    const SECURITY_HEADERS: &str = "67f7725c-6f97-4210-82d7-5512b31e9d03";
    let policy = behaviour.get("ResponseHeadersPolicyId");
    if policy.text() == SECURITY_HEADERS {
        return;
    }
    let own = project.find("AWS::CloudFront::ResponseHeadersPolicy", policy.text()).map(|(_, own)| own);
    if own.is_none() && policy.exists() {
        let what = format!("{} is no policy of this template", policy.text());
        let fix = "Write ResponseHeadersPolicyId: !Ref StaticHeaders";
        findings.push(policy.finding(c::UNKNOWN_POLICY, what, fix));
        return;
    }
    let headers = own.map(|own| own.get("ResponseHeadersPolicyConfig.SecurityHeadersConfig"));
    let place = headers.as_ref().unwrap_or(&policy);
    if !headers.as_ref().is_some_and(|headers| headers.get("ContentTypeOptions").exists()) {
        let fix = "Write ContentTypeOptions: { Override: true } into the SecurityHeadersConfig of its response headers policy";
        findings.push(place.finding(c::NOSNIFF, "files are sent without nosniff", fix));
    }
    let age =
        headers.as_ref().and_then(|headers| headers.get("StrictTransportSecurity.AccessControlMaxAgeSec").number());
    if age.unwrap_or_default() == 0 {
        let fix = "Write StrictTransportSecurity: { AccessControlMaxAgeSec: 31536000, Override: true } into the \
                   SecurityHeadersConfig of its response headers policy";
        findings.push(place.finding(c::HSTS, "files are sent without Strict-Transport-Security", fix));
    }
}

fn media(project: &Project<'_>, origin: &Part<'_>, behaviour: &Part<'_>, findings: &mut Vec<Finding>) {
    let Some((bucket, _)) = project.media_bucket() else { return };
    let domain = origin.get("DomainName").text();
    let is_media = domain == format!("{}.RegionalDomainName", bucket.logical_id)
        || domain.starts_with(&format!("{}.", bucket.name));
    let keys = behaviour.get("TrustedKeyGroups");
    if is_media && keys.items().is_empty() {
        let what = "it serves the media bucket without asking for a signature";
        findings.push(keys.finding(c::MEDIA_OPEN, what, "Write TrustedKeyGroups: [!Ref MediaVerifiers]"));
    }
}

fn certificate(certificate: &Part<'_>, findings: &mut Vec<Finding>) {
    // With CloudFront's own certificate there is no choice.
    if !certificate.exists() || certificate.get("CloudFrontDefaultCertificate").is_true() {
        return;
    }
    let least = certificate.get("MinimumProtocolVersion");
    if !least.text().starts_with("TLSv1.2_") && !least.text().starts_with("TLSv1.3_") {
        let what = format!("the least version is {}", shown(least.text()));
        findings.push(least.finding(c::OLD_TLS, what, "Write MinimumProtocolVersion: TLSv1.2_2021"));
    }
}

fn api_origin(project: &Project<'_>, origin: &Part<'_>, findings: &mut Vec<Finding>) {
    let custom = origin.get("CustomOriginConfig");
    if custom.get("OriginProtocolPolicy").text() != "https-only" {
        let what = "CloudFront may ask the API over plain HTTP";
        let fix = "Write OriginProtocolPolicy: https-only";
        findings.push(custom.get("OriginProtocolPolicy").finding(c::ORIGIN_PLAIN_HTTP, what, fix));
    }
    let versions = custom.get("OriginSSLProtocols");
    if versions.texts().iter().any(|version| !matches!(*version, "TLSv1.2" | "TLSv1.3")) {
        let what = format!("CloudFront may ask the API by {}", versions.texts().join(", "));
        findings.push(versions.finding(c::OLD_TLS, what, "Write OriginSSLProtocols: [TLSv1.2]"));
    }
    let headers = origin.get("OriginCustomHeaders");
    let name = edge::SECRET;
    let write = format!(
        "Write into OriginCustomHeaders: HeaderName: {name}, HeaderValue: !Sub \
         '{{{{resolve:secretsmanager:${{OriginSecret}}:SecretString:ORIGIN_SECRET}}}}'"
    );
    let secret =
        headers.items().into_iter().find(|one| one.get("HeaderName").text().eq_ignore_ascii_case(name.as_str()));
    let Some(secret) = secret else {
        findings.push(headers.finding(c::ORIGIN_SECRET, format!("{name} is not sent"), write));
        return;
    };
    let value = secret.get("HeaderValue");
    let Some(source) = value.text().strip_prefix("{{resolve:secretsmanager:") else {
        let what = format!("the value of {name} stands in the template, or in a parameter");
        findings.push(value.finding(c::ORIGIN_SECRET_CLEAR, what, write));
        return;
    };
    if let Some(arn) = project.told("ORIGIN_SECRET_ARN").filter(|arn| !source.starts_with(*arn)) {
        let what = format!("{name} comes from another secret than ORIGIN_SECRET_ARN of the functions, {arn}");
        findings.push(value.finding(c::ORIGIN_SECRET_OTHER, what, write));
    }
}

fn bucket_origin(project: &Project<'_>, origin: &Part<'_>, findings: &mut Vec<Finding>) {
    let access = origin.get("OriginAccessControlId");
    let fix = "Write OriginAccessControlId: !GetAtt StaticAccess.Id, of an AWS::CloudFront::OriginAccessControl with \
               SigningBehavior: always and SigningProtocol: sigv4, and leave OriginAccessIdentity empty";
    if !access.exists() || !origin.get("S3OriginConfig.OriginAccessIdentity").text().is_empty() {
        let what = "the bucket is asked without origin access control";
        findings.push(access.finding(c::ORIGIN_ACCESS, what, fix));
        return;
    }
    let Some((_, own)) = project.find("AWS::CloudFront::OriginAccessControl", access.text()) else { return };
    let signing = own.get("OriginAccessControlConfig.SigningBehavior");
    if signing.text() != "always" {
        let what = format!("requests are signed {}", shown(signing.text()));
        findings.push(signing.finding(c::ORIGIN_ACCESS, what, "Write SigningBehavior: always"));
    }
}

fn errors(config: &Part<'_>, findings: &mut Vec<Finding>) {
    let responses = config.get("CustomErrorResponses");
    for response in responses.items() {
        if response.get("ResponsePagePath").exists() {
            let what = format!("errors {} become one page", response.get("ErrorCode").value);
            let page = response.get("ResponsePagePath");
            findings.push(page.finding(c::ERROR_PAGE, what, "Leave ResponsePagePath and ResponseCode out"));
        }
    }
    let kept: Vec<_> = [500, 502, 503, 504]
        .into_iter()
        .filter(|code| {
            let items = responses.items();
            let said = items.iter().find(|response| response.get("ErrorCode").number() == Some(*code));
            said.and_then(|response| response.get("ErrorCachingMinTTL").number()) != Some(0)
        })
        .map(|code| code.to_string())
        .collect();
    if !kept.is_empty() {
        let what = format!("errors {} are kept", kept.join(", "));
        let fix = "Write { ErrorCode: .., ErrorCachingMinTTL: 0 } for each of them into CustomErrorResponses";
        findings.push(responses.finding(c::ERRORS_CACHED, what, fix));
    }
}

/// A value that may be missing.
fn shown(text: &str) -> &str {
    if text.is_empty() { "not said" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_own_headers_are_spelled_as_the_product_spells_them() {
        for name in [edge::VIEWER, edge::VIEWER_HOST, portico::csrf::HEADER] {
            assert!(needed().contains(&name.as_str()), "{name}");
        }
    }
}
