"""Runs each function's own binary, as it was built, with its sample events, through Lambda's runtime API.

Stands in for `sam local invoke FUNCTION -e events/NAME.json` where there is no container engine: cargo-lambda is the
runtime API, and the emulator has the tables, the buckets and the secrets. Takes the folder that tests/deployment/build
was given. Which function an event is for is what the template says; what it must answer stands in
tests/fixtures/events.json.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from emulator import ROOT, STACK, Emulator, Failed, main, say
from samcli.yamlhelper import yaml_parse
from stack import compare, repair, routes, translated

EVENTS = ROOT / "events"
ORIGIN = "https://www.example.org"  # where the sample events say that they come from


def takes(pattern, event):
    """Whether an event is one of an EventBridge pattern: a list names what may stand there."""
    return all(
        takes(wanted, event.get(name) or {}) if isinstance(wanted, dict) else event.get(name) in wanted
        for name, wanted in pattern.items()
    )


def function_of(event, template, expected):
    """The function that the template gives this event to, by its route, bucket, stream or rule."""
    if "routeKey" in event:
        found = [routes(expected)[event["routeKey"]]]
    else:
        found = []
        for name, function in template["Resources"].items():
            for source in function.get("Properties", {}).get("Events", {}).values():
                about = source["Properties"]
                match source["Type"], event:
                    case "S3", {"Records": [{"eventSource": "aws:s3"}]}:
                        found.append(name)
                    case "DynamoDB", {"Records": [{"eventSource": "aws:dynamodb"} as record]}:
                        filters = about["FilterCriteria"]["Filters"]
                        if any(takes(json.loads(one["Pattern"]), record) for one in filters):
                            found.append(name)
                    case "EventBridgeRule", {"detail-type": _}:
                        if takes(
                            {"source": about["Pattern"]["source"], "detail-type": about["Pattern"]["detail-type"]},
                            event,
                        ):
                            found.append(name)
    if len(found) != 1:
        raise Failed(f"the template gives the event to {found}, not to one function")
    return found[0]


class Runtime:
    """Lambda's runtime API, by cargo-lambda, for all functions."""

    def __init__(self, emulator, work):
        self.emulator, self.work = emulator, work
        self.environment = os.environ | {
            "PATH": f"{emulator.sam / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RUSTUP_DIST_SERVER": "http://127.0.0.1:9",
        }

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self.log = (self.work / "runtime.log").open("wb")
        self.process = subprocess.Popen(
            ["cargo-lambda", "lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", self.port],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.port)), 1):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise Failed(f"cargo lambda watch does not answer: {(self.work / 'runtime.log').read_text()}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    @contextlib.contextmanager
    def started(self, binary, name, variables):
        """A function's process, with its environment as the stack sets it and the credentials of its role."""
        environment = variables | {
            "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{self.port}/.rt/{name}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        }
        log = self.work / f"{name}.log"
        process = subprocess.Popen(
            [binary], env=environment, stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait()

    def invoke(self, name, event):
        """The function's answer."""
        done = subprocess.run(
            ["cargo-lambda", "lambda", "invoke", name, "-A", "127.0.0.1", "-P", self.port, "--data-file", event],
            env=self.environment,
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise Failed(f"cargo lambda invoke: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def credentials(emulator, role):
    """Those of a function's role. Only Lambda may take it: the emulator's root is let in beside it."""
    iam = emulator.client("iam")
    found = iam.get_role(RoleName=role)["Role"]
    trust = found["AssumeRolePolicyDocument"]
    trust["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{found['Arn'].split(':')[4]}:root"},
            "Action": "sts:AssumeRole",
        }
    )
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    given = emulator.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="events")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
        "AWS_REGION": emulator.credentials()["AWS_REGION"],
    }


def check(name, wanted, answer):
    if "answer" in wanted:
        right = answer == wanted["answer"]
    else:
        kind = answer.get("headers", {}).get("content-type", "")
        right = answer.get("statusCode") == wanted["status"] and kind.startswith(wanted["type"])
    if not right:
        raise Failed(f"{name}: {wanted} was expected, not {json.dumps(answer)[:1000]}")


def run():
    build = pathlib.Path(sys.argv[1]).resolve() / "build"
    wanted = json.loads((ROOT / "tests/fixtures/events.json").read_text())
    files = {file.stem: file for file in sorted(EVENTS.glob("*.json"))}
    if set(files) != set(wanted):
        raise Failed(f"events/ and tests/fixtures/events.json differ by {sorted(set(files) ^ set(wanted))}")
    with (
        tempfile.TemporaryDirectory() as work,
        Emulator(work) as emulator,
        Runtime(emulator, pathlib.Path(work)) as runtime,
    ):
        parameters = {"PublicUrl": ORIGIN, "DefaultFromEmail": "no-reply@example.org", "Admin": "on"}
        emulator.deploy(emulator.package(build / "template.yaml"), **parameters)
        packaged = emulator.packaged()
        expected = translated(packaged, parameters)
        made = compare(expected, emulator, STACK)
        repair(emulator, expected, made)
        template = yaml_parse(packaged)
        sources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
        by_function = {}
        for name, file in files.items():
            by_function.setdefault(function_of(json.loads(file.read_text()), template, expected), []).append(name)
        made_of_rust = {name for name, about in expected.items() if about["Type"] == "AWS::Lambda::Function"}
        if made_of_rust != set(by_function):
            raise Failed(f"samples and functions differ by {sorted(made_of_rust ^ set(by_function))}")
        for function, names in sorted(by_function.items()):
            about = emulator.client("lambda").get_function_configuration(
                FunctionName=made[function]["PhysicalResourceId"]
            )
            # No distribution adds its secret to a sample.
            variables = {
                name: value for name, value in about["Environment"]["Variables"].items() if name != "ORIGIN_SECRET_ARN"
            }
            variables |= emulator.endpoints() | credentials(emulator, made[f"{function}Role"]["PhysicalResourceId"])
            # cargo-lambda knows a function by its package.
            package = pathlib.Path(sources[function]["Properties"]["CodeUri"]).name
            with runtime.started(build / function / "bootstrap", package, variables) as log:
                for name in names:
                    try:
                        check(name, wanted[name], runtime.invoke(package, files[name]))
                    except (Failed, subprocess.TimeoutExpired) as failed:
                        raise Failed(f"{function}, {name}: {failed}\n{log.read_text()[-3000:]}") from failed
                if '"level":"ERROR"' in log.read_text():
                    raise Failed(f"{function} has logged an error:\n{log.read_text()[-3000:]}")
            say(f"{function}: {', '.join(names)}")


if __name__ == "__main__":
    main(run)
