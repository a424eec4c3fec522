package sensitive

import (
	"net/url"
	"strings"
)

// Masker masks the texts that tell of one record. What it has found in the record it also finds where nothing tells what it
// is: without the name before it, as it is written in a URL, or in lower case, as rules see it behind t:lowercase. It is not safe for concurrent use.
type Masker struct {
	values []known
	done   map[string]string
}

// known is a value that was found.
type known struct{ lower, masked string }

// What a masker remembers: so many values, and none so short that it may as well be another word.
const (
	mostKnown  = 64
	leastKnown = 6
)

// NewMasker makes one of the parts of a record, which may be written as in a URL.
func NewMasker(parts ...string) *Masker {
	m := &Masker{done: map[string]string{}}
	for _, part := range parts {
		m.learn(part)
		if decoded, err := url.QueryUnescape(part); err == nil && decoded != part {
			m.learn(decoded)
		}
	}
	return m
}

func (m *Masker) learn(part string) {
	for _, f := range Find(part) {
		value := part[f.Start:f.End]
		if len(m.values) >= mostKnown || len(value) < leastKnown {
			continue
		}
		masked := maskOne(f.Kind, value)
		m.values = append(m.values, known{lower(value), masked})
		for _, escaped := range []string{url.QueryEscape(value), url.PathEscape(value)} {
			if escaped != value {
				m.values = append(m.values, known{lower(escaped), masked})
			}
		}
	}
}

// Mask masks a text.
func (m *Masker) Mask(text string) string { return m.MaskNamed("", text) }

// MaskNamed masks the value of a variable: "ARGS:password".
func (m *Masker) MaskNamed(name, value string) string {
	key := name + "\x00" + value
	masked, ok := m.done[key]
	if !ok {
		masked = MaskNamed(name, m.replace(value))
		m.done[key] = masked
	}
	return masked
}

// replace masks the values that are known, in any case.
func (m *Masker) replace(text string) string {
	if len(m.values) == 0 {
		return text
	}
	folded := lower(text)
	for _, v := range m.values {
		if !strings.Contains(folded, v.lower) {
			continue
		}
		var b strings.Builder
		rest, left := folded, text
		for {
			i := strings.Index(rest, v.lower)
			if i < 0 {
				break
			}
			b.WriteString(left[:i])
			b.WriteString(v.masked)
			rest, left = rest[i+len(v.lower):], left[i+len(v.lower):]
		}
		b.WriteString(left)
		text = b.String()
		folded = lower(text)
	}
	return text
}

// lower is in lower case, as far as that is ASCII: it has the bytes where the text has them.
func lower(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r >= 'A' && r <= 'Z' }) < 0 {
		return text
	}
	b := []byte(text)
	for i, c := range b {
		if isUpper(c) {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
