package rules

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Directive is one directive of a rules file, its continued lines joined; or a rule with its chain.
type Directive struct {
	Name string // in lower case: "secmarker"
	Args string // what follows the name, without quotes around the whole
	File string
	Line int // of its first line
	Rule *Rule

	written string // the name as it stands in the file
}

// IsRule reports whether the directive makes a rule, a SecRule or a SecAction.
func (d *Directive) IsRule() bool { return d.Rule != nil }

// ID is a rule's id, or 0.
func (d *Directive) ID() int {
	if d.Rule == nil {
		return 0
	}
	return d.Rule.ID
}

// Text is the directive as Coraza reads it.
func (d *Directive) Text() string {
	if d.Rule == nil {
		return wrap(strings.TrimSpace(d.written + " " + d.Args))
	}
	lines := make([]string, len(d.Rule.Links))
	for i := range d.Rule.Links {
		lines[i] = wrap(d.Rule.Links[i].String())
	}
	return strings.Join(lines, "\n")
}

// longestLine is what Coraza reads of a line, with room for what ends it: it stops without a word at one of 64 KiB.
const longestLine = 60 << 10

// wrap continues a long line on others. Coraza takes away the white space around each, so that they end between letters.
func wrap(text string) string {
	if len(text) <= longestLine || strings.Contains(text, "\n") {
		return text
	}
	var b strings.Builder
	for len(text) > longestLine {
		cut := longestLine
		for cut > 1 && (!isWordByte(text[cut-1]) || !isWordByte(text[cut])) {
			cut--
		}
		b.WriteString(text[:cut] + "\\\n")
		text = text[cut:]
	}
	return b.String() + text
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// split cuts a file into directives. Lines that begin with # are comments, also between continued lines, as Coraza has
// it; a line that ends with a backslash goes on, also a comment, unless it stands between continued lines.
func split(file, text string) ([]*Directive, error) {
	var out []*Directive
	var b strings.Builder
	start, dataset, comment := 0, false, false
	sc := bufio.NewScanner(strings.NewReader(text))
	sc.Buffer(nil, 16<<20)
	n := 0
	for sc.Scan() {
		n++
		line := strings.TrimSpace(sc.Text())
		if comment || line == "" || line[0] == '#' {
			comment = b.Len() == 0 && strings.HasSuffix(line, `\`) && (comment || line[0] == '#')
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

func newDirective(file string, line int, text string) (*Directive, error) {
	text = strings.TrimSpace(text)
	name, args := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		name, args = text[:i], strings.TrimSpace(text[i:])
	}
	d := &Directive{Name: strings.ToLower(name), Args: args, File: file, Line: line, written: name}
	if !slices.Contains([]string{"secrule", "secaction", "secrulescript"}, d.Name) {
		if len(args) > 1 && (args[0] == '"' || args[0] == '\'') && closingQuote(args) == len(args)-1 {
			d.Args = args[1 : len(args)-1]
		}
		return d, nil
	}
	link, err := newLink(d.Name, args)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %s: %w: %q", file, line, name, err, shorten(text))
	}
	link.File, link.Line = file, line
	d.Rule = &Rule{Links: []*Link{link}, File: file, Line: line}
	return d, nil
}

// newLink reads the arguments of a SecRule or a SecAction.
func newLink(directive, args string) (*Link, error) {
	all, err := tokens(args)
	if err != nil {
		return nil, err
	}
	if directive == "secaction" {
		if len(all) != 1 {
			return nil, fmt.Errorf("needs one list of actions, has %d arguments", len(all))
		}
		return actionsOf(all[0].text), nil
	}
	if directive == "secrulescript" {
		if len(all) == 0 || len(all) > 2 {
			return nil, fmt.Errorf("needs a script and actions, has %d arguments", len(all))
		}
		l := &Link{unreadable: errors.New("it runs a script of Lua, and MSA runs none")}
		if len(all) == 2 {
			l.Actions, l.open = parseActions(all[1].text)
		}
		return l, nil
	}
	switch {
	case len(all) < 2:
		return nil, errors.New("needs targets, an operator and actions")
	case len(all) > 3:
		return nil, fmt.Errorf("has %d arguments instead of targets, operator and actions: is a quote missing?", len(all))
	}
	l := &Link{operator: all[1].text}
	l.Targets, l.unreadable = parseTargets(all[0].text)
	if all[1].quote == '"' {
		l.operator = strings.ReplaceAll(l.operator, `\"`, `"`)
	}
	l.Operator = parseOperator(l.operator)
	if len(all) == 3 {
		l.Actions, l.open = parseActions(all[2].text)
	}
	return l, nil
}

// token is an argument, without the quotes around it.
type token struct {
	text  string
	quote byte // 0 for none
}

// tokens splits arguments as Apache does: at white space but not in quotes, and between quotes. They are taken off, escapes
// stay.
func tokens(s string) ([]token, error) {
	var out []token
	for {
		s = strings.TrimLeft(s, " \t\n")
		switch {
		case s == "":
			return out, nil
		case s[0] == '"' || s[0] == '\'':
			end := closingQuote(s)
			if end < 0 {
				return nil, errors.New("a quote is not closed")
			}
			out = append(out, token{s[1:end], s[0]})
			if s = s[end+1:]; s != "" && !strings.ContainsRune(" \t\n\"'", rune(s[0])) {
				return nil, fmt.Errorf("no space before %q: is a quote missing?", shorten(s))
			}
		default:
			end := strings.IndexAny(s, " \t\n")
			if end < 0 {
				end = len(s)
			}
			out = append(out, token{text: s[:end]})
			s = s[end:]
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
