"""TLS at the edge: the shipped helix-api with a wildcard certificate of a test's own authority, asked by curl and OpenSSL."""
import http.client
import json
import os
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from support.edge import Authority, Edge
from support.waiting import wait_for

DOMAIN = "apps.localhost"  # of two labels: nobody takes a wildcard directly below a top-level name
NAMES = f"DNS:localhost,DNS:*.{DOMAIN},IP:127.0.0.1"
# How long a changed certificate may take: it is looked at every 2 s.
RELOAD_SECONDS = 10


@pytest.fixture(scope="module")
def program(request):
    """HELIX_API_BIN runs this file alone, without an instance."""
    given = os.environ.get("HELIX_API_BIN")
    return Path(given) if given else request.getfixturevalue("settings").state / "bin" / "helix-api"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory, authority):
    """A folder as Kubernetes mounts a secret: files are links through `..data`, which is a link itself."""
    folder = tmp_path_factory.mktemp("secret")
    authority.sign(folder / "first", "first", NAMES)
    (folder / "..data").symlink_to("first")
    for name in ("tls.crt", "tls.key"):
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def swap(certificates, to):
    (certificates / "..new").symlink_to(to)
    (certificates / "..new").rename(certificates / "..data")


@pytest.fixture(scope="module")
def edge(program, authority, certificates, tmp_path_factory):
    running = Edge(program, tmp_path_factory.mktemp("edge"), certificates, authority, {"DEV_SUBDOMAIN": DOMAIN})
    try:
        running.wait_until_up()
        yield running
    finally:
        assert running.stop() == 0, "a graceful end has status 0"


def connect(edge, server_name="localhost", protocols=()):
    """A TLS connection that checks the certificate against the test's authority."""
    context = ssl.create_default_context(cafile=edge.authority.certificate)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    plain = socket.create_connection(("127.0.0.1", edge.tls_port), timeout=20)
    return context.wrap_socket(plain, server_hostname=server_name)


def shown_name(edge):
    with connect(edge) as stream:
        return dict(pair for part in stream.getpeercert()["subject"] for pair in part)["commonName"]


def log_in(edge, url):
    key = edge.key_file.read_text().strip()
    return edge.curl(f"{url}/api/v1/auth/session", "-H", "Content-Type: application/json", "-d", json.dumps({"api_key": key}))


def test_wildcard_certificate_is_shown_for_every_name(edge):
    for host in ("localhost", f"anything.{DOMAIN}", "127.0.0.1"):
        answer = edge.curl(f"https://{host}:{edge.tls_port}/health", "--connect-to", f"{host}::127.0.0.1:")
        assert answer.status == 200, answer


def test_plain_listener_stays(edge):
    assert edge.curl(f"http://localhost:{edge.port}/health").status == 200


def test_alpn_prefers_http2(edge):
    with connect(edge, protocols=("http/1.1", "h2")) as stream:
        assert stream.selected_alpn_protocol() == "h2"
    with connect(edge, protocols=("http/1.1",)) as stream:
        assert stream.selected_alpn_protocol() == "http/1.1"


def test_http2_and_http11_by_curl(edge):
    url = f"https://localhost:{edge.tls_port}/health"
    assert edge.curl(url, "--http2").version == "HTTP/2"
    assert edge.curl(url, "--http1.1").version == "HTTP/1.1"


def test_tls_11_is_refused(edge):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{edge.tls_port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                          input="", capture_output=True, text=True, timeout=20)
    assert done.returncode != 0, done.stdout


def test_login_cookie_is_host_only_under_https(edge):
    secure = log_in(edge, f"https://localhost:{edge.tls_port}")
    assert secure.status == 200, secure
    cookie = secure.header("set-cookie")
    assert cookie.startswith("__Host-helix_session=") and "; Secure" in cookie, cookie
    value = cookie.split(";")[0]
    known = edge.curl(f"https://localhost:{edge.tls_port}/api/v1/users/me", "-H", f"Cookie: {value}")
    assert known.status == 200, known

    plain = log_in(edge, f"http://localhost:{edge.port}")
    assert plain.status == 200, plain
    cookie = plain.header("set-cookie")
    assert cookie.startswith("helix_session=") and "Secure" not in cookie, cookie


def test_login_from_another_schemes_page_is_refused(edge):
    url = f"https://localhost:{edge.tls_port}"
    key = edge.key_file.read_text().strip()
    for origin, status in ((url, 200), (url.replace("https", "http"), 403)):
        answer = edge.curl(f"{url}/api/v1/auth/session", "-H", "Content-Type: application/json", "-H", f"Origin: {origin}",
                           "-d", json.dumps({"api_key": key}))
        assert answer.status == status, (origin, answer)


def raw_request(port, text):
    """One request in plain bytes; the answer's status and Location."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(text)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers.get("Location")


def test_redirect_keeps_the_targets_bytes(edge):
    request = b"POST //a/..%2Fb?x=%0d&y HTTP/1.1\r\nHost: x.apps.localhost:80\r\nContent-Length: 0\r\n\r\n"
    assert raw_request(edge.redirect_port, request) == (308, f"https://x.apps.localhost:{edge.tls_port}//a/..%2Fb?x=%0d&y")


def test_redirect_sends_nobody_to_a_foreign_host(edge):
    for host, status in ((b"evil.example", 421), (b"localhost@evil.example", 400), (b"evil.example\\.localhost", 400)):
        assert raw_request(edge.redirect_port, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n") == (status, None), host


def test_plain_request_on_the_tls_port_is_redirected(edge):
    request = b"GET /health?a HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % edge.tls_port
    assert raw_request(edge.tls_port, request) == (308, f"https://localhost:{edge.tls_port}/health?a")


def test_garbage_and_silence_harm_nobody(edge):
    silent = socket.create_connection(("127.0.0.1", edge.tls_port))
    with socket.create_connection(("127.0.0.1", edge.tls_port), timeout=20) as connection:
        connection.sendall(b"\x16\x03\x01\x00\x04nope")
        assert connection.recv(100)[:1] in (b"", b"\x15"), "an alert, or the end"
    assert edge.curl(f"https://localhost:{edge.tls_port}/health").status == 200
    assert edge.events("tls.handshake_failed")
    silent.close()


def test_new_certificate_is_taken_while_a_connection_runs(edge, authority, certificates):
    assert shown_name(edge) == "first"
    with connect(edge) as old:
        authority.sign(certificates / "second", "second", NAMES)
        swap(certificates, "second")
        wait_for("the second certificate", lambda: shown_name(edge) == "second", RELOAD_SECONDS)

        old.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = http.client.HTTPResponse(old)
        answer.begin()
        assert answer.status == 200
    assert len(edge.events("tls.certificate_reloaded")) == 1


def test_bad_certificate_is_logged_and_the_old_one_kept(edge, authority, certificates):
    authority.sign(certificates / "bad", "bad", NAMES)
    (certificates / "bad" / "tls.key").write_text((certificates / "first" / "tls.key").read_text())
    before = shown_name(edge)
    swap(certificates, "bad")

    refused = wait_for("the refusal", lambda: edge.events("tls.certificate_refused"), RELOAD_SECONDS)

    assert "tls.key: is not the key of" in refused[0]["error"], refused
    assert shown_name(edge) == before
    swap(certificates, "first")
    wait_for("the good pair again", lambda: shown_name(edge) == "first", RELOAD_SECONDS)


def test_start_with_bad_files_says_what_is_wrong(program, authority, tmp_path):
    authority.sign(tmp_path, "broken", NAMES)
    (tmp_path / "tls.key").write_text("nothing\n")
    edge = Edge(program, tmp_path, tmp_path, authority)

    assert edge.process.wait(timeout=20) == 1
    assert "tls.key: holds no private key" in edge.log.read_text()


@pytest.mark.parametrize("name, value, complaint", [
    ("HELIX_TLS_KEY", "", "needs HELIX_TLS_CERT and HELIX_TLS_KEY"),
    ("HELIX_TRUSTED_PROXIES", "10.1.2.3/8", "the network is 10.0.0.0/8"),
    ("HELIX_PORT_RANGE", "40000-30000", "HELIX_PORT_RANGE"),
    ("DEV_SUBDOMAIN", "-bad.example", "is not a domain name"),
])
def test_bad_settings_are_refused_by_name(program, authority, tmp_path, name, value, complaint):
    edge = Edge(program, tmp_path, tmp_path, authority, {name: value})

    assert edge.process.wait(timeout=20) == 2
    assert complaint in edge.log.read_text() and name.split("_KEY")[0] in edge.log.read_text()
