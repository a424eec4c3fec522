package mapping

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern is a line of text with names in place of values, as in nginx's log_format:
// $remote_addr [$time_local] "$request".
type pattern struct {
	begin string // text before the first name
	parts []patternPart
}

// patternPart is one name, and the text that ends it.
type patternPart struct {
	name   string
	slot   int // where the mapping wants the value, or -1
	until  string
	quoted bool // between quotes: a quote after a backslash does not end it
	spaces bool // somebody else's text, which may have spaces in it though a space ends it
}

var patternName = regexp.MustCompile(`\$(\w+|\{\w+\})`)

func parsePattern(text string) (pattern, error) {
	var p pattern
	names := patternName.FindAllStringIndex(text, -1)
	if len(names) == 0 {
		return p, fmt.Errorf("pattern %q has no $name", text)
	}
	p.begin = text[:names[0][0]]
	for i, at := range names {
		end := len(text)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		name := strings.Trim(text[at[0]:at[1]], "${}")
		until := text[at[1]:end]
		if until == "" && i+1 < len(names) {
			return p, fmt.Errorf("pattern %q: nothing parts $%s from what follows it", text, name)
		}
		p.parts = append(p.parts, patternPart{
			name: name, slot: -1, until: until,
			quoted: at[0] > 0 && text[at[0]-1] == '"' && strings.HasPrefix(until, `"`),
		})
	}
	return p, nil
}

// leniency is what a line may be like.
type leniency int

const (
	strictly leniency = iota // a value that a space ends has no space in it
	loosely                  // a user name may: one with a space in it hides nothing
	cut                      // the line may end between quotes: a long URI hides nothing either
)

// match appends the values of the names to values, and tells what follows the last of them.
func (p *pattern) match(line string, how leniency, values []parsed) (out []parsed, rest string, ok bool) {
	rest, ok = strings.CutPrefix(line, p.begin)
	if !ok {
		return values, "", false
	}
	for i := range p.parts {
		part := &p.parts[i]
		end := part.end(rest, how == strictly || !part.spaces)
		if end < 0 && how == cut && part.quoted && !closes(rest) {
			if part.slot >= 0 {
				values = append(values, parsed{part.slot, rest})
			}
			return values, "", true
		}
		if end < 0 {
			return values, "", false
		}
		if part.slot >= 0 {
			values = append(values, parsed{part.slot, rest[:end]})
		}
		rest = rest[end:]
		if part.until != "" {
			rest = rest[len(part.until):]
		}
	}
	return values, rest, true
}

// closes reports whether a quote that no backslash stands before is in s.
func closes(s string) bool {
	for i := range len(s) {
		if s[i] == '"' && !escaped(s, i) {
			return true
		}
	}
	return false
}

// end is where the value at the start of s ends, -1 when it does not.
func (p *patternPart) end(s string, strict bool) int {
	switch {
	case p.until == "":
		if i := strings.IndexAny(s, " \t"); i >= 0 {
			return i
		}
		return len(s)
	case p.quoted:
		for from := 0; ; {
			i := strings.IndexByte(s[from:], '"')
			if i < 0 {
				return -1
			}
			from += i
			if escaped(s, from) {
				from++
				continue
			}
			if !strings.HasPrefix(s[from:], p.until) {
				return -1
			}
			return from
		}
	case strict && p.until[0] == ' ':
		i := strings.IndexByte(s, ' ')
		if i < 0 || !strings.HasPrefix(s[i:], p.until) {
			return -1
		}
		return i
	default:
		return strings.Index(s, p.until)
	}
}

// escaped reports whether an odd number of backslashes stands before s[at].
func escaped(s string, at int) bool {
	n := 0
	for n < at && s[at-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
