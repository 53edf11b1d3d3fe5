"""An app with everything that a page can ask for, friendly or hostile; runs in a session with nothing but Python's library.

usage: page_app.py PORT WORDS     listens on 127.0.0.1 only, as a development server does

GET /                 a page that says WORDS, and nothing else
GET /seen             JSON: the head of every request so far
GET /events           server-sent events: what is said by POST /say from then on
POST /say             its body goes to every event stream and socket
GET /socket           a WebSocket: echoes, and hears what is said
GET /cookies?set=…    sets the cookies whose lines are given
GET /redirect?to=…    302 to there
GET /worker.js        a service worker that answers everything with WORDS
"""
import http.server
import json
import queue
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import websocket  # noqa: E402  (lies beside this file in the session)

WORKER = """
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
const answer = () => new Response("intercepted: WORDS", { headers: { "Content-Type": "text/html" } });
self.addEventListener("fetch", (event) => event.respondWith(answer()));
"""


class Said:
    """What is said goes to everybody who listens at that moment."""

    def __init__(self):
        self.lock = threading.Lock()
        self.ears = []

    def listen(self):
        ear = queue.Queue()
        with self.lock:
            self.ears.append(ear)
        return ear

    def say(self, words):
        with self.lock:
            for ear in self.ears:
                ear.put(words)
            return len(self.ears)

    def leave(self, ear):
        with self.lock:
            self.ears.remove(ear)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    said = Said()
    seen = []
    words = ""

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path != "/seen":
            self.seen.append({"method": self.command, "target": self.path, "headers": self.headers.items()})
        if parts.path == "/":
            self.answer(f"<!doctype html><title>app</title><h1>{self.words}</h1>", "text/html; charset=utf-8")
        elif parts.path == "/seen":
            self.answer(json.dumps(self.seen), "application/json")
        elif parts.path == "/events":
            self.events()
        elif parts.path == "/socket":
            self.socket()
        elif parts.path == "/cookies":
            self.answer("set", "text/plain", [("Set-Cookie", line) for line in query.get("set", [])])
        elif parts.path == "/redirect":
            self.answer("", "text/plain", [("Location", query["to"][0])], 302)
        elif parts.path == "/worker.js":
            self.answer(WORKER.replace("WORDS", self.words), "text/javascript", [("Service-Worker-Allowed", "/")])
        else:
            self.answer("no such page", "text/plain", [], 404)

    def do_POST(self):
        self.seen.append({"method": self.command, "target": self.path, "headers": self.headers.items()})
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(str(self.said.say(body.decode())), "text/plain")

    def answer(self, text, kind, fields=(), status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def events(self):
        ear = self.said.listen()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b": listening\n\n")
            while True:
                self.wfile.write(f"data: {ear.get()}\n\n".encode())
        except OSError:
            pass
        finally:
            self.said.leave(ear)
            self.close_connection = True

    def socket(self):
        self.send_response(101, "Switching Protocols")
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", websocket.accept_value(self.headers["Sec-WebSocket-Key"]))
        self.end_headers()
        ear = self.said.listen()
        threading.Thread(target=self.pass_on, args=(ear,), daemon=True).start()
        try:
            while True:
                fin, opcode, payload = websocket.read_frame(self.rfile)
                if opcode == websocket.CLOSE:
                    break
                self.wfile.write(websocket.encode_frame(opcode, payload, mask=False))
        except OSError:
            pass
        finally:
            self.said.leave(ear)
            self.close_connection = True

    def pass_on(self, ear):
        try:
            while True:
                self.wfile.write(websocket.encode_frame(websocket.TEXT, ear.get().encode(), mask=False))
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    Handler.words = sys.argv[2]
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    print(f"listening on {sys.argv[1]}", flush=True)
    server.serve_forever()
