package body

import (
	"strings"

	"github.com/corazawaf/coraza/v3/collection"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
)

// Arguments adds arguments to a collection, each with a name of its own memory: see [Form]. Of those beyond a limit the
// ones that are not plain are added too, as many again, and the others together as one: see [bounded].
type Arguments struct {
	to *order.Adder
	bounded
}

// joinedName is the name of what is not added by itself.
const joinedName = "rest"

// NewArguments makes one that has a limit; 0 is none.
func NewArguments(to collection.Map, limit int) *Arguments {
	return &Arguments{to: order.NewAdder(to), bounded: bounded{limit: limit}}
}

// Add adds one.
func (a *Arguments) Add(name, value string) {
	if a.isApart(false, name, value) {
		a.to.Add(name, value)
		return
	}
	a.join(name)
	a.join(value)
}

// AddForm adds those of a form, or of the query of a URL.
func (a *Arguments) AddForm(text string) {
	for name, value := range Pairs(text) {
		a.Add(name, value)
	}
}

// End adds what was not added by itself, and reports whether there were more than the limit.
func (a *Arguments) End() (more bool) {
	if joined := a.joined(); joined != "" {
		a.to.Add(joinedName, joined)
	}
	return a.isFull()
}

// bounded decides which of many values rules see by themselves, so that they take no longer than they may, and miss
// none. Up to a limit these are all. Beyond it they are as many again that are not plain, and all others are one text,
// with commas between them. Texts that are not plain would make what looks like attacks of their neighbours; so would
// line ends.
type bounded struct {
	limit int // 0 is none
	n     int // values
	more  int // that are beyond the limit and not plain

	seen map[string]bool
	text strings.Builder
}

// isApart reports whether the next value, which may have a name, is one that rules see by itself. What is not has to be
// joined. isOdd says that it is not plain, whatever these texts are.
func (b *bounded) isApart(isOdd bool, texts ...string) bool {
	joins := b.willJoin(isOdd, texts...)
	if b.n++; !joins && b.isFull() {
		b.more++
	}
	return !joins
}

// willJoin reports whether the next value is one that has to be joined.
func (b *bounded) willJoin(isOdd bool, texts ...string) bool {
	if b.limit == 0 || b.n < b.limit {
		return false
	}
	for _, text := range texts {
		isOdd = isOdd || !isPlain(text)
	}
	return !isOdd || b.more == b.limit
}

// isFull reports whether there have been more values than the limit.
func (b *bounded) isFull() bool { return b.limit > 0 && b.n > b.limit }

// join puts a text to those that are one, once.
func (b *bounded) join(text string) {
	if text == "" || b.seen[text] {
		return
	}
	if b.seen == nil {
		b.seen = map[string]bool{}
	} else {
		b.text.WriteByte(',')
	}
	b.seen[text] = true
	b.text.WriteString(text)
}

func (b *bounded) joined() string { return b.text.String() }

// isPlain reports whether a text has nothing of which attacks are made in other texts: no quotes, spaces, parentheses or
// the like.
func isPlain(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c >= 0x80, strings.IndexByte("-_.,:/@+~#$[]", c) >= 0:
		default:
			return false
		}
	}
	return true
}
