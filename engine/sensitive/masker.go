package sensitive

import "strings"

// Masker masks the texts that tell of one record. What it has found in the record it also finds where nothing tells what it
// is, see index. It looks at each text once. It is not safe for concurrent use.
type Masker struct {
	parts    []string // that it has not read
	known    index
	analyses map[string]*analysis
	done     map[text]string
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
		m.known.add(value, func() string { return maskOne(f.Kind, value) })
	}
	for _, e := range a.encoded {
		m.learn(e.analysis)
	}
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
		return settle(value, m.analysis(value).masked(value, &m.known))
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
		return m.mask(saysNothing, a.masked(value, nil))
	}
	return a.masked(value, nil)
}

// IsPart reports whether a text is a piece of a value that the masker knows.
func (m *Masker) IsPart(text string) bool {
	if m.parts != nil {
		m.read()
	}
	const least = 3
	piece := appendBare(nil, text)
	if len(piece) < least {
		return false
	}
	for i := range m.known.values {
		if strings.Contains(m.known.values[i].bare, string(piece)) {
			return true
		}
	}
	return false
}
