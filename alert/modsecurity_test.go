package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// auditRules match the exchange of testdata/modsecurity/audit.c twice.
const auditRules = `SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html
SecRule ARGS:t "@pm etc/passwd" "id:932160,phase:2,log,auditlog,pass,t:lowercase,msg:'Unix Shell Code Found',logdata:'%{MATCHED_VAR_NAME}: %{MATCHED_VAR}',severity:CRITICAL,ver:'OWASP_CRS/4.25.0',rev:'2',tag:'attack-rce',tag:'language-shell',maturity:'5',accuracy:'7'"
SecRule REQUEST_HEADERS:User-Agent "@streq probe/1.0" "id:7,phase:2,log,auditlog,pass,msg:'A probe',severity:NOTICE"
`

const auditRecord = `{"SRC_IP":"10.0.0.1","SRC_PORT":"40000","DST_IP":"10.0.0.2","DST_PORT":"8080","METHOD":"POST","URL":"/run?t=etc/passwd","RETCODE":"403",` +
	`"REQ_HEADER":"POST /run?t=etc/passwd HTTP/1.1\r\nHost: shop.svc\r\nUser-Agent: probe/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n",` +
	`"REQ_BODY":"a=b","RSP_HEADER":"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n","RSP_BODY":"refused"}`

// keysInOrder are the keys of a JSON text, with those of the objects in them.
func keysInOrder(t *testing.T, text []byte) (keys []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	var walk func()
	walk = func() {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		open, isDelim := token.(json.Delim)
		for isDelim && d.More() {
			if open == '{' {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, key.(string))
			}
			walk()
		}
		if isDelim {
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
		}
	}
	walk()
	return keys
}

// libmodsecurity's audit log of an exchange and the alert of the same exchange are the same, but for what
// only the library knows (offsets in the request) and what is each one's own (ids, names, time, place of the rules).
func TestModSecurityIsLibmodsecurity(t *testing.T) {
	if _, err := os.Stat("/usr/include/modsecurity/modsecurity.h"); err != nil {
		t.Skip("no libmodsecurity: install libmodsecurity-dev")
	}
	dir := t.TempDir()
	program, log, own := filepath.Join(dir, "audit"), filepath.Join(dir, "audit.log"), filepath.Join(dir, "own.conf")
	if out, err := exec.Command("gcc", "-o", program, "testdata/modsecurity/audit.c", "-lmodsecurity").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(own, []byte(auditRules), 0o600); err != nil {
		t.Fatal(err)
	}
	audit := filepath.Join(dir, "audit.conf")
	if err := os.WriteFile(audit, []byte("SecAuditEngine On\nSecAuditLogFormat JSON\nSecAuditLogParts ABCEFHZ\nSecAuditLogType Serial\nSecAuditLog "+log+"\nInclude "+own+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, audit).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}

	e, err := engine.New(engine.Config{Rules: []string{own}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 1 << 17})
	if err != nil {
		t.Fatal(err)
	}
	tx := mapped(t, auditRecord)
	v, err := e.Inspect(tx)
	if err != nil {
		t.Fatal(err)
	}
	a := New(defaults, nil, tx, &v, triage.Appraisal{}, "t", time.Now())[0]
	got := a.modsecurity()[:1].JSON() // without msa

	if g, w := keysInOrder(t, got), keysInOrder(t, want); !reflect.DeepEqual(g, w) {
		t.Errorf("keys are\n%q, libmodsecurity's are\n%q", g, w)
	}
	read := func(text []byte) map[string]any {
		var document struct{ Transaction map[string]any }
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		tx := document.Transaction
		for _, own := range []string{"server_id", "unique_id", "time_stamp", "producer"} {
			delete(tx, own)
		}
		for _, m := range tx["messages"].([]any) {
			details := m.(map[string]any)["details"].(map[string]any)
			for _, own := range []string{"reference", "file", "lineNumber"} {
				delete(details, own)
			}
		}
		return tx
	}
	if g, w := read(got), read(want); !reflect.DeepEqual(g, w) {
		t.Errorf("got  %v\nwant %v", g, w)
	}
	if at := fmt.Sprintf(`"file":%q,"lineNumber":"5"`, own); !strings.Contains(string(got), at) {
		t.Errorf("%s does not say %s", got, at)
	}
}

// Names of headers are an attacker's to choose, and keys here: each is there once, and the text stays JSON.
func TestModSecurityHeaders(t *testing.T) {
	o := modsecurityHeaders("GET / HTTP/1.1\r\nAccept: a\r\nX\xff: 1\r\nX\xfe: 2\r\naccept: b\r\n\"q\\: c\r\nEmpty:\r\n\r\n")
	want := object{{"Accept", "a, b"}, {"X\ufffd", "1, 2"}, {`"q\`, "c"}, {"Empty", ""}}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got %q", o)
	}
	if text := o.JSON(); !json.Valid(text) || !utf8.Valid(text) {
		t.Errorf("no JSON: %q", text)
	}
}

func TestHTTPVersion(t *testing.T) {
	for protocol, want := range map[string]float64{
		"HTTP/1.1": 1.1, "HTTP/1.0": 1, "HTTP/2": 2, "HTTP/2.0": 2, "": 0, "HTTP": 0, "HTTP/": 0, "HTTP/x": 0, "HTTP/1e9": 0, "HTTP/..": 0, "HTTP/NaN": 0,
	} {
		if got := httpVersion(protocol); got != want {
			t.Errorf("%q: got %v, want %v", protocol, got, want)
		}
	}
}

// An exchange of which nothing is known has all keys that are always there, and none with nothing in it.
func TestModSecurityOfNothing(t *testing.T) {
	a := New(defaults, nil, &mapping.Transaction{}, &engine.Verdict{Alarm: true, Matches: []engine.Match{match(1, engine.SeverityUnset)}}, triage.Appraisal{}, "t", time.Unix(0, 0))[0]
	want := `{"transaction":{"client_ip":"","time_stamp":"Thu Jan  1 00:00:00 1970","server_id":"","client_port":0,"host_ip":"","host_port":0,` +
		`"unique_id":"` + a.uid() + `","request":{"method":"-","uri":""},"response":{"http_code":0},` +
		`"producer":{"modsecurity":"ModSecurity for Anylog v` + Version + `","connector":"","secrules_engine":"DetectionOnly","components":[]},` +
		`"messages":[{"message":"m","details":{"match":"Matched \"Operator ` + "`Rx' with parameter `o' against variable `ARGS:a' (Value: `v' )" + `",` +
		`"reference":"","ruleId":"1","file":"","lineNumber":"0","data":"","severity":"4","ver":"","rev":"","tags":[],"maturity":"0","accuracy":"0"}}]},` +
		`"msa":{"rule_id":"1","severity":4,"score_in":0,"score_out":0,"outcome":"unknown","tag":"t"}}`
	if got := string(a.modsecurity().JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
