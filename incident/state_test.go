package incident

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/axiomhq/hyperloglog"

	"github.com/modsecurity-for-anylog/msa/alert"
	"github.com/modsecurity-for-anylog/msa/internal/state"
	"github.com/modsecurity-for-anylog/msa/triage"
)

// busy are incidents with something of everything.
func busy() *Incidents {
	s := New(Options{})
	watch(s, injection(0, func(f *alert.Facts) { f.Server = "10.9.9.1" }), injection(0, func(f *alert.Facts) { f.Client, f.Account, f.Request = "10.9.9.1", "bob", 2 }))
	watch(s, many(3000, 3*time.Second, func(i int, f *alert.Facts) {
		f.Client, f.Server, f.Service = address(i*i%997), fmt.Sprint("10.0.0.", i*7%101), fmt.Sprint("host", i%500)
		f.Path, f.Request, f.Rule = fmt.Sprint("/", i%13), uint64(i%17), 942000+i%5
		f.Confidence, f.Outcome = i*37%100, [3]triage.Outcome{triage.Unknown, triage.Failure, triage.Success}[i*i%3]
		if i%5 == 0 {
			f.Client = fmt.Sprint("10.0.0.", i%101)
		}
		if i%3 == 0 {
			f.Account, f.Detector = "bob", "login-brute-force"
		}
		f.Data = []alert.Datum{{Kind: "card", Hash: uint64(i) * 0x9e3779b97f4a7c15}}
	})...)
	watch(s, injection(2*time.Hour+30*time.Minute, func(f *alert.Facts) { f.Account = "bob" })) // the last of them is bob's
	return s
}

// What an incident has is kept, all of it.
func TestStateIsWhole(t *testing.T) {
	s := busy()
	if inc := s.quiet.Back().Value.(*incident); len(inc.Crowds) == 0 || inc.AllTargets == nil || len(inc.Hops) == 0 || inc.Told == 0 {
		t.Fatalf("the incident has not something of everything: %+v", inc.Story)
	}
	text, err := state.Encode(s.kept())
	if err != nil {
		t.Fatal(err)
	}
	back := New(Options{})
	if dropped, err := back.decode(text); err != nil || dropped > 0 {
		t.Fatalf("%d values can't be, %v", dropped, err)
	}
	more := many(500, time.Second, func(i int, f *alert.Facts) {
		f.Time, f.Client, f.Service = f.Time.Add(151*time.Minute), address(i*7), fmt.Sprint("host", i)
	})
	tell := func(s *Incidents) (all []string) {
		_, told := watch(s, more...)
		for _, m := range append(told, s.Finish()...) {
			all = append(all, string(m.JSON()))
		}
		slices.Sort(all)
		return all
	}
	if a, b := tell(s), tell(back); len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("incidents go on differently with their state: %d and %d messages", len(a), len(b))
	}
}

// What can't be is dropped from a state with one warning; the rest is gone on with, and what comes then is told.
func TestStateWithoutWhatCannotBe(t *testing.T) {
	long := make([]string, maxActors+1)
	for name, spoil := range map[string]func(k *kept, one *keptIncident){
		"no id":                  func(_ *kept, one *keptIncident) { one.ID = "" },
		"begins after its end":   func(_ *kept, one *keptIncident) { one.Begin = one.Last + 1 },
		"a time of no year":      func(_ *kept, one *keptIncident) { one.Last = math.MaxInt64 },
		"seen never":             func(_ *kept, one *keptIncident) { one.Seen = -1 },
		"seen at the end":        func(_ *kept, one *keptIncident) { one.Seen = math.MaxInt64 },
		"due never":              func(_ *kept, one *keptIncident) { one.Due = math.MinInt64 },
		"severity":               func(_ *kept, one *keptIncident) { one.Severity = 8 },
		"confidence":             func(_ *kept, one *keptIncident) { one.Confidence = -1 },
		"fewer than no alerts":   func(_ *kept, one *keptIncident) { one.Alerts = -5 },
		"most alerts":            func(_ *kept, one *keptIncident) { one.Alerts = math.MaxInt },
		"tens without end":       func(_ *kept, one *keptIncident) { one.Tens = math.MaxInt / 4 },
		"stages":                 func(_ *kept, one *keptIncident) { one.Stages[impact] = -1 },
		"told without a time":    func(_ *kept, one *keptIncident) { one.ToldAt = nil },
		"told too often":         func(_ *kept, one *keptIncident) { one.ToldAt = make([]int64, maxAnHour+1) },
		"step of no tactic":      func(_ *kept, one *keptIncident) { one.Steps[0].Tactic = tactics },
		"steps":                  func(_ *kept, one *keptIncident) { one.Steps[0].Alerts = -1 },
		"targets":                func(_ *kept, one *keptIncident) { one.Targets[0].Failures = -1 },
		"endpoints":              func(_ *kept, one *keptIncident) { one.Endpoints[0].N = -1 },
		"data without answers":   func(_ *kept, one *keptIncident) { one.Data[0].Answers = nil },
		"answers, counted anew":  func(_ *kept, one *keptIncident) { one.Data[0].Answers = hyperloglog.New16() },
		"crowd without names":    func(_ *kept, one *keptIncident) { one.Crowds[0].Names = nil },
		"targets, counted anew":  func(_ *kept, one *keptIncident) { one.AllTargets = hyperloglog.New16() },
		"more than can be":       func(_ *kept, one *keptIncident) { one.Actors = long },
		"more news":              func(_ *kept, one *keptIncident) { one.News = long },
		"more hits":              func(k *kept, _ *keptIncident) { k.Victims[1] = make([]hit, maxHits+1) },
		"a hit at a time of no…": func(k *kept, _ *keptIncident) { k.Victims[1] = []hit{{At: math.MaxInt64}} },
		"an end at such a time":  func(k *kept, _ *keptIncident) { k.Ended[1] = ended{"a", math.MaxInt64} },
		"an end of no incident":  func(k *kept, _ *keptIncident) { k.Ended[1] = ended{At: k.Now} },
	} {
		t.Run(name, func(t *testing.T) {
			k := busy().kept()
			before := len(k.Open)
			spoil(&k, &k.Open[before-1])
			text, err := state.Encode(k)
			if err != nil {
				t.Fatal(err)
			}
			o := Options{Path: filepath.Join(t.TempDir(), "state")}
			if err := state.At(o.Path).Change(func(all state.Sections) { all[o.section()] = text }); err != nil {
				t.Fatal(err)
			}
			if dropped, err := CheckState(o, state.Sections{o.section(): text}); dropped != 1 || err != nil {
				t.Errorf("a check tells %d values, %v", dropped, err)
			}
			var warnings []string
			s, end := new(Shared).Open(o, func(err error) { warnings = append(warnings, err.Error()) })
			defer end()
			if len(warnings) != 1 || !strings.Contains(warnings[0], "starting without 1 values that can't be") {
				t.Errorf("warned %q", warnings)
			}
			if len(k.Victims) == len(s.victims.now) && len(k.Ended) == len(s.ended.now) && s.Open() != before-1 {
				t.Errorf("%d of %d incidents are open", s.Open(), before)
			}
			watch(s, injection(time.Hour, func(f *alert.Facts) { f.Account, f.Outcome, f.Confidence = "bob", triage.Success, 100 }))
			if told := s.Finish(); len(told) == 0 {
				t.Error("nothing is told")
			}
		})
	}
}

// A clock does not go on with a time that it can't tell, and an incident is found by as many names as ever.
func TestStateOfOtherVersions(t *testing.T) {
	k := busy().kept()
	k.Now = math.MaxInt64
	last := &k.Open[len(k.Open)-1]
	for i := range uint64(1000) {
		last.Aliases = append(last.Aliases, i)
	}
	text, err := state.Encode(k)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{})
	if dropped, err := s.decode(text); err != nil || dropped > 0 {
		t.Fatalf("%d values can't be, %v", dropped, err)
	}
	if inc := s.quiet.Back().Value.(*incident); s.clock.Now != 0 || len(inc.aliases) != maxAliases {
		t.Errorf("the clock is at %d, and the incident has %d names", s.clock.Now, len(inc.aliases))
	}
}
