#!/bin/bash
# The shipped programs on real dockerds: an instance of its own beside the user's, made by ./stack start --demo, driven by
# pytest through the command line and HTTP only, then deleted.
set -euo pipefail
export HELIX_INSTANCE=${HELIX_TEST_INSTANCE:-helix-test}
port=${HELIX_TEST_PORT:-18080}
# Small enough that the tests can fill two sandboxes.
export MAX_SANDBOXES=4

outcome() { echo "$1 e2e: $2" >>"$RESULTS"; }

# check NAME COMMAND…: counts it and goes on.
check() {
  local name=$1 status
  shift
  echo "-- $name"
  set +e # a condition would switch -e off inside as well
  (set -e; "$@")
  status=$?
  set -e
  if [[ $status -eq 0 ]]; then outcome ok "$name"; else outcome "not ok" "$name"; fi
}

# shellcheck disable=SC2317 # the trap calls it
finish() {
  if [[ -n ${HELIX_TEST_KEEP:-} ]]; then
    echo "kept: HELIX_INSTANCE=$HELIX_INSTANCE ./stack status"
  else
    check "stack clean leaves nothing behind" clean_instance
  fi
  grep '^not ok' "$RESULTS" && exit 1
  exit 0
}

clean_instance() {
  ./stack clean --yes
  [[ ! -e $state ]]
  if docker version >/dev/null 2>&1; then
    [[ -z $(docker ps -aq --filter "label=helix.instance=$HELIX_INSTANCE") ]]
    [[ -z $(docker volume ls -q | grep "^$HELIX_INSTANCE-" || true) ]]
  fi
}

./stack clean --yes
trap finish EXIT
state=${HELIX_STATE:-/var/lib/helix}/instances/$HELIX_INSTANCE
if ./stack start --demo --sandboxes 2 --port "$port"; then
  outcome ok "stack start --demo"
else
  outcome "not ok" "stack start --demo"
  ./stack logs api | tail -n 50 || true
  ./stack logs sandbox | tail -n 80 || true
  exit 1
fi

status_json=$(./stack status -o json)
DOCKER_HOST=$(jq -r .dockerd.host <<<"$status_json")
export DOCKER_HOST

xml=$(mktemp --suffix=.xml)
options=()
if [[ -n ${HELIX_TEST_FULL:-} ]]; then options+=(--full); fi
/usr/bin/python3 -m pytest tests/e2e -v --junitxml="$xml" "${options[@]}" || { ./stack logs api | tail -n 50; ./stack logs sandbox | tail -n 80; } || true
tools/stack/junit_lines.py "$xml" | sed 's/^\(ok\|not ok\|skip\) /&e2e: /' >>"$RESULTS"
rm -f "$xml"
