//! Intrinsic functions computed, and what is said of templates that are wrong.

mod project;

use serde_json::json;

use super::*;

const HEAD: &str = "Transform: AWS::Serverless-2016-10-31\n";

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(&format!("{HEAD}{text}"), &Resolver::local())
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn every_intrinsic_function_is_computed() {
    let template = parse(
        "
Parameters: { Word: { Type: String, Default: big }, Count: { Type: Number, Default: 3 } }
Mappings: { Sizes: { big: { memory: 512 } } }
Conditions:
  Big: !Equals [!Ref Word, big]
  Small: !Not [!Condition Big]
  Both: !And [!Condition Big, !Not [!Condition Small]]
  Either: !Or [!Condition Small, !Condition Big]
Resources:
  Wide: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub '${AWS::StackName}-${Word}' } }
  GoneBucket: { Type: AWS::S3::Bucket, Condition: Small }
  DeadQueue: { Type: AWS::SQS::Queue }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/some-thing/
      MemorySize: !FindInMap [Sizes, !Ref Word, memory]
      Environment:
        Variables:
          JOIN: !Join ['-', [a, !Ref Word, !Ref AWS::NoValue]]
          SELECT: !Select [2, !Split ['/', 'https://host/x']]
          SUB: !Sub ['${A} ${Wide.Arn} ${!Literal}', { A: !Ref Count }]
          IF: !If [Both, !If [Either, yes-both, no], no]
          GONE: !If [Small, x, !Ref AWS::NoValue]
          LONG: { 'Fn::Join': ['', [{ Ref: Word }, { 'Fn::GetAtt': [DeadQueue, QueueName] }]] }
          NUMBER: 7
          FLAG: true
",
    )
    .unwrap();
    let function = &template.functions[0];
    assert_eq!(function.name, "some-thing");
    assert_eq!(function.memory, 512);
    assert_eq!(template.buckets.len(), 1);
    assert_eq!(
        json!(function.environment),
        json!({
            "JOIN": "a-big",
            "SELECT": "host",
            "SUB": "3 arn:aws:s3:::portico-big ${Literal}",
            "IF": "yes-both",
            "LONG": "bigdead",
            "NUMBER": "7",
            "FLAG": "true",
        })
    );
}

#[test]
fn a_parameter_override_beats_the_default() {
    let text = "
Parameters: { Name: { Type: String, Default: one } }
Resources:
  B: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref Name } }
";
    let resolver = Resolver::local().parameter("Name", "two");
    assert_eq!(Template::parse(text, &resolver).unwrap().buckets[0].name, "two");
}

#[test]
fn a_fallback_is_for_a_parameter_that_the_template_leaves_empty() {
    for (default, name) in [("''", "two"), ("one", "one")] {
        let text = format!(
            "
Parameters: {{ Name: {{ Type: String, Default: {default} }} }}
Resources:
  B: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Ref Name }} }}
"
        );
        let resolver = Resolver::local().fallback("Name", "two");
        assert_eq!(Template::parse(&text, &resolver).unwrap().buckets[0].name, name);
    }
}

#[test]
fn a_reference_to_nothing_names_the_resource_and_the_property() {
    let message = error(
        "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: functions/f, Environment: { Variables: { A: !Ref Nowhere } } }
",
    );
    assert_eq!(
        message,
        "F: `Environment` cannot be resolved: `Nowhere` is neither a parameter nor a resource of this template"
    );
}

#[test]
fn an_attribute_only_a_deployment_knows_must_be_given() {
    let text = "
Resources:
  D: { Type: AWS::CloudFront::Distribution }
  B: { Type: AWS::S3::Bucket, Properties: { BucketName: !GetAtt D.DomainName } }
";
    assert!(error(text).contains("`D.DomainName` is known only to a deployment"), "{}", error(text));
    let resolver = Resolver::local().attribute("D.DomainName", "localhost");
    assert_eq!(Template::parse(text, &resolver).unwrap().buckets[0].name, "localhost");
}

#[test]
fn a_circle_of_references_is_an_error() {
    let message = error(
        "
Resources:
  A: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref B } }
  B: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref A } }
",
    );
    assert!(message.contains("refers to itself"), "{message}");
}

#[test]
fn a_parameter_without_a_value_is_an_error() {
    let message = error(
        "
Parameters: { Name: { Type: String } }
Resources:
  B: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref Name } }
",
    );
    assert!(message.contains("the parameter `Name` has no default"), "{message}");
}

#[test]
fn a_table_without_a_key_schema_is_an_error() {
    let message = error(
        "
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties: { AttributeDefinitions: [{ AttributeName: PK, AttributeType: S }] }
",
    );
    assert_eq!(message, "T: `KeySchema` is missing");
}

#[test]
fn a_key_that_is_not_defined_is_an_error() {
    let message = error(
        "
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: PK, AttributeType: S }]
      KeySchema: [{ AttributeName: ID, KeyType: HASH }]
",
    );
    assert_eq!(message, "T: `KeySchema.0.AttributeName` must be an attribute that AttributeDefinitions defines");
}

#[test]
fn indexes_are_read_with_their_keys_and_projection() {
    let template = parse(
        "
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: PK, AttributeType: S }, { AttributeName: N, AttributeType: N }]
      KeySchema: [{ AttributeName: PK, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: by-n
          KeySchema: [{ AttributeName: N, KeyType: HASH }]
          Projection: { ProjectionType: INCLUDE, NonKeyAttributes: [a] }
",
    )
    .unwrap();
    let index = &template.tables[0].indexes[0];
    assert_eq!(index.keys.partition.kind, KeyKind::Number);
    assert_eq!(index.projection, Projection::Include(vec!["a".to_owned()]));
    assert_eq!(template.tables[0].billing, Billing::Provisioned);
}

#[test]
fn a_wrong_method_an_unknown_event_and_a_path_without_a_slash_are_errors() {
    let with = |event: &str| {
        error(&format!(
            "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {{ CodeUri: functions/f, Events: {{ E: {event} }} }}
"
        ))
    };
    let method = with("{ Type: HttpApi, Properties: { Path: /, Method: FETCH } }");
    assert_eq!(method, "F: `Events.E.Properties.Method` must be an HTTP method or ANY");
    let path = with("{ Type: HttpApi, Properties: { Path: login, Method: GET } }");
    assert!(path.contains("`Events.E.Properties.Path`"), "{path}");
    let kind = with("{ Type: Kafka }");
    assert!(kind.contains("`Events.E.Type` must be HttpApi, S3, DynamoDB or EventBridgeRule"), "{kind}");
}

#[test]
fn a_rule_for_events_of_other_services_has_a_pattern_and_changes_nothing_of_them() {
    let with = |properties: &str| {
        parse(&format!(
            "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {{ CodeUri: f/f, Events: {{ E: {{ Type: EventBridgeRule, Properties: {properties} }} }} }}
"
        ))
    };
    let template = with("{ Pattern: { source: [a, b], detail: { c: [1] } }, State: DISABLED }").unwrap();
    let rule = &template.functions[0].rule_events[0];
    assert!(!rule.enabled && with("{ Pattern: { source: [a] } }").unwrap().functions[0].rule_events[0].enabled);
    assert!(rule.takes(&json!({ "source": "b", "detail": { "c": 1, "d": 2 } })));
    assert!(!rule.takes(&json!({ "source": "b", "detail": { "c": 2 } })));
    assert!(!rule.takes(&json!({ "source": "b" })));
    for (bad, place) in [
        ("{ State: ENABLED }", "Events.E.Properties.Pattern"),
        ("{ Pattern: {} }", "Events.E.Properties.Pattern"),
        ("{ Pattern: { source: a } }", "Events.E.Properties.Pattern"),
        ("{ Pattern: { source: [a] }, State: OFF }", "Events.E.Properties.State"),
        ("{ Pattern: { source: [a] }, InputPath: $.detail }", "Events.E.Properties.InputPath"),
        ("{ Pattern: { source: [a] }, EventBusName: mine }", "Events.E.Properties.EventBusName"),
    ] {
        let message = with(bad).unwrap_err().to_string();
        assert!(message.contains(place), "{bad}: {message}");
    }
}

#[test]
fn the_same_route_twice_is_an_error() {
    let message = error(
        "
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: f/a, Events: { E: { Type: HttpApi, Properties: { Path: /x, Method: any } } } }
  B:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: f/b, Events: { E: { Type: HttpApi, Properties: { Path: /x, Method: ANY } } } }
",
    );
    assert_eq!(message, "B: the route `ANY /x` is already taken by A");
}

#[test]
fn a_policy_template_that_hides_its_actions_is_an_error() {
    let message = error(
        "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: f/f, Policies: [{ DynamoDBCrudPolicy: { TableName: x } }] }
",
    );
    assert!(message.starts_with("F: `Policies.0` must be a policy document"), "{message}");
}
