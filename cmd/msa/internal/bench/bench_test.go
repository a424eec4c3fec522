package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/logfile"
)

// benchRules are a rule that the screen knows, one that it can't judge, one that takes so long (it writes a thousand
// times the bytes that it reads) that no interruption of the others looks like it, one that matches, and one that no
// record wakes.
var benchRules = `SecRule REQUEST_URI "@beginsWith /attack" "id:1,phase:1,deny,msg:'attack'"
SecRule REQUEST_URI "@beginsWith /unjudged" "id:2,phase:1,deny,chain"
SecRule UNIQUE_ID "@streq x"
SecRule REQUEST_URI "@rx ^/(?:attack|unjudged)" "id:3,phase:2,pass,nolog,t:none` + strings.Repeat(",t:base64Encode,t:hexEncode", 7) + `,t:sha1"
SecRule ARGS "@rx twice" "id:4,phase:2,deny"
SecRule ARGS "@streq never" "id:5,phase:2,deny"
`

// benchRecords are 100 records, of which 10 alarm by one rule, 5 by two, and 20 are kept off the fast path in vain.
func benchRecords() string {
	var b strings.Builder
	for i := range 100 {
		uri := fmt.Sprintf("/page/%d?a=%d", i, i)
		switch {
		case i%20 == 1:
			uri = fmt.Sprintf("/attack/%d?a=twice", i)
		case i%10 == 2:
			uri = fmt.Sprintf("/attack/%d", i)
		case i%5 == 3:
			uri = fmt.Sprintf("/unjudged/%d", i)
		}
		fmt.Fprintf(&b, `{"METHOD":"GET","URL":%q,"SRC_IP":"192.0.2.%d","RESP_CODE":"200"}`+"\n", uri, i)
	}
	return b.String()
}

// measured measures records, with benchRules and one worker unless something else is given.
func measured(t *testing.T, given inspect.Properties, records string, change func(*Options)) *Report {
	t.Helper()
	if testing.Short() {
		t.Skip("measures time, and so is not for the race detector")
	}
	file := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(file, []byte(benchRules), 0o600); err != nil {
		t.Fatal(err)
	}
	all := inspect.Properties{"rules": {file}, "mapping": {"nano"}, "behavior": {"off"}, "workers": {"1"}}
	maps.Copy(all, given)
	o := Options{Properties: all, Records: 100_000, Chunk: 32 << 10, Time: 300 * time.Millisecond, Version: "msa", Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	r, err := Measure(&logfile.Files{Names: []string{"-"}, Stdin: strings.NewReader(records), Stderr: io.Discard}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func written(t *testing.T, r *Report, top int) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteText(&out, top); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMeasure(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	records := benchRecords()
	r := measured(t, inspect.Properties{"workers": {"2"}, "behavior": {"default"}, "state_path": {state}}, records, nil)
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var f figures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	if s := f.Sample; s.Records != 100 || s.Bytes != len(records) || s.Used != 100 || s.Inspected != 100 || s.Mappings["nano"] != 100 || s.Once <= 0 {
		t.Errorf("sample %+v", s)
	}
	if f.Rules != 5 || f.Cleared != 0.65 || f.Alarming != 0.15 {
		t.Errorf("%d rules, %v cleared, %v alarm", f.Rules, f.Cleared, f.Alarming)
	}
	for i, s := range f.Speeds {
		if s.Workers != i+1 || (s.Empty > 0) != (i == 0) || s.New <= 0 || s.Repeated <= 0 || s.Times < 1 {
			t.Errorf("speed %+v", s)
		}
	}
	if last := f.Speeds[len(f.Speeds)-1]; len(f.Speeds) != 2 || f.Day.Workers != 2 || f.Day.Records != math.Round(last.New*86400) ||
		math.Abs(f.Day.Bytes/f.Day.Records-float64(len(records))/100) > 0.01 {
		t.Errorf("a day %+v of %+v", f.Day, f.Speeds)
	}
	for _, part := range []string{"mapping", "screen", "rules", "detectors", "alerts", "rest"} {
		if f.Parts[part] <= 0 {
			t.Errorf("part %s: %v", part, f.Parts[part])
		}
	}
	if len(f.RuleCosts) == 0 || f.RuleCosts[0].Rule != 3 || f.RuleCosts[0].Runs != 35 || f.RuleCosts[0].Line != 4 || f.RulesSlower <= 0 {
		t.Errorf("times of rules %+v", f.RuleCosts)
	}
	for i, want := range []suspectFigure{
		{ruleName: ruleName{Rule: 2, Line: 2}, Records: 0.2, InVain: 1, Alone: 0.2, AloneInVain: 1, NotJudged: "it looks at UNIQUE_ID"},
		{ruleName: ruleName{Rule: 1, Line: 1}, Records: 0.15, Alone: 0.1},
		{ruleName: ruleName{Rule: 4, Line: 5}, Records: 0.05},
	} {
		got := f.Suspects[i]
		if (got.AloneTime > 0) != (want.Alone > 0) || filepath.Base(got.File) != "own.conf" {
			t.Errorf("rule %+v", got)
		}
		if got.AloneTime, got.File = 0, ""; got != want || len(f.Suspects) != 3 {
			t.Errorf("rule %+v of %d, want %+v", got, len(f.Suspects), want)
		}
	}
	if len(f.Open) != 1 || f.Open[0].Rule != 2 || f.Open[0].Alone != 0.2 {
		t.Errorf("not judged %+v", f.Open)
	}
	notes := strings.Join(f.Notes, "\n")
	for _, want := range []string{
		"the sample is small: 100 records",
		"rule 2 (own.conf:2) keeps 20.0 % of the records off the fast path",
		"it looks at UNIQUE_ID; it matched in 0.0 % of them",
		"rule 1 (own.conf:1) keeps 10.0 % of the records off the fast path",
		"it matched in 100.0 % of them; if these are not attacks, msa tune",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is missing in %s", want, notes)
		}
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the detectors were taught")
	}
}

func TestWriteText(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   inspect.Properties
		change  func(*Options)
		top     int
		want    []string
		without string
	}{
		{"screen on", inspect.Properties{}, nil, 10, []string{
			"100 records, ", ", mapping nano; 5 rules from ", "workers  empty caches  new records  repeated\n", "With one worker and this mix",
			"65.0 % are cleared by the fast path, and 15.0 % alarm", "rules that keep records off the fast path: 3 of 3\n",
			"  20.0 %  100.0 %  20.0 %  100.0 %", "2 (own.conf:2)\n", "rules that take longest", "3 (own.conf:4)\n", "no rule's: ",
			"2 (own.conf:2): it looks at UNIQUE_ID; alone keeps off it 20.0 % of the records\n", "\nnotes\n- ",
		}, "screen is off"},
		{"screen and alerts off", inspect.Properties{"screen": {"off"}, "alert_tag": {"off"}}, nil, 1, []string{
			" 0.0 % are cleared by the fast path, and 15.0 % alarm", "rules that take longest where they run: 1 of 5", "- screen is off: all rules see all records\n",
		}, "off the fast path"},
		{"any match matters", inspect.Properties{"alert_when": {"match"}}, nil, 10, []string{"- any match matters (alert_when match, or annotate)"}, "screen is off"},
		{"some records", inspect.Properties{}, func(o *Options) { o.Records, o.Chunk = 10, 1 }, 10, []string{"10 records, ", "- the files have more records: --records\n"}, "screen is off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := written(t, measured(t, c.given, benchRecords(), c.change), c.top)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing", want)
				}
			}
			if strings.Contains(text, c.without) {
				t.Errorf("%q is in it", c.without)
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

func TestReadSample(t *testing.T) {
	line := `{"a":1}` + "\n"
	for _, c := range []struct {
		name            string
		records, most   int
		chunkSize, want int // chunks
		half            int // of them
		cut             bool
	}{
		{"one record", 1, 10, 1 << 20, 1, 1, false},
		{"one chunk for each half", 9, 10, 1 << 20, 2, 1, false},
		{"all that may be", 10, 10, 1 << 20, 2, 1, false},
		{"more than may be", 11, 10, 1 << 20, 2, 1, true},
		{"a record a chunk", 7, 10, 1, 7, 4, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &logfile.Files{Names: []string{"-"}, Stdin: strings.NewReader(strings.Repeat(line, c.records)), Stderr: os.Stderr}
			s, err := readSample(in, c.most, c.chunkSize)
			if err != nil {
				t.Fatal(err)
			}
			n := min(c.records, c.most)
			if s.records != n || s.size != n*len(line) || s.cut != c.cut || len(s.chunks) != c.want || s.half(len(s.chunks)) != c.half {
				t.Errorf("%d records of %d bytes, cut %v, %d chunks, of which %d are a half", s.records, s.size, s.cut, len(s.chunks), s.half(len(s.chunks)))
			}
			if first := s.count(0, c.half); first != (n+1)/2 || s.count(c.half, c.want) != n/2 {
				t.Errorf("%d records in the first half", first)
			}
		})
	}
}

// docs/performance.md names all keys of the JSON, and no others.
func TestPerformanceKeys(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## For machines")
	var documented []string
	for _, line := range strings.Split(table, "\n") {
		cells := strings.SplitN(line, "|", 3)
		if len(cells) < 3 || strings.HasPrefix(cells[1], "-") || strings.TrimSpace(cells[1]) == "key" {
			continue
		}
		for _, key := range strings.Split(cells[1], ",") {
			documented = append(documented, strings.TrimSpace(key))
		}
		for i, key := range strings.Split(cells[2], "`") {
			if i%2 == 1 {
				documented = append(documented, key)
			}
		}
	}
	var keys []string
	var collect func(reflect.Type)
	collect = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				keys = append(keys, name)
			}
			if f.IsExported() || f.Anonymous {
				collect(f.Type)
			}
		}
	}
	collect(reflect.TypeFor[figures]())
	for _, list := range []*[]string{&documented, &keys} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if !slices.Equal(documented, keys) {
		t.Errorf("documented %v\nkeys %v", documented, keys)
	}
}

// A rule that is in vain, and why that is known.
func TestDoubt(t *testing.T) {
	const rules = `SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,setvar:tx.seen=+1"
SecRule TX:seen "@eq 2" "id:2,phase:2,deny"
SecRule ARGS:a "@rx [02]" "id:3,phase:2,deny,chain"
SecRule ARGS:a "@rx [1]"
`
	file := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	text := written(t, measured(t, inspect.Properties{"rules": {file}}, benchRecords(), nil), 10)
	want := "- rule 2 (own.conf:2) keeps "
	if !strings.Contains(text, want) || !strings.Contains(text, "may match; it matched in 0.0 % of them") {
		t.Errorf("%q is missing in %s", want, text)
	}
}
