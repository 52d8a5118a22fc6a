"""What SAM makes of a template, and the deployed stack that an emulator made of it."""

import dataclasses
import json
import re

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from emulator import REGION, Failed, say

NO_VALUE = {"Ref": "AWS::NoValue"}


def translated(packaged, parameters):
    """CloudFormation's own resources, those whose condition holds, by `aws-sam-translator`."""
    template = yaml_parse(packaged)
    defaults = {name: about.get("Default") for name, about in template["Parameters"].items()}
    values = {"AWS::Region": REGION} | defaults | parameters
    result = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION)).translate(template, values)
    conditions = result.get("Conditions", {})

    def holds(condition):
        ((function, arguments),) = condition.items()
        match function:
            case "Condition":
                return holds(conditions[arguments])
            case "Fn::Not":
                return not holds(arguments[0])
            case "Fn::And":
                return all(map(holds, arguments))
            case "Fn::Or":
                return any(map(holds, arguments))
            case "Fn::Equals":
                left, right = (values[side["Ref"]] if isinstance(side, dict) else side for side in arguments)
                return left == right
        raise Failed(f"the condition {condition} is not understood")

    def chosen(value):
        """The value with every `Fn::If` decided."""
        match value:
            case {"Fn::If": [condition, then, otherwise]}:
                return chosen(then if holds({"Condition": condition}) else otherwise)
            case dict():
                decided = {name: chosen(one) for name, one in value.items()}
                return {name: one for name, one in decided.items() if one != NO_VALUE}
            case list():
                return [one for one in map(chosen, value) if one != NO_VALUE]
        return value

    return {
        name: chosen(resource)
        for name, resource in result["Resources"].items()
        if "Condition" not in resource or holds({"Condition": resource["Condition"]})
    }


def compare(expected, emulator, stack):
    """Every resource is there, of its type, and no other."""
    made = emulator.resources(stack)
    missing = sorted(set(expected) - set(made))
    failed = {
        name: about["ResourceStatus"]
        for name, about in made.items()
        if not about["ResourceStatus"].endswith("_COMPLETE")
    }
    others = {name for name in expected if name in made and made[name]["ResourceType"] != expected[name]["Type"]}
    more = sorted(set(made) - set(expected))
    if missing or failed or others or more:
        raise Failed(f"missing {missing}, failed {failed}, of another type {sorted(others)}, not asked for {more}")
    say(f"{stack}: all {len(expected)} resources of the translated template are there")
    return made


def routes(expected):
    """Route keys of the HTTP API, and the function of each, out of the document that SAM puts into it."""
    paths = expected["HttpApi"]["Properties"]["Body"]["paths"]
    found = {}
    for path, methods in paths.items():
        for method, about in methods.items():
            uri = json.dumps(about["x-amazon-apigateway-integration"]["uri"])
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)[1]
            if path == "/$default":
                found["$default"] = function
            else:
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                found[f"{verb} {path}"] = function
    return found


def repair(emulator, expected, made):
    """Two things of which no policy could be right for the emulator and for AWS: secrets, and the sending of mails."""
    secrets = emulator.client("secretsmanager")
    names = [
        made[name]["PhysicalResourceId"]
        for name, about in expected.items()
        if about["Type"] == "AWS::SecretsManager::Secret"
    ]
    arns = {name: secrets.describe_secret(SecretId=name)["ARN"] for name in names if not name.startswith("arn:")}
    if arns:
        say("a secret's `Ref` is its name there, not its ARN: the policies get the ARN by its API")
    say(
        "it asks for the right to send mails on `*`, and knows no ses:FromAddress: the mailer's policy gets that by its API"
    )
    iam = emulator.client("iam")

    def corrected(document):
        statements = []
        for statement in document["Statement"]:
            if any(action.startswith("ses:") for action in statement["Action"]):
                statement = {name: value for name, value in statement.items() if name != "Condition"} | {
                    "Resource": "*"
                }
            elif isinstance(statement["Resource"], str):
                statement = statement | {"Resource": arns.get(statement["Resource"], statement["Resource"])}
            statements.append(statement)
        return document | {"Statement": statements}

    for name, about in expected.items():
        physical = made[name]["PhysicalResourceId"]
        match about["Type"]:
            case "AWS::IAM::ManagedPolicy":
                version = iam.get_policy(PolicyArn=physical)["Policy"]["DefaultVersionId"]
                document = iam.get_policy_version(PolicyArn=physical, VersionId=version)["PolicyVersion"]["Document"]
                if corrected(document) != document:
                    iam.create_policy_version(
                        PolicyArn=physical, PolicyDocument=json.dumps(corrected(document)), SetAsDefault=True
                    )
            case "AWS::IAM::Role":
                for policy in iam.list_role_policies(RoleName=physical)["PolicyNames"]:
                    document = iam.get_role_policy(RoleName=physical, PolicyName=policy)["PolicyDocument"]
                    if corrected(document) != document:
                        iam.put_role_policy(
                            RoleName=physical, PolicyName=policy, PolicyDocument=json.dumps(corrected(document))
                        )


@dataclasses.dataclass
class Site:
    """Where visitors come, and how the distribution in front reaches the gateway."""

    host: str
    api: str
    secret: str


def connect(emulator, expected, stack):
    """Makes up for what the emulator leaves out of policies, API and distribution. Gives the site."""
    made = emulator.resources(stack)
    repair(emulator, expected, made)
    gateway, api = emulator.client("apigatewayv2"), made["HttpApi"]["PhysicalResourceId"]
    there = {route["RouteKey"] for route in gateway.get_routes(ApiId=api)["Items"]}
    asked = routes(expected)
    missing = {key: function for key, function in asked.items() if key not in there}
    if missing:
        say(
            f"the emulator has read {len(there)} of {len(asked)} routes out of the API's document; the others are made by its API"
        )
    functions = emulator.client("lambda")
    integrations = {}
    for key, name in missing.items():
        if name not in integrations:
            arn = functions.get_function(FunctionName=made[name]["PhysicalResourceId"])["Configuration"]["FunctionArn"]
            integrations[name] = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=arn,
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integrations[name]}")

    # It never dials a host of AWS's: the distribution's origin becomes its own address of the same API.
    edge, distribution = emulator.client("cloudfront"), made["Distribution"]["PhysicalResourceId"]
    current = edge.get_distribution_config(Id=distribution)
    config = current["DistributionConfig"]
    (site,) = (origin for origin in config["Origins"]["Items"] if origin["Id"] == "site")
    expected_host = f"{api}.execute-api.{REGION}.amazonaws.com"
    if site["DomainName"] == expected_host:
        say(f"the distribution's origin {expected_host} becomes the emulator's own address of that API")
        site["DomainName"] = "localhost"
        site["OriginPath"] = f"/_aws/execute-api/{api}/$default"
        site["CustomOriginConfig"] |= {"HTTPPort": 80, "HTTPSPort": emulator.port}
        edge.update_distribution(Id=distribution, IfMatch=current["ETag"], DistributionConfig=config)
    elif site["DomainName"] != "localhost":
        raise Failed(f"the distribution's origin is {site['DomainName']}, not {expected_host}")
    (secret,) = (
        header["HeaderValue"] for header in site["CustomHeaders"]["Items"] if header["HeaderName"] == "x-origin-secret"
    )
    return Site(edge.get_distribution(Id=distribution)["Distribution"]["DomainName"], api, secret)
