# shellcheck shell=bash
# Finds the Debian mirror that this machine itself installs from, so that images come from the same place.

# debian_sources SUITE: prints apt sources for SUITE, one `deb` line each; fails where the host knows no Debian mirror.
debian_sources() {
  local suite=$1 main=${HELIX_DEBIAN_MIRROR:-} security=${HELIX_DEBIAN_SECURITY_MIRROR:-} host targets
  host=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016 # apt's own placeholders
  targets=$(apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' | sort -u)
  : "${main:=$(awk -v r="$host" '$1 == "main" && $2 == r { print $3; exit }' <<<"$targets")}"
  : "${security:=$(awk -v r="$host-security" '$1 == "main" && $2 == r { print $3; exit }' <<<"$targets")}"

  if [[ -z $main ]]; then
    echo "no Debian mirror in this machine's apt sources; name one with HELIX_DEBIAN_MIRROR=URL" >&2
    return 1
  fi
  echo "deb ${main%/} $suite main"
  echo "deb ${main%/} $suite-updates main"
  if [[ -n $security ]]; then echo "deb ${security%/} $suite-security main"; fi
}
