"""The seed's own curl lines for expose, list and proxy, then the rules and errors of exposing."""
import json
import subprocess

import pytest

from support.app import start_small_page
from support.sessions import path_url

PAGE = "Hello from Helix-in-Helix!"
PORT = 9000


@pytest.fixture(scope="module")
def served(session):
    """A session with a page on the seed's port."""
    start_small_page(session, PAGE, PORT)
    return session


def curl(served, line):
    """Runs one of the seed's lines. Only the server's address, the session and the key are put in."""
    line = line.replace("http://localhost:8080", served.helix.url)
    for printed in ("ses_xxx", "ses_01kftf048shs1ca1wnfwy9msb7"):
        line = line.replace(printed, served.id)
    done = subprocess.run(["bash", "-c", line], env={"HELIX_API_KEY": served.api.key, "PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def test_seed_expose_list_and_proxy(served):
    exposed = json.loads(curl(served, '''curl -X POST "http://localhost:8080/api/v1/sessions/ses_xxx/expose" \\
  -H "Authorization: Bearer $HELIX_API_KEY" \\
  -d '{"port": 9000, "protocol": "http", "name": "test-server"}\''''))
    assert path_url(exposed) == f"{served.helix.url}/api/v1/sessions/{served.id}/proxy/9000/", exposed
    assert {**exposed, "urls": 0, "allocated_port": 0} == {
        "session_id": served.id, "port": 9000, "protocol": "http", "name": "test-server", "urls": 0, "allocated_port": 0,
        "status": "active"}, exposed
    assert 30000 <= exposed["allocated_port"] <= 40000, exposed
    assert any(f":{exposed['allocated_port']}/" in url for url in exposed["urls"]), exposed

    listed = json.loads(curl(served, '''curl "http://localhost:8080/api/v1/sessions/ses_xxx/expose" \\
  -H "Authorization: Bearer $HELIX_API_KEY"'''))
    assert listed["session_id"] == served.id
    (item,) = listed["exposed_ports"]
    assert item["port"] == 9000 and item["protocol"] == "http" and item["name"] == "test-server", item
    assert item["status"] == "active" and item["url"] == item["urls"][0] == exposed["urls"][0], item

    page = curl(served, '''curl "http://localhost:8080/api/v1/sessions/ses_01kftf048shs1ca1wnfwy9msb7/proxy/9000/" \\
  -H "Authorization: Bearer $HELIX_API_KEY"''')
    assert page.strip() == PAGE

    served.api.expect(204, "DELETE", f"/sessions/{served.id}/expose/9000")


def test_seed_proxy_lines_without_a_key_are_refused(served):
    """The seed's asset lines carry no key; exposures are private until their owner says otherwise."""
    line = 'curl "http://localhost:8080/api/v1/sessions/ses_xxx/proxy/9000/index.html"'
    status = curl(served, line + ' -s -o /dev/null -w "%{http_code}"')
    assert status == "401"


def expose(served, body):
    return served.api.post(f"/sessions/{served.id}/expose", body)


@pytest.mark.parametrize("body, field", [
    ({"port": 0}, "port"),
    ({"port": 65536}, "port"),
    ({"port": -1}, "port"),
    ({"port": "8000"}, "port"),
    ({"port": 80.5}, "port"),
    ({}, "port"),
    ({"port": 8000, "protocol": "ftp"}, "protocol"),
    ({"port": 8000, "name": "Upper"}, "name"),
    ({"port": 8000, "name": ""}, "name"),
    ({"port": 8000, "name": "p8000"}, "name"),
    ({"port": 8000, "name": "ses-mine"}, "name"),
    ({"port": 8000, "name": "a" * 25}, "name"),
    ({"port": 8000, "colour": "red"}, "colour"),
    ({"port": 8000, "visibility": "world"}, "visibility"),
    ({"port": 8000, "protocol": "tcp", "visibility": "authenticated"}, "visibility"),
    ({"port": 8000, "protocol": "tcp", "host_header": "localhost"}, "host_header"),
    ({"port": 8000, "host_header": "two words"}, "host_header"),
    ({"port": 8000, "allow_cidrs": []}, "allow_cidrs"),
    ({"port": 8000, "allow_cidrs": ["10.0.0.1/8"]}, "allow_cidrs"),
    ({"port": 8000, "allow_cidrs": ["everybody"]}, "allow_cidrs"),
])
def test_broken_rule_is_422_and_names_the_field(served, body, field):
    answer = expose(served, body)
    assert answer.status == 422, str(answer)
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.headers["Content-Type"]
    problem = answer.json()
    assert field in [broken["field"] for broken in problem["errors"]] and problem["errors"][0]["rule"], problem


@pytest.mark.parametrize("body", ["{", "port=8000", "[]", '{"port": 8000} {}'])
def test_body_that_is_no_json_object_is_400(served, body):
    answer = expose(served, body)
    assert answer.status == 400, str(answer)


def test_same_again_is_200_other_values_and_taken_names_are_409(served):
    first = expose(served, {"port": 8001, "name": "web"})
    again = expose(served, {"port": 8001, "name": "web"})
    assert (first.status, again.status) == (201, 200), f"{first}\n{again}"
    assert first.json() == again.json()

    assert expose(served, {"port": 8001, "name": "other"}).status == 409
    assert expose(served, {"port": 8002, "name": "web"}).status == 409

    assert served.api.delete(f"/sessions/{served.id}/expose/8001").status == 204
    assert served.api.delete(f"/sessions/{served.id}/expose/8001").status == 404


def test_limits_of_32_exposures(served):
    try:
        answers = [expose(served, {"port": 10000 + number}).status for number in range(33)]
        assert answers == [201] * 32 + [429]
    finally:
        for number in range(32):
            served.api.delete(f"/sessions/{served.id}/expose/{10000 + number}")


def test_another_owners_session_is_404(served, bob):
    assert bob.api.get(f"/sessions/{served.id}/expose").status == 404
    assert bob.api.post(f"/sessions/{served.id}/expose", {"port": 9000}).status == 404
    assert bob.api.delete(f"/sessions/{served.id}/expose/9000").status == 404
    assert bob.api.get(f"/sessions/{served.id}/proxy/9000/").status == 404


def test_ids_with_a_dash_are_understood(served):
    dashed = served.id.replace("_", "-")
    assert served.api.get(f"/sessions/{dashed}/proxy/9000/").text().strip() == PAGE


def test_exposure_of_a_session_that_does_not_run(alice):
    """409 while it is stopped; what was exposed before is still known, and goes with the session."""
    session = alice.make_session()
    session.expose(8000, name="kept")
    session.api.post(f"/sessions/{session.id}/stop")
    session.wait_state("stopped")

    assert session.api.post(f"/sessions/{session.id}/expose", {"port": 8001}).status == 409
    (item,) = session.api.expect(200, "GET", f"/sessions/{session.id}/expose")["exposed_ports"]
    assert item["port"] == 8000 and item["status"] == "inactive", item

    session.delete()
    assert session.api.get(f"/sessions/{session.id}/expose").status == 404
    other = alice.make_session(wait=False)  # the name is free again
    other.wait_running()
    assert other.expose(8000, name="kept")["name"] == "kept"
    other.delete()
