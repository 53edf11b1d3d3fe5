"""A TCP server that answers only when its client has said all it has: proves half-close. Runs in a session.

usage: tcp_app.py PORT     listens on 127.0.0.1; says "hello" first, then, after the client's FIN, the SHA-256 of what came
"""
import hashlib
import socketserver
import sys


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"hello\n")
        total = hashlib.sha256()
        while piece := self.request.recv(1 << 16):
            total.update(piece)
        self.request.sendall(total.hexdigest().encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
