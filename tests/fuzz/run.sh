#!/bin/sh
# Builds the fuzz preset and runs every target for some seconds each: tests/fuzz/run.sh [SECONDS] [TARGET...]
# What the fuzzers learn stays in build/fuzz/learnt/; an input that breaks a rule is put into build/fuzz/findings/.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)

log=build/fuzz.log
mkdir -p build
echo "building (log: $log)"
{ cmake --preset fuzz && cmake --build build/fuzz --target fuzzers; } >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }

mkdir -p build/fuzz/findings
failed=
for target in "$@"; do
  learnt=build/fuzz/learnt/$target
  out=build/fuzz/$target.log
  mkdir -p "$learnt"
  if build/fuzz/tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=4096 \
    -artifact_prefix=build/fuzz/findings/"$target"- "$learnt" tests/fuzz/corpus/"$target" >"$out" 2>&1; then
    printf '%-18s %s\n' "$target" "$(grep -E '^Done ' "$out"), $(grep -oE 'cov: [0-9]+' "$out" | tail -n 1)"
  else
    failed="$failed $target"
    printf '%-18s FAILED\n' "$target"
    grep -E 'broken rule|ERROR|runtime error|Test unit written' "$out" || tail -n 20 "$out"
  fi
done
[ -z "$failed" ] || { echo "failed:$failed; replay one with build/fuzz/tests/fuzz/fuzz_TARGET FILE"; exit 1; }
