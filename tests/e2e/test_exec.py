"""helix exec: streams as they come, exit statuses, signals, a terminal, lost clients, a lost tunnel."""
import fcntl
import hashlib
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

from support.app_server import digest_of, pieces
from support.waiting import wait_for

GIB = 1 << 30


def popen(session, *argv, options=(), **keywords):
    for name in ("stdin", "stdout", "stderr"):
        keywords.setdefault(name, subprocess.PIPE)
    return session.person.cli.popen("exec", *options, session.id, "--", *argv, **keywords)


def finish(process, limit=30):
    """(status, stdout, stderr) of a process that ends by itself."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end within {limit} s; out {out[-500:]!r}, err {err[-500:]!r}")
    return process.returncode, out, err


def test_streams_are_kept_apart(session):
    done = session.try_run("sh", "-c", "echo to out; echo to err >&2; cat", input=b"from in\n")
    assert (done.status, done.out, done.err) == (0, "to out\nfrom in\n", "to err\n"), str(done)


@pytest.mark.parametrize("status", [0, 1, 7, 126, 255])
def test_exit_status(session, status):
    assert session.try_run("sh", "-c", f"exit {status}").status == status


def test_command_that_is_not_there(session):
    done = session.try_run("no-such-command")
    assert done.status in (126, 127) and "no-such-command" in done.err, str(done)


def test_killed_command_is_128_and_the_signal(session):
    assert session.try_run("sh", "-c", "kill -KILL $$").status == 137


def test_arguments_arrive_as_they_are(session):
    words = ["a b", "", "$HOME", "*", "'", '"', "ü", "--", "-x", "line\nbreak"]
    assert session.run("printf", "%s\\0", *words) == "".join(word + "\0" for word in words)


def test_output_comes_as_it_is_written(session):
    """Not at the end: the second line is asked for only after the first one has arrived."""
    process = popen(session, "sh", "-c", "echo first; read go; echo second")
    assert process.stdout.readline() == b"first\n"
    process.stdin.write(b"go\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"second\n"
    assert finish(process)[0] == 0


def test_gibibyte_into_the_session(session):
    process = popen(session, "sha256sum")

    def feed():
        for piece in pieces(GIB):
            process.stdin.write(piece)
        process.stdin.close()
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    out = process.stdout.read()
    feeder.join(5)
    assert process.wait(120) == 0, process.stderr.read()
    assert out.split()[0].decode() == digest_of(GIB)


def test_gibibyte_out_of_the_session(session):
    process = popen(session, "sh", "-c", f"head -c {GIB} /dev/zero", stdin=subprocess.DEVNULL)
    total, count = hashlib.sha256(), 0
    while piece := process.stdout.read(1 << 20):
        total.update(piece)
        count += len(piece)
    assert process.wait(30) == 0 and count == GIB, process.stderr.read()
    zeros = hashlib.sha256()
    for _ in range(1024):
        zeros.update(bytes(1 << 20))
    assert total.digest() == zeros.digest()


def test_both_ways_at_once(session):
    """64 MiB through `cat`: neither direction waits for the other to end."""
    process = popen(session, "cat")
    sent, count = hashlib.sha256(), 64 << 20

    def feed():
        for piece in pieces(count):
            sent.update(piece)
            process.stdin.write(piece)
        process.stdin.close()
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    received = hashlib.sha256()
    while piece := process.stdout.read(1 << 20):
        received.update(piece)
    feeder.join(30)
    assert process.wait(30) == 0
    assert received.hexdigest() == sent.hexdigest() == digest_of(count)


@pytest.mark.parametrize("number, name", [(signal.SIGTERM, "TERM"), (signal.SIGINT, "INT"), (signal.SIGHUP, "HUP")])
def test_signals_are_forwarded(session, number, name):
    process = popen(session, "sh", "-c", f"trap 'echo got {name}; exit 7' {name}; echo ready; while :; do sleep 0.05; done",
                    stdin=subprocess.DEVNULL)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    status, out, err = finish(process)
    assert (status, out) == (7, f"got {name}\n".encode()), (status, out, err)


class Terminal:
    """A helix exec -t with a pseudo terminal of 132 by 43 as its own."""

    def __init__(self, session, *argv):
        self.master, slave = pty.openpty()
        self.resize(43, 132)
        self.process = popen(session, *argv, options=["-t"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def write(self, text):
        os.write(self.master, text.encode())

    def expect(self, words, limit=15):
        """Reads until the words are there."""
        deadline = time.monotonic() + limit
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {words!r} within {limit} s, but {self.seen!r}"
            try:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError as error:  # the other end is closed
                raise AssertionError(f"ended without {words!r}: {self.seen!r}") from error
        self.seen = self.seen.split(words, 1)[1]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self.master)


@pytest.fixture
def terminal(session):
    opened = Terminal(session, "sh")
    yield opened
    opened.close()


def test_terminal(terminal):
    terminal.write("tty && stty size; echo done$((1+1))\n")
    terminal.expect("/dev/pts/")
    terminal.expect("43 132")
    terminal.expect("done2")

    terminal.resize(24, 80)
    os.kill(terminal.process.pid, signal.SIGWINCH)
    terminal.write("until [ \"$(stty size)\" = '24 80' ]; do sleep 0.1; done; echo resized$((1+1))\n")
    terminal.expect("resized2")

    terminal.write("sleep 1000\n")
    terminal.expect("sleep 1000")
    terminal.write("\x03")  # Ctrl-C is for the command, not for the client
    terminal.write("echo interrupted$((1+1)); exit 5\n")
    terminal.expect("interrupted2")
    assert terminal.process.wait(15) == 5


def runs(session, mark):
    """Whether a process with that mark in its arguments runs in the session."""
    return session.inside.try_run("pgrep", "-f", f"^sleep {mark}").status == 0


def test_lost_client_ends_the_command(session):
    process = popen(session, "sleep", "31415")
    wait_for("the command runs", lambda: runs(session, 31415), 15)
    process.kill()
    process.communicate()
    wait_for("the command has ended", lambda: not runs(session, 31415), 15)


def test_lost_client_ends_a_command_that_ignores_hangup(session):
    process = popen(session, "sh", "-c", "trap '' HUP; sleep 27182; sleep 27182; sleep 27182")
    wait_for("the command runs", lambda: runs(session, 27182), 15)
    process.kill()
    process.communicate()
    wait_for("the command has ended", lambda: not runs(session, 27182), 20)


def test_detached_command_survives_its_client(session):
    done = session.person.cli.try_run("exec", "--detach", session.id, "--", "sleep", "16180")
    assert done.status == 0, str(done)
    wait_for("the command runs", lambda: runs(session, 16180), 10)
    session.inside.run("pkill", "-f", "^sleep 16180")


def test_lost_tunnel_is_255_with_a_message(session):
    process = popen(session, "sh", "-c", "echo ready; sleep 1000")
    assert process.stdout.readline() == b"ready\n"
    session.inside.kill("desktop-bridge")
    status, _, err = finish(process)
    assert status == 255 and err.strip(), (status, err)
    wait_for("exec works again", lambda: session.try_run("true").status == 0, 30)


def test_session_that_is_not_there(alice):
    done = alice.cli.try_run("exec", "ses_" + "0" * 26, "--", "true")
    assert done.status == 5 and "no such session" in done.err, str(done)


def test_directory_and_user(session):
    assert session.run("pwd").strip() == "/workspace"
    assert session.run("sh", "-c", "id -u; echo $HOME").split() == ["0", "/root"]
