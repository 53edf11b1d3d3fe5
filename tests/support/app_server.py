"""The user's app of the tests: runs in a container of a session's own Docker, with nothing but Python's library.

usage: app_server.py PORT
"""
import hashlib
import http.server
import json
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import websocket  # noqa: E402  (lies beside this file, in the session as in the repository)

PAGE = b"<!doctype html><title>Helix</title><h1>Hello from Helix-in-Helix!</h1>\n"
SCRIPT_BYTES = 11_937_379  # of the bundle in seed 2026-01-25
IMAGE_BYTES = 104_481
BLOCK = 1 << 20


def block(number):
    """The `number`-th MiB of the endless test data: no two blocks are equal, so order and gaps show in a hash."""
    return (hashlib.sha256(str(number).encode()).digest() * (BLOCK // 32))


def pieces(count):
    """The first `count` bytes of the test data, in blocks."""
    number = 0
    while count > 0:
        piece = block(number)[:count]
        yield piece
        count -= len(piece)
        number += 1


def digest_of(count):
    total = hashlib.sha256()
    for piece in pieces(count):
        total.update(piece)
    return total.hexdigest()


def moments(seconds, silence):
    """Seconds at which a long stream says something: each one, but for `silence` of them in the middle."""
    before = (seconds - silence) // 2
    return [*range(before), *range(before + silence, seconds + 1)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        print(format % args, flush=True)

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/":
            self.answer(PAGE, "text/html; charset=utf-8")
        elif parts.path == "/assets/index-72e7c307.js":
            self.stream(SCRIPT_BYTES, "text/javascript")
        elif parts.path == "/img/logo.png":
            self.stream(IMAGE_BYTES, "image/png")
        elif parts.path == "/bytes":
            self.stream(int(query["count"]), "application/octet-stream")
        elif parts.path == "/events":
            self.events(int(query["seconds"]), int(query["silence"]))
        elif parts.path == "/socket":
            self.socket(int(query["seconds"]), int(query["silence"]))
        elif parts.path == "/request":
            self.answer(json.dumps({"target": self.path, "headers": self.headers.items()}).encode(), "application/json")
        else:
            self.answer(b"no such page\n", "text/plain", 404)

    def do_PUT(self):
        left, total = int(self.headers["Content-Length"]), hashlib.sha256()
        while left > 0:
            piece = self.rfile.read(min(left, BLOCK))
            if not piece:
                raise ConnectionError(f"{left} bytes of the body did not come")
            total.update(piece)
            left -= len(piece)
        self.answer(json.dumps({"sha256": total.hexdigest()}).encode(), "application/json")

    def answer(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, count, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(count))
        self.end_headers()
        for piece in pieces(count):
            self.wfile.write(piece)

    def events(self, seconds, silence):
        """Server-sent events, without a length: the end of the connection is the end."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.at_moments(seconds, silence, lambda second: self.wfile.write(f"data: {second}\n\n".encode()))
        self.close_connection = True

    def socket(self, seconds, silence):
        """Echoes the first message, then speaks at its moments, then closes."""
        self.send_response(101, "Switching Protocols")
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", websocket.accept_value(self.headers["Sec-WebSocket-Key"]))
        self.end_headers()
        _, opcode, payload = websocket.read_frame(self.rfile)
        self.wfile.write(websocket.encode_frame(opcode, payload, mask=False))
        self.at_moments(seconds, silence, lambda second: self.wfile.write(
            websocket.encode_frame(websocket.TEXT, str(second).encode(), mask=False)))
        self.wfile.write(websocket.encode_frame(websocket.CLOSE, (1000).to_bytes(2, "big"), mask=False))
        self.close_connection = True

    def at_moments(self, seconds, silence, speak):
        began = time.monotonic()
        for second in moments(seconds, silence):
            time.sleep(max(0.0, began + second - time.monotonic()))
            speak(second)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    print(f"listening on {sys.argv[1]}", flush=True)
    server.serve_forever()
