package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/internal/stopwatch"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// measured is an engine that measures, with own rules.
func measured(t *testing.T, screen engine.ScreenMode, text string) (*engine.Engine, *stopwatch.Watch, *engine.RuleTimes) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "own.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	watch := new(stopwatch.Watch)
	times := engine.NewRuleTimes(watch)
	e, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4,
		BodyLimit: 128 << 10, Screen: screen, CacheSize: 1 << 10, Watch: watch, RuleTimes: times})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, watch, times
}

const ownRules = `SecRule ARGS "@rx evil" "id:1,phase:2,deny,t:none"
SecRule ARGS "@rx a" "id:2,phase:2,deny,chain,t:none,t:base64Encode,t:hexEncode,t:base64Encode,t:hexEncode,t:sha1,t:hexEncode"
SecRule ARGS "@rx nothing" "t:none"
SecRule ARGS "@rx x" "id:3,phase:2,nolog,pass,ctl:ruleRemoveById=4"
SecRule ARGS "@rx good" "id:4,phase:2,deny"
SecRule RESPONSE_STATUS "@streq 500" "id:5,phase:3,deny"
`

func TestRuleTimes(t *testing.T) {
	tx := &mapping.Transaction{Method: "GET", URI: "/?a=evil" + strings.Repeat("ab", 5000) + "x", Status: 200}
	const n = 10
	least := map[int]time.Duration{} // of several tries, as another program may run while any rule does
	share := 0.0
	for try := 0; try < 20 && share < 0.5; try++ {
		e, watch, times := measured(t, engine.ScreenOff, ownRules)
		start := time.Now()
		for range n {
			v, err := e.Inspect(tx)
			if err != nil || !v.Alarm {
				t.Fatalf("verdict %+v, error %v", v, err)
			}
		}
		watch.Stop()
		took := time.Since(start)
		all := times.All()
		for id, runs := range map[int]int{1: n, 2: n, 3: n, 4: 0, 5: n} {
			if got := all[id]; got.Runs != runs || (got.Spent > 0) != (runs > 0) {
				t.Errorf("rule %d: %+v, want %d runs", id, got, runs)
			}
		}
		if len(all) != 4 {
			t.Errorf("%d rules have run: %v", len(all), all)
		}
		sum := time.Duration(0)
		for id, r := range all {
			sum += r.Spent
			if old, ok := least[id]; !ok || r.Spent < old {
				least[id] = r.Spent
			}
		}
		if spent := watch.Spent(stopwatch.Rules); spent < sum || spent > took {
			t.Errorf("the rules have %v, each of them together %v, all took %v", spent, sum, took)
		}
		share = least[2].Seconds() / (least[1] + least[2] + least[3] + least[5]).Seconds()
	}
	if share < 0.5 {
		t.Errorf("rule 2 takes %.2f of the time of all", share)
	}
}

func TestWatch(t *testing.T) {
	e, watch, times := measured(t, engine.ScreenOn, ownRules)
	inspect := func(uri string, n int) engine.Verdict {
		var v engine.Verdict
		var err error
		for range n {
			if v, err = e.Inspect(&mapping.Transaction{Method: "GET", URI: uri, Status: 200}); err != nil {
				t.Fatal(err)
			}
		}
		watch.Stop()
		return v
	}
	if v := inspect("/?a=b", 3999); v.Screened != engine.ScreenCleared {
		t.Fatalf("verdict %+v", v)
	}
	if watch.Spent(stopwatch.Screen) == 0 || watch.Spent(stopwatch.Rules) != 0 || watch.Spent(stopwatch.Check) != 0 {
		t.Errorf("cleared: %+v", watch)
	}
	if v := inspect("/?a=b", 1); v.Screened != engine.ScreenRight || watch.Spent(stopwatch.Check) == 0 {
		t.Errorf("one in 4,000 is seen by the rules: %+v, %+v", v, watch)
	}
	if len(times.All()) != 0 {
		t.Errorf("no rule had to run but for a check: %v", times.All())
	}
	if v := inspect("/?a=evil", 1); !v.Alarm || watch.Spent(stopwatch.Rules) == 0 {
		t.Errorf("alarm: %+v, %+v", v, watch)
	}
	if all := times.All(); all[1].Runs != 1 || all[4].Runs != 0 {
		t.Errorf("of the rules only those run that may match: %v", all)
	}
	suspects, err := e.Suspects(&mapping.Transaction{Method: "GET", URI: "/?a=evil", Status: 500})
	if err != nil || len(suspects) != 2 || suspects[0].Rule != 1 || suspects[1].Rule != 5 {
		t.Errorf("suspects %v, error %v", suspects, err)
	}
}
