//! What the resources are called on one machine: the answers to `!Ref` and `!GetAtt`.

use serde_json::Value;

use super::intrinsics::Scope;

/// What `!Ref` of the resource is: the name it is given in the template, or one made of its logical
/// id (`AccountsTable` is the table `accounts`).
pub(super) fn physical_id(scope: &Scope<'_>, id: &str, resource: &Value, depth: usize) -> Result<String, String> {
    let kind = kind_of(resource);
    let name = name_of(scope, id, resource, depth)?;
    Ok(match kind {
        "AWS::SecretsManager::Secret" => arn(scope, "secretsmanager", &format!("secret:{name}")),
        "AWS::SQS::Queue" => format!(
            "https://sqs.{}.{}/{}/{name}",
            scope.pseudo("AWS::Region"),
            scope.pseudo("AWS::URLSuffix"),
            scope.pseudo("AWS::AccountId"),
        ),
        "AWS::IAM::ManagedPolicy" => arn(scope, "iam", &format!("policy/{name}")),
        _ => name,
    })
}

/// What `!GetAtt` of the resource's attribute is.
pub(super) fn attribute(
    scope: &Scope<'_>,
    id: &str,
    resource: &Value,
    attribute: &str,
    depth: usize,
) -> Result<String, String> {
    let name = name_of(scope, id, resource, depth)?;
    Ok(match (kind_of(resource), attribute) {
        ("AWS::DynamoDB::Table", "Arn") => arn(scope, "dynamodb", &format!("table/{name}")),
        ("AWS::DynamoDB::Table", "StreamArn") => arn(scope, "dynamodb", &format!("table/{name}/stream/local")),
        ("AWS::Serverless::Function", "Arn") => arn(scope, "lambda", &format!("function:{name}")),
        ("AWS::SecretsManager::Secret", "Id") => arn(scope, "secretsmanager", &format!("secret:{name}")),
        ("AWS::SQS::Queue", "Arn") => arn(scope, "sqs", &name),
        ("AWS::SQS::Queue", "QueueName") => name,
        ("AWS::S3::Bucket", "Arn") => format!("arn:{}:s3:::{name}", scope.pseudo("AWS::Partition")),
        _ => return Err(format!("`{id}.{attribute}` is known only to a deployment")),
    })
}

/// `FindThisName` as `find-this-name`.
pub(super) fn kebab(name: &str) -> String {
    let mut result = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !result.is_empty() {
            result.push('-');
        }
        result.push(letter.to_ascii_lowercase());
    }
    result
}

fn name_of(scope: &Scope<'_>, id: &str, resource: &Value, depth: usize) -> Result<String, String> {
    let (property, suffix) = match kind_of(resource) {
        "AWS::DynamoDB::Table" => ("TableName", "Table"),
        "AWS::S3::Bucket" => ("BucketName", "Bucket"),
        "AWS::SQS::Queue" => ("QueueName", "Queue"),
        "AWS::Serverless::Function" => ("FunctionName", "Function"),
        _ => ("Name", ""),
    };
    match resource["Properties"].get(property) {
        Some(given) => match scope.value(given, depth + 1)? {
            Some(Value::String(name)) => Ok(name),
            _ => Err(format!("the {property} of `{id}` is not a text")),
        },
        None => Ok(kebab(id.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(id))),
    }
}

fn kind_of(resource: &Value) -> &str {
    resource["Type"].as_str().unwrap_or_default()
}

fn arn(scope: &Scope<'_>, service: &str, rest: &str) -> String {
    // IAM is global: its ARNs have no region.
    let region = if service == "iam" { "" } else { scope.pseudo("AWS::Region") };
    let (partition, account) = (scope.pseudo("AWS::Partition"), scope.pseudo("AWS::AccountId"));
    format!("arn:{partition}:{service}:{region}:{account}:{rest}")
}
