"""A helix-api of a test's own, with TLS: the shipped program on a temporary directory, which needs no dockerd."""
import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass

from support.waiting import wait_for


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: {done.stderr}"
    return done.stdout


class Authority:
    """A certificate authority, and what it signs."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "ca.crt"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=helix test authority", "-keyout", folder / "ca.key", "-out", self.certificate)

    def sign(self, into, name, alternatives):
        """Writes `into`/tls.crt and `into`/tls.key."""
        into.mkdir(exist_ok=True)
        extensions = into / "extensions"
        extensions.write_text(f"subjectAltName={alternatives}\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", into / "tls.key", "-out", into / "tls.csr")
        run("openssl", "x509", "-req", "-in", into / "tls.csr", "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
            "-CAcreateserial", "-days", "1", "-extfile", extensions, "-out", into / "tls.crt")


@dataclass
class Reply:
    """What curl got."""
    status: int
    version: str
    headers: list  # (lower-case name, value)
    body: str

    def header(self, name):
        return next((value for known, value in self.headers if known == name), None)


class Edge:
    """The program, from start to stop."""

    def __init__(self, program, folder, certificates, authority, environment=None):
        self.authority = authority
        self.port, self.tls_port, self.redirect_port = free_port(), free_port(), free_port()
        self.log = folder / "api.log"
        self.key_file = folder / "data" / "admin.key"
        settings = {
            "HELIX_LISTEN": f"127.0.0.1:{self.port}",
            "HELIX_TLS_LISTEN": f"127.0.0.1:{self.tls_port}",
            "HELIX_REDIRECT_LISTEN": f"127.0.0.1:{self.redirect_port}",
            "HELIX_TLS_CERT": certificates / "tls.crt",
            "HELIX_TLS_KEY": certificates / "tls.key",
            "HELIX_METRICS_LISTEN": "off",
            "HELIX_PORT_RANGE": "off",
            "HELIX_DATA_DIR": folder / "data",
            "RUNNER_TOKEN": "not used here",
            **(environment or {}),
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HELIX_") and name != "DEV_SUBDOMAIN"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([program], env={**clean, **{k: str(v) for k, v in settings.items()}}, stderr=log)

    def wait_until_up(self):
        def look():
            assert self.process.poll() is None, self.log.read_text()
            return self.curl(f"http://localhost:{self.port}/health").status == 200
        wait_for("helix-api with TLS", look, 20)

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=20)

    def events(self, name):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == name]

    def curl(self, url, *options):
        """One request by curl, which trusts the test's authority alone and follows nothing."""
        done = subprocess.run(["curl", "-sS", "-i", "-m", "20", "--cacert", self.authority.certificate, *options, url],
                              capture_output=True)
        assert done.returncode == 0, f"curl {url}: {done.stderr.decode()}"
        head, _, body = done.stdout.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        version, status = re.match(r"(HTTP/[0-9.]+) ([0-9]{3})", first).groups()
        headers = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)]
        return Reply(int(status), version, headers, body)
