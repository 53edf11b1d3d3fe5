# shellcheck shell=bash
# ./stack status and ./stack logs: what runs, and what it says.

container_json() {
  local known
  known=$(docker container inspect "$1" 2>/dev/null) || known='[]'
  jq --arg name "$1" '.[0] // {State: {Status: "absent", StartedAt: null}}
    | {container: $name, state: .State.Status, started_at: .State.StartedAt}' <<<"$known"
}

# What the API says of a sandbox, next to what its container says.
sandbox_json() {
  local known
  known=$(api GET "/sandboxes/$1" 2>/dev/null || echo null)
  container_json "$(sandbox_container "$1")" | jq --arg name "$1" --argjson known "$known" \
    '{name: $name} + . + {online: ($known.state == "online"), version: $known.version, docker_version: $known.docker_version,
      sessions: $known.sessions, max_sessions: $known.max_sessions}'
}

status_json() {
  local name sandboxes=() ready=false program
  use_dockerd
  if api_ready 2>/dev/null; then ready=true; fi
  if docker_answers "$DOCKER_HOST"; then
    for name in $(docker ps -a --filter "label=helix.instance=$INSTANCE" --filter label=helix.sandbox --format '{{.Label "helix.sandbox"}}' | sort); do
      sandboxes+=("$(sandbox_json "$name")")
    done
  fi
  local versions=()
  for name in "${PROGRAMS[@]}"; do
    program=$(timeout 5 "$BIN/$name" --version 2>/dev/null | awk 'NR == 1 { print $NF }' || true)
    versions+=(--arg "$name" "${program:-}")
  done
  jq -n --arg url "$(api_url)" --arg key_file "$KEY_FILE" --arg instance "$INSTANCE" --arg host "$DOCKER_HOST" \
    --argjson private "$(if dockerd_is_private; then echo true; else echo false; fi)" \
    --arg server "$(timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null || true)" \
    --argjson api "$(container_json "$API_CONTAINER")" --argjson ready "$ready" --argjson metrics "$(metrics_port)" --arg version "$(version)" \
    --argjson sandboxes "$(printf '%s\n' "${sandboxes[@]}" | jq -s .)" \
    --argjson versions "$(jq -n "${versions[@]}" '$ARGS.named')" \
    '{url: $url, key_file: $key_file, instance: $instance,
      dockerd: {host: $host, private: $private, running: ($server != ""), version: $server},
      api: ($api + {ready: $ready, version: $version, metrics_port: $metrics}), sandboxes: $sandboxes, versions: $versions}'
}

command_status() {
  local json
  require_tools
  case "$*" in
    '' | '-o json') ;;
    *) fail "status does not know '$*'" "./stack help" ;;
  esac
  json=$(status_json)
  if [[ $* == '-o json' ]]; then printf '%s\n' "$json"; return; fi
  jq -r '
    "URL        \(.url)", "key file   \(.key_file)", "version    \(.api.version)",
    "dockerd    \(if .dockerd.running then "running" else "not running" end), \(.dockerd.host)",
    "helix-api  \(.api.state)\(if .api.ready then ", ready" else ", not ready" end)",
    (.sandboxes[] | "sandbox    \(.name): \(.state)\(if .online then ", online" else ", offline" end), \(.sessions // 0) of \(.max_sessions // "?") sessions")
  ' <<<"$json"
}

command_logs() {
  local what=api follow=() container
  require_tools
  for word in "$@"; do
    case $word in
      -f) follow=(-f) ;;
      api | sandbox | dockerd) what=$word ;;
      *) fail "logs does not know '$word'" "./stack logs [api|sandbox|dockerd] [-f]" ;;
    esac
  done
  use_dockerd
  case $what in
    api) docker logs --tail 500 "${follow[@]}" "$API_CONTAINER" ;;
    dockerd)
      dockerd_is_private || fail "dockerd is this machine's own ($DOCKER_HOST), its log is not kept by Helix" "journalctl -u docker"
      tail -n 500 "${follow[@]}" "$DOCKERD_ROOT/dockerd.log" ;;
    sandbox)
      # All sandboxes at once, each line with its name where there are several.
      for container in $(instance_containers -a | grep -F -- "$INSTANCE-sandbox-"); do
        docker logs --tail 500 "${follow[@]}" "$container" 2>&1 | sed -u "s/^/${container#"$INSTANCE-sandbox-"} /" &
      done
      wait ;;
  esac
}
