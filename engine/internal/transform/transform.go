// Package transform has SecLang's transformations as pure functions of texts. What each returns is what a rule with it sees in
// Coraza v3.8.1, whatever bytes go in: where Coraza's transformation fails, the rule sees the value as it was, so the function
// returns its argument. A value that stays the same costs no allocation, and what is twice as long takes twice as long. The tests
// ask Coraza itself about each, on values that are made to tell implementations apart.
package transform

import (
	"crypto/fips140"
	"strings"
	"unsafe"
)

// function is a transformation, with the memory for what it makes of a text; nil lets each text have its own.
type function func(mem *Memory, s string) string

// Lookup is the transformation of that name (any case), false for one that is not known.
func Lookup(name string) (func(string) string, bool) {
	f, ok := lookup(name)
	if !ok {
		return nil, false
	}
	return func(s string) string { return f(nil, s) }, true
}

func lookup(name string) (function, bool) {
	switch strings.ToLower(name) {
	case "base64decode":
		return base64Decode, true
	case "base64decodeext":
		return base64DecodeExt, true
	case "base64encode":
		return base64Encode, true
	case "cmdline":
		return cmdLine, true
	case "compresswhitespace":
		return compressWhitespace, true
	case "cssdecode":
		return cssDecode, true
	case "escapeseqdecode":
		return escapeSeqDecode, true
	case "hexdecode":
		return hexDecode, true
	case "hexencode":
		return hexEncode, true
	case "htmlentitydecode":
		return htmlEntityDecode, true
	case "jsdecode":
		return jsDecode, true
	case "length":
		return length, true
	case "lowercase":
		return lowercase, true
	case "md5":
		return md5Sum, true
	case "none":
		return none, true
	case "normalisepath", "normalizepath":
		return normalizePath, true
	case "normalisepathwin", "normalizepathwin":
		return normalizePathWin, true
	case "parityeven7bit":
		return parityEven7bit, true
	case "parityodd7bit":
		return parityOdd7bit, true
	case "parityzero7bit":
		return parityZero7bit, true
	case "removecomments":
		return removeComments, true
	case "removecommentschar":
		return removeCommentsChar, true
	case "removenulls":
		return removeNulls, true
	case "removewhitespace":
		return removeWhitespace, true
	case "replacecomments":
		return replaceComments, true
	case "replacenulls":
		return replaceNulls, true
	case "sha1":
		return sha1Sum, true
	case "sqlhexdecode":
		return sqlHexDecode, true
	case "trim":
		return trim, true
	case "trimleft":
		return trimLeft, true
	case "trimright":
		return trimRight, true
	case "uppercase":
		return uppercase, true
	case "urldecode":
		return urlDecode, true
	case "urldecodeuni":
		return urlDecodeUni, true
	case "urlencode":
		return urlEncode, true
	case "utf8tounicode":
		return utf8ToUnicode, true
	}
	return nil, false
}

// LookupMultiMatch is like Lookup, and its function also reports whether Coraza holds the value to be
// changed. With multiMatch a rule judges a value once more for each step that reports so, and takes it to the next
// step; a step that does not is as if it were not there. For most transformations the report is whether the result
// differs; some report a change of a value that stays the same, and two overlook changes.
func LookupMultiMatch(name string) (func(string) (after string, changed bool), bool) {
	f, ok := Lookup(name)
	if !ok {
		return nil, false
	}
	changed := reportOf(name)
	return func(before string) (string, bool) {
		after := f(before)
		return after, changed(before, after)
	}, true
}

// reportOf is whether Coraza holds a value to be changed by the transformation of that name.
func reportOf(name string) (report func(before, after string) bool) {
	report = func(before, after string) bool { return after != before }
	switch strings.ToLower(name) {
	case "base64decode", "base64decodeext", "base64encode", "hexencode", "length":
		report = func(string, string) bool { return true }
	case "md5", "sha1":
		report = func(string, string) bool { return !fips140.Enabled() }
	case "hexdecode": // empty text is valid, and is what is left of it
		report = func(before, after string) bool { return after != before || before == "" }
	case "cssdecode":
		report = func(before, _ string) bool { return strings.IndexByte(before, '\\') >= 0 }
	case "urldecode": // also for a percent sign that stays
		report = func(before, _ string) bool { return indexEither(before, '%', '+') >= 0 }
	case "htmlentitydecode": // not &#0, which becomes U+FFFD of the same three bytes
		report = func(before, after string) bool { return len(after) != len(before) }
	case "removewhitespace": // not bytes that aren't UTF-8, which become U+FFFD
		report = func(before, after string) bool { return after != before && hasSpace(before) }
	}
	return report
}

func none(_ *Memory, s string) string { return s }

// textOf is the text of bytes that nobody writes to any more.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// rawBytes is the bytes of a text, to be read only.
func rawBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// indexEither is where the first of two bytes is, -1 if neither.
func indexEither(s string, a, b byte) int {
	i := strings.IndexByte(s, a)
	if i >= 0 {
		s = s[:i]
	}
	if j := strings.IndexByte(s, b); j >= 0 {
		return j
	}
	return i
}

// hexValue is the value of a hexadecimal digit, notHex for other bytes.
var hexValue = func() (table [256]byte) {
	for c := range table {
		table[c] = notHex
	}
	for v := range byte(10) {
		table['0'+v] = v
	}
	for v := range byte(6) {
		table['a'+v], table['A'+v] = 10+v, 10+v
	}
	return table
}()

const notHex = 0xff

// hexByte is the byte that two hexadecimal digits at s[i] stand for.
func hexByte(s string, i int) (byte, bool) {
	if i+1 >= len(s) {
		return 0, false
	}
	high, low := hexValue[s[i]], hexValue[s[i+1]]
	return high<<4 | low, high|low != notHex // a digit has no high bits, so the union is notHex only with one that is none
}

// Eight bytes of a text at a time: each constant has the same byte eight times.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// eight is s[i:i+8], the first byte lowest; the compiler makes one load of it.
func eight(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
