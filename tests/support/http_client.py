"""One HTTP request per connection, with an answer that explains itself in a failed assertion."""
import http.client
import json
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    request: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8", "replace")

    def __str__(self):
        return f"{self.request} -> {self.status} {self.text()[:600]}"


def address_of(host):
    """Names under `localhost` are this machine, as they are to browsers and curl (RFC 6761); not every resolver knows that."""
    return "localhost" if host.endswith(".localhost") else host


def open_connection(url, timeout=30):
    """A connection to the host of `url`, not yet connected. Whoever sends a request over it says which Host it is for."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(address_of(parts.hostname), parts.port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(address_of(parts.hostname), parts.port, timeout=timeout)


def target_of(url):
    """Path and query of a URL, as they go on the request line."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def request(method, url, body=None, headers=None, timeout=30):
    """Sends one request and reads the whole answer. `body` may be bytes, text, or a value that becomes JSON."""
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    connection = open_connection(url, timeout)
    try:
        connection.request(method, target_of(url), body=body, headers={"Host": urlsplit(url).netloc, **(headers or {})})
        response = connection.getresponse()
        return Answer(f"{method} {url}", response.status, response.headers, response.read())
    finally:
        connection.close()


def bearer(key):
    return {"Authorization": f"Bearer {key}"} if key else {}
