package transform

// Memory is what the texts that transformations make are in, for as long as they are needed: they come by the dozen, and most
// are looked at once. A text of no memory has its own.
type Memory struct{ buf []byte }

// Memory that is taken at once, and the most that is kept.
const (
	leastMemory = 4 << 10
	mostMemory  = 256 << 10
)

// bytes are none, with room for so many.
func (m *Memory) bytes(n int) []byte {
	if m == nil {
		return make([]byte, 0, n)
	}
	used := len(m.buf)
	if used+n > cap(m.buf) {
		m.buf, used = make([]byte, 0, max(leastMemory, 2*cap(m.buf), n)), 0 // the texts so far keep theirs
	}
	m.buf = m.buf[:used+n]
	return m.buf[used : used : used+n]
}

// filled are so many bytes, whatever they are.
func (m *Memory) filled(n int) []byte { return m.bytes(n)[:n] }

// Reuse makes room for other texts in place of those that it has.
func (m *Memory) Reuse() {
	if cap(m.buf) > mostMemory {
		m.buf = nil
	}
	m.buf = m.buf[:0]
}
