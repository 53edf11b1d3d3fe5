#!/bin/bash
# Makes Helix's images from Debian packages, without a registry: the base by mmdebstrap, each other one as a layer on its
# parent. What the images hold is written in deploy/images/*/Dockerfile and images/*/{packages,rootfs}; this script reads
# the same files. Finished images are cached as tar files named after a hash of all that went into them.
#
# usage: images/build.sh [--cache DIR] [--keys] IMAGE…      (base engine sandbox headless api web frameworks; parents are made as needed)
#   --keys   only print `IMAGE KEY` lines
# DOCKER_HOST says which dockerd to work with. Results are tagged helix-layers/IMAGE:KEY.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
# shellcheck source=images/mirror.sh
. images/mirror.sh

readonly SUITE=trixie
# Counts up when this script makes something else of the same files.
readonly REVISION=3
readonly TAG_PREFIX=helix-layers
cache=${HELIX_STATE:-/var/lib/helix}/images

declare -A keys=()

say() { printf '%s\n' "$*" >&2; }

parent_of() {
  case $1 in
    base) ;;
    engine | api | web | frameworks) echo base ;;
    sandbox | headless) echo engine ;;
    *) say "unknown image $1"; return 1 ;;
  esac
}

# tree_digest DIR: names, modes, link targets and contents, and nothing else.
tree_digest() {
  [[ -d $1 ]] || return 0
  (
    cd "$1"
    find . -printf '%P %M %l\n' | LC_ALL=C sort
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
  )
}

# set_key IMAGE: fills keys[IMAGE] and those of its parents.
set_key() {
  local image=$1 parent
  [[ -z ${keys[$image]:-} ]] || return 0
  parent=$(parent_of "$image")
  if [[ -n $parent ]]; then set_key "$parent"; fi
  keys[$image]=$({
    echo "$REVISION $SUITE ${parent:+${keys[$parent]}}"
    if [[ $image == base ]]; then debian_sources "$SUITE"; fi
    cat "images/$image/packages" images/install-packages.sh "deploy/images/$image/Dockerfile"
    tree_digest "images/$image/rootfs"
  } | sha256sum | cut -c1-12)
}

tag_of() { echo "$TAG_PREFIX/$1:${keys[$1]}"; }

have() { docker image inspect "$(tag_of "$1")" >/dev/null 2>&1; }

# config_changes IMAGE: fills `changes` with the Dockerfile's lines that set image configuration, as --change options.
config_changes() {
  local line
  changes=(--change "LABEL helix.layers=${keys[$1]}")
  while read -r line; do changes+=(--change "$line"); done \
    < <(grep -E '^(CMD|ENTRYPOINT|ENV|EXPOSE|LABEL|USER|VOLUME|WORKDIR) ' "deploy/images/$1/Dockerfile")
}

# mmdebstrap tells apt to write to a descriptor by number, in a shell that knows numbers of one digit only: leave it those
# that callers (./stack, its tests) hold open.
close_descriptors() {
  local path fd
  for path in /proc/"$BASHPID"/fd/*; do
    fd=${path##*/}
    if ((fd > 2 && fd < 200)); then eval "exec $fd>&-"; fi # bash keeps the script itself at 255
  done
}

make_base() {
  local tar=$cache/base-${keys[base]}.tar sources changes=()
  if [[ ! -s $tar ]]; then
    sources=$(mktemp -d)
    debian_sources "$SUITE" >"$sources/helix.list"
    # Newer files get this time, so that equal inputs give equal bytes. Chosen.
    export SOURCE_DATE_EPOCH=1735689600
    # shellcheck disable=SC2016 # mmdebstrap's shell expands "$1", the new root
    (close_descriptors; exec mmdebstrap --quiet --variant=minbase --components=main \
      --dpkgopt=images/base/rootfs/etc/dpkg/dpkg.cfg.d/helix --aptopt=images/base/rootfs/etc/apt/apt.conf.d/helix \
      --aptopt='Acquire::Retries "3"' \
      --include="$(sed 's/#.*//' images/base/packages | xargs | tr ' ' ,)" \
      --customize-hook='cp -a images/base/rootfs/. "$1"' \
      --customize-hook='cd "$1/etc" && rm -f hostname resolv.conf apt/apt.conf.d/99mmdebstrap dpkg/dpkg.cfg.d/99mmdebstrap' \
      "$SUITE" "$cache/base.part.tar" "$sources/helix.list")
    rm -r "$sources"
    mv "$cache/base.part.tar" "$tar"
  fi
  config_changes base
  docker import "${changes[@]}" "$tar" "$(tag_of base)" >/dev/null
}

# make_layer IMAGE: installs the image's packages in a container of its parent, copies its rootfs over, and commits.
make_layer() {
  local image=$1 parent builder changes=() mounts=()
  parent=$(parent_of "$image")
  # Indexes and packages are downloaded once for all images, and kept out of them.
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  mounts=(-v "$cache/apt/lists:/var/lib/apt/lists" -v "$cache/apt/archives:/var/cache/apt/archives"
    -v "$PWD/images/install-packages.sh:/tmp/helix-build/install-packages.sh:ro"
    -v "$PWD/images/$image/packages:/tmp/helix-build/packages:ro")
  if [[ -s /etc/ssl/certs/ca-certificates.crt ]]; then # a mirror behind https may need the host's own CA
    mounts+=(-v /etc/ssl/certs/ca-certificates.crt:/tmp/helix-build/ca.crt:ro)
  fi

  builder=$(docker run -d --network host "${mounts[@]}" "$(tag_of "$parent")" sleep 3600)
  # shellcheck disable=SC2064 # this container, now
  trap "docker rm -fv $builder >/dev/null 2>&1" EXIT
  docker exec -e HELIX_KEEP_APT=1 -e APT_CONFIG=/tmp/apt.conf "${proxy_env[@]}" "$builder" sh -c '
    printf "%s\n" "Acquire::https::CAInfo \"/tmp/helix-build/ca.crt\";" >/tmp/apt.conf
    [ -s /tmp/helix-build/ca.crt ] || : >/tmp/apt.conf
    /tmp/helix-build/install-packages.sh /tmp/helix-build/packages && rm -rf /tmp/apt.conf' \
    >"$cache/$image.log" 2>&1 || { tail -n 20 "$cache/$image.log" >&2; return 1; }
  if [[ -d images/$image/rootfs ]]; then docker cp -q "images/$image/rootfs/." "$builder:/" 2>/dev/null ||
    docker cp "images/$image/rootfs/." "$builder:/" >/dev/null; fi
  docker kill "$builder" >/dev/null
  config_changes "$image"
  docker commit "${changes[@]}" "$builder" "$(tag_of "$image")" >/dev/null
  docker rm -fv "$builder" >/dev/null
  trap - EXIT
}

ensure() {
  local image=$1 parent began=$SECONDS
  parent=$(parent_of "$image")
  if [[ -n $parent ]]; then ensure "$parent"; fi
  if have "$image"; then return; fi
  if [[ $image == base ]]; then make_base; else make_layer "$image"; fi
  made+=("$image")
  say "    image $image made in $((SECONDS - began)) s"
}

# One tar holds all images of one state of the tree: shared layers are in it once.
bundle_path() {
  local image all=
  for image in base engine sandbox headless api; do all+=" ${keys[$image]}"; done
  echo "$cache/images-$(sha256sum <<<"$all" | cut -c1-12).tar"
}

only_keys=
while [[ ${1:-} == --* ]]; do
  case $1 in
    --cache) cache=$2; shift 2 ;;
    --keys) only_keys=1; shift ;;
    *) say "unknown option $1"; exit 2 ;;
  esac
done
all=(base engine sandbox headless api)
[[ $# -gt 0 ]] || set -- "${all[@]}"

for image in "${all[@]}" "$@"; do set_key "$image"; done
if [[ $only_keys ]]; then
  for image in "$@"; do echo "$image ${keys[$image]}"; done
  exit
fi

mkdir -p "$cache"
exec 8>"$cache/lock"
flock -w 1200 8 || { say "another image build holds $cache/lock"; exit 1; }

proxy_env=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  if [[ -n ${!name:-} ]]; then proxy_env+=(-e "$name"); fi
done

bundle=$(bundle_path)
made=()
if ! have "$1" && [[ -s $bundle ]]; then docker load -q -i "$bundle" >/dev/null || rm -f "$bundle"; fi
for image in "$@"; do ensure "$image"; done

if [[ ! -s $bundle ]]; then
  complete=1 tags=()
  for image in "${all[@]}"; do
    tags+=("$(tag_of "$image")")
    have "$image" || complete=
  done
  if [[ $complete ]]; then
    docker save -o "$bundle.part" "${tags[@]}" && mv "$bundle.part" "$bundle"
    # The one before stays, for the way back to the last commit.
    find "$cache" -maxdepth 1 -name 'images-*.tar' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d' ' -f2- | xargs -r rm
    find "$cache" -maxdepth 1 -name 'base-*.tar' ! -name "base-${keys[base]}.tar" -delete
  fi
fi
for image in "$@"; do echo "$image $(tag_of "$image")"; done
