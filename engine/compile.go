package engine

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3"
	"github.com/modsecurity-for-anylog/msa/mapping"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// ownRules is the first id of the few rules that MSA adds. They never appear in a verdict. It is higher than any that people
// give, who number rules by dates too: 2026112901.
const ownRules = math.MaxInt - 1_000_000

// unit is what Coraza compiles in one go: a rule with its chain, or another directive.
// Each is handed over as a file of its own, so that when one is refused it is known
// which one, and the others stay.
type unit struct {
	*rules.Directive
	own  bool   // added by MSA: may not fail
	file string // virtual name, in the directory of the real file, where data files are looked for
	code string // see text
}

// text is what Coraza reads, which is put together once for all rule sets that have the unit.
func (u *unit) text() string {
	if u.code == "" {
		u.code = u.Text() + "\n"
	}
	return u.code
}

// units checks what Coraza would let pass: rules without an id, and ids used twice.
func units(directives []*rules.Directive) ([]*unit, error) {
	var all []*unit
	seen := map[int]*rules.Directive{}
	for _, d := range directives {
		all = append(all, &unit{Directive: d})
		if !d.IsRule() {
			continue
		}
		id := d.ID()
		if id == 0 {
			if d.Name == "secrulescript" { // needs none, and is not applied
				continue
			}
			return nil, fmt.Errorf("%s:%d: the rule has no id", d.File, d.Line)
		}
		if id >= ownRules {
			return nil, fmt.Errorf("%s:%d: rule %d: the highest id is %d", d.File, d.Line, id, ownRules-1)
		}
		if first, ok := seen[id]; ok {
			return nil, fmt.Errorf("%s:%d: rule %d is already at %s:%d", d.File, d.Line, id, first.File, first.Line)
		}
		seen[id] = d
	}
	return all, nil
}

// own makes units of directives that MSA adds.
func own(lines ...string) []*unit {
	const file = "msa"
	var all []*unit
	for _, line := range lines {
		parsed := []*rules.Directive{rules.Setting(file, line)}
		if name := parsed[0].Name; name == "secrule" || name == "secaction" {
			var err error
			if parsed, err = rules.Parse(file, line); err != nil {
				panic(err) // MSA's own
			}
		}
		for _, d := range parsed {
			if line != "" {
				all = append(all, &unit{Directive: d, own: true})
			}
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
	id := ownRules
	next := func() int { id++; return id }
	settings := fmt.Sprintf("setvar:tx.blocking_paranoia_level=%[1]d,setvar:tx.paranoia_level=%[1]d,"+
		"setvar:tx.inbound_anomaly_score_threshold=%[2]d,setvar:tx.outbound_anomaly_score_threshold=%[3]d",
		cfg.ParanoiaLevel, cfg.InboundThreshold, cfg.OutboundThreshold)
	for _, level := range []string{"detection", "executing"} {
		// CRS's initialization takes it from the one above, which a crs-setup.conf may raise: if it were
		// lower then, CRS would complain of every record (901500).
		if !isSet(set, level+"_paranoia_level") {
			settings += fmt.Sprintf(",setvar:tx.%s_paranoia_level=%d", level, cfg.ParanoiaLevel)
		}
	}
	if !isSet(set, "crs_setup_version") {
		// Without it CRS denies every request (901001).
		settings += ",setvar:tx.crs_setup_version=4250"
	}
	lines = append(lines, fmt.Sprintf(`SecAction "id:%d,phase:1,pass,nolog,t:none,%s"`, next(), settings))
	if !chooses(set, "JSON") {
		lines = append(lines,
			fmt.Sprintf(`SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.-]+[+])?json" "id:%d,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"`, next()))
	}
	if !chooses(set, "XML") {
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
		if err == nil && e.variable != "" && !slices.ContainsFunc(loaded, func(u *unit) bool { return u.ID() == id }) {
			continue
		}
		lines = append(lines, e.after())
	}
	return own(lines...)
}

// isSet reports whether some rule sets a variable of TX.
func isSet(set *rules.Set, name string) bool {
	return slices.ContainsFunc(set.Directives, func(d *rules.Directive) bool {
		return d.IsRule() && slices.ContainsFunc(d.Rule.Sets(), func(s rules.Assignment) bool { return s.Name == name && !s.Remove })
	})
}

// chooses reports whether some rule chooses a processor for bodies.
func chooses(set *rules.Set, processor string) bool {
	return slices.ContainsFunc(set.Directives, func(d *rules.Directive) bool {
		return d.IsRule() && slices.ContainsFunc(d.Rule.Links, func(l *rules.Link) bool {
			return slices.ContainsFunc(l.Values("ctl"), func(ctl string) bool { return strings.EqualFold(ctl, "requestBodyProcessor="+processor) })
		})
	})
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
			u.file = path.Join(files.dir(u.File), unitPrefix+strconv.Itoa(i))
			files.text[u.file] = u.text()
			files.names = append(files.names, u.file)
		}
		waf, err := newWAF(config.WithDirectivesFromFile(allUnits))
		if err == nil {
			return waf, all, warnings, nil
		}
		i := slices.IndexFunc(all, func(u *unit) bool { return u.file == files.last })
		if i < 0 {
			return nil, nil, warnings, fmt.Errorf("cannot compile rules: %w", err)
		}
		u := all[i]
		if u.own {
			return nil, nil, warnings, fmt.Errorf("cannot compile %q: %w", u.Text(), reason(err))
		}
		if errors.Is(err, errPanic) {
			name, _, _ := strings.Cut(u.Text(), " ")
			err = fmt.Errorf("%s makes Coraza panic: %w", name, err)
		}
		all, warnings = skip(all, i, reason(err).Error(), warnings)
	}
}

// skip leaves a unit out, and the rules that it would have jumped over: nobody knows then whether they apply, and a rule
// against the tenth login would alarm at the first.
func skip(all []*unit, i int, why string, warnings []rules.Warning) ([]*unit, []rules.Warning) {
	skipped := all[i]
	gone := map[*unit]bool{skipped: true}
	warnings = append(warnings, rules.Warning{File: skipped.File, Line: skipped.Line, Rule: skipped.ID(), Text: "skipped: " + why})
	for _, u := range guarded(all, i) {
		gone[u] = true
		warnings = append(warnings, rules.Warning{File: u.File, Line: u.Line, Rule: u.ID(),
			Text: fmt.Sprintf("skipped: rule %d, which is skipped, decides whether it applies", skipped.ID())})
	}
	return slices.DeleteFunc(slices.Clone(all), func(u *unit) bool { return gone[u] }), warnings
}

// guarded are the rules that a rule jumps over when it matches.
func guarded(all []*unit, i int) (over []*unit) {
	if !all[i].IsRule() {
		return nil
	}
	rule := all[i].Rule
	marker, jumps := rule.Links[0].Action("skipafter")
	count, _ := rule.Links[0].Action("skip")
	n, _ := strconv.Atoi(count)
	for _, u := range all[i+1:] {
		switch {
		case jumps && u.Name == "secmarker" && u.Args == marker:
			return over
		case u.own || !u.IsRule() || u.Rule.Phase != rule.Phase:
		case jumps:
			over = append(over, u)
		case n > 0:
			over = append(over, u)
			n--
		}
	}
	if jumps { // to nowhere
		return nil
	}
	return over
}

// withoutUnusable leaves out the rules of which it is known beforehand that they can't be applied.
func withoutUnusable(all []*unit) ([]*unit, []rules.Warning) {
	var warnings []rules.Warning
	for i := 0; i < len(all); {
		if all[i].IsRule() && all[i].Rule.Unusable != "" {
			all, warnings = skip(all, i, all[i].Rule.Unusable, warnings)
		} else {
			i++
		}
	}
	return all, warnings
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

// allUnits is the pattern of all units' files: for each file that is named alone, Coraza would copy the list of those before.
const allUnits = "*"

// unitFS serves the units, and the data files that rules name from where they are.
type unitFS struct {
	text  map[string]string
	names []string // of the units, in their order
	last  string   // the unit read last: the one that failed

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

// Glob implements [fs.GlobFS] for the pattern of all units. Rules that include files never come here: package rules has read
// these.
func (f *unitFS) Glob(pattern string) ([]string, error) {
	if pattern != allUnits {
		return nil, &fs.PathError{Op: "glob", Path: pattern, Err: fs.ErrInvalid}
	}
	return f.names, nil
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
