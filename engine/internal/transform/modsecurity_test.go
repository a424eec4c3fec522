package transform

import (
	"math/bits"
	"testing"
)

func TestSQLHexDecode(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "0": "0", "0x": "0x", "0x4": "0x4", "0x41": "A", "a0X4142434": "aABC4", "0x414g": "A4g", "00x41 0x42": "0A B", "select 0x27": "select '",
		"0x0041": "\x00A", "x41": "x41",
	} {
		if got := sqlHexDecode(nil, in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParity(t *testing.T) {
	for c := range 256 {
		in := string([]byte{byte(c)})
		even, odd, zero := parityEven7bit(nil, in)[0], parityOdd7bit(nil, in)[0], parityZero7bit(nil, in)[0]
		if even&0x7f != zero || odd&0x7f != zero || zero > 0x7f || even == odd {
			t.Errorf("%#x: even %#x, odd %#x, zero %#x", c, even, odd, zero)
		}
		if c < 0x80 && (bits.OnesCount8(even)%2 != 0 || bits.OnesCount8(odd)%2 != 1) {
			t.Errorf("%#x: even %#x, odd %#x", c, even, odd)
		}
	}
	if got := parityZero7bit(nil, "\xe1b\xe3"); got != "abc" {
		t.Errorf("got %q", got)
	}
}
