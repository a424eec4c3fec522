package pipeline

import (
	"os"
	"path/filepath"
	"testing"
)

// Pipelines of the same configuration share the detectors: their keys are counted once, what else they count is added.
func TestSnapshotAdd(t *testing.T) {
	s := Snapshot{Records: 1, Found: 2, Keys: 5, Evicted: 2}
	s.Add(Snapshot{Records: 10, Found: 20, Keys: 3, Evicted: 4})
	if s.Records != 11 || s.Found != 22 || s.Keys != 5 || s.Evicted != 4 {
		t.Errorf("got %+v", s)
	}
}

// The keys of a pipeline are those of all its detectors.
func TestSnapshotKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "detectors.yaml")
	if err := os.WriteFile(file, []byte("detectors:\n"+
		"  - {name: a, id: 1, type: threshold, key: [client], count: 9, window: 1h}\n"+
		"  - {name: b, id: 2, type: threshold, key: [path], count: 9, window: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := newPipeline(t, "behavior="+file, "mapping=nano")
	var chunk []byte
	for _, uri := range []string{"/a", "/b", "/c"} {
		chunk = append(chunk, newEvent(1000, request(t, uri))...)
	}
	p.Process("t", chunk)
	if n := p.Snapshot().Keys; n != 1+3 {
		t.Errorf("%d keys, of one client and three paths", n)
	}
}
