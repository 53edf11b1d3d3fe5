"""TLS at the edge in a real browser: HTTP/2, WebSocket over it (RFC 8441), cookies that other hosts cannot plant."""
import base64
import hashlib
import subprocess
import time
from urllib.parse import urlsplit

import pytest

from support.browser import Browser, log_in
from support.exposures import WAYS, Exposed
from support.frameworks import start_page_app
from support.http_client import request
from support.settings import stack
from support.visits import plant, who

PORT = 8000
WORDS = "over TLS"


@pytest.fixture(scope="module")
def https(helix):
    """The instance with TLS, as `./stack start --tls` makes it; without it again afterwards. Its URL."""
    said = stack("start", "--tls", timeout=1200)
    helix.settle()
    try:
        yield next(line.split()[1] for line in said.split("\n") if line.strip().startswith("https "))
    finally:
        stack("start", "--no-tls", timeout=1200)
        helix.settle()


@pytest.fixture(scope="module")
def app(https, session):
    """Exposed by way of https, so that its URLs are what a browser there is given."""
    start_page_app(session, PORT, WORDS)
    exposed = Exposed(session, PORT)
    exposed.answer["urls"] = [url.replace("http:", "https:", 1) for url in exposed.answer["urls"]]
    base, plain = urlsplit(https).netloc, urlsplit(session.helix.url).netloc
    exposed.answer["urls"] = [url.replace(plain, base).replace(f":{plain.rpartition(':')[2]}/", f":{base.rpartition(':')[2]}/")
                              for url in exposed.answer["urls"]]
    return exposed


@pytest.fixture(scope="module")
def desk(helix, alice, https):
    """A browser that takes this instance's certificate and no other bad one, with alice logged in."""
    pair = helix.settings.state / "tls" / "pair" / "tls.crt"
    key = subprocess.run(f"openssl x509 -in '{pair}' -noout -pubkey | openssl pkey -pubin -outform der", shell=True, check=True,
                         capture_output=True).stdout
    spki = base64.b64encode(hashlib.sha256(key).digest()).decode()
    with Browser(f"--ignore-certificate-errors-spki-list={spki}") as browser:
        person = browser.context()
        log_in(person.page(), https, alice.api.key)  # one login holds for host names and ports
        yield person


def protocol(page, kind="navigation"):
    return page.wait(f"performance.getEntriesByType('{kind}').length && performance.getEntriesByType('{kind}').at(-1).nextHopProtocol")


@pytest.mark.parametrize("way", WAYS)
def test_pages_come_over_http2(desk, app, way):
    page = desk.page()
    assert page.goto(app.url(way)) == 200 and WORDS in page.text()
    assert page.url().startswith("https:") and protocol(page) == "h2"
    assert page.evaluate("fetch('/seen').then(async (answer) => (await answer.text()) && answer.status)") == 200
    assert protocol(page, "resource") == "h2"
    page.close()


@pytest.mark.parametrize("way", WAYS)
def test_websocket_over_http2(desk, app, way):
    """Chromium asks by extended CONNECT where a connection with HTTP/2 is open: the answer is a 200, not a 101."""
    page = desk.page()
    assert page.goto(app.url(way)) == 200
    page.evaluate("""window.heard = []; new Promise((done, failed) => {
      window.socket = new WebSocket(location.origin.replace("https", "wss") + "/socket");
      socket.onopen = () => done(true);
      socket.onerror = failed;
      socket.onmessage = (event) => heard.push(event.data);
    })""")
    (handshake,) = page.events("Network.webSocketHandshakeResponseReceived")
    assert handshake["response"]["status"] == 200, f"this is HTTP/1.1: {handshake['response']}"
    page.evaluate("socket.send('an echo'); socket.send('x'.repeat(1 << 14))")
    page.wait("heard.length === 2")
    assert page.evaluate("heard[0] === 'an echo' && heard[1] === 'x'.repeat(1 << 14)")

    seen = [asked for asked in app.session.fetch(PORT, "/seen").json() if asked["target"] == "/socket"][-1]
    fields = {name.lower(): value for name, value in seen["headers"]}
    assert seen["method"] == "GET" and fields["upgrade"] == "websocket" and fields["origin"] == app.url(way, ""), seen
    page.close()


def test_many_streams_share_one_connection(desk, app):
    """More event streams at once than HTTP/1.1 would get connections (six), and the page still answers."""
    page = desk.page(app.url("host"))
    opened = page.evaluate("""Promise.all([...Array(20)].map(() => new Promise((done, failed) => {
      const source = new EventSource("/events");
      source.onopen = () => done(1);
      source.onerror = failed;
    }))).then((all) => all.length)""")
    assert opened == 20
    began = time.monotonic()
    assert page.evaluate("fetch('/').then((answer) => answer.status)") == 200
    assert time.monotonic() - began < 10
    page.close()


def test_a_plain_request_on_a_port_is_sent_to_https(app):
    """The first byte tells which of the two it is."""
    answer = request("GET", app.url("port", "/a?b=c").replace("https:", "http:"))
    assert answer.status == 308 and answer.headers["Location"] == app.url("port", "/a?b=c"), f"{answer} {answer.headers}"


def test_cookies_are_the_hosts_own(desk, app, alice):
    """With __Host- in their names and Secure: no page of a parent domain can set them, nor one without TLS see them."""
    page = desk.page(app.url("host"))
    mine = [cookie for cookie in desk.cookies() if "helix_" in cookie["name"]]
    assert {cookie["name"].partition("helix_")[0] for cookie in mine} == {"__Host-"}, mine
    assert all(cookie["secure"] and cookie["httpOnly"] and cookie["path"] == "/" for cookie in mine), mine
    domain = urlsplit(app.url("host")).hostname.partition(".")[2]
    for name in ("__Host-helix_session", "__Host-helix_app"):
        plant(page, f"{name}=planted; Secure; Path=/; Domain={domain}")
        plant(page, f"{name}=planted; Secure; Path=/api")
    assert not [cookie for cookie in desk.cookies() if cookie["value"] == "planted"]
    ui = desk.page(app.answer["urls"][-1].split("/api/")[0])
    assert who(ui) == alice.name
