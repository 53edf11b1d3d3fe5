#!/usr/bin/env python3
"""Keeps documents true: links between files lead somewhere, files and folders that are named exist, and the graph of folders in
docs/architecture.md is the one that tools/check_layers.py draws. `--write` redraws the graph.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GRAPH = re.compile(r"(<!-- graph -->\n```mermaid\n).*?(```\n<!-- /graph -->)", re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:src|docs|tests|tools|images|deploy|api|web|cmake)/[A-Za-z0-9_./-]+)`")


def drawn_graph():
    """The folders' includes as Mermaid, without base, which everything includes."""
    dot = subprocess.run([ROOT / "tools" / "check_layers.py", "--dot"], capture_output=True, text=True).stdout
    edges = re.findall(r'"(\w+)" -> "(\w+)"', dot)
    return "graph TD\n" + "".join(f"  {source} --> {target}\n" for source, target in edges if target != "base")


def complaints_of(path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for target in LINK.findall(text):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            yield f"{path.relative_to(ROOT)}: the link {target} leads nowhere"
    for name in NAMED.findall(text):
        pattern = name.rstrip("/.")
        if not list(ROOT.glob(pattern)) and not list(path.parent.glob(pattern)):
            yield f"{path.relative_to(ROOT)}: names {name}, which is not there"


def main():
    page = ROOT / "docs" / "architecture.md"
    fresh = GRAPH.sub(lambda match: match.group(1) + drawn_graph() + match.group(2), page.read_text())
    if "--write" in sys.argv:
        page.write_text(fresh)
    found = [] if fresh == page.read_text() else ["docs/architecture.md: the graph is out of date: tools/check_docs.py --write"]
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        if (ROOT / name).exists():
            found += complaints_of(ROOT / name)
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
