#!/usr/bin/env bash
# Brings build/default up to date. usage: build.sh run|bench|tests
#   run:   what `./scone` needs; leaves a stamp with which the next call sees that nothing changed
#   bench: that and what `bench/run` needs
#   tests: everything
# Progress goes to stderr.
set -euo pipefail
goal=$1
cd "$(dirname "$(readlink -f "$0")")/.."
build=build/default
stamp=$build/scone.stamp
mkdir -p "$build"

# One at a time: two calls must not build into the same folder.
exec 9>"$build/scone.lock"
if ! flock -n 9; then
  echo "scone: waiting for another build" >&2
  flock 9
fi

# Taken before the build: what changes during it is newer.
touch "$stamp.new"
case $goal in
  run)
    tools/install_packages.sh build
    [ -e "$build/build.ninja" ] || cmake --preset default -DBUILD_TESTING=OFF >&2
    cmake --build "$build" --target scone scone-enclave >&2
    ;;
  bench)
    tools/install_packages.sh build tests bench
    # Configured anew: the packages may have come only now.
    fresh=()
    [ -e "$build/build.ninja" ] || fresh=(-DBUILD_TESTING=OFF)
    cmake --preset default "${fresh[@]}" >/dev/null
    cmake --build "$build" --target scone scone-enclave bench-programs >&2
    ;;
  tests)
    tools/install_packages.sh build tests
    cmake --preset default -DBUILD_TESTING=ON >&2
    cmake --build "$build" >&2
    ;;
esac
mv "$stamp.new" "$stamp"
