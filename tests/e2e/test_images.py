"""The programs in the images that they run in: complete, of one version, and small changes do not rebuild the base."""
import pytest

PROGRAMS = [("helix-api:latest", "helix-api"), ("helix-sandbox:latest", "hydra"), ("helix-sandbox:latest", "helix-runtime"),
            ("helix-headless:latest", "desktop-bridge"), ("helix-headless:latest", "helix-runtime"),
            ("helix-headless:latest", "helix"), ("helix-sandbox:latest", "helix")]
# Numbers from linux/capability.h; the defaults are those that dockerd gives a container.
SYS_ADMIN, NET_ADMIN = 21, 12
DEFAULTS = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31))
TOOLS = ["git", "docker", "kind", "kubectl", "helix", "jq", "curl", "make", "ssh", "python3"]


def run_in_image(helix, image, *argv):
    return helix.host.run("docker", "run", "--rm", "--network", "none", "--entrypoint", argv[0], image, *argv[1:])


@pytest.mark.parametrize("image, program", PROGRAMS)
def test_libraries_are_all_there(helix, image, program):
    listed = run_in_image(helix, image, "ldd", f"/opt/helix/bin/{program}")
    assert "not found" not in listed and "libc.so" in listed, listed


@pytest.mark.parametrize("image, program", PROGRAMS)
def test_version(helix, image, program):
    shown = run_in_image(helix, image, f"/opt/helix/bin/{program}", "--version")
    if program == "helix-runtime":  # dockerd asks its runtime for this, and wants to hear runc's
        assert shown.startswith("runc version"), shown
    else:
        assert program in shown and helix.settings.status["versions"][program] in shown, shown


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_of_a_session(session, tool):
    session.run("sh", "-c", 'command -v "$0"', tool)


@pytest.mark.parametrize("plugin", ["buildx", "compose"])
def test_docker_plugins_of_a_session(session, plugin):
    session.run("docker", plugin, "version")


def test_process_1_is_tini(session):
    """Never dockerd, in the sandbox and in the session."""
    for place in (session.sandbox, session.inside):
        assert place.run("cat", "/proc/1/comm").strip() == "tini"


def test_capabilities_are_the_checklists(session):
    """The 14 defaults, SYS_ADMIN and NET_ADMIN, as far as the host has them; and not privileged, at neither level."""
    sandbox_name = session.helix.settings.sandbox_container(session.show()["sandbox_id"])
    for place, container in ((session.helix.host, sandbox_name), (session.sandbox, session.container)):
        assert place.inspect(container, "{{.HostConfig.Privileged}}") == "false"
    for place in (session.sandbox, session.inside):
        held = int(place.run("sh", "-c", "grep CapBnd /proc/1/status").split()[1], 16)
        assert held & ~DEFAULTS == 1 << SYS_ADMIN | 1 << NET_ADMIN, f"{held:x}"


def test_forward_policy_stays_drop(session):
    for place in (session.sandbox, session.inside):
        assert "-P FORWARD DROP" in place.run("iptables", "-S", "FORWARD")


def test_mtu_is_the_parents(session):
    mtu = session.sandbox.run("cat", "/sys/class/net/eth0/mtu").strip()
    assert session.sandbox.run("cat", "/sys/class/net/sandbox0/mtu").strip() == mtu
    assert session.run("cat", "/sys/class/net/eth0/mtu").strip() == mtu


def test_addresses_follow_from_the_depth(session):
    assert "10.213.0.1/24" in session.sandbox.run("ip", "-4", "addr", "show", "dev", "sandbox0")
    assert "10.214.0.1/24" in session.run("ip", "-4", "addr", "show", "dev", "helix0")
