"""What an operator sees: health, readiness, metrics, JSON logs with ids, and a person's first page."""
import json
import re

import pytest

from support.http_client import request
from support.waiting import wait_for

METRICS = ["helix_sandbox_sessions_active", "helix_sandbox_sessions_total", "helix_sandbox_gpu_utilization",
           "helix_sandbox_disk_usage_bytes"]


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_health(helix, path):
    answer = request("GET", helix.url + path)
    assert answer.status == 200 and answer.json()["status"] == "ok" and answer.json()["version"], str(answer)


@pytest.mark.parametrize("path", ["/ready", "/api/v1/ready"])
def test_ready(helix, path):
    answer = request("GET", helix.url + path)
    assert answer.status == 200 and answer.json()["ready"] is True and "store" in answer.json()["checks"], str(answer)


def metrics(helix):
    """The text of the metrics listener, which only the machine itself reaches."""
    port = helix.settings.status["api"]["metrics_port"]
    answer = request("GET", f"http://127.0.0.1:{port}/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain"), str(answer)
    return answer.text()


def value(text, name):
    """Sum over the labels of one metric."""
    found = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}(\{{|\s)", line)]
    assert found, f"no {name} in:\n{text}"
    return sum(found)


def test_metrics_have_the_contracts_names_and_no_label_per_session(helix, session):
    text = metrics(helix)
    for name in METRICS:
        assert re.search(rf"^# TYPE {name} ", text, re.M), f"no {name} in:\n{text}"
    assert value(text, "helix_sandbox_sessions_active") >= 1
    assert value(text, "helix_sandbox_disk_usage_bytes") > 0
    assert "ses_" not in text


def test_metrics_tell_each_step_of_a_sessions_start(helix, alice):
    before = value(metrics(helix), "helix_sandbox_sessions_total")
    alice.make_session().delete()
    text = metrics(helix)
    assert value(text, "helix_sandbox_sessions_total") == before + 1
    steps = set(re.findall(r'_seconds_(?:count|sum|bucket)\{[^}]*step="([^"]+)"', text))
    assert len(steps) >= 2, f"steps {steps} in:\n{text}"


def test_metrics_count_tunnel_reconnects(helix, session):
    def reconnects():
        return value(metrics(helix), "helix_tunnel_reconnects_total")
    before = reconnects()
    session.inside.kill("desktop-bridge")
    wait_for("the reconnect is counted", lambda: reconnects() > before, 20)
    wait_for("exec works again", lambda: session.try_run("true").status == 0, 20)


def test_metrics_are_not_on_the_public_listener(helix):
    assert "helix_sandbox" not in request("GET", f"{helix.url}/metrics").text()


def test_logs_are_json_with_ids_and_without_secrets(helix, session):
    answer = session.api.get("/users/me")
    request_id = answer.headers["X-Request-Id"]
    assert request_id
    session.fetch(1, "/?secret=in-the-query")

    done = helix.host.try_run("docker", "logs", "--tail", "2000", helix.settings.api_container)
    lines = [json.loads(line) for line in (done.out + done.err).splitlines() if line.strip()]
    assert all({"time", "level", "event"} <= set(line) for line in lines), "a line without time, level or event"
    assert [line for line in lines if request_id in line.values()], f"no line has the request id {request_id}"
    assert [line for line in lines if session.id in line.values()], "no line has the session's id"
    text = done.out + done.err
    for secret in (session.api.key, helix.settings.admin_key, helix.settings.runner_token):
        assert secret not in text, "a key is in the log"


def test_logs_of_sandbox_and_session_are_json(helix, session):
    sandbox = helix.host.try_run("docker", "logs", "--tail", "200", helix.settings.sandbox_container(session.show()["sandbox_id"]))
    bridge = session.sandbox.try_run("docker", "logs", "--tail", "200", session.container)
    for done in (sandbox, bridge):
        own = [line for line in (done.out + done.err).splitlines() if line.startswith("{")]
        assert own and all(json.loads(line)["event"] for line in own), str(done)
        assert helix.settings.runner_token not in done.out + done.err


def test_root_is_a_page_for_a_person(helix):
    for path in ("/", "/sessions", "/any/page/of/the/ui"):
        answer = request("GET", helix.url + path, headers={"Accept": "text/html"})
        assert answer.status == 200 and "<!doctype html>" in answer.text().lower(), str(answer)
    assert request("GET", f"{helix.url}/api/v1/no-such-thing").status == 404


def test_malformed_requests_are_refused(helix):
    import socket
    from urllib.parse import urlsplit
    parts = urlsplit(helix.url)
    heads = {
        b"GET /health HTTP/1.1\r\n\r\n": 400,  # no Host
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": 400,
        b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
        b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n": 400,
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n": 405,
        b"GET /" + b"a" * (17 << 10) + b" HTTP/1.1\r\nHost: a\r\n\r\n": 414,
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * (65 << 10) + b"\r\n\r\n": 431,
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n": 431,
    }
    for head, status in heads.items():
        with socket.create_connection((parts.hostname, parts.port), 10) as connection:
            connection.sendall(head)
            line = connection.makefile("rb").readline().decode()
            assert line.split()[1:2] == [str(status)], f"{head[:80]!r}: {line!r} instead of {status}"


def test_body_above_its_limit_is_413(helix, alice):
    answer = alice.api.post("/sessions", b" " * ((1 << 20) + 1))
    assert answer.status == 413, str(answer)
