#!/usr/bin/env python3
"""Fails when a file under src/ includes what its own layer may not see; `--dot` prints the graph of folders.

The rules are those of docs/style.md, "Who may include what".
"""
import pathlib
import re
import sys

# Bottom to top. A folder may include itself and any folder named in its value -- nothing else.
MAY_INCLUDE = {
    "base": set(),
    "wire": {"base"},
    "io": {"wire", "base"},  # io/http and io/websocket speak the formats that wire decodes
    "tunnel": {"io", "wire", "base"},
    "store": {"io", "wire", "base"},
    "engine": {"io", "wire", "base"},
    "nest": {"io", "wire", "base"},
    "server": {"tunnel", "store", "io", "wire", "base"},
    "agent": {"tunnel", "engine", "nest", "io", "wire", "base"},
    "bridge": {"tunnel", "nest", "io", "wire", "base"},
    "cli": {"io", "wire", "base"},
    "apps": {"server", "agent", "bridge", "cli", "tunnel", "store", "engine", "nest", "io", "wire", "base"},
}
# Implementations behind an interface of the same layer: chosen where a program is put together, and by tests.
IMPLEMENTATIONS = {"store/sqlite", "engine/docker"}
PROGRAMS = {"server", "agent", "bridge"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z0-9_/]+)/[a-z0-9_]+\.[hi]pp"', re.M)


def complaint(path, target, is_test):
    """Why the file may not include from the folder `target`; empty when it may. `path` is relative to src/."""
    layer, goal = path.parts[0], target.split("/")[0]
    if goal == "support":
        return "" if is_test else "only tests may include tests/support"
    if goal != layer and goal not in MAY_INCLUDE.get(layer, set()):
        return f"{layer} may not include {goal}"
    if target in IMPLEMENTATIONS and not is_test and layer != "apps" and path.parent.as_posix() != target:
        return f"only apps and tests may include {target}, others its interface in {goal}/"
    # A file right in the program's folder puts the parts together.
    if layer in PROGRAMS and target == f"{layer}/http" and len(path.parts) > 2 and path.parts[1] != "http":
        return f"{layer}/http is on top of its features: they may not include it"
    return ""


def main():
    root = pathlib.Path(__file__).resolve().parent.parent / "src"
    edges, complaints = set(), []
    for path in sorted(path.relative_to(root) for suffix in ("hpp", "cpp") for path in root.rglob(f"*.{suffix}")):
        is_test = path.name.endswith("_test.cpp")
        layer = path.parts[0]
        if layer not in MAY_INCLUDE:
            complaints.append(f"src/{path}: there is no layer {layer}; give it a place in tools/check_layers.py")
        for target in INCLUDE.findall((root / path).read_text()):
            goal = target.split("/")[0]
            if goal != layer and not is_test:
                edges.add((layer, goal))
            why = complaint(path, target, is_test)
            if why and f"src/{path}: {why}" not in complaints:
                complaints.append(f"src/{path}: {why}")
    if "--dot" in sys.argv:
        print("digraph src {", *(f'  "{a}" -> "{b}";' for a, b in sorted(edges)), "}", sep="\n")
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


sys.exit(main())
