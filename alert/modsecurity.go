package alert

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// modsecurity is the alert as libmodsecurity 3 writes its audit log with SecAuditLogFormat JSON (Transaction::toJSON in
// src/transaction.cc): the same keys, in the same order, with the same types. What that has no key for is under msa, beside
// transaction, with the names of format msa.
func (a *Alert) modsecurity() object {
	tx, s := a.tx, a.shown()

	request := object{{"method", orElse(s.method, "-")}}
	request.add("http_version", httpVersion(tx.Protocol))
	request.set("uri", s.uri)
	request.add("body", s.requestBody)
	request.add("headers", modsecurityHeaders(s.requestHead))
	var response object
	response.add("body", s.responseBody)
	response.set("http_code", a.status())
	response.add("headers", modsecurityHeaders(s.responseHead))

	transaction := object{
		{"client_ip", tx.Client.Address}, {"time_stamp", a.time.Format(time.ANSIC)}, {"server_id", s.host},
		{"client_port", portOf(tx.Client.Port)}, {"host_ip", tx.Server.Address}, {"host_port", portOf(tx.Server.Port)},
		{"unique_id", a.uid()}, {"request", request}, {"response", response},
		{"producer", object{
			{"modsecurity", productName + " v" + Version}, {"connector", tx.Preset},
			{"secrules_engine", "DetectionOnly"}, {"components", a.ruleVersions()},
		}},
		{"messages", a.modsecurityMessages()},
	}

	own := object{{"rule_id", strconv.Itoa(a.Match.RuleID)}, {"severity", a.Severity()}, {"score_in", a.ScoreIn}, {"score_out", a.ScoreOut}}
	own.add("direction", a.Direction)
	own.add("category", category(a.Match.Tags))
	a.addOwn(&own, s)
	own.add("domain", s.domain)
	own.add("kubernetes_namespace", a.Kubernetes.Namespace)
	own.add("kubernetes_pod", a.Kubernetes.Pod)
	own.add("kubernetes_container", a.Kubernetes.Container)
	own.add("kubernetes_node", a.Kubernetes.Node)
	own.add("kubernetes_app", a.Kubernetes.App)
	own.add("tag", a.Tag)
	return object{{"transaction", transaction}, {"msa", own}}
}

func (a *Alert) modsecurityMessages() []object {
	all := make([]object, len(a.Rules))
	for i := range a.Rules {
		m := &a.Rules[i]
		matched := m.Matched()
		if a.Detector != "" {
			matched = a.matched()
		}
		all[i] = object{{"message", m.Message}, {"details", object{
			{"match", matched}, {"reference", ""}, {"ruleId", strconv.Itoa(m.RuleID)},
			{"file", m.Source.File}, {"lineNumber", strconv.Itoa(m.Source.Line)},
			{"data", m.Data}, {"severity", strconv.Itoa(severity(m.Severity))}, {"ver", m.Source.Version}, {"rev", m.Source.Revision},
			{"tags", m.Tags}, {"maturity", strconv.Itoa(m.Source.Maturity)}, {"accuracy", strconv.Itoa(m.Source.Accuracy)},
		}}}
	}
	return all
}

// modsecurityHeaders has each name once: libmodsecurity repeats keys, which receivers of JSON refuse, or keep the last of.
func modsecurityHeaders(head string) (o object) {
	values := map[string][]string{} // by the name in lower case: who sends a request chooses how many there are
	for _, h := range headersOf(head) {
		name := strings.ToValidUTF8(h.Name, "\ufffd")
		lower := strings.ToLower(name)
		if values[lower] == nil {
			o.set(name, lower)
		}
		values[lower] = append(values[lower], h.Value)
	}
	for i := range o {
		o[i].value = strings.Join(values[o[i].value.(string)], ", ") // RFC 9110 section 5.3
	}
	return o
}

// ruleVersions are the versions that the alert's rules state, which for CRS is what it gives as its component's signature.
func (a *Alert) ruleVersions() []string {
	all := []string{}
	for i := range a.Rules {
		if v := a.Rules[i].Source.Version; v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// httpVersion is 1.1 of HTTP/1.1, and 0 of what is no version.
func httpVersion(protocol string) float64 {
	_, text, ok := strings.Cut(protocol, "/")
	if !ok || len(text) > 3 || strings.Trim(text, "0123456789.") != "" {
		return 0
	}
	version, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return version
}
