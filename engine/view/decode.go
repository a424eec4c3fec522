package view

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	stdhtml "html"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// minEncoded is the shortest text that is taken for base64 or hexadecimal: shorter ones are words.
const minEncoded = 12

// maxRounds is how often percent escapes are undone.
const maxRounds = 4

// percent undoes percent escapes, %uXXXX among them, until none is left. Once is what rules do by themselves
// (t:urlDecodeUni), so it only counts where more than that comes of it.
func percent(text string) (string, bool) {
	once := unescape(text)
	decoded := once
	for range maxRounds - 1 {
		next := unescape(decoded)
		if next == decoded {
			break
		}
		decoded = next
	}
	return decoded, decoded != once
}

// unescape undoes percent escapes once. Digits are read as some servers do, for which g follows f: "%bg%qf" is C0 AF, an
// overlong slash. What is no escape stays.
func unescape(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if text[i] != '%' {
			end := strings.IndexByte(text[i:], '%')
			if end < 0 {
				end = len(text) - i
			}
			b.WriteString(text[i : i+end])
			i += end
			continue
		}
		switch {
		case i+5 < len(text) && (text[i+1] == 'u' || text[i+1] == 'U') && isHex(text[i+2:i+6]):
			b.WriteRune(rune(digit(text[i+2]))<<12 | rune(digit(text[i+3]))<<8 | rune(digit(text[i+4]))<<4 | rune(digit(text[i+5])))
			i += 6
			continue
		case i+2 < len(text) && isHex(text[i+1:i+3]), i+2 < len(text) && isLooseEscape(text[i+1], text[i+2]):
			b.WriteByte(byte(digit(text[i+1])<<4 + digit(text[i+2])))
			i += 3
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// Unescape undoes percent escapes once, and reports whether there were any.
func Unescape(text string) (string, bool) {
	decoded := unescape(text)
	return decoded, decoded != text
}

// isLooseEscape reports whether two characters, of which one is no hexadecimal digit, are one of the escapes that are used as
// such: a byte above ASCII. "%in" of a text is none.
func isLooseEscape(a, b byte) bool {
	return isAlphanumeric(a) && isAlphanumeric(b) && byte(digit(a)<<4+digit(b)) >= utf8.RuneSelf && (isHexDigit(a) || isHexDigit(b))
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	default:
		return int(c-'A') + 10
	}
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isHex(s string) bool {
	for i := range len(s) {
		if !isHexDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// fold writes dots, slashes and what else attacks need in the one way that they are meant: bytes of overlong UTF-8, wide
// and look-alike characters, 0x2f, and the question marks to which a code page turns what it lacks.
func fold(text string) (string, bool) {
	before := unescape(text)
	folded := foldMarks(dropFiller(foldWide(foldHex(foldBare(before)))))
	return folded, folded != before
}

// dropFiller drops control characters, which stand between dots and slashes to part them, and lone percent signs before
// these. Tabs and line ends stay: they are blanks.
func dropFiller(text string) string {
	isFiller := func(i int) bool {
		switch c := text[i]; c {
		case '\t', '\n', '\r':
			return false
		case '%':
			return i+1 < len(text) && strings.IndexByte(`./\`, text[i+1]) >= 0
		default:
			return c < 0x20
		}
	}
	var b strings.Builder
	kept := 0
	for i := range len(text) {
		if isFiller(i) {
			b.WriteString(text[kept:i])
			kept = i + 1
		}
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// foldWide folds what is above ASCII.
func foldWide(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	if i < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	b.WriteString(text[:i])
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			c, n := overlong(text[i:])
			if n == 0 {
				c, n = text[i], 1
			}
			b.WriteByte(c)
			i += n
			continue
		case r == utf8.RuneError: // bytes that a log has lost, of what was no UTF-8
			for strings.HasPrefix(text[i+size:], lost) {
				size += len(lost)
			}
			switch written := b.String(); {
			case isBetweenSlashes(text, i, i+size):
				b.WriteString("..")
			case !isLead(written, text[i+size:]):
				b.WriteByte('/')
			}
		case lookAlikes[r] != 0:
			b.WriteByte(lookAlikes[r])
		case r >= 0xff01 && r <= 0xff5e: // full width
			b.WriteByte(byte(r - 0xff01 + '!'))
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

const lost = "\ufffd"

// isLead reports whether a byte that was lost is the first one of an overlong dot or slash, of which decoders that don't check
// keep the second: it is no slash of its own, as behind two dots.
func isLead(before, after string) bool {
	return after != "" && (after[0] == '/' || after[0] == '\\' || after[0] == '.' && !strings.HasSuffix(before, ".."))
}

// isBetweenSlashes reports whether a part of a text is a segment of a path.
func isBetweenSlashes(text string, from, to int) bool {
	isSlash := func(i int) bool { return text[i] == '/' || text[i] == '\\' }
	return from > 0 && isSlash(from-1) && to < len(text) && isSlash(to)
}

// lookAlikes are characters that code pages turn into ASCII, best fit, or that IIS 5 took for it.
var lookAlikes = map[rune]byte{
	0x2215: '/', 0x2044: '/', 0x2571: '/', 0x29f8: '/', 0xefc8: '\\', 0xf025: '/', 0x2216: '\\', 0x29f5: '\\', 0xfe68: '\\',
	0x2024: '.', 0xff61: '.', 0xfe52: '.', 0x3002: '.',
	0x2018: '\'', 0x2019: '\'', 0x02b9: '\'', 0x02bc: '\'', 0x2032: '\'', 0x02c8: '\'',
	0x201c: '"', 0x201d: '"', 0x2033: '"', 0x02ba: '"',
	0x2039: '<', 0x203a: '>', 0x3008: '<', 0x3009: '>', 0x2329: '<', 0x232a: '>', 0xfe64: '<', 0xfe65: '>',
	0x017f: 's', 0x212a: 'k',
}

// overlong is the ASCII character that begins a text in more bytes than it needs, and in how many; 0 if none does. Decoders
// that don't check what follows the first byte take c0 2f, c0 af and c0 ef for one and the same.
func overlong(text string) (c byte, n int) {
	lead := text[0]
	switch lead {
	case 0xc0, 0xc1:
		n = 2
	case 0xe0:
		n = 3
	case 0xf0:
		n = 4
	case 0xf8:
		n = 5
	case 0xfc:
		n = 6
	default:
		return 0, 0
	}
	if len(text) < n {
		return 0, 0
	}
	for _, b := range []byte(text[1 : n-1]) { // zeros, but for the last two bytes
		if b&0x3f > 1 {
			return 0, 0
		}
	}
	last := text[n-1]
	c = (lead&1|text[n-2]&1)<<6 | last&0x3f
	if n == 2 {
		c = lead&1<<6 | last&0x3f
	}
	switch { // with which of the high bits set, nobody agrees
	case last&0x0f == 0x0e && c != 'n' && c != 'N' && c != '^' && c != '~':
		c = '.'
	case n == 2 && lead == 0xc0 && last == 0x5e:
		c = '.'
	case n == 2 && lead == 0xc0 && (last == 0x5c || last == 0x9c):
		c = '\\'
	case n == 2 && lead == 0xc1 && (last == 0x1c || last == 0x9c || last == 0x5c):
		c = '\\'
	case n == 2 && last&0x0f == 0x0f:
		c = '/'
	}
	if c < 0x20 || c > 0x7e {
		return 0, 0
	}
	return c, n
}

// strict reads overlong UTF-8 as it is written, bit by bit: a text that is all of it has letters, too, which fold takes for
// slashes.
func strict(text string) (string, bool) {
	text = unescape(text)
	first := 0
	for ; first < len(text); first++ {
		if _, size := overlongBits(text[first:]); size > 0 {
			break
		}
	}
	if first == len(text) {
		return "", false
	}
	var b strings.Builder
	b.Grow(len(text))
	b.WriteString(text[:first])
	n := 0
	for i := first; i < len(text); {
		if c, size := overlongBits(text[i:]); size > 0 {
			b.WriteByte(c)
			i += size
			n++
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String(), n >= minEncoded/2
}

// overlongBits is the ASCII character that begins a text in two or three bytes, and in how many; 0 if none does.
func overlongBits(text string) (c byte, size int) {
	isNext := func(i int) bool { return i < len(text) && text[i]&0xc0 == 0x80 }
	switch {
	case text[0]&0xfe == 0xc0 && isNext(1):
		return text[0]&1<<6 | text[1]&0x3f, 2
	case text[0] == 0xe0 && isNext(1) && text[1]&0x3e == 0 && isNext(2):
		return text[1]&1<<6 | text[2]&0x3f, 3
	}
	return 0, 0
}

// foldHex reads 0x2f and the like as the character. Only those that stand for punctuation: 0x41 is a number.
func foldHex(text string) string {
	at := strings.Index(text, "0x")
	if at < 0 {
		return text
	}
	var b strings.Builder
	for {
		b.WriteString(text[:at])
		text = text[at:]
		if len(text) >= 4 && isHex(text[2:4]) {
			if c := byte(digit(text[2])<<4 | digit(text[3])); strings.IndexByte(`./\<>'"; |&$`, c) >= 0 {
				b.WriteByte(c)
				text = text[4:]
			} else {
				b.WriteString(text[:2])
				text = text[2:]
			}
		} else {
			b.WriteString(text[:2])
			text = text[2:]
		}
		if at = strings.Index(text, "0x"); at < 0 {
			b.WriteString(text)
			return b.String()
		}
	}
}

// foldBare reads 2f and 5c as the slashes that they are where a filter has dropped the percent signs: "..2f..2fetc2fpasswd".
func foldBare(text string) string {
	for i := 0; i+4 <= len(text); i++ {
		if text[i] == '.' && text[i+1] == '.' && isBareSlash(text[i+2:]) {
			return bareSlashes.Replace(text)
		}
	}
	return text
}

var bareSlashes = strings.NewReplacer("2f", "/", "2F", "/", "5c", `\`, "5C", `\`)

// isBareSlash reports whether a text begins with the digits of an escaped slash.
func isBareSlash(text string) bool {
	return len(text) >= 2 && (text[0] == '2' && text[1]|0x20 == 'f' || text[0] == '5' && text[1]|0x20 == 'c')
}

// foldMarks takes question marks in front of slashes for dots: "??/", "?./", ".?/". In a link, the first one ends the path.
func foldMarks(text string) string {
	if !strings.Contains(text, "?") || strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		return text
	}
	out := []byte(text)
	changed := false
	for i := 0; i+2 < len(out); i++ {
		if (out[i+2] == '/' || out[i+2] == '\\') && isDotOrMark(out[i]) && isDotOrMark(out[i+1]) && (out[i] == '?' || out[i+1] == '?') &&
			(i == 0 || out[i-1] == '/' || out[i-1] == '\\') {
			out[i], out[i+1] = '.', '.'
			changed = true
		}
	}
	if !changed {
		return text
	}
	return string(out)
}

func isDotOrMark(c byte) bool { return c == '.' || c == '?' }

// escapes undoes the backslashes of JSON, JavaScript and shells: \u0027, \x27, \/, \n.
func escapes(text string) (string, bool) {
	var b strings.Builder
	b.Grow(len(text))
	changed := false
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			i++
			continue
		}
		switch c := text[i+1]; {
		case c == 'u' && i+5 < len(text) && isHex(text[i+2:i+6]):
			b.WriteRune(rune(digit(text[i+2]))<<12 | rune(digit(text[i+3]))<<8 | rune(digit(text[i+4]))<<4 | rune(digit(text[i+5])))
			i += 6
		case c == 'x' && i+3 < len(text) && isHex(text[i+2:i+4]):
			b.WriteByte(byte(digit(text[i+2])<<4 | digit(text[i+3])))
			i += 4
		case c == '/' || c == '"' || c == '\'':
			b.WriteByte(c)
			i += 2
		default:
			r, n := escapedRune(text[i:])
			if n == 0 {
				b.WriteByte('\\')
				i++
				continue
			}
			b.WriteRune(r)
			i += n
		}
		changed = true
	}
	return b.String(), changed
}

// html undoes character references, twice where they are nested.
func html(text string) (string, bool) {
	decoded := stdhtml.UnescapeString(text)
	if decoded == text {
		return "", false
	}
	return stdhtml.UnescapeString(decoded), true
}

// utf16Text reads text of two bytes a character, in either order, as far as it is one.
func utf16Text[T string | []byte](text T) (string, bool) {
	if len(text) < 8 {
		return "", false
	}
	zeros := [2]int{}
	for i := range len(text) {
		if text[i] == 0 {
			zeros[i%2]++
		}
	}
	half := len(text) / 2
	high := 0
	switch {
	case zeros[0]*10 >= half*9:
	case zeros[1]*10 >= half*9:
		high = 1
	default:
		return "", false
	}
	units := make([]uint16, half)
	for i := range units {
		units[i] = uint16(text[2*i+high])<<8 | uint16(text[2*i+1-high])
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"), true
}

// base64Text is the text that a value is in base64 or base64url, padded or not.
func base64Text(text string) (string, bool) {
	if _, after, ok := strings.Cut(text, ";base64,"); ok { // of a data: URL
		text = after
	}
	if len(text) < minEncoded { // padded: few words end so
		return "", false
	}
	if text = strings.TrimRight(text, "="); len(text)%4 == 1 || text == "" {
		return "", false
	}
	if strings.IndexByte(text, ' ') >= 0 {
		text = strings.ReplaceAll(text, " ", "+")
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	// Nearly all that could be base64 are names and tokens, and what these decode to is no text: it is not kept.
	var buf [512]byte
	decoded := buf[:]
	if n := encoding.DecodedLen(len(text)); n > len(buf) {
		decoded = make([]byte, n)
	}
	n, err := encoding.Decode(decoded, []byte(text))
	if err != nil {
		return "", false
	}
	if decoded = decoded[:n]; !isText(decoded) {
		return packed(decoded)
	}
	if bytes.IndexByte(decoded, 0) >= 0 { // of two bytes a character; else zeros are of a language's objects
		if text, ok := packed(decoded); ok {
			return text, true
		}
	}
	return string(decoded), true
}

// hexText is the text that a value is in hexadecimal digits.
func hexText(text string) (string, bool) {
	text = strings.TrimPrefix(text, "0x")
	if len(text) < minEncoded || len(text)%2 != 0 || !isHex(text) {
		return "", false
	}
	decoded, err := hex.DecodeString(text)
	if err != nil || !isText(decoded) {
		return "", false
	}
	return string(decoded), true
}

// minBase32 is the shortest text that is taken for base32: its capitals and digits are those of serial numbers.
const minBase32 = 16

// base32Text is the text that a value is in base32, padded or not, RFC 4648.
func base32Text(text string) (string, bool) {
	text = strings.TrimRight(text, "=")
	if len(text) < minBase32 || !isBase32(text) {
		return "", false
	}
	decoded, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || !isText(decoded) {
		return "", false
	}
	return string(decoded), true
}

func isBase32(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// isText: valid UTF-8, and nine of ten characters print. By chance twelve letters decode to such a text once in thousands.
func isText(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	strange := 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			strange++
		}
	}
	return strange*10 <= len(b)
}

// jwt yields the header and the claims of a JSON Web Token, RFC 7519.
func jwt(text string, yield func(string)) {
	text = strings.TrimPrefix(text, "Bearer ")
	if !strings.HasPrefix(text, "ey") || strings.Count(text, ".") != 2 {
		return
	}
	header, rest, _ := strings.Cut(text, ".")
	claims, _, _ := strings.Cut(rest, ".")
	for _, p := range []string{header, claims} {
		if decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p, "=")); err == nil && isText(decoded) {
			yield(string(decoded))
		}
	}
}

// json yields the strings of JSON inside of a text.
func json(text string, yield func(string)) {
	text = strings.TrimSpace(text)
	if !gjson.Valid(text) {
		return
	}
	eachString(gjson.Parse(text), 0, yield)
}

// graphQL yields the strings of a GraphQL document, which are what resolvers get.
func graphQL(text string, yield func(string)) {
	if !isGraphQL(text) {
		return
	}
	for {
		_, rest, ok := strings.Cut(text, `"`)
		if !ok {
			return
		}
		end := 0
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		literal := rest[:min(end, len(rest))]
		if worthAView(literal) {
			yield(unquote(literal))
		}
		if end >= len(rest) {
			return
		}
		text = rest[end+1:]
	}
}

// isGraphQL reports whether a text begins as an executable document does, and as JSON does not.
func isGraphQL(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	if rest, ok := strings.CutPrefix(text, "{"); ok {
		rest = strings.TrimLeft(rest, " \t\r\n")
		return rest != "" && (isAlphanumeric(rest[0]) || rest[0] == '_')
	}
	for _, word := range []string{"query", "mutation", "subscription", "fragment"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// unquote is what a string literal means.
func unquote(literal string) string {
	if strings.IndexByte(literal, '\\') < 0 {
		return literal
	}
	if s, ok := gjson.Parse(`"` + literal + `"`).Value().(string); ok {
		return s
	}
	return literal
}

// maxJSONDepth bounds how deep JSON is read.
const maxJSONDepth = 16

func eachString(r gjson.Result, depth int, yield func(string)) {
	if depth == maxJSONDepth {
		return
	}
	r.ForEach(func(_, v gjson.Result) bool {
		switch {
		case v.IsObject() || v.IsArray():
			eachString(v, depth+1, yield)
		case v.Type == gjson.String && worthAView(v.Str):
			yield(v.Str)
		}
		return true
	})
}

// query yields the values of a query inside of a text: of a link, or of a form that is a value.
func query(text string, yield func(string)) {
	if _, after, ok := strings.Cut(text, "?"); ok && (strings.Contains(text[:len(text)-len(after)], "//") || strings.HasPrefix(text, "/")) {
		text = after
	} else if strings.ContainsAny(text, " \n<>(){}") {
		return
	}
	text, _, _ = strings.Cut(text, "#")
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		_, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		if worthAView(value) {
			yield(value)
		}
	}
}

// worthAView reports whether a part of a value can be an attack where the value can't: names, numbers and words are none.
func worthAView(part string) bool {
	for _, decode := range []func(string) (string, bool){base64Text, hexText, base32Text} {
		if _, ok := decode(part); ok {
			return true
		}
	}
	return len(part) > 3 && strings.IndexFunc(part, func(r rune) bool {
		return r != '_' && r != '-' && r != ',' && r != ':' && r != ' ' && (r >= utf8.RuneSelf || !isAlphanumeric(byte(r)))
	}) >= 0
}
