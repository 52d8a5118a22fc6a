"""Translates template.yaml as AWS does, and computes what a deployment with given parameters would be made of."""

import copy
import json
import pathlib
import re

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ROOT = pathlib.Path(__file__).resolve().parents[2]

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/portico/1",
    "AWS::StackName": "portico",
    "AWS::URLSuffix": "amazonaws.com",
}

GONE = object()  # AWS::NoValue


class NoManagedPolicies:
    """SAM looks policies up by their names; ours are named by their ARNs or written out."""

    def load(self):
        return {}


def source():
    """The template as it is written, its intrinsic functions in their long form."""
    return yaml_parse((ROOT / "template.yaml").read_text())


def translate(template, parameters):
    """What SAM makes of it, and CloudFormation is given."""
    return transform(packaged(copy.deepcopy(template)), dict(parameters), NoManagedPolicies())


class Deployment:
    """What a template becomes, as CloudFormation sees it: without what a condition leaves out, and with every parameter
    put in. What only a deployment would know is `<Table>` for the reference of a resource, `<Table.Arn>` for an attribute.
    """

    def __init__(self, translated, parameters):
        self.parameters = {
            name: str(parameters.get(name, parameter.get("Default"))) for name, parameter in translated["Parameters"].items()
        }
        self.translated = translated
        self.resources = {}
        for name, resource in translated["Resources"].items():
            if self.exists(name):
                self.resources[name] = self.resolve(resource)
        self.outputs = {
            name: self.resolve(output)
            for name, output in translated["Outputs"].items()
            if "Condition" not in output or self.holds(output["Condition"])
        }

    def of_type(self, kind):
        """Resources of a type, by their names, without the others' properties."""
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}

    def properties(self, name):
        """What is said of one resource."""
        return self.resources[name].get("Properties", {})

    def exists(self, name):
        resource = self.translated["Resources"].get(name)
        assert resource is not None, f"{name} is referred to, and is not in the template"
        return "Condition" not in resource or self.holds(resource["Condition"])

    def holds(self, condition):
        if isinstance(condition, str):
            return self.holds(self.translated["Conditions"][condition])
        [(function, argument)] = condition.items()
        match function:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                one, other = (str(self.resolve(side)) for side in argument)
                return one == other
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all([self.holds(one) for one in argument])
            case "Fn::Or":
                return any([self.holds(one) for one in argument])
        raise AssertionError(f"{function} is no condition")

    def resolve(self, value):
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not GONE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self.reference(argument)
            if function.startswith("Fn::"):
                return self.call(function, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not GONE}

    def reference(self, name):
        if name == "AWS::NoValue":
            return GONE
        for known in (PSEUDO, self.parameters):
            if name in known:
                return known[name]
        assert self.exists(name), f"{name} is referred to where it is not made"
        return f"<{name}>"

    def attribute(self, path):
        name, attribute = path.split(".", 1) if isinstance(path, str) else path
        assert self.exists(name), f"{name}.{attribute} is referred to where {name} is not made"
        return f"<{name}.{attribute}>"

    def call(self, function, argument):
        match function:
            case "Fn::GetAtt":
                return self.attribute(argument)
            case "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            case "Fn::Join":
                separator, parts = argument
                return separator.join(str(part) for part in self.resolve(parts))
            case "Fn::Split":
                separator, text = argument
                return self.resolve(text).split(separator)
            case "Fn::Select":
                index, items = argument
                return self.resolve(items)[int(index)]
            case "Fn::Sub":
                text, variables = (argument, {}) if isinstance(argument, str) else argument
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.substituted(found[1], variables), text)
        raise AssertionError(f"{function} is not known here")

    def substituted(self, name, variables):
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in variables:
            return str(self.resolve(variables[name]))
        return self.attribute(name) if "." in name else str(self.reference(name))


def packaged(template):
    """With code in a bucket, as `sam package` leaves it: a folder would not translate."""
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://packaged/" + resource["Properties"][name]
    return template


def texts(value):
    """One text, or several, as a list: IAM and others take both."""
    return [value] if isinstance(value, str) else list(value)


def every(value):
    """A value, and all that is in it."""
    yield value
    if isinstance(value, dict):
        for one in value.values():
            yield from every(one)
    elif isinstance(value, list):
        for one in value:
            yield from every(one)


def shown(value):
    """For messages."""
    return json.dumps(value, sort_keys=True)
