package mapping

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// MaxJSONDepth is how deep objects and arrays may be nested in one another, the
// outermost included.
const MaxJSONDepth = 1000

// JSONError says where JSON stops making sense, and why.
type JSONError struct {
	Start  int // where in the bytes given the broken value begins
	Offset int // from there to the fault
	Cause  string
}

func (e *JSONError) Error() string {
	return fmt.Sprintf("invalid JSON at byte %d: %s", e.Offset, e.Cause)
}

// AppendJSON reads the JSON value at the start of json, appends it to dst as
// msgpack, and returns what follows the value. Strings keep their bytes,
// whether they are UTF-8 or not; a lone surrogate keeps its three bytes.
// Duplicate keys stay, in order. Integers become int64 or uint64 if they fit,
// other numbers float64, and a number beyond float64 the string of its digits.
//
// It takes a little more than JSON, so that nobody hides a request from
// inspection by what it makes a log writer print: control characters other than
// newline and NUL in strings, leading zeros (nginx logs status 000), a dash for a
// number that there is none of (nginx's "upstream_response_time": -), and in
// strings the escape \xHH for one byte, which nginx and Apache write in formats
// that only look like JSON; any other unknown escape stays as it is.
//
// err is a *JSONError, and out then is dst.
func AppendJSON(dst, json []byte) (out, rest []byte, err error) {
	r := jsonReader{in: json, out: dst}
	if bom := len(byteOrderMark); len(json) >= bom && string(json[:bom]) == byteOrderMark {
		r.pos = bom
	}
	if err := r.value(0); err != nil {
		return dst, json, err
	}
	return r.out, json[r.pos:], nil
}

const byteOrderMark = "\xef\xbb\xbf"

// jsonReader converts one value. Containers get a 16-bit count before their
// size is known, which spares a second pass.
type jsonReader struct {
	in  []byte
	pos int
	out []byte
}

func (r *jsonReader) errorf(offset int, format string, args ...any) error {
	return &JSONError{Offset: offset, Cause: fmt.Sprintf(format, args...)}
}

func (r *jsonReader) unexpected(expected string) error {
	if r.pos >= len(r.in) {
		return r.errorf(r.pos, "ends where %s should be", expected)
	}
	return r.errorf(r.pos, "unexpected %q where %s should be", r.in[r.pos:r.pos+1], expected)
}

// next skips white space and is the byte after it, 0 at the end.
func (r *jsonReader) next() byte {
	for ; r.pos < len(r.in); r.pos++ {
		switch c := r.in[r.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) value(depth int) error {
	switch c := r.next(); {
	case c == '"':
		return r.string()
	case c == '{' || c == '[':
		if depth >= MaxJSONDepth {
			return r.errorf(r.pos, "nested deeper than %d", MaxJSONDepth)
		}
		if c == '{' {
			return r.object(depth + 1)
		}
		return r.array(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		return r.number()
	case r.literal("true"):
		r.out = msgp.AppendBool(r.out, true)
	case r.literal("false"):
		r.out = msgp.AppendBool(r.out, false)
	case r.literal("null"):
		r.out = msgp.AppendNil(r.out)
	default:
		return r.unexpected("a value")
	}
	return nil
}

// literal goes past word if it is what comes next.
func (r *jsonReader) literal(word string) bool {
	end := r.pos + len(word)
	if end > len(r.in) || string(r.in[r.pos:end]) != word {
		return false
	}
	r.pos = end
	return true
}

const (
	msgpackMap16   = 0xde
	msgpackMap32   = 0xdf
	msgpackArray16 = 0xdc
	msgpackArray32 = 0xdd
	msgpackStr8    = 0xd9
	msgpackStr16   = 0xda
	msgpackStr32   = 0xdb
)

func (r *jsonReader) object(depth int) error {
	header := len(r.out)
	r.out = append(r.out, msgpackMap16, 0, 0)
	r.pos++
	n := 0
	if r.next() == '}' {
		r.pos++
		return nil
	}
	for {
		if r.next() != '"' {
			return r.unexpected("a key")
		}
		if err := r.string(); err != nil {
			return err
		}
		if r.next() != ':' {
			return r.unexpected("a colon")
		}
		r.pos++
		if err := r.value(depth); err != nil {
			return err
		}
		n++
		switch r.next() {
		case ',':
			r.pos++
		case '}':
			r.pos++
			r.count(header, n, msgpackMap32)
			return nil
		default:
			return r.unexpected("a comma or }")
		}
	}
}

func (r *jsonReader) array(depth int) error {
	header := len(r.out)
	r.out = append(r.out, msgpackArray16, 0, 0)
	r.pos++
	n := 0
	if r.next() == ']' {
		r.pos++
		return nil
	}
	for {
		if err := r.value(depth); err != nil {
			return err
		}
		n++
		switch r.next() {
		case ',':
			r.pos++
		case ']':
			r.pos++
			r.count(header, n, msgpackArray32)
			return nil
		default:
			return r.unexpected("a comma or ]")
		}
	}
}

// count completes a container's header, and widens it if need be.
func (r *jsonReader) count(header, n int, wide byte) {
	if n <= math.MaxUint16 {
		binary.BigEndian.PutUint16(r.out[header+1:], uint16(n))
		return
	}
	r.out = append(r.out, 0, 0)
	copy(r.out[header+5:], r.out[header+3:])
	r.out[header] = wide
	binary.BigEndian.PutUint32(r.out[header+1:], uint32(n))
}

func (r *jsonReader) string() error {
	start := r.pos + 1
	escaped := false
	end := start
	for ; end < len(r.in) && r.in[end] != '"'; end++ {
		c := r.in[end]
		if c == '\\' {
			escaped = true
			if end++; end == len(r.in) {
				break
			}
			c = r.in[end]
		}
		if c == '\n' || c == 0 {
			return r.errorf(end, "line ends in a string")
		}
	}
	if end >= len(r.in) {
		return r.errorf(len(r.in), "ends in a string")
	}
	raw := r.in[start:end]
	r.pos = end + 1
	if escaped {
		r.unescape(raw)
	} else {
		r.out = msgp.AppendStringFromBytes(r.out, raw)
	}
	return nil
}

// unescape appends a string that has escapes. None is shorter than what it
// stands for, so that the raw length bounds the header.
func (r *jsonReader) unescape(raw []byte) {
	header := len(r.out)
	switch {
	case len(raw) <= math.MaxUint8:
		r.out = append(r.out, msgpackStr8, 0)
	case len(raw) <= math.MaxUint16:
		r.out = append(r.out, msgpackStr16, 0, 0)
	default:
		r.out = append(r.out, msgpackStr32, 0, 0, 0, 0)
	}
	start := len(r.out)
	copied := 0
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			i++
			continue
		}
		r.out = append(r.out, raw[copied:i]...)
		i += r.escape(raw[i:])
		copied = i
	}
	r.out = append(r.out, raw[copied:]...)
	n := len(r.out) - start
	switch r.out[header] {
	case msgpackStr8:
		r.out[header+1] = byte(n)
	case msgpackStr16:
		binary.BigEndian.PutUint16(r.out[header+1:], uint16(n))
	default:
		binary.BigEndian.PutUint32(r.out[header+1:], uint32(n))
	}
}

// escape appends what the escape at the start of raw stands for, and is the
// escape's length.
func (r *jsonReader) escape(raw []byte) int {
	var c byte
	switch raw[1] {
	case '"', '\\', '/':
		c = raw[1]
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'v': // Apache's
		c = '\v'
	case 'x':
		v, ok := hexDigits(raw, 2, 2)
		if !ok {
			r.out = append(r.out, raw[:2]...)
			return 2
		}
		r.out = append(r.out, byte(v))
		return 4
	case 'u':
		v, ok := hexDigits(raw, 2, 4)
		if !ok {
			r.out = append(r.out, raw[:2]...)
			return 2
		}
		if 0xd800 <= v && v < 0xdc00 && len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if low, ok := hexDigits(raw, 8, 4); ok && 0xdc00 <= low && low < 0xe000 {
				r.out = utf8.AppendRune(r.out, 0x10000+(v-0xd800)<<10+(low-0xdc00))
				return 12
			}
		}
		if 0xd800 <= v && v < 0xe000 {
			// AppendRune would make every lone surrogate the same U+FFFD.
			r.out = append(r.out, 0xe0|byte(v>>12), 0x80|byte(v>>6)&0x3f, 0x80|byte(v)&0x3f)
			return 6
		}
		r.out = utf8.AppendRune(r.out, v)
		return 6
	default:
		r.out = append(r.out, raw[:2]...)
		return 2
	}
	r.out = append(r.out, c)
	return 2
}

// hexDigits is the number that n hexadecimal digits from raw[at] on make.
func hexDigits[T string | []byte](raw T, at, n int) (rune, bool) {
	if len(raw) < at+n {
		return 0, false
	}
	var v rune
	for i := range n {
		c := raw[at+i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

func (r *jsonReader) number() error {
	start := r.pos
	negative := r.in[r.pos] == '-'
	if negative {
		r.pos++
	}
	digits := r.pos
	var v uint64
	whole := true // an integer that v holds
	for ; r.pos < len(r.in); r.pos++ {
		c := r.in[r.pos]
		if c < '0' || c > '9' {
			break
		}
		next := v*10 + uint64(c-'0')
		whole = whole && v <= math.MaxUint64/10 && next >= v*10
		v = next
	}
	if r.pos == digits && negative && r.pos < len(r.in) && strings.IndexByte(", }]\t\r\n", r.in[r.pos]) >= 0 {
		r.out = msgp.AppendString(r.out, "-")
		return nil
	}
	if r.pos == digits {
		return r.unexpected("a digit")
	}
	for ; r.pos < len(r.in) && isNumberTail(r.in[r.pos]); r.pos++ {
		whole = false
	}
	text := r.in[start:r.pos]
	switch {
	case whole && !negative:
		r.out = msgp.AppendUint64(r.out, v)
		return nil
	case whole && v <= -math.MinInt64:
		r.out = msgp.AppendInt64(r.out, -int64(v))
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err == nil:
		r.out = msgp.AppendFloat64(r.out, f)
	case math.IsInf(f, 0):
		r.out = msgp.AppendStringFromBytes(r.out, text)
	default:
		r.pos = start
		return r.errorf(start, "%q is not a number", clip(text))
	}
	return nil
}

func isNumberTail(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// JSONSplitter finds the records in JSON that arrives in pieces: objects with
// white space, commas, NULs or nothing between them, on one line or many, bare
// or as elements of arrays. A broken record ends at the next newline or NUL
// after which a record begins. The zero value is ready; the state belongs to
// one stream.
type JSONSplitter struct {
	Limit int // bytes of one record; 0 is no limit

	state  splitState
	at     int                              // bytes of the record looked at
	depth  int                              // containers open
	arrays [(MaxJSONDepth + 63) / 64]uint64 // which of them are arrays
	skip   bool                             // to the end of the line
	quiet  bool                             // what is left of a broken record is no error of its own
}

type splitState byte

const (
	betweenRecords splitState = iota
	wantKeyOrEnd
	wantKey
	inKey
	inKeyEscape
	wantColon
	wantValue
	wantValueOrEnd
	inString
	inStringEscape
	inScalar
	wantCommaOrEnd
)

// Next looks for one record in data, the bytes of the stream that are not
// consumed yet. The first n of them are consumed by the call and must be
// missing from data in the next one. The outcome is one of
//   - a record: the last bytes of data[:n], an object;
//   - a *JSONError for something that is none;
//   - neither: the rest of data is the start of a record. More is needed, or,
//     with atEOF, there is no more.
//
// Numbers and literals are not looked into; AppendJSON does that.
func (s *JSONSplitter) Next(data []byte, atEOF bool) (record []byte, n int, err error) {
	start := 0
	if s.state == betweenRecords {
		var found bool
		start, found, err = s.begin(data, atEOF)
		if err != nil || !found {
			return nil, start, err
		}
	}
	end := len(data)
	if s.Limit > 0 && end-start > s.Limit {
		end = start + s.Limit
	}
	at, done, cause := s.scan(data[start:end])
	switch {
	case cause != "":
		return nil, s.broken(data, start, start+at), &JSONError{Start: start, Offset: at, Cause: cause}
	case done:
		s.state, s.at = betweenRecords, 0
		return data[start : start+at], start + at, nil
	case s.Limit > 0 && at == s.Limit:
		s.state, s.at, s.skip, s.quiet = betweenRecords, 0, true, true
		return nil, end, &JSONError{Start: start, Offset: at, Cause: fmt.Sprintf("record is longer than %d bytes", s.Limit)}
	case atEOF:
		return nil, s.broken(data, start, len(data)), &JSONError{Start: start, Offset: at, Cause: "ends in a record"}
	}
	s.at = at
	return nil, start, nil
}

// InRecord says whether the last Next left a record begun.
func (s *JSONSplitter) InRecord() bool { return s.state != betweenRecords }

// begin looks for the start of a record.
func (s *JSONSplitter) begin(data []byte, atEOF bool) (start int, found bool, err error) {
	for i := 0; i < len(data); i++ {
		c := data[i]
		if s.skip {
			s.skip = !isLineEnd(c)
			continue
		}
		switch c {
		case ' ', '\t', '\r', '\n', 0, ',', '[', ']':
			continue
		case '{':
			s.state, s.at, s.depth, s.quiet = wantKeyOrEnd, 1, 1, false
			s.arrays[0] &^= 1
			return i, true, nil
		case byteOrderMark[0]:
			have := min(len(data)-i, len(byteOrderMark))
			if string(data[i:i+have]) == byteOrderMark[:have] {
				if have == len(byteOrderMark) {
					i += have - 1
					continue
				}
				if !atEOF {
					return i, false, nil
				}
			}
		}
		s.skip = true
		if !s.quiet {
			return i, false, &JSONError{Start: i, Cause: fmt.Sprintf("unexpected %q where a record should begin", data[i:i+1])}
		}
	}
	return len(data), false, nil
}

// broken leaves the record that began at start and makes no sense at offset. It
// is how much of data to forget: up to the first line after start that begins a
// record, else all up to offset and then the rest of the line.
func (s *JSONSplitter) broken(data []byte, start, offset int) int {
	s.state, s.at, s.quiet = betweenRecords, 0, true
	line := -1
	for i := start + 1; i < len(data); i++ {
		switch c := data[i]; {
		case isLineEnd(c):
			if i > offset {
				i = len(data)
			} else {
				line = i
			}
		case c == ' ' || c == '\t' || c == '\r':
		case c == '{' && line >= 0:
			return line + 1
		default:
			line = -1
			if i > offset {
				i = len(data)
			}
		}
	}
	s.skip = true
	return offset
}

func isLineEnd(c byte) bool { return c == '\n' || c == 0 }

// scan follows the record's structure through b, the record from its start on,
// from where it stopped before. done says that the record ends at b[:at]; cause,
// that it is broken there.
func (s *JSONSplitter) scan(b []byte) (at int, done bool, cause string) {
	for i := s.at; i < len(b); i++ {
		c := b[i]
		switch s.state {
		case inKey, inString:
			for c != '"' && c != '\\' && !isLineEnd(c) {
				if i++; i == len(b) {
					return i, false, ""
				}
				c = b[i]
			}
			switch {
			case c == '\\':
				s.state++ // to inKeyEscape or inStringEscape
			case c != '"':
				return i, false, "line ends in a string"
			case s.state == inKey:
				s.state = wantColon
			default:
				s.state = wantCommaOrEnd
			}
			continue
		case inKeyEscape, inStringEscape:
			if isLineEnd(c) {
				return i, false, "line ends in a string"
			}
			s.state--
			continue
		case inScalar:
			if isNumberTail(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
				continue
			}
			s.state = wantCommaOrEnd
		}
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		switch s.state {
		case wantKeyOrEnd, wantKey:
			switch {
			case c == '"':
				s.state = inKey
			case c == '}' && s.state == wantKeyOrEnd:
				if s.close() {
					return i + 1, true, ""
				}
			default:
				return i, false, fmt.Sprintf("unexpected %q where a key should be", b[i:i+1])
			}
		case wantColon:
			if c != ':' {
				return i, false, fmt.Sprintf("unexpected %q where a colon should be", b[i:i+1])
			}
			s.state = wantValue
		case wantValue, wantValueOrEnd:
			switch {
			case c == '"':
				s.state = inString
			case c == '{' || c == '[':
				if s.depth >= MaxJSONDepth {
					return i, false, fmt.Sprintf("nested deeper than %d", MaxJSONDepth)
				}
				s.open(c == '[')
			case c == ']' && s.state == wantValueOrEnd:
				s.close()
			case isNumberTail(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
				s.state = inScalar
			default:
				return i, false, fmt.Sprintf("unexpected %q where a value should be", b[i:i+1])
			}
		case wantCommaOrEnd:
			array := s.inArray()
			switch {
			case c == ',' && array:
				s.state = wantValue
			case c == ',':
				s.state = wantKey
			case c == '}' && !array, c == ']' && array:
				if s.close() {
					return i + 1, true, ""
				}
			case array:
				return i, false, fmt.Sprintf("unexpected %q where a comma or ] should be", b[i:i+1])
			default:
				return i, false, fmt.Sprintf("unexpected %q where a comma or } should be", b[i:i+1])
			}
		}
	}
	return len(b), false, ""
}

func (s *JSONSplitter) inArray() bool {
	i := s.depth - 1
	return s.arrays[i/64]&(1<<(i%64)) != 0
}

func (s *JSONSplitter) open(array bool) {
	i := s.depth
	s.depth++
	if array {
		s.arrays[i/64] |= 1 << (i % 64)
		s.state = wantValueOrEnd
	} else {
		s.arrays[i/64] &^= 1 << (i % 64)
		s.state = wantKeyOrEnd
	}
}

// close ends the innermost container and says whether it was the record.
func (s *JSONSplitter) close() bool {
	s.depth--
	s.state = wantCommaOrEnd
	return s.depth == 0
}
