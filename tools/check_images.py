#!/usr/bin/env python3
"""Fails when an image that a Dockerfile makes could differ from the one that images/build.sh makes of the same files.

build.sh reads an image's configuration from its Dockerfile, its packages and rootfs from images/IMAGE, and its parent from a
table of its own. So a Dockerfile may hold: its parent, the one line that installs the package list, the copy of the rootfs
where there is one, the copy of the programs, and configuration.
"""
import pathlib
import re
import subprocess
import sys

CONFIGURATION = {"CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "USER", "VOLUME", "WORKDIR"}
INSTALL = "RUN /tmp/helix-build/install-packages.sh /tmp/helix-build/packages && rm -r /tmp/helix-build"
PROGRAMS = "COPY bin/ /opt/helix/bin/"


def expected(image, root):
    steps = [f"COPY images/install-packages.sh images/{image}/packages /tmp/helix-build/", INSTALL]
    rootfs = [f"COPY images/{image}/rootfs/ /"] if (root / "images" / image / "rootfs").is_dir() else []
    # The base's rootfs holds apt's and dpkg's settings, so it comes first there.
    return rootfs + steps if image == "base" else steps + rootfs


def parents(root):
    """The table in build.sh, as image -> parent."""
    table = {}
    for names, parent in re.findall(r"^ +([a-z |]+)\) echo ([a-z]+) ;;$", (root / "images/build.sh").read_text(), re.M):
        table.update({name.strip(): parent for name in names.split("|")})
    return table


def problems(image, dockerfile, root, parent):
    lines = [line for line in dockerfile.read_text().splitlines() if line and not line.startswith("#")]
    steps = [line for line in lines if line.split()[0] not in CONFIGURATION | {"ARG", "FROM"} and line != PROGRAMS]
    if steps != expected(image, root):
        yield f"{dockerfile}: its steps are not those of images/build.sh:\n  " + "\n  ".join(expected(image, root))
    if image == "base":
        return
    if f"ARG PARENT=helix/{parent}:13" not in lines or "FROM ${PARENT}" not in lines:
        yield f"{dockerfile}: images/build.sh makes {image} from {parent}"


def main():
    root = pathlib.Path(".")
    table = parents(root)
    bad = []
    dockerfiles = sorted((root / "deploy/images").glob("*/Dockerfile"))
    for dockerfile in dockerfiles:
        image = dockerfile.parent.name
        bad += problems(image, dockerfile, root, table.get(image))
    lists = {path.parent.name for path in (root / "images").glob("*/packages")}
    for image in sorted(lists ^ {path.parent.name for path in dockerfiles}):
        bad.append(f"{image}: has a package list or a Dockerfile, but not both")
    # git keeps no empty directories: one here would be in this machine's images only.
    empty = subprocess.run(["find", "images", "-type", "d", "-empty"], capture_output=True, text=True, check=True).stdout
    bad += [f"{path}: empty directory" for path in empty.split()]
    print("\n".join(bad), file=sys.stderr)
    return 1 if bad else 0


sys.exit(main())
