package pipeline

//go:generate go run ./genconfiguration

// PropertyType is how a property's value is written, and so how a host
// validates it before MSA does.
type PropertyType int

// The types of properties.
const (
	String PropertyType = iota // any text
	Int                        // a whole number
	Bool                       // on/off, true/false, yes/no
	Size                       // bytes, with an optional k, M or G
)

// Property describes one setting of MSA. The filter, the output and the
// command all take the same ones under the same names.
type Property struct {
	Name        string
	Type        PropertyType
	Default     string
	Multiple    bool // may be given many times
	Description string
}

// Properties lists every property in the order in which they are documented.
func Properties() []Property {
	return properties[:]
}

var properties = [...]Property{
	{Name: "mapping", Default: "auto", Description: "How fields become HTTP: a comma list of presets and YAML files, the first of which that fits reads the record; auto, alone or at the end, is all presets"},
	{Name: "workloads", Description: "CSV or JSON file that says which workload is behind an address or network, for logs that don't"},
	{Name: "canaries", Description: "File of values that nobody may ever read or send: a record with one of them always alarms"},
	{Name: "rules", Default: "crs", Multiple: true, Description: "Rules: crs, exploited, lateral-movement, sensitive-data, a SecLang file, a glob or a directory; may be repeated, or a comma list"},
	{Name: "paranoia_level", Type: Int, Default: "1", Description: "CRS paranoia level, 1 to 4"},
	{Name: "inbound_threshold", Type: Int, Default: "5", Description: "Inbound anomaly score from which a record alarms"},
	{Name: "outbound_threshold", Type: Int, Default: "4", Description: "Outbound anomaly score from which a record alarms"},
	{Name: "exclude", Multiple: true, Description: "Rules not to apply: an id, a range (920000-920999) or a tag, optionally only under a path (942100@/search), for a variable (942100@ARGS:q) or for a workload (942100@server:shop/cart)"},
	{Name: "alert_tag", Default: "msa.alert", Description: "Tag of the alerts; record accessors ($TAG, $host) allowed; off for none"},
	{Name: "incident_tag", Default: "msa.incident", Description: "Tag of messages about incidents: what one attacker does, sent when it begins and when something new happens; off for none"},
	{Name: "incidents_from", Default: "records", Description: "What incidents are made from: records, which are inspected, or alerts that other instances have made"},
	{Name: "alert_format", Default: "msa", Description: "Format of the alerts: msa, ecs, ocsf, cef, leef, modsecurity, falco"},
	{Name: "alert_per", Default: "record", Description: "record: one alert for each record (listing all its rules); rule: one for each rule; incident: incidents and no alerts"},
	{Name: "alert_text_key", Default: "log", Description: "Key that holds the alert as one text, for syslog; off drops it"},
	{Name: "alert_when", Default: "confidence", Description: "confidence (an attack is likely enough, or a rule without a score matched), threshold (the anomaly score reaches a threshold, or any match if the rules keep no score) or match (any match)"},
	{Name: "min_confidence", Type: Int, Default: "40", Description: "Confidence, 0 to 100, from which a record alarms with alert_when confidence"},
	{Name: "policy_rules", Default: "note", Description: "Rules about what a site allows (methods, content types, protocol): note (listed in alerts, but no evidence) or alarm; with alert_when confidence"},
	{Name: "views", Type: Bool, Default: "on", Description: "Inspect what values decode to, too: base64, repeated escapes, overlong UTF-8, JSON in strings; with alert_when confidence"},
	{Name: "min_severity", Description: "Least severity that alarms, emergency (0) to debug (7)"},
	{Name: "outcome_severity", Type: Bool, Default: "on", Description: "Let the outcome change the severity: success makes it at least alert (1), failure at most notice (5)"},
	{Name: "annotate", Default: "off", Description: "Key under which the verdict is added to the record itself"},
	{Name: "include_bodies", Type: Bool, Default: "on", Description: "Include bodies in alerts"},
	{Name: "mask", Type: Bool, Default: "on", Description: "Mask card numbers, ids, addresses, keys, tokens and passwords in alerts, annotations and the log"},
	{Name: "internal_networks", Multiple: true, Description: "Internal networks, a comma list; traffic between them is east-west (default: RFC 1918, RFC 4193, loopback, link-local)"},
	{Name: "screen", Default: "on", Description: "Fast path: rules run only where an alert is possible (on), always (off), or always with differences reported as errors (verify)"},
	{Name: "behavior", Default: "default", Description: "Detectors over many records: default, a YAML file, or off"},
	{Name: "habit", Type: Bool, Default: "on", Description: "Don't count as evidence what many clients do at the same place every day, answered with success; with alert_when confidence"},
	{Name: "state_path", Description: "File that keeps what MSA has learned across restarts; without one, it is lost at exit"},
	{Name: "shards", Type: Int, Default: "0", Description: "Divide records among this many instances instead of inspecting them: each record gets the number of one as msa_shard, and its source as msa_source"},
	{Name: "workers", Type: Int, Default: "0", Description: "Records to inspect at the same time; 0 is the number of cores"},
	{Name: "cache_size", Type: Int, Default: "65536", Description: "Values that the fast path remembers"},
	{Name: "body_limit", Type: Size, Default: "128K", Description: "Bytes of a body to inspect"},
	{Name: "alert_buffer", Type: Size, Default: "10M", Description: "Bytes of alerts that may wait while the host refuses them"},
	{Name: "emitter_storage_type", Description: "Where alerts wait for outputs: filesystem, the default where the service has a storage.path, or memory"},
	{Name: "emitter_mem_buf_limit", Type: Size, Default: "10M", Description: "Bytes of alerts that may wait for outputs in memory, before alert_buffer"},
}
