package main

// detail is what the reference says of a property beside what is in its table.
type detail struct {
	name    string
	example string // its value; for a property that may be given many times, values with line breaks in between
	unused  string // commands of which the flag has no effect
	text    string // Markdown
}

// details are in the order of pipeline.Properties.
var details = []detail{
	{name: "mapping", example: "nginx, own.yaml", text: `Each name is a [preset](presets.md) or else the path of a [mapping file](mapping.md). With ` + "`auto`" + `
the presets are tried in their order, and the one that fits is remembered for each tag, so that records of one tag may still be of several kinds. A record that none fits
passes uninspected, and is counted as ` + "`unmapped`" + `.`},
	{name: "workloads", example: "/etc/msa/workloads.csv", text: `A row for each address or network, with its workload, and perhaps the [account](mapping.md#workloads) that it has:

` + "```text" + `
address,workload,account
10.0.2.7,shop/deployment/cart,shop/cart
10.0.9.0/24,billing/batch
192.0.2.40,mainframe
` + "```" + `

or in JSON ` + "`{\"10.0.2.7\": \"shop/deployment/cart\", \"10.0.9.0/24\": {\"workload\": \"billing/batch\", \"account\": \"billing/batch\"}}`" + `. The longest network that fits counts, and what the log itself tells
counts before it. In Kubernetes [msa workloads](deployment.md#workloads-from-the-kubernetes-api) writes it. The file is looked at every ten seconds at most, and read again when it has changed; what is wrong with it is logged with its line, and the last good table stays.`},
	{name: "canaries", example: "/etc/msa/canaries.csv", text: `A value in each line, or a CSV row of a value and its name: a card, an address, a key that stands in one row of a database and
that nobody may ever see. [Canary values](sensitive-data.md#canary-values) says how they are found. The file is looked at every ten seconds at most, and read again when it has
changed; what is wrong with it is logged with its line, and the last good table stays.`},
	{name: "rules", example: "crs\n/etc/msa/rules/*.conf", text: `In the order in which they are given. A directory stands for its ` + "`*.conf`" + ` in the order of their names, but ` + "`modsecurity.conf`, `coraza.conf` and `crs-setup.conf`" + ` first; a
glob has to find a file.
` + "`crs`" + ` is the Core Rule Set that is built in, with its setup; ` + "`crs/REQUEST-942-APPLICATION-ATTACK-SQLI`" + ` is one file of it without the others (a path on disk, where CRS has no file of that name).
With it come five rules of MSA's own, 9709010 to 9709030, about external entities and XInclude in XML.
[exploited](exploited.md), [lateral-movement](lateral-movement.md) and [sensitive-data](sensitive-data.md) are MSA's own. A file that is broken is an error, with file and line; a rule that
Coraza can't run is passed over, with a warning. Files are read at the start and at a reload.`},
	{name: "paranoia_level", example: "2", text: `What it means is in the [concepts](concepts.md#score-threshold-paranoia-level). It is CRS's, and says nothing to rules of your own.`},
	{name: "inbound_threshold", example: "10", text: `From 1. A critical match of CRS scores 5, an error 4, a warning 3, a notice 2: with 5, one critical match alarms.`},
	{name: "outbound_threshold", example: "8", text: `From 1. Rules on responses are counted apart from those on requests; an error, such as a database's message in a page, scores 4.`},
	{name: "exclude", example: "942100@ARGS:q\n942100@/search@ARGS:q\n920000-920999\nattack-sqli@/wiki\npath-scan\n*@10.20.0.99\n942100@server:shop/cart", text: `The rules are an id, a range, a tag, a [detector's](detectors.md) name, or ` + "`*`" + ` for all. Behind each ` + "`@`" + ` stands a limit, and all of them must hold: a path, and everything
that begins with it; a variable, which only these rules no longer see; an address or a network, whose clients are left alone; a host (` + "`host:shop.example`" + `); a [workload](mapping.md#workloads) as
` + "`client:`, `server:` or, at either end, `workload:`" + `, written ` + "`namespace/kind/name`, `namespace/name`, or a name alone; `*`" + ` in a part stands for all, and ` + "`ci/serviceaccount/runner`" + ` names an account. ` + "`*`" + ` needs a limit
other than a variable.
` + "`942100@/search@ARGS:q`" + ` leaves out one argument of one path. Within a path or a name, ` + "`%40`" + ` stands for an ` + "`@`" + `. What names no rule and no detector is warned of at the start, and what is for a place that no record has by ` + "`msa scan`" + `.
[Tuning](tuning.md) finds exclusions from alerts.`},
	{name: "alert_tag", example: "msa.$TAG[0].$kubernetes['namespace_name']", unused: "scan explain tune", text: `Alerts are new records under this tag, so that an output matches them apart from the log. Allowed are ` + "`$TAG`, `$TAG[n]`" + ` (the part of the tag between dots, from 0) and
record accessors, ` + "`$host`, `$http['method']`" + `; what the record lacks is left out. With ` + "`off`" + ` records are inspected and, if ` + "`annotate`" + ` says so, annotated, and no alert is made.`},
	{name: "incident_tag", example: "soc.incident", unused: "scan explain tune", text: `Messages about [incidents](incidents.md) are records under this tag, in the same format as alerts: a handful for what one attacker does, where alerts are thousands. With
` + "`off`" + ` alerts have no ` + "`incident_id`" + `, either. Under the name ` + "`uniwaf`" + ` it is off.`},
	{name: "incidents_from", example: "alerts", unused: "explain tune", text: `With ` + "`alerts`" + ` each record is an alert in format msa. It is not inspected: it becomes part of an incident, and goes on under ` + "`alert_tag`" + ` with the incident's id. For one
instance that gets the alerts of several: [scale](scale.md#one-instance-for-incidents).`},
	{name: "alert_format", example: "ecs", unused: "tune", text: `[Alert formats](alert-formats.md) has an example of each. cef and leef are one text under ` + "`alert_text_key`" + `, beside the keys that outputs route by; the others are whole records, too.`},
	{name: "alert_per", example: "rule", unused: "tune", text: `With ` + "`record`" + ` an alert lists all rules that matched under ` + "`rules`, and the most severe is its `rule_id`. With `rule`" + ` each match is an alert, but
those that only add up the score; a record that stays below the threshold makes none, as with ` + "`record`" + `. With ` + "`incident`" + ` only [incidents](incidents.md) are
sent, of which each is told at its end at the latest.`},
	{name: "alert_text_key", example: "message", unused: "run scan tune", text: `For outputs that send one text, such as ` + "`Syslog_Message_Key`" + `. A key of the format that has the same name gives way. ` + "`off`" + ` is for outputs that send
all keys, such as ` + "`es`" + `; with cef and leef it is refused.`},
	{name: "alert_when", example: "match", text: `With ` + "`confidence`" + ` a record alarms when an attack is likely enough (` + "`min_confidence`" + `), whatever its score; [confidence](confidence.md) says how that is
judged. With ` + "`match`" + ` what stays below the threshold alarms, too. Rules that keep no anomaly score alarm with all three.`},
	{name: "min_confidence", example: "80", text: `0 to 100. [Confidence](confidence.md) has the curve: how many attacks are found and how many ordinary records alarm at each. What stays below is counted by rule in
` + "`msa_below_confidence_total`" + `.`},
	{name: "policy_rules", example: "alarm", text: `With ` + "`note`" + ` these rules are listed in alerts and are no evidence; ` + "`msa check`" + ` names them. With ` + "`alarm`" + ` they count like those about attacks.`},
	{name: "views", example: "off", text: `A match on what a value decodes to names how it was read: ` + "`ARGS:q (base64)`" + `. What decodes to nothing costs nothing.`},
	{name: "min_severity", example: "error", text: "One of `emergency`, `alert`, `critical`, `error`, `warning`, `notice`, `info`, `debug`, or 0 to 7. By default all severities alarm. Detectors' alerts are held to it, too."},
	{name: "outcome_severity", example: "off", text: `Each alert says what became of the attack, with the evidence: [outcome](outcome.md). ` + "`min_severity`" + ` is held against the rules' severity, or that which success makes of it: failure
silences nothing. Severities under ` + "`rules`" + ` stay the rules' own.`},
	{name: "annotate", example: "waf", unused: "run scan explain tune", text: `A record on which a rule matched gets a map under this key: ` + "`alert` (`true` or `false`), `rule_id`, `msg`, `severity`, `score_in`, `score_out` and `rules`" + `, the ids of all that matched; if they are known, ` + "`client_workload` and `server_workload`" + `, too. The first four
are texts, as filters compare texts: [examples/annotate-and-route.conf](../examples/annotate-and-route.conf). Other records are not changed.`},
	{name: "include_bodies", example: "off", text: `Without, ` + "`req_body` and `rsp_body`" + ` are empty in alerts, but a rule that matched on a body still says on what: ` + "`matched`, and `value` in `rules`" + `. ` + "`msa run` under the name `uniwaf` has `off`, unless called with `-a`."},
	{name: "mask", example: "off", text: `Which values, and how, is in [Masking](sensitive-data.md#masking).`},
	{name: "internal_networks", example: "10.0.0.0/8\n203.0.113.0/24", text: `What is given replaces the default: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, 127.0.0.0/8, ::1, 169.254.0.0/16 and fe80::/10. From it ` + "`direction`" + ` of the alert is
derived: ` + "`east-west`" + ` when both ends are inside, ` + "`inbound`" + ` when only the server is, ` + "`outbound`" + ` when only the client is, ` + "`external`" + ` when neither is, and empty when an address is unknown.`},
	{name: "screen", example: "verify", text: `Alerts are the same with and without it. ` + "`verify`" + ` runs all rules on all records and compares: for trying rules of your own, not for production.`},
	{name: "behavior", example: "/etc/msa/detectors.yaml", text: `The default are MSA's own [detectors](detectors.md).`},
	{name: "habit", example: "off", text: `That a rule matches on a variable of an endpoint becomes habit when 20 clients, half of whom were seen a day before, are answered with success there and do other, ordinary things as well:
[habit](confidence.md#habit). ` + "`msa tune --state-path`" + ` lists them.`},
	{name: "state_path", example: "/var/lib/msa/behavior.state", text: `Detectors, [incidents](incidents.md) and habit keep theirs in it. The directory is made if it is not there; the file is readable for its owner alone. One file for each instance that has detectors of its own. It is written every five minutes and at the end.`},
	{name: "shards", example: "4", unused: "run scan explain tune", text: `For a filter before those that inspect: what follows it, as ` + "`rewrite_tag`" + ` or Kafka, can give all records of a workload to one of them: [scale](scale.md#records-to-instances). ` + "`msa_shard`" + ` is a text,
from 0; ` + "`msa_source`" + ` is the client's workload or, where the log names none, its address. Of n+1 shards instead of n, each gives one source of n+1 to the new one. Records that are no exchange get neither. 0 is off.`},
	{name: "workers", example: "2", text: `Up to 1024. The order of records and of alerts does not depend on it. Rules cost processor time only: more workers than cores gain nothing.`},
	{name: "cache_size", example: "262144", text: `Values of arguments, headers and so on for which the fast path remembers which rules they may concern. A log of more different values that return is faster with more.`},
	{name: "body_limit", example: "1M", text: `From 1K to 1G, for each body. What is beyond is not inspected, the alert's ` + "`uninspected`" + ` names the part, and the metric ` + "`msa_records_cut_total`" + ` counts the record. The time for one record grows with it:
50 ms at most holds for the default.`},
	{name: "alert_buffer", example: "64M", unused: "scan explain check tune", text: `From 1K. In Fluent Bit: alerts that it refuses while its buffers are full wait for the next call. In ` + "`msa run`" + `: alerts that wait for a receiver by TCP or TLS. What exceeds it is counted as
lost, and logged as an error.`},
	{name: "emitter_storage_type", example: "memory", unused: "run scan explain check tune", text: `The filter hands its alerts to Fluent Bit through an input of its own, called ` + "`emitter_for_`" + ` and the filter's name; there they wait until
outputs have taken them. With ` + "`filesystem`" + ` they wait in files under ` + "`storage.path`" + ` of the ` + "`[SERVICE]`" + ` section, which has to be there, and
outlive the process: [alerts that wait](reliability.md#alerts-that-wait). It is what ` + "`emitter_storage.type` is to `rewrite_tag`" + `. The output has no emitter, and refuses the property.`},
	{name: "emitter_mem_buf_limit", example: "64M", unused: "run scan explain check tune", text: `From 1K. Beyond it alerts wait in the filter, up to ` + "`alert_buffer`" + `. With ` + "`filesystem`" + ` it has no meaning: there ` + "`storage.max_chunks_up`" + ` of the
` + "`[SERVICE]`" + ` section bounds the memory, and ` + "`storage.total_limit_size`" + ` of an output the files.`},
}
