#!/usr/bin/env python3
"""Runs check_coroutines.sh over every file of src/ that awaits, in parallel; files that have not changed are not read again.

usage: check_coroutines.py BUILD_DIR     (with a compile_commands.json in it)
"""
import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = [ROOT / "tools" / "check_coroutines.sh", ROOT / "tools" / "coro-lint.query"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


@functools.lru_cache(maxsize=None)
def own_headers(path):
    """The headers of ours that a file includes, and those that they include."""
    found = set()
    for name in INCLUDE.findall(path.read_text()):
        for folder in (ROOT / "src", ROOT / "tests"):
            header = folder / name
            if header.exists() and header != path:
                found |= {header} | own_headers(header)
    return frozenset(found)


def key_of(path):
    """One word for everything that the result of a file depends on."""
    total = hashlib.sha256()
    for part in [*RULES, path, *sorted(own_headers(path))]:
        total.update(hashlib.sha256(part.read_bytes()).digest())
    return total.hexdigest()


def check(build, path):
    """What is wrong in a file; empty when nothing is."""
    passed = build / "coroutine-lint" / key_of(path)
    if passed.exists():
        return ""
    done = subprocess.run([RULES[0], build, path], cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode:
        return done.stdout + done.stderr
    passed.touch()
    return ""


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / "coroutine-lint").mkdir(exist_ok=True)
    awaiting = [path for path in sorted((ROOT / "src").rglob("*.cpp")) if "co_await" in path.read_text() or any(
        "co_await" in header.read_text() for header in own_headers(path))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda path: check(build, path), awaiting) if text]
    print(*complaints, sep="\n", end="", file=sys.stderr)
    return 1 if complaints else 0


sys.exit(main())
