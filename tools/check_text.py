#!/usr/bin/env python3
"""Fails on text that ties the project to one machine: paths of a person's home or checkout, hosts that a build would fetch from.

Mirrors and registries are the machine's to choose; documents show host names of example domains only.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
URL_HOST = re.compile(r"\b(?:https?|wss?|ssh|git)://([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
ALLOWED_HOST = re.compile(r"(^|\.)(example(\.(com|org|net))?|localhost|test|w3\.org|invalid)$")
# A lock file's links to sponsors, which npm writes.
LOCK_FILES = {"web/package-lock.json"}
LOCK_HOSTS = re.compile(r"^(github\.com|opencollective\.com|tidelift\.com)$")
MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9_.$}-])/(home/(?!helix\b)[a-z]|Users/|work/|mnt/|media/|srv/)[A-Za-z0-9_./-]*")
CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.M)
BINARY = {".png", ".ico", ".woff2", ".gz", ".bin"}


def complaints(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        for host in URL_HOST.findall(line):
            if not ALLOWED_HOST.search(host) and not (name in LOCK_FILES and LOCK_HOSTS.match(host)):
                yield f"{name}:{number}: names the host {host}"
        if found := MACHINE_PATH.search(line):
            yield f"{name}:{number}: holds the path {found.group(0)} of one machine"
    if CONFLICT.search(text):
        yield f"{name}: holds a conflict marker"


names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
found = []
for name in filter(None, names):
    path = ROOT / name
    if path.is_file() and path.suffix not in BINARY and "corpus" not in path.parts and path != pathlib.Path(__file__).resolve():
        found += complaints(name, path.read_text("utf-8", "replace"))
print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
sys.exit(1 if found else 0)
