#!/bin/bash
# Unit tests and flows, built by clang with the address and undefined behaviour sanitizers.
set -euo pipefail
preset=${HELIX_PRESET:-dev}
cmake --preset "$preset"
# shellcheck disable=SC2086 # a list of targets
nice -n 5 cmake --build --preset "$preset" ${HELIX_TARGETS:+--target $HELIX_TARGETS}
xml=$(mktemp --suffix=.xml)
status=0
ctest --preset "$preset" -L unit -j "$(nproc)" --output-on-failure --timeout 120 --output-junit "$xml" || status=$?
tools/stack/junit_lines.py "$xml" | sed "s/^\(ok\|not ok\|skip\) /&$preset: /" >>"$RESULTS"
rm "$xml"
# Once more, so that the end of the log says what failed and whether it does so again; the count above stands.
if [[ $status -ne 0 ]]; then ctest --preset "$preset" --rerun-failed --output-on-failure --timeout 120 || true; fi
exit "$status"
