# shellcheck shell=bash
# The helix-api container.

# Everybody who may enrol a sandbox holds this; made once.
ensure_runner_token() {
  mkdir -p "$STATE"
  if [[ -s $STATE/runner.token ]]; then return; fi
  (umask 077 && od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$STATE/runner.token.new")
  mv "$STATE/runner.token.new" "$STATE/runner.token"
}

running() { [[ $(docker container inspect -f '{{.State.Running}}' "$1" 2>/dev/null) == true ]]; }
exists() { docker container inspect "$1" >/dev/null 2>&1; }
spec_of() { docker container inspect -f '{{index .Config.Labels "helix.spec"}}' "$1" 2>/dev/null || true; }

# proxy_env: fills `proxies` with docker options for the proxy settings of this shell.
proxy_env() {
  local name
  proxies=()
  for name in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    if [[ -n ${!name:-} ]]; then proxies+=(-e "$name=${!name}"); fi
  done
}

# api_options: fills `options` with all that `docker run` is told.
api_options() {
  options=(
    --name "$API_CONTAINER" --network host --restart unless-stopped --label "helix.instance=$INSTANCE"
    -v "$BIN:/opt/helix/bin:ro" -v "$STATE/api:/data" -v "$STATE/runner.token:/run/helix/runner.token:ro"
    -e "HELIX_LISTEN=0.0.0.0:$(port)" -e "HELIX_METRICS_LISTEN=127.0.0.1:$(metrics_port)" -e RUNNER_TOKEN_FILE=/run/helix/runner.token
  )
  local name
  options+=(-e "DEV_SUBDOMAIN=$(dev_subdomain)")
  if [[ $(tls_mode) != off ]]; then
    options+=(
      -v "$TLS_PAIR:/run/helix/tls:ro" -e "HELIX_TLS_LISTEN=0.0.0.0:$(tls_port)"
      -e HELIX_TLS_CERT=/run/helix/tls/tls.crt -e HELIX_TLS_KEY=/run/helix/tls/tls.key
    )
  fi
  for name in HELIX_PUBLIC_URL HELIX_PORT_RANGE HELIX_REDIRECT_LISTEN HELIX_TRUSTED_PROXIES HELIX_SESSIONS_PER_OWNER HELIX_LOG_LEVEL HELIX_LOG_FORMAT; do
    if [[ -n ${!name:-} ]]; then options+=(-e "$name=${!name}"); fi
  done
}

api_ready() { curl -fsS -m 5 -o /dev/null "$(api_url)/ready"; }

# Made anew when its options or its image's packages changed, started again when only the program did.
start_api() {
  local options spec digest
  ensure_runner_token
  mkdir -p "$STATE/api"
  api_options
  spec=$(sha256sum <<<"${options[*]} ${LAYERS[api]}" | cut -c1-16)
  digest=$(digest_of helix-api)

  if [[ $(spec_of "$API_CONTAINER") != "$spec" ]]; then
    if exists "$API_CONTAINER"; then docker stop -t 30 "$API_CONTAINER" && docker rm "$API_CONTAINER"; fi
    port_is_free
    docker run -d --label "helix.spec=$spec" "${options[@]}" helix-api:latest
    NOTE="made"
  elif ! running "$API_CONTAINER"; then
    port_is_free
    docker start "$API_CONTAINER"
    NOTE="started"
  elif [[ $(remembered api-program '') != "$digest" ]]; then
    docker restart -t 30 "$API_CONTAINER"
    NOTE="new program"
  else
    NOTE="running"
  fi

  if ! wait_for 30 api_ready; then
    docker logs --tail 15 "$API_CONTAINER" >&4 2>&1
    fail "helix-api is not ready after 30 s: $(curl -sS -m 5 "$(api_url)/ready" 2>&1 | head -c 300)" "The lines above are the end of its log: ./stack logs api"
  fi
  remember api-program "$digest"
}

port_is_free() {
  local user
  user=$(ss -Hltnp "sport = :$(port)" | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p' | head -n 1)
  [[ -z $user ]] || fail "port $(port) is taken by $user" "Give Helix another one: ./stack start --port PORT"
}

# api METHOD PATH: an answer of the control plane, with the admin's key kept off the command line.
api() {
  curl -fsS -m 20 -X "$1" -H @<(printf 'Authorization: Bearer %s\n' "$(cat "$KEY_FILE")") "$(api_url)/api/v1$2"
}
