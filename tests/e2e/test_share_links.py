"""Who may come to an exposure, as 0012's table says, and share links: what they give, what they leak, how they end."""
import json
import time
from urllib.parse import urlsplit

import pytest

from support.browser import Browser
from support.exposures import WAYS, Exposed
from support.frameworks import start_page_app
from support.http_client import request
from support.visits import logged_in
from support.waiting import wait_for

PRIVATE, AUTHENTICATED, PUBLIC, FENCED, OPEN = 8000, 8001, 8002, 8003, 8004
ENDS_WITHIN = 2  # seconds; the issue's
SHORTEST = 60  # seconds that a link may live at least
WORDS = "what the link is for"


@pytest.fixture(scope="module")
def shared(alice):
    """A private exposure and its neighbours of the same session."""
    session = alice.make_session()
    for port in (PRIVATE, AUTHENTICATED, PUBLIC, FENCED, OPEN):
        start_page_app(session, port, WORDS)
    return Exposed(session, PRIVATE, name="shared")


@pytest.fixture(scope="module")
def neighbours(shared):
    session = shared.session
    return {"private": shared, "authenticated": Exposed(session, AUTHENTICATED, visibility="authenticated"),
            "public": Exposed(session, PUBLIC, visibility="public")}


@pytest.fixture(scope="module")
def browser():
    with Browser() as running:
        yield running


@pytest.fixture
def stranger(browser):
    """A browser that nobody has logged in with."""
    profile = browser.context()
    yield profile
    profile.close()


@pytest.fixture(scope="module", autouse=True)
def short_visit(browser, shared):
    """Somebody who comes by a link of the shortest life before all other tests, and is looked at again after them."""
    made = time.monotonic()
    link = shared.share(expires_in_seconds=SHORTEST)
    profile = browser.context()
    page = profile.page()
    assert page.goto(url_of(link, "host")) == 200 and WORDS in page.text()
    open_streams(page)
    yield link, page, made
    profile.close()


def url_of(link, way):
    (url,) = [url for url in link["urls"] if ("ses-" in urlsplit(url).netloc) == (way == "host")][:1]
    return url


def secret_of(link):
    return link["url"].rpartition("/")[2]


def open_streams(page):
    """A WebSocket and an event stream that say in `ended` when they end."""
    page.evaluate("""window.ended = {}; window.openedAt = performance.now(); Promise.all([
      new Promise((done, failed) => {
        const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
        socket.onopen = done; socket.onerror = failed; socket.onclose = () => { ended.socket = true; window.endedAt = performance.now(); };
      }),
      new Promise((done, failed) => {
        const source = new EventSource("/events");
        source.onopen = done; source.onerror = () => { ended.events = true; failed(); };
      })]).then(() => true)""")
    assert page.evaluate("Object.keys(ended).length") == 0


def check_ended(page, began):
    wait_for("both streams have ended", lambda: page.evaluate("Boolean(ended.socket && ended.events)"), 20)
    took = time.monotonic() - began
    assert took < ENDS_WITHIN, f"the streams ended after {took:.1f} s"
    assert page.evaluate("fetch('/').then((answer) => answer.status)") == 401, "the cookie is still good"


@pytest.mark.parametrize("way", WAYS)
def test_a_link_opens_the_app_and_leaves_no_secret(shared, stranger, way):
    link = shared.share(label=f"by {way}")
    page = stranger.page()
    assert page.goto(url_of(link, way)) == 200 and WORDS in page.text()

    assert page.url() == shared.url(way), "the secret is still in the address"
    (exchange,) = [seen["redirectResponse"] for seen in page.requests() if "redirectResponse" in seen]
    headers = {name.lower(): value for name, value in exchange["headers"].items()}
    assert exchange["status"] == 302 and headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store", headers
    assert page.evaluate("document.referrer") == "" and "helix" not in page.evaluate("document.cookie")
    (cookie,) = [cookie for cookie in stranger.cookies() if cookie["name"].startswith("helix_app")]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/", cookie
    arrived = json.dumps(shared.fetch("path", "/seen").json())
    assert secret_of(link) not in arrived and cookie["value"] not in arrived

    open_streams(page)  # a link lets in to all that the app has
    shared.revoke(link)


def test_the_secret_is_in_no_log_and_no_database(helix, shared, stranger):
    """It is shown once; afterwards not even the API knows it."""
    link = shared.share(label="quiet")
    page = stranger.page()
    for way in WAYS:
        assert page.goto(url_of(link, way)) == 200
    request("GET", url_of(link, "host") + "x")
    secret = secret_of(link)
    assert secret.startswith("hs1-") and len(secret) > 40, "this is no secret of 256 bits"

    log = helix.host.run("bash", "-c", 'docker logs "$0" 2>&1', helix.settings.api_container)
    assert shared.session.id in log and secret[4:] not in log
    for file in (helix.settings.state / "api").rglob("*"):
        assert not file.is_file() or secret[4:].encode() not in file.read_bytes(), f"{file} holds the secret"
    listed = shared.session.api.get(f"/sessions/{shared.session.id}/expose/{PRIVATE}/share-links")
    assert link["id"] in listed.text() and secret[4:] not in listed.text()
    assert secret[4:] not in shared.session.api.get(f"/sessions/{shared.session.id}/expose").text()
    shared.revoke(link)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("end", ["rotate", "revoke"])
def test_the_end_of_a_link_ends_what_runs_by_it(shared, stranger, way, end):
    link = shared.share()
    page = stranger.page()
    assert page.goto(url_of(link, way)) == 200
    open_streams(page)

    began = time.monotonic()
    renewed = getattr(shared, end)(link)
    check_ended(page, began)

    assert page.goto(url_of(link, way)) == 404, "the old secret still opens it"
    if renewed:
        assert secret_of(renewed) != secret_of(link)
        assert page.goto(url_of(renewed, way)) == 200 and WORDS in page.text()
        shared.revoke(renewed)


def test_other_streams_go_on(browser, shared, stranger):
    """Revoking one link ends neither another link's streams nor the owner's."""
    links = [shared.share(), shared.share()]
    pages = [stranger.page()]
    pages[0].goto(url_of(links[0], "host"))
    profile, _ = logged_in(browser, shared.session.person)
    pages.append(profile.page(shared.url("host")))
    for page in pages:
        open_streams(page)
    other = browser.context()
    ending = other.page(url_of(links[1], "host"))
    open_streams(ending)

    shared.revoke(links[1])
    wait_for("the revoked link's streams have ended", lambda: ending.evaluate("Boolean(ended.socket && ended.events)"), 10)
    assert [page.evaluate("Object.keys(ended)") for page in pages] == [[], []]
    shared.revoke(links[0])
    for used in (profile, other):
        used.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_link_opens_one_port_only(shared, neighbours, stranger, way):
    link = shared.share()
    page = stranger.page()
    assert page.goto(url_of(link, way)) == 200
    other = neighbours["authenticated"]
    page.goto(other.url(way))
    assert WORDS not in page.text(), "the link's cookie opened another port"

    secret = urlsplit(url_of(link, way)).path
    assert request("GET", other.url(way, secret)).status == 404
    assert request("GET", shared.url(way, secret)).status == 302
    shared.revoke(link)


WRONG = {
    "changed": lambda url: url[:-1] + ("a" if url[-1] != "a" else "b"),
    "longer": lambda url: url + "a",
    "shorter": lambda url: url[:-1],
    "other case": lambda url: url.replace("hs1-", "HS1-"),
    "none": lambda url: url.rpartition("/")[0] + "/",
    "zeros": lambda url: url.rpartition("/")[0] + "/hs1-" + "0" * 64,
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_secret_is_404(shared, change):
    link = shared.share()
    for way in WAYS:
        url = url_of(link, way)
        assert request("GET", url).status == 302
        answer = request("GET", change(url))
        assert answer.status == 404 and "Set-Cookie" not in answer.headers, str(answer)
    shared.revoke(link)


def test_at_most_20_links(shared):
    listed = shared.session.api.expect(200, "GET", f"/sessions/{shared.session.id}/expose/{PRIVATE}/share-links")["share_links"]
    made = [shared.share() for _ in range(20 - len(listed))]
    path = f"/sessions/{shared.session.id}/expose/{PRIVATE}/share-links"
    assert shared.session.api.post(path, {}).status == 429
    for link in made:
        shared.revoke(link)


# The table


def test_who_gets_in_with_a_key(helix, shared, neighbours, bob):
    keys = {"owner": shared.session.api.key, "admin": helix.admin.key, "nobody": "",
            "session": shared.session.shell('printf %s "$USER_API_TOKEN"'), "user": bob.api.key}
    expected = {
        "private": {"owner": 200, "session": 200, "admin": 404, "user": 404, "nobody": 401},
        "authenticated": {"owner": 200, "session": 200, "admin": 200, "user": 200, "nobody": 401},
        "public": {"owner": 200, "session": 200, "admin": 200, "user": 200, "nobody": 200},
    }
    for way in (*WAYS, "path"):
        seen = {visibility: {who: exposed.fetch(way, key=key).status for who, key in keys.items()}
                for visibility, exposed in neighbours.items()}
        assert seen == expected, f"by {way}: {seen}"


def test_an_invitation_opens_the_private_ones_until_it_is_taken_back(browser, shared, neighbours, bob):
    """In bob's browser, where he is logged in; taking it back ends what he has open."""
    invitations = f"/sessions/{shared.session.id}/invitations"
    profile, _ = logged_in(browser, bob)
    page = profile.page()
    for way in WAYS:
        assert page.goto(shared.url(way)) == 404 and WORDS not in page.text()
        assert page.goto(neighbours["authenticated"].url(way)) == 200 and WORDS in page.text()

    answer = shared.session.api.post(invitations, {"user": bob.name})
    assert answer.status in (200, 201), str(answer)
    assert bob.api.get(f"/sessions/{shared.session.id}").status == 404, "an invitation is no key to the session"
    pages = [profile.page() for _ in WAYS]
    for way, opened in zip(WAYS, pages):
        assert opened.goto(shared.url(way)) == 200 and WORDS in opened.text()
        open_streams(opened)

    began = time.monotonic()
    shared.session.api.expect(204, "DELETE", f"{invitations}/{bob.name}")
    for opened in pages:
        check_ended(opened, began)
    for way in WAYS:
        assert shared.fetch(way, key=bob.api.key).status == 404
    profile.close()


def test_logging_out_ends_what_runs_by_the_login(browser, shared):
    profile, ui = logged_in(browser, shared.session.person)
    page = profile.page(shared.url("host"))
    open_streams(page)
    began = time.monotonic()
    assert ui.evaluate("fetch('/api/v1/auth/session', { method: 'DELETE' }).then((answer) => answer.status)") == 204
    check_ended(page, began)
    profile.close()


def test_nobody_is_sent_to_a_login_but_a_page_that_is_opened(shared):
    """Upgrades, preflights, POSTs and scripts get a 401 that says why; only a navigation is redirected."""
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    preflight = {"Origin": "http://x.example", "Access-Control-Request-Method": "GET"}
    asks = [("GET", {}), ("GET", upgrade), ("OPTIONS", preflight), ("POST", {"Sec-Fetch-Mode": "navigate"}),
            ("GET", {"Sec-Fetch-Mode": "cors", "Accept": "text/html"})]
    for way in WAYS:
        for method, headers in asks:
            answer = request(method, shared.url(way), headers=headers)
            assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer"), f"{headers}: {answer}"
        opened = request("GET", shared.url(way), headers={"Sec-Fetch-Mode": "navigate"})
        assert opened.status == 302 and "/api/v1/gateway/authorize?" in opened.headers["Location"], str(opened)
        assert opened.headers["Cache-Control"] == "no-store" and opened.headers["Referrer-Policy"] == "no-referrer"


def test_networks_come_before_everything(shared, neighbours):
    """From an address that is not allowed not even the owner gets in; the same key passes where the address is."""
    fenced = Exposed(shared.session, FENCED, visibility="public", allow_cidrs=["192.0.2.0/24", "2001:db8::/32"])
    opened = Exposed(shared.session, OPEN, allow_cidrs=["127.0.0.0/8", "::1/128"])
    link = fenced.share()
    for way in (*WAYS, "path"):
        for key in (shared.session.api.key, ""):
            assert fenced.fetch(way, key=key).status == 403, way
        assert opened.fetch(way).status == 200, way
    for way in WAYS:
        assert request("GET", url_of(link, way)).status in (403, 404)
        # What the client says of its own address counts only where it is a configured proxy.
        forged = fenced.fetch(way, headers={"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7", "X-Real-IP": "192.0.2.7"})
        assert forged.status == 403


def test_a_link_ends_by_itself(short_visit):
    """Whoever came by it is out when its time is over, and not before."""
    link, page, made = short_visit
    if time.monotonic() - made < SHORTEST - 5:
        assert page.evaluate("Object.keys(ended)") == [], "the link ended before its time"
    left = max(0.0, made + SHORTEST - time.monotonic())
    wait_for("the streams have ended", lambda: page.evaluate("Boolean(ended.socket && ended.events)"), left + 10)
    assert page.evaluate("endedAt - openedAt") > (SHORTEST - 10) * 1000, "the link ended before its time"
    # Streams may end within the last second, before the cookie does.
    wait_for("the cookie is worthless", lambda: page.evaluate("fetch('/').then((answer) => answer.status)") == 401, 5)
    assert request("GET", url_of(link, "host")).status == 404
