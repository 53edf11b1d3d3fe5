"""An app against the platform and against other people's apps, in a real browser whose owner is logged in."""
import json
import re
import uuid
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest

from support.api import API
from support.browser import Browser
from support.exposures import WAYS, Exposed
from support.frameworks import start_page_app
from support.http_client import request
from support.visits import frame_text, logged_in, plant, statuses, try_element, try_events, try_fetch, try_socket, who
from support.waiting import wait_for
from support.websocket import Refused, WebSocket

PORT = 8000
SECRET = "what only alice may read"
LOGIN = "helix_session"
FOREIGN = "rebound.test"  # a name of the attacker's that the browser resolves to this machine


@dataclass
class Stage:
    """alice's private app and mallory's public one."""
    alice: object
    mallory: object
    private: Exposed
    public: Exposed

    def seen_by_mallory(self):
        return self.public.fetch("path", "/seen").json()

    def seen_by_alice(self):
        """Requests that reached her app, those of this test's own asking not counted."""
        return self.private.fetch("path", "/seen").json()


@pytest.fixture(scope="module")
def mallory(helix):
    person = helix.person("mallory")
    yield person
    helix.people.remove(person)
    person.leave()


@pytest.fixture(scope="module")
def stage(alice, mallory):
    sessions = [person.make_session(wait=False) for person in (alice, mallory)]
    for session, words in zip(sessions, (SECRET, "the page of mallory")):
        session.wait_running(120)
        start_page_app(session, PORT, words)
    return Stage(alice, mallory, Exposed(sessions[0], PORT), Exposed(sessions[1], PORT, visibility="public"))


@pytest.fixture(scope="module")
def browser():
    with Browser(f"--host-resolver-rules=MAP *.test 127.0.0.1, MAP {FOREIGN} 127.0.0.1") as running:
        yield running


@pytest.fixture
def visit(browser, stage):
    """alice's browser: logged in at the UI and let in at her own app both ways; then a page for mallory's."""
    profile, ui = logged_in(browser, stage.alice)
    for way in WAYS:
        own = profile.page()
        assert own.goto(stage.private.url(way)) == 200 and SECRET in own.text(), own.text()
    yield Visit(profile, ui, profile.page())
    profile.close()


@dataclass
class Visit:
    profile: object
    ui: object
    page: object


def sent(seen):
    """All that requests carried, as one text."""
    return json.dumps(seen).lower()


# Cookies


@pytest.mark.parametrize("way", WAYS)
def test_an_app_reads_no_cookie_of_the_platform(stage, visit, way):
    assert visit.page.goto(stage.public.url(way, "/cookies?set=mine%3D1")) == 200
    assert visit.page.goto(stage.public.url(way)) == 200

    assert "mine=1" in visit.page.evaluate("document.cookie"), "the app's own cookie is not there: this proves nothing"
    assert "helix" not in visit.page.evaluate("document.cookie").lower()
    names = visit.page.evaluate("cookieStore.getAll().then((all) => all.map((cookie) => cookie.name))")
    assert "mine" in names and not [name for name in names if "helix" in name.lower()], names

    arrived = sent(stage.seen_by_mallory())
    assert "mine=1" in arrived
    for secret in [LOGIN, "helix_app", *(cookie["value"] for cookie in visit.profile.cookies() if "helix" in cookie["name"])]:
        assert secret.lower() not in arrived, "a cookie of the platform reached an app"


def planted_lines(value):
    """Cookies as an attacker would set them: each of our names, as wide and as specific as can be."""
    names = [LOGIN, LOGIN.upper(), f"__Host-{LOGIN}", "helix_app", "helix_app_state", "helix_anything"]
    scopes = ["; Path=/", "; Path=/api", "; Path=/; Domain=localhost", "; Path=/; Domain=.localhost", "; Path=/; Secure", ""]
    return [f"{name}={value}{scope}" for name in names for scope in scopes] + [f"=helix_session={value}; Path=/"]


@pytest.mark.parametrize("way", WAYS)
def test_an_app_sets_no_cookie_of_the_platform_by_header(stage, visit, way):
    """Set-Cookie lines of our names do not leave the gateway, and the login stays what it was."""
    value = uuid.uuid4().hex
    lines = [*planted_lines(value), f"other={value}; Path=/"]
    answer = stage.public.fetch(way, "/cookies?" + "&".join(f"set={quote(line)}" for line in lines))
    assert answer.headers.get_all("Set-Cookie") == [lines[-1]], answer.headers.get_all("Set-Cookie")

    assert visit.page.goto(stage.public.url(way, "/cookies?" + "&".join(f"set={quote(line)}" for line in lines))) == 200
    assert [cookie["name"] for cookie in visit.profile.cookies() if cookie["value"] == value] == ["other"]
    assert who(visit.ui) == stage.alice.name


@pytest.mark.parametrize("way", WAYS)
def test_a_login_that_an_app_invents_changes_nothing(stage, visit, way):
    """A script may write what it likes into the jar of its own host, which on an allocated port is the UI's host too."""
    visit.page.goto(stage.public.url(way))
    for line in planted_lines("invented"):
        plant(visit.page, line)

    assert who(visit.ui) == stage.alice.name
    assert visit.ui.goto(stage.alice.helix.url) == 200
    visit.ui.wait_text(stage.alice.name)
    for own in WAYS:
        page = visit.profile.page()
        assert page.goto(stage.private.url(own)) == 200 and SECRET in page.text(), page.text()
    stage.public.fetch("path")
    assert "invented" not in sent([seen for seen in stage.seen_by_mallory() if "helix" in sent(seen)])


@pytest.mark.parametrize("way", WAYS)
def test_the_attackers_own_login_does_not_become_alices(stage, visit, way):
    """mallory plants a login that is valid, but mallory's: alice is herself or nobody, never mallory."""
    answer = request("POST", f"{stage.mallory.helix.url}{API}/auth/session", {"api_key": stage.mallory.api.key},
                     {"Content-Type": "application/json", "Origin": stage.mallory.helix.url})
    value = re.search(rf"{LOGIN}=([^;]+)", answer.headers["Set-Cookie"])[1]
    visit.page.goto(stage.public.url(way))
    for scope in ("; Path=/", "; Path=/api", "; Path=/api/v1/users", "; Path=/; Domain=localhost"):
        plant(visit.page, f"{LOGIN}={value}{scope}")

    assert who(visit.ui) in (stage.alice.name, "")
    with_host = [cookie for cookie in visit.profile.cookies() if cookie["value"] == value]
    if way == "port":
        assert with_host, "the browser kept no planted login: this proves nothing"


# The UI and the API


@pytest.mark.parametrize("way", WAYS)
def test_an_app_cannot_frame_the_ui(stage, visit, way):
    visit.page.goto(stage.public.url(way))
    shown, readable = frame_text(visit.page, stage.public.url(way, "/?framed"))
    assert "the page of mallory" in shown and readable, "the tool shows no frame at all"

    url = stage.alice.helix.url
    for path in ("/", f"/sessions/{stage.private.session.id}", "/login", f"{API}/users/me", f"{API}/sessions"):
        shown, readable = frame_text(visit.page, url + path)
        assert not readable and stage.alice.name not in shown and stage.private.session.id not in shown, f"{path}: {shown}"
        if not path.startswith(API):
            assert shown == "", f"{path} is shown in a frame: {shown}"


def exposures_of(session):
    return [item["port"] for item in session.api.expect(200, "GET", f"/sessions/{session.id}/expose")["exposed_ports"]]


@pytest.mark.parametrize("way", WAYS)
def test_an_app_cannot_call_the_api(stage, visit, way):
    api, session = f"{stage.alice.helix.url}{API}", stage.private.session
    expose, new = f"{api}/sessions/{session.id}/expose", '{"port": 9999}'
    json_type = {"Content-Type": "application/json"}
    assert try_fetch(visit.ui, f"{api}/users/me").startswith("200")
    assert try_fetch(visit.ui, expose, method="POST", headers=json_type, body=new).startswith("201")
    session.api.expect(204, "DELETE", f"/sessions/{session.id}/expose/9999")

    visit.page.goto(stage.public.url(way))
    for path in ("/users/me", "/sessions", f"/sessions/{session.id}", "/api-keys"):
        assert try_fetch(visit.page, api + path) == "failed", path
        assert try_fetch(visit.page, api + path, mode="no-cors") in ("opaque", "failed"), path
    for options in ({"headers": json_type}, {"headers": {"Content-Type": "text/plain"}}, {"mode": "no-cors"}):
        assert try_fetch(visit.page, expose, method="POST", body=new, **options) in ("failed", "opaque"), options
    assert set(statuses(visit.page, expose)) <= {401, 403, 405}, statuses(visit.page, expose)
    assert 403 in statuses(visit.page, expose) or way == "host", "a POST with the login did not get a 403"
    assert try_fetch(visit.page, f"{api}/sessions/{session.id}", method="DELETE") == "failed"
    visit.page.call_function("""(url) => { const form = document.createElement("form");
      form.action = url; form.method = "POST"; form.enctype = "text/plain";
      form.innerHTML = '<input name=\\'{"port": 9999, "name": "\\' value=\\'x"}\\'>';
      document.body.append(form); form.submit(); }""", expose)
    wait_for("the form's answer", lambda: visit.page.url() == expose, 20)
    assert "9999" not in visit.page.text()

    assert exposures_of(session) == [PORT] and session.show()["state"] == "running"


@pytest.mark.parametrize("way", WAYS)
def test_an_app_opens_no_websocket_to_the_platform(stage, visit, way):
    base = stage.alice.helix.url.replace("http", "ws", 1) + API
    session = stage.private.session
    assert try_socket(visit.ui, f"{base}/sessions/{session.id}/exec") == "open"

    visit.page.goto(stage.public.url(way))
    assert try_socket(visit.page, stage.public.url(way, "/socket").replace("http", "ws", 1)) == "open"
    for path in (f"/sessions/{session.id}/exec", f"/revdial?runnerid=desktop-{session.id}", f"/sessions/{session.id}/proxy/{PORT}/socket"):
        assert try_socket(visit.page, base + path) == "failed", path


# Other people's apps


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("target", [*WAYS, "path"])
def test_an_app_reaches_no_private_one_from_the_browser_of_its_owner(stage, visit, way, target):
    url = stage.private.url(target)
    if target in WAYS:
        own = visit.profile.page()
        own.goto(url)
        assert SECRET in try_fetch(own, url) and try_socket(own, stage.private.url(target, "/socket").replace("http", "ws", 1)) == "open"
    before = stage.seen_by_alice()

    visit.page.goto(stage.public.url(way))
    assert try_fetch(visit.page, url + "?by=fetch") == "failed"
    assert try_fetch(visit.page, url + "?by=no-cors", mode="no-cors") in ("opaque", "failed")
    assert try_fetch(visit.page, url + "say", mode="no-cors", method="POST", body="by=post") in ("opaque", "failed")
    assert try_fetch(visit.page, url + "?by=custom", headers={"X-Own": "1"}) == "failed"
    assert try_element(visit.page, "script", url + "worker.js?by=script") == "error"
    assert try_element(visit.page, "img", url + "?by=img") == "error"
    assert try_socket(visit.page, url.replace("http", "ws", 1) + "socket?by=socket") == "failed"
    assert try_events(visit.page, url + "events?by=events") == "failed"
    redirect = stage.public.url(way, "/redirect?to=" + quote(url + "?by=redirect", safe=""))
    assert try_fetch(visit.page, redirect) == "failed"
    assert try_fetch(visit.page, redirect, mode="no-cors") in ("opaque", "failed")

    reached = [seen for seen in stage.seen_by_alice()[len(before):] if "by=" in seen["target"] or seen["method"] == "POST"]
    assert reached == [], f"requests of another owner's page reached the app: {reached}"


def test_anothers_key_and_no_key_reach_no_private_app(stage):
    """mallory is known and gets 404, as where nothing is; nobody is told to say who it is."""
    for way in (*WAYS, "path"):
        assert SECRET in stage.private.fetch(way).text()
        assert stage.private.fetch(way, key=stage.mallory.api.key).status == 404
        assert stage.private.fetch(way, key="").status == 401
        assert stage.private.fetch(way, key="hl-wrong").status == 401
        for key, status in ((stage.mallory.api.key, 404), ("", 401)):
            with pytest.raises(Refused) as refused:
                WebSocket(stage.private.url(way, "/socket"), stage.private.credentials(way, key))
            assert refused.value.status == status


def test_a_port_or_name_that_is_not_exposed_looks_like_one_that_is(stage):
    """By host name every port of one's own session is reached, exposed or not; of others' none."""
    private = stage.private
    url = private.url("host").replace(f"-{PORT}.", "-8001.")
    assert request("GET", url, headers=private.credentials("host", stage.mallory.api.key)).status == 404
    assert request("GET", url).status == 401
    assert request("GET", url, headers=private.credentials("host", stage.alice.api.key)).status == 503
    invented = private.url("host").replace("http://ses-", "http://nothing-ses-")
    assert request("GET", invented, headers=private.credentials("host", stage.mallory.api.key)).status == 404


# The one-time code


def authorize(stage, cookie, to, state):
    url = f"{stage.alice.helix.url}{API}/gateway/authorize?to={quote(to, safe='')}&state={state}"
    return request("GET", url, headers={"Cookie": cookie, "Sec-Fetch-Mode": "navigate", "Accept": "text/html"})


def callback(url, cookie=""):
    return request("GET", url, headers={"Sec-Fetch-Mode": "navigate", **({"Cookie": cookie} if cookie else {})})


def login_cookie(visit):
    (value,) = [cookie["value"] for cookie in visit.profile.cookies() if cookie["name"] == LOGIN]
    return f"{LOGIN}={value}"


@pytest.mark.parametrize("way", WAYS)
def test_a_code_opens_one_app_once_in_one_browser(stage, visit, way):
    state = uuid.uuid4().hex
    to = stage.private.url(way, "/?here")

    def code():
        answer = authorize(stage, login_cookie(visit), to, state)
        assert answer.status == 302 and urlsplit(answer.headers["Location"]).netloc == urlsplit(to).netloc, str(answer)
        return answer.headers["Location"]

    def lets_in(answer):
        lines = answer.headers.get_all("Set-Cookie") or []
        return any(line.startswith("helix_app") and not line.startswith("helix_app_state") and "Max-Age=0" not in line for line in lines)
    state_name = "helix_app_state" + (f"_{stage.private.allocated}" if way == "port" else "")
    mine = f"{state_name}={state}"

    assert not lets_in(callback(code())), "a browser that did not begin was let in"
    assert not lets_in(callback(code(), f"{state_name}={'0' * 32}"))
    elsewhere = code().replace(urlsplit(to).netloc, urlsplit(stage.public.url(way)).netloc)
    assert not lets_in(callback(elsewhere, mine)), "a code opened another owner's app"
    good = code()
    assert lets_in(callback(good, mine)), "not even the right browser was let in: this proves nothing"
    assert not lets_in(callback(good, mine)), "a code worked twice"
    assert "code=" not in sent(stage.seen_by_mallory()) and "code=" not in sent(stage.seen_by_alice())


@pytest.mark.parametrize("to", ["http://evil.example/", "//evil.example/", "http://localhost@evil.example/", "javascript:alert(1)",
                                "http://{port_host}.evil.example/", "http://ses-x.localhost:{api}/", "{mallory_private}"])
def test_the_login_sends_nobody_elsewhere(stage, visit, to):
    values = {"port_host": urlsplit(stage.private.url("host")).hostname, "api": urlsplit(stage.alice.helix.url).port,
              "mallory_private": stage.public.url("host").replace(f"-{PORT}.", "-8001.")}
    answer = authorize(stage, login_cookie(visit), to.format(**values), uuid.uuid4().hex)
    assert answer.status in (400, 403, 404) and "Location" not in answer.headers, str(answer)


# DNS rebinding


def test_a_foreign_name_for_this_machine_shows_nothing(stage, visit):
    """The attacker's name resolves to this machine: what the browser then shows is of the attacker's origin."""
    page = visit.profile.page()
    port = urlsplit(stage.private.url("port")).port
    api_port = urlsplit(stage.alice.helix.url).port
    assert page.goto(f"http://{FOREIGN}:{urlsplit(stage.public.url('port')).port}/") == 200, "the name does not lead here at all"

    for path in ("/", "/seen", "/.helix/callback?code=x&state=y"):
        assert page.goto(f"http://{FOREIGN}:{port}{path}") != 200 or SECRET not in page.text()
        assert SECRET not in page.text() and urlsplit(page.url()).netloc != urlsplit(stage.private.url("port")).netloc
    label = urlsplit(stage.private.url("host")).hostname.split(".")[0]
    for host in (FOREIGN, f"{label}.{FOREIGN}"):
        page.goto(f"http://{host}:{api_port}/")
        assert SECRET not in page.text() and stage.alice.name not in page.text()
        page.goto(f"http://{host}:{api_port}{API}/users/me")
        assert stage.alice.name not in page.text() and stage.alice.id not in page.text(), page.text()


def test_a_foreign_host_header_gets_no_code_and_no_app(stage, visit):
    """The same by hand: even with a cookie that belongs here, no answer leads a foreign name to a code."""
    port = urlsplit(stage.private.url("port")).port
    for cookie in ("", *(f"{cookie['name']}={cookie['value']}" for cookie in visit.profile.cookies() if "helix_app" in cookie["name"])):
        answer = request("GET", stage.private.url("port"), headers={
            "Host": f"{FOREIGN}:{port}", "Sec-Fetch-Mode": "navigate", "Accept": "text/html", **({"Cookie": cookie} if cookie else {})})
        if "Location" in answer.headers and not cookie:
            followed = authorize(stage, login_cookie(visit), f"http://{FOREIGN}:{port}/", uuid.uuid4().hex)
            assert followed.status in (400, 403, 404) and "Location" not in followed.headers, str(followed)
        assert cookie or SECRET not in answer.text()


# Service workers


@pytest.mark.parametrize("way", WAYS)
def test_a_service_worker_stays_on_its_own_app(stage, visit, way):
    visit.page.goto(stage.public.url(way))
    visit.page.evaluate("""navigator.serviceWorker.register("/worker.js", { scope: "/" }).then(() => navigator.serviceWorker.ready)
      .then(() => true)""")
    wait_for("the worker answers for its own app",
             lambda: visit.page.goto(stage.public.url(way, "/anything")) and "intercepted" in visit.page.text(), 20)

    assert visit.ui.goto(stage.alice.helix.url) == 200
    visit.ui.wait_text(stage.alice.name)
    assert "intercepted" not in visit.ui.text() and who(visit.ui) == stage.alice.name
    for own in WAYS:
        page = visit.profile.page()
        page.goto(stage.private.url(own))
        assert SECRET in page.text(), page.text()


def test_by_path_a_worker_gets_no_wider_scope_and_a_page_no_origin(stage):
    """The path proxy shares the UI's origin, so that an app's answers there are defused."""
    answer = stage.public.fetch("path", "/worker.js")
    assert answer.status == 200 and "Service-Worker-Allowed" not in answer.headers
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in answer.headers["Content-Security-Policy"]
    assert stage.public.fetch("path", "/cookies?set=a%3D1").headers["Set-Cookie"] is None
    assert stage.public.fetch("host", "/cookies?set=a%3D1").headers["Set-Cookie"] == "a=1"


def test_a_page_by_path_is_shown_elsewhere(stage, visit):
    """A browser that navigates to a path ends at the host name or port, where the app has an origin of its own."""
    page = visit.profile.page()
    page.goto(stage.public.url("path"))
    assert "the page of mallory" in page.text()
    assert urlsplit(page.url()).netloc != urlsplit(stage.alice.helix.url).netloc, page.url()
    page.close()
