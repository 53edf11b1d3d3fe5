"""Running commands on the machine, in a sandbox, or in a session seen from its sandbox (behind the product's back)."""
import json
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    command: str
    status: int
    out: str
    err: str

    def __str__(self):
        return f"{self.command}: status {self.status}\n{self.out[-3000:]}{self.err[-3000:]}"


class Place:
    """Where commands run: `prefix` is the argument vector that leads there."""

    def __init__(self, name, prefix):
        self.name = name
        self.prefix = list(prefix)

    def try_run(self, *argv, input=None, timeout=60):
        """`input` is bytes for the command's stdin. Never fails on an exit status; does on `timeout` seconds."""
        done = subprocess.run([*self.prefix, *map(str, argv)], input=input or b"", capture_output=True, timeout=timeout)
        text = " ".join(map(str, argv))
        return Done(f"[{self.name}] {text}", done.returncode, done.stdout.decode("utf-8", "replace"),
                    done.stderr.decode("utf-8", "replace"))

    def popen(self, *argv):
        """The running command, with its output as a pipe; the caller ends it."""
        return subprocess.Popen([*self.prefix, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def run(self, *argv, input=None, timeout=60):
        """The command's output. Fails, with all it wrote, on any other status than 0."""
        done = self.try_run(*argv, input=input, timeout=timeout)
        assert done.status == 0, str(done)
        return done.out

    def inspect(self, container, template):
        """One value of `docker inspect` of a container there."""
        return self.run("docker", "inspect", "-f", template, container).strip()

    def started_at(self, container):
        return self.inspect(container, "{{.State.StartedAt}}")

    def inspect_all(self, container):
        return json.loads(self.run("docker", "inspect", container))[0]

    def pid_of(self, program):
        """Pid, as seen there, of the one program of that name; sessions' own processes do not count. 0: none."""
        found = self.try_run("pgrep", "--ns", "1", "--nslist", "pid", "-x", program)
        pids = found.out.split()
        assert len(pids) <= 1, f"more than one {program} in {self.name}: {pids}"
        return int(pids[0]) if pids else 0

    def kill(self, program, signal="KILL"):
        pid = self.pid_of(program)
        assert pid, f"no {program} runs in {self.name}: {self.run('ps', '-ef')}"
        self.run("kill", f"-{signal}", pid)
        return pid


def host():
    return Place("host", [])


def container(name):
    """A container of the host's dockerd."""
    return Place(name, ["docker", "exec", "-i", name])


def nested(outer, name):
    """A container of the dockerd in `outer`."""
    return Place(f"{outer.name}/{name}", [*outer.prefix, "docker", "exec", "-i", name])
