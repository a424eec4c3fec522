package monitoring

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// blocks are the sections of a Fluent Bit configuration that docs/monitoring.md shows, by the first value of Name.
func blocks(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, block := range regexp.MustCompile(`(?m)^    \[(?:.*\n)(?:^        .*\n)+`).FindAllString(read(t, "docs", "monitoring.md"), -1) {
		name := regexp.MustCompile(`Name +(\w+)`).FindStringSubmatch(block)
		if name == nil {
			t.Fatalf("no name in %s", block)
		}
		all[name[1]] = strings.ReplaceAll(block, "\n    ", "\n")[len("    "):]
	}
	return all
}

// Fluent Bit with the configuration that docs/monitoring.md shows has each metric at its prometheus_exporter, and sends
// Loki what the dashboard asks for.
func TestFluentBit(t *testing.T) {
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	if out, err := exec.Command("make", "-C", rig.Root(), "build/flb-filter_msa.so").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the plugin: %v\n%s", err, out)
	}
	pushed := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/loki/api/v1/push" {
			pushed <- string(body)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	_, lokiPort, err := net.SplitHostPort(receiver.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	loki, err := strconv.Atoi(lokiPort)
	if err != nil {
		t.Fatal(err)
	}
	in, exporter := freePort(t), freePort(t)
	shown := blocks(t)
	config := fmt.Sprintf("[SERVICE]\n    Flush 0.2\n[INPUT]\n    Name tcp\n    Listen 127.0.0.1\n    Port %d\n    Format json\n    Tag nano\n", in)
	for _, name := range []string{"msa", "loki", "prometheus_exporter"} {
		if shown[name] == "" {
			t.Fatalf("docs/monitoring.md shows no %s", name)
		}
		config += rig.WithPorts(shown[name], map[int]int{2021: exporter, 3100: loki})
	}
	file := filepath.Join(t.TempDir(), "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start(rig.Root(), path, "-e", filepath.Join("build", "flb-filter_msa.so"), "-c", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Stop(rig.Patience)
		if t.Failed() {
			t.Logf("with\n%s\nFluent Bit printed:\n%s", config, p.Output())
		}
	})
	var c net.Conn
	if err := rig.Wait(rig.Patience, func() (err error) {
		c, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", in))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	sent := attack(t, "10.0.0.3", 1)
	harmless := strings.ReplaceAll(sent, "../../etc/passwd", "union+station+select+seats") // below confidence, which a metric counts
	if _, err := fmt.Fprintf(c, "%s\n%s\n", harmless, sent); err != nil {
		t.Fatal(err)
	}
	checkPushed(t, pushed)
	checkExported(t, exporter)
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := rig.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// checkPushed looks at the first alert that Loki gets.
func checkPushed(t *testing.T, pushed chan string) {
	t.Helper()
	var body struct {
		Streams []struct {
			Stream map[string]string
			Values [][]string
		}
	}
	select {
	case text := <-pushed:
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	case <-time.After(rig.Patience):
		t.Fatal("Loki gets nothing")
	}
	if len(body.Streams) != 1 || len(body.Streams[0].Values) != 1 || len(body.Streams[0].Stream) != 1 || body.Streams[0].Stream["job"] != "msa" {
		t.Fatalf("Loki gets %+v", body)
	}
	var alert map[string]any
	if err := json.Unmarshal([]byte(body.Streams[0].Values[0][1]), &alert); err != nil {
		t.Fatal(err)
	}
	for _, field := range fieldsOfLoki(t) {
		if _, ok := alert[field].(string); !ok {
			t.Errorf("%s of the alert is %v, and no text", field, alert[field])
		}
	}
	if alert["rule_id"] != "930100" || has(alert, "log") {
		t.Errorf("alert %v", alert)
	}
}

var exported = regexp.MustCompile(`(?m)^# HELP (\S+) (.*)\n# TYPE (\S+) (\S+)\n((?:[^#\n].*\n)+)`)

// scraped is what a Fluent Bit exposes for Prometheus.
func scraped(port int) ([]byte, error) {
	r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Body.Close() }()
	return io.ReadAll(r.Body)
}

// checkExported compares what is exported with the filter's source.
func checkExported(t *testing.T, port int) {
	t.Helper()
	want := metrics(t)
	slices.SortFunc(want, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	if err := rig.Wait(rig.Patience, func() error {
		text, err := scraped(port)
		if err != nil {
			return err
		}
		var got []metric
		for _, m := range exported.FindAllStringSubmatch(string(text), -1) {
			got = append(got, metric{m[1], m[4], m[2]})
			if !strings.Contains(m[5], m[1]+`{name="msa.0"`) {
				return fmt.Errorf("no label name in %s", m[5])
			}
		}
		slices.SortFunc(got, func(a, b metric) int { return strings.Compare(a.name, b.name) })
		if !slices.Equal(got, want) {
			return fmt.Errorf("got %v\nwant %v\nin %s", got, want, text)
		}
		for _, row := range rows(t, "cause") {
			if !strings.Contains(string(text), fmt.Sprintf("msa_errors_total{name=\"msa.0\",cause=%q} 0", row[0])) {
				return fmt.Errorf("no cause %s in %s", row[0], text)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
