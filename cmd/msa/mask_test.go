package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/secrets"
)

// What scan and explain print has no value of any kind, unless mask is off.
func TestMask(t *testing.T) {
	file := filepath.Join(t.TempDir(), "all.conf")
	rule := `SecRule ARGS|REQUEST_HEADERS|REQUEST_BODY|RESPONSE_BODY "@rx (?s)^(.+)$" "id:1,phase:4,pass,log,capture,t:none,msg:'m %{MATCHED_VAR}',logdata:'d %{TX.1}'"`
	if err := os.WriteFile(file, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	var records []string
	for _, s := range secrets.All() {
		line := strings.NewReplacer("\r", " ", "\n", " ").Replace(s.Text)
		b, err := json.Marshal(map[string]string{
			"URL": "/a?q=" + url.QueryEscape(s.Text), "METHOD": "POST", "SRC_IP": "10.0.0.1",
			"REQ_HEADER": "POST / HTTP/1.1\r\nX-Note: " + line + "\r\n\r\n", "REQ_BODY": s.Text, "RSP_BODY": s.Text,
		})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(b))
	}
	check := func(mask, what, output, value string) {
		t.Helper()
		quoted, _ := json.Marshal(value) // of a string: can't fail
		has := strings.Contains(output, value) || strings.Contains(output, strings.Trim(string(quoted), `"`)) || strings.Contains(output, url.QueryEscape(value))
		if lines := strings.Count(value, "\n"); lines > 0 { // explain prints them one by one
			has = has || strings.Contains(output, strings.Split(value, "\n")[lines/2])
		}
		if has != (mask == "off") {
			t.Errorf("mask %s: %s of %q prints it: %v\n%.2000s", mask, what, value, has, output)
		}
	}
	for _, mask := range []string{"on", "off"} {
		p := command(t, "msa", "scan", "--rules="+file, "--mapping=nano", "--behavior=off", "--mask="+mask, "-")
		p.run(strings.Join(records, "\n"))
		printed := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
		if len(printed) != len(records) {
			t.Fatalf("%d alerts of %d records: %s", len(printed), len(records), p.stderr.String())
		}
		for i, s := range secrets.All() {
			check(mask, "scan", printed[i], s.Value)
		}
	}
	for i, s := range secrets.All() {
		p := command(t, "msa", "explain", "--rules="+file, "--mapping=nano", "-")
		if code := p.run(records[i]); code != 0 || !strings.Contains(p.stdout.String(), "alerts: 1") {
			t.Fatalf("exit code %d: %s%s", code, p.stdout.String(), p.stderr.String())
		}
		check("on", "explain", p.stdout.String()+p.stderr.String(), s.Value)
	}
	p := command(t, "msa", "explain", "--rules="+file, "--mapping=nano", "--mask=off", "-")
	p.run(records[0])
	check("off", "explain", p.stdout.String(), secrets.All()[0].Value)
}
