#!/bin/sh
# Finds co_await expressions that g++ 12 miscompiles (aggregate or capturing-lambda temporaries, ?:, two awaits
# joined by && or ||, initializer lists, statement expressions). Usage: check_coroutines.sh BUILD_DIR FILE...
build=$1; shift
seen=$(mktemp)
trap 'rm -f "$seen"' EXIT
clang-query-19 -p "$build" -f tools/coro-lint.query "$@" >"$seen" 2>&1
# A file that cannot be read has not been checked.
if grep -E '(^|: )(fatal )?error:|^Skipping|not found in compilation database' "$seen" >&2; then exit 2; fi
found=$(grep -E '^/.*/src/.*note: "R[0-9]_' "$seen")
[ -z "$found" ] || { echo "$found" | sort -u; exit 1; }
