package behavior

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/internal/state"
)

// busy has detectors look at requests of all sorts.
func busy(d *Detectors) {
	for i := range 50 {
		d.Observe([]*Observation{request(time.Duration(i)*time.Minute, func(o *Observation) {
			o.Path, o.Status, o.User = "/"+string(rune('a'+i%26)), 200+i%2*201, "user"
			o.Alarm, o.Attack, o.Sensitive, o.RequestBytes = i%3 == 0, i%2 == 0, i%4, int64(i)<<i%40
			o.Number, o.hasNumber, o.QueryBytes, o.answer = int64(i), i%2 == 0, int64(i)<<20, answer(i%4)
		})}, func(*Spec, *Observation) bool { return false })
	}
}

// Detectors that are read can work.
func FuzzDetectors(f *testing.F) {
	f.Add(defaults)
	f.Add([]byte("include: default\ndetectors:\n  - {name: x, id: 1, type: threshold, key: [client], count: 5, window: 1m}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		specs, err := Parse(text)
		if err != nil {
			return
		}
		d, err := New(specs)
		if err != nil {
			t.Fatalf("what Parse reads, New refuses: %v", err)
		}
		busy(d)
	})
}

// Whatever a state is, detectors go on with it or begin anew, and can keep what they have then.
func FuzzState(f *testing.F) {
	specs, err := Load(Default)
	if err != nil {
		f.Fatal(err)
	}
	learnt, err := New(specs)
	if err != nil {
		f.Fatal(err)
	}
	busy(learnt)
	values, err := learnt.encoded()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := state.Encode(values)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	one := state.Sections{sharedState: values[sharedState]}
	small, err := state.Encode(one)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "state")
		sum := sha256.Sum256(data) // as if whoever wrote it knew
		if err := os.WriteFile(path, slices.Concat([]byte("MSA behavior 1\n"), sum[:], data), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := New(specs)
		if err != nil {
			t.Fatal(err)
		}
		if err := state.At(path).Load(d.decoded); err == nil && bytes.Equal(data, nil) {
			t.Error("nothing is a state")
		}
		busy(d)
		if _, err := d.encoded(); err != nil {
			t.Errorf("the state can't be kept: %v", err)
		}
	})
}
