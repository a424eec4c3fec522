package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func indent(record string) string {
	return strings.NewReplacer(`,"`, ",\n  \"", "{", "{\n  ", "}", "\n}").Replace(record)
}

// auditEntry is an entry of ModSecurity's audit log.
func auditEntry(boundary, uri string) string {
	return strings.ReplaceAll("--@-A--\n[20/Nov/2026:10:11:12.046123 +0000] id 203.0.113.75 40115 198.51.100.9 443\n--@-B--\nGET "+uri+
		" HTTP/1.1\nHost: shop.example.com\nUser-Agent: curl/8.5.0\nAccept: */*\n\n--@-Z--\n", "@", boundary)
}

// oneRule is an argument: the one rule that finds what attack makes. Where a test is about what is read and written, it is as
// good as all of CRS, and loaded in no time.
func oneRule(t *testing.T) string {
	t.Helper()
	return "--rules=" + file(t, "own.conf", `SecRule ARGS "@contains ../../etc/passwd" "id:7,phase:2,deny,severity:2,msg:'Path Traversal Attack'"`+"\n")
}

func TestScan(t *testing.T) {
	ofCRS := map[string]bool{"clean": true, "alerts": true, "one alert a rule": true, "excluded": true, "wrong rules": true}
	bad, good := attack(t, nil), benign(t, nil)
	broken := `{"URL": "/x",`
	const line = `192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "GET /?t=../../etc/passwd HTTP/1.1" 200 12 "-" "curl/8.5.0"`
	for _, c := range []struct {
		name, input string
		args        []string
		code        int
		lines       []int  // of the alerts
		stderr      string // part of it
	}{
		{"nothing", "", nil, 0, nil, ""},
		{"clean", good + "\n" + good + "\n", nil, 0, nil, ""},
		{"alerts", good + "\n" + bad + "\n\n" + bad, nil, 1, []int{2, 4}, ""},
		{"CR LF and BOM", "\xef\xbb\xbf" + bad + "\r\n" + bad + "\r\n", nil, 1, []int{1, 2}, ""},
		{"NULs", bad + "\x00" + bad, nil, 1, []int{1, 1}, ""},
		{"array", "[\n" + good + ",\n" + bad + "\n]\n", nil, 1, []int{3}, ""},
		{"pretty-printed", "\n" + indent(`{"URL":"/?t=../../etc/passwd","METHOD":"GET","SRC_IP":"192.0.2.1"}`) + "\n" + bad, nil, 1, []int{2, 7}, ""},
		{"broken and clean", good + "\n" + broken + "\n" + good, nil, 2, nil, "<stdin>:2: cannot read record: invalid JSON at byte "},
		{"broken and alerts", broken + "\n" + bad + "\n" + broken + "\n", nil, 1, []int{2}, "msa: 2 malformed records\n"},
		{"no value", `{"a":}` + "\n" + bad, nil, 1, []int{2}, `<stdin>:1: cannot read record: invalid JSON at byte 5: unexpected "}" where a value should be`},
		{"no value in a line", "hello\n" + `{"a":}` + "\n" + bad, nil, 1, []int{3}, `cannot read text "{\"a\":}"`},
		{"text", "\xef\xbb\xbf\n" + line + "\n" + line, nil, 1, []int{2, 3}, "msa: <stdin> is not JSON: reading each line as a record, as with --lines\n"},
		{"text that begins with a bracket", "[20/Nov/2026] started\n" + line, nil, 1, []int{2}, "msa: <stdin> is not JSON: reading each line as a record, as with --lines\n"},
		{"bad number", "{\"a\":1.2.3}\n" + good, nil, 2, nil, "<stdin>:1: cannot read record: "},
		{"cut at the end", good + "\n" + bad[:100], nil, 2, nil, "<stdin>:2: cannot read record: "},
		{"no HTTP at all", `{"a":1}`, nil, 2, nil, "msa: 1 of 1 records were not inspected (no HTTP: 1)"},
		{"no HTTP among others", `{"a":1}` + "\n" + good, nil, 0, nil, ""},
		{"a request that no preset reads", `{"did":"GET","what":"/x","got":200}` + "\n" + good, nil, 0, nil, "msa: 1 of 2 records were not inspected (unmapped: 1)"},
		{"entries of an audit log among lines", accessLine + "\n\n" + auditEntry("c7036611", "/?t=../../etc/passwd") + auditEntry("aa036611", "/") + "\n" + accessLine + "\n",
			[]string{"--lines"}, 1, []int{1, 3, 22}, ""},
		{"an audit log that ends before its entry does", strings.TrimSuffix(auditEntry("c7036611", "/"), "--c7036611-Z--\n") + accessLine,
			[]string{"--lines"}, 1, []int{9}, "not inspected"},
		{"another mapping", `{"a":1}` + "\n" + good, []string{"--mapping=nano"}, 0, nil, "msa: 1 of 2 records were not inspected (unmapped: 1)"},
		{"one alert a rule", bad, []string{"--alert-per=rule", "--exclude=920350,930100,930110,9703040"}, 1, []int{1, 1}, ""},
		{"excluded", bad, []string{"--exclude=900000-949999", "--exclude", "950000-999999,9703000-9703999"}, 0, nil, ""},
		{"shards", bad, []string{"--shards=2"}, 1, []int{1}, ""},
		{"alert tag off", bad, []string{"--alert-tag=off", "--alert-text-key=off"}, 1, []int{1}, ""},
		{"UTF-16", "\xff\xfe{\x00\"\x00", nil, 2, nil, `msa: cannot read file "-": its text is UTF-16`},
		{"wrong property", bad, []string{"--paranoia-level=9"}, 2, nil, `msa: property paranoia_level: "9" is not`},
		{"wrong rules", bad, []string{"--rules=/nowhere/x.conf"}, 2, nil, "/nowhere/x.conf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"scan", "-"}, c.args...)
			if !ofCRS[c.name] {
				args = append(args, oneRule(t))
			}
			p := command(t, "msa", args...)
			if code := p.run(c.input); code != c.code {
				t.Errorf("exit code %d, want %d; %s", code, c.code, p.stderr.String())
			}
			var lines []int
			for _, a := range alerts(t, p.stdout.String()) {
				lines = append(lines, int(a["line"].(float64)))
				if a["rule_id"] == "" || a["file"] != nil {
					t.Errorf("alert %v", a)
				}
			}
			if fmt.Sprint(lines) != fmt.Sprint(c.lines) {
				t.Errorf("alerts of lines %v, want %v", lines, c.lines)
			}
			if !strings.Contains(p.stderr.String(), c.stderr) || c.stderr == "" && p.stderr.String() != "" {
				t.Errorf("%q is missing in %s", c.stderr, p.stderr.String())
			}
		})
	}
}

func TestScanFiles(t *testing.T) {
	dir := t.TempDir()
	bad, good := attack(t, nil), benign(t, nil)
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprintln(z, good)
	fmt.Fprintln(z, bad)
	_ = z.Close()
	plain := write("plain.log", []byte(bad+"\n"))
	packed := write("packed.log.gz", zipped.Bytes())
	unnamed := write("packed.log", zipped.Bytes())
	cut := write("cut.gz", zipped.Bytes()[:zipped.Len()-20])
	junk := write("junk.gz", []byte("\x1f\x8bjunk"))
	missing := filepath.Join(dir, "missing")
	if err := os.Mkdir(filepath.Join(dir, "day"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("day/1.log", []byte(bad+"\n"))
	write("day/2.log", []byte(bad+"\n"))
	for _, c := range []struct {
		name   string
		files  []string
		code   int
		places string
		stderr string
	}{
		{"one", []string{packed}, 1, "2", ""},
		{"several", []string{plain, packed, unnamed}, 1, plain + ":1 " + packed + ":2 " + unnamed + ":2", ""},
		{"with standard input", []string{"-", plain}, 1, "<stdin>:1 " + plain + ":1", ""},
		{"missing", []string{missing, plain}, 2, plain + ":1", "cannot read file: open " + missing},
		{"directory", []string{filepath.Join(dir, "day")}, 1, filepath.Join(dir, "day", "1.log") + ":1 " + filepath.Join(dir, "day", "2.log") + ":1", ""},
		{"gzip cut", []string{cut}, 2, "", "unexpected EOF"},
		{"gzip of junk", []string{junk}, 2, "", "cannot read file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", append([]string{"scan", oneRule(t)}, c.files...)...)
			if code := p.run(bad); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			var places []string
			for _, a := range alerts(t, p.stdout.String()) {
				place := fmt.Sprint(a["line"])
				if a["file"] != nil {
					place = fmt.Sprintf("%v:%v", a["file"], a["line"])
				}
				places = append(places, place)
			}
			if got := strings.Join(places, " "); got != c.places && c.name != "gzip cut" {
				t.Errorf("alerts at %s, want %s", got, c.places)
			}
			if !strings.Contains(p.stderr.String(), c.stderr) || c.stderr == "" && p.stderr.String() != "" {
				t.Errorf("%q is missing in %s", c.stderr, p.stderr.String())
			}
		})
	}
}

func TestScanKeepsTheOrder(t *testing.T) {
	var input strings.Builder
	var want []int
	bad, good := attack(t, nil), benign(t, nil)
	for i := range 1500 {
		if i%7 == 0 || i%100 > 95 {
			want = append(want, i+1)
			input.WriteString(bad + "\n")
		} else {
			input.WriteString(good + "\n")
		}
	}
	p := command(t, "msa", "scan", "-")
	if code := p.run(input.String()); code != 1 {
		t.Errorf("exit code %d", code)
	}
	var got []int
	for _, a := range alerts(t, p.stdout.String()) {
		got = append(got, int(a["line"].(float64)))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d alerts of lines %v, want %d of %v", len(got), got, len(want), want)
	}
}

func TestScanOfAPipeDoesNotWait(t *testing.T) {
	p := command(t, "msa", "scan", "-")
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.start()
	fmt.Fprintln(in, attack(t, nil))
	p.find(&p.stdout, `"line":1}\n`) // while the pipe is open
	_ = in.Close()
	if code := p.wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
}

func TestCheck(t *testing.T) {
	skipped := file(t, "skipped.conf", "SecRuleEngine On\nSecRule ARGS \"@rx (?<!a)b\" \"id:1,phase:2,deny\"\nSecRule ARGS \"@contains x\" \"id:2,phase:2,deny\"\n")
	broken := file(t, "broken.conf", "SecRuleEngine On\nSecRule ARGS \"@contains x\n")
	for _, c := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"default", nil, 0, "rules from crs, mapping auto", ""},
		{"skipped rule", []string{"--rules", skipped}, 0, "warning: " + skipped + ":2: ", ""},
		{"rules that are left", []string{"--rules", skipped, "--mapping=nano"}, 0, "ok: 1 rule from " + skipped + ", mapping nano, ", ""},
		{"broken rules", []string{"--rules", broken}, 1, "", broken},
		{"no such rules", []string{"--rules=/nowhere/*.conf"}, 1, "", "/nowhere/*.conf"},
		{"no such mapping", []string{"--mapping=nowhere"}, 1, "", `msa: property mapping: `},
		{"wrong value", []string{"--inbound_threshold=many"}, 1, "", "msa: property inbound_threshold: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", append([]string{"check"}, c.args...)...)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(p.stdout.String(), c.stdout) || !strings.Contains(p.stderr.String(), c.stderr) {
				t.Errorf("stdout: %s\nstderr: %s", p.stdout.String(), p.stderr.String())
			}
		})
	}
}

// A host that turns the direction of the text does not turn an incident's story on the terminal.
func TestScanPrintsIncidents(t *testing.T) {
	p := command(t, "msa", "scan", "-", "--lines", "--format=text", "--alert-per=incident", oneRule(t))
	if code := p.run(`{"remote_addr":"192.0.2.1","request":"GET /?t=../../etc/passwd HTTP/1.1","host":"a\u202egro.example","status":200}` + "\n"); code != 1 {
		t.Fatalf("exit code %d; %s", code, p.stderr.String())
	}
	out := p.stdout.String()
	if !strings.Contains(out, "  incident ") || strings.Contains(out, "\u202e") {
		t.Errorf("got %q", out)
	}
}

// For people: text with a summary, CSV, Markdown; and alerts of a time.
func TestScanFormats(t *testing.T) {
	at := func(when, client, uri string) string {
		return client + ` - - [` + when + ` +0000] "GET ` + uri + ` HTTP/1.1" 200 12 "-" "curl/8.5.0"` + "\n"
	}
	const evil = "/?t=../../etc/passwd"
	log := at("20/Nov/2026:10:11:12", "192.0.2.1", evil) + at("20/Nov/2026:10:11:13", "192.0.2.2", "/") + at("21/Nov/2026:10:00:00", "192.0.2.3", evil)
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		has   []string
		lacks []string
	}{
		{"text", []string{"--format=text"}, 1, []string{"192.0.2.1  Path", "Path Traversal", "\n3 records in ", ": nginx (3)\n2 alerts in 2 incidents\n", "sources: 192.0.2.1 (1), 192.0.2.3 (1)\n"}, []string{"\x1b", `"rule_id"`}},
		{"top", []string{"--format=text", "--top=1"}, 1, []string{"sources: 192.0.2.1 (1), and 1 more\n"}, nil},
		{"nothing found", []string{"--format=text", "--since=2026-11-22"}, 0, []string{"No attack was found in this time (2 alerts outside of it).\n"}, []string{"192.0.2"}},
		{"csv", []string{"--format=csv"}, 1, []string{"time,severity,confidence", "\n2026-11-20 10:11:12,", ",192.0.2.3,"}, []string{"records in"}},
		{"markdown", []string{"--format=markdown"}, 1, []string{"| --- |", "| `192.0.2.1` |"}, []string{"records in"}},
		{"json when nobody looks", nil, 1, []string{`"src_ip":"192.0.2.1"`, `"src_ip":"192.0.2.3"`}, []string{"records in"}},
		{"since", []string{"--since=2026-11-21"}, 1, []string{`"src_ip":"192.0.2.3"`}, []string{"192.0.2.1"}},
		{"days", []string{"--days"}, 1, []string{"detector or rule  2026-11-20  2026-11-21  an hour\n", "930100           1           1     0.08\n", "2 alerts in 2 incidents\n"}, []string{"Path Traversal"}},
		{"incidents", []string{"--format=text", "--alert-per=incident"}, 1, []string{"  incident ", ": nginx (3)\n2 incidents\n"}, []string{"No attack"}},
		{"incidents since", []string{"--format=text", "--alert-per=incident", "--since=2026-11-21"}, 1, []string{": nginx (3)\n1 incident\n"}, nil},
		{"no incident", []string{"--format=text", "--alert-per=incident", "--until=2026-11-20"}, 0, []string{"No attack was found in this time (2 incidents outside of it).\n"}, []string{"192.0.2"}},
		{"days as text", []string{"--days", "--format=text"}, 1, []string{"7           1           1     0.08\n"}, nil},
		{"until", []string{"--until=2026-11-21T11:00:00+01:00"}, 1, []string{`"src_ip":"192.0.2.1"`}, []string{"192.0.2.3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"scan", "-", "--lines"}, c.args...)
			if c.name != "text" && c.name != "days" { // which name rules of CRS
				args = append(args, oneRule(t))
			}
			p := command(t, "msa", args...)
			if code := p.run(log); code != c.code {
				t.Errorf("exit code %d, want %d; %s", code, c.code, p.stderr.String())
			}
			out := p.stdout.String()
			for _, text := range c.has {
				if !strings.Contains(out, text) {
					t.Errorf("%q is missing in %s", text, out)
				}
			}
			for _, text := range c.lacks {
				if strings.Contains(out, text) {
					t.Errorf("%q is in %s", text, out)
				}
			}
		})
	}
	for _, args := range [][]string{{"--since=yesterday"}, {"--since=2026-11-21", "--until=2026-11-20"}, {"--since=2026-11-21", "--until=2026-11-21"}, {"--format=csv", "--alert-format=ecs"}, {"--days", "--alert-format=ecs"}, {"--days", "--alert-per=incident"}, {"--days", "--format=csv"}, {"--days", "--format=json"}, {"--since=1h", "--alert-format=cef"}, {"--format=xml"}} {
		p := command(t, "msa", append([]string{"scan", "-"}, args...)...)
		if code := p.run(log); code != 2 || p.stderr.String() == "" {
			t.Errorf("%q: exit code %d, %s", args, code, p.stderr.String())
		}
	}
}

func TestMoment(t *testing.T) {
	now := time.Now()
	for text, ago := range map[string]time.Duration{"36h": 36 * time.Hour, "1.5d": 36 * time.Hour} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != nil || time.Time(m).Before(now.Add(-ago)) || time.Time(m).After(time.Now().Add(-ago)) {
			t.Errorf("%s is %v, %v", text, time.Time(m), err)
		}
	}
	for _, text := range []string{"", "-1h", "-1d", "d", "2026-13-01", "12"} {
		if err := new(moment).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a time", text)
		}
	}
}
