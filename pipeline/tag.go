package pipeline

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/modsecurity-for-anylog/msa/mapping"
)

// tagTemplate is alert_tag, compiled: literal text, $TAG, $TAG[n] (the n-th part
// between dots), and record accessors as Fluent Bit spells them.
type tagTemplate []tagPart

type tagPart struct {
	literal string
	tag     bool // the record's tag, or its part
	part    int  // -1 for the whole tag
	field   *mapping.Accessor
}

func parseTag(s string) (tagTemplate, error) {
	var t tagTemplate
	for s != "" {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			return append(t, tagPart{literal: s}), nil
		}
		if i > 0 {
			t = append(t, tagPart{literal: s[:i]})
		}
		end := accessorEnd(s, i+1)
		part, err := parseTagPart(s[i:end])
		if err != nil {
			return nil, err
		}
		t = append(t, part)
		s = s[end:]
	}
	return t, nil
}

// accessorEnd is where an accessor in a tag ends: at a dot, a comma, a space or
// another $ outside of brackets.
func accessorEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '.', ',', ' ', '$':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

func parseTagPart(s string) (tagPart, error) {
	if rest, ok := strings.CutPrefix(s, "$TAG"); ok {
		if rest == "" {
			return tagPart{tag: true, part: -1}, nil
		}
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(rest, "["), "]"))
		if err != nil || n < 0 {
			return tagPart{}, fmt.Errorf("%q: expected $TAG or $TAG[n]", s)
		}
		return tagPart{tag: true, part: n}, nil
	}
	a, err := mapping.ParseAccessor(s)
	if err != nil {
		return tagPart{}, err
	}
	return tagPart{field: &a}, nil
}

// literal is the tag when it does not depend on the record.
func (t tagTemplate) literal() (string, bool) {
	if len(t) == 1 && t[0].field == nil && !t[0].tag {
		return t[0].literal, true
	}
	return "", false
}

// expand is the alert's tag for a record. What the record lacks is left out.
func (t tagTemplate) expand(tag string, r mapping.Record) string {
	if s, ok := t.literal(); ok {
		return s
	}
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.tag && p.part < 0:
			b.WriteString(tag)
		case p.tag:
			if parts := strings.Split(tag, "."); p.part < len(parts) {
				b.WriteString(parts[p.part])
			}
		case p.field != nil:
			s, _ := r.Text(*p.field)
			b.WriteString(s)
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}
