#!/usr/bin/env bash
# Builds the unit tests with the address and undefined-behaviour sanitizers and runs them. The enclave itself and the software device cannot be
# instrumented (the sanitizer's shadow memory lies inside ELRANGE); their parts are tested by the unit tests.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
tools/install_packages.sh build tests
cmake --preset sanitize -DBUILD_TESTING=ON
cmake --build build/sanitize
ctest --test-dir build/sanitize --parallel 2 --timeout 600 --output-on-failure --exclude-regex '^(conformance|e2e|hostile|soft_device)'
