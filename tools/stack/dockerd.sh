# shellcheck shell=bash
# The dockerd that runs Helix: the machine's own where one answers, else a private one, started and stopped here.

PRIVATE_SOCKET=unix://$DOCKERD_ROOT/docker.sock
BRIDGE=helix0
BRIDGE_NET=10.$((212 + DEPTH)).0

docker_answers() { DOCKER_HOST=$1 timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# use_dockerd: sets DOCKER_HOST to the dockerd of this instance. An instance stays with the one it began on.
use_dockerd() {
  local host
  host=$(remembered docker-host '')
  if [[ -z $host ]]; then
    host=${DOCKER_HOST:-unix:///var/run/docker.sock}
    docker_answers "$host" || host=$PRIVATE_SOCKET
  fi
  export DOCKER_HOST=$host
}

dockerd_is_private() { [[ $DOCKER_HOST == "$PRIVATE_SOCKET" ]]; }

host_mtu() {
  local device
  device=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  cat "/sys/class/net/${device:-lo}/mtu"
}

make_bridge() {
  local mtu
  mtu=$(host_mtu)
  if ((mtu > 9000)); then mtu=1500; fi
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    if [[ -n $(ip -4 route show root "$BRIDGE_NET.0/16") ]]; then
      fail "this machine already routes $BRIDGE_NET.0/16, which Helix needs" "$(ip -4 route show root "$BRIDGE_NET.0/16")"
    fi
    # A MAC of its own, or the bridge takes a port's and changes it when that port goes.
    ip link add "$BRIDGE" address "$(printf '02:42:0a:%02x:00:01' $((212 + DEPTH)))" type bridge
  fi
  ip addr replace "$BRIDGE_NET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" mtu "$mtu" up
}

start_private_dockerd() {
  mkdir -p "$DOCKERD_ROOT"
  exec 6>"$DOCKERD_ROOT/lock"
  flock -w 60 6 || fail "another ./stack is starting the private dockerd" "It holds $DOCKERD_ROOT/lock."
  if docker_answers "$PRIVATE_SOCKET"; then NOTE="running"; exec 6>&-; return; fi

  make_bridge
  rm -f "$DOCKERD_ROOT/docker.pid"
  # Without our descriptors: a lock or a pipe must not live as long as the daemon.
  setsid dockerd --data-root "$DOCKERD_ROOT/data" --exec-root "$DOCKERD_ROOT/exec" --pidfile "$DOCKERD_ROOT/docker.pid" \
    --host "$PRIVATE_SOCKET" --bridge "$BRIDGE" --default-address-pool "base=$BRIDGE_NET.0/16,size=24" --mtu "$(cat /sys/class/net/$BRIDGE/mtu)" \
    --storage-driver overlay2 --live-restore >>"$DOCKERD_ROOT/dockerd.log" 2>&1 </dev/null 3>&- 4>&- 6>&- 7>&- 8>&- 9>&- &
  if ! wait_for 60 docker_answers "$PRIVATE_SOCKET"; then
    tail -n 15 "$DOCKERD_ROOT/dockerd.log" >&4
    fail "the private dockerd did not come up within 60 s" "The lines above are the end of $DOCKERD_ROOT/dockerd.log."
  fi
  exec 6>&-
  NOTE="started"
}

ensure_dockerd() {
  use_dockerd
  if dockerd_is_private; then
    start_private_dockerd
  elif ! docker_answers "$DOCKER_HOST"; then
    fail "the dockerd at $DOCKER_HOST, on which this instance began, does not answer" "Start it, or give Helix another with ./stack clean and ./stack start."
  else
    NOTE="the machine's own, $DOCKER_HOST"
  fi
  remember docker-host "$DOCKER_HOST"
}

# Only when nothing runs on it any more: another instance may share it.
stop_private_dockerd() {
  local pid
  dockerd_is_private || return 0
  docker_answers "$DOCKER_HOST" || return 0
  if [[ -n $(docker ps -q) ]]; then NOTE="kept: other containers run on it"; return; fi
  pid=$(cat "$DOCKERD_ROOT/docker.pid")
  kill "$pid"
  # shellcheck disable=SC2016 # the inner shell's $0
  wait_for 30 bash -c '! kill -0 $0 2>/dev/null' "$pid" || warn "dockerd (pid $pid) is still stopping"
}

# The address by which containers of the default network reach this machine.
gateway() {
  local address device
  address=$(docker network inspect bridge --format '{{range .IPAM.Config}}{{.Gateway}} {{end}}' | tr ' ' '\n' | grep -m 1 '\.' || true)
  if [[ -z $address ]]; then
    device=$(docker network inspect bridge --format '{{index .Options "com.docker.network.bridge.name"}}')
    address=$(ip -4 -o addr show dev "${device:-docker0}" | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | head -n 1)
  fi
  [[ -n $address ]] || fail "dockerd at $DOCKER_HOST has no default bridge network" "Start it without --bridge none."
  echo "$address"
}
