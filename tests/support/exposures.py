"""An exposure's URLs as tests use them: by host name, by allocated port, by path."""
from urllib.parse import urlsplit

from support.http_client import bearer, request

WAYS = ("host", "port")


class Exposed:
    """A port of a session that was exposed; `fields` are those of the API (protocol, visibility, name, …)."""

    def __init__(self, session, port, **fields):
        self.session = session
        self.port = port
        self.answer = session.expose(port, **fields)

    @property
    def allocated(self):
        return self.answer["allocated_port"]

    def url(self, way, path="/"):
        """The URL that the API gave for this way, with `path` in place of its slash."""
        return self._first(way).rstrip("/") + path

    def _first(self, way):
        for url in self.answer["urls"]:
            parts = urlsplit(url)
            kind = "path" if "/proxy/" in parts.path else "host" if "ses-" in parts.netloc else "port"
            if kind == way:
                return url
        raise AssertionError(f"no URL by {way}: {self.answer}")

    def fetch(self, way, path="/", key=None, method="GET", body=None, headers=None, timeout=30):
        """A program's request, with the session owner's key unless another one (or "") is given."""
        key = self.session.api.key if key is None else key
        return request(method, self.url(way, path), body, {**self.credentials(way, key), **(headers or {})}, timeout)

    @staticmethod
    def credentials(way, key):
        """`Authorization` is the app's own on host names and ports."""
        return bearer(key) if way == "path" else {"X-Helix-Authorization": f"Bearer {key}"} if key else {}

    # What the API lists

    def listed(self):
        """Its item of the session's list; None when it is not exposed any more."""
        listed = self.session.api.expect(200, "GET", f"/sessions/{self.session.id}/expose")["exposed_ports"]
        return next((item for item in listed if item["port"] == self.port), None)

    def take_back(self):
        self.session.api.expect(204, "DELETE", f"/sessions/{self.session.id}/expose/{self.port}")

    # Share links

    def share(self, **fields):
        return self.session.api.expect(201, "POST", self._links(), fields)

    def rotate(self, link):
        return self.session.api.expect(200, "POST", f"{self._links()}/{link['id']}/rotate")

    def revoke(self, link):
        self.session.api.expect(204, "DELETE", f"{self._links()}/{link['id']}")

    def _links(self):
        return f"/sessions/{self.session.id}/expose/{self.port}/share-links"
