package pipeline

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
)

const guessing = `detectors:
  - {name: guessing, id: 7, type: threshold, key: [client], count: 3, window: 1m, where: {status: 401}, description: somebody guesses, severity: error, tags: [T1110]}
`

// refusals gives a pipeline records of refused logins, and returns the alerts.
func refusals(t *testing.T, n int, properties ...string) []map[string]any {
	t.Helper()
	return refusalsAt(t, "/login", n, properties...)
}

func refusalsAt(t *testing.T, path string, n int, properties ...string) []map[string]any {
	t.Helper()
	file := filepath.Join(t.TempDir(), "detectors.yaml")
	if err := os.WriteFile(file, []byte(guessing), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := newPipeline(t, append(properties, "behavior="+file, "mapping=nano")...)
	var chunk []byte
	for i := range n {
		chunk = append(chunk, newEvent(uint32(1000+i), jsonRecord(t, `{"SRC_IP":"10.0.0.7","DST_IP":"10.0.0.8","SRC_PORT":"4","METHOD":"POST","URL":"`+path+`?x=1","RETCODE":"401","DOMAIN":"users",
			"kubernetes":{"namespace_name":"shop","pod_name":"web-1","container_name":"web","host":"node-1","labels":{"app":"web"}}}`))...)
	}
	r := p.Process("t", chunk)
	all := read(t, r)
	if n := int(p.Snapshot().Found); n != len(all) {
		t.Errorf("%d alerts of detectors are counted, and there are %d", n, len(all))
	}
	return all
}

// A detector's alert is an alert like others.
func TestDetectorAlert(t *testing.T) {
	all := refusals(t, 5)
	if len(all) != 1 {
		t.Fatalf("%d alerts", len(all))
	}
	for key, want := range map[string]any{
		"rule_id": "7", "detector": "guessing", "evidence": "3 events in 1m", "msg": "somebody guesses", "severity": "3", "src_ip": "10.0.0.7", "dst_ip": "10.0.0.8",
		"url": "/login", "method": "POST", "retcode": "401", "direction": "east-west", "tag": "t", "preset": "nano",
		"matched":              "Detector `guessing': 3 events in 1m (client=10.0.0.7)",
		"kubernetes_namespace": "shop", "kubernetes_pod": "web-1", "kubernetes_container": "web", "kubernetes_node": "node-1", "kubernetes_app": "web",
	} {
		if all[0][key] != want {
			t.Errorf("%s is %v, want %v", key, all[0][key], want)
		}
	}
	if attack, _ := all[0]["attack"].([]any); !slices.Contains(attack, any("T1110")) {
		t.Errorf("attack is %v", all[0]["attack"])
	}
}

// One list silences rules and detectors.
func TestDetectorsAreExcluded(t *testing.T) {
	for exclude, want := range map[string]int{
		"guessing": 0, "7": 0, "5-9": 0, "T1110": 0, "guessing@/login": 0, "guessing@10.0.0.0/24": 0, "*@10.0.0.7": 0, "*@/login": 0,
		"guessing@/other": 1, "guessing@10.1.0.0/24": 1, "8": 1, "other": 1,
	} {
		if got := len(refusals(t, 5, "exclude="+exclude)); got != want {
			t.Errorf("exclude %s: %d alerts, want %d", exclude, got, want)
		}
	}
	if got := len(refusalsAt(t, "/lo%67in", 5, "exclude=guessing@/login")); got != 0 {
		t.Errorf("%d alerts at an encoded path that is excluded", got)
	}
	if got := len(refusals(t, 5, "min_severity=critical")); got != 0 {
		t.Errorf("%d alerts that are less severe than asked for", got)
	}
}

func TestBrokenDetectors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "detectors.yaml")
	if err := os.WriteFile(file, []byte("detectors:\n  - {name: a, id: 1, type: threshold}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig(given("behavior=" + file))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(cfg, &engines, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "property behavior") || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "detector a: ") {
		t.Errorf("got %v", err)
	}
}

// An exclusion that names nothing is warned of, with what may have been meant; one of what is only off now is not.
func TestUnknownExclusions(t *testing.T) {
	exclusions, err := engine.ParseExclusions([]string{
		"attack-sqI", "999999", "970000-970001@/x", "path-scam", "zzzzzzzzzzzz",
		"attack-sqli", "942100@ARGS:q", "9703010", "path-scan", "*@/x", "942000-942999", "942100@/x/*@ARGS:q",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, behavior := range []string{"default", "off"} {
		p, _ := newPipeline(t, "behavior="+behavior)
		got := exclusions.Unknown(p.named())
		const nothing = ` does nothing: no rule or detector has this id, tag or name`
		want := []string{
			`exclude "attack-sqI"` + nothing + `; did you mean "attack-sqli"?`,
			`exclude "999999"` + nothing, `exclude "970000-970001"` + nothing,
			`exclude "path-scam"` + nothing + `; did you mean "path-scan"?`, `exclude "zzzzzzzzzzzz"` + nothing,
			`exclude "942100@/x/*@ARGS:q": * is no wildcard: a path stands for all that begin with it`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("behavior %s: got %q", behavior, got)
		}
	}
}

// So is one of a mapping's file, but of no preset, which may be used with any rules.
func TestUnknownExclusionsOfMappings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte("exclude: [942100, 123456, attack-sqI]\nrequest: {uri: {field: url}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, log := newPipeline(t, "mapping="+file+",squid")
	for _, want := range []string{`own.yaml: exclude \"123456\" does nothing`, `own.yaml: exclude \"attack-sqI\" does nothing`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	if n := strings.Count(log.String(), "does nothing"); n != 2 {
		t.Errorf("%d warnings: %s", n, log)
	}
}

// And of a detector. MSA's own are for any rules, also beside some of the user's.
func TestUnknownRulesOfDetectors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte(`include: default
detectors:
  - {name: mine, id: 1, type: threshold, key: [client], count: 2, window: 1m, where: {rule: [942100, 942000-942999, 123456, 123450-123459]}}
  - {name: ours, id: 2, type: threshold, key: [client], count: 2, window: 1m, where: {rule_tag: attack-sqli}, unless: [{rule_tag: [attack-sqll, attack-*]}]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, log := newPipeline(t, "behavior="+file)
	for _, want := range []string{
		`detector mine: rule \"123456\" fits no rule that is loaded"`, `detector mine: rule \"123450-123459\" fits no rule that is loaded"`,
		`detector ours: rule_tag \"attack-sqll\" fits no rule that is loaded; did you mean \"attack-sqli\"?"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	if n := strings.Count(log.String(), "fits no rule"); n != 3 {
		t.Errorf("%d warnings: %s", n, log)
	}
}
