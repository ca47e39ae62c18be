#!/usr/bin/env bash
# Installs the Debian packages of some sections of packages.txt, only those that are missing.
# usage: install_packages.sh SECTION…
#
# Says what it does before it does it. No service is started: a policy-rc.d forbids it meanwhile.
set -euo pipefail
list=$(dirname "$(readlink -f "$0")")/packages.txt
policy=/usr/sbin/policy-rc.d

say() { echo "scone: $*" >&2; }

wanted=()
for section in "$@"; do
  mapfile -t -O "${#wanted[@]}" wanted < <(sed -n "s/^$section //p" "$list")
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  if [ "${SCONE_PACKAGES:-}" = skip ]; then exit 0; fi
  say "this is not a Debian system, so packages cannot be installed for you."
  say "Needed are what Debian 12 calls: ${wanted[*]}"
  say "With these in place, set SCONE_PACKAGES=skip."
  exit 1
fi

# dpkg-query fails for a package it has never heard of; that one is missing, too.
installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^ii *//p' || true)
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) <(sort -u <<<"$installed"))
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  say "Debian packages are missing, and only root can install them:"
  say "  apt-get install --no-install-recommends ${missing[*]}"
  exit 1
fi

say "installing these Debian packages: ${missing[*]}"
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update >&2
apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" >&2
