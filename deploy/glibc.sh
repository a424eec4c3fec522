#!/bin/sh
# Prints the newest glibc that a shared object needs; fails if that is newer than what
# the oldest supported distributions have.
#
#   deploy/glibc.sh build/flb-filter_msa.so [readelf]
set -eu
bound=2.34
newest=$("${2:-readelf}" --wide --version-info "$1" | grep -o 'GLIBC_[0-9][0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
if [ -z "$newest" ]; then
    echo "$1: no glibc symbol found" >&2
    exit 1
fi
echo "$1 needs glibc $newest; the bound is $bound"
test "$(printf '%s\n' "$newest" "$bound" | sort -V | tail -n 1)" = "$bound"
