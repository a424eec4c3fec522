package alert

import (
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// ocsfVersion is the release of the Open Cybersecurity Schema Framework that the attributes are from.
const ocsfVersion = "1.5.0"

// attackVersion is a release of MITRE ATT&CK that has all techniques that MSA's own rules and detectors name. Rules do not
// say which one theirs are from; ids keep their meaning from one to the next.
const attackVersion = "16.1"

// ocsfSeverities are severity_id and its caption for severities 0 (emergency) to 7 (debug).
var ocsfSeverities = [8]struct {
	id      int
	caption string
}{{6, "Fatal"}, {5, "Critical"}, {5, "Critical"}, {4, "High"}, {3, "Medium"}, {2, "Low"}, {1, "Informational"}, {1, "Informational"}}

// ocsf is the alert as a new Detection Finding. What the class has no attribute for is under unmapped, with the names of
// format msa.
func (a *Alert) ocsf() object {
	tx, s := a.tx, a.shown()
	ruleID, at := strconv.Itoa(a.Match.RuleID), a.time.UnixMilli()
	severity := ocsfSeverities[min(max(a.Severity(), 0), 7)]

	o := object{
		{"activity_id", 1}, {"activity_name", "Create"}, {"category_uid", 2}, {"category_name", "Findings"},
		{"class_uid", 2004}, {"class_name", "Detection Finding"}, {"type_uid", 200401}, {"type_name", "Detection Finding: Create"},
		{"severity_id", severity.id}, {"severity", severity.caption}, {"status_id", 1}, {"status", "New"}, {"is_alert", true},
		{"confidence_score", a.Confidence}, {"time", at}, {"message", a.summary()},
	}
	metadata := object{
		{"version", ocsfVersion},
		{"product", object{{"name", productName}, {"vendor_name", vendorName}, {"version", Version}}},
		{"event_code", ruleID},
	}
	metadata.add("log_name", a.Tag)
	o.set("metadata", metadata)

	analytic := object{{"uid", ruleID}}
	analytic.add("name", orElse(a.Detector, a.Match.Message))
	if a.Detector != "" {
		analytic.set("type_id", 2)
		analytic.set("type", "Behavioral")
	} else {
		analytic.set("type_id", 1)
		analytic.set("type", "Rule")
	}
	kind := category(a.Match.Tags)
	analytic.add("category", kind)
	finding := object{{"uid", a.uid()}, {"title", orElse(a.Match.Message, "rule "+ruleID)}, {"desc", a.matched()}, {"created_time", at}}
	if kind != "" {
		finding.set("types", []string{kind})
	}
	finding.set("analytic", analytic)
	finding.add("attacks", a.ocsfAttacks())
	o.set("finding_info", finding)

	if evidence := a.ocsfEvidence(s); len(evidence) > 0 {
		o.set("evidences", []object{evidence})
	}
	if k := a.Kubernetes; k.Pod != "" {
		pod := object{{"type", "Kubernetes Pod"}, {"name", k.Pod}}
		pod.add("namespace", k.Namespace)
		o.set("resources", []object{pod})
	}

	rest := object{{"rules", a.Rules}, {"score_in", a.ScoreIn}, {"score_out", a.ScoreOut}, {"syslog_severity", a.Severity()}}
	rest.add("direction", a.Direction)
	a.addOwn(&rest, s)
	rest.add("req_body", s.requestBody)
	rest.add("rsp_body", s.responseBody)
	rest.add("kubernetes_namespace", a.Kubernetes.Namespace)
	rest.add("kubernetes_container", a.Kubernetes.Container)
	rest.add("kubernetes_node", a.Kubernetes.Node)
	rest.add("kubernetes_app", a.Kubernetes.App)
	rest.add("preset", tx.Preset)
	o.set("unmapped", rest)
	return o
}

func (a *Alert) ocsfAttacks() (all []object) {
	for _, id := range a.techniques() {
		technique, _, isSub := strings.Cut(id, ".")
		attack := object{{"technique", object{{"uid", technique}}}}
		if isSub {
			attack.set("sub_technique", object{{"uid", id}})
		}
		attack.set("version", attackVersion)
		all = append(all, attack)
	}
	return all
}

// ocsfEvidence is the exchange; empty if nothing is known of it but HTTP without a URL or an address, which the schema
// does not allow alone.
func (a *Alert) ocsfEvidence(s *shown) (o object) {
	tx := a.tx
	url := ocsfURL(s)
	o.add("src_endpoint", ocsfEndpoint(tx.Client, &tx.ClientWorkload, ""))
	o.add("dst_endpoint", ocsfEndpoint(tx.Server, &tx.ServerWorkload, s.domain))
	o.add("actor", with("user", with("name", tx.ClientWorkload.Account)))
	o.add("url", url)
	if len(o) == 0 {
		return nil
	}
	var request object
	request.add("http_method", s.method)
	request.add("url", url)
	request.add("user_agent", userAgentOf(s.requestHead))
	request.add("http_headers", ocsfHeaders(s.requestHead))
	o.add("http_request", request)
	if code := a.status(); code > 0 {
		response := object{{"code", code}}
		response.add("http_headers", ocsfHeaders(s.responseHead))
		o.set("http_response", response)
	}
	return o
}

// ocsfURL has the URI as a whole if it is absolute or has no path: the schema wants one of the two.
func ocsfURL(s *shown) (o object) {
	scheme, path, query := splitURI(s.uri)
	if s.uri == "" {
		return nil
	}
	if scheme != "" || path == "" {
		o.set("url_string", s.uri)
	}
	o.add("scheme", scheme)
	o.add("hostname", s.domain)
	o.add("path", path)
	o.add("query_string", query)
	return o
}

// ocsfEndpoint is empty if only a port is known, which the schema does not allow alone.
func ocsfEndpoint(e mapping.Endpoint, w *mapping.Workload, hostname string) (o object) {
	if ip := ipOf(e.Address); ip != "" {
		o.set("ip", ip)
	} else {
		o.add("name", e.Address)
	}
	o.add("hostname", hostname)
	o.add("svc_name", w.String())
	if len(o) > 0 {
		o.add("port", portOf(e.Port))
	}
	return o
}

func ocsfHeaders(head string) (all []object) {
	for _, h := range headersOf(head) {
		all = append(all, object{{"name", h.Name}, {"value", h.Value}})
	}
	return all
}
