"""Host processes of a container's programs: their pids and how much memory they took."""
import os
from pathlib import Path


def pid_in_container(place_on_host, container, program):
    """Host pid of `program` in the container itself (not in containers inside it). 0: not running."""
    init = place_on_host.inspect(container, "{{.State.Pid}}")
    try:
        namespace = os.readlink(f"/proc/{init}/ns/pid")
    except FileNotFoundError:
        return 0
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (directory / "comm").read_text().strip() == program[:15] and os.readlink(directory / "ns/pid") == namespace:
                return int(directory.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return 0


def memory_kib(pid, field):
    """`VmRSS` or `VmHWM` of a process, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no {field}")


class PeakMemory:
    """How far the resident memory of a process rose above what it was, within a `with` block.

    Writing 5 to clear_refs sets the peak back to the present (proc(5)).
    """

    def __init__(self, name, pid):
        self.name = name
        self.pid = pid

    def __enter__(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        self.before_kib = memory_kib(self.pid, "VmRSS")
        return self

    def __exit__(self, *_):
        self.peak_kib = memory_kib(self.pid, "VmHWM")

    @property
    def growth_mib(self):
        return (self.peak_kib - self.before_kib) / 1024

    def __str__(self):
        return f"{self.name}: {self.before_kib} KiB before, {self.peak_kib} KiB at most"
