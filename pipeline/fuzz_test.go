package pipeline

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/alert"
	msaevent "github.com/modsecurity-for-anylog/msa/internal/event"
)

// Properties are refused or can be used: of those that are read nothing can fail but a file.
func FuzzConfig(f *testing.F) {
	for _, p := range Properties() {
		f.Add(p.Name, p.Default)
	}
	f.Add("alert_tag", "$TAG[1].$kubernetes['pod_name']")
	f.Add("body_limit", "1.5G")
	f.Add("internal_networks", "10.0.0.0/8, ::1")
	f.Add("exclude", "942100@/x")
	f.Fuzz(func(t *testing.T, name, value string) {
		cfg, err := ParseConfig(func(property string) []string {
			if property != name {
				return nil
			}
			return []string{value}
		})
		if err != nil {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("the error does not name the property %q: %v", name, err)
			}
			return
		}
		if cfg.Workers < 1 || cfg.Engine.BodyLimit < 1<<10 || cfg.AlertBuffer < 1<<10 || cfg.Engine.ParanoiaLevel < 1 {
			t.Errorf("%s=%q gives %+v", name, value, cfg)
		}
		tag, err := parseTag(cfg.AlertTag)
		if err != nil {
			t.Fatal(err)
		}
		_ = tag.expand("a.b", request(t, "/"))
	})
}

// Every format of an alert is what it says that it is, whatever the record has.
func FuzzFormats(f *testing.F) {
	f.Add("/?t=../../etc/passwd", "GET", "10.0.0.1", "Host: a\r\nCookie: x=\xff\r\n", "a=1", "2026-03-04 05:06:07")
	f.Add("/\x00\x7f\u2028|=\\\n?q=<script>alert(1)</script>", "", "::1", "\r\n\r\n", "\xe2\x28", "")
	var all []*Pipeline
	for _, format := range alert.Formats() {
		p, _ := newPipeline(f, "alert_format="+format, "alert_when=match", "mapping=nano", "mask=off")
		all = append(all, p)
	}
	f.Fuzz(func(t *testing.T, url, method, client, headers, body, at string) {
		record, err := json.Marshal(map[string]string{"URL": url, "METHOD": method, "SRC_IP": client, "REQ_HEADER": "GET / HTTP/1.1\r\n" + headers,
			"REQ_BODY": body, "RSP_BODY": body, "RSP_HEADER": "HTTP/1.1 200 OK\r\n" + headers, "BEGIN_TIME": at, "RETCODE": method})
		if err != nil {
			t.Fatal(err)
		}
		chunk := newEvent(1, jsonRecord(t, string(record)))
		for i, p := range all {
			format := alert.Formats()[i]
			for _, a := range p.Process("t", chunk).Alerts {
				n := 0
				if err := msaevent.Alerts(a.Events, func(one msaevent.Alert) {
					n++
					checkText(t, format, one.Text())
				}); err != nil {
					t.Errorf("%s: %v", format, err)
				}
				if n != a.Count {
					t.Errorf("%s: %d alerts, counted %d", format, n, a.Count)
				}
			}
			if n := p.Snapshot().Errors["panic"]; n != 0 {
				t.Errorf("%s: panic", format)
			}
		}
	})
}

func checkText(t *testing.T, format, text string) {
	t.Helper()
	switch {
	case !utf8.ValidString(text):
		t.Errorf("%s: not UTF-8: %q", format, text)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' }):
		t.Errorf("%s: control characters: %q", format, text)
	case !alert.Format(format).IsText() && !json.Valid([]byte(text)):
		t.Errorf("%s: not JSON: %q", format, text)
	case text == "":
		t.Errorf("%s: no text", format)
	}
}
