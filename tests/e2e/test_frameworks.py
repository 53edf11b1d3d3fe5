"""Real frameworks in a session, by host name and by allocated port in a real browser or their own client, by path for programs."""
import hashlib
import json
import os
import queue
import re
import subprocess
import uuid

import grpc
import pytest

from support import frameworks
from support.browser import Browser, log_in
from support.exposures import WAYS, Exposed
from support.http_client import request
from support.waiting import wait_for
from support.websocket import WebSocket

TOKEN = "sesame"  # Jupyter's own login, which the platform's does not replace
PASSWORD = "open-postgres"
FILE_BYTES = 32 << 20
BIG_MESSAGE = 3 << 20  # well above an HTTP/2 window of 64 KiB, below gRPC's default limit of 4 MiB
ALL_WAYS = (*WAYS, "path")


@pytest.fixture(scope="module")
def lab(alice):
    """A session with the frameworks' image in its own Docker."""
    session = alice.make_session(name="lab")
    frameworks.load_image(session, frameworks.frameworks_image())
    return session


@pytest.fixture(scope="module")
def desk(helix, alice):
    """A browser in which alice is logged in at the UI; everything exposed here is private."""
    with Browser() as browser:
        person = browser.context()
        log_in(person.page(), helix.url, alice.api.key)
        yield person


def edit(lab, name, words):
    lab.write(f"/workspace/apps/{name}", f'export const words = "{words}";\n')


def open_page(desk, exposed, way, path="/"):
    page = desk.page()
    assert page.goto(exposed.url(way, path)) == 200, f"{page.url()}: {page.text()[:400]}"
    return page


# Vite


@pytest.fixture(scope="module")
def vite(lab):
    frameworks.put(lab, "vite")
    frameworks.run(lab, "vite", "5173:5173", "sh", "-c", "cd /apps/vite && exec node node_modules/vite/bin/vite.js")
    exposed = Exposed(lab, 5173, name="vite")
    lab.wait_page(5173, words="<title>Vite</title>")
    return exposed


def check_hot_reload(desk, lab, vite, way):
    words = f"words by {way} {uuid.uuid4().hex[:6]}"
    page = open_page(desk, vite, way)
    page.wait("document.querySelector('#words').textContent.includes('words')")
    wait_for("Vite's client is connected", lambda: any("[vite] connected" in line for line in page.console()), 20)
    page.evaluate("window.untouched = true")

    edit(lab, "vite/words.js", words)

    page.wait_text(words)
    assert page.evaluate("window.untouched"), "the page was loaded anew"
    page.close()


@pytest.mark.parametrize("way", WAYS)
def test_vite_changes_the_page_without_a_reload(desk, lab, vite, way):
    """Names under `localhost` are among those that Vite's host check lets pass by itself."""
    check_hot_reload(desk, lab, vite, way)


def test_vite_for_a_program_by_path(vite):
    client = vite.fetch("path", "/@vite/client")
    assert client.status == 200 and client.headers["Content-Type"] == "text/javascript", str(client)[:400]
    assert vite.fetch("path", "/@vite/client", key="").status == 401


def test_vites_host_check_and_the_host_header_that_passes_it(desk, lab, vite):
    """A name that Vite does not know is refused by Vite itself, unless the exposure says which Host the app is to get."""
    def ask_for(name):
        headers = {"Host": f"{name}:{vite.allocated}", **vite.credentials("port", lab.api.key)}
        return request("GET", vite.url("port"), headers=headers)
    refused = ask_for("shop.example")
    assert refused.status == 403 and "Blocked request" in refused.text(), str(refused)

    vite.take_back()
    vite.answer = lab.expose(5173, name="vite", host_header="localhost")
    served = ask_for("shop.example")
    assert served.status == 200 and "<title>Vite</title>" in served.text(), str(served)
    for way in WAYS:
        check_hot_reload(desk, lab, vite, way)


# webpack


@pytest.fixture(scope="module")
def webpack(lab):
    frameworks.put(lab, "webpack")
    frameworks.run(lab, "webpack", "8080:8080", "node", "/apps/webpack/server.js")
    exposed = Exposed(lab, 8080)
    lab.wait_page(8080, words="<title>webpack</title>")
    return exposed


@pytest.mark.parametrize("way", WAYS)
def test_webpack_reloads_the_page(desk, lab, webpack, way):
    words = f"words by {way} {uuid.uuid4().hex[:6]}"
    page = open_page(desk, webpack, way)
    page.wait_text("words")
    wait_for("webpack's client is connected", lambda: page.events("Network.webSocketHandshakeResponseReceived"), 20)
    page.evaluate("window.untouched = true")

    edit(lab, "webpack/src/words.js", words)

    page.wait_text(words)
    assert not page.evaluate("window.untouched"), "the page was not loaded anew, so something else changed it"
    page.close()


def test_webpack_for_a_program_by_path(webpack):
    bundle = webpack.fetch("path", "/bundle.js")
    assert bundle.status == 200 and b"words by" in bundle.body, str(bundle)[:400]


# Jupyter


@pytest.fixture(scope="module")
def jupyter(lab):
    frameworks.put(lab, "jupyter")
    frameworks.run(lab, "jupyter", "8888:8888", "jupyter-nbclassic", "--allow-root", "--ip=0.0.0.0", "--port=8888", "--no-browser",
                   f"--ServerApp.token={TOKEN}", "--ServerApp.root_dir=/apps/jupyter")
    exposed = Exposed(lab, 8888)
    lab.wait_page(8888, f"/api/status?token={TOKEN}", words="kernels")
    return exposed


@pytest.mark.parametrize("way", WAYS)
def test_jupyter_runs_a_kernel_from_the_browser(desk, lab, jupyter, way):
    page = open_page(desk, jupyter, way, f"/notebooks/words.ipynb?token={TOKEN}")
    page.wait("window.Jupyter && Jupyter.notebook && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected()", 60)
    page.call_function("""(source) => {
      const cell = Jupyter.notebook.get_cell(0);
      cell.set_text(source);
      cell.execute();
    }""", "import socket\nfor word in ('one', 'two'): print(word, flush=True)\nprint(6 * 7, 'on', socket.gethostname())")

    output = page.wait("(document.querySelector('.output_area pre') || {innerText: ''}).innerText.includes('42 on')"
                       " && document.querySelector('.output_area pre').innerText")
    hostname = lab.run("docker", "exec", "jupyter", "hostname").strip()
    assert output.split("\n")[:3] == ["one", "two", f"42 on {hostname}"], output
    page.close()


@pytest.mark.parametrize("way", ALL_WAYS)
def test_jupyter_runs_a_kernel_for_a_program(jupyter, way):
    """REST, then the kernel's messages over a WebSocket."""
    started = jupyter.fetch(way, f"/api/kernels?token={TOKEN}", method="POST", body={"name": "python3"})
    assert started.status == 201, str(started)
    kernel = started.json()["id"]
    message = {"header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex,
                          "version": "5.3"}, "parent_header": {}, "metadata": {}, "channel": "shell",
               "content": {"code": "print(6 * 7)", "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}}
    url = jupyter.url(way, f"/api/kernels/{kernel}/channels?token={TOKEN}")
    with WebSocket(url, jupyter.credentials(way, jupyter.session.api.key)) as channels:
        channels.send(json.dumps(message))
        said = ""
        while not said.endswith("\n"):
            seen = json.loads(channels.recv()[1])
            if seen["msg_type"] == "stream":
                said += seen["content"]["text"]
    assert said == "42\n"
    assert jupyter.fetch(way, f"/api/kernels/{kernel}?token={TOKEN}", method="DELETE").status == 204


# Server-sent events


@pytest.fixture(scope="module")
def events(lab):
    """A process of the session itself, on 127.0.0.1."""
    frameworks.start_page_app(lab, 8000, "an event source")
    return Exposed(lab, 8000)


@pytest.mark.parametrize("way", WAYS)
def test_events_arrive_one_by_one_in_the_browser(desk, events, way):
    """Each is said only when the one before has been heard, so that nothing on the way may keep one back."""
    page = open_page(desk, events, way)
    page.evaluate("""window.heard = [];
      window.source = new EventSource("/events");
      source.onmessage = (event) => heard.push(event.data);
      new Promise((done) => { source.onopen = () => done(true); })""")
    for count in range(1, 6):
        assert events.fetch("path", "/say", method="POST", body=f"word {count}").text() == "1"
        page.wait(f"heard.length === {count}")
    assert page.evaluate("heard") == [f"word {count}" for count in range(1, 6)]
    page.evaluate("source.close()")

    # The app has noticed that its listener went: an aborted stream reaches it.
    wait_for("nobody listens any more", lambda: events.fetch("path", "/say", method="POST", body="x").text() == "0", 5)
    page.close()


# gRPC


@pytest.fixture(scope="module")
def words_service(lab):
    frameworks.put(lab, "grpc_server.py")
    frameworks.run(lab, "grpc", "50051:50051", "python3", "-B", "/apps/grpc_server.py", 50051)
    wait_for("the gRPC server listens", lambda: "listening" in lab.run("docker", "logs", "grpc"), 30)
    return Exposed(lab, 50051, protocol="h2c")


def grpc_channel(exposed, way):
    """The client's own HTTP/2 without TLS, known beforehand; the host name travels as :authority."""
    authority = re.sub("^http://|/$", "", exposed.url(way))
    options = [("grpc.enable_http_proxy", 0), ("grpc.default_authority", authority)]
    return grpc.insecure_channel(f"127.0.0.1:{authority.rpartition(':')[2]}", options)


def key_metadata(exposed):
    return (("x-helix-authorization", f"Bearer {exposed.session.api.key}"), ("own", "kept"))


@pytest.mark.parametrize("way", WAYS)
def test_grpc_unary(words_service, way):
    with grpc_channel(words_service, way) as channel:
        upper = channel.unary_unary("/helix.test.Words/Upper")
        answer, call = upper.with_call(b"a word", metadata=key_metadata(words_service), timeout=20)
        assert answer == b"A WORD"
        assert dict(call.trailing_metadata()) == {"seen-own": "kept", "seen-key": "no"}, call.trailing_metadata()

        assert upper(b"x" * BIG_MESSAGE, metadata=key_metadata(words_service), timeout=30) == b"X" * BIG_MESSAGE

        with pytest.raises(grpc.RpcError) as failed:
            upper(b"fail", metadata=key_metadata(words_service), timeout=20)
        assert failed.value.code() == grpc.StatusCode.FAILED_PRECONDITION and failed.value.details() == "no such words: ü"

        with pytest.raises(grpc.RpcError) as refused:
            upper(b"a word", timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED, refused.value


@pytest.mark.parametrize("way", WAYS)
def test_grpc_bidirectional_stream(words_service, way):
    """Each answer is awaited before the next message is sent: both directions are open at once."""
    to_send = queue.Queue()
    with grpc_channel(words_service, way) as channel:
        talk = channel.stream_stream("/helix.test.Words/Talk")
        answers = talk(iter(to_send.get, None), metadata=key_metadata(words_service), timeout=60)
        for number in range(20):
            to_send.put(b"word")
            assert next(answers) == b"%d WORD" % number
        to_send.put(b"y" * BIG_MESSAGE)
        assert next(answers) == b"20 " + b"Y" * BIG_MESSAGE
        to_send.put(None)
        assert list(answers) == [] and answers.code() == grpc.StatusCode.OK


# Files


@pytest.fixture(scope="module")
def files(lab):
    """nginx over a file of random bytes, whose SHA-256 is `digest`."""
    frameworks.put(lab, "nginx")
    lab.shell(f"mkdir -p /workspace/files; head -c {FILE_BYTES} /dev/urandom >/workspace/files/big.bin")
    frameworks.run(lab, "nginx", "8090:80", "nginx", "-c", "/apps/nginx/nginx.conf", options=("-v", "/workspace/files:/files:ro"))
    exposed = Exposed(lab, 8090)
    exposed.digest = lab.run("sha256sum", "/workspace/files/big.bin").split()[0]
    lab.wait_page(8090, "/big.bin")
    return exposed


@pytest.mark.parametrize("way", ALL_WAYS)
def test_download_is_resumed(files, way, tmp_path):
    """curl is cut off in the middle and goes on where it was."""
    target = tmp_path / "big.bin"
    (name, value), = files.credentials(way, files.session.api.key).items()
    curl = ["curl", "-sS", "-H", f"{name}: {value}", "-o", target, files.url(way, "/big.bin")]
    with subprocess.Popen([*curl, "--limit-rate", "4M"]) as running:
        wait_for("a part has come", lambda: target.exists() and target.stat().st_size > 1 << 20, 20)
        running.kill()
    had = target.stat().st_size
    assert had < FILE_BYTES

    subprocess.run([*curl, "-C", "-", "-D", tmp_path / "head"], check=True, timeout=60)

    head = (tmp_path / "head").read_text()
    assert "206" in head.split("\n")[0] and f"bytes {had}-{FILE_BYTES - 1}/{FILE_BYTES}" in head, head
    assert hashlib.sha256(target.read_bytes()).hexdigest() == files.digest


@pytest.mark.parametrize("way", ALL_WAYS)
def test_ranges(files, way):
    whole = files.fetch(way, "/big.bin", method="HEAD")
    tag = whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes" and int(whole.headers["Content-Length"]) == FILE_BYTES and not whole.body

    same = files.fetch(way, "/big.bin", headers={"Range": "bytes=5-9", "If-Range": tag})
    assert same.status == 206 and len(same.body) == 5 and same.headers["Content-Range"] == f"bytes 5-9/{FILE_BYTES}", str(same)
    other = files.fetch(way, "/big.bin", headers={"Range": "bytes=5-9", "If-Range": '"another"'})
    assert other.status == 200 and hashlib.sha256(other.body).hexdigest() == files.digest
    several = files.fetch(way, "/big.bin", headers={"Range": "bytes=0-3,10-13"})
    assert several.status == 206 and several.headers["Content-Type"].startswith("multipart/byteranges"), several.headers
    beyond = files.fetch(way, "/big.bin", headers={"Range": f"bytes={FILE_BYTES}-"})
    assert beyond.status == 416 and beyond.headers["Content-Range"] == f"bytes */{FILE_BYTES}"
    assert files.fetch(way, "/big.bin", headers={"If-None-Match": tag}).status == 304


@pytest.mark.parametrize("way", WAYS)
def test_ranges_in_the_browser(desk, files, way):
    page = desk.page()
    page.goto(files.url(way, "/"))  # an index that nginx does not give; the login is what counts
    seen = page.evaluate("""fetch("/big.bin", { headers: { Range: "bytes=100-199" } }).then(async (answer) =>
      [answer.status, answer.headers.get("Content-Range"), (await answer.arrayBuffer()).byteLength])""")
    assert seen == [206, f"bytes 100-199/{FILE_BYTES}", 100]
    page.close()


# PostgreSQL


@pytest.fixture(scope="module")
def postgres(lab):
    frameworks.put(lab, "postgres")
    frameworks.run(lab, "postgres", "5432:5432", "sh", "/apps/postgres/start.sh", PASSWORD)
    exposed = Exposed(lab, 5432, protocol="tcp")
    wait_for("PostgreSQL answers", lambda: psql(exposed, "-c", "select 1").returncode == 0, 60)
    return exposed


def psql(exposed, *arguments, **options):
    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "10"}
    return subprocess.run(["psql", "-X", "-qAt", "-w", "-h", "127.0.0.1", "-p", str(exposed.allocated), "-U", "postgres", *arguments],
                          env=environment, capture_output=True, text=True, timeout=60, **options)


def ask(exposed, statements):
    done = psql(exposed, "-v", "ON_ERROR_STOP=1", input=statements)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def test_psql_asks(lab, postgres):
    assert ask(postgres, "show server_version_num;").startswith("17")
    hostname = lab.run("docker", "exec", "postgres", "hostname").strip()
    assert ask(postgres, "select pg_read_file('/etc/hostname');") == hostname
    wrong = psql(postgres, "-c", "nonsense")
    assert wrong.returncode == 1 and "syntax error" in wrong.stderr


def test_psql_copies_both_ways(postgres, tmp_path):
    """Some megabytes up and down through one connection each."""
    rows = "".join(f"{number}\t{hashlib.md5(str(number).encode()).hexdigest()}\n" for number in range(200_000))
    (tmp_path / "rows").write_text(rows)
    ask(postgres, f"create table rows (number int primary key, word text);\n\\copy rows from '{tmp_path}/rows'\n")
    words = "".join(row.split("\t")[1] for row in rows.split("\n") if row)
    counted = ask(postgres, "select count(*), sum(number), md5(string_agg(word, '' order by number)) from rows;")
    assert counted == f"200000|{sum(range(200_000))}|{hashlib.md5(words.encode()).hexdigest()}"
    ask(postgres, f"\\copy (select * from rows order by number) to '{tmp_path}/back'\n")
    assert (tmp_path / "back").read_text() == rows


def test_psql_is_interrupted_and_notified(postgres):
    """A notification comes beside the answers; a cancel travels over a connection of its own."""
    heard = ask(postgres, "listen words; notify words, 'a word';")
    assert 'notification "words" with payload "a word"' in heard, heard

    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
    with subprocess.Popen(["psql", "-X", "-w", "-h", "127.0.0.1", "-p", str(postgres.allocated), "-U", "postgres", "-c",
                           "select pg_sleep(100)"], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as sleeper:
        wait_for("the query runs", lambda: ask(
            postgres, "select count(*) from pg_stat_activity where query = 'select pg_sleep(100)';") == "1", 10)
        sleeper.send_signal(2)
        _, error = sleeper.communicate(timeout=20)
    assert b"canceling statement due to user request" in error, error
