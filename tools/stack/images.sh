# shellcheck shell=bash
# The images: made once per state of their inputs, with the programs as a thin last layer.

declare -A LAYERS=()

# read_layers: LAYERS[image] = tag of the image without programs.
read_layers() {
  local image key
  while read -r image key; do LAYERS[$image]=helix-layers/$image:$key; done < <(images/build.sh --keys)
}

make_images() {
  images/build.sh --cache "$IMAGE_CACHE"
  read_layers
}

# bake DOCKER… -- TAG LAYERS PROGRAM…: gives TAG the programs as its last layer, unless it has them. DOCKER is `docker`, or the
# words that run docker in a sandbox with an open standard input.
bake() {
  local docker=() tag layers builder digest
  while [[ $1 != -- ]]; do docker+=("$1"); shift; done
  tag=$2 layers=$3
  shift 3
  digest=$(digest_of "$@")
  if [[ $("${docker[@]}" image inspect -f '{{index .Config.Labels "helix.layers"}} {{index .Config.Labels "helix.programs"}}' \
    "$tag" </dev/null 2>/dev/null) == "${layers#*:} $digest" ]]; then
    return
  fi

  builder=$("${docker[@]}" create "$layers" </dev/null)
  tar -c -C "$BIN" --owner=0 --group=0 --transform 's,^,opt/helix/bin/,' "$@" | "${docker[@]}" cp - "$builder:/"
  "${docker[@]}" commit --change "LABEL helix.programs=$digest" --change "LABEL org.opencontainers.image.version=$(version)" \
    "$builder" "$tag" </dev/null >/dev/null
  "${docker[@]}" rm -v "$builder" </dev/null >/dev/null
  echo "$tag has programs $digest"
}

# bake_into DOCKER…: the images that a level starts containers of.
bake_into() {
  bake "$@" -- helix-sandbox:latest "${LAYERS[sandbox]}" hydra desktop-bridge helix helix-runtime
  bake "$@" -- helix-headless:latest "${LAYERS[headless]}" desktop-bridge helix helix-runtime
  "$@" tag "${LAYERS[base]}" helix/base:13 </dev/null
}

bake_images() {
  bake_into docker
  bake docker -- helix-api:latest "${LAYERS[api]}" helix-api
}
