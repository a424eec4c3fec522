package sensitive

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Canaries are values that nobody may ever read or send, since nothing but a trap has them: a card, an account, a key that is
// in one row of a database. They are found wherever they stand in a text, in any case, with any signs between their letters
// and digits, escaped and in base64.
type Canaries struct {
	names []string
	bare  []string
	of    map[uint64][]int32 // by their first bytes
}

const (
	leastCanary = 8       // letters and digits of one: a shorter one may stand anywhere
	mostCanary  = 4 << 10 // bytes of one
	mostMarks   = 1 << 20 // values in a file
)

// ParseCanaries reads a file with a value in each line, or CSV rows of a value and the name by which alerts call it. Lines
// that begin with # are comments, and a first row may name the columns, of which the first is value. line is where an error
// is; a quote that is not closed is one, as it would take in the lines after it.
func ParseCanaries(text []byte) (c *Canaries, line int, err error) {
	c = &Canaries{of: map[uint64][]int32{}}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	reader.Comment, reader.FieldsPerRecord, reader.TrimLeadingSpace, reader.LazyQuotes = '#', -1, true, true
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return c, 0, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return nil, wrong.Line, wrong.Err
		}
		line, _ := reader.FieldPos(0)
		if slices.ContainsFunc(row, func(field string) bool { return strings.Contains(field, "\n") }) {
			return nil, line, errors.New("a quote is not closed")
		}
		if len(c.bare) == 0 && strings.EqualFold(strings.TrimSpace(row[0]), "value") {
			continue
		}
		if len(row) > 2 {
			return nil, line, fmt.Errorf("expected a value and perhaps its name, not %d columns: a value with a comma in it needs quotes", len(row))
		}
		name := ""
		if len(row) == 2 {
			name = strings.TrimSpace(row[1])
		}
		if err := c.add(row[0], name, line); err != nil {
			return nil, line, err
		}
	}
}

// Len is how many values there are.
func (c *Canaries) Len() int { return len(c.bare) }

func (c *Canaries) add(value, name string, line int) error {
	if len(value) > mostCanary {
		return fmt.Errorf("a value of %d bytes is longer than %d", len(value), mostCanary)
	}
	if len(c.bare) >= mostMarks {
		return fmt.Errorf("there are more than %d values", mostMarks)
	}
	b := appendLettersAndDigits(nil, undo(value).text)
	if len(b) < leastCanary {
		return fmt.Errorf("a value has %d letters and digits, and needs %d: a shorter one may stand anywhere", len(b), leastCanary)
	}
	if name == "" {
		name = fmt.Sprintf("of line %d", line)
	}
	window := firstWindow(b)
	c.of[window] = append(c.of[window], int32(len(c.bare)))
	c.bare, c.names = append(c.bare, string(b)), append(c.names, name)
	return nil
}

// Find calls yield with the name of each that stands in a text, and how it is written there, until that returns false.
func (c *Canaries) Find(text string, yield func(name, written string) bool) {
	if len(c.bare) == 0 || len(text) < leastCanary {
		return
	}
	a := analysis{plain: undo(text)}
	c.findIn(&a.plain, decodeAll(a.text, deepest64-1), yield)
}

func (c *Canaries) findIn(p *plain, within []encoded, yield func(name, written string) bool) bool {
	text := p.text
	var window uint64
	var places [leastCanary]int // of the last letters and digits
	n := 0
	for i := range len(text) {
		b := letterOrDigit[text[i]]
		if b == 0 {
			continue
		}
		window = window<<8 | uint64(b)
		places[n%leastCanary] = i
		if n++; n < leastCanary {
			continue
		}
		for _, k := range c.of[window] {
			start := places[n%leastCanary]
			end := c.endOf(k, text, i+1)
			if end == 0 || start > 0 && letterOrDigit[text[start-1]] != 0 || end < len(text) && letterOrDigit[text[end]] != 0 {
				continue
			}
			if !yield(c.names[k], text[start:end]) {
				return false
			}
		}
	}
	for _, e := range within {
		if !c.findIn(&e.analysis.plain, e.analysis.encoded, yield) {
			return false
		}
	}
	return true
}

// endOf is where a value ends whose first bytes end at i, 0 if it is not there.
func (c *Canaries) endOf(k int32, text string, i int) int {
	bare := c.bare[k]
	matched := leastCanary
	for ; matched < len(bare) && i < len(text); i++ {
		b := letterOrDigit[text[i]]
		if b == 0 {
			continue
		}
		if b != bare[matched] {
			return 0
		}
		matched++
	}
	if matched < len(bare) {
		return 0
	}
	return i
}

func firstWindow(b []byte) (window uint64) {
	for _, c := range b[:leastCanary] {
		window = window<<8 | uint64(c)
	}
	return window
}

// letterOrDigit is what is compared of a byte, 0 for nothing: letters in lower case, digits, and what is no ASCII.
var letterOrDigit = func() (t [256]byte) {
	for c := range t {
		switch b := byte(c); {
		case isUpper(b):
			t[c] = b | 0x20
		case isDigit(b), isLetter(b), b >= 0x80:
			t[c] = b
		}
	}
	return t
}()

func appendLettersAndDigits(dst []byte, text string) []byte {
	for i := range len(text) {
		if b := letterOrDigit[text[i]]; b != 0 {
			dst = append(dst, b)
		}
	}
	return dst
}
