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
	{name: "mapping", example: "own.yaml, auto", text: `Each name is a [preset](presets.md) or else the path of a [mapping file](mapping.md). With ` + "`auto`" + ` the presets are tried in their order, after what is named before it. Records of one
tag may be of several kinds. A record that no mapping fits passes uninspected, and is counted as ` + "`unmapped`" + `.`},
	{name: "workloads", example: "/etc/msa/workloads.csv", text: `One row for each address or network, with its workload, and optionally its [account](mapping.md#workloads):

` + "```text" + `
address,workload,account
10.0.2.7,shop/deployment/cart,shop/cart
10.0.9.0/24,billing/batch
192.0.2.40,mainframe
` + "```" + `

or in JSON ` + "`{\"10.0.2.7\": \"shop/deployment/cart\", \"10.0.9.0/24\": {\"workload\": \"billing/batch\", \"account\": \"billing/batch\"}}`" + `. The most specific network counts, and what the log itself says counts before the table. In Kubernetes, [msa workloads](deployment.md#workloads-from-the-kubernetes-api) writes the file. It is checked at most every ten seconds and reloaded when it has changed; errors are logged with their line, and the last good table stays.`},
	{name: "canaries", example: "/etc/msa/canaries.csv", text: `One value a line, or a CSV row of a value and its name: a card, an address or a key that was put into a database as a trap, and that nobody has a reason to read. [Canary values](sensitive-data.md#canary-values) says how they are found. A file without values is an error. It is checked at most every ten seconds and reloaded when it has changed; errors are logged with their line, and the last good table stays.`},
	{name: "rules", example: "crs\n/etc/msa/rules/*.conf", text: `Rules are loaded in the order given. A directory stands for its ` + "`*.conf`" + ` files by name, with ` + "`modsecurity.conf`" + `, ` + "`coraza.conf`" + ` and ` + "`crs-setup.conf`" + `
first; a glob has to match a file. ` + "`crs`" + ` is the built-in Core Rule Set with its setup; ` + "`crs/REQUEST-942-APPLICATION-ATTACK-SQLI`" + ` is one file of it (or
a path on disk, if CRS has no file of that name). With it come five rules of MSA's own, 9709010 to 9709030, about external entities and XInclude in
XML. [exploited](exploited.md), [lateral-movement](lateral-movement.md) and [sensitive-data](sensitive-data.md) are MSA's own. A broken file is an
error that names file and line; a rule that Coraza can't run is skipped with a warning. Files are read at the start and at a reload.`},
	{name: "paranoia_level", example: "2", text: `[Concepts](concepts.md#score-threshold-paranoia-level) explains it. It belongs to CRS and does not apply to rules of your own.`},
	{name: "inbound_threshold", example: "10", text: `From 1. A critical match of CRS scores 5, an error 4, a warning 3, a notice 2: with 5, one critical match alarms.`},
	{name: "outbound_threshold", example: "8", text: `From 1. Matches in responses are counted separately from those in requests; an error, such as a database's message in a page, scores 4.`},
	{name: "exclude", example: "942100@ARGS:q\n942100@/search@ARGS:q\n920000-920999\nattack-sqli@/wiki\npath-scan\n*@10.20.0.99\n942100@server:shop/cart", text: `The rules are an id, a range, a tag, a [detector's](detectors.md) name, or ` + "`*`" + ` for all. After each ` + "`@`" + ` follows a limit, and all of them must hold: a
path, and everything that begins with it; a variable, which these rules no longer see; an address or a network of clients; a host
(` + "`host:shop.example`" + `); a [workload](mapping.md#workloads) as ` + "`client:`" + `, ` + "`server:`" + ` or, at either end, ` + "`workload:`" + `, written ` + "`namespace/kind/name`" + `,
` + "`namespace/name`" + `, or a name alone; ` + "`*`" + ` in a part stands for all, and ` + "`ci/serviceaccount/runner`" + ` names an account. ` + "`*`" + ` needs a limit other than a
variable, and takes no variable. ` + "`942100@/search@ARGS:q`" + ` excludes one argument under one path. Within a path or a name, ` + "`%40`" + ` stands for an ` + "`@`" + `. MSA warns at the start of
exclusions that name no rule and no detector, and ` + "`msa scan`" + ` of those for a place that no record has. [Tuning](tuning.md) proposes exclusions from
alerts.`},
	{name: "alert_tag", example: "msa.$TAG[0].$kubernetes['namespace_name']", unused: "scan explain tune", text: `Alerts are new records under this tag, so that outputs can match them separately from the log. Allowed are ` + "`$TAG`" + `, ` + "`$TAG[n]`" + ` (the part of the tag
between dots, from 0) and record accessors, ` + "`$host`" + `, ` + "`$http['method']`" + `; what the record lacks is left out. With ` + "`off`" + ` no alerts are made; records are
still inspected and, with ` + "`annotate`" + `, annotated.`},
	{name: "incident_tag", example: "soc.incident", unused: "scan explain tune", text: `Messages about [incidents](incidents.md) are records under this tag, in the same format as alerts: a handful for one attacker, who may set off
thousands of alerts. With ` + "`off`" + `, alerts have no ` + "`incident_id`" + `, either. Under the name ` + "`uniwaf`" + `, the default is ` + "`off`" + `.`},
	{name: "incidents_from", example: "alerts", unused: "explain bench replay tune", text: `With ` + "`alerts`" + ` each record is an alert in format msa. It is not inspected: it becomes part of an incident, and is emitted under ` + "`alert_tag`" + ` with the
incident's id. This is for one instance that receives the alerts of several: [scale](scale.md#one-instance-for-incidents).`},
	{name: "alert_format", example: "ecs", unused: "tune", text: `[Alert formats](alert-formats.md) has an example of each. cef and leef are one text under ` + "`alert_text_key`" + `, with a few keys to route by; the others
are whole records, too.`},
	{name: "alert_per", example: "rule", unused: "tune", text: `With ` + "`record`" + ` an alert lists all rules that matched under ` + "`rules`" + `, and ` + "`rule_id`" + ` is, of those that are evidence, the most severe, of these the first. With ` + "`rule`" + ` each match is an alert, except
for rules that only add up the score; a record that does not alarm makes none, as with ` + "`record`" + `. With ` + "`incident`" + ` only [incidents](incidents.md) are
sent, each at its end at the latest.`},
	{name: "alert_text_key", example: "message", unused: "run scan tune", text: `For outputs that send one text, such as ` + "`syslog`" + ` with ` + "`Syslog_Message_Key`" + `. It replaces a key of the format with the same name. ` + "`off`" + ` is for outputs
that send all keys, such as ` + "`es`" + `; with cef and leef it is refused.`},
	{name: "alert_when", example: "match", text: `With ` + "`confidence`" + ` a record alarms when an attack is likely enough (` + "`min_confidence`" + `), whatever its score; [confidence](confidence.md) says how that is
judged. With ` + "`match`" + ` any match alarms, also below the threshold. Matches of rules that keep no anomaly score alarm with all three.`},
	{name: "min_confidence", example: "80", text: `0 to 100. [Confidence](confidence.md) has the curve: how many attacks are found and how many ordinary records alarm at each. Matches in records below
it are counted by rule in ` + "`msa_below_confidence_total`" + `.`},
	{name: "policy_rules", example: "alarm", text: `With ` + "`note`" + ` these rules are listed in alerts and are no evidence; ` + "`msa check`" + ` names them. With ` + "`alarm`" + ` they count like those about attacks.`},
	{name: "views", example: "off", text: `A match in a decoded value names the decoding: ` + "`ARGS:q (base64)`" + `. Values that decode to nothing cost nothing.`},
	{name: "min_severity", example: "error", text: "One of `emergency`, `alert`, `critical`, `error`, `warning`, `notice`, `info`, `debug`, or 0 to 7. By default all severities alarm. It applies to alerts of detectors, too."},
	{name: "outcome_severity", example: "off", text: `Each alert says whether the attack worked, with the evidence: [outcome](outcome.md). ` + "`min_severity`" + ` is compared with the rules' severity, or the
higher one that success gives: a failure silences nothing. Severities under ` + "`rules`" + ` stay as the rules have them.`},
	{name: "annotate", example: "waf", unused: "run scan explain tune", text: `A record on which a rule matched gets a map under this key: ` + "`alert` (`true` or `false`), `rule_id`, `msg`, `severity`, `score_in`, `score_out` and `rules`" + `, the ids of all that matched; if they are known, ` + "`client_workload` and `server_workload`" + `, too. The first four
are texts, as filters compare texts: [examples/annotate-and-route.conf](../examples/annotate-and-route.conf). Other records are not changed.`},
	{name: "include_bodies", example: "off", text: `With ` + "`off`" + `, ` + "`req_body`" + ` and ` + "`rsp_body`" + ` are empty in alerts, but a rule that matched in a body still shows the matched value: in ` + "`matched`" + `, and in
` + "`value`" + ` under ` + "`rules`" + `. ` + "`msa run`" + ` under the name ` + "`uniwaf`" + ` has ` + "`off`" + `, unless called with ` + "`-a`" + `.`},
	{name: "mask", example: "off", text: `[Masking](sensitive-data.md#masking) says which values, and how.`},
	{name: "internal_networks", example: "10.0.0.0/8\n203.0.113.0/24", text: `The given networks replace the default: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, 127.0.0.0/8, ::1, 169.254.0.0/16 and fe80::/10. The
alert's ` + "`direction`" + ` follows from them: ` + "`east-west`" + ` if both ends are internal, ` + "`inbound`" + ` if only the server is, ` + "`outbound`" + ` if only the client is,
` + "`external`" + ` if neither is, and empty if an address is unknown.`},
	{name: "screen", example: "verify", text: `Alerts are the same in each case. ` + "`verify`" + ` is for trying rules of your own, not for production.`},
	{name: "behavior", example: "/etc/msa/detectors.yaml", text: "`default` stands for MSA's own [detectors](detectors.md)."},
	{name: "habit", example: "off", text: `A match of a rule in a variable of an endpoint becomes a habit when 20 clients, half of them seen a day before, are answered with success there and do other, ordinary things as well:
[habit](confidence.md#habit). ` + "`msa tune --state-path`" + ` lists them.`},
	{name: "state_path", example: "/var/lib/msa/behavior.state", text: `It holds the state of detectors, [incidents](incidents.md) and habits. The directory is created if it is missing; the file is readable by its owner only. Instances with different detectors need a file each. It is written every five minutes and at the end.`},
	{name: "shards", example: "4", unused: "run scan explain bench replay tune", text: `For a filter in front of those that inspect: whatever follows, such as ` + "`rewrite_tag`" + ` or Kafka, can give all records of a workload to the same one:
[scale](scale.md#records-to-instances). ` + "`msa_shard`" + ` is a text, from 0; ` + "`msa_source`" + ` is the client's workload or, where the log names none, its
address. Going from n shards to n+1 moves one source in n+1 to the new shard. Records that are not HTTP get neither key. 0 is off.`},
	{name: "workers", example: "2", text: `Up to 1024. The order of records and of alerts does not depend on it. Rules need processor time only, so more workers than cores gain nothing.`},
	{name: "cache_size", example: "262144", text: `The fast path remembers for values of arguments, headers and so on which rules they may match. Raise it for logs in which more different values repeat.`},
	{name: "body_limit", example: "1M", text: `From 1K to 1G, for each body. The rest is not inspected: the alert's ` + "`uninspected`" + ` names the part, and the metric ` + "`msa_records_cut_total`" + ` counts the
record. The time for one record grows with it; the bound of 50 ms holds for the default.`},
	{name: "alert_buffer", example: "64M", unused: "scan explain check tune", text: `From 1K. In Fluent Bit: alerts that it refuses while its buffers are full, which wait for the next call. In ` + "`msa run`" + `: alerts that wait for a receiver
by TCP or TLS. Alerts beyond it are counted as lost, and logged as an error.`},
	{name: "emitter_storage_type", example: "memory", unused: "run scan explain check tune", text: `The filter hands its alerts to Fluent Bit through an input of its own, called ` + "`emitter_for_`" + ` and the filter's name, where they wait until outputs have
taken them. With ` + "`filesystem`" + ` they wait in files under ` + "`storage.path`" + `, which the ` + "`[SERVICE]`" + ` section has to set, and outlive the process: [alerts that
wait](reliability.md#alerts-that-wait). ` + "`rewrite_tag`" + ` has the same as ` + "`emitter_storage.type`" + `. The output has no emitter, and refuses the property.`},
	{name: "emitter_mem_buf_limit", example: "64M", unused: "run scan explain check tune", text: `From 1K. Beyond it, alerts wait in the filter, up to ` + "`alert_buffer`" + `. With ` + "`filesystem`" + ` it has no effect: ` + "`storage.max_chunks_up`" + ` of the ` + "`[SERVICE]`" + `
section limits the memory, and ` + "`storage.total_limit_size`" + ` of an output limits the files.`},
}
