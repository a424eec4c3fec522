#!/bin/sh
# Builds a release of the last commit twice, in two places, and compares the bytes.
#
#   deploy/dist-check.sh amd64|arm64
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
mkdir -p "$dir/a" "$dir/elsewhere/b"
for source in a elsewhere/b; do
    git archive HEAD | tar -x -C "$dir/$source"
    for what in archive packages; do
        (umask 077 && cd "$dir/$source" && sh deploy/dist.sh "$1" build/dist $what >/dev/null)
    done
done
diff -r "$dir/a/build/dist" "$dir/elsewhere/b/build/dist"
test "$(wc -l <"$dir/a/build/dist/SHA256SUMS")" = 4
cat "$dir/a/build/dist/SHA256SUMS"
