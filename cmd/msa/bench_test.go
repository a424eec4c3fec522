package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const benchRecord = `{"METHOD":"GET","URL":"/page?a=1","SRC_IP":"192.0.2.1","RESP_CODE":"200"}` + "\n"

func benchArgs(t *testing.T, args ...string) []string {
	t.Helper()
	rules := file(t, "own.conf", `SecRule ARGS "@streq never" "id:5,phase:2,deny"`+"\n")
	return append([]string{"bench", "--seconds=0.05", "--rules=" + rules, "--mapping=nano", "--behavior=off", "-"}, args...)
}

func TestBench(t *testing.T) {
	p := command(t, "msa", benchArgs(t, "--json", "--workers=2")...)
	if code := p.run(benchRecord); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	var f struct {
		Version string
		Sample  struct{ Records, Inspected int }
		Speeds  []struct{ Workers int } `json:"records_per_second"`
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &f); err != nil || !strings.HasPrefix(f.Version, "msa ") || f.Sample.Records != 1 || f.Sample.Inspected != 1 || len(f.Speeds) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
	text := command(t, "msa", benchArgs(t, "--workers=1")...)
	if code := text.run(benchRecord); code != 0 || !strings.HasPrefix(text.stdout.String(), "1 records, 74 bytes, mapping nano; 1 rules from ") {
		t.Errorf("exit code %d: %s%s", code, text.stdout.String(), text.stderr.String())
	}
}

func TestBenchErrors(t *testing.T) {
	for _, c := range []struct {
		name, input string
		args        []string
		stderr      string
	}{
		{"nothing", "", nil, "msa: cannot measure: there are no records\n"},
		{"another mapping", `{"a":1}`, nil, "msa: cannot measure: none of 1 records could be inspected (unmapped: 1)\n"},
		{"no HTTP", `{"a":1}`, []string{"--mapping=auto"}, "msa: cannot measure: none of 1 records could be inspected (no HTTP 1)\n"},
		{"no time", benchRecord, []string{"--seconds=0"}, "msa: --seconds, --records, --chunk and --top are above 0"},
		{"no number", benchRecord, []string{"--seconds=NaN"}, "msa: --seconds, --records, --chunk and --top are above 0"},
		{"wrong property", benchRecord, []string{"--paranoia-level=9"}, `msa: property paranoia_level: "9" is not`},
		{"no file", "", []string{"/nowhere/x.log"}, "/nowhere/x.log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := command(t, "msa", benchArgs(t, c.args...)...)
			if code := p.run(c.input); code != exitUsage || !strings.Contains(p.stderr.String(), c.stderr) || p.stdout.String() != "" {
				t.Errorf("exit code %d, %q is missing in %s", code, c.stderr, p.stderr.String())
			}
		})
	}
}
