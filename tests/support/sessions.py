"""A session as its owner uses it, and as one sees it from the sandbox."""
from support import places
from support.http_client import bearer, request
from support.waiting import wait_for

START_SECONDS = 60  # a loaded two-core machine; the product's own deadlines per step are longer


def path_url(exposure):
    """The URL by path of an exposure as the API answers it: the one where a program's key goes as Bearer."""
    (url,) = [url for url in exposure["urls"] if "/proxy/" in url]
    return url


class Session:
    def __init__(self, person, session_id):
        self.person = person
        self.helix = person.helix
        self.api = person.api
        self.id = session_id

    # What the API says

    def show(self):
        return self.api.session(self.id)

    def wait_state(self, state, limit=START_SECONDS):
        def look():
            seen = self.show()
            if seen["state"] == "failed" and state != "failed":
                raise RuntimeError(f"{self.id} failed: {seen['status_message']}")
            assert seen["state"] == state, f"{seen['state']}: {seen['status_message']}"
            return seen
        return wait_for(f"session {self.id} is {state}", look, limit)

    def wait_running(self, limit=START_SECONDS):
        return self.wait_state("running", limit)

    def delete(self):
        self.api.expect(204, "DELETE", f"/sessions/{self.id}")

    def expose(self, port, **fields):
        answer = self.api.post(f"/sessions/{self.id}/expose", {"port": port, **fields})
        assert answer.status in (200, 201), str(answer)
        return answer.json()

    # What runs in it

    def try_run(self, *argv, input=None, timeout=120):
        return self.person.cli.try_run("exec", self.id, "--", *argv, input=input, timeout=timeout)

    def run(self, *argv, input=None, timeout=120):
        """Output of a command, run by `helix exec`."""
        return self.person.cli.run("exec", self.id, "--", *argv, input=input, timeout=timeout)

    def shell(self, script, timeout=120):
        return self.run("sh", "-euc", script, timeout=timeout)

    def write(self, path, data):
        self.run("sh", "-c", 'mkdir -p "$(dirname "$0")" && cat >"$0"', path, input=data if isinstance(data, bytes) else data.encode())

    # What it serves

    def proxy_url(self, port, path="/"):
        return f"{self.helix.url}/api/v1/sessions/{self.id}/proxy/{port}{path}"

    def fetch(self, port, path="/", method="GET", body=None, headers=None, timeout=30):
        return request(method, self.proxy_url(port, path), body, {**bearer(self.api.key), **(headers or {})}, timeout)

    def wait_page(self, port, path="/", words="", limit=30):
        """The answer of the session's server once it is 200 and holds `words`."""
        def look():
            answer = self.fetch(port, path, timeout=5)
            assert answer.status == 200 and words in answer.text(), str(answer)
            return answer
        return wait_for(f"{self.proxy_url(port, path)} answers", look, limit)

    # What the sandbox sees

    @property
    def sandbox(self):
        return self.helix.sandbox(self.show()["sandbox_id"])

    @property
    def container(self):
        return self.show()["container_name"]

    @property
    def inside(self):
        """The session's container, entered through the sandbox's dockerd and not through the product."""
        return places.nested(self.sandbox, self.container)
