#!/bin/sh
# Installs the Debian packages that the given list files name. Runs inside the image being made, by a Dockerfile or by
# images/build.sh, which sets HELIX_KEEP_APT where it has mounted apt's directories from a cache of its own.
set -eu
export DEBIAN_FRONTEND=noninteractive

packages=$(sed 's/#.*//' "$@")
if [ -z "${HELIX_KEEP_APT:-}" ] || [ -z "$(find /var/lib/apt/lists -name '*_Packages*' -mmin -60 | head -n 1)" ]; then
  apt-get -q -o Acquire::Retries=3 update
fi
# shellcheck disable=SC2086 # a list of words
apt-get -qy --no-install-recommends -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install $packages

# What differs from build to build, and is written anew where it is needed.
rm -rf /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old
if [ -z "${HELIX_KEEP_APT:-}" ]; then
  apt-get clean
  rm -rf /var/lib/apt/lists/*
fi
