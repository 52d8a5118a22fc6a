"""An independent emulator of AWS, ministack, and the stack deployed into it as `sam deploy` would into an account.

It is an emulator, not AWS: what it does not do as AWS does is made up for here, by its own API, and said each time.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

import boto3
import botocore.config
from samcli.yamlhelper import yaml_dump, yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
STACK = "portico"
ARTIFACTS = "artifacts-" + ACCOUNT


class Failed(Exception):
    """What was found wrong, in words for whoever runs this."""


def require(variable, file, how):
    """The folder that a variable of the environment names, which must have a file."""
    folder = os.environ.get(variable)
    if not folder or not (pathlib.Path(folder) / file).exists():
        raise Failed(f"{variable} must name a virtual environment with {file}: {how}")
    return pathlib.Path(folder)


def say(text):
    print(text, flush=True)


class Emulator:
    """A ministack of one's own: a free port on loopback, roles enforced, TLS alone."""

    def __init__(self, work):
        self.work = pathlib.Path(work)
        self.home = require(
            "PORTICO_MINISTACK", "bin/hypercorn", "python3 -m venv DIR, DIR/bin/pip install 'ministack[full]'"
        )
        self.sam = require(
            "PORTICO_VENV", "bin/sam", "python3 -m venv DIR, DIR/bin/pip install aws-sam-cli cargo-lambda ziglang"
        )
        self.log = self.work / "ministack.log"

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"https://localhost:{self.port}"
        self.certificate = self.work / "server.crt"
        key = self.work / "server.key"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "extendedKeyUsage=serverAuth",
                "-addext",
                "subjectAltName=DNS:localhost,DNS:*.localhost,DNS:*.cloudfront.net,IP:127.0.0.1",
                "-keyout",
                key,
                "-out",
                self.certificate,
            ],
            check=True,
            capture_output=True,
        )
        self.tls = ssl.create_default_context(cafile=self.certificate)
        self.tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        # By hypercorn itself: `ministack` would take port 443 as well. The functions inherit this environment, and
        # find the emulator by the names that the AWS SDK knows: the template is deployed as it is.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PORTICO_"))}
        environment |= {
            "TMPDIR": str(self.work),
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.certificate),
            "MINISTACK_SSL_KEY": str(key),
            "LAMBDA_EXECUTOR": "local",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "PYTHONUNBUFFERED": "1",
            **self.credentials(),
            **self.endpoints(),
        }
        self.process = subprocess.Popen(
            [
                self.home / "bin/hypercorn",
                "ministack.app:app",
                "--bind",
                f"127.0.0.1:{self.port}",
                "--certfile",
                self.certificate,
                "--keyfile",
                key,
                "--keep-alive",
                "75",
            ],
            env=environment,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        for _ in range(300):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", context=self.tls, timeout=5):
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise Failed(f"ministack does not answer:\n{self.log.read_text()[-3000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @staticmethod
    def credentials():
        """Those of the account's root, whom nothing is forbidden."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def endpoints(self):
        """Where a function finds the emulator, and why it trusts it."""
        services = ["DYNAMODB", "S3", "SECRETS_MANAGER", "SESV2"]
        return {f"AWS_ENDPOINT_URL_{service}": self.endpoint for service in services} | {
            "PORTICO_TRUST_STORE": "native",
            "SSL_CERT_FILE": str(self.certificate),
        }

    def client(self, service):
        settings = botocore.config.Config(
            s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=120
        )
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            verify=str(self.certificate),
            config=settings,
        )

    def run_sam(self, command, *arguments):
        """A command of the SAM CLI against the emulator, as root."""
        environment = (
            os.environ
            | self.credentials()
            | {
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_CA_BUNDLE": str(self.certificate),
                "SAM_CLI_TELEMETRY": "0",
                "HOME": str(self.work),
                "TMPDIR": str(self.work),
            }
        )
        done = subprocess.run(
            [self.sam / "bin/sam", command, "--s3-bucket", ARTIFACTS, "--region", REGION, *arguments],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Failed(f"sam {command}: {done.stdout[-6000:]}\n{done.stderr[-3000:]}")

    def package(self, template):
        """Uploads what was built, as `sam deploy` does before it deploys. Gives the template that names it, without what
        the emulator does not know: alarms over several metrics, and conditions on the region. The checks of the translated
        template are for those."""
        self.client("s3").create_bucket(Bucket=ARTIFACTS)
        packaged = self.work / "packaged.yaml"
        self.run_sam("package", "--template-file", template, "--output-template-file", packaged, "--no-progressbar")
        content = yaml_parse(packaged.read_text())
        regional = {name for name, condition in content["Conditions"].items() if "AWS::Region" in json.dumps(condition)}
        unknown = [
            name
            for name, resource in content["Resources"].items()
            if "Metrics" in resource["Properties"] or resource.get("Condition") in regional
        ]
        for name in unknown:
            if content["Resources"][name]["Type"] != "AWS::CloudWatch::Alarm":
                raise Failed(f"{name} is no alarm, and would not be deployed")
            del content["Resources"][name]
        say(f"left out, for ministack has no metric math and no conditions on the region: {', '.join(unknown)}")
        packaged.write_text(yaml_dump(content))
        return packaged

    def deploy(self, template, stack=STACK, **parameters):
        """`sam deploy`. Gives the stack's outputs."""
        arguments = [
            "--template-file",
            template,
            "--stack-name",
            stack,
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-resolve-s3",
        ]
        if parameters:
            arguments += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
        try:
            self.run_sam("deploy", *arguments)
        except Failed as failed:
            raise Failed("\n".join([*self.refusals(stack), str(failed)])) from failed
        return self.outputs(stack)

    def refusals(self, stack):
        """The resources that could not be made, and why."""
        pages = self.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
        return [
            f"{event['LogicalResourceId']}: {event['ResourceStatus']}: {event.get('ResourceStatusReason')}"
            for page in pages
            for event in page["StackEvents"]
            if event["ResourceStatus"].endswith("FAILED")
        ]

    def outputs(self, stack=STACK):
        stacks = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}

    def resources(self, stack=STACK):
        """The physical identifier and the state of each resource, by its logical one."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        return {
            resource["LogicalResourceId"]: resource for page in pages for resource in page["StackResourceSummaries"]
        }

    def packaged(self, stack=STACK):
        """The template as it was sent, before SAM's part of it is translated."""
        body = self.client("cloudformation").get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def complaints(self, stack=STACK):
        """What the functions have logged as errors: a right that is missing is one, and names itself."""
        group = self.resources(stack)["Logs"]["PhysicalResourceId"]
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"]]
        return "\n".join(line for line in lines if '"level":"ERROR"' in line or "AccessDenied" in line)


def main(run):
    """Runs a script, and says in one line what it found wrong. What it started it ends, also when it is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("it was told to end"))
    try:
        run()
    except Failed as failed:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {failed}")
