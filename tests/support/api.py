"""helix-api as one caller sees it."""
from support.http_client import bearer, request

API = "/api/v1"


class Api:
    """The control plane at `url`, called with `key` (none at all when it is empty)."""

    def __init__(self, url, key):
        self.url = url.rstrip("/")
        self.key = key

    def call(self, method, path, body=None, headers=None, timeout=30):
        """`path` starts with a slash and is added to the server's own URL."""
        return request(method, self.url + path, body, {**bearer(self.key), **(headers or {})}, timeout)

    def get(self, path):
        return self.call("GET", API + path)

    def post(self, path, body=None):
        return self.call("POST", API + path, body)

    def delete(self, path):
        return self.call("DELETE", API + path)

    def expect(self, status, method, path, body=None):
        """The answer's JSON, or its bytes where it is none. Fails with the whole answer."""
        answer = self.call(method, API + path, body)
        assert answer.status == status, f"expected {status}: {answer}"
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.body

    def session(self, session_id):
        return self.expect(200, "GET", f"/sessions/{session_id}")

    def sessions(self):
        return self.expect(200, "GET", "/sessions")["sessions"]

    def sandboxes(self):
        return self.expect(200, "GET", "/sandboxes")["sandboxes"]
