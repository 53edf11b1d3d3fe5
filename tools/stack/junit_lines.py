#!/usr/bin/env python3
"""Turns JUnit XML, as ctest, pytest and vitest write it, into the lines that ./stack test counts: `junit_lines.py FILE…`."""
import sys
import xml.etree.ElementTree as ElementTree


def line(case):
    name, place = case.get("name", ""), case.get("classname", "")
    if place and not name.startswith(place):
        name = f"{place}.{name}"
    name = name.replace("\n", " ")
    if case.find("failure") is not None or case.find("error") is not None:
        return f"not ok {name}"
    skipped = case.find("skipped")
    if skipped is not None or case.get("status") in {"notrun", "disabled"}:
        reason = "" if skipped is None else (skipped.get("message") or "").replace("\n", " ")
        return f"skip {name} # {reason}"
    return f"ok {name}"


for path in sys.argv[1:]:
    for test_case in ElementTree.parse(path).iter("testcase"):
        print(line(test_case))
