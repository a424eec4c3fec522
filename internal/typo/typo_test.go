package typo

import "testing"

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		word, want string
		known      []string
	}{
		{"scna", "scan", []string{"run", "scan", "tune"}},
		{"SCAN", "scan", []string{"run", "scan"}},
		{"what", "", []string{"run", "scan"}},
		{"ngin", "nginx", []string{"gin", "nginx", "nginx-json"}}, // gin is as near
		{"gi", "gin", []string{"gin", "nginx"}},
		{"", "", []string{"scan"}},
	} {
		if got := Nearest(c.word, c.known); got != c.want {
			t.Errorf("%q: %q, want %q", c.word, got, c.want)
		}
	}
}
