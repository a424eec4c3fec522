package sensitive

// index finds values that are known wherever they stand: without the name before them, in lower case as rules see them behind t:lowercase,
// without the quotes and spaces that other transformations take away. So it compares what those leave: letters and digits in lower case,
// and signs. A text that has only the beginning of a value is found, too: logs and rules cut. It takes time in proportion to the text.
type index struct {
	values []known
	of     map[uint64][]int32 // by their first bytes
	maybe  [1 << 8]uint64     // bits of hashes of these
	seen   map[string]bool

	scratch []byte
}

// known is a value, as it is compared, and as it is shown.
type known struct{ bare, masked string }

const (
	leastKnown = 6   // bytes of a value that is looked for: a shorter one may as well be another word
	leastPart  = 12  // bytes of it that are enough
	mostKnown  = 256 // values
	mostAlike  = 16  // that begin alike
)

// bare is what is compared of a byte, 0 for nothing.
var bare = func() (t [256]byte) {
	for c := range t {
		switch b := byte(c); {
		case isUpper(b):
			t[c] = b | 0x20
		case b > ' ' && b != 0x7f:
			t[c] = b
		}
	}
	for _, c := range []byte("+\"'`\\^,;/") {
		t[c] = 0
	}
	return t
}()

func appendBare(dst []byte, value string) []byte {
	for i := range len(value) {
		if c := bare[value[i]]; c != 0 {
			dst = append(dst, c)
		}
	}
	return dst
}

const windowMask = 1<<(8*leastKnown) - 1

func hash(window uint64) uint64 { return window * 0x9e3779b97f4a7c15 >> 50 }

// add makes a value known, which is then shown as masked says. It reports whether it was not known before.
func (x *index) add(value string, masked func() string) bool {
	if len(x.values) >= mostKnown {
		return false
	}
	x.scratch = appendBare(x.scratch[:0], value)
	b := x.scratch
	if len(b) < leastKnown || x.seen[string(b)] {
		return false
	}
	if x.of == nil {
		x.of, x.seen = map[uint64][]int32{}, map[string]bool{}
	}
	window := uint64(0)
	for i := range leastKnown {
		window = window<<8 | uint64(b[i])
	}
	if len(x.of[window]) >= mostAlike {
		return false
	}
	k := known{bare: string(b), masked: masked()}
	x.seen[k.bare] = true
	x.of[window] = append(x.of[window], int32(len(x.values)))
	x.values = append(x.values, k)
	h := hash(window)
	x.maybe[h>>6] |= 1 << (h & 63)
	return true
}

// occursIn reports whether one stands in a text.
func (x *index) occursIn(text string) (found bool) {
	x.each(text, func(span) bool {
		found = true
		return false
	})
	return found
}

// each calls yield with where known values stand, until it returns false.
func (x *index) each(text string, yield func(span) bool) {
	if x == nil || len(x.values) == 0 {
		return
	}
	var window uint64
	var places [leastKnown]int // of the last bytes that are compared
	n := 0
	for i := 0; i < len(text); i++ {
		c := bare[text[i]]
		if c == 0 {
			continue
		}
		window = (window<<8 | uint64(c)) & windowMask
		places[n%leastKnown] = i
		n++
		h := hash(window)
		if n < leastKnown || x.maybe[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		end, masked := x.longest(x.of[window], text, i+1)
		if end == 0 {
			continue
		}
		if !yield(span{start: places[n%leastKnown], end: end, as: masked}) {
			return
		}
		i, n = end-1, 0
	}
}

// longest is the end of the longest value, or beginning of one, whose first bytes end at i; 0 without one.
func (x *index) longest(values []int32, text string, i int) (end int, masked string) {
	most := 0
	for _, v := range values {
		k := &x.values[v]
		matched, at := leastKnown, i
		for p := i; p < len(text) && matched < len(k.bare); p++ {
			c := bare[text[p]]
			if c == 0 {
				continue
			}
			if c != k.bare[matched] {
				break
			}
			matched, at = matched+1, p+1
		}
		if matched < min(len(k.bare), leastPart) || matched <= most {
			continue
		}
		most, end, masked = matched, at, stars
		if matched == len(k.bare) {
			masked = k.masked
		}
	}
	return end, masked
}
