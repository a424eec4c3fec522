package cpu

import "testing"

var sink int

func count(n int) {
	for i := range n {
		sink += i & sink
	}
}

func TestGrowth(t *testing.T) {
	if linear := Growth(200_000, count); linear > MostGrowth {
		t.Errorf("work in proportion grows %.0f times", linear)
	}
	if square := Growth(1000, func(size int) { count(size * size) }); square <= MostGrowth {
		t.Errorf("work that goes by the square grows %.0f times", square)
	}
}
