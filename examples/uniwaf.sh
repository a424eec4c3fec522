#!/bin/sh
# In place of the original MSA: under its name, with its flags, key file and rules. docs/migrating.md has all of them.
#
#   sh examples/uniwaf.sh
#
# In:  JSON, also compressed, at UDP port 15155: nc -u -w1 127.0.0.1 15155 < test/testdata/nano-attack.json
# Out: a JSON object in a datagram, with GELF's fields, to UDP port 12201 of 127.0.0.1.
set -e
ln -sf msa build/uniwaf
exec build/uniwaf -r -a -l 15155 -s 127.0.0.1:12201 -c examples/rules/own.conf -k examples/uniwaf.keys --rules crs
