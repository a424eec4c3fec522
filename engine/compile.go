package engine

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// ownRules is the first id of the few rules that MSA adds. They never appear in a verdict.
const ownRules = 1_990_000_000

// unit is what Coraza compiles in one go: a rule with its chain, or another directive.
// Each is handed over as a file of its own, so that when one is refused it is known
// which one, and the others stay.
type unit struct {
	directives []rules.Directive
	own        bool   // added by MSA: may not fail
	file       string // virtual name, in the directory of the real file, where data files are looked for
}

func (u *unit) text() string {
	var b strings.Builder
	for _, d := range u.directives {
		b.WriteString(d.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// units puts each rule and its chain together, and checks what Coraza would let
// pass: rules without an id, ids used twice, chains without an end.
func units(directives []rules.Directive) ([]*unit, error) {
	var all []*unit
	seen := map[int]rules.Directive{}
	for i := 0; i < len(directives); i++ {
		d := directives[i]
		u := &unit{directives: []rules.Directive{d}}
		all = append(all, u)
		if !d.IsRule() {
			continue
		}
		id := d.ID()
		if id == 0 {
			return nil, fmt.Errorf("%s:%d: the rule has no id", d.File, d.Line)
		}
		if first, ok := seen[id]; ok {
			return nil, fmt.Errorf("%s:%d: rule %d is already at %s:%d", d.File, d.Line, id, first.File, first.Line)
		}
		seen[id] = d
		for directives[i].Chained() {
			i++
			if i == len(directives) || !directives[i].IsRule() {
				return nil, fmt.Errorf("%s:%d: rule %d: the chain has no next rule", d.File, d.Line, id)
			}
			u.directives = append(u.directives, directives[i])
		}
	}
	return all, nil
}

// own makes units of directives that MSA adds.
func own(lines ...string) []*unit {
	var all []*unit
	for _, line := range lines {
		if line != "" {
			all = append(all, &unit{directives: []rules.Directive{{Text: line, File: "msa"}}, own: true})
		}
	}
	return all
}

// before is what stands before the loaded rules.
func before(cfg Config, set *rules.Set, exclusions []exclusion) []*unit {
	lines := []string{
		"SecRuleEngine DetectionOnly",
		"SecRequestBodyAccess On",
		"SecResponseBodyAccess On",
		"SecAuditEngine Off",
	}
	// CRS 4.25 has no default action for phases 3 to 5, and without one its response
	// rules are silent.
	for phase := 1; phase <= 5; phase++ {
		if !slices.ContainsFunc(set.Directives, func(d rules.Directive) bool {
			return d.Name == "secdefaultaction" && defaultPhase(d) == phase
		}) {
			lines = append(lines, fmt.Sprintf(`SecDefaultAction "phase:%d,log,auditlog,pass"`, phase))
		}
	}
	id := ownRules
	next := func() int { id++; return id }
	settings := fmt.Sprintf("setvar:tx.blocking_paranoia_level=%[1]d,setvar:tx.paranoia_level=%[1]d,"+
		"setvar:tx.inbound_anomaly_score_threshold=%[2]d,setvar:tx.outbound_anomaly_score_threshold=%[3]d",
		cfg.ParanoiaLevel, cfg.InboundThreshold, cfg.OutboundThreshold)
	for _, level := range []string{"detection", "executing"} {
		// CRS's initialization takes it from the one above, which a crs-setup.conf may raise: if it were
		// lower then, CRS would complain of every record (901500).
		if !mentions(set, "tx."+level+"_paranoia_level=") {
			settings += fmt.Sprintf(",setvar:tx.%s_paranoia_level=%d", level, cfg.ParanoiaLevel)
		}
	}
	if !mentions(set, "tx.crs_setup_version=") {
		// Without it CRS denies every request (901001).
		settings += ",setvar:tx.crs_setup_version=4250"
	}
	lines = append(lines, fmt.Sprintf(`SecAction "id:%d,phase:1,pass,nolog,t:none,%s"`, next(), settings))
	if !mentions(set, "requestbodyprocessor=json") {
		lines = append(lines,
			fmt.Sprintf(`SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.-]+[+])?json" "id:%d,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"`, next()))
	}
	if !mentions(set, "requestbodyprocessor=xml") {
		lines = append(lines,
			fmt.Sprintf(`SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\+|/)|text/)xml" "id:%d,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=XML"`, next()))
	}
	// Whatever body was logged is worth reading, with or without a Content-Type.
	lines = append(lines, fmt.Sprintf(`SecAction "id:%d,phase:3,pass,nolog,t:none,ctl:forceResponseBodyVariable=On"`, next()))
	for _, e := range exclusions {
		lines = append(lines, e.before(next()))
	}
	return own(lines...)
}

// after is what stands after the loaded rules. Coraza refuses to take a variable away from a single rule that is not there.
func after(exclusions []exclusion, loaded []*unit) []*unit {
	var lines []string
	for _, e := range exclusions {
		id, err := strconv.Atoi(e.rules)
		if err == nil && e.variable != "" && !slices.ContainsFunc(loaded, func(u *unit) bool { return u.directives[0].ID() == id }) {
			continue
		}
		lines = append(lines, e.after())
	}
	return own(lines...)
}

func mentions(set *rules.Set, lower string) bool {
	return slices.ContainsFunc(set.Directives, func(d rules.Directive) bool {
		return d.IsRule() && strings.Contains(strings.ToLower(d.Actions()), lower)
	})
}

var phaseAction = regexp.MustCompile(`(?i)phase:'?(\d|request|response|logging)`)

func defaultPhase(d rules.Directive) int {
	m := phaseAction.FindStringSubmatch(d.Args)
	if m == nil {
		return 0
	}
	return rules.PhaseNumber(m[1])
}

// oneDefaultEach drops a phase's second SecDefaultAction, which Coraza refuses:
// every later rule would fail.
func oneDefaultEach(set *rules.Set) {
	first := map[int]rules.Directive{}
	set.Directives = slices.DeleteFunc(set.Directives, func(d rules.Directive) bool {
		if d.Name != "secdefaultaction" {
			return false
		}
		phase := defaultPhase(d)
		earlier, ok := first[phase]
		if !ok {
			first[phase] = d
			return false
		}
		if earlier.Args != d.Args {
			set.Warnings = append(set.Warnings, rules.Warning{File: d.File, Line: d.Line,
				Text: fmt.Sprintf("SecDefaultAction is skipped: phase %d has one already, at %s:%d", phase, earlier.File, earlier.Line)})
		}
		return true
	})
}

// removeByID turns each SecRuleRemoveByMsg into a SecRuleRemoveById, as Coraza 3.8.1 panics at it where a rule has no
// message, and some of CRS have none.
func removeByID(set *rules.Set) {
	ids := map[string][]string{} // of the rules so far, by message
	var all []rules.Directive
	chained := false
	for _, d := range set.Directives {
		if message, ok := d.Action("msg"); ok && !chained {
			ids[message] = append(ids[message], strconv.Itoa(d.ID()))
		}
		chained = d.Chained()
		if d.Name == "secruleremovebymsg" {
			message := strings.Trim(d.Args, `"'`)
			if len(ids[message]) == 0 {
				set.Warnings = append(set.Warnings, rules.Warning{File: d.File, Line: d.Line,
					Text: fmt.Sprintf("SecRuleRemoveByMsg removes nothing: no rule before it has the message %q", message)})
				continue
			}
			d.Name, d.Args = "secruleremovebyid", strings.Join(ids[message], " ")
			d.Text = "SecRuleRemoveById " + d.Args
		}
		all = append(all, d)
	}
	set.Directives = all
}

// compile builds Coraza's WAF from the units. Those that Coraza refuses are left
// out, with a warning each; the units that were taken are returned.
func compile(all []*unit, cfg Config, sum [32]byte) (coraza.WAF, []*unit, []rules.Warning, error) {
	var warnings []rules.Warning
	// Bodies are cut to the limit, and reaching Coraza's would end the phase early; JSON that is
	// cut gets an end.
	limit := cfg.BodyLimit + 2*mapping.MaxJSONDepth
	for {
		files := &unitFS{text: map[string]string{}, root: "/.msa-" + hex.EncodeToString(sum[:8])}
		config := coraza.NewWAFConfig().
			WithRootFS(files).
			WithRequestBodyLimit(limit).
			WithRequestBodyInMemoryLimit(limit).
			WithResponseBodyLimit(limit)
		if cfg.RuleTimes != nil {
			config = config.WithDebugLogger(timesLogger{cfg.RuleTimes})
		}
		for i, u := range all {
			u.file = path.Join(files.dir(u.directives[0].File), unitPrefix+strconv.Itoa(i))
			files.text[u.file] = u.text()
			config = config.WithDirectivesFromFile(u.file)
		}
		waf, err := newWAF(config)
		if err == nil {
			return waf, all, warnings, nil
		}
		i := slices.IndexFunc(all, func(u *unit) bool { return u.file == files.last })
		if i < 0 {
			return nil, nil, warnings, fmt.Errorf("cannot compile rules: %w", err)
		}
		u := all[i]
		if u.own {
			return nil, nil, warnings, fmt.Errorf("cannot compile %q: %w", u.directives[0].Text, reason(err))
		}
		d := u.directives[0]
		warning := rules.Warning{File: d.File, Line: d.Line, Rule: d.ID()}
		if lighter, dropped := u.withoutPersistence(); len(dropped) > 0 {
			warning.Text = fmt.Sprintf("%s left out: Coraza has no persistent collections", strings.Join(dropped, ", "))
			warnings = append(warnings, warning)
			all = slices.Clone(all)
			all[i] = lighter
			continue
		}
		if errors.Is(err, errPanic) {
			err = fmt.Errorf("%s makes Coraza panic: %w", strings.Fields(d.Text)[0], err)
		}
		warnings = slices.DeleteFunc(warnings, func(w rules.Warning) bool { return w.Rule != 0 && w.Rule == warning.Rule })
		warning.Text = fmt.Sprintf("skipped: %v", reason(err))
		warnings = append(warnings, warning)
		all = slices.Delete(slices.Clone(all), i, i+1)
	}
}

// errPanic: Coraza has panicked, and not for a reason that it tells.
var errPanic = errors.New("panic")

// newWAF is Coraza's, with an error where that panics.
func newWAF(config coraza.WAFConfig) (waf coraza.WAF, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	return coraza.NewWAF(config)
}

// persistentAction sets a variable of a collection that outlives the transaction.
var persistentAction = regexp.MustCompile(`(?i),\s*(?:set|expire|deprecate)var:'?!?(?:ip|session|user|global|resource)\.[^,"]*`)

// withoutPersistence is the unit without the actions that only note something for
// later transactions, and which these are: the rule detects as well without them.
func (u *unit) withoutPersistence() (*unit, []string) {
	var dropped []string
	lighter := &unit{directives: slices.Clone(u.directives), own: u.own}
	for i := range lighter.directives {
		d := &lighter.directives[i]
		if !d.IsRule() {
			continue
		}
		for _, a := range persistentAction.FindAllString(d.Actions(), -1) {
			dropped = append(dropped, strings.Trim(a, ", "))
			d.Args, d.Text = strings.Replace(d.Args, a, "", 1), strings.Replace(d.Text, a, "", 1)
		}
	}
	return lighter, dropped
}

// reason is the innermost error: Coraza's outer ones say "invalid WAF config from
// file", and nothing more.
func reason(err error) error {
	text := err.Error()
	for _, prefix := range []string{"invalid WAF config from file: ", "failed to parse string: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if i := strings.Index(text, "failed to compile the directive"); i >= 0 {
		if _, after, ok := strings.Cut(text[i:], ": "); ok {
			text = after
		}
	}
	return errors.New(text)
}

const unitPrefix = ".msa-unit-"

// unitFS serves the units, and the data files that rules name from where they are.
type unitFS struct {
	text map[string]string
	last string // the unit read last: the one that failed

	// root stands before the directories of the host's files, and changes with their
	// content: Coraza shares compiled data files by name between rule sets, and would
	// go on with the old ones after a reload.
	root string
}

func (f *unitFS) dir(file string) string {
	if path.IsAbs(file) {
		return f.root + path.Dir(file)
	}
	return path.Dir(file)
}

func (f *unitFS) Open(name string) (fs.File, error) {
	return rules.FS.Open(strings.TrimPrefix(name, f.root))
}

func (f *unitFS) ReadFile(name string) ([]byte, error) {
	if text, ok := f.text[name]; ok {
		f.last = name
		return []byte(text), nil
	}
	return fs.ReadFile(rules.FS, strings.TrimPrefix(name, f.root))
}
