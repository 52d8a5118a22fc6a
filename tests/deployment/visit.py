"""Deploys what `sam build` has built into the emulator, and visits the site through its CloudFront and API Gateway.

Takes the folder that tests/deployment/build was given. The functions run as they were built, each with the credentials
of its own role.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from browser import Browser, expect
from emulator import ROOT, STACK, Emulator, Failed, main, say
from stack import compare, connect, translated

USER = "lee@example.com"
PASSWORD = "correct horse battery"
PICTURE = ROOT / "tests/fixtures/images/baseline.jpg"


def eventually(what, ask, seconds=90):
    """What comes of its own accord: by the bucket's notification, by the outbox's stream."""
    until = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > until:
            raise Failed(f"{what}: not within {seconds} seconds")
        time.sleep(0.2)


def deploy(emulator, template, **parameters):
    """As the documentation says for a site without a domain: once without, once with the distribution's address."""
    template = emulator.package(template)
    outputs = emulator.deploy(template, **parameters)
    first = outputs["DistributionUrl"]
    outputs = emulator.deploy(template, PublicUrl=first, **parameters)
    expected = translated(emulator.packaged(), {"PublicUrl": first, **parameters})
    compare(expected, emulator, STACK)
    site = connect(emulator, expected, STACK)
    if outputs["SiteUrl"] != first or first != f"https://{site.host}":
        raise Failed(f"the site is {outputs['SiteUrl']}, the distribution {first} and {site.host}")
    return site


def manage(emulator, *arguments, standard_input=None):
    """A command of `cargo manage` on the stack, with the shell's credentials."""
    environment = (
        os.environ
        | emulator.credentials()
        | emulator.endpoints()
        | {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "HOME": os.environ["HOME"],
        }
    )
    command = ["cargo", "run", "--quiet", "--package", "manage", "--", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, input=standard_input, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"cargo manage {' '.join(arguments)}: {done.stdout}{done.stderr}\n{emulator.complaints()}")
    return done.stdout + done.stderr


def static_files(emulator, browser, folder):
    """Put into the bucket by `collectstatic --upload`; served by the edge with its function and its headers."""
    root = folder / "staticfiles"
    manage(
        emulator, "collectstatic", "--output", str(root), "--cache", str(folder / "cache"), "--upload", "--stack", STACK
    )
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    path = "/static/" + names["css/site.css"]
    plain = expect(path, browser.ask("GET", path), 200)
    packed = expect(path, browser.ask("GET", path, headers={"Accept-Encoding": "gzip, br"}), 200)
    wanted = {
        "content-encoding": "br",
        "vary": "Accept-Encoding",
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "cross-origin-resource-policy": "same-origin",
    }
    for name, value in wanted.items():
        if packed.header(name) != value:
            raise Failed(f"{path}: {name} is {packed.header(name)!r}, not {value!r}")
    if plain.header("content-encoding") or plain.body != (root / names["css/site.css"]).read_bytes():
        raise Failed(f"{path}: without Accept-Encoding it is not the plain file: {plain.headers}")
    missing = browser.ask("GET", "/static/missing.css")
    if missing.status == 403:
        say("a static file that is missing is 403 there, whatever the bucket's policy lets the distribution list")
    else:
        expect("a static file that is missing", missing, 404)
    expect("the folder of uploads' manifests", browser.ask("GET", "/manifests/"), 404)
    page = expect("the home page", browser.ask("GET", "/"), 200)
    if path.encode() not in page.body:
        raise Failed(f"the home page does not name {path}")
    say("static files: the edge's function chooses the encoding, its policy adds the headers, the page names them")


def gateway_alone(emulator, browser):
    """Past the distribution nobody comes: only it knows the origin's secret."""
    host = f"{browser.site.api}.execute-api.localhost:{emulator.port}"
    refused = expect("the gateway without the origin's secret", browser.ask("GET", "/", host=host), 403)
    forged = browser.ask("GET", "/", headers={"x-origin-secret": "x" * 64}, host=host)
    expect("the gateway with another secret", forged, 403)
    expect(
        "the distribution, told another secret by the visitor",
        browser.ask("GET", "/", headers={"x-origin-secret": "x" * 64}),
        200,
    )
    return refused


def sign_up(browser):
    """Sign-up, log-in, profile."""
    expect("the choice of a visitor", browser.send("POST", "/preferences/theme", theme="dark"), 200)
    expect("the profile of nobody", browser.get("/profile"), 401)
    signed_up = browser.send("POST", "/signup", email=USER, password1=PASSWORD, password2=PASSWORD)
    expect("sign-up", signed_up, 201)
    expect("log-in with a wrong password", browser.send("POST", "/login", username=USER, password="wrong horse"), 401)
    logged_in = expect("log-in", browser.send("POST", "/login", username=USER, password=PASSWORD), 200)
    if len(logged_in.headers.get("set-cookie", [])) < 2:
        raise Failed(f"several Set-Cookie headers did not survive the way: {logged_in.headers}")
    page = expect("the profile as a page", browser.ask("GET", "/profile", headers={"Accept": "text/html"}), 200)
    if "no-store" not in page.header("cache-control"):
        raise Failed(f"the profile may be kept: {page.headers}")
    edited = expect("an edit", browser.send("PATCH", "/profile", first_name="Lee", version=1), 200)
    if edited.json["user"]["first_name"] != "Lee":
        raise Failed(f"the edit is not there: {edited}")
    expect("a late edit", browser.send("PATCH", "/profile", first_name="Late", version=1), 409)
    say("sign-up, log-in, profile: through the distribution, the gateway and the deployed functions")


def upload(browser, purpose):
    """A picture: promised, sent to S3 by the signed form, verified and published by process-upload."""
    content = PICTURE.read_bytes()
    asked = dict(purpose=purpose, filename="me.jpg", content_type="image/jpeg", size=len(content))
    promised = expect("an upload", browser.send("POST", "/uploads", **asked), 201).json
    altered = promised["fields"] | {"x-amz-signature": "0" * 64}
    expect(
        "a form with another signature", browser.form(promised["url"], altered, "me.jpg", "image/jpeg", content), 403
    )
    expect("the form at S3", browser.form(promised["url"], promised["fields"], "me.jpg", "image/jpeg", content), 204)

    def verdict():
        state = browser.get(f"/uploads/{promised['id']}").json["state"]
        return state if state in ("ready", "rejected") else None

    state = eventually(f"the verdict on the upload for {purpose}", verdict)
    if state != "ready":
        raise Failed(f"the picture is {state}")
    return promised["id"]


def show(what, browser, url):
    shown = expect(what, browser.follow(url), 200)
    if shown.header("content-type") != "image/jpeg":
        raise Failed(f"{what} is {shown.headers}")


def pictures(browser):
    upload(browser, "avatar")
    show("the profile's picture", browser, browser.get("/profile").json["user"]["avatar"]["url"])
    file = upload(browser, "image")
    shown = expect("a file", browser.get(f"/media/{file}"), 302)
    show("the file", browser, shown.header("location"))
    listed = expect("the files", browser.get("/media"), 200).json["files"]
    if [one["id"] for one in listed] != [file]:
        raise Failed(f"the files are {listed}")
    details = expect("a file's details", browser.get(f"/media/{file}/details"), 200).json["file"]
    expect("a new name", browser.send("PATCH", f"/media/{file}", name="you.jpg", version=details["version"]), 200)
    expect("a grant", browser.send("POST", f"/media/{file}/grants", email="somebody@example.com", verb="view"), 201)
    link = expect("a link", browser.send("POST", f"/media/{file}/links", expires_in=3600), 201).json
    path = link["url"].removeprefix(f"https://{browser.host}")
    expect("the file by its link, for nobody", Browser(browser.emulator, browser.site).get(path), 302)
    other = upload(browser, "image")
    expect("a file that goes", browser.send("DELETE", f"/media/{other}"), 204)
    promised = browser.send(
        "POST", "/uploads", purpose="image", filename="no.jpg", content_type="image/jpeg", size=10
    ).json["id"]
    expect("an upload that is given up", browser.send("DELETE", f"/uploads/{promised}"), 204)
    say(
        "uploads: signed, sent, verified by process-upload after the bucket's notification, published, shown, shared, deleted"
    )


def account(browser):
    """What else a user does with an account, but for leaving."""
    expect("the last log-ins", browser.get("/profile/security"), 200)
    expect("another address", browser.send("POST", "/email", email="other@example.com", password=PASSWORD), 202)
    changed = dict(old_password=PASSWORD, new_password1=PASSWORD + " 2", new_password2=PASSWORD + " 2")
    expect("another password", browser.send("POST", "/password/change", **changed), 200)
    expect("a proof of the password", browser.send("POST", "/reauthenticate", password=PASSWORD + " 2"), 200)
    expect("one's sessions", browser.get("/sessions"), 200)
    expect("the end of the others", browser.send("POST", "/sessions/end-others"), 200)
    packed = expect("one's data", browser.send("POST", "/profile/export", password=PASSWORD + " 2"), 200)
    if not packed.body.startswith(b"PK"):
        raise Failed(f"one's data is no ZIP file: {packed}")
    say("account: log-ins, address, password, sessions, export")


def delete(emulator, browser):
    """An order in the outbox; its stream invokes erase-account, which leaves no object."""
    bucket = emulator.resources(STACK)["MediaBucket"]["PhysicalResourceId"]
    user = browser.get("/profile").json["user"]["id"]
    expect("the deletion", browser.send("POST", "/profile/delete", password=PASSWORD + " 2", confirm=True), 200)

    def erased():
        pages = emulator.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return not any(user in one["Key"] for page in pages for one in page.get("Contents", []))

    eventually("the erasure of the objects", erased)
    expect(
        "log-in to an account that is deleted",
        browser.send("POST", "/login", username=USER, password=PASSWORD + " 2"),
        401,
    )
    say("deletion: ordered in the outbox, and carried out by erase-account, which the stream invoked")


def administration(emulator, site):
    """A superuser made on the stack by `cargo manage` sees accounts and events, makes a group, adds an order."""
    arguments = ["createsuperuser", "--stack", STACK, "--email", "root@example.com", "--noinput", "--password-stdin"]
    manage(emulator, *arguments, standard_input=PASSWORD + "\n")
    browser = Browser(emulator, site)
    expect(
        "the superuser's log-in", browser.send("POST", "/login", username="root@example.com", password=PASSWORD), 200
    )
    expect("the administration", browser.get("/admin"), 200)
    expect("its accounts", browser.get("/admin/users"), 200)
    expect("a group", browser.send("POST", "/admin/groups", name="staff"), 201)
    groups = expect("its groups", browser.get("/admin/groups"), 200)
    if b"staff" not in groups.body:
        raise Failed(f"the group is not listed: {groups}")
    expect("its events", browser.get("/admin/audit"), 200)
    expect("an order", browser.send("POST", "/staff/orders", customer="Kim", what="A table"), 201)
    orders = expect("the orders", browser.get("/staff/orders"), 200)
    if len(orders.json["orders"]) != 1:
        raise Failed(f"the orders are {orders}")
    expect("the end of every session", browser.send("POST", "/logout/all"), 200)
    say("administration: a superuser by `cargo manage --stack`, accounts, groups, events, orders")


def mail(emulator, browser):
    """A promise in the outbox; its stream invokes the mailer, which sends."""
    expect("a reset", browser.send("POST", "/password/reset", email=USER), 202)

    def tray():
        with urllib.request.urlopen(f"{emulator.endpoint}/_ministack/ses/messages", context=emulator.tls) as answer:
            return "/password/reset/" in answer.read().decode()

    eventually("the mail with the link", tray)
    say("mail: promised in the outbox, and sent by the mailer that the stream invoked")


def log_out(browser):
    before = dict(browser.cookies)
    expect("log-out", browser.send("POST", "/logout"), 200)
    expect("the profile after the log-out", browser.get("/profile"), 401)
    browser.cookies = before
    expect("the profile with the old cookie", browser.get("/profile"), 401)
    say("log-out: the session is dead, the old cookie too")


def run():
    folder = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as work, Emulator(work) as emulator:
        say("ministack is an emulator, not AWS: what it does not check is checked elsewhere, or not at all")
        sender = "no-reply@example.com"
        emulator.client("sesv2").create_email_identity(EmailIdentity=sender)
        site = deploy(emulator, folder / "build/template.yaml", Admin="on", DefaultFromEmail=sender)
        browser = Browser(emulator, site)
        try:
            gateway_alone(emulator, browser)
            sign_up(browser)
            pictures(browser)
            log_out(browser)
            mail(emulator, browser)
            static_files(emulator, browser, folder)
            administration(emulator, site)
            expect("log-in once more", browser.send("POST", "/login", username=USER, password=PASSWORD), 200)
            account(browser)
            delete(emulator, browser)
        except Failed as failed:
            raise Failed(f"{failed}\n{emulator.complaints()}") from failed
        if emulator.complaints():
            raise Failed(f"errors that the functions have logged:\n{emulator.complaints()}")


if __name__ == "__main__":
    main(run)
