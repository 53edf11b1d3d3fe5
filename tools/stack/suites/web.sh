#!/bin/bash
# The web UI: types against the API's description, compiler, linter, layers, unit tests.
set -euo pipefail
cd web
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then npm ci --no-audit --no-fund && touch node_modules/.package-lock.json; fi
check() {
  local name=$1 status=0
  shift
  "$@" || status=$?
  if [[ $status -eq 0 ]]; then echo "ok web: $name"; else echo "not ok web: $name"; fi >>"$RESULTS"
  return 0
}
check types npm run -s types:check
check compiler npx tsc --noEmit
check biome npx biome check .
check layers node tools/check_layers.mjs
check "first screen within its budget" npm run -s build
check "pages in a browser" node e2e/pages.mjs
xml=$(mktemp --suffix=.xml)
npx vitest run --reporter=default --reporter=junit --outputFile.junit="$xml" || true
../tools/stack/junit_lines.py "$xml" | sed 's/^\(ok\|not ok\|skip\) /&web: /' >>"$RESULTS"
rm "$xml"
! grep -q '^not ok' "$RESULTS"
