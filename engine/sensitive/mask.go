package sensitive

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// stars stand for what is masked. A number beside them is what is left of a masked one.
const stars = "****"

// Mask replaces sensitive values by stars: what Find finds, and what has the name of a credential, however the text is escaped, also in
// base64. What tells the kind stays: the issuer and the last four digits of a card, the country of an IBAN, the last four digits of an id,
// the prefix of a token, the domain of an address. A masked text stays as it is when it is masked again.
func Mask(text string) string {
	return settle(text, analyse(text).masked(nil))
}

// settle masks again what has been masked: what is left may, beside what follows, look like something else, but not for long.
func settle(text, masked string) string {
	for n := 0; n < 3 && masked != text; n++ {
		text = masked
		masked = analyse(text).masked(nil)
	}
	return masked
}

// MaskNamed is Mask for the value of an argument, a header or a field: with a name of a credential, "ARGS:json.user.password", it is
// masked whatever it looks like.
func MaskNamed(name, value string) string { return NewMasker().MaskNamed(name, value) }

// span is a stretch of a text that is masked as something else.
type span struct {
	start, end int
	head, tail int    // how many bytes at both ends stay
	as         string // instead of the rest, "" for as many stars as it has bytes
}

// analysis is what is sensitive in a text.
type analysis struct {
	plain
	found   []Finding // in what is plain
	encoded []encoded // texts in base64
}

// encoded is a text in base64, from start to end in what is plain.
type encoded struct {
	start, end int
	analysis   *analysis
}

// deepest64 is how many times over a text in base64 is looked into.
const deepest64 = 2

func analyse(text string) *analysis { return analyseTo(text, deepest64) }

func analyseTo(text string, depth int) *analysis {
	a := &analysis{plain: undo(text)}
	s := scanner{text: a.text, masking: true, levels: a.levels}
	s.run()
	a.found = commanded(a.text, a.levels, s.found)
	if depth > 0 {
		a.encoded = decodeAll(a.text, depth-1)
	}
	return a
}

// isSensitive reports whether there is anything to mask in it.
func (a *analysis) isSensitive(known *index) bool {
	return len(a.found) > 0 || known.occursIn(a.text) ||
		slices.ContainsFunc(a.encoded, func(e encoded) bool { return e.analysis.isSensitive(known) })
}

// masked is the text that was analysed as it is written, without what is sensitive and what is known to be.
func (a *analysis) masked(known *index) string {
	spans := make([]span, 0, len(a.found))
	for _, f := range a.found {
		value := a.text[f.Start:f.End]
		head, tail, keepsLength := kept(f.Kind, value)
		s := span{f.Start, f.End, head, tail, stars}
		switch {
		case keepsLength:
			s.as = ""
		case head > 0 && tail == 0:
			s.as = stars + stars
		}
		spans = append(spans, s)
	}
	within := cover(a.found)
	known.each(a.text, func(s span) bool {
		if !within(s) {
			spans = append(spans, s)
		}
		return true
	})
	for _, e := range a.encoded {
		if e.analysis.isSensitive(known) {
			spans = append(spans, span{start: e.start, end: e.end, as: stars})
		}
	}
	if len(spans) == 0 {
		return a.source
	}
	if len(spans) > len(a.found) {
		spans = joined(spans)
	}
	return a.write(spans)
}

// cover tells of spans that come in their order whether they are within a finding.
func cover(found []Finding) func(span) bool {
	return func(s span) bool {
		for len(found) > 0 && found[0].End <= s.start {
			found = found[1:]
		}
		return len(found) > 0 && found[0].Start <= s.start && s.end <= found[0].End
	}
}

// joined are spans in their order, those in one that overlap.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	all := spans[:1]
	for _, s := range spans[1:] {
		last := &all[len(all)-1]
		switch {
		case s.start >= last.end:
			all = append(all, s)
		case s.end > last.end: // neither has the other in it
			*last = span{start: last.start, end: s.end, as: stars}
		}
	}
	return all
}

// write is the original with spans of what is plain masked.
func (a *analysis) write(spans []span) string {
	text := a.source
	var b strings.Builder
	b.Grow(len(text) + 3*len(spans))
	end := 0
	for _, s := range spans {
		head, tail := a.start(s.start+s.head), a.start(s.end-s.tail)
		b.WriteString(text[end:head])
		if s.as == "" {
			for range tail - head {
				b.WriteByte('*')
			}
		} else {
			b.WriteString(s.as)
		}
		b.WriteString(text[tail:a.start(s.end)])
		end = a.start(s.end)
	}
	b.WriteString(text[end:])
	return b.String()
}

// maskOne masks one finding.
func maskOne(kind, text string) string {
	head, tail, keepsLength := kept(kind, text)
	between := stars
	switch {
	case keepsLength:
		between = strings.Repeat("*", len(text)-head-tail)
	case head > 0 && tail == 0:
		between = stars + stars
	}
	return text[:head] + between + text[len(text)-tail:]
}

// mask masks findings in a text.
func mask(text string, found []Finding) string {
	var b strings.Builder
	end := 0
	for _, f := range found {
		b.WriteString(text[end:f.Start])
		b.WriteString(maskOne(f.Kind, text[f.Start:f.End]))
		end = f.End
	}
	return b.String() + text[end:]
}

// kept is how many bytes stay of the beginning and the end of a finding, and whether what is between keeps its length. That is four
// bytes or more.
func kept(kind, text string) (head, tail int, keepsLength bool) {
	switch kind {
	case Card, CNBankCard:
		// The most that PCI DSS, 3.4.1 lets be shown.
		return len(text) - len(afterDigits(text, min(6, countDigits(text)-8))), lastGroup(text), true
	case IBAN:
		return 4, lastGroup(text), true
	case CNID, SSN, CNPassport, PersonID:
		return 0, min(4, len(text)-4), true
	case CNMobile:
		return len(text) - len(afterDigits(text, countDigits(text)-8)), 4, true
	case Email:
		at := max(strings.LastIndexByte(text, '@'), strings.LastIndex(text, "%40"))
		if at >= 3 {
			head = 1
		}
		return head, len(text) - at, false
	case PrivateKey: // the lines that say what it is
		head = strings.Index(text[len(keyBegin):], "-----") + len(keyBegin) + len("-----")
		if end := strings.LastIndex(text, strings.TrimSuffix(keyEnd, " ")); end >= head {
			tail = len(text) - end
		}
		return head, tail, false
	case Password, PasswordHash, PuTTYKey:
		return 0, 0, false
	}
	if len(text) < leastShown || !utf8.RuneStart(text[4]) {
		return 0, 0, false
	}
	return 4, 0, false
}

// leastShown is how long a key or token is of which the beginning is shown: of a shorter one that would be too much of it.
const leastShown = 12

func countDigits(text string) (n int) {
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	// Those of the escaped spaces between groups are none.
	return n - 2*strings.Count(text, "%20")
}

// afterDigits is what follows the first n digits.
func afterDigits(text string, n int) string {
	for i := 0; i < len(text); i++ {
		switch {
		case n == 0:
			return text[i:]
		case text[i] == '%':
			i += 2
		case isDigit(text[i]):
			n--
		}
	}
	return ""
}

// lastGroup is how long the last group of a number is, four at most: nothing separates what stays.
func lastGroup(text string) int {
	n := 0
	for n < 4 && isWord(text[len(text)-1-n]) {
		n++
	}
	return n
}
