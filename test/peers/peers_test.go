package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
)

// transactions are the first ones of a set.
func transactions(t *testing.T, name string, n int) []*mapping.Transaction {
	t.Helper()
	i := slices.IndexFunc(recordSets, func(s recordSet) bool { return s.name == name })
	next, err := recordSets[i].records()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Load(recordSets[i].preset)
	if err != nil {
		t.Fatal(err)
	}
	var chunk []byte
	for range n {
		record, err := next()
		if err != nil {
			t.Fatal(err)
		}
		chunk = appendEvent(chunk, record)
	}
	all, err := mapAll(m, chunk)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != n {
		t.Fatalf("%d records of %d", len(all), n)
	}
	return all
}

func TestMixHasAttacks(t *testing.T) {
	g, attacks := accesslog.New(1), 0
	for n := range 200 {
		if r := wanted(g, n%100 < mixAttacks); r.Attack {
			attacks++
		}
	}
	if attacks != 6 {
		t.Errorf("%d of 200 are attacks", attacks)
	}
}

// TestDistinct: no value comes twice, but words of the protocol.
func TestDistinct(t *testing.T) {
	seen := map[string]bool{}
	check := func(what, value string) {
		if value != "" && seen[what+value] {
			t.Errorf("%s comes twice: %q", what, value)
		}
		seen[what+value] = true
	}
	for _, tx := range transactions(t, "distinct", 2000) {
		check("URI", tx.URI)
		path, query, _ := strings.Cut(tx.URI, "?")
		check("path", path)
		for _, pair := range strings.Split(query, "&") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				check("argument "+name, value)
			}
		}
		check("body", tx.RequestBody.Text)
		for _, h := range tx.RequestHeaders {
			switch strings.ToLower(h.Name) {
			case "connection", "content-length":
				continue
			case "cookie":
				for _, pair := range strings.Split(h.Value, "; ") {
					check("cookie", pair)
				}
			}
			check(h.Name, h.Value)
		}
	}
}

func TestExchange(t *testing.T) {
	tx := transactions(t, "mix", 40)[20]
	b := appendExchange(nil, tx)
	r := reader(b)
	if got := r.text(); got != tx.Client.Address {
		t.Errorf("client %q", got)
	}
	if got := fmt.Sprint(r.number()); got != tx.Client.Port {
		t.Errorf("client's port %s", got)
	}
	r.text()
	r.number()
	if method, uri, protocol, host := r.text(), r.text(), r.text(), r.text(); method != tx.Method || uri != tx.URI || protocol != tx.Protocol || host != tx.Host {
		t.Errorf("%s %s %s %s", method, uri, protocol, host)
	}
	var headers []mapping.Header
	r.headers(func(name, value string) { headers = append(headers, mapping.Header{Name: name, Value: value}) })
	if !slices.Equal(headers, tx.RequestHeaders) {
		t.Errorf("headers %q", headers)
	}
	short := reader(b[:len(b)-1])
	p := plainCoraza{}
	inspect, err := p.load(append(appendNumber(nil, 1), short...))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.open(""); err != nil {
		t.Fatal(err)
	}
	if _, err := inspect(); err == nil {
		t.Error("no error when the file is cut")
	}
}

// TestPartiesAgree: MSA finds the same with the screen and without, and plain Coraza nearly the same.
func TestPartiesAgree(t *testing.T) {
	dir := t.TempDir()
	mix := recordSets[0]
	batches, err := mix.write(dir, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	found := func(name, file string) string {
		t.Helper()
		var out bytes.Buffer
		if err := serve(parties[name](1), strings.NewReader("open nano\nrun "+file+"\n"), &out); err != nil {
			t.Fatal(err)
		}
		_, run, _ := strings.Cut(out.String(), "\n")
		return strings.Join(strings.Fields(run)[2:], " ")
	}
	off := found("screen-off", batches[0].chunk)
	if len(strings.Fields(off)) < 2 || len(strings.Fields(off)) > 20 {
		t.Errorf("alarms: %s", off)
	}
	if got := found("screen-on", batches[0].chunk); got != off {
		t.Errorf("with the screen %s, without %s", got, off)
	}
	// The engine alone alarms by the score, of which confidence makes less.
	engine := strings.Fields(found("engine", batches[0].chunk))
	for _, alarm := range strings.Fields(off) {
		if !slices.Contains(engine, alarm) {
			t.Errorf("the engine alone alarms at %v, and not at %s", engine, alarm)
		}
	}
	if got := found("coraza", batches[0].exchanges); len(strings.Fields(got)) < 2 {
		t.Errorf("plain Coraza: %q", got)
	}
}

func TestModSecurity(t *testing.T) {
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	program, err := buildModSecurity(dir)
	if err != nil {
		t.Skip(err)
	}
	c, err := startModSecurity(program, fmt.Sprintf(modsecurityRules, "1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	attacks := recordSets[slices.IndexFunc(recordSets, func(s recordSet) bool { return s.name == "attacks" })]
	batches, err := attacks.write(filepath.Clean(dir), 1, 50)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.run(batches[0].exchanges)
	if err != nil {
		t.Fatal(err)
	}
	if s.cpu <= 0 || s.wall <= 0 || len(s.alarms) < 10 || len(s.alarms) > 50 {
		t.Errorf("%+v", s)
	}
}

func TestDisagreement(t *testing.T) {
	c := comparison{results: []*result{{samples: map[string][]sample{
		"off": {{round: 0, alarms: []int{1}}, {round: 1, alarms: []int{2}}},
		"on":  {{round: 0, alarms: []int{1}}, {round: 1, alarms: []int{2}}},
	}}}}
	if err := c.disagreement(); err != nil {
		t.Error(err)
	}
	c.results[0].samples["cold"] = []sample{{round: 1, alarms: []int{2, 3}}}
	if err := c.disagreement(); err == nil {
		t.Error("no error when the screen changes what is found")
	}
}

// Real requests are read from a folder, every 25th line; bodies are cut, and attacks mixed in, where a set is of that.
func TestRealRecords(t *testing.T) {
	t.Setenv(realFolder, "")
	if _, err := realRecords(0, 0); !errors.Is(err, errNoRecords) {
		t.Errorf("without a folder: %v", err)
	}
	dir := t.TempDir()
	for file, uri := range map[string]string{"legit.jsonl": "/shop", "malicious.jsonl": "/?q=evil"} {
		var lines strings.Builder
		for i := range 250 * realEvery {
			fmt.Fprintf(&lines, `{"METHOD":"POST","URL":"%s&n=%d","REQ_HEADER":"POST / HTTP/1.1\r\nHost: a\r\n\r\n","REQ_BODY":"%s","RSP_BODY":""}`+"\n", uri, i, strings.Repeat("b", 2000))
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(realFolder, dir)
	for _, c := range []struct {
		set           string
		body, attacks int
	}{{"real", 2000, 0}, {"real-1024", 1024, 0}, {"real-mix", 2000, 2 * mixAttacks}} {
		attacks := 0
		for i, tx := range transactions(t, c.set, 200) {
			if len(tx.RequestBody.Text) != c.body {
				t.Fatalf("%s: a body of %d bytes", c.set, len(tx.RequestBody.Text))
			}
			if strings.HasPrefix(tx.URI, "/?q=evil") {
				attacks++
			} else if c.attacks == 0 && tx.URI != fmt.Sprintf("/shop&n=%d", (i+1)*realEvery-1) {
				t.Fatalf("%s: record %d is %s", c.set, i, tx.URI)
			}
		}
		if attacks != c.attacks {
			t.Errorf("%s: %d attacks of 200", c.set, attacks)
		}
	}
}
