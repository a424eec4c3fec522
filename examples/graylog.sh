#!/bin/sh
# GELF in, GELF out, without Fluent Bit: compressed, in chunks, over TCP. Graylog's own GELF output can send here what
# is in a stream, and its GELF UDP input gets the alerts. Route these into another stream, or they come back.
#
#   sh examples/graylog.sh
#
# In:  GELF at UDP and TCP port 12202, from Graylog or the Nano probe.
# Out: GELF to UDP port 12201 of 127.0.0.1, in chunks where an alert is long.
exec build/msa run --listen udp://:12202 --listen tcp://:12202 --output gelf://127.0.0.1:12201 --rules crs
