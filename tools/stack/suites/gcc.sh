#!/bin/bash
# The same tests, built by the second compiler: what one of them miscompiles, the other finds. Here the lower rooms, whose
# coroutines all the others are made of; --full: everything.
set -euo pipefail
export HELIX_PRESET=gcc
if [[ -z ${HELIX_TEST_FULL:-} ]]; then export HELIX_TARGETS="base_test wire_test io_test tunnel_test store_test fuzzers"; fi
exec tools/stack/suites/unit.sh
