"""Users of the instance under test, with their keys, sessions and command line."""
import uuid

from support.api import Api
from support.cli import Cli
from support.sessions import Session
from support.waiting import wait_for


class Person:
    """A user made for one test. What that user made goes when `leave` is called."""

    def __init__(self, helix, name):
        self.helix = helix
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        made = helix.admin.expect(201, "POST", "/users", {"name": self.name})
        self.id = made["id"]
        self.api = Api(helix.url, made["api_key"])
        self.cli = Cli(helix.settings.helix, helix.url, made["api_key"])

    def make_session(self, wait=True, **fields):
        """A new session; with `wait` it is running when this returns."""
        session = Session(self, self.api.expect(201, "POST", "/sessions", fields)["id"])
        if wait:
            session.wait_running()
        return session

    def leave(self):
        for session in self.api.sessions():
            self.api.expect(204, "DELETE", f"/sessions/{session['id']}")
        wait_for(f"the user {self.name} can go", lambda: self._gone(), 30)

    def _gone(self):
        answer = self.helix.admin.delete(f"/users/{self.id}")
        assert answer.status in (204, 404), str(answer)
        return True
