# shellcheck shell=bash
# The sandbox containers: each runs hydra, which runs a dockerd, which runs sessions.

SANDBOX_BRIDGE=10.$((213 + DEPTH)).0.1

# sandbox_names N: local local-2 … local-N
sandbox_names() {
  local i
  echo local
  for ((i = 2; i <= $1; i++)); do echo "local-$i"; done
}

sandbox_container() { echo "$INSTANCE-sandbox-$1"; }

# Company certificates of this machine travel into sandboxes and sessions.
collect_certificates() {
  local file
  mkdir -p "$STATE/ca"
  for file in "${HELIX_CA_CERTS:-}" /usr/local/share/ca-certificates/*.crt; do
    if [[ -s $file ]]; then cat "$file"; echo; fi
  done >"$STATE/ca/extra.crt.new"
  mv "$STATE/ca/extra.crt.new" "$STATE/ca/extra.crt"
}

# sandbox_options NAME: fills `options` with all that `docker run` is told.
sandbox_options() {
  local container proxies host
  host=$(gateway)
  container=$(sandbox_container "$1")
  options=(
    --name "$container" --hostname "$container" --restart unless-stopped --label "helix.instance=$INSTANCE" --label "helix.sandbox=$1"
    --stop-timeout 90 --cap-add SYS_ADMIN --cap-add NET_ADMIN --device-cgroup-rule 'a *:* rwm'
    --security-opt "seccomp=$REPO/deploy/seccomp/helix.json" --security-opt apparmor=unconfined
    -v "$container-docker:/var/lib/docker" -v "$container-data:/data" -v "$BIN:/opt/helix/bin:ro"
    -v "$STATE/runner.token:/run/helix/runner.token:ro" -v "$STATE/ca:/etc/helix/ca:ro"
    -e "HELIX_API_URL=http://$host:$(port)" -e RUNNER_TOKEN_FILE=/run/helix/runner.token
    -e "SANDBOX_INSTANCE_ID=$1" -e "HELIX_DOCKER_DEPTH=$((DEPTH + 1))"
  )
  if [[ -s $STATE/ca/extra.crt ]]; then options+=(-e HELIX_CA_CERTS=/etc/helix/ca/extra.crt); fi
  if [[ -n ${MAX_SANDBOXES:-} ]]; then options+=(-e "MAX_SANDBOXES=$MAX_SANDBOXES"); fi
  proxy_env
  options+=("${proxies[@]}")
}

# Session containers live in the sandbox: a running one is never made anew, it is told to replace its programs.
start_sandbox() {
  local name=$1 container options spec digest
  container=$(sandbox_container "$name")
  collect_certificates
  sandbox_options "$name"
  spec=$(sha256sum <<<"${options[*]} ${LAYERS[sandbox]}" | cut -c1-16)
  digest=$(digest_of hydra desktop-bridge helix helix-runtime)

  if running "$container"; then
    if [[ $(spec_of "$container") != "$spec" ]]; then
      say "  note: sandbox $name keeps its settings and packages while it runs; ./stack stop && ./stack start gives it the new ones"
    fi
    if [[ $(remembered "programs-$name" '') != "$digest" ]]; then
      docker exec "$container" sv hup hydra
      NOTE="new programs"
    else
      NOTE="running"
    fi
  else
    if exists "$container" && [[ $(spec_of "$container") != "$spec" ]]; then docker rm "$container"; fi
    if exists "$container"; then
      docker start "$container"
    else
      docker run -d --label "helix.spec=$spec" "${options[@]}" helix-sandbox:latest
    fi
    NOTE="started"
  fi
  remember "programs-$name" "$digest"

  if ! wait_for 120 sandbox_dockerd_answers "$name"; then
    docker logs --tail 20 "$container" >&4 2>&1
    fail "the dockerd of sandbox $name did not come up within 120 s" "The lines above are the end of its log: ./stack logs sandbox"
  fi
}

sandbox_dockerd_answers() {
  timeout 10 docker exec "$(sandbox_container "$1")" docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# fill_sandbox NAME: the images that sessions are made of, and those that they pull, sent only where they are missing.
fill_sandbox() {
  local name=$1 container image missing=() wanted=(base sandbox headless)
  container=$(sandbox_container "$name")
  for image in "${wanted[@]}"; do
    same_image "$container" "${LAYERS[$image]}" || missing+=("${LAYERS[$image]}")
  done
  if [[ ${#missing[@]} -gt 0 ]]; then
    docker save "${missing[@]}" | timeout 600 docker exec -i "$container" docker load
    # A broken pipe between two dockers has been seen to end in half an image: believe ids, not exit statuses.
    for image in "${missing[@]}"; do
      same_image "$container" "$image" || fail "image $image did not arrive whole in sandbox $name" "Run ./stack start again."
    done
    NOTE="${#missing[@]} images sent"
  fi
  bake_into docker exec -i "$container" docker
  push_image "$container" helix/base:13 helix/base:13
}

same_image() {
  local there
  there=$(docker exec "$1" docker image inspect -f '{{.Id}}' "$2" 2>/dev/null || true)
  [[ -n $there && $there == "$(docker image inspect -f '{{.Id}}' "$2")" ]]
}

# push_image CONTAINER IMAGE NAME: into the sandbox's registry, from which its sessions pull it as NAME.
push_image() {
  local container=$1 image=$2 target=$SANDBOX_BRIDGE:5000/$3 there
  there=$(docker exec "$container" curl -fsI -m 10 -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://$SANDBOX_BRIDGE:5000/v2/${3%:*}/manifests/${3##*:}" 2>/dev/null | tr -d '\r' | sed -n 's/^docker-content-digest: //Ip' || true)
  if [[ -n $there ]] && docker exec "$container" docker image inspect -f '{{.RepoDigests}}' "$image" | grep -qF "$there"; then return; fi
  docker exec "$container" docker tag "$image" "$target"
  docker exec "$container" timeout 300 docker push -q "$target" ||
    fail "the sandbox's registry at $SANDBOX_BRIDGE:5000 does not take $3" "See ./stack logs sandbox"
}

# The large images are compressed for the registry, which takes a while: nobody waits for it. Names without a slash are
# `library/…` to a dockerd that asks its mirror.
push_large_images() {
  local container
  container=$(sandbox_container "$1")
  # shellcheck disable=SC2016 # expanded in the sandbox
  docker exec -d -e "REGISTRY=$SANDBOX_BRIDGE:5000" "$container" flock -n /run/push.lock sh -c '
    for image in helix-sandbox helix-headless; do
      docker tag $image:latest $REGISTRY/library/$image:latest && nice -n 10 docker push -q $REGISTRY/library/$image:latest
      docker rmi $REGISTRY/library/$image:latest
    done'
}

sandbox_is_online() {
  api GET "/sandboxes/$1" | jq -e '.state == "online" and (.images | any(startswith("helix-headless")))' >/dev/null
}

wait_online() {
  local name
  for name in "$@"; do
    wait_for 90 sandbox_is_online "$name" ||
      fail "sandbox $name does not report itself online with its images" \
        "What the API knows: $(api GET "/sandboxes/$name" 2>&1 | head -c 400)" "Its log: ./stack logs sandbox"
  done
}
