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
	var p places
	for i := range 2 * mostPlaces {
		p.add(fmt.Sprintf("/users/%d", i))
	}
	if got := p.text(); got != "/users/{…} · 10000 or more different" || len(p.seen) != mostPlaces {
		t.Errorf("%d are kept: %q", len(p.seen), got)
	}
}
