package pipeline

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/test/secrets"
)

// tellAll are rules that match on every part of an exchange, and log what they see.
const tellAll = `
SecRule REQUEST_URI_RAW|ARGS|ARGS_NAMES|REQUEST_HEADERS|REQUEST_COOKIES|REQUEST_BODY "@rx (?s)^(.+)$" "id:1,phase:2,pass,log,capture,t:none,msg:'m %{MATCHED_VAR}',logdata:'d %{TX.1} in %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',severity:'CRITICAL'"
SecRule REQUEST_URI_RAW|ARGS|ARGS_NAMES|REQUEST_HEADERS|REQUEST_COOKIES|REQUEST_BODY "@rx (?s)^(.+)$" "id:2,phase:2,pass,log,capture,t:none,t:lowercase,msg:'m %{MATCHED_VAR}',logdata:'d %{TX.1}',severity:'CRITICAL'"
SecRule RESPONSE_HEADERS|RESPONSE_BODY "@rx (?s)^(.+)$" "id:3,phase:4,pass,log,capture,t:none,msg:'m %{MATCHED_VAR}',logdata:'d %{TX.1}',severity:'CRITICAL'"
`

// tellingRecord has a text in every field of a Nano record that goes into alerts.
func tellingRecord(t testing.TB, text string) []byte {
	t.Helper()
	line := strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	uri := "/a?q=" + url.QueryEscape(text)
	fields := map[string]string{
		"URL": uri, "METHOD": "POST", "SRC_IP": "10.0.0.1", "DST_IP": "10.0.0.2", "host": line, "DOMAIN": line, "message": line,
		"REQ_HEADER": "POST " + uri + " HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX-Note: " + line + "\r\nCookie: c=" + url.QueryEscape(text) + "\r\n\r\n",
		"REQ_BODY":   text,
		"RSP_HEADER": "HTTP/1.1 200 OK\r\nX-Note: " + line + "\r\n\r\n",
		"RSP_BODY":   text,
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return jsonRecord(t, string(b))
}

// disclosed lists the forms of a value that are in an output.
func disclosed(output, value string) (forms []string) {
	for _, form := range []string{value, strings.ToLower(value), url.QueryEscape(value), strings.ToLower(url.QueryEscape(value))} {
		quoted, _ := json.Marshal(form) // of a string: can't fail
		if strings.Contains(output, form) || strings.Contains(output, strings.Trim(string(quoted), `"`)) {
			forms = append(forms, form)
		}
	}
	return forms
}

// Nothing that goes out has the value of any kind, with mask on; with mask off everything has.
func TestMask(t *testing.T) {
	file := filepath.Join(t.TempDir(), "all.conf")
	if err := os.WriteFile(file, []byte(tellAll), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mask := range []string{"on", "off"} {
		for _, per := range []string{"record", "rule"} {
			p, log := newPipeline(t, "mapping=nano", "rules="+file, "annotate=waf", "mask="+mask, "alert_per="+per)
			for _, s := range secrets.All() {
				t.Run(fmt.Sprintf("mask %s, alert per %s: %s", mask, per, s.Kind), func(t *testing.T) {
					log.Reset()
					r := p.Process("t", newEvent(1, tellingRecord(t, s.Text)))
					out := read(t, r)
					if len(out) == 0 {
						t.Fatal("no alert")
					}
					_, verdict, found := strings.Cut(string(r.Chunk), "waf")
					if !found {
						t.Fatal("the record has no verdict")
					}
					outputs := map[string]string{"events": string(r.Alerts[0].Events), "log": log.String(), "verdict": verdict}
					for i, alert := range out {
						outputs[fmt.Sprintf("text of alert %d", i)] = alert["log"].(string)
					}
					for name, output := range outputs {
						forms := disclosed(output, s.Value)
						if mask == "on" && len(forms) > 0 {
							t.Errorf("%s has %q: %.3000q", name, forms, output)
						}
						if mask == "off" && len(forms) == 0 && name != "log" {
							t.Errorf("%s lacks %q", name, s.Value)
						}
					}
				})
			}
		}
	}
}

// Nor has an alert in any format. With mask off those in JSON have it; lines of text are escaped, and bodies are not in them.
func TestMaskInFormats(t *testing.T) {
	file := filepath.Join(t.TempDir(), "all.conf")
	if err := os.WriteFile(file, []byte(tellAll), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range alert.Formats() {
		for _, mask := range []string{"on", "off"} {
			p, _ := newPipeline(t, "mapping=nano", "rules="+file, "mask="+mask, "alert_format="+f)
			for _, s := range secrets.All() {
				r := p.Process("t", newEvent(1, tellingRecord(t, s.Text)))
				if len(r.Alerts) == 0 {
					t.Fatalf("%s, %s: no alert", f, s.Kind)
				}
				forms := disclosed(string(r.Alerts[0].Events), s.Value)
				if mask == "on" && len(forms) > 0 {
					t.Errorf("%s has %s %q: %.3000q", f, s.Kind, forms, r.Alerts[0].Events)
				}
				if mask == "off" && len(forms) == 0 && !alert.Format(f).IsText() {
					t.Errorf("%s lacks %s", f, s.Kind)
				}
			}
		}
	}
}

// Nor has what is logged of a record that can't be inspected.
func TestMaskInLog(t *testing.T) {
	for _, s := range secrets.All() {
		p, log := newPipeline(t, "mapping=auto")
		p.countUninspected(unmapped, "t", fmt.Errorf("cannot read %s", s.Text))
		if forms := disclosed(log.String(), s.Value); len(forms) > 0 || !strings.Contains(log.String(), "cannot read") {
			t.Errorf("log has %q: %s", forms, log.String())
		}
	}
}
