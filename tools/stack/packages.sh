# shellcheck shell=bash
# What must be on the machine before anything else: Debian packages, and a few kernel settings.

# missing_packages FILE…: the packages of those lists that are not installed.
missing_packages() {
  local name
  # shellcheck disable=SC2013 # words, not lines
  for name in $(cat "$@"); do
    # shellcheck disable=SC2016 # dpkg's own placeholder
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}

install_packages() {
  local missing
  command -v apt-get >/dev/null || fail "this machine has no apt-get" "Helix installs itself on Debian 12 or 13; install the packages of packages.txt by hand."
  mapfile -t missing < <(missing_packages "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then NOTE="nothing missing"; return; fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update
  if ! apt-get -qy --no-install-recommends -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install "${missing[@]}"; then
    tail -n 15 "$STEP_LOG" >&4
    fail "apt-get could not install: ${missing[*]}" "See $STEP_LOG; when apt works again, run ./stack $command again."
  fi
  NOTE="${#missing[@]} installed"
}

# Exposed ports lie in the kernel's ephemeral range: keep it from handing them out.
reserve_ports() {
  local reserved=/proc/sys/net/ipv4/ip_local_reserved_ports range=${HELIX_PORT_RANGE:-30000-40000} now
  if [[ ! $range =~ ^[0-9]+-[0-9]+$ ]]; then return; fi
  now=$(cat "$reserved" 2>/dev/null || true)
  if holds_ports "$now" "$range"; then return; fi
  # What is reserved already stays; the kernel joins what overlaps.
  if ! { echo "${now:+$now,}$range" >"$reserved"; } 2>/dev/null; then
    say "  note: $reserved cannot be written; exposed ports share $range with other programs' outgoing connections"
  fi
}

# holds_ports LIST RANGE: whether one item of LIST ("8080,30000-40000") holds all of RANGE.
holds_ports() {
  local item items
  IFS=, read -ra items <<<"$1"
  for item in "${items[@]}"; do
    if ((${item%-*} <= ${2%-*} && ${item#*-} >= ${2#*-})); then return 0; fi
  done
  return 1
}

# Every level shares one inotify limit.
tune_kernel() {
  local instances=/proc/sys/fs/inotify/max_user_instances now
  reserve_ports
  now=$(cat "$instances" 2>/dev/null || echo 8192)
  if ((now < 1024)) && ! { echo 1024 >"$instances"; } 2>/dev/null; then
    say "  note: fs.inotify.max_user_instances is $now and cannot be raised; it bounds the number of sessions"
  fi
}
