package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Pipelines of the same configuration share the detectors: their keys are counted once, what else they count is added.
func TestSnapshotAdd(t *testing.T) {
	s := Snapshot{Records: 1, Found: 2, Keys: 5, Evicted: 2, AlertsByRule: map[string]uint64{"1": 1}}
	s.Add(Snapshot{Records: 10, Found: 20, Keys: 3, Evicted: 4, AlertsByRule: map[string]uint64{"1": 2, "2": 3}})
	if s.Records != 11 || s.Found != 22 || s.Keys != 5 || s.Evicted != 4 || s.AlertsByRule["1"] != 3 || s.AlertsByRule["2"] != 3 {
		t.Errorf("got %+v", s)
	}
}

// What detectors hold at present is the same in all pipelines that share them, whichever is asked first.
func TestSnapshotAddOfShared(t *testing.T) {
	small := Snapshot{Incidents: 1, Keys: 2, Evicted: 3, Learning: 4, Habits: 5, Forgotten: 6}
	large := Snapshot{Incidents: 10, Keys: 20, Evicted: 30, Learning: 40, Habits: 50, Forgotten: 60}
	for _, order := range [][2]Snapshot{{small, large}, {large, small}} {
		s := order[0]
		s.Add(order[1])
		if s.Incidents != 10 || s.Keys != 20 || s.Evicted != 30 || s.Learning != 40 || s.Habits != 50 || s.Forgotten != 60 {
			t.Errorf("got %+v", s)
		}
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

// Alerts are counted by what they are about. Attackers choose hosts: however many they ask for, there are few series.
func TestSnapshotAlerts(t *testing.T) {
	p, _ := newPipeline(t, "behavior=off", "mapping=nano")
	const hosts = mostSeries + 20
	var chunk []byte
	for i := range hosts {
		chunk = append(chunk, newEvent(1000, jsonRecord(t, fmt.Sprintf(`{"URL":"/?t=../../etc/passwd","METHOD":"GET","DOMAIN":"h%03d.example","SRC_IP":"10.0.0.1"}`, i)))...)
	}
	if n := p.Snapshot().AlertsByOutcome; len(n) != 3 || n["success"] != 0 {
		t.Errorf("at the start: %v", n)
	}
	p.Process("t", chunk)
	s := p.Snapshot()
	if s.Alerts != hosts || s.AlertsByRule["930100"]+s.AlertsByRule["930120"] != hosts || s.AlertsByCategory["lfi"] != hosts || s.AlertsByOutcome["unknown"]+s.AlertsByOutcome["failure"] != hosts {
		t.Errorf("%d alerts, by rule %v, category %v, outcome %v", s.Alerts, s.AlertsByRule, s.AlertsByCategory, s.AlertsByOutcome)
	}
	if n := s.AlertsByService; len(n) != mostSeries+1 || n[otherSeries] != hosts-mostSeries || n["h000.example"] != 1 {
		t.Errorf("services %v", n)
	}
}
