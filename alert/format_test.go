package alert

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

var update = flag.Bool("update", false, "write the golden files and the examples of docs/alert-formats.md anew")

// ofDetector is a detector's alert about a pod.
func ofDetector() Alert {
	a := Of(Finding{
		Detector: "password-guessing", ID: 9600010, Severity: 3, Message: "Many failed logins from one client",
		Tags: []string{"T1110", "T1059.004"}, Key: "client=10.0.0.7 service=users", Evidence: "31 events in 5m0s",
		Client: mapping.Endpoint{Address: "10.0.0.7", Port: "40112"}, Server: mapping.Endpoint{Address: "fd00::55", Port: "8443"},
		ClientWorkload: mapping.Workload{Namespace: "shop", Kind: "deployment", Name: "web", Account: "shop/web", Impersonates: "jane"},
		ServerWorkload: mapping.Workload{Namespace: "shop", Kind: "statefulset", Name: "users-db", Account: "shop/users"},
		Host:           "users.shop.svc", Method: "POST", Path: "/login", Status: 401,
		Time: time.Date(2026, 5, 4, 3, 2, 1, 250e6, time.UTC), Direction: "east-west", Tag: "kube.users", Preset: "envoy-json",
	})
	a.Incident = "7f3a09c1d2b7496e8a1c5d90e4f7b263"
	a.Kubernetes = Kubernetes{Namespace: "shop", Pod: "users-7d9f", Container: "users", Node: "n1", App: "users"}
	return a
}

// event is the record of an alert.
func event(t testing.TB, a *Alert, f Format, textKey string) map[string]any {
	t.Helper()
	at := AppendTime(nil, time.Unix(1, 0))
	m, rest, err := msgp.ReadMapStrIntfBytes(a.AppendEvent(nil, at, f, textKey)[2+len(at)+1:], nil)
	if err != nil || len(rest) > 0 {
		t.Fatalf("cannot read event: %v, %d bytes left", err, len(rest))
	}
	return m
}

// TestGolden: each format's text of the sample alert and of a detector's is the one on file.
func TestGolden(t *testing.T) {
	fromSample, found := sample(t), ofDetector()
	for name, a := range map[string]*Alert{"nano-attack": &fromSample, "detector": &found} {
		for _, f := range Formats() {
			t.Run(name+"/"+f, func(t *testing.T) {
				got := event(t, a, Format(f), "log")["log"].(string) + "\n"
				file := filepath.Join("testdata", name, f+".txt")
				if *update {
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("got  %swant %s", got, want)
				}
			})
		}
	}
}

// jsonFormats are those whose record is what their text says.
var jsonFormats = []Format{MSA, ECS, OCSF, ModSecurity}

func TestEventIsText(t *testing.T) {
	fromSample, found := sample(t), ofDetector()
	for _, f := range jsonFormats {
		for _, a := range []*Alert{&fromSample, &found} {
			record := event(t, a, f, "the_text")
			var fromText any
			if err := json.Unmarshal([]byte(record["the_text"].(string)), &fromText); err != nil {
				t.Fatal(err)
			}
			delete(record, "the_text")
			again, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			var fromRecord any
			if err := json.Unmarshal(again, &fromRecord); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(fromRecord, fromText) {
				t.Errorf("%s: record %v, text %v", f, fromRecord, fromText)
			}
			if record := event(t, a, f, ""); len(record) != len(fromText.(map[string]any)) {
				t.Errorf("%s: %d keys without text, %d in the text", f, len(record), len(fromText.(map[string]any)))
			}
		}
	}
}

// A key of the format gives way to a text key of its name: receivers refuse records that have a key twice.
func TestTextKeyOnce(t *testing.T) {
	a := ofDetector()
	for _, f := range Formats() {
		at := AppendTime(nil, time.Unix(1, 0))
		n, rest, err := msgp.ReadMapHeaderBytes(a.AppendEvent(nil, at, Format(f), "message")[2+len(at)+1:])
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for range n {
			var key string
			if key, rest, err = msgp.ReadStringBytes(rest); err != nil {
				t.Fatal(err)
			}
			if rest, err = msgp.Skip(rest); err != nil {
				t.Fatal(err)
			}
			if key == "message" {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: %d keys message", f, found)
		}
	}
}

// No format shows what is masked.
func TestFormatsMask(t *testing.T) {
	const record = `{"URL":"/?password=hunter2","METHOD":"GET","DOMAIN":"d","message":"hunter2x","FORWARD":"hunter2","host":"h","RETCODE":"200",` +
		`"REQ_HEADER":"GET /?password=hunter2 HTTP/1.1\r\nUser-Agent: agent-hunter2\r\nReferer: http://d/?password=hunter2\r\n\r\n",` +
		`"REQ_BODY":"hunter2","RSP_HEADER":"HTTP/1.1 200 OK\r\nX-Echo: hunter2\r\n\r\n","RSP_BODY":"hunter2"}`
	m := match(1, 2)
	m.Variable, m.Value, m.Data, m.Message = "ARGS:password", "hunter2", "hunter2", "found hunter2"
	options := defaults
	for _, f := range Formats() {
		for _, mask := range []bool{false, true} {
			options.Mask = mask
			a := New(options, nil, mapped(t, record), &engine.Verdict{Alarm: true, Matches: []engine.Match{m}}, triage.Appraisal{}, "t", time.Now())[0]
			at := AppendTime(nil, time.Unix(1, 0))
			out := string(a.AppendEvent(nil, at, Format(f), "log"))
			if strings.Contains(out, "hunter2") == mask {
				t.Errorf("%s, mask %v: %q", f, mask, out)
			}
		}
	}
}

// Bodies are only in an alert that may have them.
func TestFormatsBodies(t *testing.T) {
	options := defaults
	for _, f := range jsonFormats {
		for _, bodies := range []bool{false, true} {
			options.IncludeBodies = bodies
			tx := mapped(t, `{"URL":"/","METHOD":"POST","REQ_BODY":"body-of-request","RSP_BODY":"body-of-response"}`)
			a := New(options, nil, tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, 2)}}, triage.Appraisal{}, "t", time.Now())[0]
			text := event(t, &a, f, "log")["log"].(string)
			for _, body := range []string{"body-of-request", "body-of-response"} {
				if strings.Contains(text, body) != bodies {
					t.Errorf("%s, include_bodies %v: %s", f, bodies, text)
				}
			}
		}
	}
}

func TestUID(t *testing.T) {
	a, same, later, other := ofDetector(), ofDetector(), ofDetector(), ofDetector()
	later.time = later.time.Add(time.Millisecond)
	other.Match.RuleID++
	if a.uid() != same.uid() || len(a.uid()) != 32 {
		t.Errorf("%q and %q of one alert", a.uid(), same.uid())
	}
	if a.uid() == later.uid() || a.uid() == other.uid() {
		t.Error("two alerts have one id")
	}
}

// The text of an alert whose id is settled is put together of what its id was made of, and is the same.
func TestSettledText(t *testing.T) {
	for _, incident := range []string{"", "i-1"} {
		a, settled := sample(t), sample(t)
		settled.Facts()
		a.Incident, settled.Incident = incident, incident
		if got, want := event(t, &settled, MSA, "log")["log"], event(t, &a, MSA, "log")["log"]; got != want || !strings.Contains(want.(string), `"incident_id":"i-1"`) == (incident != "") {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestSplitURI(t *testing.T) {
	for _, c := range []struct{ uri, scheme, path, query string }{
		{"/a?b=c", "", "/a", "b=c"},
		{"/a?b='#?", "", "/a", "b='#?"},
		{"HTTP://h:80/a?b", "http", "/a", "b"},
		{"http://h", "http", "", ""},
		{"http://h?q", "http", "", "q"},
		{"/r?u=http://h/", "", "/r", "u=http://h/"},
		{"/r/http://h/", "", "/r/http://h/", ""},
		{"*", "", "*", ""},
		{"", "", "", ""},
	} {
		if scheme, path, query := splitURI(c.uri); scheme != c.scheme || path != c.path || query != c.query {
			t.Errorf("%s: got %q, %q, %q", c.uri, scheme, path, query)
		}
	}
}

func TestHeadersOf(t *testing.T) {
	got := headersOf("GET http://h/ HTTP/1.1\r\nHost: h\r\nX: a:b\r\n\tc\r\nbad line\n: none\nY:\n\r\nnot: a header")
	want := []mapping.Header{{Name: "Host", Value: "h"}, {Name: "X", Value: "a:b c"}, {Name: "Y", Value: ""}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if v := userAgentOf("Host: h\r\nuser-agent: x"); v != "x" {
		t.Errorf("user agent is %q", v)
	}
}
