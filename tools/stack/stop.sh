# shellcheck shell=bash
# ./stack stop: sandboxes first, so that sessions end in order, then the API, then the dockerd that start brought up.

instance_containers() { docker ps "$@" --filter "label=helix.instance=$INSTANCE" --format '{{.Names}}'; }

stop_sandboxes() {
  local names
  mapfile -t names < <(instance_containers | grep -F -- "$INSTANCE-sandbox-" || true)
  if [[ ${#names[@]} -gt 0 ]]; then docker stop -t 90 "${names[@]}"; fi
  NOTE="${#names[@]} stopped"
}

stop_api() { if running "$API_CONTAINER"; then docker stop -t 30 "$API_CONTAINER"; fi; }

command_stop() {
  require_tools
  lock_instance
  use_dockerd
  if ! docker_answers "$DOCKER_HOST"; then
    say "Nothing runs: no dockerd answers at $DOCKER_HOST."
    return
  fi
  step "sandboxes" stop_sandboxes
  step "helix-api" stop_api
  if dockerd_is_private; then step "dockerd" stop_private_dockerd; fi
  say "Stopped. Sessions, images and keys are kept; ./stack start brings them back."
}
