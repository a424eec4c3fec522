package pipeline

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const decoy = "4716258050958603"

func writeCanaries(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "canaries.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A record with a canary value alarms as nothing else does, wherever the value stands and whatever became of it.
func TestCanaries(t *testing.T) {
	file := writeCanaries(t, decoy+",card of A. Decoy\nada.decoy@bank.example\n")
	for _, when := range []string{"confidence", "threshold", "match"} {
		p, _ := newPipeline(t, "mapping=nano", "alert_when="+when, "canaries="+file, "rules=sensitive-data")
		refused := exchange("GET", "/x?c=4716%202580%205095%208603", "", "")
		refused["RETCODE"], refused["RSP_HEADER"] = "404", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n"
		for name, record := range map[string]map[string]string{
			"path":     exchange("GET", "/cards/"+decoy, "", ""),
			"refused":  refused,
			"header":   exchange("GET", "/", "", "", "X-Customer: ADA.DECOY@bank.example"),
			"body":     exchange("POST", "/", jsonType, `{"mail":"ada.decoy@bank.example"}`),
			"response": exchange("GET", "/customers", "", "", `answer: [{"card":"4716-2580-5095-8603"}]`),
			"base64":   exchange("GET", "/customers", "", "", "answer: "+base64.StdEncoding.EncodeToString([]byte("the card "+decoy+" is here"))),
		} {
			t.Run(when+" "+name, func(t *testing.T) {
				alerts := alertsOf(t, p, record)
				if len(alerts) != 1 {
					t.Fatalf("%d alerts", len(alerts))
				}
				a := alerts[0]
				if a["severity"] != "0" || a["rule_id"] != "9700900" || !strings.HasPrefix(fmt.Sprint(a["msg"]), "Canary value ") {
					t.Errorf("severity %v, rule %v, %v", a["severity"], a["rule_id"], a["msg"])
				}
				if c, ok := a["confidence"]; when == "confidence" && (!ok || toInt(c) != 100) {
					t.Errorf("confidence %v", c)
				}
			})
		}
		for name, record := range map[string]map[string]string{
			"another one":     exchange("GET", "/customers/7", "", "", `answer: [{"card":"none","mail":"ada@bank.example"}]`),
			"a longer number": exchange("GET", "/x?c="+decoy+"1", "", ""),
		} {
			if alerts := alertsOf(t, p, record); len(alerts) != 0 {
				t.Errorf("%s: %v", name, alerts)
			}
		}
	}
}

// toInt is a number as an alert has it.
func toInt(v any) int {
	switch n := v.(type) {
	case int64:
		return int(n)
	case uint64:
		return int(n)
	case float64:
		return int(n)
	}
	return -1
}

// Data in an answer are no attack, but for a canary value: the incident is told at once.
func TestCanaryBeginsAnIncident(t *testing.T) {
	file := writeCanaries(t, decoy)
	for answer, want := range map[string]int{"the card " + decoy: 1, `msgid "card"\nmsgstr "` + decoy + `"`: 1, "mail ada@bank.example": 0} {
		p := unshared(t, nil, "mapping=nano", "canaries="+file, "rules=crs,sensitive-data")
		defer p.Close()
		text, err := json.Marshal(exchange("GET", "/customers", "", "", "answer: "+answer))
		if err != nil {
			t.Fatal(err)
		}
		if got := count(p.Process("t", newEvent(1000, jsonRecord(t, string(text)))).Incidents); got != want {
			t.Errorf("%s: %d messages about incidents, want %d", answer, got, want)
		}
	}
}

// Whoever may read it is left out.
func TestCanariesExcluded(t *testing.T) {
	file := writeCanaries(t, decoy)
	record := exchange("GET", "/customers", "", "", "answer: "+decoy+"x "+decoy)
	for exclude, want := range map[string]int{"9700900@10.1.0.7": 0, "canary@10.1.0.0/16": 0, "9700900@10.9.0.9": 1} {
		p, log := newPipeline(t, "mapping=nano", "rules=lateral-movement", "canaries="+file, "exclude="+exclude)
		if got := alertsOf(t, p, record); len(got) != want {
			t.Errorf("exclude %s: %d alerts, want %d", exclude, len(got), want)
		}
		if strings.Contains(log.String(), "names no rule") {
			t.Errorf("exclude %s: %s", exclude, log)
		}
	}
}

// The file is read again when it has changed; a broken one leaves the last good values.
func TestCanariesReread(t *testing.T) {
	file := writeCanaries(t, "another-value-1")
	p, log := newPipeline(t, "mapping=nano", "rules=lateral-movement", "canaries="+file)
	now := time.Now()
	p.canaries.Now = func() time.Time { return now }
	record := exchange("GET", "/customers", "", "", "answer: "+decoy)
	for i, step := range []struct {
		text string
		want int
	}{{"another-value-1", 0}, {decoy + "\n", 1}, {"short\n", 1}, {"", 1}, {"another-value-22\n", 0}} {
		if err := os.WriteFile(file, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if err := os.Chtimes(file, now, now); err != nil {
			t.Fatal(err)
		}
		if got := alertsOf(t, p, record); len(got) != step.want {
			t.Errorf("step %d: %d alerts, want %d", i, len(got), step.want)
		}
	}
	if want := "canaries.csv:1: a value has 5 letters and digits"; !strings.Contains(log.String(), want) {
		t.Errorf("the log has not %q: %s", want, log)
	}
	cfg, err := ParseConfig(given("canaries=" + filepath.Join(t.TempDir(), "none")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg, nil, nil); err == nil || !strings.Contains(err.Error(), "property canaries: cannot read canaries ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestParseCanaries(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		want string // of the error; empty for none
	}{
		"values":            {"# value, name\n4716-2580-5095-8603, card\nother-value\n", 0, ""},
		"names of columns":  {"\ufeff\nValue,Name\n4716-2580-5095-8603,card\n", 0, ""},
		"nothing":           {"", 1, "there is no value in it"},
		"comments":          {"# one\n", 1, "there is no value in it"},
		"names and no more": {"value,name\n", 1, "there is no value in it"},
		"an open quote":     {"4716-2580-5095-8603,\"card\nother-value,x\n", 1, "a quote is not closed"},
		"UTF-16":            {"\xff\xfe4\x007\x00", 1, "the file is in UTF-16"},
		"short":             {"value\n4716-2580-5095-8603\nshort\n", 3, "a value has 5 letters and digits"},
	} {
		set, line, err := parseCanaries([]byte(c.text))
		if c.want == "" && (err != nil || set == nil) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || line != c.line) {
			t.Errorf("%s: line %d, %v", name, line, err)
		}
	}
}
