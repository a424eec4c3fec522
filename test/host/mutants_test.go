package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// sanitized is a host with a plugin that is built as it is: Go and C of both are watched.
var sanitized = &host{name: "sanitized", cflags: asan.cflags, plugin: sync.OnceValues(func() (string, error) {
	so := filepath.Join(work, "sanitized", "flb-filter_msa.so")
	cmd := exec.Command("go", "build", "-asan", "-buildmode=c-shared", "-o", so, "../../plugin")
	cmd.Env = append(os.Environ(), "CGO_CFLAGS=-g -O1 -fsanitize=undefined -fno-sanitize-recover=undefined", "CGO_LDFLAGS=-fsanitize=undefined")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the plugin with sanitizers: %w\n%s", err, out)
	}
	return so, nil
})}

// oddities is a record with a value of each type of msgpack, and keys of more than text.
func oddities(t *testing.T) []byte {
	t.Helper()
	b := msgp.AppendMapHeader(nil, 14)
	b = msgp.AppendString(b, "log")
	b = msgp.AppendString(b, `1.2.3.4 - - [10/Mar/2026:10:00:00 +0000] "GET /?t=../../etc/passwd HTTP/1.1" 200 1 "-" "-"`)
	for i, v := range []any{nil, true, -1, uint64(1) << 63, 1.5, []byte("\xff\x00"), []any{1, "x"}, map[string]any{"a": map[string]any{"b": []any{}}}, msgp.RawExtension{Type: 5, Data: []byte("xyz")}} {
		b = msgp.AppendString(b, fmt.Sprintf("k%d", i))
		switch v := v.(type) {
		case msgp.RawExtension:
			var err error
			if b, err = msgp.AppendExtension(b, &v); err != nil {
				t.Fatal(err)
			}
		default:
			var err error
			if b, err = msgp.AppendIntf(b, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	b = msgp.AppendString(msgp.AppendInt(b, 7), "a key that is a number")
	b = msgp.AppendString(msgp.AppendBytes(b, []byte("URL")), "/bytes")
	b = msgp.AppendString(msgp.AppendString(b, "URL"), "/once")
	b = msgp.AppendString(msgp.AppendString(b, "URL"), "/twice")
	return event(1_700_000_000, b)
}

// number is an environment's variable, or a default.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestMutants gives chunks with changed bytes to the filter and the output: no sanitizer complains, no chunk is changed,
// nothing panics, and what is whole is still inspected afterwards. $MUTANTS is how many of each, $SEED which.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("short: builds the plugin once more")
	}
	n, seed := number(t, "MUTANTS", 2000), number(t, "SEED", 1)
	attack := sample(t, "/?t=../../etc/passwd")
	chunks := map[string]string{
		"two records": file(t, slices.Concat(attack, sample(t, "/harmless"))),
		"oddities":    file(t, slices.Concat(oddities(t), attack)),
		"times":       file(t, slices.Concat([]byte("\x92\x01\x80\x92\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\x80\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80\x80"), attack)),
	}
	whole := file(t, attack)
	tally := regexp.MustCompile(`(?m)^mutate (\d+) modified=(\d+) ok=(\d+) changed=(\d+)$`)
	for name, chunk := range chunks {
		t.Run("filter "+name, func(t *testing.T) {
			out, complaints, err := sanitized.try(t, nil, fmt.Sprintf("%sset a annotate waf\ninit a\nquiet\nmutate a in %s %d %d\ntick 2\nsleep 1100\ntick 1\nfilter a in %s 1\ntick 1\nexit a\n", one, chunk, seed, n, whole))
			m := tally.FindStringSubmatch(out)
			if err != nil || m == nil {
				t.Fatalf("%v\n%s\n%s", err, tail(complaints), tail(out))
			}
			if m[2] == "0" || m[4] != "0" {
				t.Errorf("%s of %s chunks were annotated, %s were changed in place", m[2], m[1], m[4])
			}
			check(t, out, `metric msa_errors_total\{name=a,cause=panic\} 0$`)
			t.Logf("%s: %s annotated", m[0], m[2])
		})
	}
	t.Run("output", func(t *testing.T) {
		r := receive(t, 0)
		out, complaints, err := sanitized.try(t, nil, output("syslog+tcp://"+r.address, "off")+
			fmt.Sprintf("outputinit o\noutputmutate o in %s %d %d\nworkerflush o in %s\noutputexit o\n", chunks["two records"], seed, min(n, 2000), whole))
		m := tally.FindStringSubmatch(out)
		if err != nil || m == nil {
			t.Fatalf("%v\n%s\n%s", err, tail(complaints), tail(out))
		}
		if m[3] == "0" || m[4] != "0" {
			t.Errorf("%s of %s chunks were taken, %s were changed in place", m[3], m[1], m[4])
		}
		check(t, out, "flush o ok", "outputexit o ret=1")
		if len(r.rules()) == 0 {
			t.Error("no alert came")
		}
	})
}

// dropping is a host with a filter that drops all records.
var dropping = &host{name: "dropping", cflags: asan.cflags, plugin: sync.OnceValues(func() (string, error) {
	so := filepath.Join(work, "dropping.so")
	if out, err := exec.Command("gcc", "-std=gnu11", "-shared", "-fPIC", "-o", so, "testdata/dropping.c").CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the filter that drops all: %w\n%s", err, out)
	}
	return so, nil
})}

// What a filter answers is read only where there is something: a host that reads before it would blame the filter.
func TestMutantsThatAreDropped(t *testing.T) {
	out, _ := dropping.run(t, nil, fmt.Sprintf("new a\ninit a\nmutate a in %s 1 3\n", file(t, sample(t, "/"))))
	check(t, out, "mutate 3 modified=0 ok=0 changed=0")
}
