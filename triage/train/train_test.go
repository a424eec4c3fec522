package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// few of the records that are written for the training are enough here.
const few = 150

// payloads are attacks of our own.
func payloads() (all []string) {
	for n := range 12 {
		all = append(all, fmt.Sprintf("%d' union select %d,name from users-- ", n, n), fmt.Sprintf("<script>alert(%d)</script>", n),
			strings.Repeat("../", n+2)+"etc/passwd", fmt.Sprintf("127.0.0.%d;cat /etc/passwd", n))
	}
	return all
}

// data writes a directory of attacks, with names of one's choice.
func data(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var records, labels bytes.Buffer
	for i, p := range payloads() {
		text, err := json.Marshal(attack(p, "p", "app.example.com", "curl/8.5.0"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&records, "%s\n", text)
		fmt.Fprintln(&labels, []string{"sqli", "xss", "traversal", "cmdexe"}[i%4])
	}
	for file, b := range map[string][]byte{"malicious.jsonl": records.Bytes(), "malicious.labels": labels.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func attack(payload, parameter, host, agent string) nano {
	u := "/?" + parameter + "=" + escape(payload)
	return nano{
		"METHOD": "GET", "URL": u, "DOMAIN": host, "SRC_IP": "10.9.0.1", "DST_IP": "10.2.0.9", "RETCODE": "200",
		"REQ_HEADER": "GET " + u + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: " + agent + "\r\nAccept: */*\r\n\r\n",
	}
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// The same data gives the same file, byte for byte, and the same figures.
func TestSameBytes(t *testing.T) {
	dir := data(t, "attacks")
	var want, figures []byte
	for n := range 2 {
		set, err := load([]string{t.TempDir(), dir}, nil, few)
		if err != nil {
			t.Fatal(err)
		}
		m := set.train()
		file := filepath.Join(t.TempDir(), "model.json")
		if err := m.write(file); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		report := []byte(set.report(m))
		if n == 0 {
			want, figures = got, report
		}
		if len(m.Weights) < 20 || !bytes.Equal(got, want) || !bytes.Equal(report, figures) {
			t.Errorf("run %d: %d weights, the same file: %v, the same figures: %v", n, len(m.Weights), bytes.Equal(got, want), bytes.Equal(report, figures))
		}
	}
}

// What is learned from says nothing by its fixed strings: with other names of hosts, agents and parameters each record has
// the same features, and so the same figures.
func TestNamesSayNothing(t *testing.T) {
	e, err := engine.New(engine.Config{
		Rules: []string{"crs", "evidence"}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4, BodyLimit: 128 << 10,
		Screen: engine.ScreenOn, ScreenEvidence: true, CacheSize: 1 << 16, Views: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	in := &inspector{e: e, m: m}
	features := func(n nano) (all []string) {
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range in.suspects(text) {
			s.Each(func(f []byte) { all = append(all, string(f)) })
		}
		slices.Sort(all)
		return all
	}
	for _, p := range payloads() {
		want := features(attack(p, "p", "app.example.com", "curl/8.5.0"))
		got := features(attack(p, "term", "www.shop.example.net", "okhttp/4.12.0"))
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%q has %q, and under other names %q", p, want, got)
		}
	}
}
