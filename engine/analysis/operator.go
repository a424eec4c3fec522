package analysis

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modsecurity-for-anylog/msa/engine/internal/sqli"
	"github.com/modsecurity-for-anylog/msa/engine/internal/transform"
	"github.com/modsecurity-for-anylog/msa/engine/internal/xss"
	"github.com/modsecurity-for-anylog/msa/engine/sensitive"
	"github.com/modsecurity-for-anylog/msa/engine/textmatch"
	"github.com/modsecurity-for-anylog/msa/rules"
)

// Operator is what a link asks of a value. Its function is that of Coraza's operator of that name.
type Operator struct {
	match   func(value string) bool
	prepare func() // what match would have to wait for otherwise; nil if that is nothing, or the pattern's
	negated bool
	pattern *textmatch.Pattern // of @rx, for captures
	with    func(operand string) Operator
	macro   string                // operand with macros that are not static: with makes the operator
	open    string                // why the operator can't be judged
	Cost    int                   // for each byte, see work.go
	workOf  func(text string) int // instead of Cost, where that is not enough

	// Literals are texts of which a value that the operator matches has one. With none given
	// there is no such set. matchesLiterals: having one is all that it takes.
	Literals        []string
	matchesLiterals bool

	within func() textmatch.LevelSet // levels of the texts that it may match, nil for all; see package textmatch
}

func (o *Operator) matches(value string) bool { return o.match(value) != o.negated }

// measure is matches, and how much work that was, see work.go.
func (o *Operator) measure(text string, lower *textmatch.Content) (matches bool, work int) {
	switch {
	case o.pattern != nil:
		matches, work = o.pattern.MeasureOf(text, lower)
		return matches != o.negated, work
	case o.workOf != nil:
		return o.matches(text), o.workOf(text)
	}
	return o.matches(text), o.Cost * len(text)
}

// Prepare makes what the first value would have to wait for otherwise.
func (o *Operator) Prepare() {
	switch {
	case o.pattern != nil:
		o.pattern.Prepare()
	case o.prepare != nil:
		o.prepare()
	}
}

// IsPattern reports whether the operator looks for a pattern, whose captures cost more.
func (o *Operator) IsPattern() bool { return o.pattern != nil }

// Levels are the alphabets of texts that may fulfil the operator.
func (o *Operator) Levels() textmatch.LevelSet {
	if o.negated || o.within == nil {
		return textmatch.AllLevels
	}
	return o.within()
}

// canCapture reports whether the operator's captures can be had.
func (o *Operator) canCapture() bool { return o.pattern != nil && !o.negated }

// operator makes a link's operator. It fails where the operand is wrong.
func (c *constants) operator(p *parsedRule, l *parsedLink) (Operator, error) {
	name, negated := strings.CutPrefix(l.operator, "!")
	o := Operator{negated: negated, Cost: costOfPattern}
	operand := l.operand
	switch name {
	case "rx", "rxglobal":
		return c.rx(p, o, operand)
	case "pm":
		o.phrases(Phrases(operand))
		return o, nil
	case "pmf", "pmfromfile":
		data, err := c.dataFile(p, operand)
		if err != nil {
			return o, err
		}
		o.phrases(PhraseLines(data))
		return o, nil
	case "detectsqli":
		o.match, o.Cost = sqli.Is, costOfSQLi
		o.workOf = sqliWork
		return o, nil
	case "detectxss":
		o.match, o.Cost = xss.Is, costOfXSS
		o.within = func() textmatch.LevelSet {
			return textmatch.LevelsWithByte(func(c byte) bool { return c == '<' || c == '=' })
		}
		return o, nil
	case "verifycc", "verifycpf", "verifyssn", "verifysvnr", "verifyiban", "verifycnid", "detectsensitive":
		found, err := sensitive.NewOperator(name, operand)
		if err != nil {
			return o, fmt.Errorf("its operand can't be read: %w", err)
		}
		o.match, o.Cost = found.Match, costOfSensitive
		if !negated {
			o.Literals = found.Literals()
		}
		return o, nil
	case "ipmatch":
		o.addresses(operand)
		return o, nil
	case "ipmatchf", "ipmatchfromfile":
		data, err := c.dataFile(p, operand)
		if err != nil {
			return o, err
		}
		o.addresses(strings.Join(rules.DataLines(data), ","))
		return o, nil
	case "unconditionalmatch":
		o.match = func(string) bool { return true }
		return o, nil
	case "nomatch":
		o.match = func(string) bool { return false }
		o.within = inNoAlphabet
		return o, nil
	case "validatebyterange":
		return byteRange(o, operand)
	case "validateurlencoding":
		o.match, o.within = transform.HasBrokenEscape, inNoAlphabet
		return o, nil
	case "validateutf8encoding":
		o.match, o.within = func(v string) bool { return !utf8.ValidString(v) }, inNoAlphabet
		return o, nil
	}
	compile, ok := comparisons[name]
	if !ok {
		o.open = "its operator @" + name + " can't be judged"
		return o, nil
	}
	if expanded, ok := c.expandAt(p, operand); ok {
		o.match = compile(expanded)
		if slices.Contains(textual, name) {
			o.within = func() textmatch.LevelSet { return textmatch.LevelsWithText(expanded) }
		}
		if !negated && (name == "contains" || name == "containsword") && expanded != "" {
			o.Literals = []string{expanded}
		}
		return o, nil
	}
	return o.expandedBy(operand, compile), nil
}

// expandedBy is an operator whose operand has macros that are not known before: it matches everything until they are.
func (o Operator) expandedBy(operand string, compile func(operand string) func(value string) bool) Operator {
	negated := o.negated
	o.with = func(operand string) Operator {
		return Operator{match: compile(operand), negated: negated, Cost: costOfPattern}
	}
	o.macro = operand
	o.match = func(string) bool { return true }
	o.negated = false
	return o
}

// matchExpanded is @rx, when its macros are known.
func matchExpanded() func(pattern string) func(value string) bool {
	var passing textmatch.Passing
	return func(pattern string) func(value string) bool {
		p := passing.Pattern(pattern)
		if p == nil {
			return func(string) bool { return false }
		}
		return p.MatchString
	}
}

// textual are the comparisons that match only a text that has the whole operand in it.
var textual = []string{"streq", "contains", "containsword", "strmatch", "beginswith", "endswith"}

// inNoAlphabet are the levels of what matches nothing that is in an alphabet.
func inNoAlphabet() textmatch.LevelSet { return 0 }

// comparisons are the operators that compare with their operand.
var comparisons = map[string]func(operand string) func(value string) bool{
	"streq":        func(o string) func(string) bool { return func(v string) bool { return v == o } },
	"contains":     func(o string) func(string) bool { return func(v string) bool { return strings.Contains(v, o) } },
	"containsword": func(o string) func(string) bool { return func(v string) bool { return textmatch.ContainsWord(v, o) } },
	"strmatch":     func(o string) func(string) bool { return func(v string) bool { return strings.Contains(v, o) } },
	"beginswith":   func(o string) func(string) bool { return func(v string) bool { return strings.HasPrefix(v, o) } },
	"endswith":     func(o string) func(string) bool { return func(v string) bool { return strings.HasSuffix(v, o) } },
	"within":       func(o string) func(string) bool { return func(v string) bool { return strings.Contains(o, v) } },
	"eq":           numbers(func(v, o int) bool { return v == o }),
	"gt":           numbers(func(v, o int) bool { return v > o }),
	"ge":           numbers(func(v, o int) bool { return v >= o }),
	"lt":           numbers(func(v, o int) bool { return v < o }),
	"le":           numbers(func(v, o int) bool { return v <= o }),
}

// numbers compares as Coraza does: what is no number is 0, or what of it could be read.
func numbers(compare func(value, operand int) bool) func(string) func(string) bool {
	return func(operand string) func(string) bool {
		o, _ := strconv.Atoi(operand)
		return func(value string) bool {
			v, _ := strconv.Atoi(value)
			return compare(v, o)
		}
	}
}

func (c *constants) rx(of *parsedRule, o Operator, operand string) (Operator, error) {
	pattern := operand
	if rules.HasMacro(operand) {
		expanded, ok := c.expandAt(of, pattern)
		if !ok {
			return o.expandedBy(pattern, matchExpanded()), nil
		}
		pattern = expanded
	}
	p, err := textmatch.PatternOf(pattern)
	switch {
	case err != nil && rules.HasMacro(operand):
		o.match = func(string) bool { return false }
		return o, nil //nolint:nilerr // what is no pattern once it is expanded matches nothing
	case err != nil:
		return o, fmt.Errorf("its pattern can't be read: %w", err)
	}
	o.pattern, o.match, o.within = p, p.MatchString, p.Levels
	if !o.negated {
		o.Literals = p.Literals()
	}
	return o, nil
}

// phrases is the operator that looks for one of many texts, in any case.
func (o *Operator) phrases(list []string) {
	if len(list) == 0 {
		o.match = func(string) bool { return false }
		return
	}
	o.within = func() textmatch.LevelSet { return textmatch.LevelsWithAnyText(list) }
	// The screen's own automaton has all phrases: this one is for what it is not asked about, and for the rules.
	phrases := textmatch.PhrasesOf(list)
	o.match, o.prepare = phrases.In, phrases.Prepare
	if !o.negated {
		o.Literals, o.matchesLiterals = list, true
	}
}

// Phrases are those of an operand of @pm, in lower case. Between two blanks there is none, as in ModSecurity; Coraza has an
// empty one there, which it finds in some texts and not in others. ModSecurity's escapes count as there, too.
func Phrases(operand string) []string {
	all := strings.FieldsFunc(strings.ToLower(operand), func(r rune) bool { return r == ' ' })
	for i, phrase := range all {
		if unescaped, ok := unescapePhrase(phrase); ok {
			all[i] = unescaped
		}
	}
	return all
}

// unescapePhrase undoes what ModSecurity knows in a phrase: |0d0a| for bytes, and a backslash before : ; \ and ". ok is false
// where there is nothing of it, or what ModSecurity can't read: then the phrase stands for itself.
func unescapePhrase(phrase string) (unescaped string, ok bool) {
	if !strings.ContainsAny(phrase, `|\`) {
		return "", false
	}
	var b strings.Builder
	for i, part := range strings.Split(phrase, "|") {
		if i%2 == 1 {
			data, err := hex.DecodeString(part)
			if err != nil {
				return "", false
			}
			b.WriteString(textmatch.LowerASCII(string(data)))
			continue
		}
		for j := 0; j < len(part); j++ {
			if part[j] == '\\' {
				if j++; j == len(part) || !strings.ContainsRune(`:;\"`, rune(part[j])) {
					return "", false
				}
			}
			b.WriteByte(part[j])
		}
	}
	return b.String(), strings.Count(phrase, "|")%2 == 0 && b.Len() > 0
}

// PhraseLines are those of a file of @pmFromFile, in lower case.
func PhraseLines(data []byte) []string {
	all := rules.DataLines(data)
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}

// dataFile is what is in the file that an operator of a rule names.
func (c *constants) dataFile(of *parsedRule, name string) ([]byte, error) {
	if c.cfg.ReadFile == nil {
		return nil, errors.New("its data file can't be read")
	}
	data, err := c.cfg.ReadFile(of.File, name)
	if err != nil {
		return nil, fmt.Errorf("its data file can't be read: %w", err)
	}
	return data, nil
}

// addresses is the operator that looks whether an address is one of a list.
func (o *Operator) addresses(list string) {
	networks, _ := rules.Networks(list)
	o.match = func(value string) bool {
		address := net.ParseIP(value)
		return address != nil && slices.ContainsFunc(networks, func(n *net.IPNet) bool { return n.Contains(address) })
	}
	o.workOf = func(text string) int { return addressWork(text, len(networks)) }
}

// byteRange is true for values with a byte outside of the ranges.
func byteRange(o Operator, operand string) (Operator, error) {
	var valid [256]bool
	for _, r := range strings.Split(operand, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(r), "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first < 0 || last > 255 {
			return o, fmt.Errorf("its byte range %q can't be read", r)
		}
		for b := first; b <= last; b++ {
			valid[b] = true
		}
	}
	o.within = func() textmatch.LevelSet { return textmatch.LevelsWithByte(func(c byte) bool { return !valid[c] }) }
	o.match = func(v string) bool {
		for i := range len(v) {
			if !valid[v[i]] {
				return true
			}
		}
		return false
	}
	return o, nil
}

// Chain is a list of transformations.
type Chain struct {
	Key   string // the same for the same list
	Names []string
	Steps []transform.Step
	multi bool // multiMatch: the rule sees the value after each step that changes it
}

func chainOf(l *rules.Link) (Chain, error) {
	c := Chain{multi: l.Has("multimatch")}
	for _, name := range l.Transformations() {
		step, ok := transform.StepOf(name)
		if !ok {
			return c, fmt.Errorf("its transformation %s can't be judged", strings.ToLower(name))
		}
		c.Names, c.Steps = append(c.Names, strings.ToLower(name)), append(c.Steps, step)
	}
	if c.Key = strings.Join(c.Names, ","); c.multi {
		c.Key += "+"
	}
	return c, nil
}

// IsMulti reports whether the rule sees a value after each step, as multiMatch says.
func (c *Chain) IsMulti() bool { return c.multi }

// Stages appends what the rule sees of a value: the end of the chain, or with multiMatch every value on the way.
func (c *Chain) Stages(value string, dst []string) []string {
	if c.multi {
		dst = append(dst, value)
	}
	for i := range c.Steps {
		after := c.Steps[i].Apply(nil, value)
		if c.multi {
			if !c.Steps[i].Changed(value, after) {
				continue
			}
			dst = append(dst, after)
		}
		value = after
	}
	if !c.multi {
		dst = append(dst, value)
	}
	return dst
}
