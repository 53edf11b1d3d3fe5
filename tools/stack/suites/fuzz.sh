#!/bin/bash
# Each fuzz target over its corpus, and some seconds beyond it; --full: a minute each.
set -euo pipefail
for_seconds=3
if [[ -n ${HELIX_TEST_FULL:-} ]]; then for_seconds=60; fi
for corpus in tests/fuzz/corpus/*/; do
  name=$(basename "$corpus")
  if tests/fuzz/run.sh "$for_seconds" "$name"; then echo "ok fuzz: $name"; else echo "not ok fuzz: $name"; fi >>"$RESULTS"
done
! grep -q '^not ok' "$RESULTS"
