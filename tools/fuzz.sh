#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 60). usage: fuzz.sh [SECONDS]
set -euo pipefail
seconds=${1:-60}
cd "$(dirname "$(readlink -f "$0")")/.."
tools/install_packages.sh build tests
cmake --preset default -DBUILD_TESTING=ON
cmake --build build/default --target fuzz
for target in build/default/tests/fuzz/fuzz_*; do
  [ -f "$target" ] && [ -x "$target" ] || continue
  echo "== ${target##*/}, $seconds s"
  "$target" -max_total_time="$seconds" -print_final_stats=1
done
