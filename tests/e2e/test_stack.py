"""./stack on the instance under test: stop and start keep everything, newer programs come under running sessions."""
import json
import os
import shutil
from contextlib import contextmanager

import pytest

from support.app import APP_PORT, start_small_page
from support.http_client import bearer, request
from support.sessions import path_url
from support.settings import REPO, stack
from support.waiting import wait_for

WORDS = "the same page as before"


@pytest.fixture
def served(alice):
    session = alice.make_session()
    start_small_page(session, WORDS)
    yield session
    session.delete()


def page_at(url, session):
    answer = request("GET", url, headers=bearer(session.api.key), timeout=5)
    assert answer.status == 200 and WORDS in answer.text(), str(answer)
    return True


def test_status_json(helix):
    status = json.loads(stack("status", "-o", "json"))
    assert status["url"] == helix.url and os.stat(status["key_file"]).st_mode & 0o077 == 0
    assert status["dockerd"]["running"] and status["api"]["ready"]
    assert {sandbox["name"] for sandbox in status["sandboxes"]} == set(helix.sandbox_names())
    assert all(sandbox["online"] and sandbox["version"] for sandbox in status["sandboxes"]), status
    assert all(status["versions"].values()), status["versions"]


def test_start_again_changes_nothing(helix, served):
    """Sessions, sandboxes and the API's process: re-running is safe."""
    def state():
        return (helix.api_pid(), served.sandbox.started_at(served.container), served.inside.started_at("web"),
                [helix.hydra_pid(name) for name in helix.sandbox_names()])
    stack("start", timeout=900)  # brings the instance to this build, whatever it ran before
    before = state()
    stack("start", timeout=900)
    assert state() == before


def test_stop_and_start_keep_sessions_images_and_urls(helix, served):
    exposed = served.expose(APP_PORT, name="kept")
    served.write("/workspace/file", "kept words")
    served.run("docker", "tag", "helix/base:13", "mine:kept")
    listed = {session["id"] for session in served.api.sessions()}

    try:
        stack("stop")
        # Not asked of Docker: where nothing else runs on it, the private dockerd has ended too.
        with pytest.raises(ConnectionRefusedError):
            helix.ready()
    finally:
        stack("start", timeout=900)  # the tests behind this one need the instance, whatever is found here

    assert {session["id"] for session in served.api.sessions()} == listed
    if served.show()["state"] == "stopped":
        served.api.post(f"/sessions/{served.id}/start")
    served.wait_running(90)
    wait_for("the same URL answers", lambda: page_at(path_url(exposed), served), 60)
    assert served.run("cat", "/workspace/file") == "kept words"
    assert served.run("docker", "images", "-q", "mine:kept").strip()
    assert served.expose(APP_PORT, name="kept") == exposed, "its URLs and its allocated port are the same"


@pytest.fixture
def newer_programs(helix):
    """hydra and desktop-bridge as a newer build would publish them: other bytes, by a rename. The old ones come back."""
    bin_dir = helix.settings.state / "bin"
    kept = {name: (bin_dir / name).read_bytes() for name in ("hydra", "desktop-bridge")}

    def publish(name, data):
        new = bin_dir / f".{name}.new"
        new.write_bytes(data)
        shutil.copymode(bin_dir / name, new)
        new.rename(bin_dir / name)
    for name, data in kept.items():
        publish(name, data + b"newer")
    yield
    for name, data in kept.items():
        publish(name, data)


def runs_newer(pid):
    return pid and open(f"/proc/{pid}/exe", "rb").read()[-5:] == b"newer"


def test_newer_programs_replace_those_of_running_sessions(helix, served, newer_programs):
    """What `./stack start` does after publishing: hydra is told to replace itself and its sessions' bridges."""
    name = served.show()["sandbox_id"]
    container = helix.settings.sandbox_container(name)
    before = (served.sandbox.started_at(served.container), served.inside.started_at("web"))

    helix.host.run("docker", "exec", container, "sv", "hup", "hydra")

    wait_for("hydra is the newer one", lambda: runs_newer(helix.hydra_pid(name)), 30)
    wait_for("the bridge is the newer one", lambda: served.inside.try_run(
        "sh", "-c", "tail -c 5 /proc/$(pgrep --ns 1 --nslist pid -x desktop-bridge)/exe").out == "newer", 30)
    served.wait_page(APP_PORT, words=WORDS, limit=10)
    wait_for("exec works", lambda: served.try_run("true").status == 0, 20)
    assert (served.sandbox.started_at(served.container), served.inside.started_at("web")) == before


def can_grant_privileged(helix):
    """Whether this machine's dockerd can start a container with --privileged at all."""
    return helix.host.try_run("docker", "run", "--rm", "--privileged", "--entrypoint", "true", "helix-sandbox:latest").status == 0


SEED_LINE = ["run", "-d", "--privileged"]
README_LINE = ["run", "-d", "--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--device-cgroup-rule", "a *:* rwm",
               "--security-opt", f"seccomp={REPO}/deploy/seccomp/helix.json", "--security-opt", "apparmor=unconfined"]


@contextmanager
def alone(helix, name):
    """New sessions go to this sandbox only."""
    others = [other for other in helix.sandbox_names() if other != name]
    try:
        for other in others:
            helix.admin.expect(200, "POST", f"/sandboxes/{other}/drain")
        yield
    finally:
        for other in others:
            helix.admin.expect(200, "POST", f"/sandboxes/{other}/drain", {"draining": False})


def start_by_hand(helix, alice, line):
    """A sandbox by `docker run` with nothing but the API's URL, the token and a name; then a session on it."""
    name = "by-hand"
    variables = helix.host.inspect(helix.settings.sandbox_container("local"), "{{json .Config.Env}}")
    (url,) = [line.split("=", 1)[1] for line in json.loads(variables) if line.startswith("HELIX_API_URL=")]
    container = helix.settings.sandbox_container(name)
    helix.host.run("docker", *line, "--name", container, "-e", f"HELIX_API_URL={url}",
                   "-e", f"RUNNER_TOKEN={helix.settings.runner_token}", "-e", f"SANDBOX_INSTANCE_ID={name}", "helix-sandbox:latest")
    try:
        wait_for("its dockerd answers", lambda: helix.sandbox(name).try_run("docker", "info").status == 0, 30)
        helix.host.run("sh", "-c", f"docker save helix-headless:latest | docker exec -i {container} docker load", timeout=120)
        wait_for("the sandbox takes sessions", lambda: helix.online(name), 60)
        with alone(helix, name):
            session = alice.make_session(wait=False)
        session.wait_running()
        assert session.show()["sandbox_id"] == name
        assert session.run("docker", "info", "-f", "{{.Driver}}").strip() == "overlay2"
        session.delete()
        wait_for("the session is gone", lambda: not helix.sandbox(name).run("docker", "ps", "-aq").strip(), 30)
    finally:
        helix.host.run("docker", "rm", "-f", "-v", container)
        helix.admin.expect(204, "DELETE", f"/sandboxes/{name}")


def test_sandbox_by_the_seeds_line(helix, alice):
    if not can_grant_privileged(helix):
        pytest.skip("this machine cannot grant --privileged")
    start_by_hand(helix, alice, SEED_LINE)


def test_sandbox_by_the_readmes_line(helix, alice):
    start_by_hand(helix, alice, README_LINE)
