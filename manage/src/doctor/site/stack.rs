//! From what AWS says of a stack to what is wrong.

use super::checks as c;
use super::facts::{Account, Bucket, Mail, Secret, Table, Told};
use crate::doctor::finding::Finding;

/// What the browser does in the media bucket: shows, uploads by PUT, by POST, in parts.
const METHODS: [&str; 4] = ["GET", "HEAD", "PUT", "POST"];

/// Finds what is wrong; nothing, where all is well.
pub(super) fn diagnose(account: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in &account.tables {
        table(account, one, &mut findings);
    }
    for one in &account.buckets {
        bucket(account, one, &mut findings);
    }
    for (id, told) in &account.secrets {
        let place = format!("the secret {id}");
        match told {
            Ok(Secret::There) => {}
            Ok(Secret::Missing) => {
                let fix = restore(account);
                findings.push(Finding::new(c::SECRET, place, "it is not there", fix));
            }
            Ok(Secret::Ending) => {
                let fix = "Run `aws secretsmanager restore-secret --secret-id ARN` before the day comes";
                findings.push(Finding::new(c::SECRET, place, "it is to be deleted on a day that is set", fix));
            }
            Err(why) => findings.push(unchecked(&place, why)),
        }
    }
    mail(&account.mail, &mut findings);
    findings
}

/// What could not be asked.
pub(super) fn unchecked(place: &str, why: &str) -> Finding {
    let fix = "Ask with credentials that may: docs/doctor.md lists the actions";
    Finding::new(c::UNCHECKED, place, format!("could not be checked: {}", why.trim_end_matches('.')), fix)
}

/// What is to be seen to where a resource is gone or ill: CloudFormation compares with the template before, and makes
/// nothing anew that it has not been told of.
fn restore(account: &Account) -> String {
    format!(
        "See the resources of the stack {} in CloudFormation, and docs/operations.md, \"Backups and restoring\"",
        account.stack
    )
}

/// What was told; what was not is a finding.
fn told<'a, T>(place: &str, told: &'a Told<T>, findings: &mut Vec<Finding>) -> Option<&'a T> {
    told.as_ref().map_err(|why| findings.push(unchecked(place, why))).ok()
}

fn table(account: &Account, table: &Table, findings: &mut Vec<Finding>) {
    let place = format!("the table {}", table.name);
    if let Some((state, is_protected)) = told(&place, &table.state, findings) {
        if state != "ACTIVE" && state != "UPDATING" {
            findings.push(Finding::new(c::TABLE, &place, format!("it is {state}"), restore(account)));
        }
        if table.is_durable && !is_protected {
            let fix =
                format!("Run `aws dynamodb update-table --table-name {} --deletion-protection-enabled`", table.name);
            findings.push(Finding::new(c::UNPROTECTED, &place, "it can be deleted", fix));
        }
    }
    let place = format!("the expiry of {}", table.name);
    if let Some(ttl) = told(&place, &table.ttl, findings)
        && ttl.as_deref() != Some(table.expires_by)
    {
        let what = match ttl {
            Some(other) => format!("items expire by {other}, and the product writes {}", table.expires_by),
            None => "nothing expires".to_owned(),
        };
        let fix = format!(
            "Run `aws dynamodb update-time-to-live --table-name {} --time-to-live-specification \
             Enabled=true,AttributeName={}`",
            table.name, table.expires_by
        );
        findings.push(Finding::new(c::TTL, place, what, fix));
    }
    let place = format!("the backups of {}", table.name);
    if let Some(backups) = &table.backups
        && let Some(false) = told(&place, backups, findings)
    {
        let fix = format!(
            "Run `aws dynamodb update-continuous-backups --table-name {} --point-in-time-recovery-specification \
             PointInTimeRecoveryEnabled=true`",
            table.name
        );
        findings.push(Finding::new(c::BACKUPS, place, "no second of its past can be restored", fix));
    }
}

fn bucket(account: &Account, bucket: &Bucket, findings: &mut Vec<Finding>) {
    let place = format!("public access to {}", bucket.name);
    if let Some(false) = told(&place, &bucket.blocked, findings) {
        let fix = format!(
            "Run `aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
             BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`",
            bucket.name
        );
        findings.push(Finding::new(c::BUCKET_PUBLIC, place, "not every kind of it is blocked", fix));
    }
    let place = format!("the CORS rules of {}", bucket.name);
    let Some(cors) = &bucket.cors else { return };
    let Some(rules) = told(&place, cors, findings) else { return };
    // Without an address there is no site whose pages could upload.
    let Some(site) = &account.site else { return };
    let origins: Vec<_> = rules.iter().flat_map(|rule| &rule.origins).map(String::as_str).collect();
    let others: Vec<_> =
        origins.iter().copied().filter(|origin| origin.trim_end_matches('/') != site.trim_end_matches('/')).collect();
    let takes = rules.iter().any(|rule| {
        let has = |method: &str| rule.methods.iter().any(|known| known == method);
        rule.origins.contains(site)
            && METHODS.iter().all(|method| has(method))
            && rule.exposed.iter().any(|name| name == "ETag")
    });
    let methods = METHODS.map(|method| format!("\"{method}\"")).join(",");
    let fix = format!(
        "Deploy with PublicUrl={site}, from which the rules of template.yaml follow; where the stack has that, run `aws s3api \
         put-bucket-cors --bucket {} --cors-configuration '{{\"CORSRules\":[{{\"AllowedOrigins\":[\"{site}\"],\
         \"AllowedMethods\":[{methods}],\"AllowedHeaders\":[\"*\"],\"ExposeHeaders\":[\"ETag\"],\"MaxAgeSeconds\":3600}}]}}'`",
        bucket.name
    );
    if !others.is_empty() {
        let what = format!("pages of {} may upload too, and the site is {site}", others.join(", "));
        findings.push(Finding::new(c::BUCKET_CORS, place, what, fix));
    } else if !takes {
        let what = format!("pages of {site} cannot upload, or cannot read ETag");
        findings.push(Finding::new(c::BUCKET_CORS, place, what, fix));
    }
}

fn mail(mail: &Mail, findings: &mut Vec<Finding>) {
    let Some(sender) = &mail.sender else {
        let fix = "Verify an address or a domain in Amazon SES, and deploy with DefaultFromEmail=ADDRESS";
        findings.push(Finding::new(c::MAIL_OFF, "mail", "DefaultFromEmail is empty: each mail waits as failed", fix));
        return;
    };
    let place = format!("mail from {sender}");
    if let Some(false) = told(&place, &mail.is_verified, findings) {
        let what = "neither the address nor its domain is verified in this region";
        let fix =
            format!("Run `aws sesv2 create-email-identity --email-identity {sender}`, and follow the mail that comes");
        findings.push(Finding::new(c::MAIL_IDENTITY, &place, what, fix));
    }
    let Some((is_production, is_sending)) = told("the account's mail", &mail.account, findings) else { return };
    if !is_sending {
        let fix = "See the account dashboard of Amazon SES: AWS says there why, and what it asks for";
        findings.push(Finding::new(c::MAIL_OFF, "the account's mail", "sending is switched off", fix));
    }
    if !is_production {
        let what = "the account is in the sandbox";
        let fix = "Ask for production access: `aws sesv2 put-account-details --production-access-enabled ..`";
        findings.push(Finding::new(c::MAIL_SANDBOX, "the account's mail", what, fix));
    }
}
