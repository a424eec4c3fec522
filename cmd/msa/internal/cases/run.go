package cases

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/listing"
	"github.com/modsecurity-for-anylog/msa/internal/event"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/pipeline"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Tester runs cases.
type Tester struct {
	cases  []*Case
	log    *slog.Logger
	setups map[string]*setup
	order  []*setup
	shared pipeline.Engines // cases that differ in their mapping have the same rules
	w      *bufio.Writer
	tap    bool
}

// setup is a pipeline with the properties of some cases.
type setup struct {
	*pipeline.Pipeline
	*rules.Set

	fired, silent map[int]bool // rules that matched, and those of which a case says that they must not and that did not
}

// Prepare loads what the cases need: all of it, so that nothing runs with wrong settings.
func Prepare(all []*Case, log *slog.Logger) (*Tester, error) {
	t := &Tester{cases: all, log: log, setups: map[string]*setup{}}
	for _, one := range all {
		if _, err := t.setup(one); err != nil {
			t.Close()
			return nil, fmt.Errorf("%s:%d: case %q: %w", one.file, one.line, one.name, err)
		}
	}
	return t, nil
}

// Run prints what becomes of each case, as text for people or for the Test Anything Protocol, and perhaps which rules of the
// user's own have none. It is how many cases fail.
func (t *Tester) Run(w io.Writer, tap, coverage bool) (failed int, err error) {
	t.w, t.tap = bufio.NewWriter(w), tap
	if tap {
		t.line("TAP version 13\n1..%d", len(t.cases))
	}
	for i, one := range t.cases {
		wrong, err := t.run(one)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		if len(wrong) > 0 {
			failed++
		}
		t.report(i+1, one, wrong)
	}
	if !tap {
		t.line("%d cases, %d failed", len(t.cases), failed)
	}
	if coverage {
		t.coverage()
	}
	return failed, t.w.Flush()
}

// Close gives up what was loaded.
func (t *Tester) Close() {
	for _, s := range t.order {
		s.Close()
	}
}

// setup is that of a case.
func (t *Tester) setup(c *Case) (*setup, error) {
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.with)) {
		fmt.Fprintf(&key, "%s %q\n", name, c.with[name])
	}
	if s := t.setups[key.String()]; s != nil {
		return s, nil
	}
	with := maps.Clone(c.with)
	with["alert_text_key"] = []string{event.TextKey}
	with["alert_tag"] = nil // off would silence the cases
	if _, ok := with["behavior"]; !ok {
		with["behavior"] = []string{"off"} // what a case finds must not depend on those before it
	}
	config, err := with.Config()
	if err != nil {
		return nil, err
	}
	set, err := rules.Load(config.Engine.Rules)
	if err != nil {
		return nil, err
	}
	log := t.log
	if slices.ContainsFunc(t.order, func(o *setup) bool { return o.Sum == set.Sum }) {
		log = slog.New(slog.DiscardHandler) // once is enough
	}
	config.Trial = true
	loaded, err := pipeline.New(config, &t.shared, log)
	if err != nil {
		return nil, err
	}
	s := &setup{Pipeline: loaded, Set: set, fired: map[int]bool{}, silent: map[int]bool{}}
	t.setups[key.String()] = s
	t.order = append(t.order, s)
	return s, nil
}

// run is what is not as a case expects it.
func (t *Tester) run(c *Case) (wrong []string, err error) {
	s, err := t.setup(c)
	if err != nil {
		return nil, err
	}
	chunk, err := c.event()
	if err != nil {
		return nil, fmt.Errorf("cannot read record: %w", err)
	}
	var record mapping.Record
	if err := event.Alerts(chunk, func(a event.Alert) { record = a.Fields }); err != nil {
		return nil, err
	}
	x, err := s.Explain(c.tag, record)
	if err != nil {
		return nil, err
	}
	if x.Unmapped != nil {
		return nil, fmt.Errorf("the record is not inspected: %w", x.Unmapped)
	}
	matched := x.Verdict.RuleIDs()
	for _, id := range matched {
		s.fired[id] = true
	}
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, id := range c.rules {
		if s.Rule(id).File == "" {
			fail("rule %d is not loaded", id)
		} else if !slices.Contains(matched, id) {
			fail("rule %d did not match; matched: %s", id, listed(matched))
		}
	}
	for _, id := range c.silent {
		switch i := slices.Index(matched, id); {
		case s.Rule(id).File == "":
			fail("rule %d is not loaded", id) // so that it could not match anyway
		case i >= 0:
			fail("rule %d matched on %s: %s", id, x.Matches[i].Variable, listing.Short(x.Matches[i].Value, 100))
		default:
			s.silent[id] = true
		}
	}
	s.Forget() // what is found must not depend on the cases before
	return append(wrong, c.judge(s.Process(c.tag, chunk), x)...), nil
}

// judge compares the alert with what is expected of it.
func (c *Case) judge(r pipeline.Result, x pipeline.Explanation) (wrong []string) {
	var first map[string]any
	for _, alerts := range r.Alerts {
		if err := event.Alerts(alerts.Events, func(a event.Alert) {
			if first == nil {
				if err := json.Unmarshal([]byte(a.Text()), &first); err != nil {
					wrong = append(wrong, err.Error())
				}
			}
		}); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	switch {
	case first == nil && (len(c.fields) > 0 || c.alarm != nil && *c.alarm):
		return append(wrong, fmt.Sprintf("no alert: scores are %d inbound and %d outbound; matched: %s", x.Verdict.ScoreIn, x.Verdict.ScoreOut, listed(x.Verdict.RuleIDs())))
	case first != nil && c.alarm != nil && !*c.alarm:
		return append(wrong, fmt.Sprintf("an alert: %v, scores are %d inbound and %d outbound; matched: %s", first["msg"], x.Verdict.ScoreIn, x.Verdict.ScoreOut, listed(x.Verdict.RuleIDs())))
	}
	for _, f := range c.fields {
		value, ok := first[f.key]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("the alert has no %s", f.key))
			continue
		}
		got, isText := value.(string)
		if !isText {
			text, err := json.Marshal(value)
			if err != nil {
				text = []byte(err.Error())
			}
			got = string(text)
		}
		if got != f.want {
			wrong = append(wrong, fmt.Sprintf("%s of the alert is %q instead of %q", f.key, listing.Short(got, 200), f.want))
		}
	}
	return wrong
}

func listed(ids []int) string {
	if len(ids) == 0 {
		return "nothing"
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = strconv.Itoa(id)
	}
	return strings.Join(all, " ")
}

func (t *Tester) line(format string, args ...any) { _, _ = fmt.Fprintf(t.w, format+"\n", args...) }

func (t *Tester) report(n int, c *Case, wrong []string) {
	name := listing.Printable(c.name)
	if t.tap {
		state := "ok"
		if len(wrong) > 0 {
			state = "not ok"
		}
		t.line("%s %d - %s", state, n, strings.ReplaceAll(name, "#", `\#`)) // # would begin a directive
		if len(wrong) > 0 {
			t.line("  # %s:%d", c.file, c.line)
		}
		for _, w := range wrong {
			t.line("  # %s", listing.Printable(w))
		}
		return
	}
	if len(wrong) == 0 {
		t.line("ok    %s", name)
		return
	}
	t.line("FAIL  %s (%s:%d)", name, c.file, c.line)
	for _, w := range wrong {
		t.line("      %s", listing.Printable(w))
	}
}

// coverage lists the rules of the user's own files without a case.
func (t *Tester) coverage() {
	fired, silent := map[int]bool{}, map[int]bool{}
	own := map[int]*rules.Directive{}
	for _, s := range t.order {
		maps.Copy(fired, s.fired)
		maps.Copy(silent, s.silent)
		for _, d := range s.Directives {
			// What is not logged is not in a verdict: it sets things up for others.
			if d.IsRule() && s.Rule(d.ID()).File != "" && isOwn(d.File) && d.Rule.Logged() {
				own[d.ID()] = d
			}
		}
	}
	mark := ""
	if t.tap {
		mark = "# "
	}
	covered := 0
	for _, id := range slices.Sorted(maps.Keys(own)) {
		var missing []string
		if !fired[id] {
			missing = append(missing, "no case fires it")
		}
		if !silent[id] {
			missing = append(missing, "no case has it under not")
		}
		if len(missing) == 0 {
			covered++
			continue
		}
		t.line("%srule %d (%s:%d): %s", mark, id, own[id].File, own[id].Line, strings.Join(missing, ", and "))
	}
	t.line("%s%d of %d own rules have a case that fires them and one that does not", mark, covered, len(own))
}

// isOwn reports whether a rules file is one of the user's.
func isOwn(file string) bool { return !rules.IsEmbedded(file) }
