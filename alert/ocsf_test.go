package alert

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/schema"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// The schema is the class Detection Finding: the attributes that alerts use, their types, which are required,
// and which of them one at least has to be there. It refuses any other attribute.
func TestOCSFSchema(t *testing.T) {
	class, _ := schema.Compile(t, "testdata/ocsf-schema.json")
	validate := func(text string) error {
		if !json.Valid([]byte(text)) {
			t.Fatalf("no JSON: %s", text)
		}
		return schema.Validate(class, []byte(text))
	}
	alerts := map[string]Alert{"nano-attack": sample(t), "detector": ofDetector()}
	for name, tx := range map[string]mapping.Transaction{
		"nothing known":      {},
		"only ports":         {Client: mapping.Endpoint{Port: "1"}, Server: mapping.Endpoint{Port: "2"}},
		"only a status":      {Status: 500},
		"only a query":       {URI: "?a", Method: "GET"},
		"absolute":           {URI: "http://h"},
		"names as addresses": {URI: "/", Client: mapping.Endpoint{Address: "a.svc"}, Server: mapping.Endpoint{Address: "-"}},
		"odd values": {
			URI: "*", Method: "\xff", Client: mapping.Endpoint{Address: "fe80::1%eth0"},
			Server: mapping.Endpoint{Address: "::ffff:10.0.0.1", Port: "99999"}, Alert: mapping.AlertFields{Status: "-1"},
		},
		"headers": {URI: "/", Alert: mapping.AlertFields{
			RequestHeader: "GET / HTTP/1.1\r\nA:\r\nB: \r\n c\r\n\r\n", ResponseHeader: "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", Status: "200",
		}},
	} {
		m := match(1, 2, "attack-x", "T1190")
		alerts[name] = New(defaults, nil, &tx, &engine.Verdict{Alarm: true, Matches: []engine.Match{m}}, triage.Appraisal{}, "t", time.Now())[0]
	}
	for name, a := range alerts {
		if err := validate(event(t, &a, OCSF, "log")["log"].(string)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	// The schema refuses what lacks a required attribute.
	a := ofDetector()
	text := event(t, &a, OCSF, "log")["log"].(string)
	for _, required := range []string{"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata", "finding_info"} {
		var document map[string]any
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		delete(document, required)
		without, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if validate(string(without)) == nil {
			t.Errorf("without %s it is a finding, too", required)
		}
	}
}

func TestOCSFSeverity(t *testing.T) {
	for severity, want := range []int64{6, 5, 5, 4, 3, 2, 1, 1} {
		a := ofDetector()
		a.Match.Severity = severity
		if got := event(t, &a, OCSF, "")["severity_id"]; got != want {
			t.Errorf("severity %d: severity_id is %v, want %d", severity, got, want)
		}
	}
}
