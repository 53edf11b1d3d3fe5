"""Sessions of different owners on one sandbox cannot reach each other: each way that runtime.md 10 lists is tried."""
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import attacks
from support.waiting import wait_for

GATEWAY = "10.213.0.1"
SERVED_PORT = 7000
REGISTRY_PORTS = (5000, 5001)
WORDS = "words-for-the-neighbour"


@dataclass
class Pair:
    attacker: object
    victim: object
    address: str
    mac: str
    gateway_mac: str

    def attack(self, way, *arguments):
        return self.attacker.run("python3", "/workspace/attacks.py", way, *arguments, timeout=60).split("\n")[-2]


def network(session):
    """Address and MAC of the session's eth0."""
    (device,) = json.loads(session.run("ip", "-j", "-4", "addr", "show", "dev", "eth0"))
    (link,) = json.loads(session.run("ip", "-j", "link", "show", "dev", "eth0"))
    return device["addr_info"][0]["local"], link["address"]


@pytest.fixture(scope="module")
def pair(helix, alice, bob):
    """Two owners' sessions on one sandbox; the victim serves on all addresses, as its own curl shows."""
    others = helix.sandbox_names()[1:]
    for name in others:
        helix.admin.expect(200, "POST", f"/sandboxes/{name}/drain")
    try:
        sessions = [alice.make_session(wait=False), bob.make_session(wait=False)]
    finally:
        for name in others:
            helix.admin.expect(200, "POST", f"/sandboxes/{name}/drain", {"draining": False})
    for session in sessions:
        session.wait_running(120)
        session.write("/workspace/attacks.py", Path(attacks.__file__).read_bytes())
        # IPv6 is off in a container of a network without it; a session may turn it on, as victim and as attacker.
        session.shell("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0")
    attacker, victim = sessions
    assert attacker.show()["sandbox_id"] == victim.show()["sandbox_id"]

    address, mac = network(victim)
    victim.shell(f"mkdir -p /tmp/www; cd /tmp/www; setsid python3 -m http.server {SERVED_PORT} --bind :: >/dev/null 2>&1 </dev/null &")
    wait_for("the victim serves on its own address",
             lambda: victim.try_run("curl", "-fsS", "-o", "/dev/null", f"http://{address}:{SERVED_PORT}/").status == 0, 15)
    wait_for("the victim has a link-local address", lambda: "fe80::" in victim.run("ip", "-6", "addr", "show", "dev", "eth0"), 5)
    (gateway,) = json.loads(victim.sandbox.run("ip", "-j", "link", "show", "dev", "sandbox0"))
    return Pair(attacker, victim, address, mac, gateway["address"])


def test_the_tools_find_what_is_open(pair):
    """Against oneself and the gateway's registry the same program gets through: so "nothing" means something."""
    own, _ = network(pair.attacker)
    pair.attacker.shell(f"cd /tmp; setsid python3 -m http.server {SERVED_PORT} >/dev/null 2>&1 </dev/null &")
    wait_for("the attacker reaches itself", lambda: pair.attack("connect", own, SERVED_PORT) == "reached: connected", 15)
    assert pair.attack("scan", GATEWAY, 53, 5000, 5001) == "reached: 53 connected, 5000 connected, 5001 connected"
    assert pair.attack("arp", GATEWAY) == f"reached: {GATEWAY} is at {pair.gateway_mac}"


@pytest.mark.parametrize("way", ["connect", "ping", "arp", "route_through", "static_neighbour", "link_local"])
def test_neighbour(pair, way):
    arguments = {
        "connect": (pair.address, SERVED_PORT),
        "ping": (pair.address,),
        "arp": (pair.address,),
        "route_through": (pair.address, SERVED_PORT, GATEWAY),
        "static_neighbour": (pair.address, pair.mac, SERVED_PORT),
        "link_local": (pair.mac, SERVED_PORT),
    }[way]
    assert pair.attack(way, *arguments) == "nothing"


@pytest.mark.parametrize("way", ["frames", "forged_source"])
def test_raw_frames_do_not_arrive(pair, way):
    """The victim listens on its wire while the attacker sends."""
    arguments = {"frames": (pair.mac, WORDS), "forged_source": (pair.address, pair.mac, pair.gateway_mac, WORDS)}[way]
    listener = pair.victim.person.cli.popen("exec", pair.victim.id, "--", "python3", "/workspace/attacks.py", "listen", WORDS, "6",
                                            stdout=-1, stderr=-1)
    assert listener.stdout.readline() == b"listening\n", listener.communicate(timeout=10)
    pair.attack(way, *arguments)
    out, err = listener.communicate(timeout=30)
    assert out == b"nothing\n", (out, err)


def test_listener_hears_what_is_sent_to_it(pair):
    """The counter-proof of the two above: frames from the sandbox itself do arrive."""
    listener = pair.victim.person.cli.popen("exec", pair.victim.id, "--", "python3", "/workspace/attacks.py", "listen", WORDS, "10",
                                            stdout=-1, stderr=-1)
    assert listener.stdout.readline() == b"listening\n"
    # bash sends a UDP datagram to any address; the sandbox may talk to its sessions.
    pair.victim.sandbox.run("bash", "-c", f"for i in 1 2 3; do echo {WORDS} >/dev/udp/{pair.address}/4001; done")
    out, err = listener.communicate(timeout=30)
    assert out == b"reached: a frame of the neighbour's arrived\n", (out, err)


def test_arp_spoofing_steals_no_traffic(pair):
    """While the attacker claims the victim's address, the victim still gets its answers and the attacker none of them."""
    attacker = pair.attacker.person.cli.popen("exec", pair.attacker.id, "--", "python3", "/workspace/attacks.py", "spoof",
                                              pair.address, GATEWAY, pair.gateway_mac, stdout=-1, stderr=-1)
    assert attacker.stdout.readline() == b"announced\n", attacker.communicate(timeout=20)
    for _ in range(3):
        pair.victim.run("curl", "-fsS", "-m", "3", "-o", "/dev/null", f"http://{GATEWAY}:5000/v2/")
    # Traffic that begins in the sandbox asks its neighbour table, which is what spoofing poisons.
    pair.victim.sandbox.run("curl", "-fsS", "-m", "3", "-o", "/dev/null", f"http://{pair.address}:{SERVED_PORT}/")
    out, err = attacker.communicate(timeout=30)
    assert out.decode().split("\n")[-2] == "nothing", (out, err)


def listening_ports(sandbox):
    """TCP ports that anything in the sandbox listens on, on any address."""
    rows = sandbox.run("ss", "-Hltn").split("\n")
    return sorted({int(row.split()[3].rsplit(":", 1)[1]) for row in rows if row.strip()})


@pytest.fixture
def stray_server(pair):
    """Something in the sandbox that listens on every address, as a careless program would."""
    sandbox = pair.attacker.sandbox
    sandbox.run("busybox", "httpd", "-p", "7777", "-h", "/etc/helix")
    yield 7777
    sandbox.kill("busybox", "TERM")


def test_other_ports_of_the_bridge_address(pair, stray_server):
    """Open to sessions are DNS (53) and the registry, for reading, and nothing else that runs in the sandbox."""
    ports = {22, 80, 2375, 2376, 8080, stray_server, *listening_ports(pair.attacker.sandbox)} - {53, *REGISTRY_PORTS}
    assert pair.attack("scan", GATEWAY, *sorted(ports)) == "nothing"


@pytest.mark.parametrize("port", REGISTRY_PORTS)
def test_registry_takes_nothing_from_sessions(pair, port):
    """What one session pushed, another would pull and run."""
    begin_push = f'curl -s -o /dev/null -w "%{{http_code}}" -X POST http://{GATEWAY}:{port}/v2/helix/base/blobs/uploads/'
    assert pair.attacker.shell(begin_push) == "405"


def sandbox_addresses(sandbox):
    """The sandbox's own addresses beside the bridge: eth0 and whatever else it has."""
    devices = json.loads(sandbox.run("ip", "-j", "addr"))
    return [info["local"] for device in devices if device["ifname"] not in ("lo", "sandbox0")
            for info in device["addr_info"] if info.get("scope") == "global"]


def test_the_sandboxs_eth0(pair):
    sandbox = pair.attacker.sandbox
    addresses = sandbox_addresses(sandbox)
    assert addresses, "the sandbox has no address"
    for address in addresses:
        assert pair.attack("scan", address, *sorted({22, 53, 80, 5000, *listening_ports(sandbox)})) == "nothing"


def test_another_sandbox(helix, pair):
    """Its address is routed to, as any machine's; nothing there answers: no registry, no DNS, no session's port."""
    elsewhere = [name for name in helix.sandbox_names() if name != pair.attacker.show()["sandbox_id"]]
    assert elsewhere, "this instance has one sandbox only"
    other = helix.sandbox(elsewhere[0])
    ports = {22, 53, 80, 2375, SERVED_PORT, *listening_ports(other)}
    for address in sandbox_addresses(other):
        assert "connected" not in pair.attack("scan", address, *sorted(ports))


def test_host_names_and_files(pair):
    """The sandbox's and the neighbour's files, and hydra's socket, are not in the session."""
    for path in ("/data/workspaces", "/data/sessions", "/run/helix/hydra.sock", "/data/hydra", "/data/registry"):
        assert pair.attacker.try_run("test", "-e", path).status != 0, path
    assert socket.gethostname() != pair.attacker.run("hostname").strip()


def test_the_api_is_reached_with_ones_own_key_only(pair):
    """helix-api must be reachable from a session; what it answers there depends on the key, as everywhere."""
    call = 'curl -s -o /dev/null -w "%{http_code}" -H "Authorization: Bearer $USER_API_TOKEN" "$HELIX_API_URL/api/v1/sessions/"'
    assert pair.attacker.shell(call + pair.victim.id) == "404"
    assert pair.attacker.shell(call + pair.attacker.id) == "200"

BINARIES = "sha256sum /opt/helix/bin/*"


def test_programs_are_shared_with_nobody(pair):
    """A session may make any mount of its own writable; what it then does to its programs stays with it."""
    before = pair.victim.sandbox.run("sh", "-c", BINARIES), pair.victim.shell(BINARIES)
    assert before[0] == before[1], "a session has other programs than its sandbox"

    pair.attacker.shell("mount -o remount,bind,rw /opt/helix/bin; echo taken over >>/opt/helix/bin/hydra; echo mine >/opt/helix/bin/stray")

    assert pair.attacker.shell(BINARIES) != before[1], "the attack did nothing: this test proves nothing"
    assert (pair.victim.sandbox.run("sh", "-c", BINARIES), pair.victim.shell(BINARIES)) == before


def test_a_fifo_in_the_way_holds_up_nobody_else(pair):
    """hydra writes a session's variables anew at each start: nothing that the session put there may make it wait."""
    pair.attacker.shell("cd /run/helix/session; rm -f env env.new; mkfifo env env.new")
    path = f"/sessions/{pair.attacker.id}"
    assert pair.attacker.api.post(f"{path}/stop").status in (200, 202, 204)
    pair.attacker.wait_state("stopped")
    pair.attacker.api.post(f"{path}/start")
    began = time.monotonic()
    while time.monotonic() - began < 10:
        asked = time.monotonic()
        assert pair.victim.fetch(SERVED_PORT, timeout=10).status == 200
        assert time.monotonic() - asked < 10
        if pair.attacker.show()["state"] in ("running", "failed"):
            break
        time.sleep(0.5)
    assert wait_for("the start has ended", lambda: pair.attacker.show()["state"] in ("running", "failed"), 60)
