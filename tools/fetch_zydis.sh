#!/usr/bin/env bash
# Unpacks Debian's source package zydis into DIR/zydis.
# usage: fetch_zydis.sh DIR
#
# The machine's own package sources are used with "deb" turned into "deb-src", in a private state folder:
# nothing under /etc changes.
set -euo pipefail
dir=$1
mkdir -p "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/lists/partial"
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -e "$file" ] && sed -n 's/^deb\(-src\)\?[[:space:]]/deb-src /p' "$file" >"$work/parts/$(basename "$file")"
done
options=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts"
         -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
# Other vendors' lists may carry no sources: what counts is whether the package arrives.
apt-get -qq "${options[@]}" update >"$work/log" 2>&1 || true
cd "$work"
if ! apt-get -qq "${options[@]}" source --download-only zydis >>"$work/log" 2>&1; then
  tail -n 3 "$work/log" >&2
  exit 1
fi
rm -rf "$dir/zydis.new"
mkdir "$dir/zydis.new"
tar -xf zydis_*.orig.tar.* -C "$dir/zydis.new" --strip-components=1
rm -rf "$dir/zydis"
mv "$dir/zydis.new" "$dir/zydis"
