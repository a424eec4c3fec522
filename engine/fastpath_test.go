package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
	"github.com/modsecurity-for-anylog/msa/test/accesslog"
	"github.com/modsecurity-for-anylog/msa/test/crs"
)

// regressionTests are the stages of the Core Rule Set's tests; read reads one as a record of Nano.
func regressionTests(t testing.TB) (stages []crs.Stage, read func(i int, tx *mapping.Transaction) error) {
	t.Helper()
	stages, err := crs.Stages()
	if err != nil {
		t.Fatal(err)
	}
	nano, _ := crs.KindNamed("nano")
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	return stages, func(i int, tx *mapping.Transaction) error {
		return set.Map("t", nano.Record(crs.Respond(&stages[i])), tx)
	}
}

// The screen never takes a transaction for harmless that the rules find an alert in: on all tests of the
// Core Rule Set, at every paranoia level.
func TestScreenOnRegressionTests(t *testing.T) {
	stages, read := regressionTests(t)
	for level := 1; level <= 4; level++ {
		t.Run(fmt.Sprintf("paranoia level %d", level), func(t *testing.T) {
			t.Parallel()
			e := verifying(t, level, "crs")
			var tx mapping.Transaction
			var count tally
			step := 1
			if testing.Short() {
				step = 50
			}
			for i := 0; i < len(stages); i += step {
				if err := read(i, &tx); err != nil {
					continue
				}
				count.inspect(t, e, stages[i].Name, &tx)
			}
			t.Logf("%d of %d silent transactions are screened; %d rules can't be judged", count.screened, count.silent, len(e.Unjudged()))
			for _, o := range e.Unjudged() {
				t.Logf("rule %d: %s", o.Rule, o.Reason)
			}
		})
	}
}

// The same with the rules of another release, from Debian.
func TestScreenOnDebianCRS(t *testing.T) {
	const setup, dir = "/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("modsecurity-crs is not installed: ", err)
	}
	e := verifying(t, 1, setup, dir)
	m := newMutator(t, 33)
	n := 1500
	var count tally
	if testing.Short() {
		n = 50
	}
	for range n {
		var tx mapping.Transaction
		m.next(t, &tx)
		count.inspect(t, e, tx.Describe(), &tx)
	}
	t.Logf("%d of %d are screened; can't be judged: %v", count.screened, n, e.Unjudged())
	if count.screened < n/5 {
		t.Error("the screen is of little use")
	}
}

// What the rules that the screen leaves say of a transaction is word by word what all rules say, scores in messages
// too. Coraza goes through arguments in no fixed order, so all rules may have to say it again.
func TestScreenKeepsMatches(t *testing.T) {
	stages, read := regressionTests(t)
	step := 3
	if testing.Short() {
		step = 200
	}
	for level := 1; level <= 3; level += 2 {
		t.Run(fmt.Sprintf("paranoia level %d", level), func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, level, engine.ScreenOn, "crs")
			alarms := 0
			for i := 0; i < len(stages); i += step {
				var tx mapping.Transaction
				if err := read(i, &tx); err != nil {
					continue
				}
				some, err := e.Inspect(&tx)
				if err != nil {
					t.Fatal(err)
				}
				if !some.Alarm {
					continue
				}
				alarms++
				all := engine.Verdict{}
				for try := 0; try < 500 && !reflect.DeepEqual(some, all); try++ {
					if all, err = e.Evaluate(&tx); err != nil {
						t.Fatal(err)
					}
				}
				if !reflect.DeepEqual(some, all) {
					t.Errorf("%s: with the screen\n%+v\nwithout\n%+v", stages[i].Name, some, all)
				}
			}
			if alarms < len(stages)/step/4 {
				t.Errorf("only %d of %d alarm", alarms, len(stages)/step)
			}
		})
	}
}

// Without a rule that skips others, these run: the screen knows nothing of them.
func TestScreenWithoutASkippingRule(t *testing.T) {
	const rules = `SecAction "id:1,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@rx evil" "id:2,phase:2,deny"
SecMarker END
SecRule ARGS "@rx other" "id:4,phase:2,deny"`
	file := filepath.Join(t.TempDir(), "x.conf")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, 1, engine.ScreenOn, file)
	for _, c := range []struct {
		exclude []string
		want    bool
	}{{nil, false}, {[]string{"1"}, true}, {[]string{"1-2"}, false}, {[]string{"4"}, false}} {
		v, err := e.Inspect(&mapping.Transaction{URI: "/?a=evil", Exclude: c.exclude})
		if err != nil {
			t.Fatal(err)
		}
		if v.Alarm != c.want {
			t.Errorf("a mapping that excludes %q: alarm %v", c.exclude, v.Alarm)
		}
	}
	e, err := engine.New(engine.Config{Rules: []string{file}, ParanoiaLevel: 1, InboundThreshold: 5, OutboundThreshold: 4,
		BodyLimit: 128 << 10, Screen: engine.ScreenOn, CacheSize: 1 << 10, Exclude: []string{"1@/x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if w := e.Warnings(); len(w) != 1 || !strings.Contains(w[0].Text, "exclude 1 removes rule 1, but not all those that it skips: the fast path is off") {
		t.Errorf("warnings are %v", w)
	}
	for uri, want := range map[string]bool{"/x?a=evil": true, "/y?a=evil": false} {
		v, err := e.Inspect(&mapping.Transaction{URI: uri})
		if err != nil {
			t.Fatal(err)
		}
		if v.Alarm != want {
			t.Errorf("%s: alarm %v", uri, v.Alarm)
		}
	}
}

// A chain may match by several values together: MATCHED_VARS are all that its head has matched.
func TestScreenOnMatchedVars(t *testing.T) {
	e := verifying(t, 2, "crs")
	tx := mapping.Transaction{
		Method: "GET", URI: "/image?url=%2Fme%6'4i/a%2F101526.jpg&w=1080", Protocol: "HTTP/1.1", Status: 200,
		RequestHeaders: []mapping.Header{{Name: "Host", Value: "static.shop.example"}, {Name: "User-Agent", Value: "Mozilla/5.0"}, {Name: "Accept", Value: "*/*"}},
		RequestBody:    mapping.Body{Text: "foo=%24a%281\t%2"},
	}
	v, err := e.Inspect(&tx)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Alarm || !slices.Contains(v.RuleIDs(), 932200) || v.Screened != engine.NotScreened {
		t.Errorf("alarm %v, rules %v, screened %d", v.Alarm, v.RuleIDs(), v.Screened)
	}
}

// Targets that are taken away from a rule, in it or later, are those that Coraza takes away, in capitals and small letters.
func TestScreenOnTakenTargets(t *testing.T) {
	const head, cookie = `SecRule REQUEST_COOKIES`, ` "@rx evil" "id:1,phase:2,deny"`
	for _, c := range []struct {
		name, rules string
		maybe       bool // the screen may say maybe where nothing alarms
	}{
		{"none", head + cookie, false},
		{"a key in the rule", head + `|!REQUEST_COOKIES:FCCDCF` + cookie, false},
		{"a pattern in the rule", head + `|!REQUEST_COOKIES:/^_ga/` + cookie, false},
		{"a key later", head + cookie + "\nSecRuleUpdateTargetById 1 \"!REQUEST_COOKIES:fccDCF\"", false},
		{"patterns later", head + cookie + "\nSecRuleUpdateTargetById 1 \"!REQUEST_COOKIES:/^_GA(?:_x\\w+)?$/|!REQUEST_COOKIES:/F/\"", false},
		{"a pattern that is another one when it is lowered", head + `|!REQUEST_COOKIES:/^_G\W/` + cookie, false},
		{"patterns of arguments, which are not lowered", `SecRule ARGS|!ARGS:/^F/|!ARGS:/^_ga/ "@rx evil" "id:1,phase:2,deny"`, false},
		{"a key of a pattern", `SecRule REQUEST_COOKIES:/^_/|!REQUEST_COOKIES:_ga` + cookie, true},
		{"before the targets", `SecRule !REQUEST_COOKIES:/^_ga/|REQUEST_COOKIES` + cookie, false},
		{"a key before the targets", `SecRule !REQUEST_COOKIES:_ga|REQUEST_COOKIES` + cookie, false},
		{"between targets", `SecRule REQUEST_COOKIES:_ga|!REQUEST_COOKIES:/^_/|REQUEST_COOKIES:a-b` + cookie, true},
		{"of another collection", head + `|REQUEST_HEADERS|!REQUEST_HEADERS:/^_ga/` + cookie, false},
		{"of another rule", head + cookie + "\nSecRule ARGS \"@rx x\" \"id:2,phase:2,deny\"\nSecRuleUpdateTargetById 2 \"!REQUEST_COOKIES:_ga\"", false},
		{"by a range", head + cookie + "\nSecRuleUpdateTargetById 1-2 \"!REQUEST_COOKIES:_ga\"", true},
		{"by a tag", head + ` "@rx evil" "id:1,phase:2,deny,tag:x"` + "\nSecRuleUpdateTargetByTag x \"!REQUEST_COOKIES:_ga\"", true},
		{"a count", `SecRule &REQUEST_COOKIES "@eq 1" "id:1,phase:2,deny"` + "\nSecRuleUpdateTargetById 1 \"!REQUEST_COOKIES:_ga\"", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "own.conf")
			if err := os.WriteFile(file, []byte(c.rules+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			e := verifying(t, 1, file)
			alarms, cleared := 0, 0
			for _, key := range []string{"_ga", "_GA", "_ga_X1", "_GA-X1", "_g.", "FCCDCF", "fccdcf", "a-b", "Ä", "other"} {
				tx := mapping.Transaction{Method: "GET", URI: "/?" + key + "=evil", Protocol: "HTTP/1.1", Status: 200,
					RequestHeaders: []mapping.Header{{Name: "Cookie", Value: key + "=evil"}}}
				want, err := e.Evaluate(&tx)
				if err != nil {
					t.Fatal(err)
				}
				got, err := e.Inspect(&tx)
				if err != nil || got.Screened == engine.ScreenWrong || got.Alarm != want.Alarm {
					t.Errorf("%s: alarm %v, screened %d, and rules alone: %v; error %v", key, got.Alarm, got.Screened, want.Alarm, err)
				}
				if got.Screened == engine.ScreenRight {
					cleared++
				} else if !want.Alarm && !c.maybe {
					t.Errorf("%s is not cleared", key)
				}
				if want.Alarm {
					alarms++
				}
			}
			t.Logf("%d alarm, %d are cleared", alarms, cleared)
		})
	}
}

// mutator makes transactions of attacks and of everyday requests that nobody has seen before.
type mutator struct {
	*rand.Rand
	shop   *accesslog.Generator
	stages []crs.Stage
	read   func(i int, tx *mapping.Transaction) error // a stage
	set    *mapping.Set
}

func newMutator(t testing.TB, seed uint64) *mutator {
	stages, read := regressionTests(t)
	set, err := mapping.Load("nano")
	if err != nil {
		t.Fatal(err)
	}
	return &mutator{rand.New(rand.NewPCG(seed, 1)), accesslog.New(seed), stages, read, set}
}

// attack is one of the regression tests as a transaction.
func (m *mutator) attack(tx *mapping.Transaction) bool {
	return m.read(m.IntN(len(m.stages)), tx) == nil
}

// next fills tx.
func (m *mutator) next(t testing.TB, tx *mapping.Transaction) {
	var other mapping.Transaction
	for !m.attack(&other) {
	}
	if m.IntN(2) == 0 {
		r := m.shop.Next()
		record, _, err := mapping.AppendJSON(nil, r.AppendNano(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.set.Map("t", record, tx); err != nil {
			t.Fatal(err)
		}
	} else {
		for !m.attack(tx) {
		}
	}
	switch m.IntN(4) {
	case 0: // as it is
		return
	case 1: // a piece of something else in it
		tx.URI = m.splice(tx.URI, other.URI)
		tx.RequestBody.Text = m.splice(tx.RequestBody.Text, other.RequestBody.Text)
	}
	tx.URI = m.mutate(tx.URI)
	tx.RequestBody.Text = m.mutate(tx.RequestBody.Text)
	tx.ResponseBody.Text = m.mutate(tx.ResponseBody.Text)
	for i := range tx.RequestHeaders {
		if m.IntN(3) == 0 {
			tx.RequestHeaders[i].Value = m.mutate(tx.RequestHeaders[i].Value)
		}
	}
	if len(other.RequestHeaders) > 0 && m.IntN(2) == 0 {
		tx.RequestHeaders = append(tx.RequestHeaders, other.RequestHeaders[m.IntN(len(other.RequestHeaders))])
	}
	if m.IntN(8) == 0 {
		tx.Args = append(tx.Args, mapping.Arg{Name: "q", Value: m.mutate(other.URI)})
	}
	if m.IntN(4) == 0 {
		tx.Observed = mapping.Observed{Query: true}
	}
}

func (m *mutator) splice(a, b string) string {
	i, j := m.IntN(len(a)+1), m.IntN(len(b)+1)
	return a[:i] + b[j:j+m.IntN(len(b)-j+1)] + a[i:]
}

// mutate changes a few bytes, in ways that transformations undo as well as in others.
func (m *mutator) mutate(s string) string {
	b := []byte(s)
	for range m.IntN(4) {
		if len(b) == 0 {
			return s
		}
		i := m.IntN(len(b))
		var piece string
		switch c := b[i]; m.IntN(9) {
		case 0:
			piece = string([]byte{c ^ 0x20})
		case 1:
			piece = fmt.Sprintf("%%%02x", c)
		case 2:
			piece = fmt.Sprintf("%%u%04x", c)
		case 3:
			piece = fmt.Sprintf("&#x%x;", c)
		case 4:
			piece = fmt.Sprintf(`\x%02x`, c)
		case 5:
			piece = ""
		case 6:
			piece = string([]byte{c, byte(m.IntN(256))})
		case 7:
			piece = string([]byte{c, special[m.IntN(len(special))]})
		case 8:
			piece = "/**/" + string([]byte{c})
		}
		b = append(b[:i:i], append([]byte(piece), b[i+1:]...)...)
	}
	return string(b)
}

const special = " \t\n\x00/*\"'`$;|&<>(){}=%+"

// mutations is how many records there are of a mutator, and its seed.
func mutations(t *testing.T) (n int, seed uint64) {
	n = 8_000
	if testing.Short() {
		n = 200
	}
	if s := os.Getenv("MSA_SCREEN_RECORDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	seed, _ = strconv.ParseUint(os.Getenv("MSA_SCREEN_SEED"), 10, 64)
	return n, seed
}

// The screen and the rules agree on generated and mutated records. $MSA_SCREEN_RECORDS says how many, $MSA_SCREEN_SEED which.
func TestScreenOnMutations(t *testing.T) {
	n, seed := mutations(t)
	verifyMutations(t, n, seed, []ruleSet{
		{"CRS", []string{rules.CRS}, true}, {"all packs", slices.Concat([]string{rules.CRS}, rules.Packs), true},
	}, (*mutator).next)
}

// ruleSet is sources of rules.
type ruleSet struct {
	name    string
	sources []string
	clears  bool // the screen clears most of what is silent by the score, too
}

// verifyMutations compares the screen with the rules of each of some sets, at each paranoia level, where the score alarms and
// where evidence does, with views, as by default. All share the n records that next makes.
func verifyMutations(t *testing.T, n int, seed uint64, sets []ruleSet, next func(*mutator, testing.TB, *mapping.Transaction)) {
	n /= 2 * 4 * len(sets)
	for level := 1; level <= 4; level++ {
		for i, set := range sets {
			for j, by := range []string{"score", "evidence"} {
				t.Run(fmt.Sprintf("paranoia level %d, %s, by %s", level, set.name, by), func(t *testing.T) {
					t.Parallel()
					cfg := configOf(level, engine.ScreenOn, set.sources...)
					if by == "evidence" {
						cfg.ScreenEvidence, cfg.LooseIsNote, cfg.Views = true, true, true
					}
					e := newEngineOf(t, cfg)
					m := newMutator(t, seed+uint64(10*level+2*i+j))
					var count tally
					for range n {
						var tx mapping.Transaction
						next(m, t, &tx)
						count.compare(t, e, &tx, by)
					}
					t.Logf("%d records, %d silent, %d of them screened", n, count.silent, count.screened)
					isOfUse := count.screened >= n/2
					if by == "score" {
						isOfUse = !set.clears || testing.Short() || level > 2 || count.screened >= count.silent*3/4
					}
					if !isOfUse {
						t.Error("the screen is of little use")
					}
				})
			}
		}
	}
}

func FuzzScreen(f *testing.F) {
	e := verifying(f, 1, "crs")
	f.Add("/?q=1'+or+1=1", "Mozilla/5.0", "a=b; c=d", "application/json", `{"a":"<script>"}`, "ORA-00942")
	f.Fuzz(func(t *testing.T, uri, agent, cookie, contentType, body, response string) {
		tx := mapping.Transaction{
			Method: "POST", URI: uri, Protocol: "HTTP/1.1", Status: 200,
			RequestHeaders: []mapping.Header{{Name: "Host", Value: "shop.example"}, {Name: "Accept", Value: "*/*"}, {Name: "User-Agent", Value: agent},
				{Name: "Cookie", Value: cookie}, {Name: "Content-Type", Value: contentType}},
			RequestBody: mapping.Body{Text: body}, ResponseBody: mapping.Body{Text: response},
			Observed: mapping.Observed{Request: mapping.ObservedHeaders{Names: []string{"host", "user-agent"}}, Query: true},
		}
		new(tally).inspect(t, e, tx.Describe(), &tx)
	})
}

// tally counts the transactions without an alert, and those of them that the screen has cleared.
type tally struct{ silent, screened int }

func (c *tally) inspect(t *testing.T, e *engine.Engine, name string, tx *mapping.Transaction) {
	t.Helper()
	v, err := e.Inspect(tx)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Alarm {
		c.silent++
	}
	switch v.Screened {
	case engine.ScreenWrong:
		t.Errorf("%s is judged wrongly: %+v", name, v.Matches)
	case engine.ScreenRight:
		c.screened++
	}
}

// compare inspects a transaction with the screen and without, and compares each word.
func (c *tally) compare(t *testing.T, e *engine.Engine, tx *mapping.Transaction, by string) {
	t.Helper()
	v, err1 := e.Inspect(tx)
	all, err2 := e.Evaluate(tx)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	isSilent := !all.Alarm
	if by == "evidence" {
		isSilent = !all.HasEvidence()
	}
	if isSilent {
		c.silent++
	}
	switch isCleared := v.Screened == engine.ScreenCleared && len(v.Matches) == 0; {
	case len(v.Uninspected) > 0: // the screen has found it to be more work than there may be
	case isCleared && isSilent:
		c.screened++
	case isCleared:
		t.Errorf("%s is cleared, and without the screen: %+v", tx.Describe(), all)
	case v.Screened == engine.ScreenCleared: // the rest was too much work: what is in views is told alone
		if !v.HasEvidence() {
			t.Errorf("%s: got %v", tx.Describe(), v.RuleIDs())
		}
	default:
		if v.Alarm != all.Alarm || v.ScoreIn != all.ScoreIn || v.ScoreOut != all.ScoreOut || !reflect.DeepEqual(v.Matches, all.Matches) {
			t.Errorf("%s: %s", tx.Describe(), firstDifference(&v, &all))
		}
	}
}

// firstDifference is for people.
func firstDifference(got, all *engine.Verdict) string {
	for i := range min(len(got.Matches), len(all.Matches)) {
		if a, b := got.Matches[i], all.Matches[i]; !reflect.DeepEqual(a, b) {
			return fmt.Sprintf("got\n%q\nand without the screen\n%q", fmt.Sprint(a.RuleID, a.Message, a.Data, a.Variable, a.Value, a.Places), fmt.Sprint(b.RuleID, b.Message, b.Data, b.Variable, b.Value, b.Places))
		}
	}
	return fmt.Sprintf("rules %v, scores %d and %d, and without the screen %v, %d and %d", got.RuleIDs(), got.ScoreIn, got.ScoreOut, all.RuleIDs(), all.ScoreIn, all.ScoreOut)
}

func verifying(t testing.TB, level int, rules ...string) *engine.Engine {
	t.Helper()
	return newEngine(t, level, engine.ScreenVerify, rules...)
}

func newEngine(t testing.TB, level int, screen engine.ScreenMode, rules ...string) *engine.Engine {
	t.Helper()
	return newEngineOf(t, configOf(level, screen, rules...))
}

func configOf(level int, screen engine.ScreenMode, rules ...string) engine.Config {
	return engine.Config{Rules: rules, ParanoiaLevel: level, InboundThreshold: 5, OutboundThreshold: 4,
		BodyLimit: 128 << 10, Screen: screen, CacheSize: 1 << 16}
}

func newEngineOf(t testing.TB, cfg engine.Config) *engine.Engine {
	t.Helper()
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range e.Warnings() {
		if strings.Contains(w.Text, "screen") {
			t.Fatal(w)
		}
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}
