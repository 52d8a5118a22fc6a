"""The two sites, each with the same thousand users, user0001 to user1000 (of Portico's, @example.com)."""

import os
import shutil

from common import CACHE, DJANGO, cargo_environment, django_environment, python, run
from users import PASSWORD, export

# Of nobody: what is signed with them is looked at, and goes nowhere.
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def django_site(data, secure=False):
    """Makes the Django site in the folder `data`, anew. The environment of its servers and functions; with `secure` they
    are behind a gateway that speaks https."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    environment = {**django_environment("settings"), **AWS, "DATA": str(data), "SECURE": "1" if secure else "0"}
    for command in ("migrate", "--run-syncdb"), ("collectstatic", "--noinput"):
        run([python(), "-m", "django", *command, "-v0"], environment)
    run([python(), DJANGO / "seed.py", PASSWORD], environment)
    return environment


def portico_site(program, data):
    """Makes Portico's data in the folder `data`, anew. The environment of `runserver`."""
    shutil.rmtree(data, ignore_errors=True)
    environment = cargo_environment()
    users = export(CACHE / "users.jsonl")
    run([program, "import", users, "--data", data], environment)
    return environment
