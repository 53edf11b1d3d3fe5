#!/usr/bin/env python3
"""Turns a built web UI into one C++ file: `embed_web.py DIST OUT.cpp`. What it defines is declared in src/server/http/assets.hpp."""
import gzip
import hashlib
import pathlib
import re
import sys

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
# Vite's hash: a dash and eight characters before the suffix. Such a name never gets other bytes.
HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")

HEAD = """// Written by tools/embed_web.py from web/dist.
#include "server/http/assets.hpp"

#include <algorithm>
#include <array>

namespace web {
namespace {
"""
TAIL = """
}  // namespace

std::span<const Asset> assets() { return kAssets; }

const Asset* find_asset(std::string_view path) {
  const auto* found = std::ranges::lower_bound(kAssets, path, {}, &Asset::path);
  return found != kAssets.end() && found->path == path ? found : nullptr;
}

}  // namespace web
"""


def byte_lines(data: bytes) -> str:
    return "\n".join("    " + ",".join(map(str, data[at : at + 32])) + "," for at in range(0, len(data), 32))


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    dist, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = {"/" + path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    if "/index.html" not in files:
        print(f"embed_web.py: {dist} holds no index.html; was the UI built?", file=sys.stderr)
        return 1
    parts, rows = [HEAD], []
    for number, (name, path) in enumerate(sorted(files.items())):
        content_type = CONTENT_TYPES.get(path.suffix)
        if content_type is None:
            print(f"embed_web.py: no content type is known for {name}; add its suffix to CONTENT_TYPES", file=sys.stderr)
            return 1
        plain = path.read_bytes()
        packed = gzip.compress(plain, compresslevel=9, mtime=0)
        etag = hashlib.sha256(plain).hexdigest()[:32]
        cache = "public, max-age=31536000, immutable" if HASHED.match(name) else "no-cache"
        parts.append(f"constexpr std::array<unsigned char, {len(packed)}> kBody{number} = {{{{\n{byte_lines(packed)}\n}}}};\n")
        rows.append(f'    Asset{{"{name}", "{content_type}", "\\"{etag}\\"", "{cache}", kBody{number}}},')
    parts.append(f"constexpr std::array<Asset, {len(rows)}> kAssets = {{{{\n" + "\n".join(rows) + "\n}};")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(parts) + TAIL)
    return 0


sys.exit(main())
