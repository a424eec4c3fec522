package listen

import "errors"

// ErrUTF16 says what is wrong with text of which every second byte is zero.
var ErrUTF16 = errors.New("its text is UTF-16, and JSON between programs is UTF-8 (RFC 8259)")

// IsUTF16 reports whether text begins with a byte order mark of UTF-16, or with ASCII in it.
func IsUTF16(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch {
	case b[0] == 0xff && b[1] == 0xfe, b[0] == 0xfe && b[1] == 0xff:
		return true
	case b[0] == 0:
		return b[1] != 0 && b[2] == 0 && b[3] != 0
	}
	return b[1] == 0 && b[2] != 0 && b[3] == 0
}
