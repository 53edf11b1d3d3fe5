# shellcheck shell=bash
# Compiles the programs and puts them where containers see them.

node_is_new_enough() {
  local have
  have=$(node --version 2>/dev/null | tr -d v || true)
  [[ -n $have ]] && command -v npm >/dev/null && dpkg --compare-versions "$have" ge 20.19
}

# Node.js for the web UI: the machine's own where it is new enough, else Debian 13's, in a container.
prepare_node() {
  if node_is_new_enough; then return; fi
  images/build.sh --cache "$IMAGE_CACHE" web
  HELIX_NODE_IMAGE=$(images/build.sh --keys web | sed 's/^\([a-z]*\) /helix-layers\/\1:/')
  export HELIX_NODE_IMAGE
  PATH=$REPO/tools/stack/node:$PATH
  say "  note: Node.js 20.19 or newer is not on this machine; the web UI is built with Debian 13's, in a container"
}

compile() {
  prepare_node
  if [[ ! -f build/release/build.ninja ]]; then as_user cmake --preset release; fi
  as_user nice -n 5 cmake --build --preset release --target "${PROGRAMS[@]}" ||
    fail "the build failed" "The compiler's words: $STEP_LOG"
}

built_program() {
  local found
  found=build/release/bin/$1
  [[ -x $found ]] || fail "the build made no program $1" "See $STEP_LOG."
  echo "$found"
}

# Each program is replaced by a rename, so that whoever starts it gets the old or the new one, whole. Unchanged ones stay.
publish() {
  local name
  mkdir -p "$BIN"
  for name in "${PROGRAMS[@]}"; do
    strip --strip-debug -o "$BIN/.$name.new" "$(built_program "$name")"
    chmod 755 "$BIN/.$name.new"
    if cmp -s "$BIN/.$name.new" "$BIN/$name"; then
      rm "$BIN/.$name.new"
    else
      mv "$BIN/.$name.new" "$BIN/$name"
      echo "published $name"
    fi
  done
  remember version "$("$BIN/helix" --version | awk 'NR == 1 { print $NF }')"
}

# digest_of PROGRAM…: one word for the state of those published programs.
digest_of() { (cd "$BIN" && sha256sum "$@") | sha256sum | cut -c1-16; }

command_build() {
  step "packages" install_packages packages.txt
  if ! node_is_new_enough; then step "dockerd" ensure_dockerd; fi
  step "build" compile
  say "The programs are in build/release/bin."
}
