// Package helm lints and renders the chart of deploy/helm with Helm's own library.
package helm

import (
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

var update = flag.Bool("update", false, "write test/deploy/testdata/helm.yaml anew")

const (
	chartDir = "../../deploy/helm/msa"
	rendered = "../deploy/testdata/helm.yaml"
	siem     = "siem.example.com"
)

type object = map[string]any

// udp is how the tests of test/deploy get syslog; they run the pipeline in a real Fluent Bit.
var udp = object{"syslog": object{"host": siem, "mode": "udp", "port": 12201, "tls": object{"enabled": false}}}

func tls(more object) object {
	values := object{"syslog": object{"host": siem, "tls": object{"secretName": "siem", "clientCertificate": true}}}
	maps.Copy(values, more)
	return values
}

func TestLint(t *testing.T) {
	for name, values := range map[string]object{"TLS": tls(nil), "UDP": udp, "a watch of pods": tls(object{"workloads": object{"kubernetes": object{"enabled": true}}})} {
		for _, m := range lint.All(chartDir, values, "msa", true).Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %s", name, m)
			}
		}
	}
}

// files are the templates with values filled in.
func files(values object) (map[string]string, error) {
	chart, err := loader.Load(chartDir)
	if err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "msa", Namespace: "msa", IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, all)
}

// manifest is all that would be applied, in one order.
func manifest(t *testing.T, values object) string {
	t.Helper()
	all, err := files(values)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if filepath.Ext(name) == ".yaml" && strings.TrimSpace(all[name]) != "" {
			b.WriteString("---\n" + strings.TrimSpace(all[name]) + "\n")
		}
	}
	return b.String()
}

func documents(t *testing.T, text string) (all []object) {
	t.Helper()
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var one object
		err := d.Decode(&one)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if one != nil {
			all = append(all, one)
		}
	}
}

func kind(t *testing.T, docs []object, kind string) object {
	t.Helper()
	i := slices.IndexFunc(docs, func(d object) bool { return d["kind"] == kind })
	if i < 0 {
		t.Fatalf("there is no %s", kind)
	}
	return docs[i]
}

// at follows keys, and numbers of lists.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, key := range path {
		switch key := key.(type) {
		case string:
			v = v.(object)[key]
		case int:
			v = v.([]any)[key]
		}
	}
	return v
}

// What test/deploy checks and runs is what the chart renders.
func TestRendered(t *testing.T) {
	got := "# Rendered from deploy/helm/msa by go -C test/helm test . -update\n" + manifest(t, udp)
	if *update {
		if err := os.WriteFile(rendered, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(rendered)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what the chart renders: go -C test/helm test . -update (%v)", rendered, err)
	}
}

// By default alerts and incidents go over TLS, to a receiver whose certificate is checked, and wait for it.
func TestTLS(t *testing.T) {
	docs := documents(t, manifest(t, tls(nil)))
	var conf struct {
		Service  object
		Pipeline struct{ Outputs []object }
	}
	if err := yaml.Unmarshal([]byte(at(t, kind(t, docs, "ConfigMap"), "data", "fluent-bit.yaml").(string)), &conf); err != nil {
		t.Fatal(err)
	}
	secured := object{
		"host": "${MSA_SYSLOG_HOST}", "port": uint64(6514), "mode": "tcp", "tls": "on", "tls.verify": "on", "tls.ca_file": "/etc/msa/tls/ca.crt",
		"tls.crt_file": "/etc/msa/tls/tls.crt", "tls.key_file": "/etc/msa/tls/tls.key", "syslog_format": "rfc5424", "retry_limit": "no_limits",
	}
	var sent []any
	for _, out := range conf.Pipeline.Outputs {
		if out["name"] != "syslog" {
			continue
		}
		sent = append(sent, out["match"])
		for key, want := range secured {
			if got := out[key]; got != want && got != (want == "on") {
				t.Errorf("%v: %s is %v, want %v", out["match"], key, got, want)
			}
		}
	}
	if !slices.Equal(sent, []any{"msa.alert", "msa.incident"}) || conf.Service["storage.path"] != "/var/lib/msa/storage" {
		t.Errorf("sent %v, service %v", sent, conf.Service)
	}
	pod := at(t, kind(t, docs, "DaemonSet"), "spec", "template", "spec")
	volumes := at(t, pod, "volumes").([]any)
	if !slices.ContainsFunc(volumes, func(v any) bool { return v.(object)["name"] == "tls" && at(t, v, "secret", "secretName") == "siem" }) {
		t.Errorf("volumes %v", volumes)
	}
	if text := manifest(t, object{"syslog": object{"host": siem}}); strings.Contains(text, "tls.ca_file") || strings.Contains(text, "/etc/msa/tls") || !strings.Contains(text, "tls.verify: on") {
		t.Error("without a secret, the authorities of the system are to count")
	}
}

// A pod that reads no files of the node asks for nothing that the profile restricted forbids, but for the port of Nano.
func TestRestricted(t *testing.T) {
	docs := documents(t, manifest(t, tls(object{"containerLogs": object{"enabled": false}, "nano": object{"hostPort": 15155}})))
	pod := at(t, kind(t, docs, "DaemonSet"), "spec", "template", "spec").(object)
	security := pod["securityContext"].(object)
	if security["runAsNonRoot"] != true || security["runAsUser"] != uint64(65532) || security["runAsGroup"] != uint64(65532) || at(t, security, "seccompProfile", "type") != "RuntimeDefault" {
		t.Errorf("security context of the pod: %v", security)
	}
	if pod["initContainers"] != nil || pod["automountServiceAccountToken"] != false {
		t.Errorf("init containers %v, token %v", pod["initContainers"], pod["automountServiceAccountToken"])
	}
	for _, v := range pod["volumes"].([]any) {
		if v.(object)["hostPath"] != nil {
			t.Errorf("volume %v", v)
		}
	}
	for _, d := range docs {
		if strings.HasPrefix(d["kind"].(string), "ClusterRole") {
			t.Errorf("a %v that nothing needs", d["kind"])
		}
	}
}

// In each form of the chart containers have no privileges and limits, and the network lets through what the pipeline needs only.
func TestPods(t *testing.T) {
	for name, values := range map[string]object{"TLS": tls(nil), "UDP": udp, "network only": tls(object{"containerLogs": object{"enabled": false}}),
		"a watch of pods": tls(object{"workloads": object{"kubernetes": object{"enabled": true}}}), "logs only": tls(object{"nano": object{"enabled": false}})} {
		docs := documents(t, manifest(t, values))
		pod := at(t, kind(t, docs, "DaemonSet"), "spec", "template", "spec").(object)
		containers := pod["containers"].([]any)
		if more, ok := pod["initContainers"].([]any); ok {
			containers = append(containers, more...)
		}
		for _, c := range containers {
			s := at(t, c, "securityContext").(object)
			if s["allowPrivilegeEscalation"] != false || s["readOnlyRootFilesystem"] != true || !slices.Equal(at(t, s, "capabilities", "drop").([]any), []any{"ALL"}) {
				t.Errorf("%s: %v has %v", name, at(t, c, "name"), s)
			}
			if at(t, c, "resources", "limits", "memory") == nil || at(t, c, "resources", "requests", "cpu") == nil {
				t.Errorf("%s: %v has resources %v", name, at(t, c, "name"), at(t, c, "resources"))
			}
		}
		policy := at(t, kind(t, docs, "NetworkPolicy"), "spec").(object)
		open := map[any]bool{}
		for _, way := range []string{"ingress", "egress"} {
			for _, rule := range policy[way].([]any) {
				for _, p := range at(t, rule, "ports").([]any) {
					open[at(t, p, "port")] = true
				}
			}
		}
		port, _ := at(t, values, "syslog", "port").(int)
		if port == 0 {
			port = 6514
		}
		want := map[uint64]bool{53: true, 2021: true, uint64(port): true, 443: name != "network only", 6443: name != "network only", 15155: name != "logs only"}
		for p, isOpen := range want {
			if open[p] != isOpen {
				t.Errorf("%s: port %d open is %v", name, p, open[p])
			}
		}
	}
}

// The filter gets the table of workloads in a folder, so that it is brought up to date, and properties of the user's.
func TestWorkloads(t *testing.T) {
	for name, c := range map[string]struct {
		values object
		volume string
	}{
		"text":        {object{"workloads": object{"table": "address,workload\n10.0.2.7,shop/deployment/cart\n"}}, "msa-workloads"},
		"a ConfigMap": {object{"workloads": object{"existingConfigMap": "made-by-others"}}, "made-by-others"},
	} {
		c.values["filter"] = object{"rules": "crs", "min_confidence": 60}
		text := manifest(t, tls(c.values))
		if n := strings.Count(text, "workloads: /etc/msa/workloads/workloads.csv"); n != 2 {
			t.Errorf("%s: %d filters have the table", name, n)
		}
		if strings.Count(text, "mountPath: /etc/msa/workloads\n") != 1 || !strings.Contains(text, "configMap:\n            name: "+c.volume+"\n") || !strings.Contains(text, `min_confidence: "60"`) {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if text := manifest(t, tls(nil)); strings.Contains(text, "workloads") {
		t.Error("a table that nobody gave")
	}
}

// The table from the Kubernetes API is there before the filter starts, and kept by a container of which the token is for pods
// alone; Fluent Bit has none if it reads no logs of containers.
func TestWorkloadsOfKubernetes(t *testing.T) {
	fromAPI := object{"kubernetes": object{"enabled": true}}
	for name, c := range map[string]struct {
		values object
		rules  object
		inits  []string
		token  bool // of Fluent Bit
	}{
		"with container logs": {tls(object{"workloads": fromAPI}),
			object{"apiGroups": []any{""}, "resources": []any{"namespaces", "pods"}, "verbs": []any{"get", "list", "watch"}}, []string{"state", "workloads-first"}, true},
		"network only": {tls(object{"workloads": fromAPI, "containerLogs": object{"enabled": false}}),
			object{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"list", "watch"}}, []string{"workloads-first"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := manifest(t, c.values)
			docs := documents(t, text)
			if rules := at(t, kind(t, docs, "ClusterRole"), "rules"); !reflect.DeepEqual(rules, []any{c.rules}) {
				t.Errorf("rules %v, want %v", rules, c.rules)
			}
			if n := strings.Count(text, "workloads: /etc/msa/workloads/workloads.csv"); n == 0 {
				t.Error("no filter has the table")
			}
			pod := at(t, kind(t, docs, "DaemonSet"), "spec", "template", "spec").(object)
			if pod["automountServiceAccountToken"] != c.token {
				t.Errorf("Fluent Bit's token: %v", pod["automountServiceAccountToken"])
			}
			inits, containers := pod["initContainers"].([]any), pod["containers"].([]any)
			if got := names(t, inits); !slices.Equal(got, c.inits) {
				t.Errorf("init containers %v", got)
			}
			if got := names(t, containers); !slices.Equal(got, []string{"fluent-bit", "workloads"}) {
				t.Fatalf("containers %v", got)
			}
			first, then := inits[len(inits)-1], containers[1]
			command := []any{"/usr/bin/msa", "workloads", "--output=/etc/msa/workloads/workloads.csv"}
			if got := at(t, then, "command"); !reflect.DeepEqual(got, command) {
				t.Errorf("command %v", got)
			}
			if got := at(t, first, "command"); !reflect.DeepEqual(got, append(command, "--once")) {
				t.Errorf("command at first %v", got)
			}
			for _, writer := range []any{first, then} {
				if got := mounts(t, writer); !reflect.DeepEqual(got, map[string]bool{"/etc/msa/workloads": true, "/var/run/secrets/kubernetes.io/serviceaccount": false}) {
					t.Errorf("mounts %v", got)
				}
			}
			fluentBit := mounts(t, containers[0])
			if writable, ok := fluentBit["/etc/msa/workloads"]; !ok || writable {
				t.Errorf("mounts of Fluent Bit %v", fluentBit)
			}
			if _, ok := fluentBit["/var/run/secrets/kubernetes.io/serviceaccount"]; ok {
				t.Errorf("mounts of Fluent Bit %v", fluentBit)
			}
		})
	}
}

func names(t *testing.T, containers []any) (all []string) {
	for _, c := range containers {
		all = append(all, at(t, c, "name").(string))
	}
	return all
}

// mounts are the folders of a container, and whether it may write there.
func mounts(t *testing.T, container any) map[string]bool {
	all := map[string]bool{}
	for _, m := range at(t, container, "volumeMounts").([]any) {
		all[at(t, m, "mountPath").(string)] = at(t, m, "readOnly") != true
	}
	return all
}

// What can't work is refused, with a word on what to do.
func TestRefused(t *testing.T) {
	for want, values := range map[string]object{
		"syslog.host must be given":             nil,
		"syslog.tls needs syslog.mode tcp":      {"syslog": object{"host": siem, "mode": "udp"}},
		"clientCertificate needs":               {"syslog": object{"host": siem, "tls": object{"clientCertificate": true}}},
		"there would be no input":               tls(object{"nano": object{"enabled": false}, "containerLogs": object{"enabled": false}}),
		"syslog[./]port":                        {"syslog": object{"host": siem, "port": 70000}},
		"workloads.kubernetes writes the table": tls(object{"workloads": object{"table": "a,b", "kubernetes": object{"enabled": true}}}),
		"propertyName 'alert_tag'":              tls(object{"filter": object{"alert_tag": "x"}}),
	} {
		if _, err := files(values); err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
