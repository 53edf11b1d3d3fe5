"""Real frameworks in a session: an image with Debian's, npm's by lock files, each run in a container of the session's Docker."""
import io
import subprocess
import tarfile
from pathlib import Path

from support.settings import REPO

HERE = Path(__file__).parent
APPS = HERE / "apps"
BUILD = REPO / "build" / "test-apps"  # node_modules, as the lock files say; kept from run to run
INSTALL_SECONDS = 300
IMAGE = "helix-test/frameworks"


def frameworks_image():
    """Tag of the image on the host's dockerd; made where it is missing."""
    done = subprocess.run([REPO / "images" / "build.sh", "base", "frameworks"], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"images/build.sh: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.split()[-1]


def load_image(session, tag):
    """Into the session's own Docker as IMAGE, past the product: a person would pull it."""
    session.helix.host.run("bash", "-c", 'set -o pipefail; docker save "$0" | "$@"', tag, *session.inside.prefix, "docker", "load",
                           timeout=INSTALL_SECONDS)
    session.inside.run("docker", "tag", tag, IMAGE)


def installed(name):
    """The folder of a Node.js app with its packages; they are downloaded where the lock file has changed."""
    source, target = APPS / name, BUILD / name
    lock = (source / "package-lock.json").read_bytes()
    stamp = target / "installed"
    if not stamp.exists() or stamp.read_bytes() != lock:
        target.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            (target / file).write_bytes((source / file).read_bytes())
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=target, capture_output=True, text=True,
                              timeout=INSTALL_SECONDS)
        assert done.returncode == 0, f"npm ci of {name}: {done.stdout}\n{done.stderr}"
        stamp.write_bytes(lock)
    return target


def put(session, name):
    """The app's folder or file, as /workspace/apps/NAME in the session, with its packages where it has a lock file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(APPS / name, f"apps/{name}")
        if (APPS / name / "package-lock.json").exists():
            archive.add(installed(name) / "node_modules", f"apps/{name}/node_modules")
        archive.add(HERE / "websocket.py", "apps/websocket.py")
    session.run("tar", "-xC", "/workspace", input=packed.getvalue())


def run(session, name, published, *command, options=()):
    """Starts a container of IMAGE with /workspace/apps as /apps; `published` is as for docker run -p."""
    session.run("docker", "run", "-d", "--name", name, "--init", "-p", published, "-v", "/workspace/apps:/apps", *options, IMAGE, *command)


def start_page_app(session, port, words):
    """page_app.py as a process of the session itself, on 127.0.0.1."""
    put(session, "page_app.py")
    session.shell(f"setsid python3 -B /workspace/apps/page_app.py {port} '{words}' >/tmp/page-app-{port}.log 2>&1 </dev/null &")
    session.wait_page(port, words=words)
