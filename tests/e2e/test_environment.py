"""What a session finds in its environment: every name of the contract, keys that work, no runner's token, `helix` at hand."""
import pytest

from support.api import Api
from support.waiting import wait_for

KEY_NAMES = ["USER_API_TOKEN", "HELIX_API_TOKEN", "ZED_HELIX_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"]


def environment(session):
    lines = session.run("env", "-0").split("\0")
    return dict(line.split("=", 1) for line in lines if line)


@pytest.fixture(scope="module")
def seen(session):
    return environment(session)


def test_names_of_the_contract(session, seen):
    assert seen["HELIX_SESSION_ID"] == session.id
    assert seen["HELIX_DOCKER_DEPTH"] == "2"
    assert seen["HELIX_API_URL"] and seen["HELIX_API_BASE_URL"], seen
    for name in KEY_NAMES:
        assert seen[name].startswith("hl-"), f"{name}: {seen.get(name)!r}"


@pytest.mark.parametrize("name", KEY_NAMES)
def test_each_key_is_this_sessions(helix, session, seen, name):
    me = Api(helix.url, seen[name]).expect(200, "GET", "/users/me")
    assert me["session_id"] == session.id and me["id"] == session.person.id, me


@pytest.mark.parametrize("name", ["HELIX_API_URL", "HELIX_API_BASE_URL"])
def test_api_answers_from_inside(session, name):
    assert '"ok"' in session.shell(f'curl -fsS -m 5 "${name}/api/v1/health"')


def test_runner_token_is_nowhere_in_the_session(helix, session, seen):
    """Not in the environment of any process, not in a file that is the session's own, not in the container's settings."""
    token = helix.settings.runner_token
    assert token not in "".join(seen.values())
    assert "RUNNER_TOKEN" not in seen and "RUNNER_TOKEN_FILE" not in seen
    files = "/proc/[0-9]*/environ /run /etc /root /workspace /opt/helix"
    search = f"cat >/tmp/words; grep -rlsF -D skip -f /tmp/words {files}; rm /tmp/words"
    found = session.inside.try_run("sh", "-c", search, input=token.encode())
    assert found.out.strip() == "", str(found)
    assert token not in session.sandbox.run("docker", "inspect", session.container)


def test_session_key_is_not_in_the_containers_settings(session, seen):
    """They would stay there over a stop, and be shown to whoever may inspect."""
    assert seen["USER_API_TOKEN"] not in session.sandbox.run("docker", "inspect", session.container)


def test_helix_works_without_a_login(session):
    listed = session.run("helix", "session", "list", "-o", "json")
    assert session.id in listed
    exposed = session.run("helix", "expose", session.id, "8400", "-o", "json")
    assert "8400" in exposed
    assert "8400" in session.run("helix", "ports", session.id)
    session.run("helix", "unexpose", session.id, "8400")


def test_own_variables_arrive_and_reserved_names_are_refused(alice):
    refused = alice.api.post("/sessions", {"env": {"HELIX_API_URL": "http://evil.example"}})
    assert refused.status == 422, str(refused)
    session = alice.make_session(env={"MY_WORDS": "with spaces, $signs and \"quotes\""})
    assert environment(session)["MY_WORDS"] == "with spaces, $signs and \"quotes\""
    session.delete()


def test_keys_die_with_stop_and_with_delete(helix, alice):
    def works(key):
        return Api(helix.url, key).get("/users/me").status

    session = alice.make_session()
    first = environment(session)["USER_API_TOKEN"]
    assert works(first) == 200

    session.write("/workspace/kept", "words")
    alice.api.post(f"/sessions/{session.id}/stop")
    session.wait_state("stopped")
    assert works(first) == 401

    alice.api.post(f"/sessions/{session.id}/start")
    session.wait_running()
    wait_for("exec works", lambda: session.try_run("true").status == 0, 10)
    second = environment(session)["USER_API_TOKEN"]
    assert second != first and (works(first), works(second)) == (401, 200)
    assert session.run("cat", "/workspace/kept") == "words"

    session.delete()
    assert works(second) == 401
