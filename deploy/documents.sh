#!/bin/sh
# Copies what people of a package or an archive read and use into a folder, laid out as in the sources, so that the links
# between documents lead somewhere.
#
#   deploy/documents.sh FOLDER
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
cp -R --parents README.md LICENSE ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md fluent-bit.conf fluent-bit.yaml docs examples deploy \
    alert/schema.json behavior/schema.json mapping/schema.json engine/analysis/DESIGN.md triage/MODEL.md triage/model.json test/docs/testdata test/lab/app test/helm "$1"
