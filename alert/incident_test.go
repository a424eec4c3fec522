package alert

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// ofIncident is an incident that has all there is, and texts of an attacker who knows the formats.
func ofIncident() Incident {
	at := time.Date(2026, 3, 2, 10, 12, 0, 862e6, time.UTC)
	return Incident{
		ID: "b3ba25c1d2b7496e8a1c5d90e4f7b263", Event: "update", News: []string{"it worked: The answer has /etc/passwd"}, Message: 3,
		Follows: "762dc4c1d2b7496e8a1c5d90e4f7b263", Joined: []string{"11112222333344445555666677778888"},
		Time: at.Add(20 * time.Minute), First: at, Last: at.Add(19 * time.Minute), Key: "client 10.42.2.5", Actors: []string{"client 10.42.2.5"}, MoreActors: 1,
		Severity: 1, Confidence: 99, Outcome: "success", Evidence: []string{"The answer has /etc/passwd"}, Direction: "east-west", Alerts: 242, Successes: 1,
		Stages: []Stage{
			{ID: "TA0006", Tactic: "credential access", Alerts: 28, What: []Count{{"many refused logins", 28}}, Techniques: []string{"T1110", "T1552.007"}},
			{ID: "TA0008", Tactic: "lateral movement", Alerts: 214, What: []Count{{"reading files", 214}}, Succeeded: true},
		},
		Targets: []Target{{"search|=^\"\\", 3, "success"}}, AllTargets: 65, Endpoints: []Count{{"search /query", 3}},
		Hops: []Hop{{"10.42.2.5", "10.42.12.4", at.Add(10 * time.Minute)}}, Data: []Count{{"payment card number", 20}}, Detectors: []Count{{"host-scan", 1}},
		Samples: []string{"c64dff879b25db752c9d8a4fa0ec23a9"}, Title: "10.42.2.5 successfully attacks search|=^ and 64 others", Text: "On 2026-03-02, 10.42.2.5 attacked search|=^\\.",
	}
}

// told is the record of an incident, and its text.
func told(t *testing.T, i Incident, f Format) (record map[string]any, text string) {
	t.Helper()
	b := i.AppendEvent(nil, f, "log")
	record, rest, err := msgp.ReadMapStrIntfBytes(b[2+10+1:], nil)
	if err != nil || len(rest) > 0 {
		t.Fatalf("cannot read event: %v, %d bytes left", err, len(rest))
	}
	return record, record["log"].(string)
}

// Each format's text of an incident is the one on file, and says which incident it is of, how bad it is, and the story.
func TestIncidentFormats(t *testing.T) {
	i := ofIncident()
	for _, f := range Formats() {
		record, text := told(t, i, Format(f))
		file := filepath.Join("testdata", "incident", f+".txt")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text+"\n" != string(want) {
			t.Errorf("%s: got  %s\nwant %s", f, text, want)
		}
		var document map[string]any
		if isJSON := !Format(f).IsText(); isJSON != (json.Unmarshal([]byte(text), &document) == nil) {
			t.Errorf("%s: the text is %s", f, text)
		}
		switch Format(f) {
		case CEF:
			header, extension, err := parseCEF(text)
			if err != nil || header[4] != "incident" || header[6] != "9" || extension["msg"] != i.Text || extension["externalId"] != i.ID || extension["cs2"] != "search|=^\"\\" {
				t.Errorf("CEF is read as %q %q, %v", header, extension, err)
			}
		case LEEF:
			header, attributes, err := parseLEEF(text)
			if err != nil || attributes["incidentId"] != i.ID || attributes["msg"] != i.Text || attributes["targets"] != "search|=^\"\\" {
				t.Errorf("LEEF is read as %q %q, %v", header, attributes, err)
			}
		}
		if !strings.Contains(fmt.Sprint(record), i.ID) || !strings.Contains(text, i.ID) || !strings.Contains(text, "lateral movement") {
			t.Errorf("%s says too little: %s", f, text)
		}
	}
}

// An Incident Finding has what OCSF 1.5 requires of its class.
func TestIncidentFinding(t *testing.T) {
	for event, want := range map[string]int64{"begin": 1, "update": 2, "end": 3} {
		i := ofIncident()
		i.Event = event
		record, _ := told(t, i, OCSF)
		for _, required := range []string{"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "status_id", "time", "metadata", "finding_info_list"} {
			if record[required] == nil {
				t.Errorf("%s is missing", required)
			}
		}
		if record["activity_id"] != want || record["type_uid"] != 200500+want || record["class_uid"] != int64(2005) {
			t.Errorf("%s is activity %v, type %v", event, record["activity_id"], record["type_uid"])
		}
	}
}

// An event of Falco has the keys that Falco writes and Falcosidekick asks for; what the record has beside is for Fluent Bit.
func TestFalco(t *testing.T) {
	fromSample, found := sample(t), ofDetector()
	events := map[string]map[string]any{"alert": event(t, &fromSample, Falco, "log"), "detector": event(t, &found, Falco, "log")}
	events["incident"], _ = told(t, ofIncident(), Falco)
	keys := []string{"hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"}
	for name, record := range events {
		var document struct {
			Output, Priority, Rule, Source string
			Time                           time.Time
			Fields                         map[string]any `json:"output_fields"`
			Tags                           []string
		}
		text := record["log"].(string)
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, p := range pairs(t, []byte(text)) {
			got = append(got, p.key)
		}
		if !slices.Equal(got, keys) {
			t.Errorf("%s has the keys %q", name, got)
		}
		if document.Time.IsZero() || document.Rule == "" || document.Tags == nil || document.Source != "msa" || !slices.Contains(falcoPriorities[:], document.Priority) {
			t.Errorf("%s: %+v", name, document)
		}
		if !regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{9}: ` + document.Priority + ` \S`).MatchString(document.Output) {
			t.Errorf("%s: the output is %q", name, document.Output)
		}
		for key, value := range document.Fields {
			switch value.(type) {
			case string, float64:
			default:
				t.Errorf("%s: %s is %v, no text or number", name, key, value)
			}
		}
		if headers, _ := record["headers"].(map[string]any); headers["Content-Type"] != "application/json" || len(record) != len(keys)+2 {
			t.Errorf("%s: the record is %v", name, record)
		}
	}
}

// Where an incident's id was not known yet, it is written afterwards, in each format, and nothing else changes.
func TestSetIncident(t *testing.T) {
	for _, f := range Formats() {
		known, pending := ofDetector(), ofDetector()
		known.Facts()
		pending.Facts()
		pending.Incident = Pending
		at := AppendTime(nil, time.Unix(1, 0))
		want, got := known.AppendEvent(nil, at, Format(f), "log"), pending.AppendEvent(nil, at, Format(f), "log")
		SetIncident(got, known.Incident)
		if string(got) != string(want) {
			t.Errorf("%s: got  %q\nwant %q", f, got, want)
		}
	}
}
