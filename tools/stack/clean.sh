# shellcheck shell=bash
# ./stack clean: the only command that deletes, and it asks first.

command_clean() {
  local yes='' answer containers volumes
  require_tools
  case ${1:-} in
    --yes) yes=1 ;;
    '') ;;
    *) fail "clean does not know '$1'" "./stack help" ;;
  esac
  lock_instance
  use_dockerd
  # A private dockerd must run for its volumes to go.
  if dockerd_is_private && [[ -d $DOCKERD_ROOT/data ]] && ! docker_answers "$DOCKER_HOST"; then step "dockerd" ensure_dockerd; fi
  containers=() volumes=()
  if docker_answers "$DOCKER_HOST"; then
    mapfile -t containers < <(instance_containers -a)
    mapfile -t volumes < <(docker volume ls -q | grep -E "^$INSTANCE-sandbox-[a-z0-9-]+-(docker|data)\$" || true)
  fi

  say "This deletes instance '$INSTANCE' for good:"
  say "  containers  ${containers[*]:-none}"
  say "  volumes     ${volumes[*]:-none}   (every session's files and Docker data)"
  say "  state       $STATE   (users, keys, exposures; the image cache in $IMAGE_CACHE stays)"
  if [[ ! $yes ]]; then
    [[ -t 0 ]] || fail "clean asks before it deletes, and there is nobody to ask" "./stack clean --yes"
    read -rp "Type the instance's name to go on: " answer
    [[ $answer == "$INSTANCE" ]] || fail "nothing was deleted"
  fi

  if [[ ${#containers[@]} -gt 0 ]]; then step "containers" docker rm -f -v "${containers[@]}"; fi
  if [[ ${#volumes[@]} -gt 0 ]]; then step "volumes" docker volume rm "${volumes[@]}"; fi
  if dockerd_is_private; then step "dockerd" stop_private_dockerd; fi
  if [[ -L /usr/local/bin/helix && $(readlink /usr/local/bin/helix) == "$BIN/helix" ]]; then rm /usr/local/bin/helix; fi
  find "$STATE" -mindepth 1 -maxdepth 1 ! -path "$IMAGE_CACHE" ! -path "$STATE_ROOT/instances" ! -name stack.lock -exec rm -rf {} +
  if [[ $STATE != "$STATE_ROOT" ]]; then rm -rf "$STATE"; fi
  say "Deleted."
}
