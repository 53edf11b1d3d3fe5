"""The helix binary, run as a person would run it."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from support.places import Done


class Cli:
    """`helix` with the key of one person, in a home directory of its own."""

    def __init__(self, binary, url, key):
        self.binary = Path(binary)
        self.home = tempfile.TemporaryDirectory(prefix="helix-e2e-home-")
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.home.name, "HELIX_URL": url, "HELIX_API_KEY": key}
        self.environment = {name: value for name, value in self.environment.items() if value}

    def popen(self, *arguments, **options):
        """The running program; the caller ends it."""
        options.setdefault("env", self.environment)
        return subprocess.Popen([self.binary, *map(str, arguments)], **options)

    def try_run(self, *arguments, input=None, timeout=120):
        done = subprocess.run([self.binary, *map(str, arguments)], input=input or b"", capture_output=True, timeout=timeout,
                              env=self.environment)
        return Done("helix " + " ".join(map(str, arguments)), done.returncode, done.stdout.decode("utf-8", "replace"),
                    done.stderr.decode("utf-8", "replace"))

    def run(self, *arguments, input=None, timeout=120):
        done = self.try_run(*arguments, input=input, timeout=timeout)
        assert done.status == 0, str(done)
        return done.out

    def json(self, *arguments, timeout=120):
        return json.loads(self.run(*arguments, "-o", "json", timeout=timeout))
