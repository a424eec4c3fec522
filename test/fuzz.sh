#!/usr/bin/env bash
# Runs each fuzz target of the module in turn, or those given as arguments, for FUZZTIME each.
# FuzzScreen, which compares the fast path with all rules, has a time of its own, SCREEN_FUZZTIME.
# A package is built once for all of its targets: "go test -fuzz" would link it for each.
set -uo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}
time=${FUZZTIME:-10s}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
corpus=$("$go" env GOCACHE)/fuzz
module=$("$go" list -m)

# Go below 1.27 may report its own -fuzztime as a failure: go.dev/issue/75804. What a target
# finds is told otherwise: by a failing input, or a seed's or a worker's error.
only_the_deadline() {
    ! grep -q 'Failing input' "$log" &&
        [ "$(sed -n '/^--- FAIL/,/^FAIL/p' "$log" | sed '1d;$d')" = '    context deadline exceeded' ]
}

built=
build() {
    [ "$built" != "$1" ] || return 0
    built=$1
    "$go" test -c -fuzz . -o "$scratch/test" "$1"
}

fuzz() {
    local package=$1 target=$2 limit=$time
    [ "$target" != FuzzScreen ] || limit=${SCREEN_FUZZTIME:-$time}
    echo "fuzz $package $target for $limit"
    build "$package" || return
    (cd "$package" && "$scratch/test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$limit" -test.fuzzminimizetime 10x \
        -test.fuzzcachedir "$corpus/$module/${package#./}") 2>&1 | tee "$log" && return
    only_the_deadline && echo "$target ended by its time, nothing found"
}

found=0
while read -r package target; do
    found=$((found + 1))
    fuzz "$package" "$target" </dev/null || exit 1
done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z]+' . | sed -E 's|/[^/]*:func | |' | sort |
    { [ $# = 0 ] && cat || grep -wE "$(IFS='|'; echo "$*")"; })
[ "$found" -gt 0 ] || { echo "no fuzz target named $*" >&2; exit 1; }
