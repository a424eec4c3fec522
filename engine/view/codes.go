package view

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// minCodes is the fewest characters that are taken for a text: fewer stand in ordinary calls, as CHAR(10).
const minCodes = 4

// calledCodes is the text of String.fromCharCode(60,115), CHAR(60)+CHAR(115), CHR(60)||CHR(115), of all such calls together.
func calledCodes(text string) (string, bool) {
	var b strings.Builder
	n := 0
	for rest := text; ; {
		at := strings.IndexByte(rest, '(')
		if at < 0 {
			break
		}
		name, list := strings.ToLower(rest[max(0, at-12):at]), rest[at+1:]
		rest = list
		if !strings.HasSuffix(name, "char") && !strings.HasSuffix(name, "chr") && !strings.HasSuffix(name, "charcode") && !strings.HasSuffix(name, "codepoint") {
			continue
		}
		list, _, ok := strings.Cut(list, ")")
		if !ok {
			continue
		}
		for code := range strings.SplitSeq(list, ",") {
			if c, err := strconv.ParseUint(strings.TrimSpace(code), 0, 21); err == nil {
				b.WriteRune(rune(c))
				n++
			}
		}
	}
	return b.String(), n >= minCodes
}

// leastCodes is how many numbers are taken for characters: eight bits each are nothing else, decimals are mostly numbers.
func leastCodes(base int, text string) int {
	switch {
	case base == 2:
		return minCodes
	case base == 16 && strings.ContainsAny(text, "abcdefABCDEF"):
		return minEncoded - minCodes // more than a MAC address has
	}
	return minEncoded
}

// listedCodes is the text of numbers of characters that stand alone: in decimal, in pairs of hexadecimal digits, or of eight
// bits, parted by blanks, commas or colons.
func listedCodes(text string) (string, bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ':' || r == '\n' || r == '\t' })
	for _, base := range []int{2, 10, 16} {
		if len(words) < leastCodes(base, text) {
			continue
		}
		b := make([]byte, 0, len(words))
		for _, w := range words {
			if base == 2 && len(w) != 8 || base == 16 && len(w) != 2 {
				break
			}
			c, err := strconv.ParseUint(w, base, 8)
			if err != nil {
				break
			}
			b = append(b, byte(c))
		}
		if len(b) == len(words) && isText(b) {
			return string(b), true
		}
	}
	return "", false
}

// utf7 undoes the escapes of UTF-7, RFC 2152, for characters of ASCII: +ADw-script+AD4-.
func utf7(text string) (string, bool) {
	var b strings.Builder
	changed := false
	for i := 0; i < len(text); {
		if text[i] != '+' {
			b.WriteByte(text[i])
			i++
			continue
		}
		end := i + 1
		for end < len(text) && (isAlphanumeric(text[end]) || text[end] == '/') {
			end++
		}
		decoded, ok := utf7Run(text[i+1 : end])
		if !ok {
			b.WriteByte('+')
			i++
			continue
		}
		b.WriteString(decoded)
		changed = true
		if i = end; i < len(text) && text[i] == '-' {
			i++
		}
	}
	return b.String(), changed
}

func utf7Run(run string) (string, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(run)
	if err != nil || len(raw) < 2 || len(raw)%2 != 0 {
		return "", false
	}
	b := make([]byte, 0, len(raw)/2)
	for i := 0; i < len(raw); i += 2 {
		if raw[i] != 0 || raw[i+1] < ' ' || raw[i+1] >= utf8.RuneSelf {
			return "", false
		}
		b = append(b, raw[i+1])
	}
	return string(b), true
}

// quotedPrintable undoes the escapes of mail, RFC 2045: =3Cscript=3E. A query has equals signs, too: so nearly all have to
// be escapes.
func quotedPrintable(text string) (string, bool) {
	escapes := 0
	for i := range len(text) {
		if isQuoted(text[i:]) {
			escapes++
		}
	}
	if escapes < minCodes || escapes*4 < strings.Count(text, "=")*3 {
		return "", false
	}
	b := make([]byte, 0, len(text)-2*escapes)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isQuoted(text[i:]) {
			c = byte(digit(text[i+1])<<4 | digit(text[i+2]))
			i += 2
		}
		b = append(b, c)
	}
	return string(b), isText(b)
}

// isQuoted reports whether a text begins with an escape like =3C.
func isQuoted(text string) bool { return text[0] == '=' && len(text) > 2 && isHex(text[1:3]) }

// packed is the text in bytes that are none: of two bytes a character, or compressed. The bytes are not kept.
func packed(data []byte) (string, bool) {
	if text, ok := utf16Text(data); ok {
		return text, isText([]byte(text))
	}
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(bytes.Clone(data)))
	case data[0]&0x0f == 8 && len(data) > 2 && (uint(data[0])<<8|uint(data[1]))%31 == 0: // RFC 1950
		r, err = zlib.NewReader(bytes.NewReader(bytes.Clone(data)))
	default:
		return "", false
	}
	if err != nil {
		return "", false
	}
	text, _ := io.ReadAll(io.LimitReader(r, int64(min(maxValue, utf8.UTFMax*len(data))))) // as far as it goes
	return string(text), len(text) > 0 && isText(text)
}

// escapedRune is the character of \u{3c}, octal \074 or \3c with a blank behind it, as CSS has it, that begins a text, and its
// length; 0 if there is none.
func escapedRune(text string) (r rune, n int) {
	number := func(digits string, base int) rune {
		if digits == "" || !isHexDigit(digits[0]) { // nearly always: errors take memory
			return -1
		}
		c, err := strconv.ParseUint(digits, base, 21)
		if err != nil || utf16.IsSurrogate(rune(c)) {
			return -1
		}
		return rune(c)
	}
	if rest, ok := strings.CutPrefix(text, `\u{`); ok {
		if digits, _, ok := strings.Cut(rest[:min(len(rest), 8)], "}"); ok {
			if r = number(digits, 16); r >= 0 {
				return r, len(digits) + len(`\u{}`)
			}
		}
		return 0, 0
	}
	if len(text) >= 4 {
		if r = number(text[1:4], 8); r >= ' ' && r < utf8.RuneSelf {
			return r, 4
		}
	}
	for end := 3; end < min(len(text), 8); end++ { // two digits at least
		if text[end] == ' ' {
			if r = number(text[1:end], 16); r >= ' ' && r < utf8.RuneSelf {
				return r, end + 1
			}
			return 0, 0
		}
	}
	return 0, 0
}
