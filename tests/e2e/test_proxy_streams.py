"""Through the proxy: a page, the seed's assets, a gigabyte each way, a WebSocket and an event stream for 150 s."""
import hashlib
import json
import threading
import time

import pytest

from support.app import APP_PORT, start_app
from support.app_server import BLOCK, IMAGE_BYTES, PAGE, SCRIPT_BYTES, digest_of, moments, pieces
from support.http_client import bearer, open_connection, target_of
from support.processes import PeakMemory
from support.websocket import Closed, WebSocket

GIB = 1 << 30
# Buffers of one stream are 256 KiB; this leaves room for the allocator and for other sessions' control traffic. Chosen.
GROWTH_MIB = 24
LONG_SECONDS = 150
SILENT_SECONDS = 61


@pytest.fixture(scope="module")
def app(session):
    start_app(session)
    return session


def test_page_script_and_image_arrive_whole(app):
    page = app.fetch(APP_PORT)
    assert page.status == 200 and page.body == PAGE and page.headers["Content-Type"] == "text/html; charset=utf-8", str(page)

    for path, count, kind in [("/assets/index-72e7c307.js", SCRIPT_BYTES, "text/javascript"),
                              ("/img/logo.png", IMAGE_BYTES, "image/png")]:
        answer = app.fetch(APP_PORT, path)
        assert answer.status == 200 and answer.headers["Content-Type"] == kind
        assert len(answer.body) == count == int(answer.headers["Content-Length"])
        assert hashlib.sha256(answer.body).hexdigest() == digest_of(count)


def test_an_error_page_of_the_app_is_the_apps(app):
    answer = app.fetch(APP_PORT, "/no-such-page")
    assert (answer.status, answer.text()) == (404, "no such page\n")


def test_target_and_headers_arrive_as_they_were(app):
    raw = "/request/../request?x=%2F..%2f&y=a+b&&=#"[:-1]
    answer = app.fetch(APP_PORT, "/request?x=%2F..%2f&y=a+b&&=", headers={"X-Own": "kept", "Cookie": "app=1; helix_session=stolen"})
    seen = answer.json()
    fields = {name.lower(): value for name, value in seen["headers"]}
    assert seen["target"] == "/request?x=%2F..%2f&y=a+b&&=", seen
    assert fields["x-own"] == "kept" and "helix_session" not in fields.get("cookie", ""), fields
    assert fields["x-forwarded-prefix"] == f"/api/v1/sessions/{app.id}/proxy/{APP_PORT}", fields
    assert app.api.key not in json.dumps(seen), "the platform's key reached the app"
    assert app.fetch(APP_PORT, raw).status == 404, "the path was normalised on its way"


def memory_of_both_hops(app):
    """(helix-api, hydra), each to be entered around a transfer."""
    sandbox = app.show()["sandbox_id"]
    return PeakMemory("helix-api", app.helix.api_pid()), PeakMemory("hydra", app.helix.hydra_pid(sandbox))


def check_memory(*peaks):
    for peak in peaks:
        assert peak.growth_mib < GROWTH_MIB, f"memory is not bounded: {peak}"


def test_download_of_a_gibibyte(app):
    api, hydra = memory_of_both_hops(app)
    total = hashlib.sha256()
    connection = open_connection(app.helix.url, timeout=60)
    with api, hydra:
        connection.request("GET", target_of(app.proxy_url(APP_PORT, f"/bytes?count={GIB}")), headers=bearer(app.api.key))
        response = connection.getresponse()
        assert response.status == 200
        while piece := response.read(BLOCK):
            total.update(piece)
    connection.close()

    assert total.hexdigest() == digest_of(GIB)
    check_memory(api, hydra)


def test_upload_of_a_gibibyte(app):
    api, hydra = memory_of_both_hops(app)
    connection = open_connection(app.helix.url, timeout=60)
    with api, hydra:
        connection.request("PUT", target_of(app.proxy_url(APP_PORT, "/upload")), body=pieces(GIB),
                           headers={**bearer(app.api.key), "Content-Length": str(GIB)})
        response = connection.getresponse()
        answer = response.read()
    connection.close()

    assert response.status == 200, answer
    assert json.loads(answer)["sha256"] == digest_of(GIB)
    check_memory(api, hydra)


def test_slow_reader_does_not_fill_the_hops(app):
    """A client that stops reading stops the app, not the memory."""
    api, hydra = memory_of_both_hops(app)
    connection = open_connection(app.helix.url, timeout=60)
    with api, hydra:
        connection.request("GET", target_of(app.proxy_url(APP_PORT, f"/bytes?count={GIB}")), headers=bearer(app.api.key))
        response = connection.getresponse()
        response.read(BLOCK)
        app.fetch(APP_PORT)  # others go on meanwhile
        time.sleep(1)  # not synchronisation: the time in which an unbounded hop would swallow hundreds of MiB
    connection.close()
    check_memory(api, hydra)


def read_events(app, into):
    connection = open_connection(app.helix.url, timeout=SILENT_SECONDS + 30)
    target = app.proxy_url(APP_PORT, f"/events?seconds={LONG_SECONDS}&silence={SILENT_SECONDS}")
    connection.request("GET", target_of(target), headers={**bearer(app.api.key), "Accept": "text/event-stream"})
    response = connection.getresponse()
    into.append((0.0, response.status))
    began = time.monotonic()
    while line := response.readline():
        if line.startswith(b"data:"):
            into.append((time.monotonic() - began, int(line[5:])))
    connection.close()


def read_socket(app, into):
    url = app.proxy_url(APP_PORT, f"/socket?seconds={LONG_SECONDS}&silence={SILENT_SECONDS}")
    with WebSocket(url, bearer(app.api.key), timeout=SILENT_SECONDS + 30) as socket:
        socket.send("a greeting")
        _, echoed = socket.recv()
        into.append((0.0, echoed.decode()))
        began = time.monotonic()
        try:
            while True:
                into.append((time.monotonic() - began, int(socket.recv()[1])))
        except Closed as end:
            into.append((time.monotonic() - began, str(end)))


def test_websocket_and_events_for_150_seconds_with_a_silent_minute(app):
    """The time-outs are those shipped. Both run at once; each word must come when it was said, not later in a heap."""
    events, words = [], []
    threads = [threading.Thread(target=read_events, args=(app, events), daemon=True),
               threading.Thread(target=read_socket, args=(app, words), daemon=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_SECONDS + 60)

    said = moments(LONG_SECONDS, SILENT_SECONDS)
    assert events[:1] == [(0.0, 200)] and [value for _, value in events[1:]] == said, events
    assert words[:1] == [(0.0, "a greeting")] and words[-1][1] == "closed with 1000", words
    assert [value for _, value in words[1:-1]] == said, words
    for stream in (events[1:], words[1:-1]):
        late = [(at, value) for at, value in stream if at - value > 3]
        assert not late, f"words came late: {late}"
