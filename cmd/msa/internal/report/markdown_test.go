package report

import (
	"strings"
	"testing"
)

// A ticket tells the incidents first, with their stories; an attacker's text is code in it, and ends no code.
func TestMarkdown(t *testing.T) {
	message := `{"incident_id":"told","kind":"incident","event":"update","message":1,"severity":"1","summary":"x ` + "`" + `[y](http://evil.example)","text":"He asked for ` + "```" + ` and more, ` +
		strings.Repeat("word ", 40) + `\n| a | row |\u001b[2J","outcome":"success","confidence":99,"alerts":70,"first":"2026-03-02T10:00:00Z","last":"2026-03-02T11:00:00Z"}`
	r := reportOf(t, Options{Title: "Attacks", Size: plenty}, message,
		made{"src_ip": "@everybody|", "msg": "<b>SQL</b>"}.line(t), made{}.line(t), made{"rule_id": "9700100", "severity": "3", "rules": rulesOf(9700100, "Sensitive data", "RESPONSE_BODY", "card: 1")}.line(t))
	var out strings.Builder
	if err := r.WriteMarkdown(&out, Input{Files: []string{"a.jsonl"}, Broken: 1}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	at := -1
	for _, want := range []string{
		"# `Attacks`\n\n3 alerts from 2026-03-02 10:00:00 to 2026-03-02 10:00:00.\nBy severity: 2 critical, 1 error.\nNot in it: 1 line that is not an alert, 0 files that could not be read.\n",
		"\n## Incidents\n\n### `x '[y](http://evil.example)`\n\nalert, outcome success, 99 % sure, 70 alerts, 2026-03-02 10:00:00 to 2026-03-02 11:00:00.\n\n```text\nHe asked for ''' and more, word ",
		"word\n| a | row |\uFFFD[2J\n```\n",
		"\n## Rules and detectors\n\n| rule | what | alerts |\n| --- | --- | --- |\n| `942100` | `<b>SQL</b>` | 2 |\n| `9700100` |",
		"\n## Sources\n\n| source | alerts |\n| --- | --- |\n| `10.0.1.1` | 2 |\n| `@everybody\\|` | 1 |\n",
		"\n## Targets\n", "\n## Sensitive data\n\n| what | where | from | to | alerts |\n| --- | --- | --- | --- | --- |\n| `card: 1` | `/search` |",
	} {
		i := strings.Index(text, want)
		if i <= at {
			t.Errorf("%q is missing, or not where it should be, in\n%s", want, text)
		}
		at = i
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "word") && len(line) > ticketWidth+1 {
			t.Errorf("a line of the story has %d characters", len(line)-1)
		}
	}
	if strings.Count(text, "```") != 2 {
		t.Error("the block of code ends before the story does")
	}
	if err := New(Options{}).WriteMarkdown(&out, Input{}); err == nil {
		t.Error("a report of nothing")
	}
}
