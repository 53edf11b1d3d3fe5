"""The instance under test: its control plane, its sandboxes, its people."""
from datetime import datetime, timezone

from support import places, processes
from support.api import Api
from support.people import Person
from support.waiting import wait_for

DOCKER_YOUNG_SECONDS = 10  # moby, restartmanager: after that long a life the delay begins at its least again


class Helix:
    def __init__(self, settings):
        self.settings = settings
        self.url = settings.url
        self.admin = Api(settings.url, settings.admin_key)
        self.host = places.host()
        self.people = []

    def person(self, name="alice"):
        made = Person(self, name)
        self.people.append(made)
        return made

    def everybody_leaves(self):
        while self.people:
            self.people.pop().leave()

    def sandbox_names(self):
        return sorted(sandbox["id"] for sandbox in self.admin.sandboxes())

    def sandbox(self, name):
        """Where hydra and the sandbox's dockerd run."""
        return places.container(self.settings.sandbox_container(name))

    def api_pid(self):
        return processes.pid_in_container(self.host, self.settings.api_container, "helix-api")

    def settle(self):
        """Waits until the API is ready and every sandbox takes sessions again, after whatever a test did to them."""
        wait_for("helix-api is ready", self.ready, 30)
        for name in self.sandbox_names():
            wait_for(f"sandbox {name} takes sessions", lambda name=name: self.online(name), 60)

    def wait_grown(self):
        """Docker starts a container that dies young later and later: waits until helix-api is not young any more."""
        def grown():
            started = self.host.started_at(self.settings.api_container)[:19] + "+00:00"
            age = datetime.now(timezone.utc) - datetime.fromisoformat(started)
            assert age.total_seconds() > DOCKER_YOUNG_SECONDS, f"up for {age}"
            return True
        wait_for("helix-api has run for a while", grown, DOCKER_YOUNG_SECONDS + 5)

    def kill_api(self):
        """kill -9. Returns the pid that was."""
        self.wait_grown()
        pid = self.api_pid()
        self.host.run("kill", "-KILL", pid)
        return pid

    def hydra_pid(self, sandbox):
        return processes.pid_in_container(self.host, self.settings.sandbox_container(sandbox), "hydra")

    def ready(self):
        answer = self.admin.call("GET", "/ready", timeout=3)
        assert answer.status == 200, str(answer)
        return True

    def online(self, name):
        """What the API knows of a sandbox that takes sessions."""
        seen = self.admin.expect(200, "GET", f"/sandboxes/{name}")
        assert seen["state"] == "online" and seen["max_sessions"] and seen["images"], str(seen)
        return seen
