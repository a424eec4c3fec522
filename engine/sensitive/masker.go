package sensitive

import (
	"encoding/json"
	"html"
	"iter"
	"net/url"
	"slices"
	"strings"
)

// Masker masks the texts that tell of one record. What it has found in the record it also finds where nothing tells what it
// is, see index. It looks at each text once. It is not safe for concurrent use.
type Masker struct {
	parts    []string // that it has not read
	known    index
	analyses map[string]*analysis
	done     map[text]string
	looks    int // at how many texts
}

// text is one that was masked, and what its name says of it.
type text struct {
	says naming
	text string
}

// NewMasker makes one of the parts of a record. They are read when there is something to mask.
func NewMasker(parts ...string) *Masker {
	return &Masker{parts: parts, analyses: map[string]*analysis{}, done: map[text]string{}}
}

// read makes known what is in the parts.
func (m *Masker) read() {
	parts := m.parts
	m.parts = nil
	for _, part := range parts {
		m.learn(m.analysis(part))
	}
}

func (m *Masker) analysis(text string) *analysis {
	a := m.analyses[text]
	if a == nil {
		m.looks++
		a = analyse(text)
		m.analyses[text] = a
	}
	return a
}

func (m *Masker) learn(a *analysis) {
	for _, f := range a.found {
		value := a.text[f.Start:f.End]
		if f.Kind == PrivateKey { // its head says nothing
			head, tail, _ := kept(f.Kind, value)
			m.known.add(value[head:len(value)-tail], func() string { return stars })
			continue
		}
		isNew := m.known.add(value, func() string { return maskOne(f.Kind, value) })
		for text := range stringsIn(value) {
			m.known.add(text, func() string { return stars })
		}
		if isNew && a.at != nil {
			m.learnWritten(a.written(f.Start, f.End))
		}
	}
	for _, e := range a.encoded {
		if e.analysis.isSensitive(nil) { // a plus sign in it is a space in a form
			m.known.add(a.text[e.start:e.end], func() string { return stars })
		}
		m.learn(e.analysis)
	}
}

// stringsIn are those of a list or an object, which is masked as one, and of which views show them one by one. Keys are not among them.
func stringsIn(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, from, _ := strings.Cut(list, `"`)
			text, rest, ok := strings.Cut(from, `"`)
			if !ok || !strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":") && !yield(text) {
				return
			}
			list = rest
		}
	}
}

// learnWritten makes known what a value looks like while some of its escapes are undone. Rules take off a backslash or semicolon of an escape
// that is left, and then it is none.
func (m *Masker) learnWritten(value string) {
	forms := []string{value}
	for i := 0; i < len(forms) && len(forms) < mostForms; i++ {
		for _, undone := range undoneOnce(forms[i]) {
			if !slices.Contains(forms, undone) {
				forms = append(forms, undone)
			}
		}
	}
	for _, form := range forms {
		m.known.add(form, func() string { return stars })
	}
}

// mostForms is how many there are of one value: three sorts of escapes in one another have eight.
const mostForms = 8

// undoneOnce is a text without one layer of each sort of escapes that it may have.
func undoneOnce(text string) []string {
	all := []string{html.UnescapeString(text)}
	if decoded, err := url.PathUnescape(text); err == nil {
		all = append(all, decoded)
	}
	var decoded string
	if json.Unmarshal([]byte(`"`+text+`"`), &decoded) == nil {
		all = append(all, decoded)
	}
	return all
}

// Mask masks a text.
func (m *Masker) Mask(text string) string { return m.mask(saysNothing, text) }

// MaskNamed masks the value of a variable: "ARGS:password".
func (m *Masker) MaskNamed(name, value string) string { return m.mask(nameOf(name), value) }

func (m *Masker) mask(says naming, value string) string {
	if value == "" {
		return ""
	}
	if m.parts != nil {
		m.read()
	}
	key := text{says, value}
	masked, ok := m.done[key]
	if !ok {
		masked = m.maskNow(says, value)
		m.done[key] = masked
	}
	return masked
}

func (m *Masker) maskNow(says naming, value string) string {
	if says == saysNothing {
		return settle(value, m.analysis(value).masked(&m.known))
	}
	// As it would be behind the name.
	a := &analysis{plain: undo(value)}
	s := scanner{text: a.text, masking: true, levels: a.levels}
	if says.isWord() {
		s.hideWord(says, 0)
	} else {
		s.hide(says, 0, len(a.text))
	}
	a.found = s.found
	if len(a.found) == 0 || says.isWord() {
		return m.mask(saysNothing, a.masked(nil))
	}
	return a.masked(nil)
}

// MaskPiece masks a text that has been cut out of another: at its beginning, it may have the end of a value that the masker knows, or
// all of it may be a piece of one.
func (m *Masker) MaskPiece(text string) string {
	masked := m.Mask(text)
	if masked != text {
		return masked
	}
	if m.isPart(text) {
		return stars
	}
	return m.maskTail(text)
}

// leastPiece is how much of a value tells something of it.
const leastPiece = 3

// isPart reports whether a text begins within a known value.
func (m *Masker) isPart(text string) bool {
	const decisive, longest = 8, 512
	piece := string(appendBare(nil, text[:min(len(text), longest)]))
	if len(piece) < leastPiece {
		return false
	}
	begin := piece[:min(len(piece), decisive)]
	for i := range m.known.values {
		if k := m.known.values[i].bare; len(k) <= longest && strings.Contains(k, begin) {
			return true
		}
	}
	return false
}

// maskTail masks the beginning of a known value that a text ends with, if that is too short to be found within it.
func (m *Masker) maskTail(text string) string {
	var tail []byte // in reverse
	for i := len(text) - 1; i >= 0 && len(tail) < leastPart; i-- {
		if c := bare[text[i]]; c != 0 {
			tail = append(tail, c)
			if len(tail) > leastPiece && m.begins(tail) {
				return text[:i] + stars
			}
		}
	}
	return text
}

// begins reports whether a known value begins with some bytes, in reverse.
func (m *Masker) begins(reversed []byte) bool {
	begin := slices.Clone(reversed)
	slices.Reverse(begin)
	return slices.ContainsFunc(m.known.values, func(k known) bool { return strings.HasPrefix(k.bare, string(begin)) })
}
