package main

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/test/rig"
)

const goodPipeline = `[SERVICE]
    storage.path /var/lib/fluent-bit
[INPUT]
    Name udp
    Tag nano
[FILTER]
    Name msa
    Match nano
    Rules ` + "RULES" + `
[FILTER]
    Name modify
    Match msa.alert
    Condition Key_Value_Does_Not_Match host ^[!-~]+$
    Remove host
[OUTPUT]
    Name syslog
    Match msa.*
    Syslog_MaxSize 60000
    Syslog_Message_Key log
    Syslog_Hostname_Key host
`

func TestCheckPipeline(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "own.conf")
	if err := os.WriteFile(rules, []byte("SecRule ARGS \"@contains evil\" \"id:1,phase:2,pass\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := strings.Replace(goodPipeline, "RULES", rules, 1)
	for _, c := range []struct {
		name, old, new string
		code           int
		remarks        []string // parts of the lines that begin with the file's name, after those of filters
	}{
		{"nothing to say", "", "", 0, nil},
		{"misspelt property", "Rules ", "Pranoia_Level 2\n    Rules ", 1, []string{`:6: error: there is no property "pranoia_level"; did you mean paranoia_level?`}},
		{"bad value", "Rules ", "Paranoia_Level 7\n    Rules ", 1, []string{`:6: error: property paranoia_level: "7" is not`}},
		{"no rules", rules, "/nowhere/x.conf", 1, []string{":6: error: cannot load rules \"/nowhere/x.conf\""}},
		{"alerts go nowhere", "Match msa.*", "Match nano", 0, []string{":6: warning: no output matches msa.alert"}},
		{"nothing comes", "Match nano", "Match nana", 0, []string{":6: warning: no input has a tag that nana matches"}},
		{"tag of the sender", "    Tag nano\n", "", 0, nil},
		{"short messages", "    Syslog_MaxSize 60000\n", "", 0, []string{":15: warning: Syslog_MaxSize is 2048"}},
		{"empty messages", "Key log", "Key message", 1, []string{`:15: error: Syslog_Message_Key is "message", and the text of alerts is under "log"`}},
		{"no text", "Rules ", "Alert_Text_Key off\n    Rules ", 1, []string{`:16: error: Syslog_Message_Key is "log", and alert_text_key is off in the filter of `}},
		{"host", "Remove host", "Remove path", 0, []string{":15: warning: Syslog_Hostname_Key is host"}},
		{"fork", "[SERVICE]", "[SERVICE]\n    Daemon On", 1, []string{":1: error: daemon on"}},
		{"alerts in memory", "    storage.path /var/lib/fluent-bit\n", "    Flush 1\n", 0, []string{":6: warning: there is no storage.path"}},
		{"threaded", "Tag nano", "Tag nano\n    Threaded on", 0, []string{":3: warning: threaded without Mem_Buf_Limit"}},
		{"threaded with a limit", "Tag nano", "Tag nano\n    Threaded on\n    Mem_Buf_Limit 50M", 0, nil},
		{"a value twice", "Rules ", "Mapping nano\n    Mapping nginx\n    Rules ", 1, []string{":6: error: mapping is given 2 times, which Fluent Bit refuses"}},
		{"rules twice", "Rules ", "Rules crs\n    Rules ", 0, nil},
		{"variable that is not set", "Rules ", "Mapping ${MSA_NOWHERE}\n    Rules ", 0, []string{":6: warning: mapping is empty"}},
		{"no match", "    Match nano\n", "", 1, []string{":6: error: the filter has no match"}},
		{"byte order mark", "[SERVICE]", "\ufeff[SERVICE]", 1, nil},
		{"by expression", "Match nano", "Match_Regex ^na", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := good
			if c.old != "" {
				if text = strings.Replace(good, c.old, c.new, 1); text == good {
					t.Fatalf("%q is not in the pipeline", c.old)
				}
			}
			file := filepath.Join(t.TempDir(), "f.conf")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, "msa", "check", file)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d: %s%s", code, c.code, p.stdout.String(), p.stderr.String())
			}
			var remarks []string
			for line := range strings.Lines(p.stdout.String()) {
				if strings.HasPrefix(line, file) && !strings.Contains(line, ": filter msa, match ") {
					remarks = append(remarks, strings.TrimPrefix(line, file))
				}
			}
			if len(remarks) != len(c.remarks) {
				t.Fatalf("remarks %q, want %q", remarks, c.remarks)
			}
			for i, want := range c.remarks {
				if !strings.HasPrefix(remarks[i], want) {
					t.Errorf("remark %q, want %q", remarks[i], want)
				}
			}
		})
	}
}

// What is sent has to be taken by an output, be it alerts or incidents.
func TestCheckPipelineIncidents(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "own.conf")
	if err := os.WriteFile(rules, []byte("SecRule ARGS \"@contains evil\" \"id:1,phase:2,pass\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, filter, match, key string
		code                     int
		want                     string // among the remarks; none if empty
	}{
		{"alerts alone", "", "msa.alert", "log", 0, ""},
		{"incidents alone", "Alert_Per incident", "msa.incident", "log", 0, ""},
		{"incidents go nowhere", "Alert_Per incident", "msa.alert", "log", 0, "warning: no output matches msa.incident: incidents go nowhere"},
		{"a tag of their own goes nowhere", "Incident_Tag soc", "msa.*", "log", 0, "warning: no output matches soc: incidents go nowhere"},
		{"empty incidents", "Alert_Per incident", "msa.incident", "message", 1, `error: Syslog_Message_Key is "message"`},
		{"another key than the text's", "Alert_Text_Key off", "msa.alert", "msg", 0, "warning: alert_text_key is off"},
		{"no key", "Alert_Text_Key off", "msa.alert", "", 1, `error: Syslog_Message_Key is "", and alert_text_key is off`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("Rules RULES", "Rules "+rules+"\n    "+c.filter, "Match msa.*", "Match "+c.match,
				"Syslog_Message_Key log", "Syslog_Message_Key "+c.key).Replace(goodPipeline)
			if c.key == "" {
				text = strings.Replace(text, "    Syslog_Message_Key \n", "", 1)
			}
			file := filepath.Join(t.TempDir(), "f.conf")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, "msa", "check", file)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if out := p.stdout.String(); !strings.Contains(out, c.want) || c.want == "" && (strings.Contains(out, "warning: ") || strings.Contains(out, "error: ")) {
				t.Errorf("%q is not in %s", c.want, out)
			}
		})
	}
}

func TestCheckPipelineIncludes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.conf":    "@SET tag=nano\n@INCLUDE parts/*.conf\n",
		"parts/1.conf": "[INPUT]\n\tName udp\n\tTag ${tag}\n",
		"parts/2.conf": "[FILTER]\n\tName msa\n\tMatch ${tag}\n\tRules ${RULES}\n",
		"mark.yaml":    "\ufeffpipeline:\n  filters: [{name: msa, match: nano, rules: own.conf, alert_tag: }]\n",
		"filter.yaml":  "pipeline:\n  filter: [{name: msa, match: nano}]\n",
		"type.yaml":    "pipeline:\n  filters: {name: msa}\n",
		"loop.conf":    "@INCLUDE loop.conf\n",
		"none.conf":    "[INPUT]\n    Name udp\n",
		"own.conf":     "SecRule ARGS \"@contains evil\" \"id:1,phase:2,pass\"\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		out  string
	}{
		{[]string{filepath.Join(dir, "main.conf")}, 0, "ok: 1 rule from " + filepath.Join(dir, "own.conf")},
		{[]string{filepath.Join(dir, "mark.yaml")}, 1, "mark.yaml: filters[0]: warning: alert_tag is empty"},
		{[]string{filepath.Join(dir, "filter.yaml")}, 1, `filter.yaml": there is no key "filter" in a pipeline, but inputs, filters, outputs`},
		{[]string{filepath.Join(dir, "type.yaml")}, 1, `type.yaml": line 2, column 12: expected a list`},
		{[]string{filepath.Join(dir, "loop.conf")}, 1, "files include each other more than 16 deep"},
		{[]string{filepath.Join(dir, "none.conf")}, 1, "there is no filter msa in it"},
		{[]string{filepath.Join(dir, "own.conf")}, 1, "line " + filepath.Join(dir, "own.conf") + ":1 is neither section nor key and value"},
		{[]string{filepath.Join(dir, "missing.conf")}, 1, "cannot read configuration: open "},
		{[]string{filepath.Join(dir, "main.conf"), "--rules=crs"}, 2, "properties are those of "},
	} {
		p := command(t, "msa", append([]string{"RULES=" + filepath.Join(dir, "own.conf"), "check"}, c.args...)...)
		if code := p.run(""); code != c.code {
			t.Errorf("%q: exit code %d, want %d", c.args, code, c.code)
		}
		if out := p.stdout.String() + p.stderr.String(); !strings.Contains(out, c.out) {
			t.Errorf("%q: %q is missing in %s", c.args, c.out, out)
		}
	}
}

// The pipelines at the top of the project have no error.
func TestCheckOwnPipelines(t *testing.T) {
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		p := command(t, "msa", "check", filepath.Join(rig.Root(), name))
		if code := p.run(""); code != 0 || strings.Contains(p.stdout.String(), "error: ") || !strings.Contains(p.stdout.String(), "filter msa, match nano") {
			t.Errorf("%s: exit code %d: %s%s", name, code, p.stdout.String(), p.stderr.String())
		}
	}
}

// A check says what a start would refuse or set aside, and changes nothing on disk.
func TestCheckChangesNothing(t *testing.T) {
	const damaged = "MSA behavior 1\nand no digest"
	for _, c := range []struct {
		name, path, text string // of the state; no text for no file
		code             int
		want             string
	}{
		{"no directory", "missing/deeper/state", "", 0, "ok: "},
		{"damaged", "state", damaged, 0, `.unreadable" and start without it: it is not whole`},
		{"another file", "state", "a diary", 1, "property state_path: cannot keep state in "},
		{"below a file", "state/state", "", 1, "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.path)
			held := filepath.Join(dir, "state")
			text := cmp.Or(c.text, "a diary")
			if err := os.WriteFile(held, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, "msa", "check", "--rules=crs", "--behavior=default", "--incident-tag=msa.incident", "--state-path="+path)
			if code := p.run(""); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if out := p.stdout.String() + p.stderr.String(); !strings.Contains(out, c.want) {
				t.Errorf("%q is missing in %s", c.want, out)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
				t.Errorf("the directory has %v, %v", entries, err)
			}
			if got, err := os.ReadFile(held); err != nil || string(got) != text {
				t.Errorf("the file has %q, %v", got, err)
			}
		})
	}
}

// What an output does wrong is said once, whoever sends to it; a filter that would not start is not ok.
func TestCheckSaysOnce(t *testing.T) {
	pipeline := file(t, "pipeline.conf", `[SERVICE]
    storage.path /var/lib/fluent-bit
[INPUT]
    Name udp
    Tag  app
[FILTER]
    Name  msa
    Match app
    Ruels crs
[FILTER]
    Name  msa
    Match app
[OUTPUT]
    Name  syslog
    Match msa.alert
`)
	p := command(t, "msa", "check", pipeline)
	if code := p.run(""); code != 1 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	out := p.stdout.String()
	for want, n := range map[string]int{"Syslog_MaxSize is 2048": 1, "Syslog_Message_Key is": 1, `there is no property "ruels"; did you mean rules?`: 1, "\nok: ": 1} {
		if got := strings.Count(out, want); got != n {
			t.Errorf("%q is said %d times, want %d:\n%s", want, got, n, out)
		}
	}
}
