# shellcheck shell=bash
# Names, places and the voice of ./stack; every other part builds on this one.

INSTANCE=${HELIX_INSTANCE:-helix}
STATE_ROOT=${HELIX_STATE:-/var/lib/helix}
DOCKERD_ROOT=${HELIX_DOCKERD_ROOT:-/var/lib/helix-docker}
IMAGE_CACHE=$STATE_ROOT/images
if [[ $INSTANCE == helix ]]; then STATE=$STATE_ROOT; else STATE=$STATE_ROOT/instances/$INSTANCE; fi
BIN=$STATE/bin
LOGS=$STATE/logs
KEY_FILE=$STATE/api/admin.key
PROGRAMS=(helix-api hydra desktop-bridge helix helix-runtime)

API_CONTAINER=$INSTANCE-api
# Docker levels above this machine: 0 on a host, 2 in a session of another Helix.
DEPTH=${HELIX_DOCKER_DEPTH:-0}

if [[ ! $INSTANCE =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]]; then
  echo "stack: HELIX_INSTANCE must be lower-case letters, digits and dashes, not '$INSTANCE'" >&2
  exit 2
fi

# Standard output may be a step's log: people are talked to on 3 and 4.
exec 3>&1 4>&2
if [[ -t 3 ]]; then TTY=1; else TTY=; fi

say() { printf '%s\n' "$*" >&3; }
warn() { printf 'stack: %s\n' "$*" >&4; }

# fail WHAT NEXT…: ends ./stack, saying what is wrong and what to do about it.
fail() {
  trap - EXIT
  [[ -n $TTY && -n ${STEP:-} ]] && printf '\r\033[K' >&3
  printf 'stack: %s\n' "$1" >&4
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&4; done
  exit 1
}

STEP='' STEP_LOG=''

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# step TITLE COMMAND…: runs it with its output in a log file and says how long it took.
step() {
  STEP=$1
  shift
  mkdir -p "$LOGS"
  STEP_LOG=$LOGS/$(tr -cs 'a-z0-9' - <<<"${STEP,,}" | sed 's/^-//; s/-$//').log
  local began
  began=$(now_ms)
  if [[ -n $TTY ]]; then printf '  %-46s …' "$STEP" >&3; fi
  NOTE=''
  "$@" >"$STEP_LOG" 2>&1
  if [[ -n $TTY ]]; then printf '\r\033[K' >&3; fi
  printf '  %-46s %7s s%s\n' "$STEP" "$(seconds $(($(now_ms) - began)))" "${NOTE:+   $NOTE}" >&3
  STEP=''
}

on_exit() {
  local status=$?
  if [[ $status -ne 0 && -n $STEP ]]; then
    if [[ -n $TTY ]]; then printf '\r\033[K' >&3; fi
    printf 'stack: "%s" failed (status %d). The end of %s:\n' "$STEP" "$status" "$STEP_LOG" >&4
    tail -n 25 "$STEP_LOG" | sed 's/^/    /' >&4
  fi
  exit "$status"
}
trap on_exit EXIT

# wait_for SECONDS COMMAND…: true as soon as the command succeeds, false when the time is over.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# One ./stack at a time per instance changes things.
lock_instance() {
  mkdir -p "$STATE"
  exec 7>"$STATE/stack.lock"
  flock -w 5 7 || fail "another ./stack is at work on instance '$INSTANCE'" "Wait until it is done; it holds $STATE/stack.lock."
}

# remembered NAME DEFAULT / remember NAME VALUE: settings that a later start takes over.
remembered() { if [[ -s $STATE/settings/$1 ]]; then cat "$STATE/settings/$1"; else echo "$2"; fi; }
remember() {
  mkdir -p "$STATE/settings"
  printf '%s\n' "$2" >"$STATE/settings/$1.new"
  mv "$STATE/settings/$1.new" "$STATE/settings/$1"
}

version() { remembered version unknown; }
port() { remembered port 8080; }
metrics_port() { echo $(($(port) + 1010)); }
api_url() { echo "http://localhost:$(port)"; }

# Only start installs; the other commands say what is missing.
require_tools() {
  local tool
  for tool in docker jq curl ip; do
    command -v "$tool" >/dev/null || fail "$tool is not installed: Helix has not been started on this machine" "./stack start installs what it needs."
  done
}

# as_user COMMAND…: the person behind sudo, so that a checkout and a login stay theirs.
as_user() {
  if [[ $EUID -eq 0 && -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
    runuser -u "$SUDO_USER" -- env "HOME=$(getent passwd "$SUDO_USER" | cut -d: -f6)" "$@"
  else
    "$@"
  fi
}
