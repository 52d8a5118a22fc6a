//! The template of this project, as one machine reads it.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use super::*;

fn project() -> Template {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let resolver = Resolver::local().parameter("PublicUrl", "http://localhost:8000");
    let resolver = resolver.parameter("StaticFiles", "function").parameter("Admin", "on");
    Template::load(&path, &resolver).unwrap()
}

#[test]
fn every_function_of_the_template_is_linked_in_and_the_other_way_round() {
    let template = project();
    let names: BTreeSet<_> = template.functions.iter().map(|function| function.name.as_str()).collect();
    let linked: BTreeSet<_> = crate::functions::all().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, linked);
    assert!(names.contains("login") && names.contains("process-upload"));
}

#[test]
fn each_path_is_given_once_with_every_method() {
    let template = project();
    let routes: Vec<_> = template.functions.iter().flat_map(|function| &function.routes).collect();
    assert!(routes.iter().all(|route| route.method == "ANY"), "{routes:?}");
    let home = template.function("home").unwrap();
    let paths: Vec<_> = home.routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths.len(), 5);
    assert!(paths.contains(&"$default") && paths.contains(&"/preferences/theme"), "{paths:?}");
    assert_eq!(template.function("presign-upload").unwrap().routes.len(), 5);
}

#[test]
fn the_environment_is_resolved_for_this_machine() {
    let template = project();
    let environment = &template.function("login").unwrap().environment;
    assert_eq!(environment["PUBLIC_URL"], "http://localhost:8000");
    assert_eq!(environment["ACCOUNTS_TABLE"], "accounts");
    assert_eq!(environment["SESSIONS_TABLE"], "sessions");
    assert_eq!(environment["MEDIA_ROOT"], "s3://portico-media-123456789012/media");
    assert_eq!(environment["STATIC_URL"], "/static/");
    let key = "arn:aws:secretsmanager:us-east-1:123456789012:secret:secret-key";
    assert_eq!(environment["SECRET_KEY_ARN"], key);
}

#[test]
fn globals_apply_where_a_function_says_nothing() {
    let template = project();
    assert_eq!(template.function("home").unwrap().memory, 256);
    assert_eq!(template.function("login").unwrap().memory, 1769);
    assert_eq!(template.function("process-upload").unwrap().timeout, Duration::from_mins(15));
}

#[test]
fn the_upload_event_names_the_bucket_by_its_local_name() {
    let template = project();
    let media = template.buckets.iter().find(|bucket| bucket.logical_id == "MediaBucket").unwrap();
    let event = S3Event {
        bucket: media.name.clone(),
        events: vec!["s3:ObjectCreated:*".to_owned()],
        prefix: "uploads/".to_owned(),
        suffix: String::new(),
    };
    assert_eq!(template.function("process-upload").unwrap().s3_events, [event]);
}

#[test]
fn a_scan_by_guardduty_is_asked_for_by_one_parameter_and_is_of_the_quarantine_alone() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let resolver = Resolver::local().attribute("MalwareRole.Arn", "arn:aws:iam::123456789012:role/scans");
    let asked = resolver.clone().parameter("MalwareScan", "guardduty");
    let result: serde_json::Value =
        serde_json::from_str(include_str!("../../../../events/s3-object-scanned.json")).unwrap();
    for (resolver, scanner) in [(&resolver, "none"), (&asked, "guardduty")] {
        let template = Template::parse(&text, resolver).unwrap();
        let process = template.function("process-upload").unwrap();
        let [rule] = process.rule_events.as_slice() else { panic!("{:?}", process.rule_events) };
        assert_eq!((rule.enabled, process.environment["SCANNER"].as_str()), (scanner == "guardduty", scanner));
        assert!(rule.takes(&result), "the sample is of this bucket");
        let mut other = result.clone();
        other["detail"]["s3ObjectDetails"]["bucketName"] = "another".into();
        assert!(!rule.takes(&other));
        let bucket = Template::properties(&text, resolver, "MediaBucket").unwrap();
        let is_on = bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] == true;
        assert_eq!(is_on, scanner == "guardduty");
    }
    let plan = Template::properties(&text, &asked, "MalwarePlan").unwrap();
    let bucket = json!({ "BucketName": "portico-media-123456789012", "ObjectPrefixes": ["held/"] });
    assert_eq!(plan["ProtectedResource"]["S3Bucket"], bucket);
    assert_eq!(plan["Actions"], json!(null), "no tags");
    let role = Template::properties(&text, &asked, "MalwareRole").unwrap();
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap() {
        let texts = |value: &serde_json::Value| match value {
            serde_json::Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            one => vec![one.as_str().unwrap().to_owned()],
        };
        assert!(texts(&statement["Action"]).iter().all(|action| !action.contains('*')), "{statement}");
        for resource in texts(&statement["Resource"]) {
            let is_ours = resource.starts_with("arn:aws:s3:::portico-media-123456789012");
            let is_its_rule = resource.contains(":rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*");
            assert!(is_ours || is_its_rule, "{statement}");
            assert!(!resource.contains("/media/") && !resource.ends_with("123456789012/*"), "{statement}");
        }
    }
}

#[test]
fn the_tables_have_their_keys_and_what_is_durable_does_not_expire() {
    let template = project();
    let [accounts, outbox, sessions] = template.tables.as_slice() else { panic!("{:?}", template.tables) };
    for table in [accounts, outbox, sessions] {
        assert_eq!(table.keys.partition, Key { name: "PK".to_owned(), kind: KeyKind::String });
        assert_eq!(table.keys.sort.as_ref().unwrap().name, "SK");
        assert_eq!(table.billing, Billing::OnDemand);
    }
    assert!(accounts.point_in_time_recovery && accounts.deletion_protection);
    assert_eq!(accounts.ttl_attribute.as_deref(), Some("audited_until"), "events alone expire");
    let [listing] = accounts.indexes.as_slice() else { panic!("{:?}", accounts.indexes) };
    assert_eq!((listing.name.as_str(), listing.keys.partition.name.as_str()), ("listing", "listed_in"));
    assert_eq!(sessions.ttl_attribute.as_deref(), Some("expires_at"));
    assert_eq!(outbox.ttl_attribute.as_deref(), Some("expires_at"));
    assert_eq!(outbox.stream.as_deref(), Some("KEYS_ONLY"), "what a mail is about stays in the table");
    assert_eq!((&accounts.stream, &sessions.stream), (&None, &None));
}

#[test]
fn uploads_are_open_to_the_sites_origin_alone_and_forgotten_in_a_day() {
    let template = project();
    let media = template.buckets.iter().find(|bucket| bucket.logical_id == "MediaBucket").unwrap();
    assert_eq!(media.cors.len(), 1);
    assert_eq!(media.cors[0].allowed_origins, ["http://localhost:8000"]);
    assert_eq!(media.cors[0].allowed_methods, ["GET", "HEAD", "PUT", "POST"]);
    for (rule, prefix) in media.lifecycle.iter().zip(["uploads/", "held/"]) {
        assert_eq!((rule.prefix.as_str(), rule.expiration_days), (prefix, Some(1)));
    }
    assert_eq!(media.lifecycle[2].abort_multipart_days, Some(1));
}

#[test]
fn no_statement_grants_every_action_or_every_resource() {
    for function in project().functions {
        assert!(!function.statements.is_empty(), "{}", function.name);
        for statement in &function.statements {
            assert!(statement.actions.iter().all(|action| !action.contains('*')), "{statement:?}");
            assert!(statement.resources.iter().all(|resource| resource.starts_with("arn:")), "{statement:?}");
            if statement.actions.iter().any(|action| action.starts_with("dynamodb:")) {
                let keys = &statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
                assert!(keys.is_array(), "{}: {statement:?}", function.name);
            }
        }
    }
}

#[test]
fn a_managed_policy_counts_as_the_functions_own_statements() {
    let template = project();
    let home = template.function("home").unwrap();
    let read = home.statements.iter().find(|one| one.sid.as_deref() == Some("ReadTheUser")).unwrap();
    assert_eq!(read.effect, Effect::Allow);
    assert_eq!(read.actions, ["dynamodb:BatchGetItem", "dynamodb:GetItem"]);
    assert_eq!(read.resources, ["arn:aws:dynamodb:us-east-1:123456789012:table/accounts"]);
    let processing = template.function("process-upload").unwrap();
    assert!(processing.statements.iter().all(|one| one.sid.as_deref() != Some("ReadTheUser")));
}
