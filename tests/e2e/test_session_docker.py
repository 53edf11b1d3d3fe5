"""The session's own Docker: published ports on localhost, containers by name, builds, compose, limits."""
import pytest

from support.waiting import wait_for


@pytest.fixture(autouse=True)
def no_containers_left(session):
    yield
    session.shell("docker ps -aq | xargs -r docker rm -f >/dev/null; docker network prune -f >/dev/null")


def test_published_port_answers_on_localhost(session):
    session.run("docker", "run", "-d", "-p", "8100:80", "helix/base:13", "sh", "-c",
                "mkdir /www && echo on localhost >/www/index.html && exec busybox httpd -f -p 80 -h /www")

    for address in ("127.0.0.1", "localhost"):
        seen = wait_for(f"{address}:8100 answers", lambda: session.try_run("curl", "-fsS", f"http://{address}:8100/").out, 15)
        assert seen == "on localhost\n"


def test_containers_find_each_other_by_name(session):
    session.run("docker", "network", "create", "names")
    session.run("docker", "run", "-d", "--name", "server", "--network", "names", "helix/base:13", "sh", "-c",
                "mkdir /www && echo by name >/www/index.html && exec busybox httpd -f -p 80 -h /www")
    seen = wait_for("the server answers by its name", lambda: session.try_run(
        "docker", "run", "--rm", "--network", "names", "helix/base:13", "curl", "-fsS", "http://server/").out, 20)
    assert seen == "by name\n"


DOCKERFILE = """
FROM helix/base:13
ARG WORDS
RUN echo "$WORDS" >/built
COPY extra /extra
CMD ["cat", "/built", "/extra"]
"""


def test_docker_build(session):
    session.write("/workspace/build/Dockerfile", DOCKERFILE)
    session.write("/workspace/build/extra", "and copied\n")

    session.run("docker", "build", "-t", "mine:1", "--build-arg", "WORDS=was built", "/workspace/build", timeout=180)

    assert session.run("docker", "run", "--rm", "mine:1") == "was built\nand copied\n"


COMPOSE = """
services:
  web:
    image: helix/base:13
    command: sh -c "mkdir -p /www && echo from compose >/www/index.html && exec busybox httpd -f -p 80 -h /www"
    ports: ["8101:80"]
    mem_limit: 64m
    ulimits: { nofile: 1048576 }
    volumes: [ "kept:/kept" ]
  probe:
    image: helix/base:13
    depends_on: [web]
    command: sh -c "until curl -fsS http://web/ >/kept/seen; do sleep 0.2; done"
    volumes: [ "kept:/kept" ]
volumes: { kept: {} }
"""


def test_compose_up_with_names(session):
    """The file also asks for a limit above what this level may grant: it runs all the same."""
    session.write("/workspace/project/compose.yaml", COMPOSE)
    try:
        session.run("docker", "compose", "-f", "/workspace/project/compose.yaml", "up", "-d", timeout=120)
        seen = wait_for("the published port answers", lambda: session.try_run("curl", "-fsS", "http://localhost:8101/").out, 20)
        assert seen == "from compose\n"
        assert session.run("docker", "wait", "project-probe-1", timeout=30).strip() == "0"
    finally:
        session.run("docker", "compose", "-f", "/workspace/project/compose.yaml", "down", "-v", "-t", "1", timeout=60)


def test_memory_limit_is_enforced(session):
    greedy = "head -c 200m /dev/zero | tail -c 150m >/dev/null"  # tail holds what it will print
    done = session.try_run("docker", "run", "--rm", "-m", "32m", "helix/base:13", "sh", "-c", f"{greedy}; exit $?")
    assert done.status == 137, str(done)


def test_root_filesystem_is_overlay_on_a_real_one(session):
    assert session.run("docker", "info", "-f", "{{.Driver}}").strip() == "overlay2"
    mounted = session.run("findmnt", "-no", "FSTYPE", "--target", "/var/lib/docker").strip()
    assert mounted not in ("overlay", ""), mounted


def test_name_resolution_of_the_outside(session):
    """The forwarder answers on the session's bridge, for a container on the default network as for the session."""
    container = session.run("docker", "run", "--rm", "helix/base:13", "cat", "/etc/resolv.conf")
    assert "nameserver 10.214.0.1" in container and "8.8.8.8" not in container, container


def test_workspace_is_one_directory(session):
    session.write("/workspace/note", "same")
    assert session.run("cat", "/home/helix/work/note") == "same"
