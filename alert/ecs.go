package alert

import (
	"slices"
	"strconv"
	"strings"
)

// ecsVersion is the release of Elastic Common Schema that the fields are from.
const ecsVersion = "8.17.0"

// ecsDirections are ECS's names of directions, from the point of view of the network's perimeter.
var ecsDirections = map[string]string{"east-west": "internal", "inbound": "inbound", "outbound": "outbound", "external": "external"}

// ecs is the alert in Elastic Common Schema. What the schema has no field for is under msa, with the names of format msa.
// Fields of type IP and number are only there if they are such: Elasticsearch refuses the whole document otherwise.
func (a *Alert) ecs() object {
	tx, s := a.tx, a.shown()
	ruleID := strconv.Itoa(a.Match.RuleID)
	scheme, path, query := splitURI(s.uri)
	overHTTP := s.method != "" || s.uri != ""

	o := object{{"@timestamp", a.timestamp()}, {"ecs", object{{"version", ecsVersion}}}}
	o.add("message", a.summary())

	categories := []string{"intrusion_detection"}
	if overHTTP {
		categories = append(categories, "web")
	}
	o.set("event", object{
		{"kind", "alert"}, {"category", categories}, {"type", []string{"info"}}, {"severity", a.Severity()}, {"module", "msa"},
		{"dataset", "msa.alert"}, {"risk_score", a.Confidence}, {"outcome", a.outcome()}, {"id", a.uid()}, {"code", ruleID}, {"reason", a.matched()},
	})

	rule := object{{"id", ruleID}}
	rule.add("name", a.Match.Message)
	rule.add("category", category(a.Match.Tags))
	o.set("rule", rule)
	o.add("threat", a.ecsThreat())

	o.add("source", ecsEndpoint(tx.Client.Address, tx.Client.Port, ""))
	o.add("destination", ecsEndpoint(tx.Server.Address, tx.Server.Port, s.domain))
	var addresses []string
	for _, address := range []string{ipOf(tx.Client.Address), ipOf(tx.Server.Address)} {
		if address != "" && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	o.add("related", with("ip", addresses))

	var network object
	network.add("direction", ecsDirections[a.Direction])
	if overHTTP {
		network.set("protocol", "http")
	}
	o.add("network", network)

	var url object
	if s.uri != "" {
		url.set("original", s.uri)
		url.add("scheme", scheme)
		url.add("domain", s.domain)
		url.add("path", path)
		url.add("query", query)
	}
	o.add("url", url)
	o.add("http", a.ecsHTTP(s))
	var agent object
	agent.add("original", userAgentOf(s.requestHead))
	o.add("user_agent", agent)
	a.ecsKubernetes(&o)
	a.ecsWorkloads(&o)
	o.add("tags", a.Match.Tags)

	own := object{{"rules", a.Rules}, {"score_in", a.ScoreIn}, {"score_out", a.ScoreOut}}
	a.addOwn(&own, s)
	own.add("req_header", s.requestHead)
	own.add("rsp_header", s.responseHead)
	own.add("tag", a.Tag)
	own.add("preset", tx.Preset)
	own.set("version", Version)
	o.set("msa", own)
	return o
}

func ecsEndpoint(address, port, domain string) (o object) {
	o.add("address", address)
	o.add("ip", ipOf(address))
	o.add("port", portOf(port))
	o.add("domain", domain)
	return o
}

func (a *Alert) ecsHTTP(s *shown) (o object) {
	var request, response object
	request.add("method", s.method)
	request.add("body", with("content", s.requestBody))
	response.add("status_code", a.status())
	response.add("body", with("content", s.responseBody))
	o.add("request", request)
	o.add("response", response)
	return o
}

// ecsThreat has techniques under technique, and their sub-techniques (T1059.004) there with the technique that these are of.
func (a *Alert) ecsThreat() (o object) {
	var techniques, subs []string
	for _, id := range a.techniques() {
		technique, _, isSub := strings.Cut(id, ".")
		if isSub {
			subs = append(subs, id)
		}
		if !slices.Contains(techniques, technique) {
			techniques = append(techniques, technique)
		}
	}
	if len(techniques) == 0 {
		return nil
	}
	technique := object{{"id", techniques}}
	technique.add("subtechnique", with("id", subs))
	return object{{"framework", "MITRE ATT&CK"}, {"technique", technique}}
}

func (a *Alert) ecsKubernetes(o *object) {
	k := a.Kubernetes
	if k == (Kubernetes{}) {
		return
	}
	orchestrator := object{{"type", "kubernetes"}}
	orchestrator.add("namespace", k.Namespace)
	if k.Pod != "" {
		orchestrator.set("resource", object{{"type", "pod"}, {"name", k.Pod}})
	}
	o.set("orchestrator", orchestrator)
	var own object
	own.add("namespace", k.Namespace)
	own.add("pod", with("name", k.Pod))
	own.add("container", with("name", k.Container))
	own.add("node", with("name", k.Node))
	o.add("kubernetes", own)
	o.add("container", with("name", k.Container))
}

// ecsWorkloads has the server as the service, and the client as the origin of what came to it. The users of ECS are those
// who act.
func (a *Alert) ecsWorkloads(o *object) {
	client, server := &a.tx.ClientWorkload, &a.tx.ServerWorkload
	service := with("name", orElse(a.Kubernetes.App, server.Name))
	service.add("origin", with("name", client.Name))
	o.add("service", service)
	user := with("name", client.Account)
	user.add("effective", with("name", client.Impersonates))
	o.add("user", user)
}
