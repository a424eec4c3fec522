package transform

import (
	"crypto/fips140"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// base64Decode decodes up to the first byte that is neither of the alphabet nor of a line's end.
func base64Decode(mem *Memory, s string) string {
	end := 0
	for end < len(s) && (base64Value[s[end]] != notBase64 || s[end] == '\r' || s[end] == '\n') {
		end++
	}
	return appendBase64(mem, s[:end], &base64Value)
}

// base64DecodeExt decodes up to the first =, knows the URL alphabet too, and passes over all other bytes.
func base64DecodeExt(mem *Memory, s string) string { return appendBase64(mem, s, &base64ExtValue) }

func appendBase64(mem *Memory, s string, values *[256]byte) string {
	if s == "" {
		return ""
	}
	b := mem.bytes(len(s)/4*3 + 2)
	bits, digits := uint32(0), 0
	for i := 0; i < len(s) && s[i] != '='; i++ {
		v := values[s[i]]
		if v == notBase64 {
			continue
		}
		bits = bits<<6 | uint32(v)
		if digits++; digits == 4 {
			b = append(b, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, digits = 0, 0
		}
	}
	switch digits {
	case 2:
		b = append(b, byte(bits>>4))
	case 3:
		b = append(b, byte(bits>>10), byte(bits>>2))
	}
	return textOf(b)
}

const notBase64 = 0xff

var base64Value = func() (table [256]byte) {
	for c := range table {
		table[c] = notBase64
	}
	for v, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = byte(v)
	}
	return table
}()

var base64ExtValue = func() [256]byte {
	table := base64Value
	table['-'], table['_'] = table['+'], table['/']
	return table
}()

func base64Encode(mem *Memory, s string) string {
	b := mem.filled(base64.StdEncoding.EncodedLen(len(s)))
	base64.StdEncoding.Encode(b, rawBytes(s))
	return textOf(b)
}

// hexDecode leaves a value that is not of pairs of hexadecimal digits only.
func hexDecode(mem *Memory, s string) string {
	if len(s)%2 != 0 {
		return s
	}
	for i := range len(s) {
		if hexValue[s[i]] == notHex {
			return s
		}
	}
	b := mem.filled(len(s) / 2)
	for i := range b {
		b[i], _ = hexByte(s, 2*i)
	}
	return textOf(b)
}

func hexEncode(mem *Memory, s string) string {
	b := mem.filled(hex.EncodedLen(len(s)))
	hex.Encode(b, rawBytes(s))
	return textOf(b)
}

// length is the number of bytes, in digits.
func length(_ *Memory, s string) string { return strconv.Itoa(len(s)) }

// sha1Sum is the digest's 20 bytes. In FIPS mode Coraza's fails.
func sha1Sum(_ *Memory, s string) string {
	if fips140.Enabled() {
		return s
	}
	sum := sha1.Sum(rawBytes(s))
	return string(sum[:])
}

// md5Sum is the digest's 16 bytes. In FIPS mode Coraza's fails.
func md5Sum(_ *Memory, s string) string {
	if fips140.Enabled() {
		return s
	}
	sum := md5.Sum(rawBytes(s))
	return string(sum[:])
}

// utf8ToUnicode writes each character that isn't ASCII as %uHHHH, beyond U+FFFF with five or six digits, and each byte
// that isn't UTF-8 as %ufffd.
func utf8ToUnicode(mem *Memory, s string) string {
	start := 0
	for start+8 <= len(s) && eight(s, start)&highs == 0 {
		start += 8
	}
	for start < len(s) && s[start] < utf8.RuneSelf {
		start++
	}
	if start == len(s) {
		return s
	}
	size := start
	for _, r := range s[start:] {
		if r < utf8.RuneSelf {
			size++
		} else {
			size += len("%u") + hexLen(r)
		}
	}
	b := mem.bytes(size)
	b = append(b, s[:start]...)
	for _, r := range s[start:] {
		if r < utf8.RuneSelf {
			b = append(b, byte(r))
			continue
		}
		b = append(b, '%', 'u')
		for shift := 4 * (hexLen(r) - 1); shift >= 0; shift -= 4 {
			b = append(b, hexDigits[r>>shift&15])
		}
	}
	return textOf(b)
}

// hexLen is how many digits utf8ToUnicode needs.
func hexLen(r rune) int {
	switch {
	case r <= 0xffff:
		return 4
	case r <= 0xfffff:
		return 5
	}
	return 6
}
