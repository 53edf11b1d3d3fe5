"""Helix in Helix: a session runs a control plane and the sandbox's own image, and a session of that serves a page."""
import json

import pytest

from support.http_client import request
from support.waiting import wait_for

INNER_PORT = 8080
PAGE_PORT = 8000
WORDS = "two Helixes deep"
TOKEN = "inner-runner-token"
INNER_HELIX = f"HELIX_URL=http://localhost:{INNER_PORT} HELIX_API_KEY=$(cat /var/lib/inner/admin.key) helix"
ENGINE = ["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--device-cgroup-rule", "a *:* rwm",
          "--security-opt", "seccomp=/etc/helix/seccomp.json", "--security-opt", "apparmor=unconfined"]


@pytest.fixture(scope="module")
def inner(alice):
    """A session with an inner helix-api on 8080 and an inner sandbox container enrolled with it."""
    session = alice.make_session()
    session.shell(f"""
        export HELIX_LISTEN=0.0.0.0:{INNER_PORT} RUNNER_TOKEN={TOKEN} HELIX_DATA_DIR=/var/lib/inner
        setsid /opt/helix/bin/helix-api >/var/log/inner-api.log 2>&1 </dev/null &
    """)

    def ready():
        answered = session.try_run("curl", "-fsS", f"http://localhost:{INNER_PORT}/ready").status == 0
        assert answered, session.run("tail", "-n", "5", "/var/log/inner-api.log")
        return True

    wait_for("the inner API is ready", ready, 20)
    wait_for("the sandbox image is in the outer sandbox's registry",
             lambda: session.try_run("docker", "pull", "-q", "helix-sandbox:latest", timeout=300).status == 0, 300)
    session.run("docker", "run", "-d", "--name", "inner-sandbox", *ENGINE, "-e", f"HELIX_API_URL=http://10.214.0.1:{INNER_PORT}",
                "-e", f"RUNNER_TOKEN={TOKEN}", "-e", "HELIX_DOCKER_DEPTH=3", "-v", "inner-docker:/var/lib/docker", "helix-sandbox:latest")
    yield session
    session.delete()


def inner_json(inner, method, path, body=None):
    """A call of the inner API with its own admin's key, made inside the session."""
    key = "Authorization: Bearer $(cat /var/lib/inner/admin.key)"
    script = f'curl -sS -X {method} -H "{key}" http://localhost:{INNER_PORT}/api/v1{path}'
    if body is not None:
        script += f" -d '{json.dumps(body)}'"
    out = inner.shell(script)
    return json.loads(out) if out.strip() else None


def test_page_of_an_inner_session_through_both_gateways(inner, helix):
    wait_for("the inner sandbox is online", lambda: [
        sandbox for sandbox in inner_json(inner, "GET", "/sandboxes")["sandboxes"] if sandbox["state"] == "online"], 90)
    # The inner sandbox has no session image of its own: it comes from the outer one, by way of the session.
    inner.shell("docker pull -q helix-headless:latest; docker pull -q helix/base:13", timeout=300)
    inner.shell("docker save helix-headless:latest helix/base:13 | docker exec -i inner-sandbox docker load", timeout=300)
    wait_for("the inner API knows the image", lambda: any(
        "helix-headless:latest" in sandbox["images"] for sandbox in inner_json(inner, "GET", "/sandboxes")["sandboxes"]), 60)

    made = inner_json(inner, "POST", "/sessions", {"name": "inner"})
    shown = wait_for("the inner session runs", lambda: (
        s := inner_json(inner, "GET", f"/sessions/{made['id']}"))["state"] in ("running", "failed") and s, 150)
    assert shown["state"] == "running", shown

    inner.shell(f"""{INNER_HELIX} exec inner -- sh -c 'mkdir -p /tmp/www; echo "{WORDS}, at depth $HELIX_DOCKER_DEPTH" >/tmp/www/index.html
        cd /tmp/www; setsid python3 -m http.server {PAGE_PORT} --bind 127.0.0.1 >/dev/null 2>&1 </dev/null &'""")

    path = f"/api/v1/sessions/{made['id']}/proxy/{PAGE_PORT}/"
    key = inner.run("cat", "/var/lib/inner/admin.key").strip()

    def look():
        # The outer key is for the outer gateway; the inner one gets its own in the request's Authorization.
        answer = request("GET", inner.proxy_url(INNER_PORT, path), headers={
            "X-Helix-Authorization": f"Bearer {inner.api.key}", "Authorization": f"Bearer {key}"})
        assert answer.status == 200, str(answer)
        return answer
    answer = wait_for("the page answers through both gateways", look, 30)
    assert answer.text().strip() == f"{WORDS}, at depth 4"


def test_docker_of_the_inner_session(inner):
    """Five daemons deep: a container of the inner session's own Docker."""
    assert inner.shell(f"{INNER_HELIX} exec inner -- docker info -f '{{{{.Driver}}}}'", timeout=60).strip() == "overlay2"
