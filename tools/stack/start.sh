# shellcheck shell=bash
# ./stack start: from whatever is there to a running Helix.

parse_start_options() {
  demo=''
  while [[ $# -gt 0 ]]; do
    case $1 in
      --demo) demo=1; shift ;;
      --sandboxes)
        [[ ${2:-} =~ ^[1-9][0-9]?$ ]] || fail "--sandboxes takes a number from 1 to 99"
        remember sandboxes "$2"; shift 2 ;;
      --port)
        [[ ${2:-} =~ ^[0-9]{1,5}$ && $2 -ge 1 && $2 -le 64000 ]] || fail "--port takes a number from 1 to 64000"
        remember port "$2"; shift 2 ;;
      --tls) remember tls local; shift ;;
      --no-tls) remember tls off; shift ;;
      --tls-port)
        [[ ${2:-} =~ ^[0-9]{1,5}$ && $2 -ge 1 && $2 -le 65535 ]] || fail "--tls-port takes a number from 1 to 65535"
        remember tls-port "$2"; shift 2 ;;
      --tls-cert | --tls-key)
        [[ -r ${2:-} ]] || fail "$1 takes a file that can be read"
        remember tls own
        remember "${1#--}" "$(realpath -s "$2")"; shift 2 ;;
      *) fail "start does not know '$1'" "./stack help" ;;
    esac
  done
}

command_start() {
  local demo name names extra began
  began=$(now_ms)
  lock_instance
  parse_start_options "$@"

  step "packages" install_packages packages.txt
  tune_kernel
  step "dockerd" ensure_dockerd
  step "programs" compile
  step "publish" publish
  step "images" make_images
  step "programs into images" bake_images
  step "tls" ensure_tls
  step "helix-api" start_api
  mapfile -t names < <(sandbox_names "$(remembered sandboxes 1)")
  for name in "${names[@]}"; do
    step "sandbox $name" start_sandbox "$name"
    step "images into sandbox $name" fill_sandbox "$name"
  done
  for extra in $(docker ps --filter "label=helix.instance=$INSTANCE" --filter label=helix.sandbox --format '{{.Label "helix.sandbox"}}'); do
    if [[ " ${names[*]} " != *" $extra "* ]]; then step "stopping sandbox $extra" docker stop "$(sandbox_container "$extra")"; fi
  done
  step "sandboxes online" wait_online "${names[@]}"
  step "command line" install_cli
  if [[ $demo ]]; then
    run_demo
  fi
  for name in "${names[@]}"; do push_large_images "$name"; done

  say ""
  say "Helix $(version) is up after $(seconds $(($(now_ms) - began))) s."
  say "  URL       $(api_url)"
  say_tls
  say "  key       $(cat "$KEY_FILE")"
  say "  key file  $KEY_FILE"
  if [[ $demo ]]; then
    say "  demo      $DEMO_URL"
  else
    say "Next: helix session create --wait --name hello"
  fi
}

# `helix` for the person at this machine. Further instances leave the name and the login to the first.
install_cli() {
  [[ $INSTANCE == helix ]] || return 0
  if [[ -w /usr/local/bin || ! -e /usr/local/bin ]] && [[ ! -e /usr/local/bin/helix || -L /usr/local/bin/helix ]]; then
    mkdir -p /usr/local/bin
    ln -sfn "$BIN/helix" /usr/local/bin/helix.new
    mv -T /usr/local/bin/helix.new /usr/local/bin/helix
  else
    say "  note: add $BIN to your PATH for the helix command"
  fi
  login
}

# The person behind sudo cannot read the key's file: it goes through a pipe.
login() {
  as_user env -u HELIX_API_KEY "$BIN/helix" login --url "$(api_url)" < <(cat "$KEY_FILE")
}
