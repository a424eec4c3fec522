package transform

import "math/bits"

// Transformations that ModSecurity has and Coraza does not. Engines register them.

// sqlHexDecode replaces hexadecimal literals of SQL, 0x414243, by the bytes that they stand for.
func sqlHexDecode(mem *Memory, s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		end := sqlHexEnd(s, i)
		if end == 0 {
			if out != nil {
				out = append(out, s[i])
			}
			continue
		}
		if out == nil {
			out = append(mem.bytes(len(s)), s[:i]...)
		}
		for i += 2; i < end; i += 2 {
			b, _ := hexByte(s, i)
			out = append(out, b)
		}
		i = end - 1
	}
	if out == nil {
		return s
	}
	return textOf(out)
}

// sqlHexEnd is where the pairs of digits of a literal at s[i] end, 0 if there is none.
func sqlHexEnd(s string, i int) int {
	if s[i] != '0' || i+1 >= len(s) || s[i+1]|0x20 != 'x' {
		return 0
	}
	end := i + 2
	for {
		if _, ok := hexByte(s, end); !ok {
			break
		}
		end += 2
	}
	if end == i+2 {
		return 0
	}
	return end
}

// parityEven7bit, parityOdd7bit and parityZero7bit make the highest bit of each byte a parity bit, or take it away.
func parityEven7bit(mem *Memory, s string) string {
	return mapBytes(mem, s, func(c byte) byte { return c&0x7f | byte(bits.OnesCount8(c)&1)<<7 })
}

func parityOdd7bit(mem *Memory, s string) string {
	return mapBytes(mem, s, func(c byte) byte { return c&0x7f | byte(^bits.OnesCount8(c)&1)<<7 })
}

func parityZero7bit(mem *Memory, s string) string {
	return mapBytes(mem, s, func(c byte) byte { return c & 0x7f })
}

func mapBytes(_ *Memory, s string, f func(byte) byte) string {
	for i := range len(s) {
		if f(s[i]) != s[i] {
			out := []byte(s)
			for j := i; j < len(out); j++ {
				out[j] = f(out[j])
			}
			return textOf(out)
		}
	}
	return s
}
