package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

func TestSkippedIsNoFailure(t *testing.T) {
	p, log := newPipeline(t, "mapping=kubernetes-audit")
	event := newEvent(1, jsonRecord(t, `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"x","stage":"RequestReceived","verb":"get","requestURI":"/?t=../../etc/passwd"}`))
	if r := p.Process("t", event); len(r.Alerts) > 0 {
		t.Error("a record that is left out alarms")
	}
	s := p.Snapshot()
	for cause, n := range s.Errors {
		if n > 0 {
			t.Errorf("%d failures for %s", n, cause)
		}
	}
	if s.Records != 1 || s.Skipped != 1 || strings.Contains(log.String(), "uninspected") {
		t.Errorf("%d records, %d skipped; log: %s", s.Records, s.Skipped, log)
	}
}

// A shell in a container alarms when it begins and not again when it ends, which may be days and a restart later. Whoever gives
// other requests the id of his shell is told all the same.
func TestSessionIsToldOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	moved := file + ".moved"
	properties := []string{"mapping=kubernetes-audit", "rules=lateral-movement", "workers=4"}
	p, _ := newPipeline(t, append(properties, "state_path="+file)...)
	event := func(id, stage, uri, client string) []byte {
		return newEvent(1, jsonRecord(t, `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"`+id+`","stage":"`+stage+`","verb":"get","requestURI":"`+uri+
			`","user":{"username":"ana"},"sourceIPs":["`+client+`"],"userAgent":"kubectl/v1.34.1","responseStatus":{"code":200}}`))
	}
	const shell, secrets = "/api/v1/namespaces/shop/pods/web-0/exec?command=sh", "/api/v1/namespaces/shop/secrets"
	alarms := func(what string, want []int, events ...[]byte) {
		t.Helper()
		if got := p.Process("t", slices.Concat(events...)).Records; !slices.Equal(got, want) {
			t.Errorf("%s: alerts of the records %v, not %v", what, got, want)
		}
	}
	begins, ends := func(id string) []byte { return event(id, "ResponseStarted", shell, "10.1.0.7") }, func(id string) []byte { return event(id, "ResponseComplete", shell, "10.1.0.7") }
	alarms("in one chunk", []int{0}, begins("a"), ends("a"))
	alarms("the end alone", []int{0}, ends("b"))
	alarms("the same id again", []int{0, 2}, begins("c"), ends("c"), ends("c"))
	alarms("other requests with the id", []int{0, 1, 2}, begins("d"), event("d", "ResponseComplete", secrets, "10.1.0.7"), event("d", "ResponseComplete", shell, "10.1.0.8"))
	if n := p.Snapshot().Skipped; n != 2 {
		t.Errorf("%d skipped", n)
	}
	alarms("begins", []int{0}, begins("e"))
	p.SaveState()
	if err := os.Rename(file, moved); err != nil {
		t.Fatal(err)
	}
	p, _ = newPipeline(t, append(properties, "state_path="+moved)...)
	alarms("ends after a restart", nil, ends("e"))
}

// The log tells once which rules a mapping is without: at the start, with auto when its first
// record comes.
func TestRulesOffAreLogged(t *testing.T) {
	_, log := newPipeline(t, "mapping=nginx")
	if text := log.String(); !strings.Contains(text, "mapping=nginx") || !strings.Contains(text, "920280") {
		t.Errorf("log: %s", text)
	}
	p, log := newPipeline(t)
	if strings.Contains(log.String(), "920280") {
		t.Errorf("auto knows already: %s", log)
	}
	event := newEvent(1, jsonRecord(t, `{"log":"10.0.0.7 - - [20/Nov/2026:10:11:12 +0000] \"GET /a HTTP/1.1\" 200 12 \"-\" \"curl\""}`))
	for range 2 {
		p.Process("t", event)
	}
	if n := strings.Count(log.String(), "mapping=nginx"); n != 1 {
		t.Errorf("told %d times: %s", n, log)
	}
}

// A W3C log says in the middle of a chunk which columns the lines after it have.
func TestColumnsWithinAChunk(t *testing.T) {
	p, _ := newPipeline(t, "mapping=iis", "workers=4")
	var chunk []byte
	var want []int
	line := func(text string) { chunk = append(chunk, newEvent(1, jsonRecord(t, `{"log":"`+text+`"}`))...) }
	n := 0
	for i := range 40 {
		columns, row := "date time s-ip cs-method cs-uri-stem cs-uri-query c-ip sc-status", "2026-11-20 10:11:12 10.0.1.5 GET / t=../../etc/passwd 10.0.0.7 200"
		if i%2 == 1 {
			columns, row = "date time c-ip cs-method cs-uri-stem cs-uri-query s-ip sc-status", "2026-11-20 10:11:12 10.0.0.7 GET / t=../../etc/passwd 10.0.1.5 200"
		}
		line("#Fields: " + columns)
		line(row)
		want = append(want, n+1)
		n += 2
	}
	r := p.Process("t", chunk)
	if !slices.Equal(r.Records, want) {
		t.Errorf("alerts of records %v", r.Records)
	}
	for _, a := range r.Alerts {
		if strings.Count(string(a.Events), "10.0.0.7") != strings.Count(string(a.Events), "10.0.1.5") {
			t.Error("clients and servers are mixed up")
		}
		for b := a.Events; len(b) > 0; {
			event, rest, err := msgp.ReadIntfBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			b = rest
			if body := event.([]any)[1].(map[string]any); body["src_ip"] != "10.0.0.7" {
				t.Errorf("src_ip is %v", body["src_ip"])
			}
		}
	}
}

func TestMetadata(t *testing.T) {
	p, _ := newPipeline(t)
	event := msgp.AppendArrayHeader(nil, 2)
	event = msgp.AppendArrayHeader(event, 2)
	event = msgp.AppendInt(event, 1)
	event = append(event, jsonRecord(t, `{"otlp":{"attributes":{"http.request.method":"GET","url.path":"/","url.query":"t=../../etc/passwd"}}}`)...)
	event = append(event, jsonRecord(t, `{"log":"request served"}`)...)
	if r := p.Process("t", event); len(r.Records) != 1 {
		t.Errorf("alerts of records %v", r.Records)
	}
}

// Lists of mappings, and files with several.
func TestMappingList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte("name: own\ndetect: [[q]]\nargs: {q: q}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := newPipeline(t, fmt.Sprintf("mapping=nano, %s", file))
	var chunk []byte
	for _, text := range []string{`{"q":"../../etc/passwd"}`, `{"URL":"/?t=../../etc/passwd","METHOD":"GET","SRC_IP":"10.0.0.1"}`, `{"x":1}`} {
		chunk = append(chunk, newEvent(1, jsonRecord(t, text))...)
	}
	if r := p.Process("t", chunk); !slices.Equal(r.Records, []int{0, 1}) {
		t.Errorf("alerts of records %v", r.Records)
	}
}

// Headers in a form that nobody knows are counted, and complained about once.
func TestUnreadHeaders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte("request: {uri: u, headers: {list: h}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, log := newPipeline(t, "mapping="+file)
	for range 3 {
		p.Process("t", newEvent(1, jsonRecord(t, `{"u":"/","h":[{"a":1,"b":2},{"k":"A","v":"1"}]}`)))
	}
	if n := p.Snapshot().UnreadHeaders; n != 3 {
		t.Errorf("%d headers are unread, want 3", n)
	}
	if n := strings.Count(log.String(), "headers are not inspected"); n != 1 {
		t.Errorf("said %d times: %s", n, log)
	}
}
