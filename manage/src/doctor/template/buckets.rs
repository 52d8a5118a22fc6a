//! The buckets: who may read them, over what, from which pages, and what is forgotten.

use serde_json::Value;

use super::api::is_for_everybody;
use super::checks as c;
use super::part::Part;
use super::project::Project;
use crate::doctor::finding::Finding;

const BLOCKS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// What the browser does in the media bucket: shows, uploads by PUT, by POST, in parts.
const METHODS: [&str; 4] = ["GET", "HEAD", "PUT", "POST"];

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    let media = project.media_bucket().map(|(media, _)| media.logical_id.as_str());
    for (resource, bucket) in project.all("AWS::S3::Bucket") {
        private(&bucket, findings);
        tls(project, &resource.name, &bucket, findings);
        let rules = bucket.get("LifecycleConfiguration.Rules");
        let enabled: Vec<_> = rules.items().into_iter().filter(|rule| rule.get("Status").text() == "Enabled").collect();
        let aborts = |rule: &Part<'_>| rule.get("AbortIncompleteMultipartUpload.DaysAfterInitiation").exists();
        if !enabled.iter().any(|rule| aborts(rule) && rule.get("Prefix").text().is_empty()) {
            let what = "parts of uploads that were given up stay";
            let fix = "Write into LifecycleConfiguration.Rules: Status: Enabled, AbortIncompleteMultipartUpload: \
                       { DaysAfterInitiation: 1 }";
            findings.push(rules.finding(c::BUCKET_LIFECYCLE, what, fix));
        }
        for rule in bucket.get("CorsConfiguration.CorsRules").items() {
            let origins = rule.get("AllowedOrigins");
            if origins.texts().iter().any(|origin| is_for_everybody(origin)) {
                let fix = "Write AllowedOrigins: [!Ref PublicUrl]";
                findings.push(origins.finding(c::CORS_STAR, "the bucket answers the scripts of every site", fix));
            }
        }
        if Some(bucket.id) != media {
            continue;
        }
        cors(project, &bucket, findings);
        for prefix in ["uploads/", "held/"] {
            let expires = |rule: &Part<'_>| {
                rule.get("Prefix").text() == prefix
                    && rule.get("ExpirationInDays").number().is_some_and(|days| days <= 7)
            };
            if !enabled.iter().any(expires) {
                let what = format!("nothing under {prefix} is forgotten within a week");
                let fix = format!(
                    "Write into LifecycleConfiguration.Rules: Status: Enabled, Prefix: {prefix}, ExpirationInDays: 1"
                );
                findings.push(rules.finding(c::BUCKET_LIFECYCLE, what, fix));
            }
        }
        if resource.deletion_policy == "Delete" {
            let fix = "Write beside Type DeletionPolicy: Retain and UpdateReplacePolicy: Retain";
            findings.push(bucket.finding(c::BUCKET_DELETED, "it is deleted with the stack", fix));
        }
    }
}

fn private(bucket: &Part<'_>, findings: &mut Vec<Finding>) {
    let block = bucket.get("PublicAccessBlockConfiguration");
    let open: Vec<_> = BLOCKS.into_iter().filter(|name| !block.get(name).is_true()).collect();
    if !open.is_empty() {
        let fix = format!("Write {}: true", BLOCKS.join(": true, "));
        findings.push(block.finding(c::BUCKET_PUBLIC, format!("{} is not said", open.join(", ")), fix));
    }
    let ownership = bucket.get("OwnershipControls.Rules");
    let mut rules = ownership.items().into_iter();
    if !rules.any(|rule| rule.get("ObjectOwnership").text() == "BucketOwnerEnforced") {
        let fix = "Write OwnershipControls: { Rules: [{ ObjectOwnership: BucketOwnerEnforced }] }";
        findings.push(ownership.finding(c::BUCKET_ACLS, "objects may have ACLs", fix));
    }
}

fn tls(project: &Project<'_>, name: &str, bucket: &Part<'_>, findings: &mut Vec<Finding>) {
    let arn = format!(":s3:::{name}");
    let mut is_closed = false;
    for (_, policy) in project.all("AWS::S3::BucketPolicy") {
        if policy.get("Bucket").text() != name {
            continue;
        }
        for statement in policy.get("PolicyDocument.Statement").items() {
            let everybody =
                [&statement.get("Principal"), &statement.get("Principal.AWS")].iter().any(|who| who.text() == "*");
            let condition = statement.get("Condition");
            match statement.get("Effect").text() {
                "Deny" if condition.get("Bool.aws:SecureTransport").value == &Value::from("false") && everybody => {
                    let all = statement.get("Action").texts().iter().any(|action| matches!(*action, "s3:*" | "*"));
                    let resources = statement.get("Resource").texts();
                    let has = |end: &str| resources.iter().any(|resource| resource.ends_with(&format!("{arn}{end}")));
                    is_closed |= all && has("") && has("/*");
                }
                "Allow" if everybody && !condition.exists() => {
                    let fix = "Name who may: Principal: { Service: cloudfront.amazonaws.com }, with the distribution as \
                               AWS:SourceArn";
                    findings.push(statement.get("Principal").finding(c::BUCKET_OPEN, "everybody may", fix));
                }
                _ => {}
            }
        }
    }
    if !is_closed {
        let fix = "Write into its AWS::S3::BucketPolicy a statement with Effect: Deny, Principal: '*', Action: s3:*, the bucket \
                   and its objects (/*) as Resource, and Condition: { Bool: { aws:SecureTransport: 'false' } }";
        findings.push(bucket.finding(
            c::BUCKET_PLAIN_HTTP,
            "no policy refuses plain HTTP for the bucket and its objects",
            fix,
        ));
    }
}

fn cors(project: &Project<'_>, bucket: &Part<'_>, findings: &mut Vec<Finding>) {
    let rules = bucket.get("CorsConfiguration.CorsRules");
    let site = project.told("PUBLIC_URL").unwrap_or_default();
    let is_whole = |rule: &Part<'_>| {
        let methods = rule.get("AllowedMethods").texts();
        METHODS.iter().all(|method| methods.contains(method))
            && rule.get("AllowedHeaders").texts().contains(&"*")
            && rule.get("ExposedHeaders").texts().contains(&"ETag")
    };
    let is_narrow = |rule: &Part<'_>| {
        let methods = rule.get("AllowedMethods").texts();
        rule.get("AllowedOrigins").texts() == [site] && methods.iter().all(|method| METHODS.contains(method))
    };
    let good = rules.items().iter().all(is_narrow) && rules.items().iter().any(is_whole);
    // A star is told by itself.
    let is_star =
        rules.items().iter().any(|rule| rule.get("AllowedOrigins").texts().iter().any(|one| is_for_everybody(one)));
    if !good && !is_star {
        let what = "its rules do not let the site upload, or not the site alone, or more than that";
        let fix = format!(
            "Write AllowedOrigins: [!Ref PublicUrl], AllowedMethods: [{}], AllowedHeaders: ['*'], ExposedHeaders: [ETag]",
            METHODS.join(", ")
        );
        findings.push(rules.finding(c::BUCKET_CORS, what, fix));
    }
}
