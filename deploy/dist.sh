#!/bin/sh
# A release of the sources as they are: archive, SBOM, .deb, .rpm and their checksums. The same
# sources, Go and C compiler give the same bytes, wherever they are built.
#
#   deploy/dist.sh amd64|arm64 FOLDER archive|packages
set -eu
umask 022
out=$(mkdir -p "$2" && cd "$2" && pwd)
cd "$(dirname "$0")/.."
arch=$1
: "${GO:=go}" "${CC:=gcc}"
cyclonedx=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
# The newest whose modules the proxy serves.
nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.1

version=$(sed -n 's/^const Version = "\(.*\)"$/\1/p' alert/alert.go)
test -n "$version"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
name=msa-$version-linux-$arch
stage=$out/$name

if [ "$arch" != "$($GO env GOHOSTARCH)" ]; then
    case $arch in
    amd64) cross=x86_64-linux-gnu-gcc ;;
    arm64) cross=aarch64-linux-gnu-gcc ;;
    *) echo "no compiler is known for $arch" >&2 && exit 2 ;;
    esac
    command -v "$cross" >/dev/null || { echo "$cross is missing: install Debian's gcc-${cross%-gcc} and libc6-dev-$arch-cross" >&2 && exit 2; }
    CC=$cross
fi

rm -rf "$stage"
mkdir "$stage"
# Without the revision: a tree that was unpacked from an archive has none.
build() { GOOS=linux GOARCH=$arch CC=$CC CGO_ENABLED=$1 $GO build -trimpath -buildvcs=false -ldflags='-s -w' "$2" -o "$3" "$4"; }
build 1 -buildmode=c-shared "$stage/flb-filter_msa.so" ./plugin
ln -s flb-filter_msa.so "$stage/out_msa.so"
build 0 -buildmode=exe "$stage/msa" ./cmd/msa
rm "$stage/flb-filter_msa.h"
sh deploy/glibc.sh "$stage/flb-filter_msa.so"

# Of the modules that are linked, as the file itself lists them.
chmod 755 "$stage/flb-filter_msa.so"
GOFLAGS=-trimpath CGO_ENABLED=0 $GO run "$cyclonedx" bin -json -noserial -notimestamp -std -version "v$version" \
    -output "$stage/sbom.cdx.json" "$stage/flb-filter_msa.so"


# By a build for this machine: the one for another does not run here.
CGO_ENABLED=0 $GO run -trimpath -buildvcs=false ./cmd/msa man "$stage/man"
gzip -9n "$stage"/man/*
mkdir "$stage/completions"
for shell in bash zsh fish; do
    CGO_ENABLED=0 $GO run -trimpath -buildvcs=false ./cmd/msa completion $shell >"$stage/completions/msa.$shell"
done

case $3 in
archive)
    sh deploy/documents.sh "$stage"
    chmod -R u=rwX,go=rX "$stage"
    tar --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        -C "$out" -c "$name" | gzip -9n >"$out/$name.tar.gz"
    cp "$stage/sbom.cdx.json" "$out/$name.cdx.json"
    ;;
packages)
    sh deploy/documents.sh "$stage/documents"
    rm "$stage/documents/LICENSE" # the packages have their own places for it
    chmod -R u=rwX,go=rX "$stage"
    # nfpm takes the time of folders from the disk.
    find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    for packager in deb rpm; do
        VERSION=$version ARCH=$arch STAGE=$stage GOFLAGS=-trimpath CGO_ENABLED=0 $GO run "$nfpm" package -f deploy/nfpm.yaml -p $packager -t "$out"
    done
    ;;
*) echo "archive or packages, not $3" >&2 && exit 2 ;;
esac
rm -rf "$stage"
cd "$out"
find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
cat SHA256SUMS
