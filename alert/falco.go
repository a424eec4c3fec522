package alert

import (
	"strings"
	"time"
)

// falcoPriorities are Falco's names of severities 0 (emergency) to 7 (debug).
var falcoPriorities = [8]string{"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"}

// falcoSource is where Falcosidekick is told that the event is from; Falco's own have the names of their plugins.
const falcoSource = "msa"

// falcoHeaders let Fluent Bit's http output send each record by itself (body_key and headers_key): Falcosidekick takes one
// event a request.
var falcoHeaders = object{{"headers", object{{"Content-Type", "application/json"}}}}

// falcoEvent is an event as Falco's json_output writes it, with the same keys in the same order. Fields are flat, as
// receivers make labels of them.
func falcoEvent(severity int, at time.Time, rule, output, host string, fields object, tags []string) object {
	if tags == nil {
		tags = []string{}
	}
	priority := falcoPriorities[min(max(severity, 0), 7)]
	return object{
		{"hostname", host}, {"output", at.UTC().Format("15:04:05.000000000") + ": " + priority + " " + oneLine(output)},
		{"output_fields", fields}, {"priority", priority}, {"rule", rule}, {"source", falcoSource}, {"tags", tags},
		{"time", at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00")},
	}
}

// falco is the alert as an event of Falco.
func (a *Alert) falco() object {
	tx, s := a.tx, a.shown()
	fields := object{{"id", a.uid()}}
	fields.add("incident_id", a.Incident)
	fields.set("rule_id", a.Match.RuleID)
	fields.set("severity", a.Severity())
	for _, f := range []member{
		{"src_ip", tx.Client.Address}, {"src_port", tx.Client.Port}, {"dst_ip", tx.Server.Address}, {"dst_port", tx.Server.Port},
		{"domain", s.domain}, {"method", s.method}, {"url", s.uri}, {"status", a.status()}, {"user_agent", userAgentOf(s.requestHead)},
		{"direction", a.Direction}, {"category", category(a.Match.Tags)}, {"attack", strings.Join(attacks(a.Rules), ",")}, {"rules", a.ruleIDs()},
		{"matched", a.matched()}, {"detector", a.Detector}, {"evidence", a.Evidence},
	} {
		fields.add(f.key, f.value)
	}
	fields.set("confidence", a.Confidence)
	fields.set("outcome", a.outcome())
	fields.add("outcome_evidence", strings.Join(a.OutcomeEvidence, "; "))
	fields.add("uninspected", strings.Join(a.Uninspected, ","))
	fields = append(fields, a.workloads()...)
	for _, f := range []member{
		{"k8s.ns.name", a.Kubernetes.Namespace}, {"k8s.pod.name", a.Kubernetes.Pod}, {"container.name", a.Kubernetes.Container},
		{"tag", a.Tag}, {"preset", tx.Preset},
	} {
		fields.add(f.key, f.value)
	}
	return falcoEvent(a.Severity(), a.time, orElse(a.Match.Message, "rule "+numeric(a.Match.RuleID)), a.summary(), s.host, fields, a.Match.Tags)
}

// falco is the incident as an event of Falco.
func (i *Incident) falco() object {
	fields := object{
		{"kind", incidentKind}, {"incident_id", i.ID}, {"severity", i.Severity}, {"event", i.Event}, {"message", i.Message}, {"news", strings.Join(i.News, "; ")}, {"key", i.Key},
		{"actors", strings.Join(i.Actors, ", ")}, {"alerts", i.Alerts}, {"successes", i.Successes}, {"confidence", i.Confidence}, {"outcome", i.Outcome},
		{"outcome_evidence", strings.Join(i.Evidence, "; ")}, {"first", rfc3339(i.First)}, {"last", rfc3339(i.Last)},
		{"stages", i.listed(func(s Stage) string { return s.Tactic })}, {"targets", i.targetNames()}, {"text", i.Text},
	}
	return falcoEvent(i.Severity, i.Time, incidentRule, i.Title, "", fields, i.techniques())
}
