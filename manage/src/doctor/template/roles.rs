//! What the functions may do: no more than they do, each by a role of its own.

use std::collections::BTreeMap;

use super::checks as c;
use super::part::Part;
use super::project::Project;
use crate::doctor::finding::Finding;

/// What SAM, and Lambda's guide, give every function: logging, tracing, a VPC.
const EVERYBODYS: [&str; 6] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "AWSLambdaSQSQueueExecutionRole",
];

/// Actions that know no resource ("Actions, resources, and condition keys", AWS Service Authorization Reference).
const WITHOUT_RESOURCE: [&str; 6] = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "cloudwatch:PutMetricData",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
];

/// Whose statements they are.
#[derive(Clone, Copy, PartialEq)]
enum Whose {
    /// A function's.
    Function,
    /// A service's, to whom AWS says what it needs.
    Service,
}

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    let mut roles: BTreeMap<&str, &str> = BTreeMap::new();
    for function in &project.functions {
        let role = function.part.get("Role");
        if role.exists()
            && let Some(other) = roles.insert(role.text(), function.part.id)
        {
            let what = format!("{other} has the same role");
            let fix = "Leave Role out, and write the statements into Policies: SAM makes a role for each function";
            findings.push(role.finding(c::ROLE_SHARED, what, fix));
        }
        for policy in function.part.get("Policies").items() {
            attached(project, &policy, findings);
        }
    }
    for (_, policy) in project.all("AWS::IAM::ManagedPolicy").chain(project.all("AWS::IAM::Policy")) {
        document(&policy.get("PolicyDocument"), Whose::Function, findings);
    }
    for (_, role) in project.all("AWS::IAM::Role") {
        let trusted = role.get("AssumeRolePolicyDocument.Statement").items();
        let is_lambdas =
            trusted.iter().any(|one| one.get("Principal.Service").texts().contains(&"lambda.amazonaws.com"));
        let whose = if is_lambdas { Whose::Function } else { Whose::Service };
        for policy in role.get("Policies").items() {
            document(&policy.get("PolicyDocument"), whose, findings);
        }
        for policy in role.get("ManagedPolicyArns").items() {
            named(project, &policy, findings);
        }
    }
}

/// One of a function's policies: a document, a policy by name, a template of SAM's.
fn attached(project: &Project<'_>, policy: &Part<'_>, findings: &mut Vec<Finding>) {
    if policy.get("Statement").exists() {
        document(policy, Whose::Function, findings);
    } else if policy.value.is_string() {
        named(project, policy, findings);
    } else {
        let names: Vec<_> = policy.entries().into_iter().map(|(name, _)| name).collect();
        let what = format!("{} is a template of SAM's", names.join(", "));
        findings.push(policy.finding(c::ROLE_TEMPLATE, what, STATEMENTS));
    }
}

const STATEMENTS: &str = "Write the statements themselves, each with the actions, the resource and the leading keys or the \
                          prefix that are used";

fn named(project: &Project<'_>, policy: &Part<'_>, findings: &mut Vec<Finding>) {
    let name = policy.text().rsplit('/').next().unwrap_or_default();
    let is_ours = project.all("AWS::IAM::ManagedPolicy").any(|(own, _)| own.name == policy.text());
    if !is_ours && !EVERYBODYS.contains(&name) {
        let what = format!("{name} is a policy of AWS's, or of another stack");
        findings.push(policy.finding(c::ROLE_TEMPLATE, what, STATEMENTS));
    }
}

fn document(document: &Part<'_>, whose: Whose, findings: &mut Vec<Finding>) {
    for statement in document.get("Statement").items() {
        if statement.get("Effect").text() == "Allow" {
            allowed(&statement, whose, findings);
        }
    }
}

fn allowed(statement: &Part<'_>, whose: Whose, findings: &mut Vec<Finding>) {
    for key in ["NotAction", "NotResource"] {
        let but = statement.get(key);
        if but.exists() {
            let what = format!("{key} grants all but {}", but.texts().join(", "));
            let fix = format!("Write {} with what is used", &key[3..]);
            findings.push(but.finding(c::ROLE_NOT, what, fix));
        }
    }
    let (actions, resources) = (statement.get("Action"), statement.get("Resource"));
    let stars: Vec<_> = actions.texts().into_iter().filter(|action| action.contains('*')).collect();
    if !stars.is_empty() {
        let what = format!("it grants {}", stars.join(", "));
        findings.push(actions.finding(c::ROLE_ACTION, what, "Write the actions that are used, one by one"));
    }
    let condition = statement.get("Condition");
    let is_mail = actions.texts().iter().any(|action| action.starts_with("ses:"));
    if is_mail && !conditions(&condition).any(|(key, _)| key == "ses:FromAddress") {
        let what = "it may send from every address";
        let fix = "Write Condition: { StringEquals: { ses:FromAddress: .. } } with DEFAULT_FROM_EMAIL";
        findings.push(statement.finding(c::ROLE_SENDER, what, fix));
    }
    let is_bound = !actions.texts().iter().all(|action| WITHOUT_RESOURCE.contains(action));
    let everything: Vec<_> =
        resources.texts().into_iter().filter(|resource| is_bound && is_everything(resource)).collect();
    // Of mail the identity is said by its address.
    if !everything.is_empty() && !is_mail {
        let what = format!("it reaches {}", everything.join(", "));
        findings.push(resources.finding(
            c::ROLE_RESOURCE,
            what,
            "Write the ARN of what is used: !GetAtt NAME.Arn, or !Ref NAME",
        ));
        return;
    }
    if whose == Whose::Function && stars.is_empty() {
        tables(statement, findings);
        buckets(statement, findings);
    }
}

/// Whether an ARN names all there is of its kind: `*`, `..:table/*`, `..:secret:*`. Of objects in a bucket it is the
/// bucket that counts.
fn is_everything(resource: &str) -> bool {
    let mut parts = resource.splitn(6, ':');
    let (service, named) = (parts.nth(2).unwrap_or_default(), parts.nth(2).unwrap_or_default());
    if service == "s3" {
        return named.starts_with('*');
    }
    let name = named.split_once(['/', ':']).map_or(named, |(_, name)| name);
    resource == "*" || name == "*" || named == "*"
}

fn tables(statement: &Part<'_>, findings: &mut Vec<Finding>) {
    /// What is about a table, and no item of it.
    const ABOUT: [&str; 8] = [
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "dynamodb:ListTagsOfResource",
    ];
    let actions = statement.get("Action").texts();
    let of_items: Vec<_> =
        actions.into_iter().filter(|action| action.starts_with("dynamodb:") && !ABOUT.contains(action)).collect();
    if of_items.is_empty() {
        return;
    }
    let fix = "Write Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ['USER#*'] } } with what the partitions \
               that are used begin with";
    let condition = statement.get("Condition");
    let keys: Vec<_> = conditions(&condition)
        .filter(|(key, _)| *key == "dynamodb:LeadingKeys")
        .flat_map(|(_, values)| values.texts())
        .collect();
    if of_items.contains(&"dynamodb:Scan") {
        let what = "it may Scan, to which no leading keys apply";
        let action = statement.get("Action");
        findings.push(action.finding(c::ROLE_TABLE, what, "Write dynamodb:Query, with leading keys"));
    } else if keys.is_empty() {
        let what = format!("{} reach every partition", of_items.join(", "));
        findings.push(condition.finding(c::ROLE_TABLE, what, fix));
    } else if keys.contains(&"*") {
        let what = "the leading key * is every partition";
        findings.push(condition.finding(c::ROLE_TABLE, what, fix));
    }
}

fn buckets(statement: &Part<'_>, findings: &mut Vec<Finding>) {
    let resources = statement.get("Resource");
    let whole: Vec<_> = resources
        .texts()
        .into_iter()
        .filter(|resource| resource.contains(":s3:::") && resource.ends_with("/*"))
        .collect();
    let is_whole = |resource: &&str| resource.matches('/').count() == 1;
    let whole: Vec<_> = whole.into_iter().filter(is_whole).collect();
    if !whole.is_empty() {
        let what = format!("it reaches every object of {}", whole.join(", "));
        let fix = "Write the prefix that is used before the star: uploads/*, held/* or media/*";
        findings.push(resources.finding(c::ROLE_BUCKET, what, fix));
    }
    let condition = statement.get("Condition");
    let lists = statement.get("Action").texts().contains(&"s3:ListBucket");
    if lists && !conditions(&condition).any(|(key, values)| key == "s3:prefix" && !values.texts().contains(&"*")) {
        let what = "it may list the whole bucket";
        let fix = "Write Condition: { StringLike: { s3:prefix: 'uploads/*' } } with the prefix that is used";
        findings.push(condition.finding(c::ROLE_BUCKET, what, fix));
    }
}

/// The keys of a condition, with their values, whatever the operator.
fn conditions<'a>(condition: &Part<'a>) -> impl Iterator<Item = (&'a str, Part<'a>)> {
    condition.entries().into_iter().flat_map(|(_, operator)| operator.entries())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_from_something() {
        for everything in [
            "*",
            "arn:aws:dynamodb:us-east-1:123456789012:table/*",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:*",
            "arn:aws:sqs:us-east-1:123456789012:*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::*/*",
        ] {
            assert!(is_everything(everything), "{everything}");
        }
        for something in [
            "arn:aws:dynamodb:us-east-1:123456789012:table/accounts",
            "arn:aws:dynamodb:us-east-1:123456789012:table/accounts/index/*",
            "arn:aws:s3:::bucket/*",
            "arn:aws:s3:::bucket",
            "arn:aws:events:us-east-1:123456789012:rule/DO-NOT-DELETE-*",
            "MalwareRole.Arn",
        ] {
            assert!(!is_everything(something), "{something}");
        }
    }
}
