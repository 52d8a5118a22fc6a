//! The functions: how they run, how long, what they are told, what becomes of what they cannot do.

use portico::config::misspelt;

use super::checks as c;
use super::part::Part;
use super::project::{Function, Project};
use crate::doctor::finding::Finding;

/// The functions that compute passwords' hashes, and how many one after the other in one request: `home` none, `login`
/// two, where an old hash is replaced.
const HASHING: [(&str, u64); 5] = [("account", 1), ("email", 1), ("login", 2), ("password", 2), ("signup", 1)];

/// What gives a function one whole vCPU, MB ("Configure Lambda function memory", AWS Lambda Developer Guide).
const WHOLE_VCPU: u64 = 1_769;

/// How long API Gateway waits, seconds.
const GATEWAY: u64 = 30;

/// How long a dead letter should wait for somebody, seconds: 14 days, the longest there is.
const LETTERS_KEPT: u64 = 1_209_600;

/// Events that are delivered without anybody waiting for the answer.
const ASYNCHRONOUS: [&str; 5] = ["S3", "SNS", "EventBridgeRule", "Schedule", "ScheduleV2"];

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    for function in &project.functions {
        let runtime = function.part.get("Runtime");
        if !runtime.text().starts_with("provided.al20") {
            let what = format!("the runtime is {}", if runtime.exists() { runtime.text() } else { "not said" });
            findings.push(runtime.finding(c::RUNTIME, what, "Write Runtime: provided.al2023"));
        }
        time(function, findings);
        settings(function, findings);
        streams(project, function, findings);
        letters(project, function, findings);
        logs(project, function, findings);
        let is_asked = !function.events("HttpApi").is_empty();
        let secret = function.told("ORIGIN_SECRET_ARN");
        if is_asked && secret.text().is_empty() {
            let fix = "Write ORIGIN_SECRET_ARN: !Ref OriginSecret into Environment.Variables";
            findings.push(secret.finding(c::OPEN, "it knows no origin secret", fix));
        }
    }
    for (_, group) in project.all("AWS::Logs::LogGroup") {
        let days = group.get("RetentionInDays");
        if days.number().is_none() {
            findings.push(days.finding(c::LOG_RETENTION, "nothing is ever deleted", "Write RetentionInDays: 90"));
        }
    }
}

fn time(function: &Function<'_>, findings: &mut Vec<Finding>) {
    let timeout = function.part.get("Timeout");
    // Lambda's own.
    let seconds = timeout.number().unwrap_or(3);
    if !function.events("HttpApi").is_empty() && seconds > GATEWAY {
        let what = format!("it may take {seconds} seconds");
        findings.push(timeout.finding(c::OUTLIVES, what, format!("Write Timeout: {GATEWAY}, or less")));
    }
    // What cannot be read is told by itself.
    let Ok(config) = function.config() else { return };
    let mut waits = vec![(config.timeouts.operation_ms, "one call to AWS takes (AWS_OPERATION_TIMEOUT_MS)")];
    let hashes = HASHING.iter().find(|(name, _)| *name == function.name).map(|(_, hashes)| *hashes);
    if let Some(hashes) = hashes {
        waits.push((hashes * config.passwords.wait_ms, "its passwords wait for their turn (PASSWORD_HASH_WAIT_MS)"));
    }
    if function.name == "mailer" {
        waits.push((config.mail.timeout * 1_000, "a mail takes (EMAIL_TIMEOUT)"));
    }
    let longest = waits.into_iter().max_by_key(|(milliseconds, _)| *milliseconds);
    if let Some((milliseconds, what)) = longest.filter(|(milliseconds, _)| seconds * 1_000 <= *milliseconds) {
        let told = format!("it ends after {seconds} seconds, and {what} may take {milliseconds} ms");
        let fix = format!("Write Timeout: {}, or more", milliseconds / 1_000 + 5);
        findings.push(timeout.finding(c::TIMEOUT, told, fix));
    }
    let memory = function.part.get("MemorySize");
    if hashes.is_some() && memory.number().unwrap_or(128) < WHOLE_VCPU {
        let what = format!("it computes hashes of passwords with {} MB", memory.number().unwrap_or(128));
        findings.push(memory.finding(c::MEMORY, what, format!("Write MemorySize: {WHOLE_VCPU}, or more")));
    }
}

fn settings(function: &Function<'_>, findings: &mut Vec<Finding>) {
    let names: Vec<_> = function.environment().into_iter().map(|(name, _)| name.to_owned()).collect();
    let variables = function.part.get("Environment.Variables");
    for told in misspelt(&names) {
        findings.push(variables.finding(c::SETTING, told, "Write the name that was meant, or remove it"));
    }
    if let Err(errors) = function.config() {
        let lines: Vec<_> = errors.to_string().lines().skip(1).map(|line| line.trim().to_owned()).collect();
        let fix = "Write what is accepted: docs/configuration.md has every setting";
        findings.push(variables.finding(c::SETTING, lines.join("; "), fix));
    }
}

fn streams(project: &Project<'_>, function: &Function<'_>, findings: &mut Vec<Finding>) {
    for event in function.events("DynamoDB") {
        let answers = event.get("Properties.FunctionResponseTypes");
        if !answers.texts().contains(&"ReportBatchItemFailures") {
            let fix = "Write FunctionResponseTypes: [ReportBatchItemFailures]";
            findings.push(answers.finding(c::BATCH_FAILURES, "it does not ask which records have failed", fix));
        }
        let retries = event.get("Properties.MaximumRetryAttempts");
        if retries.number().is_none() {
            let what = "a record is tried again without end";
            findings.push(retries.finding(c::STREAM_RETRIES, what, "Write MaximumRetryAttempts: 10"));
        }
        letter_box(project, &event.get("Properties.DestinationConfig.OnFailure.Destination"), findings);
    }
}

fn letters(project: &Project<'_>, function: &Function<'_>, findings: &mut Vec<Finding>) {
    if !ASYNCHRONOUS.iter().any(|kind| !function.events(kind).is_empty()) {
        return;
    }
    let destination = function.part.get("EventInvokeConfig.DestinationConfig.OnFailure.Destination");
    let queue = function.part.get("DeadLetterQueue.TargetArn");
    letter_box(project, if queue.exists() { &queue } else { &destination }, findings);
}

/// Where what has failed goes.
fn letter_box(project: &Project<'_>, destination: &Part<'_>, findings: &mut Vec<Finding>) {
    if !destination.exists() {
        let fix = "Write OnFailure: { Type: SQS, Destination: !GetAtt QUEUE.Arn }, with a queue of its own";
        findings.push(destination.finding(c::DEAD_LETTERS, "what fails for the last time goes nowhere", fix));
        return;
    }
    let Some((_, queue)) = project.find("AWS::SQS::Queue", destination.text()) else { return };
    let kept = queue.get("MessageRetentionPeriod");
    if kept.number().is_none_or(|seconds| seconds < LETTERS_KEPT) {
        let what = "its dead letters are kept for less than 14 days";
        findings.push(kept.finding(
            c::DEAD_LETTERS_SHORT,
            what,
            format!("Write MessageRetentionPeriod: {LETTERS_KEPT}"),
        ));
    }
}

fn logs(project: &Project<'_>, function: &Function<'_>, findings: &mut Vec<Finding>) {
    let group = function.part.get("LoggingConfig.LogGroup");
    if project.find("AWS::Logs::LogGroup", group.text()).is_none() {
        let what = "it logs into a group that Lambda makes, and that keeps everything";
        let fix = "Write LoggingConfig: { LogGroup: !Ref Logs }, of an AWS::Logs::LogGroup with RetentionInDays";
        findings.push(group.finding(c::LOG_RETENTION, what, fix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hashes_is_a_function_of_the_product() {
        let all: Vec<_> = local::functions::all().into_iter().map(|(name, _)| name).collect();
        assert!(HASHING.iter().all(|(name, _)| all.contains(name)), "{all:?}");
    }
}
