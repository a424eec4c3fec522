// Package host tests the filter's shared library in a host of our own, which
// has Fluent Bit's binary interface: as it is, under the sanitizers of addresses and of undefined behaviour, and under
// valgrind.
package host

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// work holds what the tests build.
var work string

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "msa-host-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(work)
	os.Exit(code)
}

// library is the plugin: $MSA_SO, or built once.
var library = sync.OnceValues(func() (string, error) {
	if so := os.Getenv("MSA_SO"); so != "" {
		return filepath.Abs(so)
	}
	so := filepath.Join(work, "flb-filter_msa.so")
	out, err := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-o", so, "../../plugin").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cannot build the plugin: %w\n%s", err, out)
	}
	return so, nil
})

// host is a way in which the host runs.
type host struct {
	name   string
	cflags []string
	env    []string
	prefix []string               // what runs it
	plugin func() (string, error) // nil for the one that all have
	once   sync.Once
	err    error
}

var (
	plain = &host{name: "plain"}
	bare  = &host{name: "bare", cflags: []string{"-DBARE"}} // lacks a function
	asan  = &host{name: "asan", cflags: []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"}}
)

// build compiles the host, or skips the test where that isn't possible.
func (h *host) build(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc: the host is not tested")
	}
	path := filepath.Join(work, "host-"+h.name)
	h.once.Do(func() {
		args := append([]string{"-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-rdynamic"}, h.cflags...)
		out, err := exec.Command("gcc", append(args, "-o", path, "host.c", "-ldl", "-lpthread")...).CombinedOutput()
		if err != nil {
			h.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if h.err != nil && len(h.cflags) > 1 && strings.Contains(h.err.Error(), "asan") {
		t.Skip("gcc has no AddressSanitizer: the host is not tested under it")
	}
	if h.err != nil {
		t.Fatalf("cannot compile the host: %v", h.err)
	}
	return path
}

// run has the host do the commands in script and returns what it printed. args are
// the host's options.
func (h *host) run(t *testing.T, args []string, script string) (output, complaints string) {
	t.Helper()
	output, complaints, err := h.try(t, args, script)
	if err != nil && h.name == "valgrind" && strings.Contains(complaints, "unhandled instruction bytes") {
		t.Skip("valgrind lacks an instruction that Go uses on this processor: the host is not tested under it")
	}
	if err != nil {
		t.Fatalf("host: %v\n%s\n%s", err, complaints, tail(output))
	}
	return output, complaints
}

func (h *host) try(t *testing.T, args []string, script string) (output, complaints string, err error) {
	t.Helper()
	path := h.build(t)
	build := library
	if h.plugin != nil {
		build = h.plugin
	}
	so, err := build()
	if err != nil {
		t.Fatal(err)
	}
	argv := append(slices.Clone(h.prefix), append(append([]string{path}, args...), so)...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(script)
	cmd.Env = append(os.Environ(), h.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// lines are those of output that begin with a prefix.
func lines(output, prefix string) []string {
	var found []string
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, prefix) {
			found = append(found, strings.TrimSuffix(line, "\n"))
		}
	}
	return found
}

// alerts are the records appended under a tag, in order.
func alerts(t *testing.T, output, tag string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, line := range lines(output, "append ") {
		f := strings.Fields(line)
		if f[2] != tag {
			continue
		}
		all = append(all, records(t, f[3])...)
	}
	return all
}

// records reads events in hexadecimal.
func records(t *testing.T, text string) []map[string]any {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for len(b) > 0 {
		var m map[string]any
		if _, b, err = msgp.ReadArrayHeaderBytes(b); err == nil {
			if b, err = msgp.Skip(b); err == nil {
				m, b, err = msgp.ReadMapStrIntfBytes(b, nil)
			}
		}
		if err != nil {
			t.Fatalf("bad event: %v", err)
		}
		all = append(all, m)
	}
	return all
}

// event is a log event whose record is given in msgpack.
func event(seconds uint32, record []byte) []byte {
	b := msgp.AppendArrayHeader(nil, 2)
	b = msgp.AppendArrayHeader(b, 2)
	b = append(b, 0xd7, 0, byte(seconds>>24), byte(seconds>>16), byte(seconds>>8), byte(seconds), 0, 0, 0, 0)
	b = msgp.AppendMapHeader(b, 0)
	return append(b, record...)
}

// sample is Nano's record with an other URL.
func sample(t *testing.T, url string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/nano-attack.json")
	if err != nil {
		t.Fatal(err)
	}
	record := make(map[string]any)
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	record["URL"] = url
	record["REQ_HEADER"] = strings.Replace(record["REQ_HEADER"].(string), "/?t=../../etc/passwd", url, 1)
	b, err := msgp.AppendIntf(nil, record)
	if err != nil {
		t.Fatal(err)
	}
	return event(1_700_000_000, b)
}

// file writes a chunk for the host to read.
func file(t *testing.T, chunk []byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "chunk")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(chunk); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// check fails unless patterns match lines of output in that order. A pattern that
// begins with ! must match none of it.
func check(t *testing.T, output string, patterns ...string) {
	t.Helper()
	rest := output
	for _, p := range patterns {
		if p, not := strings.CutPrefix(p, "!"); not {
			if found := regexp.MustCompile("(?m)^" + p).FindString(output); found != "" {
				t.Errorf("output has %q", found)
			}
			continue
		}
		at := regexp.MustCompile("(?m)^" + p).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("output lacks %q, in this place at least:\n%s", p, regexp.MustCompile("[0-9a-f]{200,}").ReplaceAllString(output, "<bytes>"))
		}
		rest = rest[at[1]:]
	}
}

// everywhere runs a test in the host as it is and under AddressSanitizer.
func everywhere(t *testing.T, test func(t *testing.T, h *host)) {
	for _, h := range []*host{plain, asan} {
		t.Run(h.name, func(t *testing.T) { test(t, h) })
	}
}

// one is the beginning of a script with one instance, whose one rule the sample matches.
const one = "new a\nset a rules testdata/passwd.conf\nset a behavior off\nset a incident_tag off\n"

func TestConfigMap(t *testing.T) {
	for _, size := range []string{"96", "104", "168"} {
		t.Run(size, func(t *testing.T) {
			out, _ := plain.run(t, []string{"-s", size}, "map\n")
			check(t, out, "plugin msa ")
			types := map[pipeline.PropertyType]int{pipeline.String: 0, pipeline.Int: 2, pipeline.Bool: 3, pipeline.Size: 5}
			got := lines(out, "map ")
			for i, p := range pipeline.Properties() {
				def, flags := p.Default, 0
				if def == "" {
					def = "(null)"
				}
				if p.Multiple {
					flags = 1
				}
				want := fmt.Sprintf("map %s type=%d flags=%d default=%s %s", p.Name, types[p.Type], flags, def, p.Description)
				if i >= len(got) || got[i] != want {
					t.Fatalf("property %d of the map is not\n%s\nin\n%s", i, want, strings.Join(got, "\n"))
				}
			}
			if len(got) != len(pipeline.Properties()) {
				t.Errorf("the map has %d properties, want %d", len(got), len(pipeline.Properties()))
			}
		})
	}
	t.Run("unknown", func(t *testing.T) {
		out, _ := plain.run(t, []string{"-s", "0"}, "map\n"+one+"init a\nexit a\n")
		check(t, out, "map none", "init a ret=0")
	})
	t.Run("none", func(t *testing.T) {
		out, _ := bare.run(t, nil, "map\n")
		check(t, out, "map none")
	})
}

func TestMissingFunction(t *testing.T) {
	out, _ := bare.run(t, nil, one+"init a\n")
	check(t, out, `log error \[filter:msa:a\] cannot start: the host has no function flb_engine_flush`, "init a ret=-1 context=none")
}

func TestRepeatedProperty(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	script := "new a\nset a rules testdata/passwd.conf\nset a alert_per rule\nset a Rules testdata/curl.conf\n" +
		"init a\nfilter a in " + attack + "\ntick 1\nexit a\n"
	for _, c := range []struct {
		layout string
		rules  []string
		warns  bool
	}{
		{"known", []string{"100", "200"}, false},
		{"other", []string{"100"}, true},
		{"false", []string{"100"}, true},
	} {
		t.Run(c.layout, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				out, _ := h.run(t, []string{"-l", c.layout}, script)
				var rules []string
				for _, a := range alerts(t, out, "msa.alert") {
					rules = append(rules, fmt.Sprint(a["rule_id"]))
				}
				slices.Sort(rules)
				if !slices.Equal(rules, c.rules) {
					t.Errorf("rules %v matched, want %v", rules, c.rules)
				}
				if warned := strings.Contains(out, `cannot read all values of property "rules"`); warned != c.warns {
					t.Errorf("warned: %v, want %v\n%s", warned, c.warns, out)
				}
			})
		})
	}
}

func TestBadProperty(t *testing.T) {
	for name, c := range map[string]struct{ set, names string }{
		"number":  {"paranoia_level 9", "paranoia_level"},
		"choice":  {"alert_when sometimes", "alert_when"},
		"mapping": {"mapping no/such.yaml", "no/such.yaml"},
		"rules":   {"rules no/such.conf", "no/such.conf"},
		"syntax":  {"rules testdata/broken.conf", "broken.conf"},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				out, _ := h.run(t, nil, "new a\nset a "+c.set+"\ninit a\n")
				check(t, out, `log error \[filter:msa:a\] cannot start: .*`+regexp.QuoteMeta(c.names), "init a ret=-1 context=none")
			})
		})
	}
}

func TestForkIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"forkinit a\ninit a\nexit a\n")
		check(t, out, `log error \[filter:msa:a\] .*Daemon On is not supported`, "init a ret=-1 context=none", "init a ret=0", "exit a ret=0")
	})
}

// TestAlerts has alerts leave in the order of their records, once each, whatever
// the emitter and the threads do.
func TestAlerts(t *testing.T) {
	var chunks []string
	for i := range 3 {
		chunks = append(chunks, file(t, slices.Concat(
			sample(t, fmt.Sprintf("/?t=../../etc/passwd&n=%d", 2*i)), sample(t, "/harmless"),
			sample(t, fmt.Sprintf("/?t=../../etc/passwd&n=%d", 2*i+1)))))
	}
	three := func(verb string) string {
		var b strings.Builder
		for _, c := range chunks {
			fmt.Fprintf(&b, "%s a in %s\n", verb, c)
		}
		return b.String()
	}
	for name, script := range map[string]string{
		"accepted":      "init a\n" + three("filter") + "tick 1\n",
		"each at once":  "init a\n" + strings.ReplaceAll(three("filter"), "\nfilter", "\ntick 1\nfilter") + "tick 1\n",
		"refused":       "init a\nrefuse 4\n" + three("filter") + "tick 8\n",
		"refused twice": "init a\n" + strings.ReplaceAll(three("filter"), "\nfilter", "\nrefuse 1\ntick 2\nrefuse 1\ntick 1\nfilter") + "tick 3\n",
		"threads":       "init a\n" + three("thread") + "tick 1\n",
		"held":          "init a\nhold\n" + three("filter") + "tick 1\ndeliver\ntick 1\n",
		"stopping":      "init a\ntick 1\nstop\n" + three("filter") + "tick 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				out, _ := h.run(t, nil, one+script+"exit a\n")
				var urls []string
				for _, a := range alerts(t, out, "msa.alert") {
					urls = append(urls, fmt.Sprint(a["url"]))
				}
				want := []string{}
				for i := range 6 {
					want = append(want, fmt.Sprintf("/?t=../../etc/passwd&n=%d", i))
				}
				if !slices.Equal(urls, want) {
					t.Errorf("alerts %q\nwant   %q", urls, want)
				}
				check(t, out, "!log error", "exit a ret=0")
				for _, line := range lines(out, "filter ") {
					if line != "filter a ret=2 same=1 " {
						t.Errorf("got %.100q", line)
					}
				}
			})
		})
	}
}

// TestAlertsLeaveTheEngineOnly has no alert leave inside of a call with records: it
// may be on another thread, and the host is in the middle of a chunk.
func TestAlertsLeaveTheEngineOnly(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	for _, verb := range []string{"filter", "thread"} {
		out, _ := plain.run(t, nil, one+"init a\n"+verb+" a in "+attack+"\nsleep 1\ntick 1\nexit a\n")
		check(t, out, "filter a ret=2", "append emitter_for_a msa.alert ")
	}
}

// TestStop has what is emitted while the host stops go to the outputs at once.
func TestStop(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	out, _ := plain.run(t, nil, one+"init a\ntick 1\nfilter a in "+attack+"\ntick 1\n"+
		"stop\nfilter a in "+attack+"\ntick 1\nexit a\n")
	check(t, out, "append ", "append ", "flush")
	if n := len(lines(out, "flush")); n != 1 {
		t.Errorf("flushed %d times, want once, when stopping", n)
	}

	out, _ = plain.run(t, nil, one+"init a\nrefuse -1\nfilter a in "+attack+" 3\ntick 1\nexit a\n")
	check(t, out, `log error \[filter:msa:a\] lost 3 alerts: they were still waiting at exit`, "exit a ret=0")
}

func TestBounds(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	size := func() int { // of an alert
		out, _ := plain.run(t, nil, one+"init a\nfilter a in "+attack+"\ntick 1\nexit a\n")
		return len(strings.Fields(lines(out, "append ")[0])[3]) / 2
	}()
	n := 4*size + size/2
	limit := fmt.Sprintf("set a alert_buffer %d\nset a emitter_mem_buf_limit %d\n", n, n)

	t.Run("the queue's", func(t *testing.T) {
		out, _ := plain.run(t, nil, one+limit+"init a\nrefuse -1\nfilter a in "+attack+"\ntick 1\nfilter a in "+attack+" 9\n"+
			"sleep 1100\ntick 1\nrefuse 0\ntick 1\nexit a\n")
		check(t, out, `log error \[filter:msa:a\] losing alerts, 1 so far: .*alert_buffer`,
			`metric msa_alerts_lost_total\{name=a\} 6$`, `metric msa_alerts_waiting\{name=a\} 4$`)
		if n := len(lines(out, "log error")); n != 1 {
			t.Errorf("%d errors were logged within a minute, want 1", n)
		}
		if n := len(alerts(t, out, "msa.alert")); n != 4 {
			t.Errorf("%d alerts were emitted, want 4", n)
		}
	})
	t.Run("the emitter's", func(t *testing.T) {
		out, _ := plain.run(t, nil, one+limit+"init a\nhold\n"+
			strings.Repeat("filter a in "+attack+"\ntick 1\n", 9)+ // 5 reach the limit, 4 wait
			"tick 5\ndeliver\ntick 1\ndeliver\ntick 1\nexit a\n")
		if n := len(alerts(t, out, "msa.alert")); n != 9 {
			t.Errorf("%d alerts were emitted, want 9", n)
		}
		if n := len(lines(out, "flush")); n != 1 {
			t.Errorf("flushed %d times, want once, when full", n)
		}
		check(t, out, "!log error")
	})
	t.Run("a busy engine's", func(t *testing.T) {
		out, _ := plain.run(t, nil, one+limit+"init a\nfilter a in "+attack+" 40\ntick 1\nhold\ntick 1\ndeliver\ntick 1\nexit a\n")
		if n := len(alerts(t, out, "msa.alert")); n != 40 {
			t.Errorf("%d alerts were emitted, want 40", n)
		}
		check(t, out, "!log error")
	})
	t.Run("the emitter's at a stop", func(t *testing.T) {
		out, _ := plain.run(t, nil, one+limit+"init a\nhold\ntick 1\nfilter a in "+attack+" 9\nstop\ntick 1\ndeliver\ntick 1\nexit a\n")
		if n := len(alerts(t, out, "msa.alert")); n != 9 {
			t.Errorf("%d alerts were emitted, want 9", n)
		}
		check(t, out, "flush", "!log error")
	})
	t.Run("of refusals", func(t *testing.T) {
		out, _ := plain.run(t, nil, one+"init a\nrefuse -1\nfilter a in "+attack+" 2\ntick 101\n"+
			"refuse 0\nfilter a in "+attack+"\nsleep 1100\ntick 1\nexit a\n")
		check(t, out, `log error .* losing alerts, 2 so far: the host refuses them`, "append ", `metric msa_alerts_lost_total\{name=a\} 2$`)
	})
}

func TestOwnAlertsPass(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"set a annotate waf\ninit a\nown a msa.alert "+attack+"\nsleep 1100\ntick 1\nexit a\n")
		check(t, out, "filter a ret=2 same=1 $", `metric msa_records_total\{name=a\} 0$`, "!append")
	})
	// Nor those of another instance.
	out, _ := plain.run(t, nil, one+"init a\nnew emitter\nset emitter rules testdata/passwd.conf\ninit emitter\n"+
		"own emitter msa.alert "+attack+"\ntick 1\nexit a\nexit emitter\n")
	check(t, out, "!append")
}

func TestAnnotate(t *testing.T) {
	chunk := slices.Concat(sample(t, "/?t=../../etc/passwd"), sample(t, "/harmless"))
	attack := file(t, chunk)
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"set a annotate waf\ninit a\nfilter a in "+attack+"\nthread a in "+attack+"\ntick 1\nexit a\n")
		got := lines(out, "filter ")
		if len(got) != 2 {
			t.Fatalf("%d calls, want 2", len(got))
		}
		for _, line := range got {
			text, ok := strings.CutPrefix(line, "filter a ret=1 same=1 ")
			if !ok {
				t.Fatalf("got %.60q, want a modified chunk", line)
			}
			now, before := records(t, text), records(t, hex.EncodeToString(chunk))
			if len(now) != len(before) {
				t.Fatalf("%d records became %d", len(before), len(now))
			}
			if _, ok := now[0]["waf"].(map[string]any); !ok {
				t.Errorf("the attack has no verdict: %v", now[0])
			}
			for i := range now {
				delete(now[i], "waf")
				if fmt.Sprint(now[i]) != fmt.Sprint(before[i]) {
					t.Errorf("record %d was changed", i)
				}
			}
		}
	})
}

// TestJunk passes what isn't a log event through as it is.
func TestJunk(t *testing.T) {
	attack := sample(t, "/?t=../../etc/passwd")
	group := func(seconds uint32) []byte { return event(seconds, msgp.AppendMapHeader(nil, 0)) }
	nested := bytes.Repeat([]byte{0x91}, 10_000)
	for name, chunk := range map[string][]byte{
		"truncated":     attack[:len(attack)-7],
		"a byte":        {0xc1},
		"a scalar":      {0x2a},
		"not msgpack":   []byte("GET / HTTP/1.1\r\n\r\n\xff\xfe"),
		"an empty map":  event(1, msgp.AppendMapHeader(nil, 0)),
		"not a map":     event(1, msgp.AppendString(nil, "text")),
		"a null":        event(1, msgp.AppendNil(nil)),
		"group markers": slices.Concat(group(0xffffffff), group(0xfffffffe)),
		"nested":        event(1, append(nested, 0xc0)),
		"a huge length": {0x92, 0x92, 0xd7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 0xdf, 0xff, 0xff, 0xff, 0xff},
	} {
		path := file(t, chunk)
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, h *host) {
				out, _ := h.run(t, nil, one+"set a annotate waf\ninit a\nfilter a in "+path+"\ntick 1\nexit a\n")
				check(t, out, "filter a ret=2 same=1 $", "!append", "exit a ret=0")
			})
		})
	}
}

func TestReload(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	next := func(properties string) string {
		return "exit a\nconfig\nnew a\n" + properties + "init a\nfilter a in " + attack + "\ntick 1\n"
	}
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"init a\nfilter a in "+attack+"\ntick 1\n"+
			next("set a rules testdata/curl.conf\n")+
			next("set a rules testdata/broken.conf\n")+
			next("set a paranoia_level 9\n")+
			next("set a rules testdata/passwd.conf\nset a alert_tag other\n")+
			"sleep 1100\ntick 1\nexit a\n")
		check(t, out, "init a ret=0", "exit a ret=0", "init a ret=0",
			`log error \[filter:msa:a\] cannot reload: .*broken.conf.*KEEPING THE LAST GOOD RULES`, "init a ret=0",
			`log error \[filter:msa:a\] cannot reload: .*paranoia_level.*KEEPING THE LAST GOOD RULES`, "init a ret=0",
			"init a ret=0", `metric msa_records_total\{name=a\} 5$`, `metric msa_alerts_total\{name=a\} 5$`)
		var rules []string
		for _, a := range append(alerts(t, out, "msa.alert"), alerts(t, out, "other")...) {
			rules = append(rules, fmt.Sprint(a["rule_id"]))
		}
		if want := []string{"100", "200", "200", "200", "100"}; !slices.Equal(rules, want) {
			t.Errorf("rules %v matched, want %v", rules, want)
		}
	})

	// A host may also start the new before it ends the old, which exits by its name.
	out, _ := plain.run(t, nil, one+"init a\nconfig\nnew a\nset a rules testdata/broken.conf\ninit a\n"+
		"filter a in "+attack+"\ntick 1\nexit a\nfilter a in "+attack+"\ntick 1\nexit a\n")
	check(t, out, "log error .*KEEPING THE LAST GOOD RULES", "init a ret=0", "append ", "exit a ret=0", "append ", "exit a ret=0")
}

// TestKeptRulesSayWhatIsWrong has rules that outlive their instance, as the new ones are broken, log by the new instance.
func TestKeptRulesSayWhatIsWrong(t *testing.T) {
	out, _ := plain.run(t, nil, one+"init a\nexit a\nconfig\nnew a\nset a rules testdata/broken.conf\ninit a\n"+
		"filter a in "+file(t, event(1, msgp.AppendString(nil, "text")))+"\nexit a\n")
	check(t, out, "log error .*KEEPING THE LAST GOOD RULES", "init a ret=0", "log warn .*records pass uninspected cause=not_a_map", "exit a ret=0")
}

// TestEmptyProperty has a variable of the host's that is not set leave nothing of a value.
func TestEmptyProperty(t *testing.T) {
	out, _ := plain.run(t, nil, one+"set a workloads \ninit a\nexit a\n")
	check(t, out, "log warn .*property workloads is empty, perhaps by a variable that is not set", "init a ret=0", "exit a ret=0")
}

func TestInstances(t *testing.T) {
	attack := file(t, sample(t, "/?t=../../etc/passwd"))
	everywhere(t, func(t *testing.T, h *host) {
		out, _ := h.run(t, nil, one+"set a alert_tag alerts.a\ninit a\n"+
			"new b\nset b rules testdata/curl.conf\nset b alert_tag alerts.b\ninit b\n"+
			"filter a in "+attack+"\nfilter b in "+attack+" 2\nsleep 1100\ntick 1\nexit a\n"+
			"filter b in "+attack+"\ntick 1\nexit b\n")
		for tag, want := range map[string][]string{"alerts.a": {"100"}, "alerts.b": {"200", "200", "200"}} {
			var rules []string
			for _, a := range alerts(t, out, tag) {
				rules = append(rules, fmt.Sprint(a["rule_id"]))
			}
			if !slices.Equal(rules, want) {
				t.Errorf("rules %v matched under %s, want %v", rules, tag, want)
			}
		}
		// One set for both, from the first.
		check(t, out, "metrics emitter_for_a msa.metrics", `metric msa_records_total\{name=a\} 1$`, `metric msa_records_total\{name=b\} 2$`,
			"!metrics emitter_for_b")
	})

	// Fluent Bit calls every processor without an alias msa.0.
	out, _ := plain.run(t, nil, "new msa.0\nset msa.0 rules testdata/passwd.conf\ninit msa.0\n"+
		"new msa.0\nset msa.0 rules testdata/curl.conf\ninit msa.0\nfilter msa.0 in "+attack+"\nsleep 1100\ntick 1\nexit msa.0\n")
	check(t, out, "append emitter_for_msa.0-2 msa.alert", "exit msa.0 ret=0")
	check(t, out, `metric msa_records_total\{name=msa.0\} 0$`, `metric msa_records_total\{name=msa.0-2\} 1$`)
}

func TestMetrics(t *testing.T) {
	chunk := file(t, slices.Concat(sample(t, "/?t=../../etc/passwd"), sample(t, "/harmless"), event(1, msgp.AppendMapHeader(nil, 0))))
	for name, property := range map[string]string{"alerts": "", "no alerts": "set a alert_tag off\n"} {
		t.Run(name, func(t *testing.T) {
			out, _ := plain.run(t, nil, one+property+"init a\nfilter a in "+chunk+" 2\ntick 1\nsleep 1100\ntick 3\nexit a\n")
			alerts := 0
			if property == "" {
				alerts = 2
			}
			check(t, out, "metrics emitter_for_a msa.metrics",
				`metric msa_records_total\{name=a\} 6$`, `metric msa_records_not_http_total\{name=a\} 2$`, fmt.Sprintf(`metric msa_alerts_total\{name=a\} %d$`, alerts),
				`metric msa_alerts_lost_total\{name=a\} 0$`, `metric msa_alerts_waiting\{name=a\} 0$`,
				`metric msa_errors_total\{name=a,cause=panic\} 0$`,
				`metric msa_inspection_seconds_total\{name=a\} 0\.[0-9e-]+$`, `metric msa_busy_seconds_total\{name=a\} 0\.[0-9e-]+$`)
			if n := len(lines(out, "metrics ")); n != 1 {
				t.Errorf("%d sets of metrics within two seconds, want 1", n)
			}
		})
	}
}

// load is a script that filters n chunks, with an alert and an annotated record each.
func load(attack string, n int) string {
	return fmt.Sprintf("filter a in %s %d\nthread a in %s %d\ntick 2\n", attack, n/2, attack, n-n/2)
}

// TestLeaks has the memory that C uses not grow with the records. A leak grows in every stretch with its chunks, unlike
// what threads that Go or the host starts meanwhile have once, so the least growth of several is what counts.
func TestLeaks(t *testing.T) {
	attack := file(t, slices.Concat(sample(t, "/?t=../../etc/passwd"), sample(t, "/harmless")))
	script := one + "set a annotate waf\ninit a\nquiet\n" + load(attack, 1000) + "heap\n"
	stretches := []int{1000, 3000, 6000} // chunks
	for _, n := range stretches {
		script += strings.Repeat(load(attack, 1000), n/1000) + "heap\n"
	}
	out, _ := plain.run(t, nil, script+"exit a\n")
	var heap []int
	for _, line := range lines(out, "heap ") {
		size, err := strconv.Atoi(strings.Fields(line)[1])
		if err != nil {
			t.Fatal(err)
		}
		heap = append(heap, size)
	}
	if len(heap) != 1+len(stretches) {
		t.Fatalf("%d sizes of the heap in %s", len(heap), out)
	}
	var growth []float64 // bytes a chunk
	for i, n := range stretches {
		growth = append(growth, float64(heap[i+1]-heap[i])/float64(n))
	}
	t.Logf("bytes in use %v; growth for a chunk of %v chunks %.2f", heap, stretches, growth)
	// The smallest block of malloc has more.
	if least := slices.Min(growth); least >= 8 {
		t.Errorf("each chunk leaks %.2f bytes", least)
	}
}

var (
	valgrindFault = regexp.MustCompile(`a block of size|Invalid free|Mismatched free|overlap|are (definitely|indirectly) lost`)
	valgrindWide  = regexp.MustCompile(`(?s)Invalid read of size (16|32)\n.* bytes inside a block of size`)
	valgrindInUse = regexp.MustCompile(`in use at exit: ([0-9,]+) bytes`)
)

// TestValgrind has valgrind find no fault with malloc'ed memory, and none of it
// lost. It can't judge Go's own memory: it takes goroutines' stacks for one that is
// overrun.
func TestValgrind(t *testing.T) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Skip("no valgrind: the host is not tested under it")
	}
	if testing.Short() {
		t.Skip("short: the host is not tested under valgrind")
	}
	v := &host{name: "valgrind", prefix: []string{"valgrind", "--undef-value-errors=no", "--error-limit=no",
		"--leak-check=full", "--show-leak-kinds=definite,indirect"}}
	attack := file(t, slices.Concat(sample(t, "/?t=../../etc/passwd"), sample(t, "/harmless")))
	begin := one + "set a annotate waf\ninit a\nquiet\n"
	run := func(script string) (faults []string, inUse int) {
		_, complaints := v.run(t, nil, script)
		// A complaint ends with an empty line. Go looks for a string's NUL in steps of 32
		// bytes that never leave a page but may well leave a block.
		for _, complaint := range regexp.MustCompile(`(?m)^==\d+== $`).Split(complaints, -1) {
			if valgrindFault.MatchString(complaint) && !valgrindWide.MatchString(complaint) {
				faults = append(faults, complaint)
			}
			if m := valgrindInUse.FindStringSubmatch(complaint); m != nil {
				inUse, _ = strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
			}
		}
		if inUse == 0 {
			t.Fatalf("valgrind printed no sum\n%s", tail(complaints))
		}
		return faults, inUse
	}
	faults, before := run(begin + load(attack, 100) + "exit a\n")
	if len(faults) > 0 {
		t.Errorf("valgrind complains:\n%s", strings.Join(faults, "\n"))
	}
	faults, after := run(begin + load(attack, 1000) + "exit a\n")
	if len(faults) > 0 {
		t.Errorf("valgrind complains:\n%s", strings.Join(faults, "\n"))
	}
	t.Logf("%d bytes in use at exit after 100 chunks, %d after 1000", before, after)
	if after-before > 8000 {
		t.Errorf("900 chunks leaked %d bytes", after-before)
	}
	if faults, _ := run("fault\n"); len(faults) < 2 {
		t.Errorf("valgrind overlooks a read out of bounds and a leak: %v", faults)
	}
}

// TestSanitizers has the sanitizers at work in the tests that run under them.
func TestSanitizers(t *testing.T) {
	attack := file(t, slices.Concat(sample(t, "/?t=../../etc/passwd"), sample(t, "/harmless")))
	asan.run(t, nil, one+"set a annotate waf\ninit a\nquiet\n"+load(attack, 1000)+"exit a\n")

	_, complaints, err := asan.try(t, nil, "fault\n")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(complaints, "heap-buffer-overflow") {
		t.Errorf("the sanitizer overlooks a read out of bounds: %v\n%s", err, tail(complaints))
	}
	_, complaints, err = asan.try(t, nil, "undefined\n")
	if !errors.As(err, &exit) || !strings.Contains(complaints, "signed integer overflow") {
		t.Errorf("the sanitizer overlooks an overflow: %v\n%s", err, tail(complaints))
	}
}
