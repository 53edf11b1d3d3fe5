"""Session images that cannot work, made in a sandbox from the one that does."""
from contextlib import contextmanager

from support.waiting import wait_for

HEARTBEAT_SECONDS = 30


@contextmanager
def image_without_dockerd(helix, sandbox_name, tag="helix-broken:latest"):
    """In that sandbox: the session image with a dockerd that ends at once. Known to the API when this yields."""
    sandbox = helix.sandbox(sandbox_name)
    builder = sandbox.run("docker", "create", "--entrypoint", "sh", "helix-headless:latest", "-c",
                          'printf "#!/bin/sh\\necho this dockerd is broken >&2\\nexit 1\\n" >/usr/sbin/dockerd').strip()
    try:
        sandbox.run("docker", "start", "-a", builder)
        entrypoint = sandbox.inspect("helix-headless:latest", "{{json .Config.Entrypoint}}")
        sandbox.run("docker", "commit", "--change", f"ENTRYPOINT {entrypoint}", "--change", "CMD []", builder, tag)
    finally:
        sandbox.run("docker", "rm", "-f", "-v", builder)
    try:
        wait_for(f"sandbox {sandbox_name} reports {tag}", lambda: tag in helix.online(sandbox_name)["images"], HEARTBEAT_SECONDS + 15)
        yield tag
    finally:
        sandbox.run("docker", "rmi", "-f", tag)
