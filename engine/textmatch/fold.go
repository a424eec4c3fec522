package textmatch

import "encoding/binary"

// SameButCase reports whether texts differ in the case of ASCII letters at most.
func SameButCase(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for ; i+8 <= len(a); i += 8 {
		if eight(a, i) != eight(b, i) && !sameBytesButCase(a[i:i+8], b[i:i+8]) {
			return false
		}
	}
	return sameBytesButCase(a[i:], b[i:])
}

// eight is s[i:i+8]; the compiler makes one load of it.
func eight(s string, i int) uint64 { return binary.LittleEndian.Uint64([]byte(s[i : i+8])) }

func sameBytesButCase(a, b string) bool {
	for i := range len(a) {
		if a[i] != b[i] && lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}
