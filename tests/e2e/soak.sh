#!/usr/bin/env bash
# Each server under load for a minute (or SCONE_SOAK_SECONDS). usage: soak.sh [FILTER]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
export SCONE_SOAK_SECONDS=${SCONE_SOAK_SECONDS:-60}
mapfile -t tests < <(/usr/bin/python3 run.py --list | grep '^server\.' | grep -e "${1:-}")
exec /usr/bin/python3 run.py "${tests[@]}"
