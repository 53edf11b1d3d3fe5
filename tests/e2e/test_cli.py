"""The command line: a person's day from create to delete, its JSON, its exit statuses."""
import json
import os
import subprocess

import pytest
import yaml

from support.app import APP_PORT, start_small_page
from support.cli import Cli
from support.http_client import bearer, request
from support.sessions import path_url
from support.settings import REPO


@pytest.fixture(scope="module")
def schemas():
    return yaml.safe_load((REPO / "api" / "openapi.yaml").read_text())["components"]["schemas"]


def check_shape(schemas, name, value):
    missing = set(schemas[name]["required"]) - set(value)
    unknown = set(value) - set(schemas[name]["properties"])
    assert not missing and not unknown, f"{name}: missing {missing}, unknown {unknown} in {value}"


def test_a_persons_day(alice):
    """The README's lines, in its order."""
    cli = alice.cli
    created = cli.try_run("session", "create", "--wait", "--name", "hello")
    assert created.status == 0 and "ses_" in created.out, str(created)
    session = cli.json("session", "show", "hello")
    assert session["state"] == "running" and session["name"] == "hello", session

    cli.run("exec", "hello", "--", "docker", "run", "-d", "-p", "8000:80", "helix/base:13", "sh", "-c",
            "mkdir -p /www && echo hello from the session >/www/index.html && exec busybox httpd -f -p 80 -h /www")
    exposed = cli.run("expose", "hello", 8000)
    url = next(word for word in exposed.split() if word.startswith("http"))
    assert "hello from the session" in request("GET", url, headers={"X-Helix-Authorization": f"Bearer {alice.api.key}"}).text()

    assert url.split("/")[2].split(":")[0].endswith(".localhost"), "the one for a browser comes first"
    listed = cli.run("ports", "hello")
    assert "8000" in listed and "container" in listed and url in listed, listed
    assert cli.run("open", "hello").strip() == url
    assert cli.run("logs", "hello")
    cli.run("unexpose", "hello", 8000)
    cli.run("session", "stop", "--wait", "hello")
    cli.run("session", "start", "--wait", "hello")
    assert cli.json("session", "show", "hello")["state"] == "running"
    cli.run("session", "delete", "hello")
    assert cli.json("session", "list")["sessions"] == []


def test_json_shapes(alice, session, schemas):
    listed = alice.cli.json("session", "list")
    for item in listed["sessions"]:
        check_shape(schemas, "Session", item)
    check_shape(schemas, "Session", alice.cli.json("session", "show", session.id))
    for sandbox in alice.cli.json("sandbox", "list")["sandboxes"]:
        check_shape(schemas, "Sandbox", sandbox)

    check_shape(schemas, "Exposure", alice.cli.json("expose", session.id, 8200, "--name", "shaped"))
    ports = alice.cli.json("ports", session.id)
    assert isinstance(ports.pop("listening_ports"), list), ports  # the client's own, read in the session
    check_shape(schemas, "ExposureList", ports)
    check_shape(schemas, "ExposedPort", ports["exposed_ports"][0])
    alice.cli.run("unexpose", session.id, 8200)


def test_ports_names_what_listens(alice, session):
    """A process by its program, a container by its name; the session's own machinery is not there."""
    session.run("sh", "-c", "mkdir -p /tmp/www && busybox httpd -p 127.0.0.1:8210 -h /tmp/www")
    start_small_page(session, "named", 8211, "named-page")
    found = {port["port"]: port for port in alice.cli.json("ports", session.id)["listening_ports"]}
    assert found[8210]["process"] == "busybox" and found[8210]["address"] == "127.0.0.1", found
    assert found[8211]["process"] == "container named-page" and not found[8211]["exposed"], found
    assert {port["process"] for port in found.values()}.isdisjoint({"dockerd", "containerd", "desktop-bridge"}), found
    hint = alice.cli.try_run("ports", session.id)
    assert f"helix expose {session.id}" in hint.err, str(hint)


def test_share_link_from_the_command_line(alice, session):
    start_small_page(session, "shared page", 8220, "shared")
    exposed = alice.cli.json("expose", session.id, 8220, "--share", "--label", "review", "--expires", "1h")
    link = exposed["share_link"]
    assert "/.helix/share/hs1-" in link["url"] and link["label"] == "review", exposed
    assert request("GET", link["url"]).status == 302

    listed = alice.cli.run("share", "list", session.id, 8220)
    assert "review" in listed and "hs1-" not in listed, listed
    rotated = alice.cli.run("share", "rotate", session.id, 8220, "review").strip()
    assert rotated != link["url"] and request("GET", rotated).status == 302
    assert request("GET", link["url"]).status != 302, "the old secret is over"
    alice.cli.run("share", "revoke", session.id, 8220, "review")
    assert request("GET", rotated).status != 302
    alice.cli.run("unexpose", session.id, 8220)


def test_invitation_from_the_command_line(alice, bob, session):
    start_small_page(session, "for the invited", 8230, "invited")
    url = alice.cli.run("expose", session.id, 8230).splitlines()[0]
    as_bob = {"X-Helix-Authorization": f"Bearer {bob.api.key}"}
    assert request("GET", url, headers=as_bob).status == 404
    alice.cli.run("invite", bob.name, session.id)
    assert bob.name in alice.cli.run("invite", "--list", session.id)
    assert "for the invited" in request("GET", url, headers=as_bob).text()
    alice.cli.run("uninvite", bob.name, session.id)
    assert request("GET", url, headers=as_bob).status == 404


def test_open_offers_to_expose(alice, session):
    done = alice.cli.try_run("open", session.id, 8299)
    assert done.status == 5 and f"helix expose {session.id} 8299" in done.err, str(done)


def test_json_goes_to_stdout_alone(session):
    done = session.person.cli.try_run("session", "show", session.id, "-o", "json")
    assert json.loads(done.out)["id"] == session.id and done.err == "", str(done)


def test_progress_of_a_starting_session(alice):
    """`--wait` tells on stderr what is being done, and prints the result on stdout."""
    done = alice.cli.try_run("session", "create", "--wait", "--name", "watched")
    assert done.status == 0 and done.err.strip(), str(done)
    assert "ses_" in done.out, str(done)
    alice.cli.run("session", "delete", "watched")


@pytest.mark.parametrize("arguments, status", [
    (["session", "show", "no-such-session"], 5),
    (["session", "frobnicate"], 2),
    (["expose", "x"], 2),
    (["expose", "x", "80", "--public", "--authenticated"], 2),
    (["share", "revoke", "x"], 2),
    (["--no-such-option"], 2),
])
def test_exit_statuses(alice, arguments, status):
    done = alice.cli.try_run(*arguments)
    assert done.status == status and done.err.strip(), str(done)


def test_bad_value_names_the_field(alice, session):
    done = alice.cli.try_run("expose", session.id, 8000, "--name", "Upper")
    assert done.status == 2 and "name" in done.err, str(done)


def test_wrong_key_and_absent_server(alice, settings):
    wrong = Cli(settings.helix, settings.url, "hl-wrong").try_run("session", "list")
    assert wrong.status == 3 and wrong.err.strip(), str(wrong)
    nobody = Cli(settings.helix, "http://127.0.0.1:1", alice.api.key).try_run("session", "list")
    assert nobody.status == 9 and "127.0.0.1:1" in nobody.err, str(nobody)


def test_login(alice, settings):
    """The key is kept for the next call, readable by its owner alone, and never printed."""
    cli = Cli(settings.helix, "", "")
    refused = cli.try_run("session", "list")
    assert refused.status == 3 and "login" in refused.err, str(refused)

    done = cli.try_run("login", "--url", settings.url, "--key-file", "/dev/stdin", input=alice.api.key.encode() + b"\n")
    assert done.status == 0 and alice.api.key not in done.out + done.err, str(done)
    assert cli.json("session", "list")["sessions"] == alice.cli.json("session", "list")["sessions"]
    kept = [path for path, _, names in os.walk(cli.home.name) for name in names for path in [os.path.join(path, name)]]
    assert kept and all(os.stat(path).st_mode & 0o077 == 0 for path in kept), kept


def test_wrong_key_is_not_kept(settings):
    cli = Cli(settings.helix, "", "")
    done = cli.try_run("login", "--url", settings.url, "--key-file", "/dev/stdin", input=b"hl-wrong\n")
    assert done.status == 3, str(done)
    assert cli.try_run("session", "list").status == 3


@pytest.mark.parametrize("program", ["helix"])
def test_version_and_help(settings, program):
    for option, words in (("--version", program), ("--help", "Usage")):
        done = subprocess.run([settings.helix, option], capture_output=True, text=True, timeout=10)
        assert done.returncode == 0 and words in done.stdout, (option, done)


def test_logs_follow(alice, session):
    process = alice.cli.popen("logs", "-f", session.id, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline().strip(), process.communicate(timeout=5)
    process.terminate()
    process.communicate(timeout=10)


def test_page_at_the_exposed_url(session):
    start_small_page(session, "found by its URL", APP_PORT, "page")
    url = path_url(session.person.cli.json("expose", session.id, APP_PORT))
    answer = request("GET", url, headers=bearer(session.api.key))
    assert answer.status == 200 and "found by its URL" in answer.text(), str(answer)
