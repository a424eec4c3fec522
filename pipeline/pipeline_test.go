package pipeline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

var engines Engines // shared by the tests, as by the instances of a process

// newPipeline makes a pipeline of "name=value"s, without detectors if they say nothing of them.
func newPipeline(t testing.TB, properties ...string) (*Pipeline, *bytes.Buffer) {
	t.Helper()
	if !slices.ContainsFunc(properties, func(p string) bool { return strings.HasPrefix(p, "behavior=") }) {
		properties = append(slices.Clone(properties), "behavior=off")
	}
	cfg, err := ParseConfig(given(properties...))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p, err := New(cfg, &engines, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := keep(p); err != nil {
		t.Error(err)
	}
	return p, &log
}

// kept is the rule set of the last pipeline, for the next: to compile one takes longer than most tests.
var kept struct {
	by     *Engines
	engine *sharedEngine
}

func keep(p *Pipeline) error {
	p.engines.mu.Lock()
	p.engine.uses++
	p.engines.mu.Unlock()
	last := kept
	kept.by, kept.engine = p.engines, p.engine
	if last.by == nil {
		return nil
	}
	return last.by.put(last.engine)
}

// newEvent makes an event of a record in msgpack.
func newEvent(at uint32, record []byte) []byte {
	e := []byte{0x92, 0x92, 0xd7, 0x00}
	e = binary.BigEndian.AppendUint32(e, at)
	e = binary.BigEndian.AppendUint32(e, 0)
	return append(append(e, 0x80), record...)
}

func jsonRecord(t testing.TB, text string) []byte {
	t.Helper()
	r, _, err := mapping.AppendJSON(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func request(t testing.TB, uri string) []byte {
	return jsonRecord(t, fmt.Sprintf(`{"URL":%q,"METHOD":"GET","SRC_IP":"10.0.0.1","DST_IP":"10.0.0.2","host":"h"}`, uri))
}

// read gives the alerts' bodies.
func read(t testing.TB, r Result) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, a := range r.Alerts {
		n := 0
		for b := a.Events; len(b) > 0; n++ {
			e, rest, err := readEvent(b)
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := msgp.ReadMapStrIntfBytes(e.body, nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, body)
			b = rest
		}
		if n != a.Count {
			t.Errorf("%d alerts under %s, count says %d", n, a.Tag, a.Count)
		}
	}
	if len(all) != len(r.Records) {
		t.Errorf("%d alerts, %d record numbers", len(all), len(r.Records))
	}
	return all
}

func TestOrder(t *testing.T) {
	p, _ := newPipeline(t, "workers=4")
	var chunk []byte
	var want []string
	for i := range 200 {
		uri := fmt.Sprintf("/index.html?page=%d", i)
		if i%3 == 0 {
			uri = fmt.Sprintf("/?n=%d&t=../../etc/passwd", i)
			want = append(want, uri)
		}
		chunk = append(chunk, newEvent(uint32(i), request(t, uri))...)
	}
	before := bytes.Clone(chunk)
	r := p.Process("a.b", chunk)
	var got []string
	for _, a := range read(t, r) {
		got = append(got, a["url"].(string))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for i, n := range r.Records {
		if n != i*3 {
			t.Errorf("alert %d is said to be of record %d", i, n)
		}
	}
	if r.Chunk != nil || !bytes.Equal(chunk, before) {
		t.Error("the chunk was changed")
	}
	if s := p.Snapshot(); s.Records != 200 || s.Alerts != uint64(len(want)) || s.InspectionSeconds <= 0 || s.BusySeconds <= 0 {
		t.Errorf("counters are %+v", s)
	}
}

// What can't be inspected goes on byte for byte and is counted, and what stands
// before and behind it is inspected.
func TestBadInput(t *testing.T) {
	deep := bytes.Repeat([]byte{0x91}, 10_000)
	deepMap := bytes.Repeat([]byte{0x81, 0xa1, 'a'}, 10_000)
	manyKeys := msgp.AppendMapHeader(nil, 100_000)
	for i := range 100_000 {
		manyKeys = msgp.AppendString(manyKeys, fmt.Sprint("key", i))
		manyKeys = msgp.AppendInt(manyKeys, i)
	}
	marker := newEvent(0xffffffff, []byte{0x80})
	const notHTTP = "no HTTP" // which is no error
	for _, c := range []struct {
		name  string
		event []byte
		cause string // "" for none
		ends  bool   // nothing behind it can be read
	}{
		{"record is a string", newEvent(1, msgp.AppendString(nil, "x")), "not_a_map", false},
		{"URL is an object", newEvent(1, jsonRecord(t, `{"URL":{"path":"/a"},"METHOD":"GET","SRC_IP":"10.0.0.1"}`)), "not_text", false},
		{"record is an array", newEvent(1, []byte{0x90}), "not_a_map", false},
		{"record is nil", newEvent(1, []byte{0xc0}), "not_a_map", false},
		{"empty record", newEvent(1, []byte{0x80}), notHTTP, false},
		{"nothing of HTTP", newEvent(1, jsonRecord(t, `{"log":"hello"}`)), notHTTP, false},
		{"a request that no preset reads", newEvent(1, jsonRecord(t, `{"did":"GET","what":"/x","got":200}`)), "unmapped", false},
		{"wrong types", newEvent(1, jsonRecord(t, `{"URL":{},"METHOD":[],"SRC_IP":1,"REQ_HEADER":null,"REQ_BODY":7.5,"RETCODE":true,"DST_PORT":-1}`)), "not_text", false},
		{"10 MB value", newEvent(1, request(t, "/"+strings.Repeat("x", 10<<20))), "", false},
		{"100,000 keys", newEvent(1, manyKeys), notHTTP, false},
		{"10,000 arrays deep", newEvent(1, append(append(msgp.AppendString([]byte{0x81}, "URL"), deep...), 0xc0)), notHTTP, false},
		{"10,000 maps deep", newEvent(1, append(bytes.Clone(deepMap), 0xc0)), notHTTP, false},
		{"not UTF-8, NUL", newEvent(1, jsonRecord(t, "{\"URL\":\"/a\",\"METHOD\":\"GET\",\"SRC_IP\":\"\xff\\u0000\"}")), "", false},
		{"keys that are no strings", newEvent(1, []byte{0x82, 0x01, 0x02, 0xc0, 0x90}), notHTTP, false},
		{"group begins", marker, "", false},
		{"group ends", newEvent(0xfffffffe, []byte{0x80}), "", false},
		{"time is an integer", append([]byte{0x92, 0x05}, request(t, "/a")...), "", false},
		{"time is a float", append(msgp.AppendFloat64([]byte{0x92}, 1.5), request(t, "/a")...), "", false},
		{"no event", []byte{0x01}, "malformed", false},
		{"array of three", []byte{0x93, 0x01, 0x80, 0x80}, "malformed", false},
		{"no time", []byte{0x92, 0x90, 0x80}, "malformed", false},
		{"cut in the record", newEvent(1, request(t, "/a"))[:30], "malformed", true},
		{"unknown type", []byte{0xc1}, "malformed", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, log := newPipeline(t)
			good := newEvent(1, request(t, "/?t=../../etc/passwd"))
			chunk := slices.Concat(good, c.event)
			want := 1
			if !c.ends {
				chunk = append(chunk, good...)
				want = 2
			}
			before := bytes.Clone(chunk)
			r := p.Process("t", chunk)
			if got := len(read(t, r)); got != want {
				t.Errorf("%d alerts, want %d", got, want)
			}
			if r.Chunk != nil || !bytes.Equal(chunk, before) {
				t.Error("the chunk was changed")
			}
			for cause, n := range p.Snapshot().Errors {
				if want := map[bool]uint64{true: 1}[cause == c.cause]; n != want {
					t.Errorf("%s was counted %d times, want %d", cause, n, want)
				}
			}
			if n := p.Snapshot().NotHTTP; n != map[bool]uint64{true: 1}[c.cause == notHTTP] {
				t.Errorf("%d records are no HTTP", n)
			}
			if c.cause != "" && strings.Contains(log.String(), "cause=") == (c.cause == notHTTP) {
				t.Errorf("the log is %s", log)
			}
			if c.cause != "" && c.cause != notHTTP && !strings.Contains(log.String(), "cause="+c.cause) {
				t.Errorf("the log does not say %s: %s", c.cause, log)
			}
		})
	}
}

func TestComplainsOnceAMinute(t *testing.T) {
	p, log := newPipeline(t, "mapping=nano")
	for range 50 {
		p.Process("t", newEvent(1, []byte{0x80}))
	}
	if n := strings.Count(log.String(), "cause=unmapped"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log)
	}
	if n := p.Snapshot().Errors["unmapped"]; n != 50 {
		t.Errorf("counted %d times", n)
	}
}

func TestAnnotate(t *testing.T) {
	p, _ := newPipeline(t, "annotate=waf", "alert_tag=off")
	attack, benign := newEvent(1, request(t, "/?t=../../etc/passwd")), newEvent(2, request(t, "/index.html"))
	tail := []byte{0x92, 0x01} // cut
	r := p.Process("t", slices.Concat(benign, attack, benign, tail))
	if len(r.Alerts) != 0 || len(r.Records) != 0 {
		t.Error("alerts though alert_tag is off")
	}
	rest, ok := bytes.CutPrefix(r.Chunk, benign)
	if !ok || !bytes.HasSuffix(rest, slices.Concat(benign, tail)) {
		t.Fatal("events without a match were changed")
	}
	e, _, err := readEvent(rest)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := msgp.ReadMapStrIntfBytes(e.body, nil)
	if err != nil {
		t.Fatal(err)
	}
	verdict := body["waf"].(map[string]any)
	if verdict["alert"] != "true" || verdict["rule_id"] != "930100" || body["URL"] != "/?t=../../etc/passwd" || len(body) != 6 {
		t.Errorf("got %v", body)
	}
	if r := p.Process("t", benign); r.Chunk != nil {
		t.Error("a chunk without a match was rewritten")
	}
}

func TestTags(t *testing.T) {
	p, _ := newPipeline(t, "alert_tag=msa.$TAG.$host")
	one, two := newEvent(1, request(t, "/?t=../../etc/passwd")), newEvent(1, jsonRecord(t, `{"URL":"/?t=../../etc/passwd","METHOD":"GET","SRC_IP":"1","host":"other"}`))
	r := p.Process("x", slices.Concat(one, one, two, one))
	var got []string
	for _, a := range r.Alerts {
		got = append(got, fmt.Sprint(a.Tag, " ", a.Count))
	}
	if !slices.Equal(got, []string{"msa.x.h 2", "msa.x.other 1", "msa.x.h 1"}) {
		t.Errorf("got %v", got)
	}
}

// Two instances with other rules in one process do not touch each other; with the same
// rules they share them.
func TestEngines(t *testing.T) {
	path := t.TempDir() + "/own.conf"
	if err := os.WriteFile(path, []byte(`SecRule ARGS:x "@streq evil" "id:1,phase:2,log,pass"`), 0o600); err != nil {
		t.Fatal(err)
	}
	var shared Engines
	open := func() *Pipeline {
		cfg, err := ParseConfig(given("rules=" + path))
		if err != nil {
			t.Fatal(err)
		}
		p, err := New(cfg, &shared, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b := open(), open()
	if a.engine != b.engine {
		t.Error("the same rules are compiled twice")
	}
	if err := os.WriteFile(path, []byte(`SecRule ARGS:x "@streq other" "id:1,phase:2,log,pass"`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := open()
	if a.engine == c.engine {
		t.Error("changed rules were not compiled")
	}
	a.Close()
	event := newEvent(1, request(t, "/?x=evil"))
	if n := len(b.Process("t", event).Alerts); n != 1 {
		t.Errorf("%d alerts with the old rules", n)
	}
	if n := len(c.Process("t", event).Alerts); n != 0 {
		t.Errorf("%d alerts with the new rules", n)
	}
	b.Close()
	c.Close()
	if len(shared.all) != 0 {
		t.Errorf("%d engines are left", len(shared.all))
	}
}

func TestConcurrentChunks(t *testing.T) {
	p, _ := newPipeline(t, "workers=2")
	chunk := slices.Concat(newEvent(1, request(t, "/a")), newEvent(1, request(t, "/?t=../../etc/passwd")), newEvent(1, request(t, "/b")))
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				if r := p.Process("t", chunk); !slices.Equal(r.Records, []int{1}) {
					t.Errorf("alerts of records %v", r.Records)
				}
			}
		}()
	}
	wg.Wait()
}

// panics is an engine with a defect.
type panics struct{}

func (panics) Inspect(*mapping.Transaction) (engine.Verdict, error) {
	var none []int
	return engine.Verdict{ScoreIn: none[len(none)]}, nil
}

func TestPanicIsCounted(t *testing.T) {
	p, log := newPipeline(t)
	p.rules = panics{}
	event := newEvent(1, request(t, "/"))
	if r := p.Process("t", slices.Concat(event, event)); r.Chunk != nil || len(r.Alerts) != 0 {
		t.Errorf("got %+v", r)
	}
	if n := p.Snapshot().Errors["panic"]; n != 2 || !regexp.MustCompile(`index out of range .* at pipeline_test.go:\d+`).MatchString(log.String()) {
		t.Errorf("counted %d, log %s", n, log)
	}
}

func TestEventTime(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, c := range []struct {
		name string
		time []byte
	}{
		{"fixext8", alert.AppendTime(nil, at)},
		{"ext8", append([]byte{0xc7, 8}, alert.AppendTime(nil, at)[1:]...)},
		{"integer", msgp.AppendInt64(nil, at.Unix())},
		{"float", msgp.AppendFloat64(nil, float64(at.UnixMicro())/1e6)},
	} {
		e := event{time: c.time}
		if d := e.when().Sub(at); d > time.Millisecond || d < -time.Second {
			t.Errorf("%s: got %v", c.name, e.when())
		}
	}
	if !reflect.DeepEqual(event{time: []byte{0xc0}}.when(), time.Time{}) {
		t.Error("nil is a time")
	}
}

func FuzzProcess(f *testing.F) {
	f.Add(newEvent(1, request(f, "/?t=../../etc/passwd")))
	f.Add([]byte{0x92, 0x92, 0xd7, 0x00})
	p, log := newPipeline(f, "annotate=waf", "behavior=default")
	f.Fuzz(func(t *testing.T, chunk []byte) {
		before, panics := bytes.Clone(chunk), p.Snapshot().Errors["panic"]
		r := p.Process("t", chunk)
		if !bytes.Equal(chunk, before) {
			t.Error("the chunk was changed")
		}
		if p.Snapshot().Errors["panic"] != panics {
			t.Errorf("panic: %s", log)
		}
		if r.Chunk != nil && len(r.Chunk) <= len(chunk) {
			t.Errorf("annotated chunk of %d bytes is no longer than %d", len(r.Chunk), len(chunk))
		}
	})
}

// failsAt says of each record that rules failed at it.
type failsAt []engine.RulePanic

func (p failsAt) Inspect(*mapping.Transaction) (engine.Verdict, error) {
	return engine.Verdict{Panics: p}, nil
}

func TestCountsRulesThatPanic(t *testing.T) {
	p, log := newPipeline(t, "mapping=nano")
	p.rules = failsAt{{Rule: 930100, Text: "first"}, {Rule: 930110, Text: "second"}}
	for range 3 {
		p.Process("t", newEvent(1, jsonRecord(t, `{"METHOD":"GET","URL":"/"}`)))
	}
	s := p.Snapshot()
	if s.RulePanics != 6 || s.Errors["engine"] != 0 {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{"rule=930100", "rule=930110", "panic=first", "REQUEST-930-APPLICATION-ATTACK-LFI.conf:"} {
		if n := strings.Count(log.String(), want); n != 1 && !strings.HasSuffix(want, ":") || n == 0 {
			t.Errorf("the log has %q %d times:\n%s", want, n, log)
		}
	}
	s.Add(s)
	if s.RulePanics != 12 {
		t.Errorf("added: %d", s.RulePanics)
	}
}
