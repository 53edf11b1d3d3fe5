"""Puts the tests' app server into a session: as a container of that session's own Docker."""
from pathlib import Path

HERE = Path(__file__).parent
APP_PORT = 8000


def install_app(session):
    """The server's files, under /workspace/app in the session."""
    for name in ("app_server.py", "websocket.py"):
        session.write(f"/workspace/app/{name}", (HERE / name).read_bytes())


def start_app(session, port=APP_PORT, name="app"):
    """Starts it and waits for its page. Debian 13 below Debian 13: the session's /usr gives the small image its Python."""
    install_app(session)
    session.run("docker", "run", "-d", "--name", name, "--restart", "unless-stopped", "-p", f"{port}:{APP_PORT}",
                "-v", "/usr:/usr:ro", "-v", "/workspace/app:/app:ro", "helix/base:13",
                "python3", "-B", "/app/app_server.py", APP_PORT)
    session.wait_page(port, words="Hello from Helix-in-Helix!")


def start_small_page(session, words, port=APP_PORT, name="web"):
    """A page from the small image alone: busybox's web server."""
    session.run("docker", "run", "-d", "--name", name, "--restart", "unless-stopped", "-p", f"{port}:80", "helix/base:13",
                "sh", "-c", f"mkdir -p /www && echo '{words}' >/www/index.html && exec busybox httpd -f -p 80 -h /www")
    session.wait_page(port, words=words)
