package transform

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Texts that share a memory are those that have their own, and stay until it is used again.
func TestMemory(t *testing.T) {
	parts := []string{"%41", "+", "\\x41", "\\u0041", "&lt;", "é", "\xff", "A", "b", " ", "\t", "/*c*/", "--", "..", "/", "\\", "0x4142", "QUJD", "\x00", ":", "'", "^", strings.Repeat("xY ", 900)}
	random := rand.New(rand.NewPCG(1, 2))
	var mem Memory
	for range 2000 {
		var made, want []string
		for range 1 + random.IntN(5) {
			var b strings.Builder
			for range random.IntN(9) {
				b.WriteString(parts[random.IntN(len(parts))])
			}
			text := b.String()
			for name := range touches {
				step, ok := StepOf(name)
				if !ok {
					t.Fatal(name)
				}
				made, want = append(made, step.Apply(&mem, text)), append(want, step.Apply(nil, text))
			}
		}
		for i := range made {
			if made[i] != want[i] {
				t.Fatalf("got %q, want %q", made[i], want[i])
			}
		}
		mem.Reuse()
	}
	if cap(mem.buf) > mostMemory {
		t.Errorf("%d bytes are kept", cap(mem.buf))
	}
	step, _ := StepOf("removeWhitespace")
	text := strings.Repeat("a b", 10)
	if n := testing.AllocsPerRun(100, func() { step.Apply(&mem, text); mem.Reuse() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
