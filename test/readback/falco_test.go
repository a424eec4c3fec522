package readback

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

// falcoPayload is what Falcosidekick reads of a request: one event, of which it demands these.
type falcoPayload struct {
	Output       string         `json:"output"`
	Priority     string         `json:"priority"`
	Rule         string         `json:"rule"`
	Time         time.Time      `json:"time"`
	OutputFields map[string]any `json:"output_fields"`
	Source       string         `json:"source"`
	Tags         []string       `json:"tags"`
	Hostname     string         `json:"hostname"`
}

// Fluent Bit's http output sends alerts and incidents, an event a request, as Falcosidekick reads them.
func TestFalcosidekick(t *testing.T) {
	path, ok := rig.FluentBit()
	if !ok {
		t.Skip("no Fluent Bit: set $FLUENT_BIT or PATH")
	}
	events := make(chan falcoPayload, 100)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var p falcoPayload
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		if err := decoder.Decode(&p); err != nil || decoder.More() || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("a request of %q, not of one event: %v, %s", r.Header.Get("Content-Type"), err, body)
		}
		events <- p
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	dir := t.TempDir()
	in, parsers := filepath.Join(dir, "in.json"), filepath.Join(dir, "parsers.conf")
	rules := filepath.Join(dir, "own.conf")
	for file, text := range map[string]string{
		in: string(record(t)) + "\n" + string(record(t)) + "\n", parsers: "[PARSER]\n    Name json_line\n    Format json\n", rules: rule,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "fluent-bit.conf")
	text := fmt.Sprintf("[SERVICE]\n    Flush 0.2\n    Grace 1\n    Parsers_File %s\n", parsers) +
		fmt.Sprintf("[INPUT]\n    Name tail\n    Path %s\n    Tag nano\n    Parser json_line\n    Read_From_Head On\n", in) +
		fmt.Sprintf("[FILTER]\n    Name msa\n    Match nano\n    Mapping nano\n    Behavior off\n    Alert_Format falco\n    Rules %s\n", rules) +
		fmt.Sprintf("[OUTPUT]\n    Name http\n    Match msa.*\n    Host 127.0.0.1\n    Port %d\n    URI /\n    Body_Key $log\n    Headers_Key $headers\n", listener.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, rig.Root(), path, "-e", filepath.Join(rig.Root(), "build/flb-filter_msa.so"), "-c", config)
	alerts, incidents := 0, 0
	for alerts < 2 || incidents < 1 {
		select {
		case p := <-events:
			if p.Rule == "" || p.Time.IsZero() || p.Source != "msa" || p.Priority == "" || p.Output == "" || p.OutputFields["incident_id"] == nil {
				t.Fatalf("Falcosidekick refuses %+v", p)
			}
			if p.OutputFields["kind"] == "incident" {
				incidents++
			} else if alerts++; p.OutputFields["url"] != url || p.Hostname != "probe-1" {
				t.Errorf("an alert is read as %+v", p)
			}
		case <-time.After(rig.Patience):
			t.Fatalf("%d alerts and %d incidents came", alerts, incidents)
		}
	}
}
