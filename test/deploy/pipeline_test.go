package deploy

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/fluentconf"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// embedded is a pipeline that a deployment brings along.
type embedded struct{ name, text string }

func pipelines(t *testing.T) []embedded {
	t.Helper()
	manifest := kind(t, documents(t, "deploy/kubernetes/daemonset.yaml"), "ConfigMap")
	values := documents(t, "deploy/kubernetes/values.yaml")[0]
	chart := "[SERVICE]\n    HTTP_Server On\n    HTTP_Port 2020\n"
	for _, part := range []string{"inputs", "filters", "outputs"} {
		chart += at(t, values, "config", part).(string) + "\n"
	}
	return []embedded{
		{"docker", read(t, "deploy/docker/fluent-bit.conf")},
		{"daemonset", at(t, manifest, "data", "fluent-bit.yaml").(string)},
		{"chart", chart},
		{"helm", at(t, kind(t, documents(t, "test/deploy/testdata/helm.yaml"), "ConfigMap"), "data", "fluent-bit.yaml").(string)},
	}
}

// Each pipeline receives and sends at the ports of the original MSA, sets only properties that
// there are, and its alerts reach syslog whole.
func TestPipelines(t *testing.T) {
	known := []string{"name", "match"}
	for _, p := range pipeline.Properties() {
		known = append(known, p.Name)
	}
	for _, e := range pipelines(t) {
		t.Run(e.name, func(t *testing.T) {
			found, states := map[string]int{}, map[string]bool{}
			tags := map[string]string{}
			sections, err := fluentconf.Parse(e.text)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range sections {
				name := s.Get("name")
				found[s.Kind+" "+name]++
				switch s.Kind + " " + name {
				case "input udp":
					tags["nano"] = s.Get("tag")
					if s.Get("port") != "15155" || s.Get("format") != "json" {
						t.Errorf("udp: %v", s.Keys)
					}
				case "filter msa":
					for key := range s.Keys {
						if !slices.Contains(known, key) {
							t.Errorf("msa has no property %q", key)
						}
					}
					if tag := s.Get("alert_tag"); tag != "msa.alert" {
						t.Errorf("alert_tag %q", tag)
					}
					state := s.Get("state_path")
					if filepath.Dir(state) != stateDir || states[state] {
						t.Errorf("state_path %q is not in %s, or another filter's", state, stateDir)
					}
					states[state] = true
				case "output syslog":
					if match := s.Get("match"); match != []string{"msa.alert", "msa.incident"}[min(found["output syslog"], 2)-1] || s.Get("port") != "12201" || s.Get("host") != "${MSA_SYSLOG_HOST}" ||
						s.Get("syslog_message_key") != "log" || s.Get("syslog_maxsize") != "60000" {
						t.Errorf("syslog: %v", s.Keys)
					}
				case "output prometheus_exporter":
					if s.Get("match") != "msa.metrics" || s.Get("port") != "2021" {
						t.Errorf("prometheus_exporter: %v", s.Keys)
					}
				case "service ":
					if s.Get("http_port") != "2020" {
						t.Errorf("service: %v", s.Keys)
					}
				}
			}
			if tags["nano"] != "nano" || len(states) == 0 {
				t.Errorf("tags %v, state files %v", tags, states)
			}
			for want, n := range map[string]int{"service ": 1, "input udp": 1, "output syslog": 2, "output prometheus_exporter": 1} {
				if found[want] != n {
					t.Errorf("%d of %q", found[want], want)
				}
			}
		})
	}
}

// A real Fluent Bit runs each pipeline, with other ports and folders, and an attack that is sent
// to it comes out of its syslog.
func TestFluentBit(t *testing.T) {
	fluentBit, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	if out, err := exec.Command("make", "-C", rig.Root(), "all").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the plugin: %v\n%s", err, out)
	}
	t.Setenv("MSA_SYSLOG_HOST", "127.0.0.1")
	attack := []byte(strings.TrimSpace(read(t, "test/testdata/nano-attack.json")))
	for _, e := range pipelines(t) {
		t.Run(e.name, func(t *testing.T) {
			syslog, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer syslog.Close()
			ports := map[int]int{12201: syslog.LocalAddr().(*net.UDPAddr).Port}
			for _, p := range []int{15155, 2020, 2021} {
				if ports[p], err = rig.FreePort(); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			build := filepath.Join(rig.Root(), "build")
			here := strings.NewReplacer("/usr/lib/msa/plugins.conf", filepath.Join(dir, "plugins.conf"), "/usr/lib/msa", build,
				"/var/lib/msa", dir, "/etc/msa/rules", filepath.Join(rig.Root(), "deploy/docker/rules"),
				"/var/log/containers", filepath.Join(dir, "containers"), "0.0.0.0", "127.0.0.1")
			config := filepath.Join(dir, "fluent-bit.conf")
			if fluentconf.IsYAML(e.text) {
				config = filepath.Join(dir, "fluent-bit.yaml")
			}
			for name, text := range map[string]string{
				config:                             rig.WithPorts(here.Replace(e.text), ports),
				filepath.Join(dir, "plugins.conf"): here.Replace(read(t, "deploy/fluent-bit/plugins.conf")),
			} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{"-c", config}
			if e.name == "chart" {
				for _, arg := range at(t, documents(t, "deploy/kubernetes/values.yaml")[0], "args").([]any) {
					if plugin, ok := strings.CutPrefix(arg.(string), "--plugin="); ok {
						args = append(args, "--plugin="+here.Replace(plugin))
					}
				}
			}
			p, err := rig.Start(dir, fluentBit, args...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = p.Stop(rig.Patience) }()
			buf := make([]byte, 64<<10)
			for end := time.Now().Add(rig.Patience); time.Now().Before(end) && p.Running(); {
				conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", ports[15155]))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = conn.Write(attack)
				_ = conn.Close()
				_ = syslog.SetReadDeadline(time.Now().Add(time.Second))
				if n, _, err := syslog.ReadFrom(buf); err == nil {
					got := string(buf[:n])
					if strings.Contains(got, `"kind":"incident"`) {
						continue // the alert may come after it
					}
					if !strings.Contains(got, `"rule_id":"930100"`) && !strings.Contains(got, `"detector":`) {
						t.Errorf("alert %s", got)
					}
					return
				}
			}
			t.Fatalf("no alert; Fluent Bit printed:\n%s", p.Output())
		})
	}
}
