#!/usr/bin/env python3
"""Keeps docs/depends.txt: which folder under src/ includes which library's headers. Fails when it is out of date or when a
library that has one home appears elsewhere; `--write` brings the list up to date.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "depends.txt"
HEAD = "# Third-party headers per folder of src/, tests left out. Made by tools/check_depends.py --write.\n"
INCLUDE = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.M)
# What is no part of the C++ standard library, the C library or the kernel.
LIBRARY = re.compile(r"^(boost/[a-z]+|openssl|tl|sodium\.h|nghttp2|sqlite3\.h|toml\+\+|spdlog|CLI|fmt|zstd\.h|archive\.h)")
# docs/style.md: these headers appear in exactly one folder, in .cpp files only.
HOMES = {"nghttp2": {"io/http"}, "sqlite3.h": {"store/sqlite"}, "toml++": {"cli"}}
CPP_ONLY = {"openssl", "nghttp2", "sodium.h", "sqlite3.h", "toml++", "spdlog", "CLI"}


def used():
    """{folder: libraries} and what breaks a rule."""
    folders, complaints = {}, []
    for path in sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in {".cpp", ".hpp"} and not p.name.endswith("_test.cpp")):
        folder = path.parent.relative_to(ROOT / "src").as_posix()
        for header in INCLUDE.findall(path.read_text()):
            found = LIBRARY.match(header)
            if not found:
                continue
            library = found.group(0)
            folders.setdefault(folder, set()).add(library)
            if library in CPP_ONLY and path.suffix == ".hpp":
                complaints.append(f"src/{folder}/{path.name}: {library} may be included by .cpp files only")
            if folder not in HOMES.get(library, {folder}):
                complaints.append(f"src/{folder}/{path.name}: {library} belongs to src/{', '.join(HOMES[library])} alone")
    return folders, complaints


def main():
    folders, complaints = used()
    text = HEAD + "".join(f"{folder}: {' '.join(sorted(folders[folder]))}\n" for folder in sorted(folders))
    if "--write" in sys.argv:
        LIST.write_text(text)
    elif not LIST.exists() or LIST.read_text() != text:
        complaints.append("docs/depends.txt is out of date: run tools/check_depends.py --write and look at the difference")
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


sys.exit(main())
