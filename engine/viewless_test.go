package engine

import (
	"slices"
	"testing"

	"github.com/modsecurity-for-anylog/msa/engine/internal/remembered"
	"github.com/modsecurity-for-anylog/msa/mapping"
)

// What is remembered to have no views has none, and what has found no room is not taken for it.
func TestViewlessIsRemembered(t *testing.T) {
	of := &values{
		get:     []pair{{"a", "L2V0Yy9wYXNzd2Q/eD0x"}, {"b", "a value without any"}},
		cookies: []pair{{"c", "%252e%252e%252fetc%252fpasswd"}, {"d", "dd77a9f2-149c-4264-a1cf-7761afb1189a"}},
		request: []mapping.Header{
			{Name: "Referer", Value: "https://shop.example/?q=../../etc/passwd"}, {Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64)"},
			{Name: "X-Own", Value: "$(id)"}, {Name: "Accept", Value: "text/html, */*;q=0.8"},
		},
	}
	find := func(room int, viewless *remembered.Values) []viewed {
		return viewsOf(of, &mapping.Transaction{}, room, viewless).all
	}
	want := find(maxViewBytes, nil)
	for _, variable := range []string{"ARGS:a", "REQUEST_COOKIES:c", "REQUEST_HEADERS:referer", "REQUEST_HEADERS:x-own"} {
		if !slices.ContainsFunc(want, func(v viewed) bool { return v.variable == variable }) {
			t.Fatalf("%s has no view: the test shows nothing", variable)
		}
	}
	viewless := remembered.New(1 << 10)
	for _, room := range []int{0, 20, 60, maxViewBytes, maxViewBytes} {
		if got, alone := find(room, viewless), find(room, nil); !slices.Equal(got, alone) {
			t.Errorf("with room for %d bytes: %+v, without memory %+v", room, got, alone)
		}
	}
	for of, value := range map[uint32]string{viewlessValue: "a value without any", usualHeaders["User-Agent"].number: of.request[1].Value, usualHeaders["Accept"].number: of.request[3].Value} {
		if _, known := viewless.Get(of, value); !known {
			t.Errorf("%q is not remembered", value)
		}
	}
}
