"""Holds what SAM makes of template.yaml against what no emulator checks, and the checks against a template that is spoilt.

    PYTHON tests/deployment/translated.py

PYTHON is one that has the SAM CLI installed. Nothing is deployed, and no network is needed.
"""

import copy
import functools
import logging
import os
import sys

sys.dont_write_bytecode = True
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
logging.disable(logging.WARNING)  # SAM's, about metrics of its own

# Each enters its checks.
import edge  # noqa: F401, E402
import functions  # noqa: F401, E402
import storage  # noqa: F401, E402
import watch  # noqa: F401, E402
from check import CHECKS, failures  # noqa: E402
from mutations import MUTATIONS  # noqa: E402
from translation import Deployment, source, translate  # noqa: E402

KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/"

# As it is without a word, with all that can be asked for, and with what can be declined.
PARAMETERS = {
    "with its defaults": {},
    "with every parameter": {
        "PublicUrl": "https://www.example.org",
        "CertificateArn": CERTIFICATE + "site",
        "DefaultFromEmail": "no-reply@example.org",
        "SessionEngine": "cached_db",
        "CacheLocation": "rediss://cache.example.org:6379",
        "CacheCluster": "true",
        "CacheUsername": "portico",
        "VpcSubnetIds": "subnet-1,subnet-2",
        "VpcSecurityGroupIds": "sg-1",
        "StaticFiles": "function",
        "StaticUrl": "https://static.example.org/static/",
        "MalwareScan": "guardduty",
        "MediaUrl": "https://media.example.org",
        "MediaCertificateArn": CERTIFICATE + "media",
        "MediaPublicKey": KEY,
        "MediaOtherPublicKey": KEY,
        "MediaSigningKey": "MediaOtherPublicKey",
        "Admin": "on",
        "AdminUrl": "https://admin.example.org",
        "AdminAllowedNetworks": "203.0.113.0/24",
        "HostedZoneId": "Z0123456789",
        "Restart": "2026-11-27",
        "AlarmEmail": "ops@example.org",
        "LogRetentionDays": "30",
        "HashingConcurrency": "5",
        "UploadConcurrency": "3",
        "Architecture": "arm64",
    },
    "with what can be declined": {"Monitoring": "off", "Tracing": "Disabled", "AlarmEmail": "ops@example.org"},
}


def main():
    template = source()
    given = {name for parameters in PARAMETERS.values() for name in parameters}
    wrong = [f"the parameter {name} is never given" for name in sorted(set(template["Parameters"]) - given)]
    for which, parameters in PARAMETERS.items():
        found = failures(Deployment(translate(template, parameters), parameters))
        wrong += [f"{which}: {name}: {why}" for name, why in found.items()]
        print(f"{which}: {len(CHECKS) - len(found)} of {len(CHECKS)} checks hold", flush=True)
    bite = {name for _, _, name in MUTATIONS}
    wrong += [f"no mistake shows that {name} bites" for name in sorted(set(CHECKS) ^ bite)]
    untold = [f"{what} is not told by {name}" for what, spoil, name in MUTATIONS if name not in told(template, spoil)]
    print(f"{len(MUTATIONS) - len(untold)} of {len(MUTATIONS)} mistakes are told")
    for line in wrong + untold:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if wrong or untold else 0


@functools.cache
def whole():
    """The translation with every parameter, for then everything is there to be spoilt."""
    return translate(source(), PARAMETERS["with every parameter"])


def told(template, spoil):
    """Which checks fail on the template once it is spoilt."""
    parameters = PARAMETERS["with every parameter"]
    if hasattr(spoil, "is_of_sam"):
        return spoilt_afterwards(spoil)
    spoilt = copy.deepcopy(template)
    spoil(spoilt)
    assert spoilt != template, "nothing was spoilt"
    resources = {name: one for name, one in spoilt["Resources"].items() if one != template["Resources"].get(name)}
    is_sams = spoilt["Globals"] != template["Globals"] or any(one["Type"].startswith("AWS::Serverless::") for one in resources.values())
    if is_sams:
        return failures(Deployment(translate(spoilt, parameters), parameters))
    # SAM leaves other resources as they are, and takes a second for all the functions.
    return spoilt_afterwards(spoil)


def spoilt_afterwards(spoil):
    translated = copy.deepcopy(whole())
    spoil(translated)
    return failures(Deployment(translated, PARAMETERS["with every parameter"]))


if __name__ == "__main__":
    sys.exit(main())
