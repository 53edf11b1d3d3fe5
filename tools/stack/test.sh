# shellcheck shell=bash
# ./stack test: runs the suites one after the other, each with its own log, and sums them up.
# A suite is tools/stack/suites/NAME.sh; it writes a line `ok|not ok|skip NAME [# reason]` per test to $RESULTS.

SUITES=(lint web unit gcc fuzz e2e)

suite_seconds() { # after that a suite is stuck; chosen: three times what it takes on two cores
  case $1 in
    lint) echo 1200 ;;
    web) echo 600 ;;
    unit | gcc) echo 1800 ;;
    fuzz) echo 1200 ;;
    e2e) echo 3600 ;;
  esac
}

run_suite() {
  local name=$1 began status=0 log results
  began=$(now_ms)
  log=$LOGS/test-$name.log
  results=$RESULTS_DIR/$name
  : >"$results"
  say "== $name (log: $log)"
  RESULTS=$results timeout --kill-after=30 "$(suite_seconds "$name")" "$REPO/tools/stack/suites/$name.sh" >"$log" 2>&1 </dev/null 7>&- &
  suite_pid=$!
  # timeout has a process group of its own, which an interrupt does not reach.
  trap 'kill "$suite_pid"; wait; exit 130' INT TERM
  wait "$suite_pid" || status=$?
  trap - INT TERM

  local passed failed skipped
  passed=$(grep -c '^ok ' "$results" || true)
  failed=$(grep -c '^not ok ' "$results" || true)
  skipped=$(grep -c '^skip ' "$results" || true)
  # A suite that dies says so in its status only; it must not count as nothing.
  if [[ $status -eq 124 ]]; then
    echo "not ok $name: over its $(suite_seconds "$name") s" >>"$results"
    failed=$((failed + 1))
  elif [[ $status -ne 0 && $failed -eq 0 ]] || ((passed + failed + skipped == 0)); then
    echo "not ok $name: status $status" >>"$results"
    failed=$((failed + 1))
  fi
  if ((failed > 0)); then
    grep '^not ok ' "$results" | head -n 40 | sed 's/^/   /' >&3
    tail -n 40 "$log" | sed 's/^/   | /' >&3
  fi
  grep '^skip ' "$results" | sed 's/^/   /' >&3 || true
  say "   $passed passed, $failed failed, $skipped skipped in $(seconds $(($(now_ms) - began))) s"
}

# Skips that are known and have their reason in the file; any other one fails the run.
unexpected_skips() {
  local line name
  while read -r line; do
    name=${line#skip }
    name=${name%% #*}
    grep -qxF -- "$name" <(sed 's/ *#.*//' tools/stack/expected-skips.txt) || echo "$name"
  done < <(cat "$RESULTS_DIR"/* | grep '^skip ')
}

# The web UI's tests and the browser's need Node.js, in a container where the machine's own is too old.
test_node() {
  if node_is_new_enough; then return; fi
  ensure_dockerd
  prepare_node
}

# The engine's tests want a real dockerd too, before the end-to-end suite makes an instance on one.
test_dockerd() {
  use_dockerd
  if dockerd_is_private; then start_private_dockerd; fi
}

command_test() {
  local full='' chosen=() name began
  began=$(now_ms)
  for name in "$@"; do
    case $name in
      --full) full=1 ;;
      *)
        [[ -x tools/stack/suites/$name.sh ]] || fail "there is no suite '$name'" "Suites: ${SUITES[*]}"
        chosen+=("$name") ;;
    esac
  done
  [[ ${#chosen[@]} -gt 0 ]] || chosen=("${SUITES[@]}")
  export HELIX_TEST_FULL=$full
  mkdir -p "$LOGS"
  RESULTS_DIR=$(mktemp -d)

  step "packages" install_packages packages.txt tools/stack/test-packages.txt
  step "node" test_node
  step "dockerd" test_dockerd
  ulimit -c 0
  for name in "${chosen[@]}"; do run_suite "$name"; done

  local passed failed skipped unexpected
  unexpected=$(unexpected_skips)
  passed=$(cat "$RESULTS_DIR"/* | grep -c '^ok ' || true)
  failed=$(cat "$RESULTS_DIR"/* | grep -c '^not ok ' || true)
  skipped=$(cat "$RESULTS_DIR"/* | grep -c '^skip ' || true)
  rm -r "$RESULTS_DIR"
  if [[ -n $unexpected ]]; then
    say "skipped without being listed in tools/stack/expected-skips.txt:"
    say "$unexpected"
  fi
  say "all suites in $(seconds $(($(now_ms) - began))) s"
  say "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 && -z $unexpected ]]
}
