package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/tinylib/msgp/msgp"
)

func TestKeyMappingNamesEveryField(t *testing.T) {
	var lines []string
	for name := range nanoFields {
		lines = append(lines, name+" : own_"+name)
	}
	text, err := keyMapping("keys", strings.Join(lines, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, field := range nanoFields {
		if want := `["own_` + name + `", ` + field + ", _" + field + "]"; !strings.Contains(text, want) {
			t.Errorf("%s is missing: %s", want, text)
		}
	}
	m, err := mapping.Parse("keys", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	record := msgp.AppendMapHeader(nil, 4)
	for _, f := range []string{"own_method", "PUT", "own_url", "/x", "own_src_ip", "192.0.2.1", "own_req_body", "b"} {
		record = msgp.AppendString(record, f)
	}
	tx := &mapping.Transaction{}
	if err := m[0].Map("t", mapping.Record(record), tx); err != nil {
		t.Fatal(err)
	}
	if tx.Method != "PUT" || tx.URI != "/x" || tx.Client.Address != "192.0.2.1" {
		t.Errorf("got %q %q %q", tx.Method, tx.URI, tx.Client.Address)
	}
}

func TestKeyMappingSpelling(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "uri: [URL, _URL]"},
		{"spaces and comments", "\ufeff# mine\n\n \tURL\t:  the url \n", `uri: ["the url", URL, _URL]`},
		{"colon in the key", "url:a:b", `uri: ["a:b", URL, _URL]`},
		{"quotes in the key", `url : a"b\c`, `uri: ["a\"b\\c", URL, _URL]`},
		{"fields in the key", "method:[URL, _URL]\nurl:a", `method: ["[URL, _URL]", METHOD, _METHOD]`},
		{"dollar", "url:$url", `uri: ["$$url", URL, _URL]`},
		{"two alternatives", "url:a\nUrl:b", `uri: ["a", "b", URL, _URL]`},
		{"Nano's own", "url:URL\nurl:_URL", "uri: [URL, _URL]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := keyMapping("keys", c.text)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got, c.want+"\n") {
				t.Errorf("%s is missing: %s", c.want, got)
			}
			if _, err := mapping.Parse("keys", []byte(got)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeyMappingErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"url : a\nuser_agent : b", `cannot read key file keys.txt:2: unknown name "user_agent"`},
		{"url", `cannot read key file keys.txt:1: expected name : key, not "url"`},
		{"\nurl : ", `cannot read key file keys.txt:2: url has no key`},
		{"url : $a['b']", `cannot read key file keys.txt:1: key "$a['b']" looks like a record accessor`},
	} {
		if _, err := keyMapping("keys.txt", c.text); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// Whoever reads the mapping while the key file is read again has all of it, the old one or the new.
func TestKeyFileIsReplacedAtOnce(t *testing.T) {
	k, err := importKeyFile(file(t, "keys.txt", "url : before\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer k.remove()
	reader, err := os.Open(k.mapping)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := os.WriteFile(k.path, []byte("url : after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.load(); err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(reader)
	if err != nil || !strings.Contains(string(old), `"before"`) || strings.Contains(string(old), `"after"`) {
		t.Errorf("who had opened the mapping reads %q, %v", old, err)
	}
	if text, err := os.ReadFile(k.mapping); err != nil || !strings.Contains(string(text), `"after"`) {
		t.Errorf("the mapping is %q, %v", text, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(k.mapping)); err != nil || len(entries) != 1 {
		t.Errorf("the directory has %v, %v", entries, err)
	}
}
