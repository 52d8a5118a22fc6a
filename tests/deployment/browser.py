"""A visitor of the deployed site: cookies, JSON, and every host at the emulator's one port."""

import http.client
import json
import urllib.parse
import uuid

from emulator import Failed


class Answer:
    """A status, headers under small names (each with all of its values), a body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {}
        for name, value in response.getheaders():
            self.headers.setdefault(name.lower(), []).append(value)
        self.body = response.read()

    def header(self, name):
        return ", ".join(self.headers.get(name, []))

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:600]!r}"


# The emulator takes these for its Cognito, whatever the host: they go to the gateway as the distribution would send them.
TAKEN = {("POST", "/login")}


class Browser:
    def __init__(self, emulator, site):
        self.emulator, self.site, self.host, self.cookies = emulator, site, site.host, {}

    def ask(self, method, path, body=None, headers=None, host=None):
        """One request to a host, which is the site's unless another is named."""
        connection = http.client.HTTPSConnection("localhost", self.emulator.port, timeout=60, context=self.emulator.tls)
        sent = {"Host": host or self.host, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
        if self.cookies and not host:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if not host and (method, path) in TAKEN:
            path = f"/_aws/execute-api/{self.site.api}/$default{path}"
            sent |= {
                "Host": "localhost",
                "x-origin-secret": self.site.secret,
                "x-viewer-address": "127.0.0.1",
                "x-viewer-host": self.host,
            }
        connection.request(method, path, body, sent | (headers or {}))
        answer = Answer(connection.getresponse())
        connection.close()
        if not host:
            for line in answer.headers.get("set-cookie", []):
                pair, _, attributes = line.partition(";")
                name, _, value = pair.partition("=")
                gone = "max-age=0" in attributes.lower().replace(" ", "")
                self.cookies.pop(name, None) if gone else self.cookies.__setitem__(name, value)
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, headers={"Accept": "application/json"} | headers)

    def send(self, method, path, **fields):
        """JSON, with the CSRF token that a program asks for, and where a browser says that it comes from."""
        token = self.get("/csrf").json["csrf_token"]
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-CSRFToken": token,
            "Origin": f"https://{self.host}",
        }
        return self.ask(method, path, json.dumps(fields), headers)

    def form(self, url, fields, name, content_type, content):
        """The form that S3 takes, with the file at its end, at the address that was signed."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {content_type}\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        where = urllib.parse.urlsplit(url)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Origin": f"https://{self.host}"}
        return self.ask("POST", where.path, body, headers, where.netloc)

    def follow(self, url):
        """A signed address."""
        where = urllib.parse.urlsplit(url)
        return self.ask("GET", f"{where.path}?{where.query}", host=where.netloc)


def expect(what, answer, status):
    if answer.status != status:
        raise Failed(f"{what}: {status} was expected, not {answer}")
    return answer
