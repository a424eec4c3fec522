package cases

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/rules"
)

func TestBroken(t *testing.T) {
	const one = "cases:\n  - name: a\n    record: {URL: /}\n"
	for _, c := range []struct{ name, text, want string }{
		{"no YAML", "cases: [1", ":1: sequence end token"},
		{"twice", one + "    alarm: true\n    alarm: true\n", ":5: mapping key \"alarm\" already defined"},
		{"empty", "", ": it is not one YAML document"},
		{"UTF-16", "\xff\xfew\x00", ": the file is in UTF-16: save it as UTF-8"},
		{"byte order mark", "\ufeffcases: 5", ":1: cases is not a list"},
		{"two documents", one + "    alarm: true\n---\n" + one + "    alarm: true\n", ": it is not one YAML document"},
		{"no map", "- a", ":1: the file is not a map"},
		{"unknown key", "case: 1", `:1: the file has no key "case"`},
		{"unknown key of a case", one + "    alert: true\n", `:4: a case has no key "alert"`},
		{"no cases", "with: {mapping: nano}", ": it has no cases"},
		{"cases of one", "cases: {a: 1}", ":1: cases is not a list"},
		{"a case of text", "cases:\n  - a\n", ":2: a case is not a map"},
		{"unknown property", "with:\n  mapping: nano\n  rule: crs\n" + one, `:3: there is no property "rule"`},
		{"unknown property of a case", one + "    alarm: true\n    with: {rule: crs}\n", `:5: there is no property "rule"`},
		{"list for one", "with:\n  mask: [on, off]\n" + one, `:2: property mask is not a list`},
		{"map for one", "with:\n  mask: {a: b}\n" + one, `:2: mask is not one value`},
		{"no name", "cases:\n  - record: {a: b}\n    alarm: true\n", ":2: a case has no name"},
		{"no record", "cases:\n  - name: a\n    alarm: true\n", `:2: case "a" has no record`},
		{"nothing expected", one, `:2: case "a" expects nothing`},
		{"same names", one + "    alarm: true\n" + strings.TrimPrefix(one, "cases:\n") + "    alarm: true\n", `:5: there are two cases with the name "a"`},
		{"contradiction", one + "    alarm: false\n    src_ip: 10.0.0.1\n", `:2: case "a" expects something of an alert, and none`},
		{"text without lines", "cases:\n  - name: a\n    record: GET\n    alarm: true\n", ":3: record is text: a line of a log needs lines: true"},
		{"map with lines", one + "    lines: true\n    alarm: true\n", ":3: record is a map, but lines is true"},
		{"list of records", "cases:\n  - name: a\n    record: [1]\n    alarm: true\n", ":3: record is neither a map nor a line"},
		{"no id", one + "    rules: [x]\n", `:4: rules: "x" is not a rule id`},
		{"no ids", one + "    not: []\n", ":4: not is empty"},
		{"no truth", one + "    alarm: maybe\n", ":4: alarm is neither true nor false"},
		{"no severity", one + "    severity: bad\n", `severity: "bad" is not one of emergency`},
		{"fields of text", one + "    fields: a\n", ":4: fields is not a map"},
		{"fields of lists", one + "    fields: {url: [1]}\n", ":4: url is not one value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cases.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if all, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), c.want) || all != nil {
				t.Errorf("%v, want %s%s", err, path, c.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there")
	}
}

// Cases that are read have properties that can be tried, and records.
func FuzzCases(f *testing.F) {
	f.Add("mapping: nano\ncases:\n  - name: a\n    record: {URL: /x}\n    expect: {rules: [1], alarm: no}\n")
	f.Add("cases:\n  - line: x\n    tag: t\n    expect: {silent: [1-2], alert: {a: b}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseCases([]byte(text))
		if err != nil {
			return
		}
		for _, c := range all {
			_, _ = c.with.Config()
			if _, err := c.event(); err != nil {
				t.Errorf("the record of a case can't be written: %v", err)
			}
		}
	})
}

func TestRecordsKeepTheirBytes(t *testing.T) {
	all, err := parseCases([]byte("cases:\n  - name: a\n    alarm: true\n    record:\n      z: \"\\x01\\r\\n\\\"\"\n      a: [1, {b: null}, true, 1.5]\n      'n': '007'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"z":"\u0001\r\n\"","a":[1,{"b":null},true,1.5],"n":"007"}`; string(all[0].json) != want {
		t.Errorf("%s, want %s", all[0].json, want)
	}
	if _, err := parseCases([]byte("cases:\n  - name: a\n    alarm: true\n    record: {a: .nan}\n")); err == nil {
		t.Error("a number that JSON does not have")
	}
	var at *lineError
	if _, err := parseCases([]byte("x: 1")); !errors.As(err, &at) || at.line != 1 {
		t.Errorf("%v", err)
	}
}

func TestRulesThatMSABringsAreNotOwn(t *testing.T) {
	set, err := rules.Load(append([]string{rules.CRS}, rules.Packs...))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Files {
		if isOwn(f) {
			t.Errorf("%s", f)
		}
	}
	if len(set.Files) < 20 || !isOwn("/etc/own.conf") || !isOwn(`C:\own.conf`) {
		t.Errorf("%d files", len(set.Files))
	}
}
