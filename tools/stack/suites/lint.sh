#!/bin/bash
# What a reader would otherwise have to check: layers, sizes, format, coroutine expressions, shell, images.
set -euo pipefail

check() {
  local name=$1
  shift
  echo "-- $name"
  if "$@"; then echo "ok lint: $name"; else echo "not ok lint: $name"; fi >>"$RESULTS"
}

cpp_files() { git ls-files 'src/*.cpp' 'src/*.hpp' 'tests/*.cpp' 'tests/*.hpp'; }

format() { cpp_files | xargs -P "$(nproc)" -n 16 clang-format-19 --dry-run --Werror; }

# Reads the compile commands, so it needs a configured build, not a finished one.
coroutines() {
  [[ -f build/dev/compile_commands.json ]] || cmake --preset dev >/dev/null
  tools/check_coroutines.py build/dev
}

shell() {
  shellcheck -S warning -x stack images/*.sh .ci/run
  shellcheck -S warning tools/*.sh tools/stack/suites/*.sh tools/stack/node/node
}

check layers tools/check_layers.py
check sizes tools/check_sizes.py
check "third-party headers" tools/check_depends.py
check text tools/check_text.py
check documents tools/check_docs.py
check format format
check coroutines coroutines
check shell shell
check "seccomp profile" tools/seccomp/make_profile.py --check deploy/seccomp/helix.json
check "images and Dockerfiles agree" tools/check_images.py
! grep -q '^not ok' "$RESULTS"
