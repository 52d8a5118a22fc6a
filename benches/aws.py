"""What stands in for AWS while functions are measured: certificates as AWS's are, and the backend that shows them."""

import contextlib
import json
import subprocess

from common import CACHE, PROFILE, PROJECT, STATIC_ROOT, TOOLS, build, build_all, run

# A chain as AWS's: RSA of 2,048 bits at every step, one certificate between the root and the server's.
EXTENSIONS = """
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
[server]
basicConstraints=CA:FALSE
subjectAltName=DNS:localhost
extendedKeyUsage=serverAuth
"""


def certificates():
    """The folder with chain.pem and key.pem, for a server, and roots.pem, for who trusts it: Amazon's five roots and
    the one of this machine."""
    folder = CACHE / "certificates"
    if not (folder / "roots.pem").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "extensions").write_text(EXTENSIONS)

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        for name, issuer, kind in [("root", None, "ca"), ("issuer", "root", "ca"), ("server", "issuer", "server")]:
            openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=benches {name}",
                    "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
            signed = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"] if issuer else ["-signkey", f"{name}.key"]
            openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-days", "3650", "-extfile", "extensions",
                    "-extensions", kind, "-out", f"{name}.pem")  # fmt: skip

        def read(*names):
            return "".join((folder / name).read_text() for name in names)

        (folder / "chain.pem").write_text(read("server.pem", "issuer.pem"))
        amazon = (PROJECT / "shared/src/config/amazon-roots.pem").read_text()
        (folder / "roots.pem").write_text(amazon + read("root.pem"))
    return folder


@contextlib.contextmanager
def backend(data):
    """Starts it over a data folder; gives what it says: the site, its headers, and each function with its environment."""
    folder = certificates()
    # Linked with fat LTO it answers no sooner.
    profile = "ci" if TOOLS == "release" else TOOLS
    command = [build("backend", profile), data, folder / "chain.pem", folder / "server.key"]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        if not said:
            raise SystemExit("the backend did not start")
        told = json.loads(said)
        for function in told["functions"].values():
            # The embedded roots do not have ours: they are read from a file instead, and ours with them.
            trust = {"PORTICO_TRUST_STORE": "native", "SSL_CERT_FILE": str(folder / "roots.pem")}
            function["environment"] |= trust
        yield told
    finally:
        process.stdin.close()
        process.wait()


def build_functions(names, profile=PROFILE):
    """The folder with the functions. What the templates lead to is collected first: its names are built into them."""
    run([build("manage", TOOLS), "collectstatic", "--output", STATIC_ROOT, "--cache", CACHE / "cache"])
    return build_all(names, profile)


def target(told, functions):
    """The site of these functions as the driver wants to know it. Each visitor comes from an address of their own, which
    the driver knows."""
    headers = told["headers"] | {"x-viewer-address": "{address}"}
    return {"origin": told["site"], "headers": headers, "functions": functions}
