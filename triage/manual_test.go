package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// A page about a command has its output for everybody, and is no alert; a page that a request has made to show it is one.
func TestManual(t *testing.T) {
	const (
		output = "uid=7(app) gid=7(app)"
		prose  = "<h1>The command id</h1><p>It prints the name and the number of the user who runs it, and of all groups that he is in, as in this example:</p>"
		code   = "<pre>$ id\n" + output + "</pre>"
		manual = "<html><body>" + prose + code + "</body></html>"
	)
	for name, c := range map[string]struct {
		method, uri, request, kind, body string
		phase                            int // of another rule that matched
		want                             bool
	}{
		"manual":                    {uri: "/wiki/Id_(Unix)", body: manual, want: true},
		"manual, by a number":       {uri: "/pages/viewpage.action?pageId=4711", body: manual, want: true},
		"manual, two examples":      {uri: "/wiki/id", body: manual + code, want: true},
		"by a word":                 {uri: "/wiki/id?x=aWQ", body: manual},
		"by a form":                 {method: "POST", uri: "/wiki/id", request: "a=b", body: manual},
		"by a path":                 {uri: "/wiki/../id", body: manual},
		"with an attack":            {uri: "/wiki/id", body: manual, phase: 2},
		"an attack in the answer":   {uri: "/wiki/id", body: manual, phase: 4},
		"nothing but output":        {uri: "/a.php", body: "<pre>" + output + "</pre>"},
		"output that is no example": {uri: "/wiki/id", body: "<html>" + prose + "<p>" + output + "</p>"},
		"an example and output":     {uri: "/wiki/id", body: manual + output},
		"a text":                    {uri: "/id.txt", kind: "text/plain", body: manual},
		"too many":                  {uri: "/wiki/id", body: manual + strings.Repeat(code, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: "GET", URI: c.uri, Status: 200, ResponseHeaders: []mapping.Header{{Name: "Content-Type", Value: "text/html"}}}
			if c.method != "" {
				tx.Method = c.method
			}
			if c.kind != "" {
				tx.ResponseHeaders[0].Value = c.kind
			}
			tx.RequestBody.Text, tx.ResponseBody.Text = c.request, c.body
			v := &engine.Verdict{Matches: []engine.Match{{
				RuleID: 9703101, Phase: 4, Severity: 2, Tags: []string{"attack-rce", "succeeded"}, Variable: "RESPONSE_BODY",
				Data: "Matched Data: " + output + " found within RESPONSE_BODY",
			}}}
			if c.phase != 0 {
				v.Matches = append(v.Matches, engine.Match{RuleID: 951100, Phase: c.phase, Severity: 2, Tags: []string{"attack-sqli"}})
			}
			if got := isManual(tx, v); got != c.want {
				t.Errorf("%v", got)
			}
			if sure := Appraise(tx, v).Confidence > 0; sure == c.want {
				t.Errorf("confidence above 0: %v", sure)
			}
		})
	}
	tx := &mapping.Transaction{}
	if isManual(tx, &engine.Verdict{}) {
		t.Error("a request without anything")
	}
}
