#!/usr/bin/env python3
"""Fails on files and functions that grew too long, headers that do not say what they are for, folders without a README.

Limits: docs/style.md, "Names and sizes". A function is measured from the line of its opening brace.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, TEST_LINES, HEADER_LINES, FUNCTION_LINES, README_LINES = 600, 800, 200, 80, 40
GENERATED = {"web/src/lib/schema.d.ts"}
# Our format: the line that opens a function's body ends in ") {", with qualifiers between; where the parameters take
# several lines it is the last of these. The body closes at the column of the first one.
OPENING = re.compile(r"^.*\) (const |noexcept |override )*\{$")
STATEMENT = re.compile(r"^ *(if|for|while|switch|catch|\})")


def indent_of(line):
    return len(line) - len(line.lstrip())


def long_functions(lines):
    """(line number, length) of each function above the limit, at the outermost level or in a class."""
    for number, line in enumerate(lines):
        if not OPENING.match(line):
            continue
        first = number
        while first > 0 and indent_of(lines[first]) > 2:
            first -= 1
        if STATEMENT.match(lines[first]):
            continue
        closing = " " * indent_of(lines[first]) + "}"
        end = next((at for at in range(number + 1, len(lines)) if lines[at].startswith(closing)), number)
        if end - number - 1 > FUNCTION_LINES:
            yield first + 1, end - number - 1


def check_cpp(path, lines):
    is_test, is_header = path.name.endswith("_test.cpp"), path.suffix == ".hpp"
    limit = TEST_LINES if is_test else HEADER_LINES if is_header and "src" in path.parts else FILE_LINES
    if len(lines) > limit:
        yield f"{len(lines)} lines, the limit is {limit}"
    if is_header and not (lines and lines[0].startswith("/// ") and len(lines[0]) > 20):
        yield "the first line must be a /// sentence that says what the file is for"
    for number, length in long_functions(lines):
        yield f"the function at line {number} has {length} lines, the limit is {FUNCTION_LINES}"


def complaints():
    for folder in ("src", "tests"):
        for path in sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in {".cpp", ".hpp"}):
            for text in check_cpp(path, path.read_text().splitlines()):
                yield f"{path.relative_to(ROOT)}: {text}"
    for pattern in ("web/src/**/*.ts", "web/src/**/*.tsx", "tests/**/*.py", "tools/**/*.py", "tools/**/*.sh", "images/*.sh"):
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            count = len(path.read_text().splitlines())
            if count > FILE_LINES and name not in GENERATED:
                yield f"{name}: {count} lines, the limit is {FILE_LINES}"
    for folder in sorted(p for p in (ROOT / "src").iterdir() if p.is_dir()):
        readme = folder / "README.md"
        if not readme.exists():
            yield f"{folder.relative_to(ROOT)}: has no README.md"
        elif len(readme.read_text().splitlines()) > README_LINES:
            yield f"{readme.relative_to(ROOT)}: more than {README_LINES} lines"


found = list(complaints())
print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
sys.exit(1 if found else 0)
