"""Where the instance under test is: from the environment that `./stack test` sets, else from `./stack status`."""
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    url: str
    admin_key: str
    helix: Path  # the helix binary
    instance: str  # first part of the containers' names
    docker_host: str
    state: Path  # the instance's state directory
    status: dict  # of ./stack status -o json

    def sandbox_container(self, sandbox):
        return f"{self.instance}-sandbox-{sandbox}"

    @property
    def api_container(self):
        return f"{self.instance}-api"

    @property
    def runner_token(self):
        return (self.state / "runner.token").read_text().strip()


def stack(*arguments, timeout=600):
    """Runs ./stack for the instance under test and returns what it printed."""
    done = subprocess.run([REPO / "stack", *arguments], cwd=REPO, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"./stack {' '.join(arguments)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def read_settings():
    os.environ.setdefault("HELIX_INSTANCE", "helix-test")
    status = json.loads(stack("status", "-o", "json", timeout=60))
    key_file = Path(os.environ.get("HELIX_ADMIN_KEY_FILE") or status["key_file"])
    state = key_file.parent.parent
    # For the docker clients that the tests start.
    os.environ["DOCKER_HOST"] = status["dockerd"]["host"]
    return Settings(
        url=os.environ.get("HELIX_URL") or status["url"],
        admin_key=key_file.read_text().strip(),
        helix=Path(os.environ.get("HELIX_BIN") or state / "bin" / "helix"),
        instance=os.environ["HELIX_INSTANCE"],
        docker_host=os.environ["DOCKER_HOST"],
        state=state,
        status=status,
    )
