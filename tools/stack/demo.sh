# shellcheck shell=bash
# ./stack start --demo: the product's main job, done once and checked.

DEMO_PORT=8000
DEMO_WORDS='This page is served by a container in the own Docker of a Helix session.'
DEMO_URL=''

demo_cli() { HELIX_URL=$(api_url) HELIX_API_KEY=$(cat "$KEY_FILE") "$BIN/helix" "$@"; }

demo_session() {
  local state
  state=$(demo_cli session list -o json | jq -r '(.sessions // .)[] | select(.name == "demo") | .state')
  case $state in
    running) NOTE="running" ;;
    '') demo_cli session create --wait --name demo ;;
    *) demo_cli session start --wait demo ;;
  esac
}

# A web server in a container of the session's Docker; the image comes from the sandbox's registry.
demo_server() {
  demo_cli exec demo -- docker inspect demo-web >/dev/null 2>&1 && demo_cli exec demo -- docker rm -f demo-web
  demo_cli exec demo -- docker run -d --name demo-web --restart unless-stopped -p "$DEMO_PORT:80" helix/base:13 \
    sh -c "mkdir -p /www && echo '<!doctype html><title>Helix</title><h1>$DEMO_WORDS</h1>' >/www/index.html && exec busybox httpd -f -p 80 -h /www"
}

demo_expose() {
  DEMO_URL=$(demo_cli expose demo "$DEMO_PORT" -o json | jq -r '.urls[0]')
  [[ $DEMO_URL == http* ]] || fail "helix expose gave no URL" "See $STEP_LOG"
}

demo_answers() {
  # By host name Authorization belongs to the app. curl resolves *.localhost itself.
  curl -fsS -m 5 -H @<(printf 'X-Helix-Authorization: Bearer %s\n' "$(cat "$KEY_FILE")") "$DEMO_URL" | grep -qF "$DEMO_WORDS"
}

demo_check() { wait_for 20 demo_answers || fail "the demo's page does not answer at $DEMO_URL" "See $STEP_LOG and ./stack logs"; }

run_demo() {
  step "demo: session" demo_session
  step "demo: docker run in the session" demo_server
  step "demo: expose" demo_expose
  step "demo: the page answers" demo_check
}
