//! Needs, statements, and what becomes of both.

use serde_json::{Value, json};

use super::evaluate::{Verdict, judge, matches};
use super::{Need, Right, Roles, access_key, dynamodb};
use crate::template::{Resolver, Statement, Template};

const TEMPLATE: &str = "
Resources:
  ThingsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: PK, AttributeType: S }
        - { AttributeName: kind, AttributeType: S }
      KeySchema: [{ AttributeName: PK, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: kinds
          KeySchema: [{ AttributeName: kind, KeyType: HASH }]
          Projection: { ProjectionType: ALL }
  OneFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/one
      Policies:
        - Statement:
            - Sid: Read
              Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:Query]
              Resource: !GetAtt ThingsTable.Arn
              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ['A#*', 'B#*'] } }
            - Sid: Write
              Effect: Allow
              Action: dynamodb:PutItem
              Resource: !GetAtt ThingsTable.Arn
              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ['A#*'] } }
            - Sid: SaidTwice
              Effect: Allow
              Action: dynamodb:PutItem
              Resource: !GetAtt ThingsTable.Arn
              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ['A#1*'] } }
            - Sid: List
              Effect: Allow
              Action: dynamodb:Query
              Resource: !Sub ${ThingsTable.Arn}/index/kinds
              Condition: { ForAllValues:StringLike: { dynamodb:LeadingKeys: ['C#*'] } }
            - Sid: Never
              Effect: Deny
              Action: dynamodb:*
              Resource: !GetAtt ThingsTable.Arn
              Condition: { ForAnyValue:StringEquals: { dynamodb:LeadingKeys: ['A#secret'] } }
";

fn template() -> Template {
    Template::parse(TEMPLATE, &Resolver::local()).unwrap()
}

fn ask(roles: &Roles, operation: &str, body: &Value) -> Result<(), String> {
    let needs = dynamodb::needs(operation, body, &template().tables);
    assert!(!needs.is_empty(), "{operation}");
    roles.check(&access_key("one"), &needs).map_err(|denied| denied.to_string())
}

fn key(pk: &str) -> Value {
    json!({ "PK": { "S": pk } })
}

fn put(pk: &str) -> Value {
    json!({ "TableName": "things", "Item": { "PK": { "S": pk }, "Key": { "S": "no key" } } })
}

#[test]
fn a_request_is_allowed_for_the_keys_that_a_statement_names() {
    let roles = Roles::of(&template());
    let get = |pk: &str| json!({ "TableName": "things", "Key": key(pk) });
    for pk in ["A#1", "B#", "B#x"] {
        ask(&roles, "GetItem", &get(pk)).unwrap();
    }
    for pk in ["C#1", "a#1", "", "A", "A#secret"] {
        let denied = ask(&roles, "GetItem", &get(pk)).unwrap_err();
        assert!(denied.contains("the function one is not authorized to perform dynamodb:GetItem on"), "{denied}");
        assert!(denied.contains("table/things"), "{denied}");
    }
    assert_eq!((roles.denied().len(), roles.denied().len()), (5, 0));
    ask(&roles, "DeleteItem", &get("A#1")).unwrap_err();
    ask(&roles, "Scan", &json!({ "TableName": "things" })).unwrap_err();
    ask(&roles, "GetItem", &json!({ "TableName": "others", "Key": key("A#1") })).unwrap_err();
}

#[test]
fn a_refusal_says_which_statement_denies_it_or_comes_nearest() {
    let roles = Roles::of(&template());
    let get = |pk: &str| ask(&roles, "GetItem", &json!({ "TableName": "things", "Key": key(pk) })).unwrap_err();
    assert!(get("A#secret").ends_with(": Never (A#secret) denies it"), "{}", get("A#secret"));
    assert!(get("C#1").contains("allows it; Read (A#*, B#*) has the action, for arn:aws:dynamodb"), "{}", get("C#1"));
    let delete = ask(&roles, "DeleteItem", &json!({ "TableName": "things", "Key": key("A#1") })).unwrap_err();
    assert!(delete.ends_with("no statement of its policies in template.yaml has the action"), "{delete}");
}

#[test]
fn one_statement_must_be_good_for_all_keys_of_a_batch() {
    let roles = Roles::of(&template());
    let batch = |keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|pk| key(pk)).collect();
        json!({ "RequestItems": { "things": { "Keys": keys } } })
    };
    ask(&roles, "BatchGetItem", &batch(&["A#1", "B#1"])).unwrap();
    ask(&roles, "BatchGetItem", &batch(&["A#1", "C#1"])).unwrap_err();
    let delete = json!({ "RequestItems": { "things": [{ "DeleteRequest": { "Key": key("A#1") } }] } });
    ask(&roles, "BatchWriteItem", &delete).unwrap_err();
}

#[test]
fn each_part_of_a_transaction_needs_its_own_right() {
    let roles = Roles::of(&template());
    let transaction = |kind: &str, part: Value| json!({ "TransactItems": [{ "Put": put("A#2") }, { kind: part }] });
    ask(&roles, "TransactWriteItems", &transaction("Put", put("A#3"))).unwrap();
    let other = json!({ "TableName": "things", "Key": key("A#4") });
    for (kind, action) in [("Update", "UpdateItem"), ("Delete", "DeleteItem"), ("ConditionCheck", "ConditionCheckItem")]
    {
        let denied = ask(&roles, "TransactWriteItems", &transaction(kind, other.clone())).unwrap_err();
        assert!(denied.contains(&format!("dynamodb:{action}")), "{denied}");
    }
}

#[test]
fn a_query_is_of_one_partition_of_a_table_or_an_index() {
    let roles = Roles::of(&template());
    let query = |condition: &str, index: Option<&str>| {
        json!({
            "TableName": "things", "IndexName": index, "KeyConditionExpression": condition,
            "ExpressionAttributeNames": { "#p": "PK", "#k": "kind" },
            "ExpressionAttributeValues": { ":a": { "S": "A#1" }, ":c": { "S": "C#1" } },
        })
    };
    ask(&roles, "Query", &query("#p = :a", None)).unwrap();
    ask(&roles, "Query", &query("begins_with(SK, :c) AND (PK = :a)", None)).unwrap();
    ask(&roles, "Query", &query("#p = :c", None)).unwrap_err();
    ask(&roles, "Query", &query("kind = :c", Some("kinds"))).unwrap();
    ask(&roles, "Query", &query("#k = :a", Some("kinds"))).unwrap_err();
    ask(&roles, "Query", &query("nothing", None)).unwrap_err();
}

#[test]
fn the_operator_may_do_everything_and_is_not_counted() {
    let roles = Roles::of(&template());
    let needs = dynamodb::needs("Scan", &json!({ "TableName": "things" }), &[]);
    roles.check("LOCALPORTICO", &needs).unwrap();
    assert!(roles.used().is_empty() && roles.denied().is_empty());
}

#[test]
fn what_was_needed_is_what_nothing_else_would_have_allowed() {
    let roles = Roles::of(&template());
    ask(&roles, "PutItem", &put("A#1")).unwrap();
    assert!(roles.used().is_empty(), "two statements allow it");
    ask(&roles, "PutItem", &put("A#2")).unwrap();
    let used: Vec<_> = roles.used().iter().map(ToString::to_string).collect();
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/things";
    assert_eq!(used, [format!("one\t\tWrite: dynamodb:PutItem on {table} for A#*")]);
    let all: Vec<_> = Right::all(&template().functions[0]).iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 3 * 2 + 1 + 1 + 1, "{all:#?}");
    assert!(all.contains(&used[0]));
}

#[test]
fn without_any_one_right_what_needed_it_is_refused() {
    let template = template();
    let need = |action: &str, pk: &str| {
        Need::new(action, "arn:aws:dynamodb:us-east-1:123456789012:table/things")
            .about("dynamodb:LeadingKeys", vec![pk.to_owned()])
    };
    let statements = &template.functions[0].statements;
    let without = |action: &str| -> Vec<Statement> {
        let mut statements = statements.clone();
        for statement in &mut statements {
            statement.actions.retain(|known| known != action);
        }
        statements
    };
    for (action, pk) in [("dynamodb:GetItem", "A#1"), ("dynamodb:Query", "B#1"), ("dynamodb:PutItem", "A#2")] {
        assert!(matches!(judge(statements, &need(action, pk)), Verdict::Allowed(by) if by.len() == 1), "{action}");
        assert_eq!(judge(&without(action), &need(action, pk)), Verdict::NotAllowed, "{action}");
    }
}

#[test]
fn a_condition_that_cannot_be_held_to_stops_the_start() {
    let odd = TEMPLATE.replace("ForAnyValue:StringEquals", "NumericLessThan");
    let error = Template::parse(&odd, &Resolver::local()).unwrap_err().to_string();
    assert!(error.contains("OneFunction") && error.contains("StringEquals or StringLike"), "{error}");
    for key in ["dynamodb:Attributes", "dynamodb:LeadingKey", "aws:SourceIp"] {
        let odd = TEMPLATE.replace("dynamodb:LeadingKeys: ['A#*', 'B#*']", &format!("{key}: ['A#*']"));
        let error = Template::parse(&odd, &Resolver::local()).unwrap_err().to_string();
        assert!(error.contains(key) && error.contains("dynamodb:LeadingKeys, s3:prefix, ses:FromAddress"), "{error}");
    }
    for element in ["NotAction: dynamodb:Scan", "Conditions: {}", "Principal: '*'"] {
        let odd = TEMPLATE.replacen("- Sid: Write", &format!("- {element}\n              Sid: Write"), 1);
        let error = Template::parse(&odd, &Resolver::local()).unwrap_err().to_string();
        assert!(error.contains("left out: a statement has Sid, Effect"), "{error}");
    }
}

#[test]
fn a_star_is_any_text_and_a_question_mark_one_character() {
    for (pattern, text) in [
        ("*", ""),
        ("**", ""),
        ("", ""),
        ("a*", "a"),
        ("a*c", "abcbc"),
        ("a*b*c", "abbc"),
        ("*a*", "bab"),
        ("a?c", "abc"),
        ("a?c", "a*c"),
        ("a*c", "a*?c"),
        ("*/media/*", "x/media/y"),
        ("é?", "éa"),
        ("*한*", "대한민국"),
    ] {
        assert!(matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("a", "A"),
        ("a?", "a"),
        ("a*c", "ab"),
        ("*ab", "a"),
        ("a*b*c", "acb"),
        ("a", "*"),
        ("", "a"),
        ("media/*", "uploads/media/x"),
    ] {
        assert!(!matches(pattern, text), "{pattern} {text}");
    }
}
