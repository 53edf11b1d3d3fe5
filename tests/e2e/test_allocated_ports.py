"""Allocated ports: kept over restarts, lost and found again, released at the end; and raw TCP on them."""
import hashlib
import json
import socket

import pytest

from support.exposures import Exposed
from support.frameworks import put, start_page_app
from support.waiting import wait_for

HTTP_PORT, TCP_PORT = 8000, 7000
WORDS = "on a port of its own"
RETRY_SECONDS = 5  # between attempts to bind a lost port (0012)
BYTES = 8 << 20


@pytest.fixture(scope="module")
def served(session):
    start_page_app(session, HTTP_PORT, WORDS)
    put(session, "tcp_app.py")
    session.shell(f"setsid python3 -B /workspace/apps/tcp_app.py {TCP_PORT} >/tmp/tcp-app.log 2>&1 </dev/null &")
    wait_for("the TCP server listens", lambda: f":{TCP_PORT} " in session.run("ss", "-Hltn"), 15)
    return session


@pytest.fixture
def page(served):
    exposed = Exposed(served, HTTP_PORT, name="kept")
    yield exposed
    if exposed.listed():
        exposed.take_back()


@pytest.fixture
def api_down(helix):
    """Stops helix-api for what the test does meanwhile; `up` starts it again."""
    class Down:
        def __enter__(self):
            helix.host.run("docker", "stop", "-t", "10", helix.settings.api_container)

        def __exit__(self, *_):
            helix.host.run("docker", "start", helix.settings.api_container)
            helix.settle()
    yield Down()
    helix.host.run("docker", "start", helix.settings.api_container)
    helix.settle()


def answers(exposed, way="port"):
    answer = exposed.fetch(way, timeout=5)
    assert answer.status == 200 and WORDS in answer.text(), str(answer)
    return True


def listens(port):
    """Addresses on which anything on this machine listens on the port."""
    with open("/proc/net/tcp") as table, open("/proc/net/tcp6") as table6:
        rows = [line.split() for line in [*table.readlines()[1:], *table6.readlines()[1:]]]
    local = [row[1].split(":") for row in rows if row[3] == "0A"]
    names = {"0100007F": "127.0.0.1", "00000000": "*", "0" * 32: "*"}
    return {names.get(address, address) for address, number in local if int(number, 16) == port}


def connect(exposed, address="127.0.0.1"):
    return socket.create_connection((address, exposed.allocated), 10)


def test_everything_is_the_same_after_a_restart(helix, page, api_down):
    before = page.listed()
    assert 30000 <= page.allocated <= 40000 and answers(page)

    with api_down:
        with pytest.raises(ConnectionRefusedError):
            connect(page)
    wait_for("the port answers", lambda: answers(page), 15)
    assert page.listed() == before
    for way in ("host", "path"):
        wait_for(f"the URL by {way} answers", lambda way=way: answers(page, way), 15)

    helix.kill_api()
    helix.settle()
    wait_for("the port answers after kill -9", lambda: answers(page), 15)
    assert page.listed() == before
    assert served_again(page) == before["allocated_port"]


def served_again(page):
    """Exposing it again answers with the port that it has."""
    return page.session.expose(HTTP_PORT, name="kept")["allocated_port"]


def test_a_lost_port_shows_and_comes_back(page, api_down):
    before = page.listed()
    assert before["status"] == "active"
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with api_down:
            thief.bind(("0.0.0.0", page.allocated))
            thief.listen()
        lost = page.listed()
        assert lost["status"] not in ("active", "inactive") and str(page.allocated) in lost["status"], lost
        assert lost["allocated_port"] == before["allocated_port"], "it changed silently"
        assert answers(page, "host") and answers(page, "path")

    wait_for("the port is back", lambda: answers(page), RETRY_SECONDS + 10)
    assert wait_for("the list says so", lambda: page.listed() == before, 5)


def test_a_stopped_session_keeps_its_port(alice):
    session = alice.make_session()
    start_page_app(session, HTTP_PORT, WORDS)
    exposed = Exposed(session, HTTP_PORT)
    session.api.post(f"/sessions/{session.id}/stop")
    session.wait_state("stopped")
    assert exposed.listed()["allocated_port"] == exposed.allocated
    assert exposed.fetch("port").status in (409, 503)

    session.api.post(f"/sessions/{session.id}/start")
    session.wait_running()
    start_page_app(session, HTTP_PORT, WORDS)
    assert answers(exposed)

    session.delete()
    wait_for("the deleted session's port is released", lambda: not listens(exposed.allocated), 15)


def test_unexpose_releases_the_port(served, page):
    port = page.allocated
    assert listens(port) == {"*"}
    page.take_back()
    wait_for("nobody listens", lambda: not listens(port), 5)
    with socket.socket() as other:
        other.bind(("0.0.0.0", port))


def test_ports_of_two_exposures_differ_and_lead_to_their_own(served, page):
    other = Exposed(served, HTTP_PORT + 1)
    assert other.allocated != page.allocated
    start_page_app(served, HTTP_PORT + 1, "another one")
    assert "another one" in other.fetch("port").text() and WORDS in page.fetch("port").text()
    other.take_back()


# Raw TCP


@pytest.fixture
def raw(served):
    """Makes a `tcp` exposure of the server; it goes with the test."""
    made = []

    def make(**fields):
        made.append(Exposed(served, TCP_PORT, protocol="tcp", **fields))
        return made[-1]
    yield make
    for exposed in made:
        if exposed.listed():
            exposed.take_back()


def talk(exposed, address="127.0.0.1"):
    """Sends some megabytes and a FIN, then reads the rest."""
    data = hashlib.sha256(b"seed").digest() * (BYTES // 32)
    with connect(exposed, address) as channel:
        assert channel.recv(6) == b"hello\n"
        channel.sendall(data)
        channel.shutdown(socket.SHUT_WR)
        digest = b""
        while piece := channel.recv(4096):
            digest += piece
    assert digest.decode() == hashlib.sha256(data).hexdigest()


def own_address(helix):
    """An address of this machine that is not its loopback."""
    devices = json.loads(helix.host.run("ip", "-j", "-4", "addr"))
    return next(info["local"] for device in devices if device["ifname"] != "lo" for info in device["addr_info"])


def test_a_private_tcp_port_is_the_machines_own(helix, raw):
    exposed = raw()
    assert exposed.answer["urls"] == [f"tcp://localhost:{exposed.allocated}"], exposed.answer
    assert listens(exposed.allocated) == {"127.0.0.1"}
    talk(exposed)
    with pytest.raises(ConnectionRefusedError):
        connect(exposed, own_address(helix))


def test_a_public_tcp_port_is_open_to_the_network(helix, raw):
    exposed = raw(visibility="public")
    assert listens(exposed.allocated) == {"*"}
    talk(exposed)
    talk(exposed, own_address(helix))


def test_networks_of_a_tcp_port(helix, raw):
    """Who is not in them is cut off before a byte reaches the server."""
    address = own_address(helix)
    exposed = raw(allow_cidrs=[f"{address}/32"])
    assert listens(exposed.allocated) == {"*"}
    talk(exposed, address)
    try:
        with connect(exposed) as channel:
            channel.settimeout(5)
            assert channel.recv(100) == b""
    except ConnectionResetError:
        pass


def test_taking_a_tcp_port_back_ends_its_connections(raw):
    """Also one on which both sides are silent."""
    exposed = raw()
    with connect(exposed) as channel:
        assert channel.recv(6) == b"hello\n"
        exposed.take_back()
        channel.settimeout(5)
        try:
            assert channel.recv(100) == b"", "bytes came over a port that was taken back"
        except ConnectionResetError:
            pass
    wait_for("nobody listens", lambda: not listens(exposed.allocated), 5)


def test_http_on_a_tcp_port_is_not_looked_at(raw):
    """Bytes go through as they are: an HTTP request gets what the server says to anybody."""
    exposed = raw()
    with connect(exposed) as channel:
        channel.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        channel.shutdown(socket.SHUT_WR)
        said = b""
        while piece := channel.recv(4096):
            said += piece
    assert said == b"hello\n" + hashlib.sha256(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").hexdigest().encode()
