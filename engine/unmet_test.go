package engine

import (
	"slices"
	"testing"
)

// An exclusion that is limited to what no record has is told of, and what was meant.
func TestUnmetExclusions(t *testing.T) {
	all, err := ParseExclusions([]string{
		"942100@/search", "942100@/serch", "942100@ARGS:q", "920350", "942100@host:shop.exampel", "942100@10.9.0.0/16", "942100@/search@host:shop.example", "942100@/search@server:shop/cart",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := all.Unmet(); got != nil {
		t.Errorf("before any record: %q", got)
	}
	all = all.Watched()
	for _, uri := range []string{"/search?q=1", "/cart", "/search?q=2"} {
		tx := get(uri)
		tx.Host = "shop.example"
		all.See(tx)
	}
	want := []string{
		`exclude "942100@/serch" did nothing: no record has such a place; did you mean /search?`,
		`exclude "942100@host:shop.exampel" did nothing: no record has such a place; did you mean shop.example?`,
		`exclude "942100@10.9.0.0/16" did nothing: no record has such a place`,
		`exclude "942100@/search@server:shop/cart" did nothing: no record has such a place`,
	}
	if got := all.Unmet(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	none := Exclusions{}.Watched()
	none.See(get("/a"))
	if got := none.Unmet(); got != nil {
		t.Errorf("without exclusions: %q", got)
	}
}
