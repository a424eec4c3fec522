package behavior

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/internal/sketch"
	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// What can't be is dropped from a state with one warning, and the rest is gone on with.
func TestStateWithoutWhatCannotBe(t *testing.T) {
	source := filepath.Join(t.TempDir(), "detectors.yaml")
	text := "detectors:\n  - {name: volume, id: 1, type: volume, key: [client], amount: events, window: 1m, at_least: 100}\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	specs, err := Load(source)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(specs)
	if err != nil {
		t.Fatal(err)
	}
	v := d.all[0].detector.(*volume)
	wrong := []summed{{Sum: -2}, {Sum: math.MaxInt64}, {Median: math.NaN()}, {Spread: math.Inf(1)}, {Spread: -1}, {Past: -1}}
	for i, s := range append(wrong, summed{Sum: 7, Median: 3, Spread: 1, Past: 2}) {
		one, _ := v.table.get(uint64(i), 1, day)
		*one = s
	}
	v.others[1], v.others[2] = &baseline{Total: 1}, &baseline{}
	v.others[2].add(5)
	one, _ := v.usual.table.get(1, 1, day)
	one.Days[2].Amount = -1
	client, _ := d.clients.all.get(1, 1, day)
	client.Gap = float32(math.NaN())
	values, err := d.encoded()
	if err != nil {
		t.Fatal(err)
	}
	m := NewMemory()
	for i, longest := range []int{-1, 100} {
		u, _ := m.endpoints.get(uint64(i), 1, day)
		u.Longest = longest
	}
	m.changed, m.path = true, filepath.Join(t.TempDir(), "state")
	if err := m.SaveState(); err != nil {
		t.Fatal(err)
	}
	if err := state.At(m.path).Change(func(all state.Sections) {
		maps.Copy(all, values)
	}); err != nil {
		t.Fatal(err)
	}

	if err := state.At(m.path).Read(func(all state.Sections) error {
		if dropped, err := CheckState(source, all); err != nil || dropped != 10 {
			t.Errorf("a check tells %d values, %v", dropped, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	var warnings []string
	warn := func(err error) { warnings = append(warnings, err.Error()) }
	back, end, err := Open(source, m.path, warn)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	v = back.all[0].detector.(*volume)
	if s := v.table.peek(uint64(len(wrong))); v.table.len() != 1 || s == nil || s.Sum != 7 || len(v.others) != 1 || v.usual.table.len()+back.clients.all.len() != 0 {
		t.Errorf("%d sums, %d baselines, %d precedents, %d clients", v.table.len(), len(v.others), v.usual.table.len(), back.clients.all.len())
	}
	remembered, forget, err := OpenMemory(m.path, warn)
	if err != nil {
		t.Fatal(err)
	}
	defer forget()
	if remembered.endpoints.len() != 1 {
		t.Errorf("%d endpoints", remembered.endpoints.len())
	}
	if all := strings.Join(warnings, "\n"); len(warnings) != 2 || !strings.Contains(all, "starting without 9 values") || !strings.Contains(all, "starting without 1 values") {
		t.Errorf("warned %s", all)
	}
}

// Values that a detector would fail on, or that would spoil what it learns for good, can't be.
func TestWhatCannotBe(t *testing.T) {
	nan := float32(math.NaN())
	for name, values := range map[string][2]checked{
		"values without times": {&different{Values: []uint64{1}}, &different{Values: []uint64{1}, Seen: []int64{1}}},
		"half a sketch":        {&different{Many: &sketches{Present: sketch.New()}}, &different{Many: &sketches{Present: sketch.New(), Both: sketch.New()}}},
		"another's sketch":     {&different{Many: &sketches{Present: hyperloglog.New(), Both: hyperloglog.New()}}, &different{}},
		"mean interval":        {&beats{Mean: nan}, &beats{Mean: 1000, N: 3}},
		"intervals":            {&beats{N: -1}, &beats{}},
		"usual refusals":       {&guesses{Usual: nan}, &guesses{Usual: 2.5}},
	} {
		if values[0].possible() {
			t.Errorf("%s: %+v passes", name, values[0])
		}
		if !values[1].possible() {
			t.Errorf("%s: %+v is dropped", name, values[1])
		}
	}
}

// A table has no value that was used when no record can come: it would never be forgotten, nor what was used before it.
func TestStateWithTimesThatCannotBe(t *testing.T) {
	const now = 1_700_000_000_000
	times := []int64{math.MaxInt64, math.MinInt64, -1, 0, 253_402_300_800_000, now}
	s := saved[int]{Values: []int{1, 2, 3, 4, 5, 6, 7}}
	for i, used := range times {
		s.Keys, s.Used = append(s.Keys, uint64(i)), append(s.Used, used)
	}
	s.Keys = append(s.Keys, 100) // used nobody knows when
	table := newTable[int](10)
	if dropped := table.restore(s); dropped != len(times) || table.len() != 1 || table.peek(uint64(len(times)-1)) == nil {
		t.Errorf("%d values are dropped, and %d of 7 are left", dropped, table.len())
	}
	if table.get(200, now+2, 1); table.len() != 1 {
		t.Errorf("%d values are left of those that were not used for long", table.len())
	}
	for started, want := range map[int64]int64{0: 0, now: now, -1: 0, math.MaxInt64: 0} {
		var c common
		if dropped := c.resume(started); c.started != want || (dropped == 0) != (started == want) {
			t.Errorf("learning that began at %d goes on from %d, and %d are dropped", started, c.started, dropped)
		}
	}
}

// What tells specifications apart is in the files of users: a detector that is as it was has to go on after an upgrade.
func TestFingerprintIsThatOfOlderVersions(t *testing.T) {
	specs, err := Parse([]byte("detectors: [{name: mine, id: 1, type: threshold, key: [client], count: 2, window: 1m, where: {status: 404}, unless: [{path: /ok}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "{Name:mine ID:0 Type:threshold Description: Severity: Tags:[] Where:map[status:404] Unless:[map[path:/ok]] Key:[client] " +
		"MaxKeys:100000 Suppress:1h Disabled:false Window:1m Count:2 Field:[] Peers:[] Amount: AtLeast:0 Factor:8 Windows:6 Learn: Settle: " +
		"Forget:720h CommonFrom:0 accessors:map[]}"
	if got := string(specs[0].fingerprint()); got != want {
		t.Errorf("got %s", got)
	}
}
