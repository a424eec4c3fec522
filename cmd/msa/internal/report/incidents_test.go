package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Incidents come first on the page, the worst and newest first: told by messages where there are some, else by their alerts.
func TestIncidents(t *testing.T) {
	alertOf := func(incident, time, severity, outcome string, confidence int) string {
		return fmt.Sprintf(`{"rule_id":"1","time":%q,"src_ip":"192.0.2.7","dst_ip":"10.0.0.1","domain":"shop.example","url":"/a?b","method":"GET","msg":"SQL injection","severity":%q,
			"incident_id":%q,"outcome":%q,"confidence":%d,"rules":[{"id":1,"msg":"SQL injection","severity":2}]}`, time, severity, incident, outcome, confidence)
	}
	messageOf := func(n int, text string) string {
		return fmt.Sprintf(`{"incident_id":"told","kind":"incident","event":"update","message":%d,"severity":"1","summary":"the title","text":%q,"outcome":"success","confidence":99,
			"alerts":70,"first":"2026-03-02T10:00:00Z","last":"2026-03-02T11:00:00Z"}`, n, text)
	}
	r := reportOf(t, Options{Title: "t", Size: 1 << 20},
		alertOf("old", "2026-03-01 10:00:00", "2", "failure", 50), alertOf("new", "2026-03-02 10:00:00", "2", "unknown", 70),
		alertOf("told", "2026-03-02 10:00:00", "5", "failure", 50), messageOf(2, "the last story"), messageOf(1, "an older story"),
		alertOf("new", "2026-03-02 10:05:00", "5", "success", 40), alertOf("mild", "2026-03-03 10:00:00", "5", "failure", 50))
	data := r.data(Input{})
	var got []string
	for _, i := range data.Incidents {
		got = append(got, fmt.Sprintln(i.ID, i.Severity, i.Alerts, i.Outcome, i.Confidence, i.Last-i.First, i.Title, i.Text))
	}
	want := []string{
		"told 1 70 success 99 3600 the title the last story\n",
		"new 2 2 success 70 300 192.0.2.7 attacks shop.example: SQL injection \n",
		"old 2 1 failure 50 0 192.0.2.7 attacks shop.example: SQL injection \n",
		"mild 5 1 failure 50 0 192.0.2.7 attacks shop.example: SQL injection \n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page has\n%swant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
	if r.Alerts() != 5 {
		t.Errorf("%d alerts, of 5 and 2 messages", r.Alerts())
	}
	k, err := parse([]byte(alertOf("x", "2026-03-01 10:00:00", "2", "success", 97)))
	if err != nil || k.label() != "GET /a?b (success, 97 % sure)" {
		t.Errorf("an alert's row says %q, %v", k.label(), err)
	}
	if text, err := json.Marshal(data); err != nil || !strings.Contains(string(text), `"incidents":[{"id":"told"`) {
		t.Errorf("the data lacks them: %v", err)
	}
}

// Times at which no log can have been written are none, as of alerts.
func TestTimesOfIncidents(t *testing.T) {
	for _, c := range []struct {
		first, last string
		want        string // in Markdown
	}{
		{"2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z", ", 2026-03-02 10:00:00 to 2026-03-02 11:00:00"},
		{"2026-03-02T10:00:00Z", "", ", 2026-03-02 10:00:00 to 2026-03-02 10:00:00"},
		{"2026-03-02T10:00:00Z", "1969-12-31T23:59:59Z", ", 2026-03-02 10:00:00 to 2026-03-02 10:00:00"},
		{"1969-12-31T23:00:00Z", "1969-12-31T23:59:59Z", ""}, {"", "", ""}, {"9999-01-01T00:00:00Z", "9999-12-31T00:00:00Z", ""},
	} {
		var m message
		text := fmt.Sprintf(`{"kind":"incident","incident_id":"one","message":1,"severity":"3","alerts":-4,"first":%q,"last":%q}`, c.first, c.last)
		for _, key := range []string{"first", "last"} {
			text = strings.Replace(text, fmt.Sprintf(`,%q:""`, key), "", 1)
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		var all incidents
		all.tell(m)
		one := all.seen["one"]
		if got := span(", ", one.First, one.Last); got != c.want || one.Alerts != 0 {
			t.Errorf("from %q to %q: %q, %d alerts", c.first, c.last, got, one.Alerts)
		}
	}
}
