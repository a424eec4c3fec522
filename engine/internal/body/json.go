package body

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/tidwall/gjson"

	"github.com/modsecurity-for-anylog/msa/engine/internal/order"
)

// JSON reads JSON in one pass, where Coraza's own reads each object and array once more for every level around it,
// so that 128 KiB of "[" take it most of a second. It fails with what is wrong with a body as a whole, after it has
// added the arguments up to there. Several values, a line each, are no fault: bulk interfaces take these under the type of
// JSON too.
type JSON struct{}

// ProcessRequest fills ARGS_POST, and the whole text as XML:body.
func (JSON) ProcessRequest(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	defer order.Body(v)
	text, err := read(body)
	if err != nil {
		return err
	}
	setText(v, text)
	cut := takeCut(v)
	err = process(text, v, v.ArgsPost(), limits{o.RequestBodyRecursionLimit, o.ArgumentLimit})
	switch {
	case !errors.Is(err, errInvalid):
	case cut || isJSONLines(text):
		return nil
	case !StartsJSON(text):
		readAsItIs(text, "JSON", v, o)
	}
	return err
}

// ProcessResponse fills RESPONSE_ARGS.
func (JSON) ProcessResponse(body io.Reader, v plugintypes.TransactionVariables, o plugintypes.BodyProcessorOptions) error {
	text, err := read(body)
	if err != nil {
		return err
	}
	return process(text, v, v.ResponseArgs(), limits{o.ResponseBodyRecursionLimit, o.ArgumentLimit})
}

func process(text string, v plugintypes.TransactionVariables, args collection.Map, l limits) error {
	truncated, err := flatten(text, l, args.Add)
	if truncated {
		err = errors.Join(err, set("1", v.ArgumentsLimitReached()))
	}
	return err
}

// StartsJSON reports whether a text may be a JSON object or array.
func StartsJSON(text string) bool {
	start := strings.TrimLeft(text, " \t\r\n")
	return start != "" && (start[0] == '{' || start[0] == '[')
}

// isJSONLines reports whether each line of a text is a JSON object or array.
func isJSONLines(text string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && (!StartsJSON(line) || !gjson.Valid(line)) {
			return false
		}
	}
	return true
}

// limits are Coraza's. Without an end, names alone would be many times the body.
type limits struct {
	depth     int // of objects and arrays in one another
	arguments int // values, and lengths of arrays apart; 0 is no limit
}

// Names and values together are at most this many times the body, or leastRoom.
const (
	roomFactor = 8
	leastRoom  = 4096 // bytes
)

var (
	errDeep    = errors.New("max recursion reached while reading json object")
	errInvalid = errors.New("invalid JSON")
)

// flatten calls add for every value of a JSON text, named json.key.0.key, and for every array that is not
// empty with its length. Of broken JSON it takes what it finds.
func flatten(text string, l limits, add func(name, value string)) (truncated bool, err error) {
	r := reader{in: text, limits: l, add: add, name: []byte("json"), room: max(len(text)*roomFactor, leastRoom)}
	for r.err == nil && !r.truncated && r.skipTo("") {
		if c := text[r.pos]; c == '{' || c == '[' {
			r.container(l.depth)
			continue
		}
		r.item(0, l.depth) // a value without anything around it is the one of a list
		r.length(1)
	}
	switch {
	case r.err != nil:
		return r.truncated, r.err
	case isDeeper(text, l.depth): // which the truncated rest may be
		return r.truncated, errDeep
	case !gjson.Valid(text):
		return r.truncated, errInvalid
	}
	return r.truncated, nil
}

// reader is where a pass has come.
type reader struct {
	in  string
	pos int

	name []byte // of what is being read
	add  func(name, value string)

	limits
	room, values, lengths int

	truncated bool
	err       error
}

// skipTo goes to the next byte that may begin a value, or that is in stop; false at the end.
func (r *reader) skipTo(stop string) bool {
	for ; r.pos < len(r.in); r.pos++ {
		switch c := r.in[r.pos]; {
		case c == '"', c == '{', c == '[', c == 't', c == 'f', c == 'n', c == '-', '0' <= c && c <= '9', c == '+', c == 'i', c == 'I', c == 'N':
			return true
		case strings.IndexByte(stop, c) >= 0:
			return true
		}
	}
	return false
}

// container reads an object or array, of which the first byte is next.
func (r *reader) container(depth int) {
	if depth <= 0 {
		r.err = errDeep
		return
	}
	isObject := r.in[r.pos] == '{'
	n := 0
	for r.pos++; r.err == nil && r.skipTo("]}"); n++ {
		switch c := r.in[r.pos]; {
		case c == ']' || c == '}':
			r.pos++
			if !isObject {
				r.length(n)
			}
			return
		case r.isFull():
			return
		case !isObject:
			r.item(n, depth-1)
		case c == '"':
			r.member(depth - 1)
		default:
			r.pos++ // no key
		}
	}
	if !isObject {
		r.length(n)
	}
}

// member reads a key and its value.
func (r *reader) member(depth int) {
	end := len(r.name)
	r.name = append(append(r.name, '.'), r.string()...)
	if r.skipTo("]}") {
		r.value(depth)
	}
	r.name = r.name[:end]
}

// item reads the n-th value of a list.
func (r *reader) item(n, depth int) {
	end := len(r.name)
	r.name = strconv.AppendInt(append(r.name, '.'), int64(n), 10)
	r.value(depth)
	r.name = r.name[:end]
}

func (r *reader) value(depth int) {
	start := r.pos
	switch r.in[r.pos] {
	case ']', '}': // a key without a value
	case '{', '[':
		r.container(depth)
	case '"':
		r.take(r.string(), &r.values)
	case 't', 'f':
		r.word()
		r.take(r.in[start:r.pos], &r.values)
	case 'n':
		r.word()
		if r.in[start:r.pos] == "null" {
			start = r.pos
		}
		r.take(r.in[start:r.pos], &r.values)
	default:
		for r.pos < len(r.in) && r.in[r.pos] > ' ' && r.in[r.pos] != ',' && r.in[r.pos] != ']' && r.in[r.pos] != '}' {
			r.pos++
		}
		r.take(r.in[start:r.pos], &r.values)
	}
}

func (r *reader) word() {
	for r.pos < len(r.in) && 'a' <= r.in[r.pos] && r.in[r.pos] <= 'z' {
		r.pos++
	}
}

// string reads a string, of which the quotation mark is next. One that does not end goes to the end of the text.
func (r *reader) string() string {
	start := r.pos
	for r.pos++; r.pos < len(r.in); r.pos++ {
		switch r.in[r.pos] {
		case '\\':
			r.pos++
		case '"':
			r.pos++
			return unquote(r.in[start:r.pos])
		}
	}
	r.pos = len(r.in)
	return unquote(r.in[start:] + `"`)
}

func unquote(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return gjson.Parse(quoted).Str
}

// isFull reports whether no more values are taken.
func (r *reader) isFull() bool {
	r.truncated = r.truncated || r.arguments > 0 && r.values >= r.arguments
	return r.truncated
}

// length takes an array's length for a value of its name, unless the array was not read to its end.
func (r *reader) length(n int) {
	switch {
	case n == 0 || r.truncated || r.err != nil:
	case r.arguments > 0 && r.lengths >= r.arguments:
		r.truncated = true
	default:
		r.take(strconv.Itoa(n), &r.lengths)
	}
}

// take adds a value under the present name.
func (r *reader) take(value string, count *int) {
	if r.room -= len(r.name) + len(value); r.room < 0 {
		r.err = fmt.Errorf("names and values exceed %d bytes of a body of %d", max(len(r.in)*roomFactor, leastRoom), len(r.in))
		return
	}
	*count++
	r.add(string(r.name), value) // the name has memory of its own: see Form
}

// isDeeper reports whether objects and arrays are nested deeper than a limit anywhere, so that nobody who goes
// down into them runs out of stack.
func isDeeper(text string, limit int) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}
