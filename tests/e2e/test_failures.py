"""Sessions that cannot start, sandboxes that are away, an API that dies in between: a reason, and nothing left behind."""
import re
import threading
import time
from contextlib import contextmanager

import pytest

from support import leftovers
from support.broken_images import image_without_dockerd
from support.waiting import wait_for

# Each step of a session's start has its deadline; the longest is that of its dockerd. Chosen.
FAILURE_SECONDS = 150
CLEAN_SECONDS = 45
WATCHER = ("--ns", "1", "--nslist", "pid", "-f", "^docker events")


def seen_now(helix):
    """What every sandbox and the host hold."""
    seen = {name: leftovers.of_sandbox(helix.sandbox(name)) for name in helix.sandbox_names()}
    seen["host"] = leftovers.of_host(helix.host, helix.settings.instance)
    return seen


def changes(before, after):
    return "\n".join(f"{place}: {text}" for place in before if (text := leftovers.difference(before[place], after[place])))


def seen_when_quiet(helix):
    """The same, once nothing is left of sessions that ended before."""
    def look():
        live = {session["id"] for session in helix.admin.expect(200, "GET", "/sessions?all=true")["sessions"]}
        seen = seen_now(helix)
        going = set(re.findall(r"(?:ses_|-external-)([0-9a-z]{26})", str(seen))) - {name.removeprefix("ses_") for name in live}
        assert not going, f"still there: {going}"
        return seen
    return wait_for("earlier sessions are gone", look, CLEAN_SECONDS)


@pytest.fixture
def clean(helix):
    """Fails the test when anything is left that was not there before it."""
    before = seen_when_quiet(helix)
    yield

    def look():
        left = changes(before, seen_now(helix))
        assert not left, left
        return True
    wait_for("nothing is left behind", look, CLEAN_SECONDS)


def check_failed(session, *reasons):
    """It is `failed`, says why, and can be deleted."""
    shown = session.wait_state("failed", FAILURE_SECONDS)
    assert any(reason in shown["status_message"] for reason in reasons), shown["status_message"]
    session.delete()
    assert session.api.get(f"/sessions/{session.id}").status == 404
    return shown


def test_image_that_nobody_has(helix, clean, alice):
    session = alice.make_session(wait=False, image="no-such-image:1")
    check_failed(session, "no-such-image:1")


def test_dockerd_that_does_not_come_up(helix, clean, alice):
    with image_without_dockerd(helix, helix.sandbox_names()[0]) as image:
        session = alice.make_session(wait=False, image=image)
        shown = check_failed(session, "dockerd")
        wait_for("its container is gone", lambda: shown["container_name"] not in helix.sandbox(
            shown["sandbox_id"]).run("docker", "ps", "-a", "--format", "{{.Names}}"), CLEAN_SECONDS)


def test_failed_session_is_told_by_the_command_line(clean, alice):
    done = alice.cli.try_run("session", "create", "--wait", "--name", "broken", "--image", "no-such-image:1")
    assert done.status != 0 and "no-such-image:1" in done.err, str(done)
    alice.cli.run("session", "delete", "broken")


def test_sandbox_that_is_full(helix, clean, alice):
    """Every place taken: 409 with the reason, and the refused one leaves no trace, in the list either."""
    places = sum(s["max_sessions"] - s["sessions"] for s in helix.admin.sandboxes() if s["state"] == "online")
    assert places <= 8, "start the instance under test with MAX_SANDBOXES=4: this would make too many sessions"
    sessions = [alice.make_session(wait=False) for _ in range(places)]

    refused = alice.api.post("/sessions", {"name": "one-too-many"})

    assert refused.status == 409 and "full" in refused.json()["detail"], str(refused)
    assert {session["id"] for session in alice.api.sessions()} == {session.id for session in sessions}
    told = alice.cli.try_run("session", "create", "--name", "one-too-many")
    assert told.status != 0 and "full" in told.err, str(told)
    for session in sessions:
        session.delete()  # while they start, which any state must allow


def test_delete_while_starting(clean, alice):
    session = alice.make_session(wait=False)
    session.delete()
    assert alice.api.get(f"/sessions/{session.id}").status == 404


def test_running_session_leaves_nothing(clean, alice):
    session = alice.make_session()
    session.write("/workspace/file", "words")
    session.run("docker", "run", "-d", "-v", "kept:/kept", "helix/base:13", "sleep", "1000")
    session.expose(8000)
    session.delete()


def test_delete_while_the_sandbox_is_away(helix, clean, alice):
    """Answers at once; the remains go when the sandbox returns."""
    session = alice.make_session()
    sandbox, container = session.show()["sandbox_id"], session.container
    outer = helix.settings.sandbox_container(sandbox)
    helix.host.run("docker", "pause", outer)
    try:
        began = time.monotonic()
        session.delete()
        took = time.monotonic() - began
        assert took < 2, f"the delete took {took:.1f} s"
        assert alice.api.get(f"/sessions/{session.id}").status == 404
    finally:
        helix.host.run("docker", "unpause", outer)
    wait_for("its container is gone", lambda: container not in helix.sandbox(sandbox).run(
        "docker", "ps", "-a", "--format", "{{.Names}}"), 60)
    wait_for(f"sandbox {sandbox} is online", lambda: helix.online(sandbox), 60)


@contextmanager
def creations(helix):
    """Yields an event that is set as soon as any sandbox's dockerd has made a container."""
    created = threading.Event()
    sandboxes = [helix.sandbox(name) for name in helix.sandbox_names()]
    watchers = [sandbox.popen("docker", "events", "--filter", "type=container", "--filter", "event=create") for sandbox in sandboxes]

    def watch(output):
        if output.readline():
            created.set()
    try:
        for watcher in watchers:
            threading.Thread(target=watch, args=(watcher.stdout,), daemon=True).start()
        for sandbox in sandboxes:
            wait_for("the events are watched", lambda sandbox=sandbox: sandbox.try_run("pgrep", *WATCHER).status == 0, 10)
        yield created
    finally:
        for sandbox, watcher in zip(sandboxes, watchers):
            sandbox.try_run("pkill", *WATCHER)
            watcher.wait(10)


def kill_api_while_creating(helix, alice, delay):
    """The API dies `delay` seconds after the container was made: before it has heard of it, or just after."""
    helix.wait_grown()
    with creations(helix) as created:
        session = alice.make_session(wait=False)
        assert created.wait(30), f"no container was made: {session.show()}"
        time.sleep(delay)  # not synchronisation: the moment of the kill is what is varied
        pid = helix.kill_api()
    wait_for("helix-api is back", lambda: helix.api_pid() not in (0, pid) and helix.ready(), 15)
    return session


@pytest.mark.parametrize("delay", [0, 0.3])
def test_api_killed_while_it_creates(helix, clean, alice, delay):
    """What the new API finds belongs to a session that it knows: that one goes on, or fails and says why."""
    session = kill_api_while_creating(helix, alice, delay)
    shown = wait_for("the session settles", lambda: (s := session.show())["state"] in ("running", "failed") and s, FAILURE_SECONDS)
    if shown["state"] == "running":
        assert session.try_run("true").status == 0
    else:
        assert shown["status_message"], shown
    session.delete()


@pytest.mark.full
@pytest.mark.parametrize("delay", [round(0.05 * step, 2) for step in range(20)])
def test_api_killed_at_any_moment(helix, clean, alice, delay):
    test_api_killed_while_it_creates(helix, clean, alice, delay)


@pytest.mark.full
def test_sandbox_stopped_and_started_while_a_delete_waits(helix, clean, alice):
    session = alice.make_session()
    outer = helix.settings.sandbox_container(sandbox := session.show()["sandbox_id"])
    helix.host.run("docker", "stop", "-t", "60", outer, timeout=90)
    session.delete()
    helix.host.run("docker", "start", outer)
    wait_for(f"sandbox {sandbox} is online", lambda: helix.online(sandbox), 90)


@pytest.mark.full
def test_orphan_is_found_and_removed(helix, clean, alice):
    """A container with a session's label that the API does not know: removed by comparison, after ten minutes of grace."""
    sandbox = helix.sandbox(name := helix.sandbox_names()[0])
    orphan = "ses_" + "0" * 25 + "1"
    sandbox.run("docker", "create", "--name", "headless-external-" + "0" * 25 + "1", "--label", f"helix.session_id={orphan}",
                "--label", f"helix.sandbox={name}", "--label", "helix.owner=usr_nobody", "helix-headless:latest")
    wait_for("the orphan is gone", lambda: orphan not in sandbox.run(
        "docker", "ps", "-a", "--format", '{{.Label "helix.session_id"}}'), 720)
