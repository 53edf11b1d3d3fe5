"""Every operation of api/openapi.yaml, walked with no key, another owner's key, a session's key and runners' tokens."""
import itertools

import pytest
import yaml

from support.api import Api
from support.http_client import request, bearer
from support.settings import REPO
from support.websocket import Refused, WebSocket

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
PORT = 9999
SANDBOX = "walked"  # enrolled for this walk, so that there is a sandbox's own token
NOT_JSON = "{"

# What a call answers to a caller who may make it, sent so that it changes nothing: bodies are no JSON, what would be
# removed is not there. An operation that is missing here fails the walk.
HARMLESS = {
    "listSessions": {200}, "createSession": {400}, "getSession": {200}, "listExposures": {200}, "exposePort": {400},
    "unexposePort": {404}, "getSessionLogs": {200}, "execInSession": {426}, "listSandboxes": {200}, "getSandbox": {200},
    "enrolSandbox": {409}, "heartbeat": {400}, "revdial": {426}, "listApiKeys": {200}, "createApiKey": {400}, "getMe": {200},
    "logIn": {400, 401, 403, 422}, "logOut": {204}, "getConfig": {200}, "getHealth": {200}, "getReady": {200},
    "getHealthAtRoot": {200}, "getReadyAtRoot": {200}, "authorizeApp": {400}, "listPorts": {200}, "listShareLinks": {404},
    "createShareLink": {400}, "rotateShareLink": {404}, "deleteShareLink": {404}, "listInvitations": {200}, "invite": {400},
    "uninvite": {404},
    **{f"proxy{method.capitalize()}": {503} for method in METHODS},
}


def operations():
    """(method, path, operation) of the whole contract."""
    contract = yaml.safe_load((REPO / "api" / "openapi.yaml").read_text())
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


OPERATIONS = list(operations())


class Caller:
    def __init__(self, name, key, kinds, owns):
        self.name = name
        self.key = key
        self.kinds = kinds  # words of x-access that mean this caller
        self.owns = owns  # whether the path's session, key or sandbox is this caller's


def expected(operation, caller):
    """The statuses that the contract allows: 401 nobody, 403 wrong kind, 404 another owner's, else what HARMLESS says."""
    access = set(operation["x-access"])
    if "anonymous" in access:
        return HARMLESS[operation["operationId"]]
    if "exposure" in access and not caller.owns:
        # Of a port that is private, and of runners, which visit nothing.
        return {404} if caller.kinds & {"user", "owner", "session"} else {401}
    if "exposure" in access:
        return {401} if caller.kinds == {"sandbox"} else HARMLESS[operation["operationId"]]
    if not caller.key:
        return {401}
    if not access & caller.kinds:
        return {403}
    if caller.owns or access & caller.kinds & {"user", "admin", "enrolment"}:
        return HARMLESS[operation["operationId"]]
    return {404}


@pytest.fixture(scope="module")
def walked(helix, alice, session):
    """Fills in the paths: alice's session, one of her keys, a sandbox with a token of its own."""
    helix.admin.delete(f"/sandboxes/{SANDBOX}")
    enrolled = Api(helix.url, helix.settings.runner_token).expect(201, "POST", f"/sandboxes/{SANDBOX}/enrol")
    # Until its token was used, a name may be enrolled again: the answer to the first time may have been lost.
    beat = {"version": "1", "max_sessions": 0, "images": []}
    Api(helix.url, enrolled["token"]).expect(204, "POST", f"/sandboxes/{SANDBOX}/heartbeat", beat)
    made_key = alice.api.expect(201, "POST", "/api-keys", {"name": "walked"})
    other = alice.make_session(wait=False)
    yield {"session": session.id, "other_session": other.id, "key_id": made_key["id"], "user_id": alice.id,
           "sandbox_token": enrolled["token"], "session_key": session.shell("printf %s \"$USER_API_TOKEN\"")}
    other.delete()
    helix.admin.expect(204, "DELETE", f"/sandboxes/{SANDBOX}")


def fill(path, walked, session):
    if path.startswith("/api/v1/sandboxes/{id}"):
        path = path.replace("{id}", SANDBOX)
    elif path.startswith("/api/v1/api-keys/{id}"):
        path = path.replace("{id}", walked["key_id"])
    elif path.startswith("/api/v1/users/{id}"):
        path = path.replace("{id}", walked["user_id"])
    path = path.replace("{id}", session).replace("{port}", str(PORT)).replace("{path}", "page")
    path = path.replace("{link}", "shl_01kftccz3g3n9hfdv42ma1dwjn").replace("{user}", "nobody-of-that-name")
    if path == "/api/v1/revdial":
        path += f"?runnerid=hydra-{SANDBOX}"
    return path


def walk(helix, walked, caller, session, operations=None):
    """Every operation as this caller; all that were answered otherwise than the contract says, at once."""
    wrong = []
    for method, path, operation in operations or OPERATIONS:
        body = NOT_JSON if "requestBody" in operation else None
        answer = request(method, helix.url + fill(path, walked, session), body,
                         {**bearer(caller.key), "Content-Type": "application/json"})
        allowed = expected(operation, caller)
        if answer.status not in allowed:
            wrong.append(f"{caller.name}: {method} {path}: {answer.status} instead of {sorted(allowed)}: {answer.text()[:200]}")
    assert not wrong, "\n".join(wrong)


def claim(helix, key, runner):
    """The status that a tunnel of this name is answered with. One that is taken ends at once; the older one takes over."""
    try:
        with WebSocket(f"{helix.url}/api/v1/revdial?runnerid={runner}", bearer(key)):
            return 101
    except Refused as refusal:
        return refusal.status


def test_contract_says_who_may_call_everything():
    words = {"anonymous", "user", "admin", "owner", "session", "sandbox", "enrolment", "exposure"}
    for method, path, operation in OPERATIONS:
        assert operation.get("x-access") and set(operation["x-access"]) <= words, f"{method} {path}"


def test_no_key(helix, walked):
    walk(helix, walked, Caller("no key", "", set(), False), walked["session"])


@pytest.mark.parametrize("key", ["hl-wrong", "hs-wrong", "x" * 4096, "hl-" + "0" * 43])
def test_wrong_key(helix, walked, key):
    wrong = Caller("wrong key", key, set(), False)
    for method, path, operation in OPERATIONS:
        if "anonymous" not in operation["x-access"]:
            answer = request(method, helix.url + fill(path, walked, walked["session"]), None, bearer(wrong.key))
            assert answer.status == 401, f"{method} {path}: {answer}"


def test_another_owners_key(helix, walked, bob):
    walk(helix, walked, Caller("bob", bob.api.key, {"user", "owner"}, False), walked["session"])


def test_an_admin_who_is_not_the_owner(helix, walked):
    """May look after sessions, and may not enter them or what they serve."""
    entering = [op for op in OPERATIONS if set(op[2]["x-access"]) in ({"owner", "session"}, {"exposure"})]
    assert entering
    walk(helix, walked, Caller("admin", helix.admin.key, {"user", "owner"}, False), walked["session"], entering)


def test_a_sessions_key_on_its_own_session(helix, walked):
    own = Caller("session's key", walked["session_key"], {"session"}, True)
    # Its own tunnel is desktop-<session>; claiming a sandbox's is refused, see below.
    operations = [op for op in OPERATIONS if op[2]["operationId"] != "revdial"]
    walk(helix, walked, own, walked["session"], operations)


def test_a_sessions_key_on_its_owners_other_session(helix, walked):
    other = Caller("session's key, other session", walked["session_key"], {"session"}, False)
    operations = [op for op in OPERATIONS if op[2]["operationId"] not in ("revdial", "listSessions", "getMe")]
    walk(helix, walked, other, walked["other_session"], operations)


def test_a_sessions_key_sees_its_own_session_only(helix, walked):
    api = Api(helix.url, walked["session_key"])
    assert [session["id"] for session in api.sessions()] == [walked["session"]]
    assert api.expect(200, "GET", "/users/me")["session_id"] == walked["session"]


def test_the_shared_runner_token(helix, walked):
    """Enrols a name once (409 here: the name is taken), and speaks for no name that holds a token of its own."""
    token = helix.settings.runner_token
    operations = [op for op in OPERATIONS if op[2]["operationId"] not in ("heartbeat", "revdial")]
    walk(helix, walked, Caller("runner token", token, {"enrolment"}, False), walked["session"], operations)
    shared = Api(helix.url, token)
    assert claim(helix, token, f"hydra-{SANDBOX}") == 403
    assert claim(helix, token, f"desktop-{walked['session']}") == 403
    beat = {"version": "1", "max_sessions": 1, "images": [], "disk": {"total_bytes": 1, "free_bytes": 1}}
    assert shared.post(f"/sandboxes/{SANDBOX}/heartbeat", beat).status == 403


def test_a_sandboxs_own_token(helix, walked):
    walk(helix, walked, Caller("sandbox token", walked["sandbox_token"], {"sandbox"}, True), walked["session"])
    own = Api(helix.url, walked["sandbox_token"])
    (other, *_) = helix.sandbox_names()
    beat = {"version": "1", "max_sessions": 1, "images": [], "disk": {"total_bytes": 1, "free_bytes": 1}}
    assert own.post(f"/sandboxes/{other}/heartbeat", beat).status in (403, 404)
    assert claim(helix, own.key, f"hydra-{SANDBOX}") == 101
    assert claim(helix, own.key, f"hydra-{other}") == 403
    assert claim(helix, own.key, f"desktop-{walked['session']}") == 403


def test_who_may_claim_a_desktops_tunnel(helix, walked, alice, bob):
    """The session's key, that session's name only; no person's key, the owner's either."""
    keys = {"session": walked["session_key"], "owner": alice.api.key, "other": bob.api.key, "admin": helix.admin.key}
    claims = {walked["session"], walked["other_session"]}
    for (name, key), claimed in itertools.product(keys.items(), claims):
        wanted = 101 if (name, claimed) == ("session", walked["session"]) else 403
        seen = claim(helix, key, f"desktop-{claimed}")
        assert seen == wanted, f"{name} claims desktop-{claimed}: {seen}"


def test_denied_calls_changed_nothing(walked, alice):
    """After all these walks: the session, the key and the person are as they were."""
    assert alice.api.session(walked["session"])["state"] == "running"
    assert walked["key_id"] in [key["id"] for key in alice.api.expect(200, "GET", "/api-keys")["api_keys"]]


def test_cookie_login_checks_the_origin(helix, alice):
    """Unsafe requests by cookie need this server's Origin; bodies by cookie must say that they are JSON."""
    logged_in = request("POST", f"{helix.url}/api/v1/auth/session", {"api_key": alice.api.key},
                        {"Content-Type": "application/json", "Origin": helix.url})
    assert logged_in.status == 200, str(logged_in)
    cookie = logged_in.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and alice.api.key not in cookie, cookie
    by_cookie = {"Cookie": cookie.split(";")[0], "Content-Type": "application/json"}

    def create(**headers):
        return request("POST", f"{helix.url}/api/v1/api-keys", {"name": "by cookie"}, {**by_cookie, **headers}).status

    assert request("GET", f"{helix.url}/api/v1/users/me", headers=by_cookie).json()["name"] == alice.name
    assert create(Origin="http://evil.example") == 403
    assert create() == 403
    assert create(**{"Origin": helix.url, "Content-Type": "text/plain"}) in (400, 403, 415)
    assert create(Origin=helix.url) == 201
    assert request("DELETE", f"{helix.url}/api/v1/auth/session", headers={**by_cookie, "Origin": helix.url}).status == 204
    assert request("GET", f"{helix.url}/api/v1/users/me", headers=by_cookie).status == 401
