//! The tables: keys, expiry, what protects the durable ones, the outbox's stream.

use portico::store::{keys, listing};

use super::checks as c;
use super::part::Part;
use super::project::Project;
use crate::doctor::finding::Finding;

/// The functions that the outbox's stream starts.
const CONSUMERS: [&str; 2] = ["mailer", "erase-account"];

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    for (setting, ttl) in
        [("ACCOUNTS_TABLE", keys::AUDIT_TTL), ("SESSIONS_TABLE", keys::TTL), ("OUTBOX_TABLE", keys::TTL)]
    {
        let Some(name) = project.told(setting) else { continue };
        let Some((resource, table)) = project.find("AWS::DynamoDB::Table", name) else {
            let what = format!("{setting} is {name}, and no table of the template has that name");
            let fix = "Write Type: AWS::DynamoDB::Table, or the name of a table that there is";
            findings.push(Finding::new(c::TABLE_MISSING, setting, what, fix));
            continue;
        };
        key_schema(&table, findings);
        expiry(&table, ttl, findings);
        if table.get("BillingMode").text() != "PAY_PER_REQUEST" {
            let what = "its capacity is provisioned";
            findings.push(table.get("BillingMode").finding(
                c::TABLE_BILLING,
                what,
                "Write BillingMode: PAY_PER_REQUEST",
            ));
        }
        match setting {
            "ACCOUNTS_TABLE" => {
                durable(&table, &resource.deletion_policy, findings);
                listed(&table, findings);
            }
            "OUTBOX_TABLE" => {
                durable(&table, &resource.deletion_policy, findings);
                outbox(project, name, &table, findings);
            }
            _ => {}
        }
    }
}

fn key_schema(table: &Part<'_>, findings: &mut Vec<Finding>) {
    let schema = table.get("KeySchema");
    let is = |name: &str, role: &str| {
        schema.items().iter().any(|key| key.get("AttributeName").text() == name && key.get("KeyType").text() == role)
    };
    let kinds = table.get("AttributeDefinitions").items();
    let is_text = |name: &str| {
        kinds.iter().any(|kind| kind.get("AttributeName").text() == name && kind.get("AttributeType").text() == "S")
    };
    if !(is(keys::PK, "HASH") && is(keys::SK, "RANGE") && is_text(keys::PK) && is_text(keys::SK)) {
        let fix = format!(
            "Write KeySchema: [{{ AttributeName: {pk}, KeyType: HASH }}, {{ AttributeName: {sk}, KeyType: RANGE }}], both of \
             AttributeType S; a table's keys cannot be changed, so CloudFormation makes another one",
            pk = keys::PK,
            sk = keys::SK,
        );
        findings.push(schema.finding(c::TABLE_KEYS, "its keys are others", fix));
    }
}

fn expiry(table: &Part<'_>, attribute: &str, findings: &mut Vec<Finding>) {
    let ttl = table.get("TimeToLiveSpecification");
    let fix = format!("Write TimeToLiveSpecification: {{ AttributeName: {attribute}, Enabled: true }}");
    let is_on = ttl.get("Enabled").is_true();
    match ttl.get("AttributeName").text() {
        known if known == attribute && is_on => {}
        other if is_on => {
            findings.push(ttl.get("AttributeName").finding(c::TABLE_TTL, format!("items expire by {other}"), fix));
        }
        _ => findings.push(ttl.finding(c::TABLE_TTL, "nothing expires", fix)),
    }
}

fn durable(table: &Part<'_>, deletion_policy: &str, findings: &mut Vec<Finding>) {
    let backups = table.get("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled");
    if !backups.is_true() {
        let fix = "Write PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }";
        findings.push(backups.finding(c::TABLE_BACKUPS, "no second of its past can be restored", fix));
    }
    let protection = table.get("DeletionProtectionEnabled");
    if !protection.is_true() || deletion_policy == "Delete" {
        let fix = "Write DeletionProtectionEnabled: true, and beside Type DeletionPolicy: Retain and UpdateReplacePolicy: Retain";
        findings.push(protection.finding(c::TABLE_PROTECTION, "the table can be deleted, or goes with the stack", fix));
    }
}

fn listed(table: &Part<'_>, findings: &mut Vec<Finding>) {
    let indexes = table.get("GlobalSecondaryIndexes");
    let is_listing = |index: &Part<'_>| {
        let schema = index.get("KeySchema").items();
        let names: Vec<_> = schema.iter().map(|key| key.get("AttributeName").text()).collect();
        index.get("IndexName").text() == listing::INDEX && names == [listing::LISTED_IN, listing::LISTED_AS]
    };
    if !indexes.items().iter().any(is_listing) {
        let fix = format!(
            "Write into GlobalSecondaryIndexes: IndexName: {}, its HASH key {} and its RANGE key {}, both of AttributeType S",
            listing::INDEX,
            listing::LISTED_IN,
            listing::LISTED_AS
        );
        findings.push(indexes.finding(c::TABLE_INDEX, format!("there is no index {}", listing::INDEX), fix));
    }
}

fn outbox(project: &Project<'_>, name: &str, table: &Part<'_>, findings: &mut Vec<Finding>) {
    let view = table.get("StreamSpecification.StreamViewType");
    if view.text() != "KEYS_ONLY" {
        let what = match view.text() {
            "" => "it has no stream".to_owned(),
            other => format!("its stream carries {other}"),
        };
        findings.push(view.finding(c::TABLE_STREAM, what, "Write StreamSpecification: { StreamViewType: KEYS_ONLY }"));
    }
    for function in &project.functions {
        let of_outbox =
            |event: &Part<'_>| event.get("Properties.Stream").text().contains(&format!(":table/{name}/stream/"));
        if CONSUMERS.contains(&function.name) && !function.events("DynamoDB").iter().any(of_outbox) {
            let what = format!("{} is not started by the outbox's stream", function.part.id);
            let fix = "Write Stream: !GetAtt OutboxTable.StreamArn into its event of Type DynamoDB";
            findings.push(function.part.get("Events").finding(c::CONSUMER, what, fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consumers_are_functions_of_the_product() {
        let all: Vec<_> = local::functions::all().into_iter().map(|(name, _)| name).collect();
        assert!(CONSUMERS.iter().all(|name| all.contains(name)), "{all:?}");
    }
}
