package mapping

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bodies in binary formats become the JSON of what is in them, as bodies in a content coding become what was coded: rules see
// values, as the program does that gets them. A body that is not whole what its Content-Type says stays as it is.
//
// Sources: msgpack's spec.md; RFC 8949 (CBOR); protobuf.dev, "Encoding"; grpc, PROTOCOL-HTTP2.md and PROTOCOL-WEB.md;
// graphql.org, "Serving over HTTP".

// bodyFormats are readers of bodies by their media type, which append JSON.
var bodyFormats = map[string]func(text string) (json []byte, ok bool){
	"application/msgpack":                 msgpackBody,
	"application/x-msgpack":               msgpackBody,
	"application/vnd.msgpack":             msgpackBody,
	"application/cbor":                    cborBody,
	"application/graphql":                 graphqlBody,
	"application/protobuf":                protobufBody,
	"application/x-protobuf":              protobufBody,
	"application/vnd.google.protobuf":     protobufBody,
	"application/grpc":                    grpcBody,
	"application/grpc+proto":              grpcBody,
	"application/grpc-web":                grpcBody,
	"application/grpc-web+proto":          grpcBody,
	"application/grpc-web-text":           grpcTextBody,
	"application/grpc-web-text+proto":     grpcTextBody,
	"application/connect+proto":           grpcBody,
	"application/proto":                   protobufBody,
	"application/vnd.kubernetes.protobuf": kubernetesBody,
}

// readFormat makes JSON of a body whose Content-Type is of a binary format.
func (b *Body) readFormat(headers []Header) {
	if b.Coded || b.Text == "" {
		return
	}
	kind := MediaType(headers)
	read := bodyFormats[kind]
	if read == nil && strings.HasSuffix(kind, "+cbor") {
		read = cborBody
	}
	if read == nil {
		return
	}
	if json, ok := read(b.Text); ok {
		b.Text = view(json)
	}
}

// msgpackBody reads one map or list of msgpack.
func msgpackBody(text string) ([]byte, bool) {
	r := Record(text)
	if !isMap(r) && !isArray(r) {
		return nil, false
	}
	if rest, err := skip(r); err != nil || len(rest) > 0 {
		return nil, false
	}
	return appendJSONText(nil, r), true
}

// graphqlBody is a query as it stands in the JSON that other clients send, and the texts in it, which are the arguments.
func graphqlBody(text string) ([]byte, bool) {
	json := append(appendJSONString([]byte(`{"query":`), text), `,"arguments":[`...)
	n := 0
	for rest := text; ; {
		begin := strings.IndexByte(rest, '"')
		if begin < 0 {
			break
		}
		rest = rest[begin+1:]
		end := textEnd(rest)
		if end > 0 {
			if n++; n > 1 {
				json = append(json, ',')
			}
			json = appendJSONString(json, decodeBackslash(rest[:end]))
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return append(json, "]}"...), true
}

// textEnd is where the quote is that ends a text, or the end.
func textEnd(s string) int {
	for i := range len(s) {
		if s[i] == '"' && !escaped(s, i) {
			return i
		}
	}
	return len(s)
}

// cborBody reads one map or list of CBOR.
func cborBody(text string) ([]byte, bool) {
	if major := text[0] >> 5; major != cborArray && major != cborMap && major != cborTag {
		return nil, false
	}
	json, rest, ok := appendCBOR(nil, text, 0)
	return json, ok && rest == ""
}

// The major types of CBOR that hold something.
const (
	cborBytes = 2 + iota
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple
)

const (
	cborBreak      = "\xff"
	cborIndefinite = 31
)

// cborHead is the first byte of an item with the number that follows it: its value, or the length of what it holds.
func cborHead(s string) (major, info byte, n uint64, rest string, ok bool) {
	if s == "" {
		return 0, 0, 0, "", false
	}
	major, info, rest = s[0]>>5, s[0]&31, s[1:]
	if info < 24 {
		return major, info, uint64(info), rest, true
	}
	if info == cborIndefinite {
		return major, info, 0, rest, true
	}
	width := 1 << (info - 24)
	if info > 27 || len(rest) < width {
		return 0, 0, 0, "", false
	}
	for _, c := range []byte(rest[:width]) {
		n = n<<8 | uint64(c)
	}
	return major, info, n, rest[width:], true
}

// appendCBOR appends the first item of s and returns what follows it.
func appendCBOR(json []byte, s string, depth int) (out []byte, rest string, ok bool) {
	major, info, n, rest, ok := cborHead(s)
	if !ok || depth == MaxJSONDepth {
		return json, "", false
	}
	indefinite := info == cborIndefinite
	switch major {
	case cborBytes, cborText:
		if !indefinite {
			if n > uint64(len(rest)) {
				return json, "", false
			}
			return appendJSONString(json, rest[:n]), rest[n:], true
		}
		var whole strings.Builder
		for !strings.HasPrefix(rest, cborBreak) {
			kind, part, n, behind, ok := cborHead(rest)
			if !ok || kind != major || part == cborIndefinite || n > uint64(len(behind)) {
				return json, "", false
			}
			whole.WriteString(behind[:n])
			rest = behind[n:]
		}
		return appendJSONString(json, whole.String()), rest[1:], true
	case cborArray, cborMap:
		return appendCBORItems(json, rest, n, indefinite, major == cborMap, depth)
	case cborTag:
		return appendCBOR(json, rest, depth+1)
	case cborSimple:
		return appendCBORSimple(json, info, n), rest, !indefinite
	case 1:
		return strconv.AppendInt(json, -1-int64(n&math.MaxInt64), 10), rest, true
	}
	return strconv.AppendUint(json, n, 10), rest, true
}

// appendCBORItems appends the members of a map or the elements of a list.
func appendCBORItems(json []byte, s string, n uint64, indefinite, isMap bool, depth int) (out []byte, rest string, ok bool) {
	begin, end := byte('['), byte(']')
	if isMap {
		begin, end = '{', '}'
	}
	json = append(json, begin)
	for i := uint64(0); ; i++ {
		if indefinite && strings.HasPrefix(s, cborBreak) {
			return append(json, end), s[1:], true
		}
		if !indefinite && i == n {
			return append(json, end), s, true
		}
		if i > 0 {
			json = append(json, ',')
		}
		if isMap {
			key, behind, ok := appendCBOR(nil, s, depth+1)
			if !ok {
				return json, "", false
			}
			if key[0] != '"' {
				key = appendJSONString(nil, view(key)) // a number, or worse
			}
			json, s = append(append(json, key...), ':'), behind
		}
		if json, s, ok = appendCBOR(json, s, depth+1); !ok {
			return json, "", false
		}
	}
}

func appendCBORSimple(json []byte, info byte, n uint64) []byte {
	const halfFloat, float, double = 25, 26, 27
	number := math.NaN()
	switch info {
	case 20:
		return append(json, "false"...)
	case 21:
		return append(json, "true"...)
	case halfFloat:
		number = math.Ldexp(float64(n&0x3ff|0x400), int(n>>10&0x1f)-25)
	case float:
		number = float64(math.Float32frombits(uint32(n)))
	case double:
		number = math.Float64frombits(n)
	}
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return append(json, "null"...)
	}
	return strconv.AppendFloat(json, number, 'g', -1, 64)
}

// grpcBody reads the messages of a call, each behind five bytes that tell whether it is compressed and how long it is.
func grpcBody(text string) ([]byte, bool) {
	const headLength, compressed, trailers = 5, 1, 0x80
	json := []byte{'['}
	for text != "" {
		if len(text) < headLength || text[0]&^(compressed|trailers) != 0 {
			return nil, false
		}
		n := int64(text[1])<<24 | int64(text[2])<<16 | int64(text[3])<<8 | int64(text[4])
		flags, message := text[0], text[headLength:]
		message = message[:min(int64(len(message)), n)] // the log may have cut it
		text = text[headLength+len(message):]
		if len(json) > 1 {
			json = append(json, ',')
		}
		one, ok := protobufBody(message)
		if flags != 0 || !ok {
			one = appendJSONString(nil, message)
		}
		json = append(json, one...)
	}
	return append(json, ']'), true
}

func grpcTextBody(text string) ([]byte, bool) {
	decoded, ok := decodeBase64(text)
	if !ok {
		return nil, false
	}
	return grpcBody(decoded)
}

// protobufBody reads a message without its schema: what has a length is a message if it can be read as one and is no text.
func protobufBody(text string) ([]byte, bool) { return appendProtobuf(nil, text, 0) }

// kubernetesBody is protobuf behind four bytes that say so (k8s.io/apimachinery, pkg/runtime/serializer/protobuf).
func kubernetesBody(text string) ([]byte, bool) {
	return protobufBody(strings.TrimPrefix(text, "k8s\x00"))
}

func appendProtobuf(json []byte, s string, depth int) (out []byte, ok bool) {
	const varint, fixed64, hasLength, fixed32 = 0, 1, 2, 5
	start := len(json)
	json = append(json, '{')
	for s != "" {
		tag, rest, ok := protobufVarint(s)
		if field := tag >> 3; !ok || field == 0 || field > 1<<29-1 {
			return json[:start], false
		}
		if len(json) > start+1 {
			json = append(json, ',')
		}
		json = append(strconv.AppendUint(append(json, '"'), tag>>3, 10), `":`...)
		switch tag & 7 {
		case varint:
			var n uint64
			if n, s, ok = protobufVarint(rest); !ok {
				return json[:start], false
			}
			json = strconv.AppendUint(json, n, 10)
		case fixed64, fixed32:
			width := 8
			if tag&7 == fixed32 {
				width = 4
			}
			if len(rest) < width {
				return json[:start], false
			}
			json, s = append(json, '0'), rest[width:] // a number, which of the kinds nobody knows
		case hasLength:
			n, behind, ok := protobufVarint(rest)
			if !ok {
				return json[:start], false
			}
			n = min(n, uint64(len(behind))) // the log may have cut it
			json = appendProtobufValue(json, behind[:n], depth)
			s = behind[n:]
		default:
			return json[:start], false
		}
	}
	return append(json, '}'), true
}

func appendProtobufValue(json []byte, s string, depth int) []byte {
	const deepest = 32
	isText := utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
	if !isText && depth < deepest {
		if out, ok := appendProtobuf(json, s, depth+1); ok {
			return out
		}
	}
	return appendJSONString(json, s)
}

// protobufVarint reads a number in base 128.
func protobufVarint(s string) (n uint64, rest string, ok bool) {
	for i := 0; i < len(s) && i < 10; i++ {
		n |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return n, s[i+1:], true
		}
	}
	return 0, "", false
}
