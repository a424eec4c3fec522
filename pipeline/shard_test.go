package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// With shards, records of one source get one number: of the workload, if the log names one. Nothing is inspected.
func TestShards(t *testing.T) {
	p, log := newPipeline(t, "mapping=istio", "shards=16")
	record := func(ip, workload string) []byte {
		return jsonRecord(t, fmt.Sprintf(`{"start_time":"2026-03-02T10:00:00.000Z","method":"GET","path":"/?t=../../etc/passwd","response_code":200,"response_flags":"-","response_code_details":"via_upstream","authority":"cart",`+
			`"downstream_remote_address":"%s:40000","downstream_local_address":"10.0.9.9:8080","upstream_host":"10.0.9.9:8080","source_workload":%q,"source_workload_namespace":%q}`, ip, workload, workload[:min(len(workload), 1)]))
	}
	keys := func(records ...[]byte) (all []string) {
		var chunk []byte
		for _, r := range records {
			chunk = append(chunk, newEvent(1000, r)...)
		}
		r := p.Process("mesh", chunk)
		if count(r.Alerts)+count(r.Incidents) != 0 {
			t.Errorf("it is inspected: %v", r)
		}
		for rest := r.Chunk; len(rest) > 0; {
			e, left, err := readEvent(rest)
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := msgp.ReadMapStrIntfBytes(e.body, nil)
			if err != nil {
				t.Fatal(err)
			}
			all, rest = append(all, fmt.Sprint(body[sourceKey], " ", body[shardKey])), left
		}
		return all
	}
	got := keys(record("10.0.0.1", "web"), record("10.0.0.2", "web"), record("10.0.0.1", ""), record("10.0.0.2", ""), jsonRecord(t, `{"a":1}`))
	if len(got) != 5 || got[0] != got[1] || !strings.HasPrefix(got[0], "w//web ") || !strings.HasPrefix(got[2], "10.0.0.1 ") || !strings.HasPrefix(got[3], "10.0.0.2 ") {
		t.Errorf("sources and shards are %q\n%s", got, log)
	}
	if got[4] != "<nil> <nil>" {
		t.Errorf("what is no exchange has %q", got[4])
	}
	if _, err := ParseConfig(given("shards=2", "incidents_from=alerts")); err == nil {
		t.Error("alerts are divided, and nobody sees them")
	}
}

// Shards get about the same number of sources, and one more takes its share from all and moves nothing else.
func TestJump(t *testing.T) {
	const keys = 100_000
	for _, n := range []int{1, 2, 7, 16} {
		sizes, moved := make([]int, n), 0
		for k := range uint64(keys) {
			key := k * 0x9e3779b97f4a7c15
			before, after := jump(key, n), jump(key, n+1)
			sizes[before]++
			if before != after {
				moved++
				if after != n {
					t.Fatalf("a key moves from %d to %d of %d", before, after, n+1)
				}
			}
		}
		for i, size := range sizes {
			if size*n < keys*95/100 || size*n > keys*105/100 {
				t.Errorf("shard %d of %d has %d of %d keys", i, n, size, keys)
			}
		}
		if want := keys / (n + 1); moved < want*95/100 || moved > want*105/100 {
			t.Errorf("from %d to %d shards %d of %d keys move", n, n+1, moved, keys)
		}
	}
}
