"""A small WebSocket (RFC 6455): client for the tests, frames for the app server that they put into a session."""
import base64
import hashlib
import os
import socket
import struct
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Closed(ConnectionError):
    """The other side ended the connection."""


def accept_value(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def encode_frame(opcode, payload, mask):
    """One frame with FIN set; clients mask, servers do not."""
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head = struct.pack("!BB", 0x80 | opcode, flag | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, flag | 126, len(payload))
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, flag | 127, len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    repeated = key * (len(payload) // 4 + 1)
    masked = bytes(a ^ b for a, b in zip(payload, repeated))
    return head + key + masked


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise Closed("the connection ended inside a frame" if data else "the connection ended")
    return data


def read_frame(stream):
    """(fin, opcode, payload) from a buffered binary stream."""
    first, second = read_exactly(stream, 2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", read_exactly(stream, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", read_exactly(stream, 8))
    key = read_exactly(stream, 4) if second & 0x80 else b""
    payload = read_exactly(stream, length)
    if key:
        payload = bytes(a ^ b for a, b in zip(payload, key * (length // 4 + 1)))
    return bool(first & 0x80), first & 0x0F, payload


class Refused(AssertionError):
    """The upgrade was answered with another status than 101."""

    def __init__(self, status, text):
        super().__init__(f"upgrade answered {status}: {text}")
        self.status = status


class WebSocket:
    """A client connection. `recv` answers pings and joins fragments."""

    def __init__(self, url, headers=None, timeout=30):
        parts = urlsplit(url)
        # Names under `localhost` are this machine, as they are to browsers (RFC 6761).
        address = "localhost" if parts.hostname.endswith(".localhost") else parts.hostname
        self.socket = socket.create_connection((address, parts.port or 80), timeout)
        self.stream = self.socket.makefile("rb")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
                  "Sec-WebSocket-Version": "13", **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.socket.sendall(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode())
        self._read_answer(key)

    def _read_answer(self, key):
        status_line = self.stream.readline(4096).decode("latin-1")
        fields = {}
        while (line := self.stream.readline(8192).decode("latin-1").rstrip("\r\n")):
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        status = int(status_line.split()[1]) if len(status_line.split()) > 1 else 0
        if status != 101:
            text = self.stream.read(min(int(fields.get("content-length", "0")), 4096)).decode("utf-8", "replace")
            self.close_socket()
            raise Refused(status, text)
        assert fields.get("sec-websocket-accept") == accept_value(key), f"wrong accept value: {fields}"

    def set_timeout(self, seconds):
        self.socket.settimeout(seconds)

    def send(self, payload, opcode=None):
        if isinstance(payload, str):
            payload, opcode = payload.encode(), opcode or TEXT
        self.socket.sendall(encode_frame(BINARY if opcode is None else opcode, payload, mask=True))

    def recv(self):
        """(opcode, payload) of the next message. Raises Closed at the end."""
        opcode, message = None, b""
        while True:
            fin, kind, payload = read_frame(self.stream)
            if kind == PING:
                self.send(payload, PONG)
            elif kind == CLOSE:
                raise Closed(f"closed with {struct.unpack('!H', payload[:2])[0] if len(payload) >= 2 else 'no status'}")
            elif kind != PONG:
                opcode = opcode if kind == CONTINUATION else kind
                message += payload
                if fin:
                    return opcode, message

    def close(self):
        try:
            self.send(struct.pack("!H", 1000), CLOSE)
        except OSError:
            pass
        self.close_socket()

    def close_socket(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
