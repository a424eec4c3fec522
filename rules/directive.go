package rules

import (
	"bufio"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Directive is one directive of a rules file, its continued lines joined.
type Directive struct {
	Name string // in lower case: "secrule"
	Args string // what follows the name
	Text string // the whole
	File string
	Line int // of its first line
}

var (
	idAction    = regexp.MustCompile(`(?i)(?:^|[\s,"'])id\s*:\s*'?"?(\d+)`)
	chainAction = regexp.MustCompile(`(?i)(?:^|,)\s*chain\s*(?:,|$)`)
	quotedValue = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
)

// IsRule reports whether the directive makes a rule, a SecRule or a SecAction.
func (d Directive) IsRule() bool {
	return d.Name == "secrule" || d.Name == "secaction"
}

// ID is a rule's id, or 0.
func (d Directive) ID() int {
	if !d.IsRule() {
		return 0
	}
	m := idAction.FindStringSubmatch(d.Actions())
	if m == nil {
		return 0
	}
	id, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return id
}

// Chained reports whether the next rule belongs to this one.
func (d Directive) Chained() bool {
	return d.IsRule() && chainAction.MatchString(quotedValue.ReplaceAllString(d.Actions(), ""))
}

// Actions is a rule's action list, "" if it has none.
func (d Directive) Actions() string {
	args, err := tokens(d.Args)
	switch {
	case err != nil || !d.IsRule():
		return ""
	case d.Name == "secaction":
		return args[0]
	case len(args) == 3:
		return args[2]
	default:
		return ""
	}
}

// Targets is the variable list of a SecRule.
func (d Directive) Targets() string {
	if args, err := tokens(d.Args); err == nil && d.Name == "secrule" {
		return args[0]
	}
	return ""
}

// Operator is a SecRule's operator, without @ but with ! where it is negated, and
// its parameter.
func (d Directive) Operator() (name, parameter string) {
	args, err := tokens(d.Args)
	if err != nil || d.Name != "secrule" || len(args) < 2 {
		return "", ""
	}
	op, negated := strings.CutPrefix(strings.TrimSpace(strings.ReplaceAll(args[1], `\"`, `"`)), "!")
	op = strings.TrimSpace(op)
	if strings.HasPrefix(op, "@") {
		name, parameter, _ = strings.Cut(op[1:], " ")
	} else {
		name, parameter = "rx", op
	}
	if negated {
		name = "!" + name
	}
	return name, strings.TrimSpace(parameter)
}

// split cuts a file into directives. Lines that begin with # are comments, also
// between continued lines; a line that ends with a backslash goes on.
func split(file, text string) ([]Directive, error) {
	var out []Directive
	var b strings.Builder
	start, dataset := 0, false
	sc := bufio.NewScanner(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	sc.Buffer(nil, 16<<20)
	n := 0
	for sc.Scan() {
		n++
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if b.Len() == 0 {
			start = n
		}
		if !dataset && strings.HasSuffix(line, "`") {
			dataset = true // SecDataset NAME ` … ` takes lines of data
			b.WriteString(line + "\n")
			continue
		}
		if dataset && line != "`" {
			b.WriteString(line + "\n")
			continue
		}
		dataset = false
		if more, ok := strings.CutSuffix(line, `\`); ok {
			b.WriteString(more)
			continue
		}
		b.WriteString(line)
		d, err := newDirective(file, start, b.String())
		if err != nil {
			return nil, err
		}
		out = append(out, d)
		b.Reset()
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
	}
	if b.Len() > 0 {
		return nil, fmt.Errorf("%s:%d: the directive does not end: %q", file, start, shorten(b.String()))
	}
	return out, nil
}

func newDirective(file string, line int, text string) (Directive, error) {
	text = strings.TrimSpace(text)
	name, args := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		name, args = text[:i], strings.TrimSpace(text[i:])
	}
	d := Directive{Name: strings.ToLower(name), Args: args, Text: text, File: file, Line: line}
	if d.Name == "secdefaultaction" || d.Name == "secruleupdateactionbyid" {
		d.Args = withValues(d.Args)
		d.Text = name + " " + d.Args
	}
	if !d.IsRule() {
		return d, nil
	}
	if err := d.normalise(name); err != nil {
		return d, fmt.Errorf("%s:%d: %s: %w: %q", file, line, name, err, shorten(text))
	}
	return d, nil
}

// normalise checks a rule's form and quotes its operator and actions, which
// ModSecurity allows without quotes and Coraza does not.
func (d *Directive) normalise(name string) error {
	args, err := tokens(d.Args)
	if err != nil {
		return err
	}
	switch {
	case d.Name == "secaction" && len(args) != 1:
		return fmt.Errorf("needs one list of actions, has %d arguments", len(args))
	case d.Name == "secrule" && len(args) < 2:
		return errors.New("needs targets, an operator and actions")
	case d.Name == "secrule" && len(args) > 3:
		return fmt.Errorf("has %d arguments instead of targets, operator and actions: is a quote missing?", len(args))
	}
	if d.Name == "secaction" || len(args) == 3 {
		args[len(args)-1] = withValues(args[len(args)-1])
	}
	var parts []string
	for i, a := range args {
		if i == 0 && d.Name == "secrule" {
			parts = append(parts, a)
		} else {
			parts = append(parts, `"`+a+`"`)
		}
	}
	d.Args = strings.Join(parts, " ")
	d.Text = name + " " + d.Args
	return nil
}

// tokens splits arguments as Apache does, at white space but not in quotes. Quotes
// are taken off, escapes stay.
func tokens(s string) ([]string, error) {
	var out []string
	for {
		s = strings.TrimLeft(s, " \t\n")
		if s == "" {
			return out, nil
		}
		if s[0] != '"' && s[0] != '\'' {
			end := strings.IndexAny(s, " \t\n")
			if end < 0 {
				end = len(s)
			}
			out = append(out, s[:end])
			s = s[end:]
			continue
		}
		end := closingQuote(s)
		if end < 0 {
			return nil, errors.New("a quote is not closed")
		}
		out = append(out, s[1:end])
		if s = s[end+1:]; s != "" && !strings.ContainsRune(" \t\n", rune(s[0])) {
			return nil, fmt.Errorf("no space before %q: is a quote missing?", shorten(s))
		}
	}
}

func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return -1
}

func shorten(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// PhaseNumber is the phase that an action phase:name means: a number, request, response or logging; 0 for others.
func PhaseNumber(name string) int {
	switch strings.ToLower(name) {
	case "request":
		return 2
	case "response":
		return 4
	case "logging":
		return 5
	}
	n, _ := strconv.Atoi(name)
	return n
}

// InRange reports whether an id is the one that is named, as 942100, or in the range of them, as 942000-942999.
func InRange(id int, name string) bool {
	first, last, isRange := strings.Cut(name, "-")
	from, err := strconv.Atoi(first)
	if err != nil {
		return false
	}
	to := from
	if isRange {
		to, err = strconv.Atoi(last)
	}
	return err == nil && id >= from && id <= to
}
