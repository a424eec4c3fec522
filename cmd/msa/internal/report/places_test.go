package report

import (
	"fmt"
	"testing"
)

func TestPlaces(t *testing.T) {
	for want, urls := range map[string][]string{
		"/users/1":                      {"/users/1", "/users/1"},
		"/users/{…} · 3 different":      {"/users/1", "/users/2", "/users/3", "/users/2"},
		"/users · 2 different":          {"/users?id=1", "/users?id=2"},
		"/a/{…}/card · 2 different":     {"/a/1/card", "/a/2/card"},
		"/{…}/… · 2 different":          {"/a", "/b/c"},
		"/export/… · 2 different":       {"/export/2026/all", "/export"},
		"http://shop/{…} · 2 different": {"http://shop/a", "http://shop/b"},
	} {
		var p places
		for _, url := range urls {
			p.add(url)
		}
		if got := p.text(); got != want {
			t.Errorf("%q are %q, want %q", urls, got, want)
		}
	}
}

// Different URLs are counted, exactly if they are few, and take little room however many they are.
func TestManyPlaces(t *testing.T) {
	var p places
	for _, n := range []int{1000, 2_000, 20_000, 200_000} {
		for i := range n {
			p.add(fmt.Sprintf("/users/%d", i))
		}
		about, got := "", 0
		if n > exactPlaces {
			about = "about "
		}
		if _, err := fmt.Sscanf(p.text(), "/users/{…} · "+about+"%d different", &got); err != nil || got < n*95/100 || got > n*105/100 || about == "" && got != n {
			t.Errorf("%d are %q: %v", n, p.text(), err)
		}
		if kept, err := p.seen.MarshalBinary(); err != nil || len(kept) > 5<<10 {
			t.Errorf("%d take %d bytes, %v", n, len(kept), err)
		}
	}
}
