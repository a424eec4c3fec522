#!/bin/sh
# Builds a release twice, the second time from a copy of the sources in another folder and
# without its git history, and compares the bytes.
#
#   deploy/dist-check.sh amd64|arm64
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# Both from a copy: the checkout may change meanwhile.
mkdir "$dir/a" "$dir/elsewhere"
git ls-files -z | xargs -0 cp --parents -t "$dir/a"
cp -R "$dir/a" "$dir/elsewhere/b"
for source in a elsewhere/b; do
    for what in archive packages; do
        (umask 077 && cd "$dir/$source" && sh deploy/dist.sh "$1" build/dist $what >/dev/null)
    done
done
diff -r "$dir/a/build/dist" "$dir/elsewhere/b/build/dist"
test "$(wc -l <"$dir/a/build/dist/SHA256SUMS")" = 4
cat "$dir/a/build/dist/SHA256SUMS"
