package alert

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// ecsFields are the fields in use, with their types in ECS 8.17 (generated/csv/fields.csv of elastic/ecs); kubernetes.* are
// those of Elastic's Kubernetes integration.
var ecsFields = map[string]string{
	"@timestamp": "date", "ecs.version": "keyword", "message": "text", "tags": "keywords",
	"event.kind": "keyword", "event.category": "keywords", "event.type": "keywords", "event.severity": "long", "event.module": "keyword",
	"event.dataset": "keyword", "event.id": "keyword", "event.code": "keyword", "event.reason": "keyword", "event.risk_score": "float", "event.outcome": "keyword",
	"rule.id": "keyword", "rule.name": "keyword", "rule.category": "keyword",
	"threat.framework": "keyword", "threat.technique.id": "keywords", "threat.technique.subtechnique.id": "keywords",
	"source.address": "keyword", "source.ip": "ip", "source.port": "long",
	"destination.address": "keyword", "destination.ip": "ip", "destination.port": "long", "destination.domain": "keyword",
	"related.ip": "ips", "network.direction": "keyword", "network.protocol": "keyword",
	"url.original": "keyword", "url.scheme": "keyword", "url.domain": "keyword", "url.path": "keyword", "url.query": "keyword",
	"http.request.method": "keyword", "http.request.body.content": "keyword",
	"http.response.status_code": "long", "http.response.body.content": "keyword", "user_agent.original": "keyword",
	"orchestrator.type": "keyword", "orchestrator.namespace": "keyword", "orchestrator.resource.type": "keyword", "orchestrator.resource.name": "keyword",
	"container.name": "keyword", "service.name": "keyword",
	"service.origin.name": "keyword", "user.name": "keyword", "user.effective.name": "keyword",
	"kubernetes.namespace": "keyword", "kubernetes.pod.name": "keyword", "kubernetes.container.name": "keyword", "kubernetes.node.name": "keyword",
}

func isOfECSType(typ string, value any) bool {
	if elements, isList := strings.CutSuffix(typ, "s"); isList {
		list, ok := value.([]any)
		for _, v := range list {
			ok = ok && isOfECSType(elements, v)
		}
		return ok && len(list) > 0
	}
	s, isText := value.(string)
	switch typ {
	case "date":
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	case "ip":
		ip, err := netip.ParseAddr(s)
		return err == nil && ip.Zone() == ""
	case "float":
		n, ok := value.(int64)
		return ok && n >= 0
	case "long":
		n, ok := value.(int64)
		return ok && n >= 0
	}
	return isText && s != ""
}

// everyField calls visit with each field that is no object, its name in dots.
func everyField(prefix string, m map[string]any, visit func(name string, value any)) {
	for k, v := range m {
		if inner, ok := v.(map[string]any); ok {
			everyField(prefix+k+".", inner, visit)
		} else {
			visit(prefix+k, v)
		}
	}
}

// Every field is ECS's, of ECS's type, or stands under msa.
func TestECSFields(t *testing.T) {
	fromSample, found := sample(t), ofDetector()
	fromSample.bodies = true
	fromSample.tx.Alert.RequestBody = "a=b"
	odd := New(defaults, nil, mapped(t, `{"URL":"/","SRC_IP":"unknown","DST_IP":"fe80::1%eth0","SRC_PORT":"70000","DST_PORT":"x","RETCODE":"-"}`),
		&engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, 2)}}, triage.Appraisal{}, "t", time.Now())[0]
	odd.tx.URI = "http://u/x"
	seen := map[string]bool{}
	for _, a := range []*Alert{&fromSample, &found, &odd} {
		everyField("", event(t, a, ECS, ""), func(name string, value any) {
			if strings.HasPrefix(name, "msa.") {
				return
			}
			seen[name] = true
			if typ, ok := ecsFields[name]; !ok || !isOfECSType(typ, value) {
				t.Errorf("%s is %v (%T), and in ECS of type %q", name, value, value, typ)
			}
		})
	}
	for name := range ecsFields {
		if !seen[name] {
			t.Errorf("no alert has %s", name)
		}
	}
	record := event(t, &odd, ECS, "")
	if source := record["source"].(map[string]any); source["address"] != "unknown" || len(source) != 1 {
		t.Errorf("source is %v", source)
	}
	if destination := record["destination"].(map[string]any); destination["ip"] != "fe80::1" || destination["port"] != nil {
		t.Errorf("destination is %v", destination)
	}
}

func TestECSDirection(t *testing.T) {
	for direction, want := range map[string]any{"east-west": "internal", "inbound": "inbound", "outbound": "outbound", "external": "external", "": nil} {
		a := ofDetector()
		a.Direction = direction
		if got := event(t, &a, ECS, "")["network"].(map[string]any)["direction"]; got != want {
			t.Errorf("%q: got %v, want %v", direction, got, want)
		}
	}
}
