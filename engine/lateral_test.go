package engine_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
)

const lateral = "lateral-movement"

// pack is a rule set of MSA's own whose rules alarm by themselves.
type pack struct {
	name    string
	doc     string // that lists its rules
	least   int    // rules that it has
	settles []int  // rules that only set something up
}

// exploitPacks are those with cases as files.
var exploitPacks = []pack{
	{name: lateral, doc: "../docs/lateral-movement.md", least: 90, settles: []int{9701000, 9701005, 9701099}},
	{name: "exploited", doc: "../docs/exploited.md", least: 110},
}

// lateralCase is one exchange, and what the pack has to say of it.
type lateralCase struct {
	Name     string
	Fires    []int  // all rules that match, in their order
	Near     []int  // rules that the exchange comes near to, and that must not match
	Server   string // address:port
	Request  string // head and body as on the wire, with line feeds
	Response string
	Binary   bool // the characters are bytes
}

// cases are the pack's.
func (p *pack) cases(t *testing.T) []lateralCase {
	t.Helper()
	files, err := filepath.Glob("../rules/packs/testdata/" + p.name + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []lateralCase
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var cases []lateralCase
		if err := yaml.UnmarshalWithOptions(text, &cases, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for i := range cases {
			cases[i].Name = strings.TrimSuffix(filepath.Base(f), ".yaml") + "/" + cases[i].Name
		}
		all = append(all, cases...)
	}
	return all
}

// transaction is the exchange as a probe shows it that sees everything.
func (c *lateralCase) transaction(t *testing.T) *mapping.Transaction {
	t.Helper()
	tx := &mapping.Transaction{
		Client: mapping.Endpoint{Address: "10.0.0.1", Port: "40000"}, Server: mapping.Endpoint{Address: "10.0.0.2", Port: "80"},
		Status: 200, Protocol: "HTTP/1.1",
		Observed: mapping.Observed{Request: mapping.ObservedHeaders{All: true}, Response: mapping.ObservedHeaders{All: true},
			Query: true, RequestBody: true, ResponseBody: true},
	}
	if c.Server != "" {
		address, port, err := net.SplitHostPort(c.Server)
		if err != nil {
			t.Fatal(err)
		}
		tx.Server = mapping.Endpoint{Address: address, Port: port}
	}
	request := c.Request
	if c.Binary {
		request = bytesOf(request)
	}
	line, headers, body := parseMessage(t, request)
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		t.Fatalf("%q is not a request line", line)
	}
	tx.Method, tx.URI, tx.Protocol = parts[0], parts[1], parts[2]
	tx.RequestHeaders, tx.RequestBody.Text = headers, body
	for _, h := range headers {
		if h.Name == "Host" {
			tx.Host = h.Value
			if host, _, err := net.SplitHostPort(h.Value); err == nil {
				tx.Host = host
			}
		}
	}
	if c.Response != "" {
		line, headers, body := parseMessage(t, c.Response)
		parts := strings.SplitN(line, " ", 3)
		status, err := strconv.Atoi(parts[min(1, len(parts)-1)])
		if err != nil {
			t.Fatalf("%q is no status line", line)
		}
		tx.ResponseVersion, tx.Status, tx.ResponseHeaders, tx.ResponseBody.Text = parts[0], status, headers, body
	}
	return tx
}

// bytesOf is a text whose characters are bytes.
func bytesOf(text string) string {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

func parseMessage(t *testing.T, text string) (line string, headers []mapping.Header, body string) {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimRight(text, "\n"), "\n\n")
	line, rest, _ := strings.Cut(head, "\n")
	for h := range strings.Lines(rest) {
		name, value, ok := strings.Cut(strings.TrimRight(h, "\n"), ": ")
		if !ok {
			t.Fatalf("%q is no header", h)
		}
		headers = append(headers, mapping.Header{Name: name, Value: value})
	}
	return line, headers, body
}

func lateralEngine(t testing.TB, sources ...string) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{Rules: sources, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4,
		BodyLimit: 128 << 10, Screen: engine.ScreenVerify, CacheSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if w := e.Warnings(); len(w) > 0 {
		t.Fatalf("warnings: %v", w)
	}
	return e
}

// rules are the pack's rules that are for the log.
func (p *pack) rules(t *testing.T) []*rules.Rule {
	t.Helper()
	set, err := rules.Load([]string{p.name})
	if err != nil {
		t.Fatal(err)
	}
	var all []*rules.Rule
	for _, d := range set.Directives {
		if d.IsRule() && d.Rule.Logged() {
			all = append(all, d.Rule)
		}
	}
	if len(all) < p.least {
		t.Fatalf("only %d rules", len(all))
	}
	return all
}

func TestPackCases(t *testing.T) {
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testCases(t) })
	}
}

func (p *pack) testCases(t *testing.T) {
	e := lateralEngine(t, p.name)
	for _, o := range e.Unjudged() {
		t.Errorf("rule %d costs the fast path: %s", o.Rule, o.Reason)
	}
	fires, near := map[int]bool{}, map[int]bool{}
	for _, c := range p.cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			v, err := e.Inspect(c.transaction(t))
			if err != nil {
				t.Fatal(err)
			}
			got := v.RuleIDs()
			if !slices.Equal(got, c.Fires) {
				t.Errorf("got %v, want %v", got, c.Fires)
			}
			if v.Alarm != (len(c.Fires) > 0) {
				t.Errorf("alarm is %v", v.Alarm)
			}
			if v.Screened == engine.ScreenWrong {
				t.Errorf("the screen is wrong")
			}
			if len(c.Fires)+len(c.Near) == 0 {
				t.Error("the case is about no rule")
			}
			for _, id := range c.Fires {
				fires[id] = true
			}
			for _, m := range v.Matches {
				if m.Message == "" || m.Data == "" || m.Severity == engine.SeverityUnset || !slices.Contains(m.Tags, p.name) ||
					!slices.ContainsFunc(m.Tags, func(tag string) bool { return strings.HasPrefix(tag, "mitre/T1") }) {
					t.Errorf("rule %d has not all that an alert needs: %+v", m.RuleID, m)
				}
			}
			for _, id := range c.Near {
				if slices.Contains(c.Fires, id) {
					t.Errorf("rule %d can't be near and fire", id)
				}
				near[id] = true
			}
		})
	}
	known := map[int]bool{}
	for _, d := range p.rules(t) {
		known[d.ID] = true
		if !fires[d.ID] {
			t.Errorf("rule %d has no case that fires", d.ID)
		}
		if !near[d.ID] {
			t.Errorf("rule %d has no case that stays silent", d.ID)
		}
	}
	for id := range near {
		if !known[id] {
			t.Errorf("a case is near rule %d, which there is not", id)
		}
	}
}

// Each condition of a rule is needed: without it, a case that stays silent would not.
func TestPackConditions(t *testing.T) {
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testConditions(t) })
	}
}

func (p *pack) testConditions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes time")
	}
	set, err := rules.Load([]string{p.name})
	if err != nil {
		t.Fatal(err)
	}
	cases := p.cases(t)
	all := set.Directives
	for at, d := range all {
		if !d.IsRule() {
			continue
		}
		for first := 1; first < len(d.Rule.Links); first++ {
			without := *d.Rule
			without.Links = slices.Delete(slices.Clone(d.Rule.Links), first, first+1)
			if first == len(without.Links) { // the one before it is the last now
				last := *without.Links[first-1]
				last.Actions = slices.DeleteFunc(slices.Clone(last.Actions), func(a rules.Action) bool { return a.Name == "chain" })
				without.Links[first-1] = &last
			}
			changed := *d
			changed.Rule = &without
			var text strings.Builder
			for i, other := range all {
				if i == at {
					other = &changed
				}
				text.WriteString(other.Text() + "\n")
			}
			file := filepath.Join(t.TempDir(), "without.conf")
			if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10})
			if err != nil {
				t.Fatalf("rule %d: %v", d.ID(), err)
			}
			if !slices.ContainsFunc(cases, func(c lateralCase) bool {
				v, err := e.Inspect(c.transaction(t))
				return err == nil && !slices.Equal(v.RuleIDs(), c.Fires)
			}) {
				t.Errorf("rule %d: no case needs the condition %s", d.ID(), d.Rule.Links[first])
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Each rule says what an alert needs.
func TestPackActions(t *testing.T) {
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testActions(t) })
	}
}

func (p *pack) testActions(t *testing.T) {
	for _, d := range p.rules(t) {
		for _, want := range []string{"msg", "logdata", "severity"} {
			if !d.Links[0].Has(want) {
				t.Errorf("rule %d has no %s", d.ID, want)
			}
		}
		for _, want := range []string{p.name, "attack-", "mitre/T1"} {
			if !slices.ContainsFunc(d.Tags(), func(tag string) bool { return strings.HasPrefix(tag, want) }) {
				t.Errorf("rule %d has no tag %s", d.ID, want)
			}
		}
		if len(d.Sets()) > 0 {
			t.Errorf("rule %d adds to a score", d.ID)
		}
	}
}

// The documentation's table has every rule, with its message and severity.
func TestPackDocumented(t *testing.T) {
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testDocumented(t) })
	}
}

func (p *pack) testDocumented(t *testing.T) {
	text, err := os.ReadFile(p.doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range p.rules(t) {
		severity, _ := d.Links[0].Action("severity")
		row := fmt.Sprintf("| %d | %s |", d.ID, d.Message())
		i := strings.Index(string(text), row)
		if i < 0 {
			t.Errorf("no row %q", row)
			continue
		}
		line, _, _ := strings.Cut(string(text)[i:], "\n")
		if !strings.HasSuffix(line, "| "+severity+" |") {
			t.Errorf("row %q does not say %s", line, severity)
		}
		for _, tag := range d.Tags() {
			if id, ok := strings.CutPrefix(tag, "mitre/"); ok && strings.HasPrefix(id, "T1") && !strings.Contains(line, id) {
				t.Errorf("row %q does not say %s", line, id)
			}
		}
	}
}

// What the pack finds, it finds beside the Core Rule Set too.
func TestPackWithCRS(t *testing.T) {
	for _, p := range exploitPacks {
		t.Run(p.name, func(t *testing.T) { p.testWithCRS(t) })
	}
}

func (p *pack) testWithCRS(t *testing.T) {
	e := lateralEngine(t, "crs", p.name)
	ours := map[int]bool{}
	for _, id := range p.settles {
		ours[id] = true
	}
	for _, d := range p.rules(t) {
		ours[d.ID] = true
	}
	for _, o := range e.Unjudged() {
		if ours[o.Rule] {
			t.Errorf("rule %d costs the fast path: %s", o.Rule, o.Reason)
		}
	}
	for _, c := range p.cases(t) {
		v, err := e.Inspect(c.transaction(t))
		if err != nil {
			t.Fatal(err)
		}
		if v.Screened == engine.ScreenWrong {
			t.Errorf("%s: the screen is wrong", c.Name)
		}
		got := slices.DeleteFunc(v.RuleIDs(), func(id int) bool { return !ours[id] })
		if !slices.Equal(got, c.Fires) {
			t.Errorf("%s: got %v, want %v", c.Name, got, c.Fires)
		}
		if len(c.Fires) > 0 && !v.Alarm {
			t.Errorf("%s: no alarm", c.Name)
		}
	}
}

// The documentation's ways to tune the pack do what it says.
func TestLateralMovementTuning(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(own, []byte(`SecRule REQUEST_HEADERS:User-Agent "@beginsWith our-agent/" \
    "id:100001,phase:1,pass,nolog,t:none,t:lowercase,ctl:ruleRemoveById=9701002,ctl:ruleRemoveById=9701003"`), 0o600); err != nil {
		t.Fatal(err)
	}
	create := func(path string) *mapping.Transaction { return &mapping.Transaction{Method: "POST", URI: path} }
	ask := func(agent string) *mapping.Transaction {
		return &mapping.Transaction{Method: "GET", URI: "/latest/user-data", Host: "169.254.169.254", RequestHeaders: []mapping.Header{{Name: "User-Agent", Value: agent}}}
	}
	for _, c := range []struct {
		exclude string
		tx      *mapping.Transaction
		want    []int
	}{
		{"", create("/v1.41/containers/create"), []int{9701200}},
		{"9701200@/v1.41/", create("/v1.41/containers/create"), nil},
		{"9701200@/v1.41/", create("/containers/create"), []int{9701200}},
		{"attack-container", create("/containers/create"), nil},
		{"lateral-movement", create("/containers/create"), nil},
		{"9701200-9701299", create("/containers/create"), nil},
		{"9701010@ARGS:url", &mapping.Transaction{URI: "/?url=http://169.254.169.254/latest/"}, nil},
		{"9701010@ARGS:url", &mapping.Transaction{URI: "/?u=http://169.254.169.254/latest/"}, []int{9701010}},
		{"", ask("our-agent/1.0"), nil},
		{"", ask("agent/1.0"), []int{9701002}},
	} {
		cfg := engine.Config{Rules: []string{own, lateral}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10, Screen: engine.ScreenVerify, CacheSize: 1000}
		if c.exclude != "" {
			cfg.Exclude = []string{c.exclude}
		}
		e, err := engine.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Inspect(c.tx)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.RuleIDs(); !slices.Equal(got, c.want) || v.Screened == engine.ScreenWrong {
			t.Errorf("exclude %q, %s: got %v, want %v", c.exclude, c.tx.URI, got, c.want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A shop's everyday traffic, probes and scrapes included, is no lateral movement.
func TestLateralMovementSilent(t *testing.T) {
	e := lateralEngine(t, lateral)
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	g := accesslog.New(97)
	var tx mapping.Transaction
	attacks, found := 0, 0
	for n := 0; n < 5000; {
		r := g.Next()
		record, _, err := mapping.AppendJSON(nil, r.AppendNano(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Map("t", record, &tx); err != nil {
			t.Fatal(err)
		}
		v, err := e.Inspect(&tx)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case v.Screened == engine.ScreenWrong:
			t.Errorf("%s: the screen is wrong", tx.Describe())
		case r.Attack:
			attacks++
			if v.Alarm {
				found++
			}
		case v.Alarm:
			t.Errorf("%s: %v", tx.Describe(), v.RuleIDs())
		}
		if !r.Attack {
			n++
		}
	}
	t.Logf("5000 harmless records are silent; of %d attacks from outside %d are found", attacks, found)
	if found == 0 {
		t.Error("nothing is found at all: were the records inspected?")
	}
}

// Logs of other shapes, through their presets, find the same.
func TestLateralMovementLogs(t *testing.T) {
	e := lateralEngine(t, lateral)
	for _, c := range []struct {
		name, preset, record string
		want                 []int
	}{
		{"Kubernetes' audit log, exec", "kubernetes-audit", `{"apiVersion":"audit.k8s.io/v1","kind":"Event","auditID":"1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods/web-1/exec?command=sh","verb":"create","userAgent":"kubectl/v1.31.0","sourceIPs":["10.0.0.4"],"requestReceivedTimestamp":"2026-01-01T00:00:00Z"}`, []int{9701100}},
		{"Kubernetes' audit log, cluster-admin", "kubernetes-audit", `{"apiVersion":"audit.k8s.io/v1","kind":"Event","auditID":"1","stage":"ResponseComplete","requestURI":"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings","verb":"create","userAgent":"helm","sourceIPs":["10.0.0.4"],"requestReceivedTimestamp":"2026-01-01T00:00:00Z","requestObject":{"roleRef":{"name":"cluster-admin"}}}`, []int{9701106}},
		{"Kubernetes' audit log, lease", "kubernetes-audit", `{"apiVersion":"audit.k8s.io/v1","kind":"Event","auditID":"1","stage":"ResponseComplete","requestURI":"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1?timeout=10s","verb":"update","userAgent":"kubelet/v1.31.0","sourceIPs":["10.0.0.4"],"requestReceivedTimestamp":"2026-01-01T00:00:00Z"}`, nil},
		{"GKE's audit log, exec", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.exec.create","resourceName":"core/v1/namespaces/shop/pods/web-1/exec","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubectl/v1.31.0"}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701100}},
		{"GKE's audit log, port forwarded", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.portforward.create","resourceName":"core/v1/namespaces/shop/pods/web-1/portforward","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubectl/v1.31.0"}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701101}},
		{"GKE's audit log, secrets by kubectl, without a query", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.secrets.list","resourceName":"core/v1/secrets","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubectl/v1.31.0"}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701113}},
		{"GKE's audit log, secrets by an informer", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.secrets.list","resourceName":"core/v1/secrets","authenticationInfo":{"principalEmail":"system:serviceaccount:cert-manager:cert-manager"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"cert-manager-controller/v1.15"}},"timestamp":"2026-01-01T00:00:00Z"}`, nil},
		{"GKE's audit log, cluster-admin", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.authorization.rbac.v1.clusterrolebindings.create","resourceName":"rbac.authorization.k8s.io/v1/clusterrolebindings/all","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"helm"},"request":{"roleRef":{"name":"cluster-admin"}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701106}},
		{"GKE's audit log, pod that has the host", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.create","resourceName":"core/v1/namespaces/shop/pods/x","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"helm"},"request":{"spec":{"hostPID":true}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701108}},
		{"GKE's audit log, pod of the cluster's own namespace", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.create","resourceName":"core/v1/namespaces/kube-system/pods/x","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"helm"},"request":{"spec":{}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701133}},
		{"GKE's audit log, pod of Google's own namespace", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.create","resourceName":"core/v1/namespaces/gke-managed-system/pods/x","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"helm"},"request":{"spec":{}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701133}},
		{"GKE's audit log, certificate", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.certificates.v1.certificatesigningrequests.create","resourceName":"certificates.k8s.io/v1/certificatesigningrequests/x","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"helm"},"request":{"spec":{"signerName":"kubernetes.io/kube-apiserver-client"}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701134}},
		{"GKE's audit log, without credentials", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.list","resourceName":"core/v1/pods","authenticationInfo":{"principalEmail":"system:anonymous"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"Mozilla/5.0"}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701124}},
		{"GKE's audit log, without credentials, refused", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.list","resourceName":"core/v1/pods","authenticationInfo":{"principalEmail":"system:anonymous"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"Mozilla/5.0"},"status":{"code":7}},"timestamp":"2026-01-01T00:00:00Z"}`, nil},
		{"GKE's audit log, image set by hand", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.apps.v1.deployments.patch","resourceName":"apps/v1/namespaces/shop/deployments/web","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubectl/v1.31.0"},"request":{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"docker.io/somebody/tool:1"}]}}}}},"timestamp":"2026-01-01T00:00:00Z"}`, []int{9701116}},
		{"GKE's audit log, applied", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.apps.v1.deployments.patch","resourceName":"apps/v1/namespaces/shop/deployments/web","authenticationInfo":{"principalEmail":"jane@example.com"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubectl/v1.31.0"},"request":{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"spec":{"template":{"spec":{"containers":[{"name":"web","image":"docker.io/somebody/tool:1"}]}}}}},"timestamp":"2026-01-01T00:00:00Z"}`, nil},
		{"GKE's audit log, lease", "gke-audit", `{"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.coordination.v1.leases.update","resourceName":"coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1","authenticationInfo":{"principalEmail":"system:node:node-1"},"requestMetadata":{"callerIp":"10.0.0.4","callerSuppliedUserAgent":"kubelet/v1.31.0"}},"timestamp":"2026-01-01T00:00:00Z"}`, nil},
		{"AKS's table, exec", "aks-audit", `{"AuditId":"1","Stage":"ResponseStarted","RequestUri":"/api/v1/namespaces/shop/pods/web-1/exec?command=sh","Verb":"create","UserAgent":"kubectl/v1.31.0","SourceIps":["10.0.0.4"],"RequestReceivedTime":"2026-01-01T00:00:00Z"}`, []int{9701100}},
		{"Redis, cron job", "nano-redis", `{"L7_PROTOCOL":"redis","SRC_IP":"10.0.0.4","DST_IP":"10.0.0.9","DST_PORT":"6379","REQ":"CONFIG SET dir /var/spool/cron","RES":"OK"}`, []int{9701019}},
		{"Redis, read", "nano-redis", `{"L7_PROTOCOL":"redis","SRC_IP":"10.0.0.4","DST_IP":"10.0.0.9","DST_PORT":"6379","REQ":"GET config","RES":"OK"}`, nil},
		{"access log, actuator", "nginx", `{"log":"10.0.0.4 - - [01/Jan/2026:00:00:00 +0000] \"GET /actuator/env HTTP/1.1\" 200 12 \"-\" \"-\""}`, []int{9701360}},
		{"access log, scrape", "nginx", `{"log":"10.0.0.4 - - [01/Jan/2026:00:00:00 +0000] \"GET /actuator/prometheus HTTP/1.1\" 200 12 \"-\" \"Prometheus/2.54.1\""}`, nil},
	} {
		set, err := mapping.Load(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		record, _, err := mapping.AppendJSON(nil, []byte(c.record))
		if err != nil {
			t.Fatal(err)
		}
		var tx mapping.Transaction
		if err := set.Map("t", record, &tx); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		v, err := e.Inspect(&tx)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.RuleIDs(); !slices.Equal(got, c.want) || v.Screened == engine.ScreenWrong {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// Each metadata service is known to each rule that has their list, in each way in which its address comes.
func TestLateralMovementAddresses(t *testing.T) {
	e := lateralEngine(t, lateral)
	for _, host := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "169.254.0.23", "100.100.100.200", "168.63.129.16", "192.0.0.192",
		"[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]", "[fe80::a9fe:a9fe%25eth0]",
		"metadata.google.internal", "metadata.google.internal.", "METADATA.goog", "metadata.tencentyun.com", "instance-data", "instance-data.ec2.internal",
	} {
		header := func(name, value string) *mapping.Transaction {
			return &mapping.Transaction{URI: "/latest/x", RequestHeaders: []mapping.Header{{Name: name, Value: value}}}
		}
		redirect := &mapping.Transaction{URI: "/", Status: 302, ResponseHeaders: []mapping.Header{{Name: "Location", Value: "http://" + host + "/latest"}}}
		for _, c := range []struct {
			name string
			tx   *mapping.Transaction
			want int
		}{
			{"Host", header("Host", host), 9701003},
			{"Host with a port", header("Host", host+":80"), 9701003},
			{"name of the server", &mapping.Transaction{URI: "/latest/x", Host: strings.Trim(host, "[]")}, 9701003},
			{"absolute form", &mapping.Transaction{URI: "http://" + host + "/latest/x"}, 9701003},
			{"URL in the query", &mapping.Transaction{URI: "/?u=http://" + strings.ReplaceAll(host, "%", "%25") + "/latest/"}, 9701010},
			{"URL in the query, encoded", &mapping.Transaction{URI: "/?u=" + url.QueryEscape("http://user:x@"+host+":80/latest/")}, 9701010},
			{"address in the query", &mapping.Transaction{URI: "/?host=" + url.QueryEscape(strings.TrimSuffix(host, "."))}, 9701011},
			{"URL in a path", &mapping.Transaction{URI: "/fetch/http:/" + url.PathEscape(host) + "/latest/"}, 9701020},
			{"redirect", redirect, 9701015},
		} {
			v, err := e.Inspect(c.tx)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.RuleIDs(); !slices.Equal(got, []int{c.want}) {
				t.Errorf("%s as %s: got %v, want %d", host, c.name, got, c.want)
			}
		}
	}
}
